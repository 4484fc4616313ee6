"""Bilinear against transposed up-sampling: mIoU on the shapes of unet_shapes, and the checkerboard in the logits.

    python -m benchmarks.unet_upsampling

The runs of unet_shapes are those of the bilinear side. The figure shows when in the training a checkerboard is there.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from functools import partial

from benchmarks.measure import markdown_table
from benchmarks.unet_checkerboard import PERIODS
from benchmarks.unet_figures import Panel, Series, panels_svg
from benchmarks.unet_runs import Options, Record, column, options_of, publish, run_missing, spread
from benchmarks.unet_shapes import EXPERIMENT, run
from unet.training.plot import Points

__all__ = ["main"]

UPS = ("bilinear", "transposed")
MOMENTS = (0.0, 0.05, 0.1, 0.25, 0.5, 1.0)  # of the training
FIGURE = "unet_upsampling.svg"


def main(argv: Sequence[str] | None = None) -> None:
    """Run what has not run, print the tables and draw the figure."""
    with options_of(argv, str(__doc__), UPS, seeds=3) as options:
        records = run_missing(options, EXPERIMENT, partial(run, options))
        publish(options, "unet_upsampling", "\n\n".join((_scores(records), _moments(records), _periods(records))))
        _draw(options, records)


def _scores(records: Sequence[Record]) -> str:
    keys = ("last/miou", "last/iou/circle", "last/iou/square", "best/miou")
    rows = [
        [up, str(len(column(records, up, "last/miou"))), *(spread(column(records, up, key)) for key in keys)]
        for up in UPS
    ]
    return markdown_table(("up-sampling", "seeds", "mIoU, end", "circle", "square", "mIoU, best"), rows)


def _moments(records: Sequence[Record]) -> str:
    """The checkerboard and the score at some moments of the training, mean over the seeds."""
    rows = []
    for moment in MOMENTS:
        cells = [f"{100 * moment:.0f} %"]
        for up in UPS:
            boards = [_at(_board(each), moment * each["steps"]) for each in records if each["variant"] == up]
            cells.append(_percent(boards))
        for up in UPS:
            scores = [_at(_curve(each), moment * each["steps"]) for each in records if each["variant"] == up]
            cells.append(f"{statistics.fmean(scores):.3f}" if scores and moment else "")
        rows.append(cells)
    header = ("of the training", *(f"checkerboard, {up}" for up in UPS), *(f"mIoU, {up}" for up in UPS))
    return markdown_table(header, rows)


def _periods(records: Sequence[Record]) -> str:
    """The spectrum at the end."""
    rows = []
    for up in UPS:
        ends = [each["checkerboard"][-1][1] for each in records if each["variant"] == up]
        rows.append([up, *(_percent([end[key] for end in ends]) for key in (*map(str, PERIODS), "all"))])
    header = ("pattern at the end, of the class spread", *(f"period {period} px" for period in PERIODS), "all")
    return markdown_table(header, rows)


def _percent(shares: Sequence[float]) -> str:
    if not shares:
        return "not run"
    mean = 100 * statistics.fmean(shares)
    return f"{mean:.2f} %" if mean >= 0.005 else f"{mean:.0e} %"


def _board(record: Record) -> Points:
    return [(step, shares["all"]) for step, shares in record["checkerboard"]]


def _curve(record: Record) -> Points:
    return [(step, miou) for step, miou in record["curve"]]


def _at(points: Points, step: float) -> float:
    """The value at the moment nearest to a step."""
    return min(points, key=lambda point: abs(point[0] - step))[1]


def _draw(options: Options, records: Sequence[Record]) -> None:
    boards = [
        Series(up, color, [[(s, 100 * v) for s, v in _board(each)] for each in records if each["variant"] == up])
        for up, color in zip(UPS, ("main", "c0"), strict=True)
    ]
    scores = [
        Series(up, color, [_curve(each) for each in records if each["variant"] == up])
        for up, color in zip(UPS, ("main", "c0"), strict=True)
    ]
    left = Panel("Checkerboard", "% of the spread of the class logits", boards)
    right = Panel("mIoU", "of 100 held-out images", scores, top=1.0)
    said = "Checkerboard in the logits and mIoU over the training, bilinear against transposed up-sampling"
    (options.docs / FIGURE).write_text(panels_svg(said, left, right), encoding="utf-8")


if __name__ == "__main__":
    main()
