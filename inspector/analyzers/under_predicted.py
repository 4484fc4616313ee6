"""Which classes are predicted on less area than they truly have, who takes the pixels, and how they go missing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.loss import lost_to, names_of, union_px
from inspector.metrics import METRICS
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import between, count, listed, percent

__all__ = ["analyze"]

RATIO = 0.9  # a tenth of the area missing: less is within what a change of annotator does to outlines
ABSENT = 0.5  # of the lost pixels lie in objects missed whole: the class is not seen, rather than drawn too small
WHOLE, PARTS = ("fn_segment_px",), ("fn_boundary_px", "fn_extent_px")  # the pixels that prove one way or the other
THIN_IMAGES = 0.7  # of the images with the class hold too little of it: systematic, like a threshold
TAKER = 0.1  # of the lost pixels: a class that takes less is not worth naming


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class whose predicted / true area is below RATIO and surely below 1."""
    compute = METRICS["prediction_ratio"].compute
    ratios = compute(tally.total)
    low, high = resamples.class_interval(compute(resamples.columns))
    with np.errstate(invalid="ignore"):
        told = np.flatnonzero((ratios < RATIO) & (high < 1) & (tally.total["pred_px"] > 0))
    for c in told:
        yield _finding(tally, int(c), float(ratios[c]), (float(low[c]), float(high[c])))


def _finding(tally: Tally, c: int, ratio: float, interval: Interval) -> Finding:
    gt_px, pred_px, tp_px = (int(tally.total[name][c]) for name in ("gt_px", "pred_px", "tp_px"))
    classes = np.count_nonzero(union_px(tally.total) > 0)
    takers = lost_to(tally.confusion, c)
    names = names_of(tally.categories, takers, TAKER * (gt_px - tp_px))
    how, advice, measures = _way_of_missing(tally, c)
    by_whom = f"; taken by {listed(names)}" if names else ""
    return Finding(
        kind="under-predicted",
        severity=Severity.WARNING,
        title=f"{tally.categories.names[c]}: predicted on only {percent(ratio)} of its true area"
        f"{between(interval)}, {how}{by_whom}",
        class_index=c,
        gain=(gt_px - pred_px) / int(union_px(tally.total)[c]) / classes,
        measures={
            "prediction_ratio": ratio,
            "gt_px": float(gt_px),
            "pred_px": float(pred_px),
            **measures,
            **{f"lost_to_{name}_fraction": e.fraction for name, e in zip(names, takers, strict=False)},
        },
        intervals={"prediction_ratio": interval},
        evidence=from_rows(tally, c, *(WHOLE if measures["missed_whole_fraction"] >= ABSENT else PARTS)),
        advice=advice,
    )


def _way_of_missing(tally: Tally, c: int) -> tuple[str, str, dict[str, float]]:
    """(words, advice, measures): is the class missing whole, or thin everywhere?"""
    held = np.flatnonzero((tally.row("class_index") == c) & (tally.row("gt_px") > 0))
    gt, pred, tp = (tally.row(name)[held] for name in ("gt_px", "pred_px", "tp_px"))
    absent, thin, images = int((tp == 0).sum()), int((pred < gt).sum()), len(held)
    segment = int(tally.total["fn_segment_px"][c])
    lost = int(tally.total["gt_px"][c] - tally.total["tp_px"][c])
    measures = {
        "missed_whole_fraction": segment / lost,
        "images_absent_count": float(absent),
        "images_too_little_count": float(thin),
        "images_count": float(images),
    }
    if segment >= ABSENT * lost:
        where = f", all of them in {absent} of {count(images, 'image')}" if absent >= ABSENT * images else ""
        words = f"mostly because whole objects are missed{where}"
        return words, "The model overlooks them: add or sample more examples, or raise the resolution.", measures
    if thin >= THIN_IMAGES * images:
        words = f"found but drawn too small in {thin} of {count(images, 'image')}"
        return words, "Lower its decision threshold or raise its loss weight; check how masks were resized.", measures
    words = f"with parts missing in {int((pred < RATIO * gt).sum())} of {count(images, 'image')}"
    return words, "Look at the images below for what these parts have in common.", measures
