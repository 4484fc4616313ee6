"""How often do the intervals of a run hold the truth? Data sets drawn from a run folder, whose counts are the truth.

    python -m benchmarks.interval_coverage inspection/ --images 100 --trials 1000

Each trial draws so many images of the run with replacement and asks whether the intervals of what was drawn hold the
numbers of the whole run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from inspector.counts import CLASS_COLUMNS  # noqa: E402
from inspector.headlines import headlines  # noqa: E402
from inspector.intervals import class_intervals, headline_intervals, resample  # noqa: E402
from inspector.loss import loss_shares  # noqa: E402
from inspector.metrics import METRICS  # noqa: E402
from inspector.runs import Run, read_run, tally_of  # noqa: E402
from inspector.tables import MemoryTable, Table  # noqa: E402
from inspector.tally import Tally  # noqa: E402

RESAMPLES = 500
Floats = NDArray[np.float64]


class Population:
    """The images of a run, to draw from."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.size = len(run.image_ids)
        image = np.asarray(run.tables["classes"].column("image_index"))
        self.order = np.argsort(image, kind="stable")
        self.starts = np.searchsorted(image[self.order], np.arange(self.size + 1))

    def draw(self, rng: np.random.Generator, images: int) -> dict[str, Table]:
        """The tables of so many images, drawn with replacement; one drawn twice is two images."""
        drawn = rng.integers(0, self.size, images)
        rows = [self.order[self.starts[place] : self.starts[place + 1]] for place in drawn]
        flat, classes = np.concatenate(rows), self.run.tables["classes"]
        columns = {name: np.asarray(classes.column(name))[flat] for name in ("class_index", *CLASS_COLUMNS)}
        columns["image_index"] = np.repeat(np.arange(images), [len(part) for part in rows])
        names = np.array([f"{index:06d}" for index in range(images)], object)
        scores = np.asarray(self.run.tables["images"].column("mean_iou"))[drawn]
        nothing = np.zeros(0, np.int64)
        return {
            "images": MemoryTable({"image_index": np.arange(images), "group": names, "mean_iou": scores}),
            "classes": MemoryTable(columns),
            "confusion": MemoryTable(dict.fromkeys(("image_index", "true_index", "pred_index", "px"), nothing)),
        }


def truth_of(tally: Tally) -> dict[str, Floats]:
    """Name -> () of a headline or (K,) of a number of each class."""
    foreground = np.ones(len(tally.categories), np.bool_)
    foreground[list(tally.categories.background)] = False
    truth = {name: np.float64(value) for name, value in headlines(tally.total, foreground).items()}
    truth |= {f"class {name}": metric.compute(tally.total) for name, metric in METRICS.items()}
    return truth | {f"class loss_{cause}": share for cause, share in loss_shares(tally.total).items()}


def held(tally: Tally, truth: dict[str, Floats]) -> dict[str, Floats]:
    """Name -> 1 where the interval holds the truth, 0 where it does not, NaN where there is none."""
    resamples = resample(tally)
    bounds = {name: (np.float64(low), np.float64(high)) for name, (low, high) in headline_intervals(resamples).items()}
    bounds |= {f"class {name}": pair for name, pair in class_intervals(resamples).items()}
    return {
        name: np.where(np.isnan(low) | np.isnan(truth[name]), np.nan, (low <= truth[name]) & (truth[name] <= high))
        for name, (low, high) in bounds.items()
        if name in truth
    }


def lines(run: Run, images: int, trials: int) -> Iterator[str]:
    population = Population(run)
    settings = replace(run.settings, resamples=RESAMPLES)
    truth = truth_of(tally_of(run.tables, run.categories, settings))
    found = [
        held(tally_of(population.draw(np.random.default_rng([images, trial]), images), run.categories, settings), truth)
        for trial in range(trials)
    ]
    yield f"{trials} sets of {images} of {population.size} images; 95 % intervals hold the number of all of them"
    yield f"{'':<32}{'mean':>8}{'lowest':>8}{'highest':>8}"
    for name in found[0]:
        every = np.array([each[name] for each in found], np.float64).reshape(trials, -1)
        each = 100 * np.nanmean(every[:, ~np.isnan(every).all(axis=0)], axis=0)
        if len(each):
            yield f"{name:<32}{each.mean():>8.1f}{each.min():>8.1f}{each.max():>8.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument("--trials", type=int, default=1000)
    asked = parser.parse_args()
    for line in lines(read_run(asked.run), asked.images, asked.trials):
        print(line)


if __name__ == "__main__":
    main()
