"""Metrics of boundaries, from counted contour points and bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.metrics.ratios import ratio
from inspector.settings import CURVE_MULTIPLES

__all__ = [
    "boundary_iou",
    "f1",
    "f1_at",
    "precision",
    "recall",
    "tolerance_reaching",
    "trimap_iou",
    "trimap_iou_at",
]

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]


def _shares(hits: NDArray[Any], points: NDArray[Any], other_points: NDArray[Any]) -> Floats:
    """hits / points; 0 where only the other side has points, NaN where neither has (Csurka 2013, ours: NaN)."""
    return np.where((points == 0) & (other_points > 0), 0.0, ratio(hits, points))


def _f1(precisions: Floats, recalls: Floats) -> Floats:
    total = precisions + recalls
    return np.where(total == 0, 0.0, ratio(2 * precisions * recalls, total))


def precision(c: Columns) -> Floats:
    """Share of predicted contour points within the tolerance of a true one, in [0, 1]; NaN without any point."""
    return _shares(c["contour_pred_hit"], c["contour_pred"], c["contour_gt"])


def recall(c: Columns) -> Floats:
    """Share of true contour points within the tolerance of a predicted one, in [0, 1]; NaN without any point."""
    return _shares(c["contour_gt_hit"], c["contour_gt"], c["contour_pred"])


def f1(c: Columns) -> Floats:
    """Harmonic mean of boundary precision and recall, in [0, 1]; 0 where both are 0, NaN without any point."""
    return _f1(precision(c), recall(c))


def f1_at(c: Columns, step: int) -> Floats:
    """Boundary F1 at CURVE_MULTIPLES[step] times the tolerance."""
    return _f1(
        _shares(c[f"contour_pred_hit_c{step}"], c["contour_pred"], c["contour_gt"]),
        _shares(c[f"contour_gt_hit_c{step}"], c["contour_gt"], c["contour_pred"]),
    )


def tolerance_reaching(c: Columns, class_index: int, share: float) -> float:
    """The smallest multiple of the tolerance at which boundary F1 of a class, linear between the steps of its curve,
    is `share`; NaN where none is. The first step may be reached below. Columns are (K,)."""
    curve = [float(f1_at(c, step)[class_index]) for step in range(len(CURVE_MULTIPLES))]
    at = next((step for step, value in enumerate(curve) if value >= share), None)
    if at is None:
        return float("nan")
    if at == 0:
        return CURVE_MULTIPLES[0]
    return float(np.interp(share, curve[at - 1 : at + 1], CURVE_MULTIPLES[at - 1 : at + 1]))


def boundary_iou(c: Columns) -> Floats:
    """IoU of the two inner bands (Cheng et al. 2021), in [0, 1]; NaN where both are empty."""
    return ratio(c["boundary_inter_px"], c["boundary_union_px"])


def trimap_iou(c: Columns) -> Floats:
    """IoU inside the band around the true boundary, in [0, 1]; NaN where the band holds nothing of the class."""
    return ratio(c["trimap_inter_px"], c["trimap_union_px"])


def trimap_iou_at(c: Columns, step: int) -> Floats:
    """Trimap IoU at TRIMAP_MULTIPLES[step] times the boundary width."""
    return ratio(c[f"trimap_inter_t{step}_px"], c[f"trimap_union_t{step}_px"])
