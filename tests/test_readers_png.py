"""PNG: the stored integer is the label, whatever depth, filter, interlace or colour chunks the file has."""

from __future__ import annotations

import io
import itertools
import struct
import tracemalloc
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from inspector.errors import InputError
from inspector.readers import peek, read_masks
from tests.readers_support import chunk, kind_of, labels, png, read_one, write

DEPTHS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (3, 1), (3, 2), (3, 4), (3, 8)]


@pytest.mark.parametrize(("colour", "depth"), DEPTHS)
@pytest.mark.parametrize("interlace", [False, True])
@pytest.mark.parametrize("filters", [[0], [1], [2], [3], [4], [4, 3, 2, 1, 0]])
def test_every_depth_filter_and_interlace_gives_the_stored_integers(
    tmp_path: Path, colour: int, depth: int, interlace: bool, filters: list[int]
) -> None:
    truth = labels(23, 37, 1 << min(depth, 10), dtype=np.uint16 if depth == 16 else np.uint8)
    palette = bytes(range(256)) * 3 if colour == 3 else None
    palette = palette[: 3 << depth] if palette else None
    content = png(truth, depth, colour, filters=filters, interlace=interlace, palette=palette)
    mask = read_one(write(tmp_path / "a.png", content))
    assert np.array_equal(mask.ids, truth)
    assert mask.ids.dtype == truth.dtype
    assert mask.ids.flags.c_contiguous
    assert mask.ids.flags.writeable
    assert (mask.palette is None) == (colour == 0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_round_trip_of_random_masks(tmp_path: Path, data: st.DataObject) -> None:
    depth = data.draw(st.sampled_from([1, 2, 4, 8, 16]))
    height, width = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 40))
    classes = data.draw(st.integers(1, 1 << depth))
    seed = data.draw(st.integers(0, 1 << 30))
    truth = labels(height, width, classes, seed, np.uint16 if depth == 16 else np.uint8)
    filters = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    interlace, pieces = data.draw(st.booleans()), data.draw(st.integers(1, 4))
    content = png(truth, depth, filters=filters, interlace=interlace, pieces=pieces)
    assert np.array_equal(read_one(write(tmp_path / "a.png", content)).ids, truth)


@pytest.mark.parametrize("width", [1, 7, 8, 9, 15, 16, 17, 64, 1000])
def test_runs_of_zero_residuals_take_the_short_way_to_the_same_labels(tmp_path: Path, width: int) -> None:
    for filters in ([1], [4], [2, 4], [1, 4]):
        for seed in range(5):
            truth = labels(12, width, 3, seed)
            assert np.array_equal(read_one(write(tmp_path / "a.png", png(truth, filters=filters))).ids, truth)


def test_filters_on_noise_agree_with_libpng(tmp_path: Path) -> None:
    truth = np.random.default_rng(0).integers(0, 256, (40, 61), dtype=np.uint8)
    truth[:, 20:40] = 7
    for filters in itertools.chain(([f] for f in range(5)), [[4, 0, 4], [3, 4, 1]]):
        content = png(truth, filters=filters)
        path = write(tmp_path / "a.png", content)
        assert np.array_equal(read_one(path).ids, imagecodecs.png_decode(content))


def test_files_of_pillow_and_libpng_read_back(tmp_path: Path) -> None:
    truth = labels(65, 130, 20)
    for number, content in enumerate((_pillow(truth, "L"), _pillow(truth, "P"), imagecodecs.png_encode(truth))):
        assert np.array_equal(read_one(write(tmp_path / f"{number}.png", content)).ids, truth)
    wide = labels(65, 130, 60000, dtype=np.uint16)
    assert np.array_equal(read_one(write(tmp_path / "w.png", imagecodecs.png_encode(wide))).ids, wide)


def test_gamma_transparency_and_profiles_change_nothing(tmp_path: Path) -> None:
    truth = labels(10, 12, 4)
    before = (
        chunk(b"gAMA", struct.pack(">I", 220000))
        + chunk(b"tRNS", b"\0\1")
        + chunk(b"sBIT", b"\2")
        + chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(1000)))
    )
    assert np.array_equal(read_one(write(tmp_path / "a.png", png(truth, before=before))).ids, truth)


