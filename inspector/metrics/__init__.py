"""METRICS: every number of a class, from whole-number columns; one row holds all that gates and reports need."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.metrics import boundary, overlap
from inspector.metrics.ratios import mean_defined, ratio

__all__ = ["METRICS", "ROW_METRICS", "Columns", "Metric", "mean_defined", "ratio"]

Columns = Mapping[str, NDArray[Any]]  # column name -> (..., K) whole numbers; leading axes are resamples or images


@dataclass(frozen=True)
class Metric:
    """One number of a class.

    compute  columns -> (..., K) float64, NaN where undefined
    columns  what `compute` reads
    unit     "fraction" (in [0, 1]) or "ratio" (in [0, inf))
    better   "high", "low" or "one" (1 is best)
    source   where the definition comes from
    """

    compute: Callable[[Columns], NDArray[np.float64]]
    columns: tuple[str, ...]
    unit: str
    better: str
    source: str
    title: str


PIXELS = ("gt_px", "pred_px", "tp_px")
CONTOUR = ("contour_gt", "contour_gt_hit", "contour_pred", "contour_pred_hit")

METRICS: dict[str, Metric] = {
    "iou": Metric(overlap.iou, PIXELS, "fraction", "high", "Cityscapes", "IoU"),
    "dice": Metric(overlap.dice, PIXELS, "fraction", "high", "Dice 1945", "Dice"),
    "precision": Metric(overlap.precision, PIXELS, "fraction", "high", "", "precision"),
    "recall": Metric(overlap.recall, PIXELS, "fraction", "high", "", "recall"),
    "prediction_ratio": Metric(overlap.prediction_ratio, PIXELS, "ratio", "one", "", "predicted / true area"),
    "boundary_precision": Metric(boundary.precision, CONTOUR, "fraction", "high", "Csurka 2013", "boundary precision"),
    "boundary_recall": Metric(boundary.recall, CONTOUR, "fraction", "high", "Csurka 2013", "boundary recall"),
    "boundary_f1": Metric(boundary.f1, CONTOUR, "fraction", "high", "Csurka 2013", "boundary F1"),
    "boundary_iou": Metric(
        boundary.boundary_iou, ("boundary_inter_px", "boundary_union_px"), "fraction", "high", "Cheng 2021",
        "boundary IoU",
    ),
    "trimap_iou": Metric(
        boundary.trimap_iou, ("trimap_inter_px", "trimap_union_px"), "fraction", "high", "Kohli 2009", "trimap IoU",
    ),
}  # fmt: skip

#: The metrics of one class in one image that the tables carry beside the counts.
ROW_METRICS: dict[str, Callable[[Columns], NDArray[np.float64]]] = {
    name: METRICS[name].compute for name in ("iou", "dice", "boundary_f1", "boundary_iou")
}
