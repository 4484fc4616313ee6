"""Label maps from PNG: the stored integer is the label, and damage is always seen."""

from __future__ import annotations

import sys
import zlib
from typing import TYPE_CHECKING

import numpy as np
from imagecodecs import deflate_decode

from inspector.errors import InputError
from inspector.masks import Mask
from inspector.readers.colours import labels_of_colours, opaque
from inspector.readers.header import Header, check_size
from inspector.readers.loading import load
from inspector.readers.png_chunks import INDEXED, RGB, RGB_ALPHA, Ihdr, parse_ihdr, peek_palette, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.categories import Categories
    from inspector.readers.source import Source

__all__ = ["read", "read_header", "read_pixels"]

_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))  # y x dy dx
_PEEK_BYTES = 1 << 22  # a palette behind more text than this is left for the reader to find
_ANCILLARY_BYTES = 1 << 26  # of text and profiles in one file: more is no mask
_AGAIN = "copy or export the file again"


def read_header(source: Source) -> Header:
    """What IHDR and PLTE say; nothing is inflated."""
    ihdr = parse_ihdr(source.head)
    kind = {INDEXED: "palette", RGB: "colour", RGB_ALPHA: "colour"}.get(ihdr.colour, "grey")
    palette = None
    if kind == "palette":
        palette = peek_palette(source.head) or peek_palette(source.read_first(_PEEK_BYTES))
    dtype = "uint16" if ihdr.depth == 16 else "uint8"
    return Header("png", kind, ihdr.height, ihdr.width, 1, dtype, palette)


def read(source: Source, categories: Categories | None, max_pixels: int) -> list[Mask]:
    """The one mask of a PNG. Gamma, transparency and profiles change nothing; an index stays an index."""
    pixels, palette, notes = read_pixels(source, max_pixels)
    if pixels.ndim == 2:
        return [Mask.from_labels(pixels, palette=palette, notes=notes)]
    if pixels.shape[2] == 2:
        return [Mask.from_labels(opaque(pixels)[:, :, 0], notes=notes)]
    return [labels_of_colours(pixels, categories, notes=notes)]


def read_pixels(
    source: Source, max_pixels: int
) -> tuple[NDArray[np.integer], NDArray[np.uint8] | None, tuple[tuple[str, str], ...]]:
    """Every check and the samples as stored: ((H, W) or (H, W, C) uint8 or uint16, palette (n, 3) uint8, notes)."""
    ihdr = parse_ihdr(source.head)
    check_size(ihdr.height, ihdr.width, max_pixels)
    passes = _passes(ihdr)
    inflated = sum(height * (1 + ihdr.row_bytes(width)) for _, height, width in passes)
    if source.size > inflated + inflated // 8 + _ANCILLARY_BYTES:
        raise InputError(
            "text_too_large", f"{source.size} bytes for {inflated} bytes of labels", "strip the text and profile chunks"
        )
    chunks = walk(source.read_all(), ihdr)
    idat = chunks.idat[0] if len(chunks.idat) == 1 else b"".join(chunks.idat)
    pixels = _pixels(_inflate(idat, inflated), ihdr, passes)
    palette = None
    if chunks.palette is not None and ihdr.colour == INDEXED:
        palette = np.frombuffer(chunks.palette, np.uint8).reshape(-1, 3)
        _check_indices(pixels, len(palette), ihdr.depth)
    notes = (("trailing_bytes", f"{chunks.trailing} bytes after the end of the PNG"),) if chunks.trailing else ()
    return pixels, palette, notes


