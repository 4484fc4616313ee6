"""Does the same truth, or the same prediction, occur under several names?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import MAX_EVIDENCE
from inspector.tally import Tally
from inspector.wording import count

__all__ = ["analyze"]

MIN_CONTOUR = 100  # contour points: masks with hardly an outline (all background) may well be equal
_WORDS = {"gt": "truth", "pred": "prediction"}


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for images that repeat another one's truth, and one for those that repeat only its prediction."""
    copies = {side: _copies(tally, side) for side in _WORDS}
    if len(copies["gt"]):
        yield _finding(tally, "gt", copies["gt"])
    elif len(copies["pred"]):  # where truths repeat, equal predictions are what to expect
        yield _finding(tally, "pred", copies["pred"])


def _copies(tally: Tally, side: str) -> NDArray[np.int64]:
    """(n, 2) image_index of a copy and of the first image with the same labels, in image order."""
    contour = np.bincount(tally.row("image_index"), tally.row(f"contour_{side}"), tally.n_images)
    hashes = tally.image(f"{side}_hash").astype(str)
    _, first, group = np.unique(hashes, return_index=True, return_inverse=True)
    original = first[group.reshape(-1)]
    repeated = np.flatnonzero((original != np.arange(tally.n_images)) & (contour >= MIN_CONTOUR))
    return np.stack([repeated, original[repeated]], axis=1)


def _finding(tally: Tally, side: str, copies: NDArray[np.int64]) -> Finding:
    word, names = _WORDS[side], tally.image_ids
    copy, original = (int(i) for i in copies[0])
    shown = dict.fromkeys(int(i) for pair in copies for i in pair[::-1])
    return Finding(
        kind="duplicate-images",
        severity=Severity.WARNING,
        title=f"{count(len(copies), 'image')} of {tally.n_images:,} {'repeats' if len(copies) == 1 else 'repeat'} the "
        f"{word} of another one: {names[copy]} is the same as {names[original]}",
        measures={"copies_count": float(len(copies)), "images_count": float(tally.n_images)},
        evidence=tuple(Evidence(i) for i in list(shown)[:MAX_EVIDENCE]),
        advice="Remove the copies, or give them one group: they make numbers look surer than they are."
        if side == "gt"
        else "Check how predictions are saved: one result written under several names hides the others.",
    )
