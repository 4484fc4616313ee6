"""Which classes the predictions never hold although the truth does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import lost_to, miou_of, names_of, repaired
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import count, listed, percent

__all__ = ["analyze"]


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class with true pixels and not a single predicted one."""
    for c in np.flatnonzero((tally.total["gt_px"] > 0) & (tally.total["pred_px"] == 0)):
        yield _finding(tally, int(c))


def _finding(tally: Tally, c: int) -> Finding:
    name, gt_px = tally.categories.names[c], int(tally.total["gt_px"][c])
    takers = names_of(tally.categories, lost_to(tally.confusion, c))
    row = [(c, other) for other in range(tally.confusion.shape[1])]
    return Finding(
        kind="never-predicted",
        severity=Severity.WARNING,
        title=f"{name}: never predicted, though it is true in {count(int(tally.images_with_truth[c]), 'image')} "
        f"({percent(gt_px / int(tally.total['gt_px'].sum()))} of the pixels)"
        + (f"; taken by {listed(takers)}" if takers else ""),
        class_index=c,
        gain=miou_of(repaired(tally.confusion, row)) - miou_of(tally.confusion),
        measures={"gt_px": float(gt_px), "images_count": float(tally.images_with_truth[c])},
        evidence=from_rows(tally, c, "fn_boundary_px", "fn_extent_px", "fn_segment_px"),
        advice="Check that the model has an output for it, that training data holds it, and that its id is the same on "
        "both sides.",
    )
