"""Wording: a number is rounded for people, and never to a claim that is not true."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.wording import between, count, listed, percent


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0, "0 %"), (0.0004, "under 0.1 %"), (0.001, "0.1 %"), (0.0521, "5.2 %"), (0.0994, "9.9 %"), (0.0996, "10 %"),
        (0.614, "61 %"), (0.9949, "99 %"), (0.9951, "over 99 %"), (0.999999, "over 99 %"), (1.0, "100 %"),
        (1.001, "over 100 %"), (2.056, "206 %"), (math.nan, "undefined"),
    ],
)  # fmt: skip
def test_shares(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_a_share_that_is_neither_nothing_nor_all_never_reads_so(fraction: float) -> None:
    assert percent(fraction) not in ("0 %", "0.0 %", "100 %")


def test_intervals() -> None:
    assert between((0.52, 0.69)) == " (interval 52-69 %)"
    assert between((0.001, 0.043)) == " (interval 0.1-4.3 %)"
    assert between((math.nan, math.nan)) == ""
    assert between((0.79, 0.9991)) == " (interval 79-<100 %)"  # surely below 1
    assert between((1.0004, 1.3)) == " (interval >100-130 %)"
    assert between((0.5, 1.0)) == " (interval 50-100 %)"


def test_counts_and_lists() -> None:
    assert (count(1, "image"), count(1200, "image"), count(2, "box", "boxes")) == ("1 image", "1,200 images", "2 boxes")
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdef")) == "a, b, c, d and 2 more"
