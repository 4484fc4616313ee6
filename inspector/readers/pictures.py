"""The picture behind a mask, as colours to look at: any common format, lossy ones too, made small where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inspector.errors import InputError
from inspector.readers.header import check_size
from inspector.readers.loading import load
from inspector.readers.sniff import sniff

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.readers.source import Source

__all__ = ["lossy_shape", "read_lossy", "read_picture"]

_MAX_PIXELS = 1 << 28
_CHANNELS_LAST = (1, 2, 3, 4)
_JPEG = b"\xff\xd8\xff"


def read_picture(source: Source, max_side: int | None) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 as stored (no orientation tag is applied, as none is for masks); alpha is dropped.

    16 bits are scaled to 8 and other numbers from their own range, palettes become their colours, grey is repeated.
    With `max_side` every n-th pixel is kept, n the least whole number that brings both sides to it or below.
    """
    pixels = _colours(_stored(source))
    step = 1 if max_side is None else -(-max(pixels.shape[:2]) // max_side)
    return np.ascontiguousarray(pixels[::step, ::step])


def _stored(source: Source) -> NDArray[np.generic]:
    """(H, W) or (H, W, C) samples of the first picture in the file."""
    if lossy_shape(source):
        return read_lossy(source)
    found = sniff(source.head)
    if found == "png":
        from inspector.readers.png import read_pixels as read_png

        pixels, palette, _ = read_png(source, _MAX_PIXELS)
        return pixels if palette is None else palette[pixels]
    if found == "tiff":
        from inspector.readers.tiff import read_pixels as read_tiff

        return read_tiff(source, _MAX_PIXELS)
    if found == "npy":
        from inspector.readers.npy import read_plain

        return read_plain(source, 4 * _MAX_PIXELS)
    raise InputError("unknown_format", f"{found.upper()} is not a picture", "save pictures as PNG, JPEG, TIFF or WebP")


def lossy_shape(source: Source) -> tuple[int, int, int] | None:
    """(height, width, channels) of a JPEG or a WebP (3, transparent or not), from its header; None for another file."""
    if source.head.startswith(_JPEG):
        return _jpeg_shape(source.read_all())
    if source.head.startswith(b"RIFF") and source.head[8:12] == b"WEBP":
        return *_webp_size(source.head), 3
    return None


def read_lossy(source: Source) -> NDArray[np.uint8]:
    """(H, W) or (H, W, C) uint8 of a JPEG or a WebP, of one that is transparent with its alpha."""
    height, width, _ = lossy_shape(source) or (0, 0, 0)
    check_size(height, width, _MAX_PIXELS)
    codec = "jpeg8_decode" if source.head.startswith(_JPEG) else "webp_decode"
    return getattr(load("imagecodecs"), codec)(source.read_all())


def _colours(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 of samples of any depth and of one to four channels."""
    if pixels.ndim == 3 and pixels.shape[2] not in _CHANNELS_LAST and pixels.shape[0] in _CHANNELS_LAST:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in _CHANNELS_LAST) or not pixels.size:
        raise InputError("wrong_rank", f"an array of shape {pixels.shape} is no picture", "save (H, W) or (H, W, 3)")
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    eight = _eight_bits(pixels[:, :, : 3 if pixels.shape[2] >= 3 else 1])
    return np.broadcast_to(eight, (*eight.shape[:2], 3)) if eight.shape[2] == 1 else eight


def _eight_bits(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels.view(np.uint8)
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize == 2:
        return np.right_shift(pixels.astype(np.uint16, copy=False), 8).astype(np.uint8)
    values = pixels.astype(np.float64)
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    scaled = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) * (255.0 / (high - low or 1.0))
    return scaled.astype(np.uint8)


def _jpeg_shape(data: bytes) -> tuple[int, int, int]:
    """(height, width, channels) of the first frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 10 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == 0xFF:  # fill byte
            at += 1
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 5 : at + 7]), int.from_bytes(data[at + 7 : at + 9]), data[at + 9]
        else:
            at += 2 + length
    raise InputError("corrupt", "a JPEG without a frame header", "copy or export it again")


def _webp_size(head: bytes) -> tuple[int, int]:
    """(height, width) of the first chunk (RFC 9649): lossy VP8, lossless VP8L or extended VP8X."""
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[27:30], "little") + 1, int.from_bytes(head[24:27], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    return int.from_bytes(head[28:30], "little") & 0x3FFF, int.from_bytes(head[26:28], "little") & 0x3FFF
