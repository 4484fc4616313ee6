"""HEADLINES: the numbers of the whole data set, each from the columns of all its classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.metrics import METRICS, Columns, mean_defined, ratio

__all__ = ["HEADLINES", "MEANS", "headlines"]

Floats = NDArray[np.float64]
Foreground = NDArray[np.bool_]  # (K,) True for the classes that are not background


def _mean_over_classes(metric: str) -> Callable[[Columns, Foreground], Floats]:
    return lambda columns, foreground: np.asarray(mean_defined(METRICS[metric].compute(columns)))


def pixel_accuracy(columns: Columns, foreground: Foreground) -> Floats:
    """Correct / valid pixels, in [0, 1]; NaN without a valid pixel. Each valid pixel is true of one class."""
    return ratio(columns["tp_px"].sum(axis=-1), columns["gt_px"].sum(axis=-1))


def frequency_weighted_iou(columns: Columns, foreground: Foreground) -> Floats:
    """IoU of each class weighted by its share of the true pixels, in [0, 1]; NaN without a valid pixel."""
    weighted = np.nan_to_num(METRICS["iou"].compute(columns)) * columns["gt_px"]  # an undefined class weighs 0
    return ratio(weighted.sum(axis=-1), columns["gt_px"].sum(axis=-1))


def small_object_recall(columns: Columns, foreground: Foreground) -> Floats:
    """Recalled / counted small objects of all classes but background, in [0, 1]; NaN where there are none."""
    counted, recalled = columns["objects_small"], columns["objects_small_recalled"]
    return ratio((recalled * foreground).sum(axis=-1), (counted * foreground).sum(axis=-1))


#: Headlines that are the mean of a metric over the classes that have it: name -> metric.
MEANS: dict[str, str] = {
    "mean_accuracy": "recall",
    "miou": "iou",
    "mean_dice": "dice",
    "boundary_f1": "boundary_f1",
    "boundary_iou": "boundary_iou",
}

#: name -> (columns (..., K), foreground (K,)) -> (...) float64. Means over classes skip NaN.
HEADLINES: dict[str, Callable[[Columns, Foreground], Floats]] = {
    "pixel_accuracy": pixel_accuracy,
    "mean_accuracy": _mean_over_classes(MEANS["mean_accuracy"]),
    "miou": _mean_over_classes(MEANS["miou"]),
    "mean_dice": _mean_over_classes(MEANS["mean_dice"]),
    "frequency_weighted_iou": frequency_weighted_iou,
    "boundary_f1": _mean_over_classes(MEANS["boundary_f1"]),
    "boundary_iou": _mean_over_classes(MEANS["boundary_iou"]),
    "small_object_recall": small_object_recall,
}


def headlines(columns: Columns, foreground: Foreground) -> dict[str, Any]:
    """Every headline number of columns (..., K): (...) float64 each, NaN where undefined."""
    return {name: compute(columns, foreground) for name, compute in HEADLINES.items()}
