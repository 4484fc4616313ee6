"""What the experiments with the U-Net share: options, a file of results that grows run by run, one training, tables."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.categories import Categories
from unet.backends import load_segmenter
from unet.checkpoints import LAST
from unet.data.checks import Facts, check_examples
from unet.data.layouts import Layout, find_examples
from unet.data.samples import load_example
from unet.prediction.tiles import predict_labels
from unet.segmenter import Segmenter
from unet.shapes import write_shapes
from unet.training.logs import LOG, read_log
from unet.training.prepare import Request, train_folder

__all__ = [
    "Options",
    "Record",
    "column",
    "confusion",
    "options_of",
    "publish",
    "records_of",
    "run_missing",
    "shapes_folder",
    "spread",
    "train",
]

HERE = Path(__file__).parent
RESULTS, DATA, DOCS = HERE / "results" / "unet.jsonl", HERE / "data", HERE.parent / "docs"
PAGE = "unet.md"

Record = dict[str, Any]
Look = Callable[[Segmenter], None]


@dataclass(frozen=True)
class Options:
    """What every experiment is asked for.

    quick    tiny settings that show that the script runs, and nothing else
    report   no run, only tables and figures of the results there are
    results  JSON lines, one for each finished run
    data     folder of what is drawn or resized once; docs: of unet.md and its figures
    """

    seeds: tuple[int, ...]
    variants: tuple[str, ...]
    device: str
    quick: bool
    report: bool
    results: Path
    data: Path
    docs: Path


@contextmanager
def options_of(argv: Sequence[str] | None, what: str, variants: Sequence[str], seeds: int) -> Iterator[Options]:
    """The options of the command line; with --quick all files go to a folder that vanishes at the end."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(seeds)))
    parser.add_argument("--variants", nargs="+", choices=variants, default=list(variants))
    parser.add_argument("--device", default="cpu", help="as of unet train")
    parser.add_argument("--threads", type=int, default=1, help="of torch on the processor")
    parser.add_argument("--quick", action="store_true", help="tiny settings: shows that it runs, measures nothing")
    parser.add_argument("--report", action="store_true", help="no run: tables and figures of the results there are")
    parser.add_argument("--results", type=Path, default=RESULTS)
    given = parser.parse_args(argv)
    torch.set_num_threads(given.threads)
    chosen = (tuple(given.variants), given.device, given.quick, given.report)
    if not given.quick:
        yield Options(tuple(given.seeds), *chosen, given.results, DATA, DOCS)
        return
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        yield Options(tuple(given.seeds[:1]), *chosen, folder / "results.jsonl", folder, folder)


# ---------------------------------------------------------------------- results


def records_of(path: Path, experiment: str) -> list[Record]:
    """The finished runs of an experiment, by variant and seed."""
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted(
        (each for each in found if each["experiment"] == experiment), key=lambda each: (each["variant"], each["seed"])
    )


def run_missing(options: Options, experiment: str, run: Callable[[str, int], Mapping[str, Any]]) -> list[Record]:
    """Run each variant with each seed that has no result yet, seed by seed, and keep each result as it comes."""
    done = {(each["variant"], each["seed"]) for each in records_of(options.results, experiment)}
    options.results.parent.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        for variant in options.variants:
            if options.report or (variant, seed) in done:
                continue
            print(f"{experiment}: {variant}, seed {seed}", file=sys.stderr, flush=True)
            cpu, wall = time.process_time(), time.perf_counter()
            result = run(variant, seed)
            spent = {"cpu_s": round(time.process_time() - cpu, 1), "wall_s": round(time.perf_counter() - wall, 1)}
            line = {"experiment": experiment, "variant": variant, "seed": seed, **result, **spent}
            with options.results.open("a", encoding="utf-8") as file:  # one write: processes side by side do not mix
                file.write(json.dumps(line) + "\n")
    return records_of(options.results, experiment)


