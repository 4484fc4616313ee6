"""For which classes there are too few images to judge, and how wide their numbers really are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.metrics import METRICS
from inspector.proof import from_images
from inspector.tally import Tally
from inspector.wording import between, count, percent

__all__ = ["analyze"]


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One note for the data set if it is too small as a whole, else one for each class in too few images."""
    few = (tally.images_with_truth > 0) & (tally.images_with_truth < tally.settings.min_images)
    if not few.any():
        return
    iou = METRICS["iou"].compute(tally.total)
    low, high = resamples.class_interval(METRICS["iou"].compute(resamples.columns))
    if tally.n_images < tally.settings.min_images:
        yield _data_set(tally, float(np.max(high - low, initial=0.0, where=~np.isnan(high - low))))
        return
    for c in np.flatnonzero(few):
        yield _class(tally, int(c), float(iou[c]), (float(low[c]), float(high[c])))


def _data_set(tally: Tally, widest: float) -> Finding:
    wide = f"; intervals of IoU are up to {100 * widest:.0f} points wide" if widest > 0 else ""
    return Finding(
        kind="cannot-tell",
        severity=Severity.NOTE,
        title=f"Only {count(tally.n_images, 'image')}, fewer than the {tally.settings.min_images} that a judgement of "
        f"a class needs{wide}",
        measures={"images_count": float(tally.n_images), "widest_interval_fraction": widest},
        advice="Add images before you compare models on this data; read the findings as hints.",
    )


def _class(tally: Tally, c: int, iou: float, interval: Interval) -> Finding:
    images = int(tally.images_with_truth[c])
    wide = between(interval)
    worth = f"its IoU of {percent(iou)}{wide} says little" if wide else f"no interval of its IoU, {percent(iou)}"
    held = (tally.row("class_index") == c) & (tally.row("gt_px") > 0)
    return Finding(
        kind="cannot-tell",
        severity=Severity.NOTE,
        title=f"{tally.categories.names[c]}: only {count(images, 'image')} with it, fewer than "
        f"{tally.settings.min_images}; {worth}",
        class_index=c,
        measures={"images_count": float(images), "iou_fraction": iou},
        intervals={"iou_fraction": interval},
        evidence=from_images(tally.row("image_index")[held], tally.row("gt_px")[held]),
        advice="Add images that hold it before you judge it or gate on it.",
    )
