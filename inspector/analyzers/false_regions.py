"""Which classes are invented: whole predicted regions where nothing of the class is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.causes import CauseTable, cause_table
from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import names_of, taken_from
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import between, count, listed, percent

__all__ = ["analyze"]

MIN_SHARE = 0.05  # of the union: five points of the IoU of the class
MIN_PART = 0.3  # of its loss: with four causes, clearly more than an equal part
GIVER = 0.1  # of its false pixels: a class that gives less is not worth naming


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each true class that loses MIN_SHARE of IoU, and MIN_PART of its loss, to false regions."""
    causes = cause_table(tally, resamples)
    for c in causes.main("false_regions", MIN_SHARE, MIN_PART):
        if tally.total["gt_px"][c] > 0:  # a class that is true nowhere has a finding of its own
            yield _finding(tally, causes, c)


def _finding(tally: Tally, causes: CauseTable, c: int) -> Finding:
    held = np.flatnonzero((tally.row("class_index") == c) & (tally.row("fp_segment_px") > 0))
    without = int((tally.row("gt_px")[held] == 0).sum())
    part, interval = float(causes.part["false_regions"][c]), causes.interval("false_regions", c)
    name = tally.categories.names[c]
    false_px = int(tally.total["pred_px"][c] - tally.total["tp_px"][c])
    givers = names_of(tally.categories, taken_from(tally.confusion, c), GIVER * false_px)
    empty = f", {without} of them without any {name}" if without else ""
    return Finding(
        kind="false-regions",
        severity=Severity.WARNING,
        title=f"{name}: {percent(part)} of its lost IoU{between(interval)} is regions that are not there, in "
        f"{count(len(held), 'image')}{empty}" + (f"; taken from {listed(givers)}" if givers else ""),
        class_index=c,
        gain=float(causes.gain["false_regions"][c]),
        measures={
            "false_regions_part_fraction": part,
            "false_regions_loss_fraction": float(causes.share["false_regions"][c]),
            "false_regions_px": float(tally.total["fp_segment_px"][c]),
            "images_count": float(len(held)),
            "images_without_class_count": float(without),
        },
        intervals={"false_regions_part_fraction": interval},
        evidence=from_rows(tally, c, "fp_segment_px"),
        advice="Train on images without it (hard negatives), or drop predicted regions below a size or a confidence.",
    )
