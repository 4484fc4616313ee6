"""How often do gates cry wolf, and how often do they see the wolf? Drawn data sets, judged by the gates themselves.

    python -m benchmarks.gate_simulation --trials 300

19 classes, from one in every image to one in 2 % of the images; pixels of a class in an image are log-normal, a model's
recall and false pixels in an image depend on the class, on how hard the image is, and on chance of training that two
models do not share. The baseline and an equally good model give the false alarms; a model whose IoU of one class in the
middle (in about an eighth of the images) is truly lower by about ten points gives the rest.
"""

from __future__ import annotations

import argparse
import datetime
import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspector.categories import Categories, Category  # noqa: E402
from inspector.counts import CLASS_COLUMNS  # noqa: E402
from inspector.gates import Gate, Gates, evaluate  # noqa: E402
from inspector.intervals import resample  # noqa: E402
from inspector.measures import MEASURES, measured  # noqa: E402
from inspector.metrics import METRICS, mean_defined  # noqa: E402
from inspector.runs import Run, tally_of  # noqa: E402
from inspector.settings import Settings  # noqa: E402
from inspector.tables import MemoryTable, Table  # noqa: E402

K = 19
FREQUENCY = np.geomspace(1.0, 0.02, K)  # of the images hold the class
SKILL = np.linspace(2.6, 0.2, K)  # logit of the recall on an image of middling difficulty
MIDDLE = 10  # the class that gets worse: in 11 % of the images
WORSE = 0.55  # logits: about ten points of IoU
TRAINING = 0.3  # standard deviation in logits of what a retraining changes in one class of one image
RESAMPLES = 2000
CELLS = ("image_index", "true_index", "pred_index", "px")
TODAY = datetime.date(2026, 1, 1)

Floats = NDArray[np.float64]
RULES = {
    "mIoU dropped at all": Gate(id="point", metric="miou", baseline="main", statistic="point"),
    "mIoU dropped, for sure": Gate(id="miou", metric="miou", baseline="main"),
    "any class dropped > 1 point": Gate(
        id="any", metric="iou", classes="*", baseline="main", statistic="point", margin=0.01
    ),
    "any class, uncorrected, no margin": Gate(
        id="raw", metric="iou", classes="*", baseline="main", correction="none", min_images=2
    ),
    "recommended": Gate(id="recommended", metric="iou", classes="*", baseline="main", margin=0.01),
}


@dataclass(frozen=True)
class World:
    """One data set and the models on it: (N, K) whole numbers."""

    gt: NDArray[np.int64]
    models: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]  # name -> tp, pred


def drawn(rng: np.random.Generator, images: int) -> World:
    """A truth, a baseline, an equally good model and a worse one."""
    held = rng.random((images, K)) < FREQUENCY
    gt = np.where(held, np.rint(np.exp(rng.normal(8, 1, (images, K)))), 0).astype(np.int64)
    ghosts = ~held & (rng.random((images, K)) < 0.02 * FREQUENCY)
    hard = rng.normal(0, 0.5, (images, 1)) + rng.normal(0, 0.7, (images, K))
    false_rate = np.exp(rng.normal(-0.2, 0.4, (images, K)))
    models = {}
    for name in ("baseline", "equal", "worse"):
        skill = SKILL - WORSE * (np.arange(K) == MIDDLE) * (name == "worse")
        recall = 1 / (1 + np.exp(-(skill + hard + rng.normal(0, TRAINING, (images, K)))))
        tp = np.rint(gt * recall).astype(np.int64)
        false = gt * (1 - recall) * false_rate * np.exp(rng.normal(0, TRAINING, (images, K)))
        false = np.where(ghosts & (rng.random((images, K)) < 0.5), np.exp(rng.normal(5, 1, (images, K))), false)
        models[name] = tp, tp + np.rint(false).astype(np.int64)
    return World(gt, models)


def run_of(world: World, name: str) -> Run:
    """The run of one model, its tables in memory. Every wrong pixel is called partly covered: causes play no part."""
    tp, pred = world.models[name]
    images, classes = np.nonzero((world.gt > 0) | (pred > 0))
    at = images, classes
    columns = {column: np.zeros(len(images), np.int64) for column in CLASS_COLUMNS}
    columns |= {"gt_px": world.gt[at], "pred_px": pred[at], "tp_px": tp[at]}
    columns |= {"fn_extent_px": (world.gt - tp)[at], "fp_extent_px": (pred - tp)[at]}
    names = np.array([f"{index:05d}" for index in range(len(world.gt))], object)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = mean_defined(METRICS["iou"].compute({"gt_px": world.gt, "pred_px": pred, "tp_px": tp}))
    tables: dict[str, Table] = {
        "images": MemoryTable(
            {
                "image": names, "image_index": np.arange(len(names)), "group": names, "gt_hash": names,
                "mean_iou": scores, "height": np.full(len(names), 512), "width": np.full(len(names), 512),
            }
        ),
        "classes": MemoryTable({"image_index": images, "class_index": classes, **columns}),
        "confusion": MemoryTable(dict.fromkeys(CELLS, np.zeros(0, np.int64))),
    }  # fmt: skip
    return Run(name, DOCUMENT, tables)


