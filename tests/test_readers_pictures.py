"""Pictures behind masks: any common format becomes (H, W, 3) uint8, small where asked."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from inspector.errors import InputError
from inspector.readers import read_image
from tests.readers_support import png, write

RANDOM = np.random.default_rng(0)
RGB = np.kron(RANDOM.integers(0, 256, (4, 5, 3)), np.ones((8, 8, 1))).astype(np.uint8)
GREY = RGB[:, :, 0]


def saved(array: np.ndarray, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, form, **options)
    return buffer.getvalue()


def tiff(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [saved(RGB, "PNG"), saved(RGB, "TIFF", compression="tiff_lzw"), saved(RGB, "WEBP", lossless=True), png(RGB, 8, 2),
     tiff(np.moveaxis(RGB, -1, 0), photometric="rgb", planarconfig="separate")],
)  # fmt: skip
def test_lossless_pictures_come_back_as_they_are(tmp_path: Path, content: bytes) -> None:
    assert np.array_equal(read_image(write(tmp_path / "a", content)), RGB)


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_lossy_pictures_come_back_nearly(tmp_path: Path, form: str) -> None:
    for array in (RGB, GREY):
        image = read_image(write(tmp_path / "a", saved(array, form, quality=95)))
        expected = array if array.ndim == 3 else np.dstack([array] * 3)
        assert image.shape == expected.shape
        assert image.dtype == np.uint8
        assert np.abs(image.astype(int) - expected).mean() < 12


def test_grey_alpha_palette_and_sixteen_bits(tmp_path: Path) -> None:
    grey3 = np.dstack([GREY] * 3)
    assert np.array_equal(read_image(write(tmp_path / "a", png(GREY))), grey3)
    assert np.array_equal(read_image(write(tmp_path / "a", png(np.dstack([GREY, GREY]), 8, 4))), grey3)
    assert np.array_equal(read_image(write(tmp_path / "a", png(np.dstack([RGB, GREY]), 8, 6))), RGB)
    assert np.array_equal(read_image(write(tmp_path / "a", png(GREY.astype(np.uint16) * 256 + 77, 16))), grey3)
    palette = RANDOM.integers(0, 256, (256, 3), dtype=np.uint8)
    assert np.array_equal(read_image(write(tmp_path / "a", png(GREY, 8, 3, palette=palette.tobytes()))), palette[GREY])


def test_arrays(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array in (RGB, np.moveaxis(RGB, -1, 0)):
        np.save(path, array)
        assert np.array_equal(read_image(path), RGB)
    for order in "<>":
        np.save(path, np.array([[0, 258], [512, 65535]], order + "u2"))
        assert read_image(path)[:, :, 0].tolist() == [[0, 1], [2, 255]]
    np.save(path, np.array([[0.0, 0.5], [1.0, np.nan]]))
    assert read_image(path)[:, :, 0].tolist() == [[0, 127], [255, 0]]
    np.save(path, np.zeros((2, 3, 4, 5)))
    with pytest.raises(InputError, match="is no picture"):
        read_image(path)


@pytest.mark.parametrize(
    ("side", "shape"), [(None, (32, 40)), (40, (32, 40)), (39, (16, 20)), (13, (8, 10)), (1, (1, 1))]
)
def test_pictures_shrink_by_a_whole_factor(tmp_path: Path, side: int | None, shape: tuple[int, int]) -> None:
    image = read_image(write(tmp_path / "a.png", png(RGB, 8, 2)), side)
    assert image.shape == (*shape, 3)
    assert image.flags.c_contiguous
    step = -(-40 // side) if side else 1
    assert np.array_equal(image, RGB[::step, ::step])


def test_huge_headers_are_refused_before_decoding(tmp_path: Path) -> None:
    jpeg = bytearray(saved(RGB, "JPEG"))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    extended = b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff" * 6 + bytes(20)
    for content in (jpeg, extended):
        with pytest.raises(InputError) as caught:
            read_image(write(tmp_path / "a", bytes(content)))
        assert caught.value.kind == "too_large"
    for cut in range(2, 200, 7):
        with pytest.raises(InputError):
            read_image(write(tmp_path / "a", saved(RGB, "JPEG")[:cut]))


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", GREY)
    for path in (tmp_path / "a.npz", write(tmp_path / "b", b"<html>"), write(tmp_path / "c", b"")):
        with pytest.raises(InputError):
            read_image(path)
