"""Colour-coded masks: a listed colour is its file value, any other is an error and never the nearest one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.errors import InputError
from inspector.readers import read_masks
from tests.readers_support import Colours, kind_of, labels, png, read_one, write

TABLE = {(0, 0, 0): 0, (220, 20, 60): 1, (0, 0, 142): 2, (255, 255, 255): 255, (1, 0, 0): -7, (0, 0, 1): 70000}
PALETTE = np.array(list(TABLE), np.uint8)
VALUES = np.array(list(TABLE.values()))


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("interlace", [False, True])
def test_each_colour_becomes_its_value(tmp_path: Path, alpha: bool, interlace: bool) -> None:
    index = labels(21, 33, len(TABLE))
    pixels = PALETTE[index]
    if alpha:
        pixels = np.dstack([pixels, np.full(index.shape, 255, np.uint8)])
    content = png(pixels, 8, 6 if alpha else 2, filters=[4, 3, 2, 1, 0], interlace=interlace)
    mask = read_one(write(tmp_path / "a.png", content), categories=Colours(TABLE))
    assert np.array_equal(mask.values(), VALUES[index])
    assert mask.ids.dtype == np.uint8


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    colours=st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=300, unique=True),
    seed=st.integers(0, 1 << 30),
)
def test_random_tables_against_a_plain_dictionary(
    tmp_path: Path, colours: list[tuple[int, int, int]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    table = {colour: int(random.integers(0, 400)) for colour in colours}
    index = random.integers(0, len(colours), (5, 17))
    pixels = np.array(colours, np.uint8)[index]
    mask = read_one(write(tmp_path / "a.png", png(pixels, 8, 2)), categories=Colours(table))
    expected = [[table[tuple(int(c) for c in pixels[y, x])] for x in range(17)] for y in range(5)]
    assert mask.values().tolist() == expected


def test_an_unlisted_colour_is_counted_and_placed(tmp_path: Path) -> None:
    pixels = np.zeros((6, 9, 3), np.uint8)
    pixels[2, 5] = pixels[2, 6] = (1, 2, 3)
    pixels[4, 0] = (1, 2, 4)
    path = write(tmp_path / "a.png", png(pixels, 8, 2))
    with pytest.raises(InputError, match=r"2 colours on 3 pixels .* \(1, 2, 3\) at x 5, y 2") as caught:
        read_masks(path, categories=Colours(TABLE))
    assert caught.value.kind == "unknown_colour"


def test_blended_edges_are_named_as_such(tmp_path: Path) -> None:
    pixels = np.repeat(np.arange(0, 250, 10, dtype=np.uint8)[None, :, None], 3, axis=2)
    path = write(tmp_path / "a.png", png(pixels, 8, 2))
    with pytest.raises(InputError, match="anti-aliased"):
        read_masks(path, categories=Colours(TABLE))


def test_without_a_colour_table_nothing_is_guessed(tmp_path: Path) -> None:
    pixels = PALETTE[labels(6, 9, 3)]
    path = write(tmp_path / "a.png", png(pixels, 8, 2))
    assert kind_of(path) == "colour_map_missing"
    assert kind_of(path, categories=Colours({})) == "colour_map_missing"


def test_a_grey_picture_in_rgb_is_told_apart(tmp_path: Path) -> None:
    pixels = np.dstack([labels(6, 9, 3)] * 3)
    with pytest.raises(InputError, match="single-channel PNG was probably meant"):
        read_masks(write(tmp_path / "a.png", png(pixels, 8, 2)))


def test_alpha_that_is_not_full_is_refused(tmp_path: Path) -> None:
    pixels = np.zeros((6, 9, 4), np.uint8)
    pixels[:, :, 3] = 255
    pixels[1, 2, 3] = 0
    with pytest.raises(InputError, match="1 pixels are not opaque .first at x 2, y 1") as caught:
        read_masks(write(tmp_path / "a.png", png(pixels, 8, 6)), categories=Colours(TABLE))
    assert caught.value.kind == "alpha"


def test_sixteen_bit_colours_are_refused(tmp_path: Path) -> None:
    pixels = np.zeros((6, 9, 3), np.uint16)
    assert kind_of(write(tmp_path / "a.png", png(pixels, 16, 2)), categories=Colours(TABLE)) == "colour_depth"
