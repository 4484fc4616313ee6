"""Which classes are predicted on more area than they truly have, and from whom they take it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.loss import names_of, taken_from, union_px
from inspector.metrics import METRICS
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import between, listed, percent

__all__ = ["analyze"]

RATIO = 1.1  # a tenth more area than there is: less is within what a change of annotator does to outlines
MANY = 3.0  # from here on people say how many times
GIVER = 0.1  # of the pixels taken: a class that gives less is not worth naming


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class whose predicted / true area is above RATIO and surely above 1."""
    compute = METRICS["prediction_ratio"].compute
    ratios = compute(tally.total)
    low, high = resamples.class_interval(compute(resamples.columns))
    with np.errstate(invalid="ignore"):
        told = np.flatnonzero((ratios > RATIO) & (low > 1))
    for c in told:
        yield _finding(tally, int(c), float(ratios[c]), (float(low[c]), float(high[c])))


def _finding(tally: Tally, c: int, ratio: float, interval: Interval) -> Finding:
    gt_px, pred_px, tp_px = (int(tally.total[name][c]) for name in ("gt_px", "pred_px", "tp_px"))
    givers = taken_from(tally.confusion, c)
    names = names_of(tally.categories, givers, GIVER * (pred_px - tp_px))
    return Finding(
        kind="over-predicted",
        severity=Severity.WARNING,
        title=f"{tally.categories.names[c]}: predicted on {_amount(ratio, interval)}"
        + (f"; taken from {listed(names)}" if names else ""),
        class_index=c,
        gain=_gain(tally, c, surplus=pred_px - gt_px),
        measures={
            "prediction_ratio": ratio,
            "gt_px": float(gt_px),
            "pred_px": float(pred_px),
            **{f"taken_from_{name}_fraction": e.fraction for name, e in zip(names, givers, strict=False)},
        },
        intervals={"prediction_ratio": interval},
        evidence=from_rows(tally, c, "fp_boundary_px", "fp_extent_px", "fp_segment_px"),
        advice="Raise its decision threshold or lower its loss weight; if whole regions are invented, train on images "
        "without it.",
    )


def _amount(ratio: float, interval: Interval) -> str:
    """Of how much area, in words: thousands of per cent say nothing to anybody."""
    if ratio < MANY:
        return f"{percent(ratio)} of its true area{between(interval)}"
    return f"{ratio:.1f} times its true area (interval {interval[0]:.1f}-{interval[1]:.1f})"


def _gain(tally: Tally, c: int, surplus: int) -> float:
    """Of mIoU, were as many false positives gone as the class has too many pixels."""
    union, tp_px = union_px(tally.total), int(tally.total["tp_px"][c])
    return (tp_px / (int(union[c]) - surplus) - tp_px / int(union[c])) / int(np.count_nonzero(union > 0))
