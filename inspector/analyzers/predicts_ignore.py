"""Do predictions hold an ignore value where the truth has a class?"""

from __future__ import annotations

from collections.abc import Iterator

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.proof import from_images
from inspector.tally import Tally
from inspector.wording import count, percent

__all__ = ["analyze"]

OFTEN = 0.01  # of the valid pixels: a model that was given void as a class to learn; below, a note


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when any valid pixel is predicted as an ignore value; a warning from OFTEN on."""
    ignored_px, valid_px = int(tally.image("ignored_px").sum()), int(tally.image("valid_px").sum())
    if not ignored_px:
        return
    images = int((tally.image("ignored_px") > 0).sum())
    yield Finding(
        kind="predicts-ignore",
        severity=Severity.WARNING if ignored_px >= OFTEN * valid_px else Severity.NOTE,
        title=f"Predictions hold an ignore value on {percent(ignored_px / valid_px)} of the valid pixels, in "
        f"{count(images, 'image')}; each counts as wrong",
        measures={
            "ignored_fraction": ignored_px / valid_px,
            "ignored_px": float(ignored_px),
            "images_count": float(images),
        },
        evidence=from_images(tally.image("image_index"), tally.image("ignored_px")),
        advice="Leave void out of the model's outputs: it should answer with a class everywhere.",
    )
