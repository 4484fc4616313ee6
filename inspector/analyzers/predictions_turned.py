"""Are the predictions flipped, turned or transposed against the truth?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import gain_of_wrong_pixels
from inspector.proof import MAX_EVIDENCE
from inspector.second_look import POSES, SecondLook
from inspector.tally import Tally
from inspector.wording import percent

__all__ = ["KINDS", "analyze"]

MIN_PAIRS = 2  # one pair may be a symmetric scene
AGREEING = 0.8  # of the looked-at pairs fit best in the same pose
ERROR_LEFT = 0.7  # of the disagreement, at most, is left in that pose: symmetric scenes fit nearly as well mirrored
MIN_RISE = 0.05  # of agreement, on average

_KIND = {"flipped": "predictions-flipped", "turned": "predictions-rotated", "transposed": "predictions-transposed"}
KINDS = tuple(_KIND.values())


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when most looked-at pairs fit far better in one and the same other pose."""
    seen = tally.second_look
    if seen is None or len(seen.images) < MIN_PAIRS:
        return
    pose = _common_pose(seen)
    if pose is not None:
        yield _finding(tally, seen, pose)


def _common_pose(seen: SecondLook) -> int | None:
    """The pose that fits best in most pairs and clears away most of the disagreement; None where there is none."""
    poses = np.nan_to_num(seen.poses, nan=-1.0)
    before = poses[:, :1]
    much_better = (1.0 - poses <= ERROR_LEFT * (1.0 - before)) & (poses == poses.max(axis=1, keepdims=True))
    votes = much_better.sum(axis=0)
    pose = int(np.argmax(votes))
    rises = float((poses[:, pose] - before[:, 0]).mean()) >= MIN_RISE
    return pose if pose and rises and votes[pose] >= AGREEING * len(poses) else None


def _finding(tally: Tally, seen: SecondLook, pose: int) -> Finding:
    name = list(POSES)[pose]
    before, after = float(np.nanmean(seen.poses[:, 0])), float(np.nanmean(seen.poses[:, pose]))
    return Finding(
        kind=_KIND[name.split()[0]],
        severity=Severity.ERROR,
        title=f"Predictions are {name}: undoing it raises the pixels that agree from {percent(before)} to "
        f"{percent(after)}, over {len(seen.images)} pairs looked at",
        gain=gain_of_wrong_pixels(tally.total, (after - before) / (1.0 - before)),
        measures={
            "agreement_fraction": before,
            "agreement_mended_fraction": after,
            "pairs_looked_at_count": float(len(seen.images)),
        },
        evidence=tuple(Evidence(image) for image in seen.images[:MAX_EVIDENCE]),
        advice="Look for a flip, a transposition or an axis order (x, y against row, column) between model output and "
        "file, or test-time augmentation that is not undone.",
    )
