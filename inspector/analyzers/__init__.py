"""ANALYZERS: what looks for causes in a tally, one file each, and `analyze_all`, which asks every one of them."""

from __future__ import annotations

from types import ModuleType

from inspector.analyzers import (
    absent_from_truth,
    boundary_blurred,
    cannot_tell,
    class_confused,
    class_imbalance,
    duplicate_images,
    false_regions,
    identical_to_truth,
    ignore_is_a_class,
    image_border_worse,
    label_ids_permuted,
    masks_interpolated,
    never_predicted,
    over_predicted,
    pairs_shuffled,
    partial_coverage,
    predictions_shifted,
    predictions_turned,
    predicts_ignore,
    small_objects_missed,
    suspicious_truth,
    tile_seams,
    under_predicted,
)
from inspector.findings import Finding
from inspector.intervals import Resamples, resample
from inspector.selection import select
from inspector.tally import Tally

__all__ = ["ANALYZERS", "analyze_all"]

ANALYZERS: tuple[ModuleType, ...] = (
    # the numbers mean something else than you think
    predictions_turned,
    label_ids_permuted,
    pairs_shuffled,
    predictions_shifted,
    masks_interpolated,
    tile_seams,
    image_border_worse,
    ignore_is_a_class,
    predicts_ignore,
    identical_to_truth,
    duplicate_images,
    # what the model gets wrong
    never_predicted,
    small_objects_missed,
    under_predicted,
    over_predicted,
    class_confused,
    false_regions,
    boundary_blurred,
    partial_coverage,
    class_imbalance,
    # what the data can say
    absent_from_truth,
    suspicious_truth,
    cannot_tell,
)


def analyze_all(tally: Tally, resamples: Resamples | None = None) -> tuple[Finding, ...]:
    """Every finding worth reading: errors first, then by what they cost mIoU, then notes. Empty without an image.

    The same tally gives the same findings in the same order.
    """
    if not tally.n_images:
        return ()
    drawn = resamples or resample(tally)
    return select(tally, [finding for analyzer in ANALYZERS for finding in analyzer.analyze(tally, drawn)])
