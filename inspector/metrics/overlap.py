"""Metrics of overlapping pixels: each a short function of gt_px, pred_px and tp_px, all over valid pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.metrics.ratios import ratio

__all__ = ["dice", "iou", "precision", "prediction_ratio", "recall"]

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


def iou(c: Columns) -> Floats:
    """TP / (TP + FP + FN), in [0, 1]; NaN where the union is empty."""
    return ratio(c["tp_px"], c["gt_px"] + c["pred_px"] - c["tp_px"])


def dice(c: Columns) -> Floats:
    """2 TP / (2 TP + FP + FN), in [0, 1]; NaN where the union is empty."""
    return ratio(2 * c["tp_px"], c["gt_px"] + c["pred_px"])


def precision(c: Columns) -> Floats:
    """TP / (TP + FP), in [0, 1]; NaN where nothing is predicted."""
    return ratio(c["tp_px"], c["pred_px"])


def recall(c: Columns) -> Floats:
    """TP / (TP + FN), in [0, 1]; NaN where nothing is true."""
    return ratio(c["tp_px"], c["gt_px"])


def prediction_ratio(c: Columns) -> Floats:
    """Predicted / true pixels, in [0, inf): under 1 is under-predicted; NaN where nothing is true."""
    return ratio(c["pred_px"], c["gt_px"])