def _passes(ihdr: Ihdr) -> list[tuple[tuple[int, int, int, int], int, int]]:
    """((y, x, dy, dx), height, width) of each sub-image that has pixels; one for a file that is not interlaced."""
    grids = _ADAM7 if ihdr.interlaced else ((0, 0, 1, 1),)
    sized = [(g, -(-(ihdr.height - g[0]) // g[2]), -(-(ihdr.width - g[1]) // g[3])) for g in grids]
    return [(grid, height, width) for grid, height, width in sized if height > 0 and width > 0]


def _inflate(idat: bytes | memoryview, expected: int) -> NDArray[np.uint8]:
    """(expected,) uint8: the filtered rows; libdeflate checks Adler-32 and that there is no byte too many."""
    out = np.empty(expected, np.uint8)
    try:
        size = len(deflate_decode(idat, out=out))  # type: ignore[arg-type]  # any buffers will do
    except RuntimeError:  # imagecodecs.DeflateError
        size = -1
    if size != expected:
        raise _why_not(idat, expected)
    return out


def _why_not(idat: bytes | memoryview, expected: int) -> InputError:
    """Inflate once more, slowly and in small pieces, to say what is wrong with the image data."""
    stream, size, pending = zlib.decompressobj(), 0, bytes(idat)
    try:
        while pending and not stream.eof and size <= expected:
            size += len(stream.decompress(pending, 1 << 20))
            pending = stream.unconsumed_tail
    except zlib.error as error:
        kind = "checksum" if "incorrect data check" in str(error) else "corrupt"
        return InputError(kind, f"the image data does not inflate: {error}", _AGAIN)
    if size > expected:
        return InputError("checksum", f"the image data holds more than the {expected} bytes of its size", _AGAIN)
    if size < expected or not stream.eof:
        return InputError("truncated", f"the image data ends after {size} of {expected} bytes", _AGAIN)
    return InputError("corrupt", "the image data does not inflate", _AGAIN)


def _pixels(
    raw: NDArray[np.uint8], ihdr: Ihdr, passes: list[tuple[tuple[int, int, int, int], int, int]]
) -> NDArray[np.integer]:
    """(H, W) or (H, W, C) samples of the filtered rows `raw`, passes of an interlaced file put together."""
    if not ihdr.interlaced:
        return _samples(raw, ihdr, ihdr.height, ihdr.width)
    out: NDArray[np.integer] | None = None
    start = 0
    for (y, x, dy, dx), height, width in passes:
        end = start + height * (1 + ihdr.row_bytes(width))
        part = _samples(raw[start:end], ihdr, height, width)
        if out is None:
            out = np.empty((ihdr.height, ihdr.width, *part.shape[2:]), part.dtype)
        out[y::dy, x::dx] = part
        start = end
    assert out is not None  # noqa: S101  the first pass has the first pixel
    return out


def _samples(raw: NDArray[np.uint8], ihdr: Ihdr, height: int, width: int) -> NDArray[np.integer]:
    """(height, width) or (height, width, C) uint8 or uint16 of one pass."""
    kernels = load("inspector.readers.png_kernels")  # numba: a header is read without it
    rows = raw.reshape(height, -1)
    if ihdr.depth < 8:
        out = np.empty((height, width), np.uint8)
        bad = kernels.unfilter_packed(rows, ihdr.depth, out)
    else:
        out = np.empty((height, ihdr.row_bytes(width)), np.uint8)
        bad = kernels.unfilter(rows, ihdr.channels * ihdr.depth // 8, out)
    if bad >= 0:
        raise InputError("corrupt", f"row {bad} has filter {rows[bad, 0]}, PNG has 0 to 4", _AGAIN)
    if ihdr.depth == 16:
        out = out.view(np.uint16)
        if sys.byteorder == "little":
            out.byteswap(inplace=True)
    return out if ihdr.channels == 1 else out.reshape(height, width, ihdr.channels)


def _check_indices(pixels: NDArray[np.integer], colours: int, depth: int) -> None:
    """Refuse an index that the palette does not have; a full palette needs no look at the pixels."""
    if colours < 1 << depth and (top := int(pixels.max())) >= colours:
        y, x = np.unravel_index(int((pixels >= colours).argmax()), pixels.shape)
        raise InputError(
            "palette_range",
            f"index {top} is used but the palette has {colours} colours (first such pixel at x {x}, y {y})",
            "export the mask with its whole palette, or as grey",
        )
