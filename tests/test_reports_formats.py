"""What is shown never contradicts the exact value."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.formats import (
    count,
    interval,
    length,
    measure,
    percent,
    plural,
    points,
    px,
    ratio,
    signed_points,
    tenths,
    unbroken,
    whole_percent,
)
from reports.language import WORDS

shares = st.floats(0, 1) | st.sampled_from([0.0, 1.0, 1e-300, math.nextafter(1, 0), 0.9995, 0.99949, 0.0005, 0.00049])


@given(shares)
def test_a_share_is_shown_as_all_or_nothing_only_where_it_is(share: float) -> None:
    for shown in (tenths(share), whole_percent(share)):
        assert (shown == "0") == (share == 0)
        assert (shown == "100") == (share == 1)


@given(shares)
def test_a_share_is_shown_to_half_a_tenth(share: float) -> None:
    shown, exact = tenths(share), 100 * Fraction(share)
    if shown[0] == "<":
        assert 0 < exact < Fraction(1, 10)
    elif shown[0] == ">":
        assert Fraction(999, 10) < exact < 100
    else:
        assert abs(Fraction(shown) - exact) <= Fraction(1, 20) + Fraction(1, 10**9)


@given(st.floats(0, 1e6))
def test_a_ratio_is_shown_as_one_or_nothing_only_where_it_is(value: float) -> None:
    shown = ratio(value).split("\u202f")[0]
    assert (shown == "0") == (value == 0)
    assert (shown.strip("0") in ("1", "1.")) == (value == 1)


@given(st.floats(-1, 1))
def test_a_difference_keeps_its_sign(difference: float) -> None:
    shown = signed_points(difference)
    assert (shown == "0") == (difference == 0)
    assert ("+" in shown) == (difference > 0) and ("\u2212" in shown) == (difference < 0)


@given(st.floats(0, 1e9))
def test_a_length_is_nothing_only_where_it_is(value: float) -> None:
    assert (length(value) == "0\u202fpx") == (value == 0)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (percent(0.6724), "67.2 %"), (percent(1), "100 %"), (percent(0.99996), ">99.9 %"),
        (percent(None), "undefined"),
        (points(0.01), "1.0 point"), (points(0.032), "3.2 points"), (points(None), "undefined"),
        (signed_points(-0.032), "−3.2"), (signed_points(0.00001), "<+0.1"), (ratio(0.634), "0.63 ×"),
        (ratio(1.001), "1.001 ×"), (ratio(0.99996), "<1 ×"), (count(1234567), "1,234,567"), (px(1234), "1,234 px"),
        (length(3.44), "3.4 px"), (length(0.01), "<0.1 px"), (length(2.0, ""), "2.0"), (length(12345.6), "12,346 px"),
        (interval([0.641, 0.7]), "64.1–70.0"), (interval([-0.31, -0.18]), "−31.0 to −18.0"), (interval(None), ""),
        (interval([None, 0.5]), ""), (plural(1, WORDS.counted.images), "1 image"),
        (plural(1000, WORDS.counted.classes), "1,000 classes"),
        (measure("lost_fraction", 0.5), "50.0 %"), (measure("area_px", 1234.0), "1,234 px"),
        (measure("shift_px", 2.5), "2.5 px"), (measure("gap_mm", 2.0), "2.0 mm"),
        (measure("size_ratio", 2.0), "2.00 ×"),
        (measure("images_count", 12.0), "12"), (measure("dx", -0.12345), "−0.1235"), (measure("x", None), "undefined"),
        (measure("change_fraction", -0.1), "−10.0 %"), (measure("dx_px", -3.0), "−3 px"),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_people_write_them(shown: str, expected: str) -> None:
    assert shown.replace("\u202f", " ") == expected


def test_a_number_keeps_its_sign_at_the_end_of_a_line() -> None:
    assert unbroken("73 % of it, 9-20 % of a %") == "73\u202f% of it, 9-20\u202f% of a %"