def _document() -> dict[str, object]:
    categories = Categories.of([Category(k, f"class {k}") for k in range(K)], "drawn")
    from dataclasses import asdict

    settings = {**asdict(Settings()), "categories": categories.as_json()}
    return {"task": "semantic", "partial": False, "tool": {"version": "0"}, "settings": settings}


DOCUMENT = _document()


def alarms(world: World, name: str) -> dict[str, bool]:
    """Rule -> whether it fails for this model against the baseline."""
    gates = Gates(gate=tuple(RULES.values()), resamples=RESAMPLES)
    baseline = run_of(world, "baseline")
    outcome = evaluate(gates, run_of(world, name), lambda _: baseline, TODAY)
    return {rule: check.verdict == "fail" for rule, check in zip(RULES, outcome.checks, strict=True)}


def covered(world: World, truth: Floats) -> tuple[bool, Floats]:
    """Whether 95 % intervals hold the true value: of mIoU, and (K,) of each class's IoU, NaN where none is given."""
    run = run_of(world, "baseline")
    iou = METRICS["iou"]
    resamples = resample(tally_of(run.tables, run.categories, Settings(resamples=RESAMPLES)), iou.columns)
    low, high = resamples.class_interval(iou.compute(resamples.columns))
    mean_low, mean_high = resamples.interval(measured(resamples, MEASURES["miou"], None).spread(resamples))
    held = np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))
    there = world.gt.any(axis=0)  # a class that no image holds is in no mean
    return bool(mean_low <= truth[there].mean() <= mean_high), held


def true_iou(images: int = 400_000) -> Floats:
    """(K,) IoU of the baseline on a data set so large that it stands for the truth."""
    rng = np.random.default_rng(123)
    sums = np.zeros((3, K))
    for _ in range(images // 20_000):
        world = drawn(rng, 20_000)
        tp, pred = world.models["baseline"]
        sums += [world.gt.sum(axis=0), pred.sum(axis=0), tp.sum(axis=0)]
    return np.asarray(sums[2] / (sums[0] + sums[1] - sums[2]))


def gate_lines(trials: int, images: int) -> Iterator[str]:
    """False alarms and alarms of every rule."""
    began = time.perf_counter()
    equal, worse, drops = [], [], []
    for trial in range(trials):
        world = drawn(np.random.default_rng([images, trial]), images)
        equal.append(alarms(world, "equal"))
        worse.append(alarms(world, "worse"))
        drops.append(drop(world))
    took = time.perf_counter() - began
    yield (
        f"\n{images} images, {trials} trials, {took:.0f} s; the worse class is truly lower by "
        f"{-100 * np.nanmean(drops):.1f} points of IoU\n"
    )
    yield f"{'rule':<36}{'false alarms':>14}{'alarms, one class worse':>26}"
    for rule in RULES:
        false, seen = (share([each[rule] for each in told]) for told in (equal, worse))
        yield f"{rule:<36}{false:>14}{seen:>26}"


def interval_line(trials: int, images: int, truth: Floats) -> str:
    """How often intervals hold the truth."""
    found = [covered(drawn(np.random.default_rng([images, trial]), images), truth) for trial in range(trials)]
    with np.errstate(invalid="ignore"):
        of_classes = 100 * np.nanmean(np.array([held for _, held in found]), axis=0)
    return (
        f"95 % intervals of {trials} sets of {images} images hold the truth: "
        f"mIoU {share([mean for mean, _ in found])}; "
        f"IoU of a class {np.nanmean(of_classes):.1f} % on average, lowest {np.nanmin(of_classes):.1f} %"
    )


def drop(world: World) -> float:
    """Difference of the IoU of the class in the middle, worse model less baseline, as measured."""
    found = []
    for name in ("worse", "baseline"):
        tp, pred = (side[:, MIDDLE].sum() for side in world.models[name])
        union = world.gt[:, MIDDLE].sum() + pred - tp
        found.append(tp / union if union else math.nan)
    return found[0] - found[1]


def share(held: list[bool]) -> str:
    """ "4.7 % (±1.2)": a share with its standard error."""
    part = float(np.mean(held))
    return f"{100 * part:.1f} % (±{100 * math.sqrt(part * (1 - part) / len(held)):.1f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=300, help="Of the gates; 0 for none.")
    parser.add_argument("--interval-trials", type=int, default=2000, help="Of the intervals, which take less time.")
    parser.add_argument("--images", type=int, nargs="*", default=[100, 500, 2000])
    asked = parser.parse_args()
    truth = true_iou()
    for images in asked.images:
        if asked.trials:
            for line in gate_lines(asked.trials, images):
                print(line, flush=True)
        print(interval_line(asked.interval_trials, images, truth), flush=True)


if __name__ == "__main__":
    main()
