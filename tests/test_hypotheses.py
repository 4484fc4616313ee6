"""p-values of bootstrapped differences against Student's t of scipy and plain counting; Holm against its definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from inspector.hypotheses import holm, p_below_zero, p_two_sided


def drawn(seed: int, mean: float, spread: float, size: int = 4000) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, spread, size)


@pytest.mark.parametrize("units", [5, 20, 300])
@pytest.mark.parametrize("difference", [-0.05, -0.01, 0.0, 0.02])
def test_p_two_sided_is_that_of_students_t(difference: float, units: int) -> None:
    values = drawn(1, difference, 0.01)
    t = difference / np.std(values) * math.sqrt((units - 1) / units)
    assert p_two_sided(difference, values, units) == pytest.approx(2 * stats.t.sf(abs(t), units - 1), abs=2e-3)


@pytest.mark.parametrize("difference", [-0.03, -0.01, 0.0, 0.01])
def test_p_below_zero_is_the_larger_of_two(difference: float) -> None:
    values = drawn(2, difference, 0.01)
    t = difference / np.std(values) * math.sqrt(49 / 50)
    by_rank = (1 + sum(1 for value in values if value >= 0)) / (1 + len(values))
    assert p_below_zero(difference, values, 50) == pytest.approx(max(stats.t.cdf(t, 49), by_rank), abs=2e-3)


def test_a_long_tail_above_zero_is_seen() -> None:
    """A spread alone would call this sure: a twentieth of the resamples says otherwise."""
    values = np.concatenate([np.full(1900, -0.01), np.full(100, 0.0001)])
    assert p_below_zero(-0.01, values, 1000) == pytest.approx(101 / 2001)


def test_beyond_all_resamples_students_t_stands_alone() -> None:
    """Else nothing would be sure of more looks than a twentieth of the resamples: 150 classes, 2,000 resamples."""
    values = drawn(2, -0.1, 0.01, 2000)
    p = p_below_zero(-0.1, values, 50)
    assert values.max() < 0 and 0 < p < 1e-9 and max(holm([p] * 150)) < 1e-6


def test_undefined_resamples_are_left_out_and_no_spread_is_no_p() -> None:
    values = drawn(3, -0.02, 0.01)
    with_gaps = np.concatenate([values, np.full(50, np.nan)])
    assert p_below_zero(-0.02, with_gaps, 40) == pytest.approx(p_below_zero(-0.02, values, 40))
    for none in (np.zeros(100), np.full(100, np.nan), np.empty(0)):
        assert math.isnan(p_below_zero(-0.1, none, 40)) and math.isnan(p_two_sided(-0.1, none, 40))
    assert math.isnan(p_below_zero(-0.1, values, 1)) and math.isnan(p_below_zero(math.nan, values, 40))


def test_holm_is_the_textbook_one() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.9]) == [1.0, 1.0] and holm([]) == []
    assert holm([0.01, math.nan]) == pytest.approx([0.02, math.nan], nan_ok=True)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(math.nan)), max_size=12))
def test_holm_is_its_definition(p_values: list[float]) -> None:
    known = sorted((p, i) for i, p in enumerate(p_values) if not math.isnan(p))
    expected = [math.nan] * len(p_values)
    for rank, (_, i) in enumerate(known):
        expected[i] = max(min(1.0, (len(p_values) - k) * p) for k, (p, _) in enumerate(known[: rank + 1]))
    assert holm(p_values) == pytest.approx(expected, nan_ok=True)
