"""Masks and errors as pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.overlays import (
    CORRECT,
    FALSE,
    MISSED,
    VOID,
    WRONG,
    draw_errors,
    draw_image,
    draw_labels,
    error_map,
    shrink_errors,
    window_errors,
)
from inspector.windows import Window, whole

COLORS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
MISSED_RGB, FALSE_RGBS, WRONG_RGB = [86, 180, 255], ([255, 159, 28], [214, 122, 0]), [255, 122, 182]


def test_each_pixel_of_an_error_map_gets_its_kind() -> None:
    gt = np.array([[0, 0, 1, 2, 3, 1]])
    pred = np.array([[0, 1, 0, 1, 0, 3]])
    assert error_map(gt, pred, 3, focus=0).tolist() == [[CORRECT, MISSED, FALSE, WRONG, VOID, WRONG]]
    assert error_map(gt, pred, 3).tolist() == [[CORRECT, WRONG, WRONG, WRONG, VOID, WRONG]]


def test_void_is_not_an_error_whatever_is_predicted_there() -> None:
    pred = np.array([[0, 3, 9, -1]])
    for void in (-1, 3, 9):
        assert error_map(np.full((1, 4), void), pred, 3, focus=0).tolist() == [[VOID] * 4]


def test_labels_are_drawn_in_the_colours_of_their_classes() -> None:
    codes = np.array([[0, 1], [2, 0]])
    assert draw_labels(codes, COLORS, whole((2, 2))).rgb.tolist() == COLORS[codes].tolist()


def test_what_is_no_class_is_hatched_in_no_colour_of_a_class() -> None:
    codes = np.array([[3, -1], [99, 3]]).repeat(8, axis=0).repeat(8, axis=1)
    drawn = draw_labels(codes, COLORS, whole(codes.shape)).rgb.reshape(-1, 3)
    shades = {tuple(int(v) for v in rgb) for rgb in drawn}
    assert len(shades) == 2 and not shades & {tuple(int(v) for v in rgb) for rgb in COLORS}


def test_beyond_252_classes_each_is_drawn_in_a_colour_near_its_own() -> None:
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (400, 3), dtype=np.uint8)
    codes = np.arange(400).reshape(20, 20)
    drawn = draw_labels(codes, colors, whole((20, 20)))
    assert len(drawn.palette) <= 256
    assert np.abs(drawn.rgb.astype(int) - colors[codes].astype(int)).max() <= 26


def test_errors_are_drawn_over_a_dimmed_picture() -> None:
    errors = np.array([[CORRECT, MISSED, FALSE, WRONG, CORRECT]], np.uint8)
    behind = np.array([[0, 0, 0, 0, 255]], np.uint8)
    rgb = draw_errors(errors, behind, whole((1, 5)), focused=False).rgb[0].tolist()
    assert rgb[0] == [24, 24, 24] and rgb[4] == [138, 138, 138]
    assert rgb[1] == MISSED_RGB and rgb[2] in FALSE_RGBS and rgb[3] == WRONG_RGB


def test_errors_that_are_not_of_the_class_in_focus_stay_quiet() -> None:
    errors, behind = np.array([[WRONG]], np.uint8), np.zeros((1, 1), np.uint8)
    assert draw_errors(errors, behind, whole((1, 1)), focused=True).rgb[0, 0].tolist() != WRONG_RGB


@given(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=17), elements=st.integers(0, 4)),
    st.integers(1, 6),
)
def test_shrinking_loses_no_error(errors: np.ndarray, factor: int) -> None:
    shrunk = shrink_errors(errors, factor)
    assert shrunk.shape == (-(-errors.shape[0] // factor), -(-errors.shape[1] // factor))
    for y in range(shrunk.shape[0]):
        for x in range(shrunk.shape[1]):
            block = errors[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor].ravel().tolist()
            assert shrunk[y, x] == most_telling(block, errors, y, x, factor)


def most_telling(block: list[int], errors: np.ndarray, y: int, x: int, factor: int) -> int:
    missed, false = block.count(MISSED), block.count(FALSE)
    if missed or false:
        return MISSED if missed >= false else FALSE
    if WRONG in block:
        return WRONG
    height, width = errors.shape
    return int(errors[min(y * factor + factor // 2, height - 1), min(x * factor + factor // 2, width - 1)])


def test_one_wrong_pixel_is_seen_in_a_large_image() -> None:
    gt, pred = np.zeros((1024, 2048), np.int16), np.zeros((1024, 2048), np.int16)
    pred[701, 333] = 1
    window = whole(gt.shape)
    errors = window_errors(gt, pred, 3, 0, window)
    drawn = draw_errors(errors, window.sample(np.zeros(gt.shape, np.uint8)), window)
    assert (drawn.rgb == MISSED_RGB).all(axis=2).sum() == 1


def test_an_error_map_made_in_bands_is_the_one_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    gt, pred = rng.integers(0, 4, (2, 53, 1200)).astype(np.int16)
    window = whole(gt.shape)
    at_once = shrink_errors(error_map(gt, pred, 3, 1), window.shrink)
    monkeypatch.setattr("inspector.overlays._BAND_PX", 5000)
    assert window.shrink > 1
    assert np.array_equal(window_errors(gt, pred, 3, 1, window), at_once)


def test_a_shrunk_image_is_the_mean_of_its_blocks() -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (7, 8, 3), dtype=np.uint8)
    drawn = draw_image(image, Window(0, 0, 7, 8, shrink=3))
    for y in range(3):
        for x in range(3):
            block = image[3 * y : 3 * y + 3, 3 * x : 3 * x + 3].reshape(-1, 3)
            assert drawn[y, x].tolist() == [sum(map(int, channel)) // len(block) for channel in block.T]


@pytest.mark.parametrize("box", [(4, 5, 6, 9), (0, 0, 2, 2), (10, 14, 12, 16), (0, 0, 12, 16)])
def test_a_frame_covers_nothing_of_its_object(box: tuple[int, int, int, int]) -> None:
    codes = np.zeros((12, 16), np.int16)
    for enlarge in (1, 4):
        window = Window(0, 0, 12, 16, enlarge=enlarge)
        plain, framed = (draw_labels(codes, COLORS, window, each).rgb for each in (None, box))
        y0, x0, y1, x1 = window.on_page(box)
        assert (plain[y0:y1, x0:x1] == framed[y0:y1, x0:x1]).all()
        assert (plain != framed).any() == (box != (0, 0, 12, 16))


def test_a_frame_is_light_inside_and_dark_outside() -> None:
    framed = draw_labels(np.zeros((12, 16), np.int16), COLORS, Window(0, 0, 12, 16), (4, 5, 6, 9)).rgb
    assert framed[3, 6].tolist() == [255, 255, 255] and framed[2, 6].tolist() == [10, 12, 16]
    assert framed[1, 6].tolist() == [255, 0, 0]
