"""Headlines: each number of the whole data set equals the same number by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.headlines import HEADLINES, headlines
from inspector.tally import Tally
from tests.pictures import counts, tally_of_counts


def _total(matrix: np.ndarray) -> Tally:
    return tally_of_counts([counts(matrix.tolist())])


def _by_hand(matrix: np.ndarray) -> dict[str, Fraction | None]:
    k = len(matrix)
    gt = [int(sum(row)) for row in matrix]
    pred = [int(sum(matrix[i][j] for i in range(k))) for j in range(k)]
    tp = [int(matrix[i][i]) for i in range(k)]
    ious = {c: Fraction(tp[c], gt[c] + pred[c] - tp[c]) for c in range(k) if gt[c] + pred[c]}
    dices = {c: Fraction(2 * tp[c], gt[c] + pred[c]) for c in range(k) if gt[c] + pred[c]}
    recalls = {c: Fraction(tp[c], gt[c]) for c in range(k) if gt[c]}
    valid = sum(gt)
    return {
        "pixel_accuracy": Fraction(sum(tp), valid) if valid else None,
        "mean_accuracy": sum(recalls.values()) / len(recalls) if recalls else None,
        "miou": sum(ious.values()) / len(ious) if ious else None,
        "mean_dice": sum(dices.values()) / len(dices) if dices else None,
        "frequency_weighted_iou": sum(ious[c] * gt[c] for c in ious) / valid if valid else None,
    }


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3, 0.8]))
def test_overlap_headlines_equal_fractions(seed: int, density: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.integers(1, 50, (4, 5)) * (rng.random((4, 5)) < density)
    found = headlines(_total(matrix).total, np.ones(4, np.bool_))
    for name, value in _by_hand(matrix).items():
        assert math.isnan(found[name]) if value is None else found[name] == pytest.approx(float(value), abs=1e-12)


def test_leading_axes_are_kept() -> None:
    totals = [_total(np.full((3, 3), n)).total for n in (1, 2, 3)]
    stacked = {name: np.stack([total[name] for total in totals]) for name in totals[0]}
    for name, values in headlines(stacked, np.ones(3, np.bool_)).items():
        assert values.shape == (3,), name
    assert set(headlines(stacked, np.ones(3, np.bool_))) == set(HEADLINES)


def test_small_object_recall_leaves_background_out() -> None:
    columns = {"objects_small": {0: 8, 1: 2, 2: 2}, "objects_small_recalled": {0: 8, 1: 1, 2: 0}}
    total = tally_of_counts([counts(np.eye(3, dtype=int).tolist(), columns=columns)]).total
    assert headlines(total, np.array([False, True, True]))["small_object_recall"] == 0.25
    assert headlines(total, np.ones(3, np.bool_))["small_object_recall"] == 0.75
