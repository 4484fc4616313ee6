"""Circles and squares told apart by their form: does the default recipe pass 0.9 IoU for both, whatever the seed?

    python -m benchmarks.unet_shapes

200 synthetic images of 64 px to train on, 100 others to score, base width 16, 30 epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from benchmarks.measure import markdown_table
from benchmarks.unet_checkerboard import checkerboard
from benchmarks.unet_runs import (
    Options,
    Record,
    column,
    options_of,
    publish,
    run_missing,
    shapes_folder,
    spread,
    train,
)
from inspector.categories import load_categories
from unet.backends import build_segmenter
from unet.data.layouts import find_examples
from unet.segmenter import Segmenter
from unet.shapes import CLASSES

__all__ = ["EXPERIMENT", "main", "run"]

EXPERIMENT, VARIANT = "shapes", "bilinear"
TRAIN, VAL, BASE, EPOCHS = 200, 100, 16, 30
BAR, SEEDS_ABOVE = 0.9, 4


def main(argv: Sequence[str] | None = None) -> None:
    """Run what has not run, and print the table."""
    with options_of(argv, str(__doc__), (VARIANT,), seeds=5) as options:
        records = run_missing(options, EXPERIMENT, partial(run, options))
        publish(options, "unet_shapes", _table([each for each in records if each["variant"] == VARIANT]))


def run(options: Options, up: str, seed: int) -> Record:
    """Train with this up-sampling; the checkerboard of the model is measured before the first step and on the way."""
    data = shapes_folder(options, *((8, 4) if options.quick else (TRAIN, VAL)))
    choices = {"options": {"base": 2 if options.quick else BASE, "up": up}, "seed": seed}
    choices |= {"epochs": 2} if options.quick else {"epochs": EPOCHS}
    val = find_examples(data).val
    seen: list[Segmenter] = []
    pattern: list[list[object]] = []

    def look(segmenter: Segmenter) -> None:
        pattern.append([segmenter.description.training["step"], checkerboard(segmenter, val)])
        seen[:] = [segmenter]

    result = train(data, choices, categories=load_categories(data / CLASSES), device=options.device, look=look)
    torch.manual_seed(seed)  # the weights the training began with
    untrained = build_segmenter(seen[0].description)
    return {**result, "checkerboard": [[0, checkerboard(untrained, val)], *pattern]}


def _table(runs: Sequence[Record]) -> str:
    rows = []
    for each in runs:
        cells = [f"{each[which]['iou'][name]:.3f}" for which in ("last", "best") for name in ("circle", "square")]
        rows.append([str(each["seed"]), *cells, str(each["best"]["step"]), f"{each['cpu_s']:.0f}"])
    keys = [f"{which}/iou/{name}" for which in ("last", "best") for name in ("circle", "square")]
    rows.append(["mean ± sd (least … most)", *(spread(column(runs, VARIANT, key)) for key in keys), "", ""])
    above = sum(min(each["last"]["iou"][name] for name in ("circle", "square")) > BAR for each in runs)
    verdict = f"Both above {BAR} at the end: {above} of {len(runs)} seeds (asked for: {SEEDS_ABOVE} of 5)."
    header = ("seed", "circle, end", "square, end", "circle, best", "square, best", "best step", "CPU s")
    return f"{markdown_table(header, rows)}\n\n{verdict}"


if __name__ == "__main__":
    main()
