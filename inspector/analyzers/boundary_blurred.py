"""Which classes lose their IoU along their outlines while their interior is right, and how far off the outlines are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.causes import CauseTable, cause_table
from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.metrics import METRICS
from inspector.metrics.boundary import tolerance_reaching
from inspector.proof import from_rows
from inspector.settings import CURVE_MULTIPLES
from inspector.tally import Tally
from inspector.wording import between, percent

__all__ = ["DEGENERATE", "REACHED", "analyze"]

MIN_SHARE = 0.05  # of the union: five points of the IoU of the class
MIN_PART = 0.5  # of its loss lies at the outline: the interior is the smaller problem
LOW_F1 = 0.8  # a fifth of the outline is farther off than the tolerance
HEAVY_SHARE = 0.15  # of the union: so much is told even within the tolerance, as thin classes lose it
REACHED = 0.9  # of boundary F1: "nearly all of the outline", the tolerance for which is told
DEGENERATE = 0.9  # of the class lies within its own boundary band: boundary IoU then is nearly mask IoU


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class whose loss is mostly boundary, and whose boundary F1 is surely below LOW_F1 or the
    loss at the outline alone HEAVY_SHARE."""
    causes = cause_table(tally, resamples)
    f1 = METRICS["boundary_f1"].compute(tally.total)
    low, high = resamples.class_interval(METRICS["boundary_f1"].compute(resamples.columns))
    for c in causes.main("boundary", MIN_SHARE, MIN_PART):
        if high[c] < LOW_F1 or causes.share["boundary"][c] >= HEAVY_SHARE:
            yield _finding(tally, causes, c, float(f1[c]), (float(low[c]), float(high[c])))


def _finding(tally: Tally, causes: CauseTable, c: int, f1: float, interval: Interval) -> Finding:
    part, part_interval = float(causes.part["boundary"][c]), causes.interval("boundary", c)
    band = int(tally.total["band_gt_px"][c]) / max(1, int(tally.total["gt_px"][c]))
    multiple = tolerance_reaching(tally.total, c, REACHED)
    how, advice = _how(f1, multiple, band)
    return Finding(
        kind="boundary-blurred",
        severity=Severity.WARNING,
        title=f"{tally.categories.names[c]}: {percent(part)} of its lost IoU{between(part_interval)} lies along its "
        f"outline; {how}",
        class_index=c,
        gain=float(causes.gain["boundary"][c]),
        measures={
            "boundary_part_fraction": part,
            "boundary_loss_fraction": float(causes.share["boundary"][c]),
            "boundary_f1_fraction": f1,
            "tolerance_at_90_ratio": multiple,
            "band_of_class_fraction": band,
        },
        intervals={"boundary_part_fraction": part_interval, "boundary_f1_fraction": interval},
        evidence=from_rows(tally, c, "fn_boundary_px", "fp_boundary_px"),
        advice=advice,
    )


def _how(f1: float, multiple: float, band: float) -> tuple[str, str]:
    """(words, advice): is the outline off, or so much of the class that even a good one costs much?"""
    if f1 >= LOW_F1:
        thin = ", yet costs much in a class so thin" if band >= DEGENERATE else ""
        return (
            f"most of the outline is within the tolerance (boundary F1 {percent(f1)}){thin}",
            "Predict at a higher resolution; if annotators differ by as much, judge this class by boundary F1.",
        )
    reached = f"reaches {percent(REACHED)} at {multiple:.3g} x the tolerance"
    if np.isnan(multiple):
        reached = f"does not reach {percent(REACHED)} at {CURVE_MULTIPLES[-1]:g} x the tolerance"
    thin = " (so thin that its boundary IoU is nearly its IoU)" if band >= DEGENERATE else ""
    words = f"boundary F1 is {percent(f1)} and {reached}{thin}"
    return (
        words,
        "Predict at a higher resolution or add a boundary loss; check that masks are resized with nearest only.",
    )
