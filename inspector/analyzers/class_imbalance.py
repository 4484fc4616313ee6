"""Which classes are rare in the truth and lost: too few pixels for a plain pixel-wise loss to care."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.loss import union_px
from inspector.metrics import METRICS, mean_defined
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import between, listed, percent

__all__ = ["analyze"]

RARE = 0.01  # of the true pixels: a plain pixel-wise loss hardly feels it
LOST_RECALL = 0.7  # three in ten of its pixels are given to others: rare classes lose by being left out
BEHIND = 0.7  # of the mean IoU of the classes that are not rare: rare, but no worse than others, is no finding


@dataclass(frozen=True)
class _Classes:
    """(K,) each, and the mean IoU of the classes that are not rare."""

    support: NDArray[np.float64]  # share of the true pixels
    iou: NDArray[np.float64]
    recall: NDArray[np.float64]
    ordinary_iou: float


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for all such classes together, told of the one with the lowest IoU."""
    classes = _classes(tally)
    _, recall_high = resamples.class_interval(METRICS["recall"].compute(resamples.columns))
    rare = (classes.support > 0) & (classes.support < RARE)
    with np.errstate(invalid="ignore"):
        lost = np.flatnonzero(rare & (recall_high < LOST_RECALL) & (classes.iou < BEHIND * classes.ordinary_iou))
    if len(lost):
        worst_first = lost[np.argsort(classes.iou[lost], kind="stable")]
        low, high = resamples.class_interval(METRICS["iou"].compute(resamples.columns))
        worst = int(worst_first[0])
        yield _finding(tally, classes, [int(c) for c in worst_first], (float(low[worst]), float(high[worst])))


def _classes(tally: Tally) -> _Classes:
    gt_px, iou = tally.total["gt_px"], METRICS["iou"].compute(tally.total)
    support = gt_px / max(1, int(gt_px.sum()))
    return _Classes(support, iou, METRICS["recall"].compute(tally.total), float(mean_defined(iou[support >= RARE])))


def _finding(tally: Tally, classes: _Classes, lost: list[int], interval: Interval) -> Finding:
    names, worst = [tally.categories.names[c] for c in lost], lost[0]
    verb = "is" if len(names) == 2 else "are"
    others = f" (so {verb} {listed(names[1:])})" if len(names) > 1 else ""
    return Finding(
        kind="class-imbalance",
        severity=Severity.WARNING,
        title=f"{names[0]}: rare in the truth, {percent(float(classes.support[worst]))} of the pixels, and lost{others}"
        f"; IoU {percent(float(classes.iou[worst]))}{between(interval)} against {percent(classes.ordinary_iou)} for "
        "classes that are not rare",
        class_index=worst,
        gain=_gain(tally, lost),
        measures={"iou_of_common_classes_fraction": classes.ordinary_iou} | _measures(names, classes, lost),
        intervals={f"{names[0]}_iou_fraction": interval},
        evidence=from_rows(tally, worst, "fn_boundary_px", "fn_extent_px", "fn_segment_px"),
        advice="Sample images that hold it more often, weight it in the loss, or use a Dice, Tversky or focal loss.",
    )


def _gain(tally: Tally, lost: list[int]) -> float:
    """Of mIoU, were no pixel of these classes given to others."""
    union = union_px(tally.total)
    missing = (tally.total["gt_px"] - tally.total["tp_px"])[lost] / union[lost]
    return float(missing.sum() / np.count_nonzero(union > 0))


def _measures(names: list[str], classes: _Classes, lost: list[int]) -> dict[str, float]:
    numbers = {"support": classes.support, "iou": classes.iou, "recall": classes.recall}
    return {
        f"{name}_{what}_fraction": float(values[c])
        for name, c in zip(names, lost, strict=True)
        for what, values in numbers.items()
    }
