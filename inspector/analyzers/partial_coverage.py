"""Which classes are found but covered only in part, or spill far beyond their outline."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.causes import CauseTable, cause_table
from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import from_rows
from inspector.tally import Tally
from inspector.wording import between, percent

__all__ = ["analyze"]

MIN_SHARE = 0.05  # of the union: five points of the IoU of the class
MIN_PART = 0.5  # of its loss: it dominates


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class where pixels of found objects, away from their outline, are most of the loss."""
    causes = cause_table(tally, resamples)
    for c in causes.main("partial_coverage", MIN_SHARE, MIN_PART):
        yield _finding(tally, causes, c)


def _finding(tally: Tally, causes: CauseTable, c: int) -> Finding:
    part, interval = float(causes.part["partial_coverage"][c]), causes.interval("partial_coverage", c)
    missing, spilled = int(tally.total["fn_extent_px"][c]), int(tally.total["fp_extent_px"][c])
    mostly = "leaving parts out" if missing >= spilled else "spilling into neighbours"
    return Finding(
        kind="partial-coverage",
        severity=Severity.WARNING,
        title=f"{tally.categories.names[c]}: {percent(part)} of its lost IoU{between(interval)} is objects that are "
        f"found but covered wrongly, mostly by {mostly}",
        class_index=c,
        gain=float(causes.gain["partial_coverage"][c]),
        measures={
            "partial_coverage_part_fraction": part,
            "partial_coverage_loss_fraction": float(causes.share["partial_coverage"][c]),
            "left_out_px": float(missing),
            "spilled_px": float(spilled),
        },
        intervals={"partial_coverage_part_fraction": interval},
        evidence=from_rows(tally, c, *(("fn_extent_px",) if missing >= spilled else ("fp_extent_px",))),
        advice="More context helps: a larger receptive field, larger crops or tiles with overlap.",
    )