def publish(options: Options, name: str, tables: str) -> None:
    """Print the tables of an experiment, and put them where docs/unet.md has the marks of that name."""
    print(tables)
    page, begin, end = options.docs / PAGE, f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    if not page.exists():
        return
    before, found, rest = page.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if found and closed:
        page.write_text(f"{before}{begin}\n{tables}\n\n{end}{after}", encoding="utf-8")


def column(records: Sequence[Record], variant: str, key: str) -> list[float]:
    """One number of each run of a variant, by seed; `key` may lead into the record: "last iou circle"."""
    found = []
    for each in records:
        if each["variant"] == variant:
            value: Any = each
            for part in key.split("/"):
                value = value[part]
            found.append(float(value))
    return found


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean ± standard deviation (least … most) of the seeds."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f}" if values else "not run"
    mean, deviation, low, high = statistics.fmean(values), statistics.stdev(values), min(values), max(values)
    return f"{mean:.{digits}f} ± {deviation:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})"


# ---------------------------------------------------------------------- a training


def shapes_folder(options: Options, train_images: int, val_images: int, kind: str = "shapes") -> Path:
    """Synthetic images of 64 px, drawn once: another seed of a training sees the same images."""
    folder = options.data / f"unet_{kind}_{train_images}_{val_images}"
    write_shapes(folder, {"train": train_images, "val": val_images}, (64, 64), seed=0, kind=kind)
    return folder


def train(
    data: Path,
    choices: Mapping[str, Any],
    *,
    categories: Categories | None = None,
    device: str = "cpu",
    look: Look | None = None,
) -> Record:
    """Train as `unet train` does with these choices, and say how the validation images were predicted on the way.

    look  is shown the model after every evaluation, as it was saved

    Returned: curve (step and mIoU of each evaluation), last and best (step, miou, iou of each class), accuracy (share
    of the pixels that the last model gets right), parameters.
    """
    with TemporaryDirectory() as scratch:
        out = Path(scratch) / "model"
        saved = _Saved(out / LAST, look)
        trained = train_folder(Request(data, out, choices, categories=categories, device=device), _quiet, _quiet, saved)
        saved()
        rows = [row for row in read_log(out / LOG) if row["miou"] == row["miou"]]
        segmenter = load_segmenter(out / LAST, device=device)
        layout = find_examples(data)
        table = confusion(segmenter, layout, check_examples(layout, categories))
    return {
        "choices": dict(choices),
        "steps": trained.step,
        "parameters": sum(value.numel() for value in segmenter.parameters()),
        "curve": [[int(row["step"]), round(row["miou"], 4)] for row in rows],
        "last": _scores(rows[-1]),
        "best": _scores(max(rows, key=lambda row: row["miou"])),
        "accuracy": round(float(np.trace(table) / table.sum()), 4),
    }


class _Saved:
    """Asked after each step whether to stop, which it never says: it shows each model that was saved."""

    def __init__(self, file: Path, look: Look | None) -> None:
        self.file, self.look, self.seen = file, look, 0

    def __call__(self) -> bool:
        stamp = self.file.stat().st_mtime_ns if self.look and self.file.exists() else 0
        if self.look and stamp != self.seen:
            self.seen = stamp
            self.look(load_segmenter(self.file))
        return False


def _quiet(_: object) -> None:
    """What a training says is not wanted here."""


def _scores(row: Mapping[str, float]) -> Record:
    iou = {name.removeprefix("iou "): round(value, 4) for name, value in row.items() if name.startswith("iou ")}
    return {"step": int(row["step"]), "miou": round(row["miou"], 4), "iou": iou}


def confusion(segmenter: Segmenter, layout: Layout, facts: Facts) -> NDArray[np.int64]:
    """(K, K) int64 px of the validation images: rows are truth, columns are predicted; void is left out."""
    k = len(facts.categories)
    table = np.zeros((k, k), np.int64)
    for example in layout.val:
        pixels, gt = load_example(example, facts)
        pred = predict_labels(segmenter, pixels)
        valid = gt < k
        cells = gt[valid].astype(np.int64) * k + pred[valid].astype(np.int64)
        table += np.bincount(cells, minlength=k * k).reshape(k, k)
    return table
