"""Written PNG files: read back by two other decoders, they hold exactly the pixels that went in."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from inspector.png_writer import encode_indexed_png, encode_rgb_png

PALETTE = np.random.default_rng(0).integers(0, 256, (256, 3), dtype=np.uint8)
IDS = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=40))
RGB = array_shapes(min_dims=2, max_dims=2, max_side=25).flatmap(lambda shape: arrays(np.uint8, (*shape, 3)))


@given(ids=IDS, level=st.integers(0, 9))
def test_an_indexed_file_holds_the_ids_and_their_colours(ids: NDArray[np.uint8], level: int) -> None:
    data = encode_indexed_png(ids, PALETTE, level)
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "P"
    assert np.array_equal(np.asarray(picture), ids)
    assert np.array_equal(imagecodecs.png_decode(data), PALETTE[ids])


@given(rgb=RGB, level=st.integers(0, 9))
def test_a_true_colour_file_holds_the_pixels(rgb: NDArray[np.uint8], level: int) -> None:
    data = encode_rgb_png(rgb, level)
    picture = Image.open(io.BytesIO(data))
    assert picture.mode == "RGB"
    assert np.array_equal(np.asarray(picture), rgb)
    assert np.array_equal(imagecodecs.png_decode(data), rgb)


def test_every_row_filter_is_used_and_undone() -> None:
    """A row of small values takes no filter, a ramp its left neighbour, a repeated row the one above."""
    noise = np.random.default_rng(1).choice(np.array([0, 7, 250], np.uint8), (1, 40, 3))
    ramp = np.broadcast_to(np.arange(100, 140, dtype=np.uint8)[None, :, None], (1, 40, 3))
    rgb = np.concatenate([np.zeros((1, 40, 3), np.uint8), ramp, noise, noise])
    data = encode_rgb_png(rgb, 0)
    rows = np.frombuffer(data, np.uint8, count=4 * 121, offset=data.index(b"IDAT") + 4 + 2 + 5)
    assert rows[::121].tolist() == [0, 1, 0, 2]
    assert np.array_equal(imagecodecs.png_decode(data), rgb)


def test_the_same_input_gives_the_same_bytes_and_a_higher_level_fewer() -> None:
    ids = np.kron(np.random.default_rng(2).integers(0, 9, (30, 30), dtype=np.uint8), np.ones((8, 8), np.uint8))
    assert encode_indexed_png(ids, PALETTE) == encode_indexed_png(ids.copy(), PALETTE)
    assert len(encode_indexed_png(ids, PALETTE, 9)) < len(encode_indexed_png(ids, PALETTE, 0)) / 10


def test_views_that_are_not_contiguous_are_written_as_seen() -> None:
    ids = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_indexed_png(ids.T[::2], PALETTE)))), ids.T[::2])


@pytest.mark.parametrize(
    ("ids", "palette", "message"),
    [
        (np.zeros((2, 2), np.int64), PALETTE, "ids"),
        (np.zeros((2, 2, 3), np.uint8), PALETTE, "ids"),
        (np.zeros((0, 2), np.uint8), PALETTE, "not empty"),
        (np.zeros((2, 2), np.uint8), PALETTE[:, :2], "rows of 3"),
        (np.zeros((2, 2), np.uint8), np.zeros((257, 3), np.uint8), "1 to 256"),
        (np.full((2, 2), 7, np.uint8), PALETTE[:7], "id 7 has no colour"),
    ],
)
def test_what_an_indexed_file_cannot_hold_is_refused(ids: NDArray, palette: NDArray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode_indexed_png(ids, palette)


@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 4), (0, 2, 3)])
def test_what_a_true_colour_file_cannot_hold_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rgb"):
        encode_rgb_png(np.zeros(shape, np.uint8))
