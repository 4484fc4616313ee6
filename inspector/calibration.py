"""Is the model as sure as it is right? Pixels counted by confidence, whole numbers only; ratios are taken last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.readers.probabilities import UNIT

__all__ = ["BINS", "BinCounts", "calibration_record", "count_bins"]

BINS = 15  # of equal width, each with its lower edge, the last one with 1 as well
PX_AT_ONCE = 1 << 20  # what is counted together: little memory, however large the image
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class BinCounts:
    """Valid pixels by predicted class and confidence, (K + 1, BINS) int64 each; the last row is predicted as no class.

    n            pixels
    correct      those whose prediction is right
    confidence   the sum of their confidences, in UNITs
    """

    n: Counts
    correct: Counts
    confidence: Counts

    @classmethod
    def zeros(cls, k: int) -> BinCounts:
        """Of no image."""
        return cls(*(np.zeros((k + 1, BINS), np.int64) for _ in range(3)))

    def __add__(self, other: BinCounts) -> BinCounts:
        return BinCounts(self.n + other.n, self.correct + other.correct, self.confidence + other.confidence)


def count_bins(
    gt: NDArray[np.integer[Any]], pred: NDArray[np.integer[Any]], confidence: NDArray[np.uint32], k: int
) -> BinCounts:
    """Count one image: gt and pred (H, W) class indices, k for void and for no class; confidence (H, W) in UNITs.

    A pixel of confidence c is in bin floor(15 c), one of confidence 1 in the last; in whole numbers, so that no
    rounding decides.
    """
    counts, rows = BinCounts.zeros(k), max(1, PX_AT_ONCE // max(1, gt.shape[1]))
    for y in range(0, len(gt), rows):
        part = slice(y, y + rows)
        counts += _count_part(gt[part], pred[part], confidence[part], k)
    return counts


def _count_part(
    gt: NDArray[np.integer[Any]], pred: NDArray[np.integer[Any]], confidence: NDArray[np.uint32], k: int
) -> BinCounts:
    valid = gt < k
    predicted, sure = pred[valid].astype(np.int64), confidence[valid].astype(np.int64)
    places = predicted * BINS + np.minimum(sure * BINS // UNIT, BINS - 1)
    size = (k + 1) * BINS
    right = places[predicted == gt[valid]]
    sums = np.bincount(places, sure, size)  # float64 of whole numbers below 2^53: exact
    return BinCounts(
        np.bincount(places, minlength=size).reshape(-1, BINS),
        np.bincount(right, minlength=size).reshape(-1, BINS),
        sums.astype(np.int64).reshape(-1, BINS),
    )


def calibration_record(counts: BinCounts, categories: Categories, images: int, of: int) -> dict[str, Any]:
    """`calibration` of the document: bins over all pixels, and the expected calibration error, of `images` of `of`
    images. NaN where there is no pixel."""
    n, correct, confidence = (column.sum(axis=0) for column in (counts.n, counts.correct, counts.confidence))
    return {
        "bins": [
            {
                "low": place / BINS,
                "high": (place + 1) / BINS,
                "n": int(n[place]),
                "confidence": _share(confidence[place], n[place] * UNIT),
                "accuracy": _share(correct[place], n[place]),
            }
            for place in range(BINS)
        ],
        "ece": _error(n, correct, confidence),
        "images": images,
        "of": of,
        "classes": [
            {
                "id": category.id,
                "ece": _error(counts.n[k], counts.correct[k], counts.confidence[k]),
                "n": int(counts.n[k].sum()),
            }
            for k, category in enumerate(categories.classes)
        ],
    }


def _share(part: np.int64, whole: np.int64) -> float:
    return float(part) / float(whole) if whole else float("nan")


def _error(n: Counts, correct: Counts, confidence: Counts) -> float:
    """Expected calibration error: mean over pixels of |mean confidence - accuracy| of their bin."""
    gaps = np.abs(confidence - correct * UNIT).sum()
    return _share(gaps, n.sum() * UNIT)