def test_the_palette_is_kept_and_is_not_the_label(tmp_path: Path) -> None:
    truth = labels(10, 12, 4)
    colours = bytes([0, 0, 0, 9, 9, 9, 0, 0, 0, 200, 100, 50])
    path = write(tmp_path / "a.png", png(truth, 8, 3, palette=colours))
    mask = read_one(path)
    assert np.array_equal(mask.ids, truth)
    assert mask.palette is not None
    assert mask.palette.tobytes() == colours
    header = peek(path)
    assert (header.kind, header.palette, header.height, header.width) == ("palette", colours, 10, 12)


def test_text_and_profiles_change_no_label(tmp_path: Path) -> None:
    truth = labels(10, 12, 4)
    text = zlib.compress(b"a comment of honest length")
    more = chunk(b"iCCP", b"x\0\0" + text) + chunk(b"zTXt", b"k\0\0" + text) + chunk(b"zTXt", b"k\0\0" + b"damaged")
    more += chunk(b"iTXt", b"k\0\0\0\0\0plain") + chunk(b"iTXt", b"k\0\1\0de\0wort\0" + text)
    assert np.array_equal(read_one(write(tmp_path / "a.png", png(truth, before=more))).ids, truth)


@pytest.mark.parametrize(("name", "head"), [(b"iCCP", b"x\0\0"), (b"zTXt", b"k\0\0"), (b"iTXt", b"k\0\1\0de\0wort\0")])
def test_a_text_bomb_is_refused_and_never_inflated(tmp_path: Path, name: bytes, head: bytes) -> None:
    bomb = chunk(name, head + zlib.compress(bytes(1 << 26)))
    path = write(tmp_path / "a.png", png(labels(10, 12, 4), before=bomb))
    tracemalloc.start()
    with pytest.raises(InputError) as caught:
        read_one(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.kind == "text_too_large"
    assert peak < 8 << 20


def test_a_palette_behind_the_first_read_is_still_peeked(tmp_path: Path) -> None:
    truth = labels(10, 12, 4)
    content = png(truth, 8, 3, palette=bytes(12), before=chunk(b"tEXt", b"k\0" + bytes(100_000)))
    path = write(tmp_path / "a.png", content)
    assert peek(path).palette == bytes(12)
    assert np.array_equal(read_one(path).ids, truth)


def test_grey_with_full_alpha_is_grey_and_with_less_is_refused(tmp_path: Path) -> None:
    truth = labels(10, 12, 4)
    opaque = np.dstack([truth, np.full_like(truth, 255)])
    assert np.array_equal(read_one(write(tmp_path / "a.png", png(opaque, 8, 4, filters=[4, 1, 3]))).ids, truth)
    opaque[3, 4, 1] = 254
    assert kind_of(write(tmp_path / "b.png", png(opaque, 8, 4))) == "alpha"


def test_bytes_behind_the_end_are_noted(tmp_path: Path) -> None:
    mask = read_one(write(tmp_path / "a.png", png(labels(5, 6, 3)) + b"more"))
    assert mask.notes == (("trailing_bytes", "4 bytes after the end of the PNG"),)


def test_peek_of_each_kind(tmp_path: Path) -> None:
    rgb = np.zeros((5, 6, 3), np.uint8)
    for content, kind, dtype in (
        (png(labels(5, 6, 3)), "grey", "uint8"),
        (png(labels(5, 6, 900, dtype=np.uint16), 16), "grey", "uint16"),
        (png(rgb, 8, 2), "colour", "uint8"),
    ):
        header = peek(write(tmp_path / "a.png", content))
        assert (header.format, header.kind, header.dtype, header.pages) == ("png", kind, dtype, 1)
        assert (header.height, header.width) == (5, 6)


def test_the_limit_on_pixels_is_checked_before_memory_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", png(labels(10, 10, 2)))
    assert read_masks(path, max_pixels=100)
    assert kind_of(path, max_pixels=99) == "too_large"


def _pillow(truth: np.ndarray, mode: str) -> bytes:
    image = Image.fromarray(truth)
    if mode == "P":
        image.putpalette([i % 256 for i in range(768)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
