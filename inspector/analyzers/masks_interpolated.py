"""Were masks resized by interpolating their ids, which paints thin rims of classes that are not there?"""

from __future__ import annotations

from collections.abc import Iterator

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import from_images
from inspector.tally import Tally
from inspector.wording import percent

__all__ = ["analyze"]

MIN_EDGES = 500  # class changes along rows: fewer say nothing
MIN_RIMS = 0.04  # of the class changes have a 1-2 px run of an id between those of its neighbours
FACTOR = 4.0  # more often than on the other side: thin things exist, and then on both sides

_WORDS = {"pred": "predictions", "gt": "truth"}


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each side whose rims are MIN_RIMS of its class changes and FACTOR times those of the other.

    Silent when both sides have them: then either thin things are real or nothing is left to compare with.
    """
    rims = {side: _rims(tally, side) for side in _WORDS}
    for side, other in (("pred", "gt"), ("gt", "pred")):
        enough = int(tally.total[f"edges_{side}"].sum()) >= MIN_EDGES
        if enough and rims[side] >= MIN_RIMS and rims[side] >= FACTOR * rims[other]:
            yield _finding(tally, side, rims[side], rims[other])


def _rims(tally: Tally, side: str) -> float:
    edges = int(tally.total[f"edges_{side}"].sum())
    return int(tally.total[f"thin_{side}"].sum()) / edges if edges else 0.0


def _finding(tally: Tally, side: str, rims: float, other: float) -> Finding:
    return Finding(
        kind="masks-interpolated",
        severity=Severity.ERROR,
        title=f"The {_WORDS[side]} look resized with interpolation: at {percent(rims)} of the class changes lies a "
        f"thin rim of an id in between (other side: {percent(other)})",
        measures={
            f"rims_{side}_fraction": rims,
            f"rims_{'gt' if side == 'pred' else 'pred'}_fraction": other,
            "edges_count": float(tally.total[f"edges_{side}"].sum()),
        },
        evidence=from_images(tally.row("image_index"), tally.row(f"thin_{side}")),
        advice="Resize label maps with nearest neighbour only; interpolate logits or probabilities, before argmax.",
    )
