"""Do the predictions belong to other images than the ones they are paired with?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import gain_of_wrong_pixels
from inspector.proof import MAX_EVIDENCE
from inspector.second_look import SecondLook
from inspector.tally import Tally
from inspector.wording import percent

__all__ = ["analyze"]

MIN_SWAPPED = 2  # a slip moves at least two
SWAPPED = 0.5  # of the looked-at predictions fit another truth: fewer may be near-duplicate scenes
ERROR_LEFT = 0.6  # of the disagreement, at most, is left with the other truth
MIN_UNRELATED = 6  # pairs of one size, before it is said that predictions fit no truth better than any other
VARIETY = 0.15  # by which truths differ from one another: where all scenes are alike nothing can be said
OWN_ADVANTAGE = 0.1  # of that variety: by how much less a prediction fits its own truth better than a stranger's


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when predictions fit each other's truths, or their own no better than any other."""
    seen = tally.second_look
    if seen is None or len(seen.images) < MIN_SWAPPED:
        return
    elsewhere = _better_elsewhere(seen)
    if len(elsewhere) >= max(MIN_SWAPPED, SWAPPED * len(seen.images)):
        yield _swapped(tally, seen, elsewhere)
    elif _unrelated(seen):
        yield _unrelated_finding(tally, seen)


def _better_elsewhere(seen: SecondLook) -> list[tuple[int, int]]:
    """(prediction, truth) that fit each other best of all, other than their own, and far better than as paired."""
    fits = np.nan_to_num(seen.across, nan=-1.0)
    own = np.diagonal(fits)
    best_truth, best_prediction = fits.argmax(axis=1), fits.argmax(axis=0)
    return [
        (i, int(j))
        for i, j in enumerate(best_truth)
        if i != j and best_prediction[j] == i and 1.0 - fits[i, j] <= ERROR_LEFT * (1.0 - own[i])
    ]


def _strangers(table: NDArray[np.float64]) -> float:
    """Mean over defined entries off the diagonal; NaN where there is none."""
    off = table[~np.eye(len(table), dtype=np.bool_) & ~np.isnan(table)]
    return float(off.mean()) if len(off) else float("nan")


def _unrelated(seen: SecondLook) -> bool:
    if np.count_nonzero(~np.isnan(seen.across)) < MIN_UNRELATED**2:
        return False
    variety = 1.0 - _strangers(seen.truths_alike)
    varied_predictions = 1.0 - _strangers(seen.predictions_alike) >= variety / 2  # not one and the same everywhere
    advantage = float(np.nanmean(np.diagonal(seen.across))) - _strangers(seen.across)
    return variety >= VARIETY and varied_predictions and advantage < OWN_ADVANTAGE * variety


def _swapped(tally: Tally, seen: SecondLook, elsewhere: list[tuple[int, int]]) -> Finding:
    own = float(np.mean([seen.across[i, i] for i, _ in elsewhere]))
    other = float(np.mean([seen.across[i, j] for i, j in elsewhere]))
    i, j = elsewhere[0]
    names = tally.image_ids[seen.images[i]], tally.image_ids[seen.images[j]]
    return Finding(
        kind="pairs-shuffled",
        severity=Severity.ERROR,
        title=f"{len(elsewhere)} of {len(seen.images)} predictions looked at fit the truth of another image far better "
        f"({percent(other)} of the pixels agree, {percent(own)} as paired): the prediction {names[0]} fits the truth "
        f"{names[1]}",
        gain=gain_of_wrong_pixels(tally.total, (other - own) / (1.0 - own) * len(elsewhere) / len(seen.images)),
        measures={
            "better_match_elsewhere_count": float(len(elsewhere)),
            "pairs_looked_at_count": float(len(seen.images)),
            "agreement_as_paired_fraction": own,
            "agreement_elsewhere_fraction": other,
        },
        evidence=tuple(Evidence(seen.images[i]) for i, _ in elsewhere[:MAX_EVIDENCE]),
        advice="Check how predictions got their names: a shuffled loader, another sort order, or an off-by-one index.",
    )


def _unrelated_finding(tally: Tally, seen: SecondLook) -> Finding:
    own, other = float(np.nanmean(np.diagonal(seen.across))), _strangers(seen.across)
    return Finding(
        kind="pairs-shuffled",
        severity=Severity.WARNING,
        title=f"Predictions may belong to other images: {percent(own)} of their pixels agree with their own truth and "
        f"{percent(other)} with the truth of any other image, over {len(seen.images)} pairs looked at",
        measures={
            "agreement_as_paired_fraction": own,
            "agreement_with_others_fraction": other,
            "pairs_looked_at_count": float(len(seen.images)),
        },
        evidence=tuple(Evidence(image) for image in seen.images[:MAX_EVIDENCE]),
        advice="Check how predictions got their names; if the pairing is right, the model does not look at its input.",
    )
