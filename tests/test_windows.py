"""What part of an image a picture shows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.windows import LARGEST_SIDE_PX, Window, around, whole, window_around


@st.composite
def boxes(draw: st.DrawFn) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    height, width = draw(st.integers(1, 3000)), draw(st.integers(1, 3000))
    y0, x0 = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    y1, x1 = draw(st.integers(y0 + 1, height)), draw(st.integers(x0 + 1, width))
    return (y0, x0, y1, x1), (height, width)


@given(boxes())
def test_a_window_holds_its_box_lies_in_the_image_and_fits_the_page(case: tuple) -> None:
    box, shape = case
    window = window_around(box, shape)
    assert 0 <= window.y0 <= box[0] < box[2] <= window.y1 <= shape[0]
    assert 0 <= window.x0 <= box[1] < box[3] <= window.x1 <= shape[1]
    drawn = window.sample(np.zeros(shape, np.uint8))
    assert 1 <= max(drawn.shape) <= LARGEST_SIDE_PX
    assert 1 in (window.enlarge, window.shrink)


@given(boxes())
def test_the_box_on_the_page_holds_every_pixel_of_the_box(case: tuple) -> None:
    box, shape = case
    window = window_around(box, shape)
    inside = np.zeros(shape, np.uint8)
    inside[box[0] : box[2], box[1] : box[3]] = 1
    drawn = window.sample(inside)
    y0, x0, y1, x1 = window.on_page(box)
    assert 0 <= y0 < y1 <= drawn.shape[0] and 0 <= x0 < x1 <= drawn.shape[1]
    drawn[y0:y1, x0:x1] = 0
    assert not drawn.any()


def test_an_object_of_six_pixels_is_enlarged() -> None:
    window = window_around((500, 700, 502, 703), (1024, 2048))
    assert window.enlarge == 7 and window.shrink == 1
    assert (window.y1 - window.y0, window.x1 - window.x0) == (48, 64)


def test_sampling_makes_no_value_up_and_takes_the_middle_of_a_block() -> None:
    array = np.arange(35).reshape(5, 7)
    assert Window(0, 0, 5, 7, shrink=3).sample(array).tolist() == [[8, 11, 13], [29, 32, 34]]


def test_enlarging_repeats_pixels() -> None:
    window = Window(0, 1, 1, 3, enlarge=2)
    assert window.sample(np.array([[1, 2, 3]])).tolist() == [[2, 2, 3, 3], [2, 2, 3, 3]]


@pytest.mark.parametrize(("shape", "shrink"), [((480, 360), 1), ((481, 360), 2), ((1024, 2048), 5), ((1, 1), 1)])
def test_a_whole_image_is_shrunk_by_the_smallest_factor_that_fits(shape: tuple[int, int], shrink: int) -> None:
    window = whole(shape)
    assert (window.enlarge, window.shrink) == (1, shrink)
    assert window == window_around(None, shape)


@given(boxes(), st.integers(1, 700))
def test_a_window_around_a_box_has_one_size_and_the_box_in_its_middle(case: tuple, side: int) -> None:
    box, shape = case
    window = around(box, shape, side)
    corners = (window.y0, window.x0), (window.y1, window.x1)
    for low, high, first, last, limit in zip(box[:2], box[2:], *corners, shape, strict=True):
        assert 0 <= first < last <= limit and last - first == min(side, limit)
        off = (first + last) - (low + high)  # twice how far the middles are apart
        assert abs(off) <= 1 or first == 0 or last == limit
    inside = np.zeros(shape, np.uint8)
    inside[box[0] : box[2], box[1] : box[3]] = 1
    assert window.holds(box) == (window.cut(inside).sum() == inside.sum())


def test_sampling_a_part_equals_plain_loops() -> None:
    array = np.random.default_rng(0).integers(0, 99, (23, 31))
    sampled = Window(2, 3, 21, 30, shrink=4).sample(array)
    loops = [[array[min(y + 2, 20), min(x + 2, 29)] for x in range(3, 30, 4)] for y in range(2, 21, 4)]
    assert sampled.tolist() == np.array(loops).tolist()


@pytest.mark.parametrize("box", [(9, 20, 30, 40), (10, 19, 30, 40), (10, 20, 31, 40), (10, 20, 30, 41)])
def test_a_window_holds_a_box_up_to_its_edges_and_no_further(box: tuple[int, int, int, int]) -> None:
    window = Window(10, 20, 30, 40)
    assert window.holds((10, 20, 30, 40)) and window.holds((15, 25, 16, 26)) and not window.holds(box)
