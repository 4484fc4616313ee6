"""Windows of a large TIFF are the same pixels as those of the image decoded whole, and little else is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import unet.prediction.blocks as blocks
from inspector.errors import InputError
from unet.data.images import read_pixels
from unet.prediction.blocks import TiffBlocks, tiff_shape

RNG = np.random.default_rng(1)
RGB = RNG.integers(0, 256, (150, 203, 3), np.uint8)
GREY = RNG.integers(0, 65536, (150, 203), np.uint16)
PALETTE = RNG.integers(0, 256, (3, 256), np.uint16) * 257
FILES: dict[str, tuple[Any, dict[str, Any]]] = {
    "tiles": (RGB, {"tile": (32, 48), "compression": "zlib", "photometric": "rgb"}),
    "strips": (RGB, {"rowsperstrip": 7, "compression": "lzw", "photometric": "rgb"}),
    "predictor": (RGB, {"tile": (64, 64), "compression": "zlib", "predictor": True, "photometric": "rgb"}),
    "raw": (RGB, {"tile": (64, 16), "photometric": "rgb"}),
    "one strip": (GREY, {"compression": "zlib", "rowsperstrip": 150}),
    "one raw strip": (GREY, {}),
    "one raw strip of the other byte order": (GREY, {"byteorder": ">"}),
    "raw planes": (np.moveaxis(RGB, 2, 0), {"planarconfig": "separate", "photometric": "rgb"}),
    "grey 16": (GREY, {"tile": (16, 16), "compression": "zstd"}),
    "float": (GREY.astype(np.float32), {"tile": (64, 64), "compression": "zlib"}),
    "int32": (GREY.astype(np.int32), {"rowsperstrip": 64, "compression": "zlib"}),
    "planes": (np.moveaxis(RGB, 2, 0), {"planarconfig": "separate", "photometric": "rgb", "tile": (48, 64)}),
    "planes of strips": (np.moveaxis(RGB, 2, 0), {"planarconfig": "separate", "photometric": "rgb", "rowsperstrip": 9}),
    "pages": (np.moveaxis(RNG.integers(0, 256, (150, 203, 5), np.uint8), 2, 0), {"photometric": "minisblack"}),
    "alpha": (
        np.dstack([RGB, RGB[:, :, :1]]),
        {"tile": (64, 64), "photometric": "rgb", "extrasamples": ["unassalpha"]},
    ),
    "palette": (RGB[:, :, 0], {"tile": (64, 64), "photometric": "palette", "colormap": PALETTE}),
    "jpeg": (RGB, {"tile": (64, 64), "compression": "jpeg", "photometric": "rgb"}),
    "big": (RGB, {"tile": (64, 64), "bigtiff": True, "photometric": "rgb"}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("tiffs")
    for name, (pixels, options) in FILES.items():
        tifffile.imwrite(place / f"{name}.tif", pixels, **options)
    return place


@pytest.fixture(params=list(FILES), scope="module")
def opened(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Path, TiffBlocks]]:
    path = folder / f"{request.param}.tif"
    with TiffBlocks(path) as source:
        yield path, source


windows = st.tuples(
    st.tuples(st.integers(0, 149), st.integers(1, 150)).filter(lambda pair: pair[0] < pair[1]),
    st.tuples(st.integers(0, 202), st.integers(1, 203)).filter(lambda pair: pair[0] < pair[1]),
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(window=windows)
def test_a_window_holds_the_pixels_of_the_whole_image(
    opened: tuple[Path, TiffBlocks], window: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    path, source = opened
    (top, bottom), (left, right) = window
    whole, found = read_pixels(path), source.read(top, bottom, left, right)
    assert found.dtype == whole.dtype and source.shape == whole.shape == tiff_shape(path)
    np.testing.assert_array_equal(found, whole[top:bottom, left:right])


def test_a_single_sample_that_is_tagged_as_alpha_is_the_image(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, GREY, photometric="minisblack", extratags=[(337, 3, 1, 2, True)])
    data = path.read_bytes()
    entry = (337).to_bytes(2, "little") + (3).to_bytes(2, "little")
    assert data.count(entry) == 1
    path.write_bytes(data.replace(entry, (338).to_bytes(2, "little") + entry[2:]))  # ExtraSamples
    whole = read_pixels(path)
    with TiffBlocks(path) as source:
        assert whole.shape == source.shape == tiff_shape(path) == (150, 203, 1)
        np.testing.assert_array_equal(source.read(0, 150, 0, 203), whole)


def test_only_what_a_window_crosses_is_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TiffBlocks(folder / "tiles.tif") as source:
        source.read(40, 60, 50, 90)
        assert len(source._decoded) == 1
        source.read(40, 70, 50, 100)
        assert len(source._decoded) == 4


def test_decoded_tiles_are_forgotten_but_for_the_bytes_that_may_be_kept(folder: Path) -> None:
    with TiffBlocks(folder / "tiles.tif", kept_bytes=3 * 32 * 48 * 3) as source:
        for top in range(0, 128, 32):
            for left in range(0, 192, 48):
                source.read(top, top + 32, left, left + 48)
                assert len(source._decoded) <= 3
        source.read(0, 150, 0, 203)  # the tiles of one window stay together: its neighbour needs them
        assert len(source._decoded) == 5 * 5


def test_strips_are_decoded_once_for_a_row_of_windows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TiffBlocks(folder / "strips.tif", kept_bytes=0) as source:
        read, count = source._source.file.read, 0

        class Counting:
            def __getattr__(self, name: str) -> Any:
                return getattr(source_file, name)

            def read(self, size: int) -> bytes:
                nonlocal count
                count += 1
                return read(size)

        source_file = source._source.file
        object.__setattr__(source._source, "file", Counting())
        for left in range(0, 200, 20):
            source.read(0, 42, left, left + 20)
        object.__setattr__(source._source, "file", source_file)
    assert count == 6


def test_a_damaged_tile_is_named(tmp_path: Path) -> None:
    path = tmp_path / "damaged.tif"
    tifffile.imwrite(path, RGB, tile=(64, 64), compression="zlib", photometric="rgb")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[5]
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    with TiffBlocks(path) as source:
        source.read(0, 64, 0, 64)
        with pytest.raises(InputError, match="tile 5 does not decode"):
            source.read(64, 128, 64, 128)


def test_a_file_cut_short_is_refused_before_anything_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "short.tif"
    tifffile.imwrite(path, RGB, tile=(64, 64), photometric="rgb")
    data = path.read_bytes()
    path.write_bytes(data[:-5000])
    with pytest.raises(InputError, match="ends at byte"):
        TiffBlocks(path)


def test_a_strip_as_large_as_the_image_is_refused_with_a_way_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "SEGMENT_PX", 1000)
    with pytest.raises(InputError, match="tiles"):
        TiffBlocks(folder / "one strip.tif")
    with TiffBlocks(folder / "one raw strip.tif") as source:  # of which any part can be read
        assert (source.read(3, 9, 5, 8)[:, :, 0] == GREY[3:9, 5:8]).all()
