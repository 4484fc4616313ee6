"""Numbers beside thresholds: what is shown compares like the exact numbers, whatever these are."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspector.gates.words import beside, bound, change, number, points, span

UNITS = {"fraction": (0.0, 1.0), "ratio": (0.0, 1e6), "px": (0.0, 1e12), "count": (0.0, 1e9)}


def read(text: str) -> Decimal:
    """The number that a text shows."""
    for sign in (" %", " ×", " px", " points", " point", ","):
        text = text.replace(sign, "")
    return Decimal(text)


def sign(difference: float | Decimal) -> int:
    return int(difference > 0) - int(difference < 0)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, float, float]:
    """A unit, a value and a threshold: far apart, equal, or one float apart."""
    unit = draw(st.sampled_from(sorted(UNITS)))
    low, high = UNITS[unit]
    line = draw(st.one_of(st.floats(low, high, allow_subnormal=False), st.integers(0, 100).map(lambda n: n / 100)))
    near = [line, math.nextafter(line, math.inf), math.nextafter(line, 0.0), line + 1e-9, abs(line - 0.0004)]
    value = draw(st.one_of(st.sampled_from(near), st.floats(low, high, allow_subnormal=False)))
    return unit, value, line


@given(pairs())
@example(("fraction", 0.69996, 0.7))
@example(("fraction", math.nextafter(0.7, 0), 0.7))
@example(("count", 12.0, 11.96))
def test_a_value_and_its_threshold_look_as_they_compare(case: tuple[str, float, float]) -> None:
    unit, value, line = case
    assert sign(read(beside(value, unit, line)) - read(bound(line, unit))) == sign(value - line)


@given(pairs())
def test_both_ends_of_an_interval_look_as_they_compare_with_the_threshold(case: tuple[str, float, float]) -> None:
    unit, value, line = case
    low, high = sorted((value, 1.1 * value))
    for shown, exact in zip(span((low, high), unit, line).split(" to "), (low, high), strict=True):
        assert sign(read(shown) - read(bound(line, unit))) == sign(exact - line)


@given(pairs(), st.floats(0, 1))
def test_two_thresholds_at_once(case: tuple[str, float, float], other: float) -> None:
    unit, value, line = case
    for each in (line, other):
        assert sign(read(beside(value, unit, line, None, other)) - read(bound(each, unit))) == sign(value - each)


@given(pairs())
def test_two_runs_look_as_they_compare(case: tuple[str, float, float]) -> None:
    unit, a, b = case
    assert sign(read(number(a, unit, b)) - read(number(b, unit, a))) == sign(a - b)


@given(pairs(), st.booleans())
def test_a_change_looks_as_it_compares_with_its_margin_and_with_none(
    case: tuple[str, float, float], is_drop: bool
) -> None:
    unit, value, margin = case
    shown = change(-value if is_drop else value, unit, margin)
    assert sign(abs(read(shown)) - read(points(margin, unit))) == sign(value - margin) or value == margin
    assert (read(shown) == 0) == (value == 0)
    assert shown.startswith("-") == (is_drop and value > 0)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.512, "fraction", "51.2 %"), (0.63, "ratio", "0.63 ×"), (1204.0, "px", "1,204 px"), (12.5, "count", "12.5"),
        (math.nan, "px", "undefined"), (-0.0, "fraction", "0.0 %"), (1.0, "fraction", "100.0 %"),
    ],
)  # fmt: skip
def test_far_from_a_threshold_few_digits_are_shown(value: float, unit: str, text: str) -> None:
    assert number(value, unit) == text


def test_a_threshold_is_shown_as_it_was_written() -> None:
    assert [bound(0.69996, "fraction"), bound(0.7, "fraction"), bound(20, "px")] == ["69.996 %", "70.0 %", "20 px"]
    assert [points(0.01, "fraction"), points(0.005, "fraction"), points(3, "px")] == ["1 point", "0.5 points", "3 px"]
