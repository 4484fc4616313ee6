"""Images come back as they are stored: depth, channels and values; and their header says so beforehand."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from inspector.errors import InputError
from tests.readers_support import png
from unet.data.images import peek_image, peek_size, read_pixels

RANDOM = np.random.default_rng(0)
RGB = RANDOM.integers(0, 256, (9, 14, 3), dtype=np.uint8)
GREY = RGB[:, :, 0].copy()
DEEP = RANDOM.integers(0, 65536, (9, 14), dtype=np.uint16)
FIVE = RANDOM.integers(0, 65536, (9, 14, 5), dtype=np.uint16)
REAL = RANDOM.normal(size=(9, 14, 2)).astype(np.float32)
PALETTE = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)


def saved(array: np.ndarray, form: str, mode: str | None = None, **options: object) -> bytes:
    buffer = io.BytesIO()
    image = Image.frombytes(mode, array.shape[1::-1], array.tobytes()) if mode else Image.fromarray(array)
    image.save(buffer, form, **options)
    return buffer.getvalue()


def tiff(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def first(array: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(array, -1, 0))


STORED = {
    "png grey": (png(GREY), GREY[:, :, None]),
    "png grey 16": (png(DEEP, 16), DEEP[:, :, None]),
    "png grey 2 bits": (png(GREY % 4, 2), (GREY % 4)[:, :, None]),
    "png rgb": (png(RGB, 8, 2), RGB),
    "png rgb 16": (png(FIVE[:, :, :3], 16, 2), FIVE[:, :, :3]),
    "png palette": (png(GREY, 8, 3, palette=PALETTE.tobytes()), PALETTE[GREY]),
    "png grey alpha": (png(np.dstack([GREY, GREY]), 8, 4), GREY[:, :, None]),
    "png rgb alpha": (png(np.dstack([RGB, GREY]), 8, 6), RGB),
    "webp": (saved(RGB, "WEBP", lossless=True), RGB),
    "webp alpha": (saved(np.dstack([RGB, GREY | 1]), "WEBP", lossless=True, exact=True), RGB),
    "tiff 5 channels": (tiff(FIVE, photometric="minisblack", planarconfig="contig"), FIVE),
    "tiff 5 planes": (tiff(first(FIVE), photometric="minisblack", planarconfig="separate"), FIVE),
    "tiff 5 pages": (tiff(first(FIVE), photometric="minisblack"), FIVE),
    "tiff other end": (tiff(FIVE, photometric="minisblack", planarconfig="contig", byteorder=">", tile=(16, 16)), FIVE),
    "tiff rgb": (tiff(RGB, photometric="rgb", compression="zlib"), RGB),
    "tiff rgb planes": (tiff(first(RGB), photometric="rgb", planarconfig="separate"), RGB),
    "tiff rgb alpha": (tiff(np.dstack([RGB, GREY]), photometric="rgb", extrasamples=["unassalpha"]), RGB),
    "tiff rgb and near infrared": (
        tiff(np.dstack([RGB, GREY]), photometric="rgb", extrasamples=["unspecified"]),
        np.dstack([RGB, GREY]),
    ),
    "tiff palette": (tiff(GREY, photometric="palette", colormap=PALETTE.T.astype(np.uint16) * 257), PALETTE[GREY]),
    "tiff float": (tiff(REAL[:, :, 0]), REAL[:, :, :1]),
    "tiff 32 bits": (tiff(DEEP.astype(np.int32) - 9), (DEEP.astype(np.float32) - 9)[:, :, None]),
    "npy plane": (npy(GREY), GREY[:, :, None]),
    "npy last": (npy(FIVE), FIVE),
    "npy first": (npy(first(FIVE)), FIVE),
    "npy fortran": (npy(np.asfortranarray(FIVE)), FIVE),
    "npy big-endian": (npy(DEEP.astype(">u2")), DEEP[:, :, None]),
    "npy float": (npy(REAL), REAL),
    "npy double": (npy(REAL.astype(np.float64)), REAL),
    "npy half": (npy(REAL.astype(np.float16)), REAL.astype(np.float16).astype(np.float32)),
    "npy bool": (npy(GREY > 99), (GREY > 99).astype(np.uint8)[:, :, None]),
    "npy signed": (npy(DEEP.astype(np.int32) - 1000), (DEEP.astype(np.float32) - 1000)[:, :, None]),
}  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_samples_come_back_as_they_are(tmp_path: Path, name: str) -> None:
    content, expected = STORED[name]
    (tmp_path / "a").write_bytes(content)
    pixels = read_pixels(tmp_path / "a")
    assert pixels.dtype == expected.dtype and pixels.dtype.isnative and pixels.flags.c_contiguous
    assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("name", STORED)
def test_the_header_tells_what_will_be_read(tmp_path: Path, name: str) -> None:
    content, expected = STORED[name]
    (tmp_path / "a").write_bytes(content)
    header = peek_image(tmp_path / "a")
    assert (header.height, header.width, header.channels) == expected.shape == peek_size(tmp_path / "a")
    assert header.dtype == expected.dtype.name


@pytest.mark.parametrize("array", [RGB, GREY])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_is_what_pillow_decodes(tmp_path: Path, array: np.ndarray, progressive: bool) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(saved(array, "JPEG", quality=90, progressive=progressive))
    expected = np.asarray(Image.open(path)).reshape(9, 14, -1)
    pixels = read_pixels(path)
    assert pixels.shape == expected.shape == peek_size(path)
    assert np.abs(pixels.astype(int) - expected).max() <= 2  # decoders may round differently


def test_few_columns_are_no_channels(tmp_path: Path) -> None:
    """An axis of at most four is taken for the channels where it is the last, as in every picture."""
    np.save(tmp_path / "a.npy", np.zeros((2, 100, 4), np.uint8))
    assert peek_size(tmp_path / "a.npy") == read_pixels(tmp_path / "a.npy").shape == (2, 100, 4)


REFUSED = {
    "not_finite": npy(np.where(RANDOM.random((4, 5)) > 2, 1, np.nan)),
    "value_range": npy(np.full((4, 5), 1 << 25, np.int64)),
    "wrong_rank": npy(np.zeros((2, 3, 4, 5))),
    "page_count": tiff(np.stack([RGB, RGB]), photometric="rgb"),
    "truncated": png(RGB, 8, 2)[:-40],
    "unknown_format": b"PK\x03\x04" + bytes(100),
    "colour_space": saved(np.dstack([RGB, GREY]), "JPEG", mode="CMYK"),
    "dtype": npy(np.zeros((4, 5), np.complex64)),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_image_is_refused_with_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "bad.img"
    path.write_bytes(REFUSED[kind])
    with pytest.raises(InputError) as error:
        read_pixels(path)
    assert error.value.kind == kind
    assert error.value.path == str(path) and error.value.fix


def test_infinity_is_told_with_its_place(tmp_path: Path) -> None:
    values = np.zeros((4, 5, 2))
    values[2, 3, 1] = np.inf
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(InputError, match="channel 1 at x 3, y 2"):
        read_pixels(tmp_path / "a.npy")


def test_a_number_that_float32_turns_into_infinity_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.full((2, 2), 1e39))
    with pytest.raises(InputError, match="more than a 32-bit float can hold"):
        read_pixels(tmp_path / "a.npy")
