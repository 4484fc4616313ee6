"""Write small, lossless PNG files: class ids with a palette, and true colour."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode_indexed_png", "encode_rgb_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGB, _INDEXED = 2, 3  # colour types of the IHDR chunk
_NONE, _SUB, _UP = 0, 1, 2  # filter types, the first byte of each row
_BLOCK_BYTES = 1 << 22


def encode_indexed_png(ids: NDArray[np.uint8], palette: NDArray[np.uint8], level: int = 6) -> bytes:
    """The bytes of an 8-bit indexed PNG whose pixels are exactly `ids`.

    ids      (H, W) uint8, at least one pixel, every value below len(palette)
    palette  (n, 3) uint8 RGB, 1 <= n <= 256
    level    zlib level, 0 (stored) to 9 (smallest)

    The same input gives the same bytes. Raises ValueError for another dtype or shape, or an id without a colour.
    """
    ids, palette = _checked(ids, 2, "ids (H, W)"), _checked(palette, 2, "palette (n, 3)")
    if palette.shape[1] != 3 or len(palette) > 256:
        raise ValueError(f"expected a palette of 1 to 256 rows of 3, got shape {palette.shape}")
    if (largest := int(ids.max())) >= len(palette):
        raise ValueError(f"id {largest} has no colour: the palette has {len(palette)} rows")
    # neighbouring ids mean nothing as differences: no filter compresses label maps well
    return _assemble(ids.shape, _INDEXED, np.full(ids.shape[0], _NONE, np.uint8), ids, level, palette)


def encode_rgb_png(rgb: NDArray[np.uint8], level: int = 6) -> bytes:
    """The bytes of an 8-bit true-colour PNG whose pixels are exactly `rgb`, (H, W, 3) uint8, at least one pixel.

    Each row takes the filter with the smallest sum of absolute differences (PNG specification, 12.8).
    The same input gives the same bytes. Raises ValueError for another dtype or shape.
    """
    rgb = _checked(rgb, 3, "rgb (H, W, 3)")
    if rgb.shape[2] != 3:
        raise ValueError(f"expected rgb (H, W, 3), got shape {rgb.shape}")
    height, row_bytes = rgb.shape[0], rgb.shape[1] * 3
    raw = rgb.reshape(height, row_bytes)
    left, above = np.zeros_like(raw), np.zeros_like(raw)
    left[:, 3:] = raw[:, :-3]
    above[1:] = raw[:-1]
    best, cost = raw, _filter_cost(raw)
    chosen = np.full(height, _NONE, dtype=np.uint8)
    for kind, reference in ((_SUB, left), (_UP, above)):
        filtered = raw - reference  # uint8 arithmetic wraps modulo 256, which is what the filters are defined by
        cheaper = (filtered_cost := _filter_cost(filtered)) < cost
        best = np.where(cheaper[:, None], filtered, best)
        cost = np.where(cheaper, filtered_cost, cost)
        chosen[cheaper] = kind
    return _assemble(rgb.shape[:2], _RGB, chosen, best, level)


def _filter_cost(rows: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(H,) int64: sum over each row of the bytes read as signed differences, without their sign."""
    return np.minimum(rows, 0 - rows).sum(axis=1, dtype=np.int64)


def _checked(array: NDArray[np.uint8], rank: int, what: str) -> NDArray[np.uint8]:
    array = np.asarray(array)
    if array.ndim != rank or array.dtype != np.uint8 or array.size == 0:
        raise ValueError(f"expected {what} uint8 and not empty, got {array.dtype} of shape {array.shape}")
    return array


def _assemble(
    shape: tuple[int, ...],
    colour_type: int,
    filters: NDArray[np.uint8],
    rows: NDArray[np.uint8],
    level: int,
    palette: NDArray[np.uint8] | None = None,
) -> bytes:
    height, width = shape
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if palette is not None:
        chunks.append(_chunk(b"PLTE", palette.tobytes()))
    chunks.append(_chunk(b"IDAT", _deflated(filters, rows, level)))
    chunks.append(_chunk(b"IEND", b""))
    return _SIGNATURE + b"".join(chunks)


def _deflated(filters: NDArray[np.uint8], rows: NDArray[np.uint8], level: int) -> bytes:
    """The scanlines (a filter byte, then the row) compressed, a block of rows at a time: rows may be huge."""
    deflater = zlib.compressobj(level)
    step = max(1, _BLOCK_BYTES // (rows.shape[1] + 1))
    packed = []
    for first in range(0, len(rows), step):
        block = np.concatenate([filters[first : first + step, None], rows[first : first + step]], axis=1)
        packed.append(deflater.compress(block.tobytes()))
    return b"".join([*packed, deflater.flush()])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
