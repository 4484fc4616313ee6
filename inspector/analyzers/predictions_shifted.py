"""Are the predictions displaced by the same few pixels everywhere?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import gain_of_wrong_pixels
from inspector.proof import MAX_EVIDENCE
from inspector.tally import Tally
from inspector.wording import count, percent

__all__ = ["analyze"]

MIN_PAIRS = 3  # fewer could agree by chance
AGREEING = 0.75  # of the looked-at pairs are displaced by the same shift, to NEAR_PX
NEAR_PX = 1  # jittered outlines move the best fit of one pair by so much
LESS_WRONG = 0.03  # of the disagreement near boundaries goes away: chance alone takes about 0.003
CERTAIN = 0.2  # and the numbers speak of the slip rather than of the model; below, it is one cost among others


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when the best shift is the same, and not zero, in nearly every looked-at pair."""
    seen = tally.second_look
    if seen is None:
        return
    judged = np.flatnonzero(~np.isnan(seen.near_boundaries[:, 0]))
    if len(judged) < MIN_PAIRS:
        return
    shifts, agreement = seen.shifts[judged], seen.near_boundaries[judged]
    common = np.rint(np.median(shifts, axis=0)).astype(int)
    near = (np.abs(shifts - common) <= NEAR_PX).all(axis=1) & (shifts != 0).any(axis=1)
    before, after = agreement.mean(axis=0)
    if common.any() and near.mean() >= AGREEING and after - before >= LESS_WRONG * (1.0 - before):
        images = [seen.images[i] for i in judged[near]]
        yield _finding(tally, int(common[0]), int(common[1]), float(before), float(after), images, len(judged))


def _finding(tally: Tally, dx: int, dy: int, before: float, after: float, images: list[int], looked_at: int) -> Finding:
    ways = [
        f"{abs(dx)} px to the {'right' if dx > 0 else 'left'}" if dx else "",
        f"{abs(dy)} px {'down' if dy > 0 else 'up'}" if dy else "",
    ]
    return Finding(
        kind="predictions-shifted",
        severity=Severity.ERROR if after - before >= CERTAIN * (1.0 - before) else Severity.WARNING,
        title=f"Predictions are displaced by {' and '.join(way for way in ways if way)} (dx {dx}, dy {dy}) in "
        f"{len(images)} of {count(looked_at, 'pair')} looked at; undoing it raises agreement near boundaries from "
        f"{percent(before)} to {percent(after)}",
        gain=gain_of_wrong_pixels(tally.total, (after - before) / (1.0 - before)),
        measures={
            "dx_px": float(dx),
            "dy_px": float(dy),
            "agreement_near_boundaries_fraction": before,
            "agreement_near_boundaries_mended_fraction": after,
            "pairs_count": float(len(images)),
            "pairs_looked_at_count": float(looked_at),
        },
        evidence=tuple(Evidence(image) for image in images[:MAX_EVIDENCE]),
        advice="Look for padding that is cropped on the wrong side, align_corners in a resize, or a half-pixel slip.",
    )
