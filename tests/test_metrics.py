"""METRICS: each equals its definition with exact fractions, and is NaN exactly where that divides by nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.counts import CLASS_COLUMNS
from inspector.metrics import METRICS, ROW_METRICS, mean_defined, ratio
from inspector.metrics.boundary import f1_at, trimap_iou_at
from inspector.settings import CURVE_MULTIPLES, TRIMAP_MULTIPLES

Row = Mapping[str, int]
BIG = 2**40


def part(inside: int, whole: int) -> Fraction | None:
    return Fraction(inside, whole) if whole else None


def share(hits: int, points: int, other: int) -> Fraction | None:
    if points == 0:
        return Fraction(0) if other else None
    return Fraction(hits, points)


def f1(row: Row) -> Fraction | None:
    p = share(row["contour_pred_hit"], row["contour_pred"], row["contour_gt"])
    r = share(row["contour_gt_hit"], row["contour_gt"], row["contour_pred"])
    if p is None or r is None:
        return None
    return Fraction(0) if p + r == 0 else 2 * p * r / (p + r)


DEFINITIONS = {
    "iou": lambda c: part(c["tp_px"], c["gt_px"] + c["pred_px"] - c["tp_px"]),
    "dice": lambda c: part(2 * c["tp_px"], c["gt_px"] + c["pred_px"]),
    "precision": lambda c: part(c["tp_px"], c["pred_px"]),
    "recall": lambda c: part(c["tp_px"], c["gt_px"]),
    "prediction_ratio": lambda c: part(c["pred_px"], c["gt_px"]),
    "boundary_precision": lambda c: share(c["contour_pred_hit"], c["contour_pred"], c["contour_gt"]),
    "boundary_recall": lambda c: share(c["contour_gt_hit"], c["contour_gt"], c["contour_pred"]),
    "boundary_f1": f1,
    "boundary_iou": lambda c: part(c["boundary_inter_px"], c["boundary_union_px"]),
    "trimap_iou": lambda c: part(c["trimap_inter_px"], c["trimap_union_px"]),
}


@st.composite
def rows(draw: st.DrawFn) -> dict[str, int]:
    """Counts of one class that a pair of masks could have: hits within points, intersections within unions."""
    amounts = st.one_of(st.just(0), st.integers(0, 9), st.integers(0, BIG))
    row = dict.fromkeys(CLASS_COLUMNS, 0)
    row["gt_px"], row["pred_px"] = draw(amounts), draw(amounts)
    row["tp_px"] = draw(st.integers(0, min(row["gt_px"], row["pred_px"])))
    for side in ("gt", "pred"):
        row[f"contour_{side}"] = draw(amounts)
        row[f"contour_{side}_hit"] = draw(st.integers(0, row[f"contour_{side}"]))
    for band in ("boundary", "trimap"):
        row[f"{band}_union_px"] = draw(amounts)
        row[f"{band}_inter_px"] = draw(st.integers(0, row[f"{band}_union_px"]))
    return row


@given(st.lists(rows(), min_size=1, max_size=4))
def test_every_metric_equals_its_definition(classes: list[dict[str, int]]) -> None:
    columns = {name: np.array([row[name] for row in classes]) for name in CLASS_COLUMNS}
    assert DEFINITIONS.keys() == METRICS.keys()
    for name, metric in METRICS.items():
        values = metric.compute(columns)
        assert values.dtype == np.float64
        for value, row in zip(values.tolist(), classes, strict=True):
            exact = DEFINITIONS[name](row)
            if exact is None:
                assert math.isnan(value), name
            else:
                assert value == pytest.approx(float(exact), rel=1e-14, abs=0), name


@given(rows())
def test_a_metric_reads_the_columns_that_it_names_and_keeps_to_its_range(row: dict[str, int]) -> None:
    for metric in METRICS.values():
        value = float(metric.compute({name: np.array([row[name]]) for name in metric.columns})[0])
        assert math.isnan(value) or 0 <= value <= (1 if metric.unit == "fraction" else math.inf)


@given(st.lists(rows(), min_size=6, max_size=6))
def test_leading_axes_are_carried_through(classes: list[dict[str, int]]) -> None:
    columns = {name: np.array([row[name] for row in classes]) for name in CLASS_COLUMNS}
    folded = {name: column.reshape(2, 3) for name, column in columns.items()}
    for metric in METRICS.values():
        assert np.array_equal(metric.compute(folded).ravel(), metric.compute(columns), equal_nan=True)


@given(rows())
def test_the_curves_pass_through_the_metric_at_one(row: dict[str, int]) -> None:
    at, width = CURVE_MULTIPLES.index(1.0), TRIMAP_MULTIPLES.index(1.0)
    columns = {name: np.array([value]) for name, value in row.items()}
    for side in ("gt", "pred"):
        columns[f"contour_{side}_hit_c{at}"] = columns[f"contour_{side}_hit"]
    for kind in ("inter", "union"):
        columns[f"trimap_{kind}_t{width}_px"] = columns[f"trimap_{kind}_px"]
    assert np.array_equal(f1_at(columns, at), METRICS["boundary_f1"].compute(columns), equal_nan=True)
    assert np.array_equal(trimap_iou_at(columns, width), METRICS["trimap_iou"].compute(columns), equal_nan=True)


def test_a_number_is_one_only_where_nothing_is_wrong() -> None:
    columns = {"gt_px": np.array([2**53 - 1]), "pred_px": np.array([2**53 - 1]), "tp_px": np.array([2**53 - 2])}
    assert METRICS["iou"].compute(columns)[0] < 1 and METRICS["dice"].compute(columns)[0] < 1


def test_a_ratio_of_nothing_is_nan_and_says_nothing() -> None:
    assert np.isnan(ratio(np.array([0, 3]), np.array([0, 0]))).all()
    assert ratio(np.array([1]), np.array([4])).tolist() == [0.25]


def test_a_mean_leaves_nan_out_and_is_nan_of_nothing() -> None:
    assert mean_defined(np.array([1.0, math.nan, 0.5])) == 0.75
    assert math.isnan(mean_defined(np.array([math.nan])))
    assert math.isnan(mean_defined(np.zeros(0)))
    both = mean_defined(np.array([[1.0, math.nan], [math.nan, math.nan]]), axis=1)
    assert both[0] == 1.0 and math.isnan(both[1])


def test_row_metrics_are_metrics() -> None:
    assert all(METRICS[name].compute is compute for name, compute in ROW_METRICS.items())
    assert all(metric.title and metric.better in ("high", "low", "one") for metric in METRICS.values())
