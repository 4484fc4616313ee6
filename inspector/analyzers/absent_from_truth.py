"""Which classes of the list the truth never holds: predicted all the same, or simply not there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import iou_of, names_of, taken_from
from inspector.metrics import mean_defined
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import count, listed

__all__ = ["analyze"]


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """A warning for each predicted class without a true pixel, and one note for all that occur on neither side."""
    absent = tally.total["gt_px"] == 0
    for c in np.flatnonzero(absent & (tally.total["pred_px"] > 0)):
        yield _predicted(tally, int(c))
    nowhere = np.flatnonzero(absent & (tally.total["pred_px"] == 0))
    if len(nowhere):
        yield _nowhere(tally, [tally.categories.names[c] for c in nowhere])


def _predicted(tally: Tally, c: int) -> Finding:
    name, px = tally.categories.names[c], int(tally.total["pred_px"][c])
    givers = names_of(tally.categories, taken_from(tally.confusion, c))
    images = int(tally.images_with_prediction[c])
    iou = iou_of(tally.confusion)
    return Finding(
        kind="absent-from-truth",
        severity=Severity.WARNING,
        title=f"{name}: not in the truth at all, but predicted on {px:,} px in {count(images, 'image')}, where the "
        f"truth is {listed(givers)}; it enters mIoU with an IoU of 0",
        class_index=c,
        gain=float(mean_defined(np.delete(iou, c)) - mean_defined(iou)) if len(iou) > 1 else 0.0,
        measures={"pred_px": float(px), "images_count": float(images)},
        evidence=from_rows(tally, c, "fp_boundary_px", "fp_extent_px", "fp_segment_px"),
        advice="If the data cannot hold this class, take it out of the class list or map it to what it stands for.",
    )


def _nowhere(tally: Tally, names: list[str]) -> Finding:
    verb = "is" if len(names) == 1 else "are"
    return Finding(
        kind="absent-from-truth",
        severity=Severity.NOTE,
        title=f"{listed(names)} {verb} in the class list but neither true nor predicted anywhere; means leave "
        f"{'it' if len(names) == 1 else 'them'} out",
        measures={"classes_count": float(len(names))},
        advice="Nothing to do if this part of the data has none of them; else check the class list.",
    )
