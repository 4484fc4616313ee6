"""Are predictions the truth itself, copied?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import MAX_EVIDENCE
from inspector.tally import Tally
from inspector.wording import count

__all__ = ["analyze"]

MIN_CONTOUR = 100  # contour points: an image with hardly an outline can be met exactly by a good model
MOST = 0.5  # of such images: then the numbers say nothing about a model


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when images with MIN_CONTOUR points of true outline are met without a single wrong pixel."""
    contour = np.bincount(tally.row("image_index"), tally.row("contour_gt"), tally.n_images)
    telling = contour >= MIN_CONTOUR
    same = np.flatnonzero(telling & (tally.image("correct_px") == tally.image("valid_px")))
    if not len(same):
        return
    most = len(same) >= MOST * telling.sum()
    which = "All" if len(same) == tally.n_images > 1 else f"{len(same):,} of"
    equal = "equals" if len(same) == 1 else "equal"
    yield Finding(
        kind="identical-to-truth",
        severity=Severity.ERROR if most else Severity.WARNING,
        title=f"{which} {count(tally.n_images, 'prediction')} {equal} the truth in every valid pixel: no model draws "
        "outlines so exactly",
        measures={"identical_count": float(len(same)), "images_count": float(tally.n_images)},
        evidence=tuple(Evidence(int(i)) for i in same[:MAX_EVIDENCE]),
        advice="Check that the two folders differ and that no link or copy of the truth stands among the predictions.",
    )
