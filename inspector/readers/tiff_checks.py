"""What must hold in a TIFF before a sample is decoded: the chain of directories and where each strip or tile lies.

Sources: TIFF 6.0 (sections 2, 8, 15), BigTIFF; decoders fill what is missing with zeros and say nothing.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.errors import InputError

if TYPE_CHECKING:
    from inspector.readers.source import Source

__all__ = ["check_compression", "check_segments", "count_directories"]

_MAX_DIRECTORIES = 10_000
_LOSSLESS = {1, 5, 8, 32946, 32773, 34925, 50000}  # none, LZW, deflate, packbits, LZMA, zstd
_FAX = {2, 3, 4, 32771}  # CCITT: decoders pass over damaged lines without a word
_LOSSY = {
    6: "JPEG",
    7: "JPEG",
    33007: "JPEG",
    34892: "lossy JPEG",
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34712: "JPEG 2000",
    34887: "LERC",
    34927: "WebP",
    50001: "WebP",
    22610: "JPEG XR",
    34934: "JPEG XR",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_AGAIN = "copy or export the file again"


def count_directories(source: Source) -> int:
    """Pages of the file, found by following the chain of directories with a stop at the first loop."""
    order = "<" if source.head[:2] == b"II" else ">"
    big = source.head[2:4] in (b"+\0", b"\0+")
    offset_format, count_format, entry_bytes, first = ("Q", "Q", 20, 8) if big else ("I", "H", 12, 4)
    offset_at, seen = first, set[int]()
    while True:
        offset = _number(source, offset_at, order + offset_format)
        if offset == 0:
            break
        if offset in seen:
            raise _corrupt(f"the directories of pages form a loop at byte {offset}")
        seen.add(offset)
        if len(seen) > _MAX_DIRECTORIES:
            raise InputError("page_count", f"more than {_MAX_DIRECTORIES} pages", "save one label map in each file")
        entries = _number(source, offset, order + count_format)
        offset_at = offset + struct.calcsize(order + count_format) + entries * entry_bytes
    if not seen:
        raise _corrupt("the file has no page")
    return len(seen)


def check_compression(compression: int) -> None:
    """Refuse codecs that change labels, or that no writer of label maps uses."""
    if compression in _LOSSY:
        raise InputError(
            "lossy_format",
            f"the TIFF is compressed as {_LOSSY[compression]}: lossy compression destroys labels",
            "save label maps with LZW, deflate, zstd or no compression",
        )
    if compression not in _LOSSLESS:
        why = "fax compression, of which damage cannot be seen" if compression in _FAX else "not known here"
        raise InputError("unknown_format", f"TIFF compression {compression}: {why}", "save it with LZW or deflate")


def check_segments(page: Any, size: int) -> None:
    """Refuse a page of which a strip or tile is missing, ends behind the file, or is too short for its pixels."""
    kind = "tile" if page.is_tiled else "strip"
    expected = math.prod(page.chunked)
    offsets, counts = (_integers(numbers) for numbers in (page.dataoffsets, page.databytecounts))
    if len(offsets) != expected or len(counts) != expected:
        found = min(len(offsets), len(counts))
        raise InputError("missing_segment", f"{found} {kind}s are listed, the size needs {expected}", _AGAIN)
    for index in np.flatnonzero((offsets == 0) | (counts == 0))[:1]:
        empty = int(((offsets == 0) | (counts == 0)).sum())
        raise InputError(
            "missing_segment", f"{empty} of {expected} {kind}s hold no data, {kind} {index} is the first", _AGAIN
        )
    for index in np.flatnonzero(offsets + counts > size)[:1]:
        end = int(offsets[index] + counts[index])
        raise InputError("truncated", f"{kind} {index} ends at byte {end}, the file at {size}", _AGAIN)
    if page.compression == 1 and counts.sum() < _raw_bytes(page):
        raise InputError("truncated", f"the {kind}s hold {counts.sum()} of {_raw_bytes(page)} bytes", _AGAIN)


def _raw_bytes(page: Any) -> int:
    """Bytes of all uncompressed strips or tiles, rows padded to whole bytes and edge tiles to whole tiles."""
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    planes = page.samplesperpixel // samples
    if page.is_tiled:
        row = -(-page.tilewidth * samples * page.bitspersample // 8)
        return int(math.prod(page.chunked) * row * page.tilelength)
    return int(planes * page.imagelength * -(-page.imagewidth * samples * page.bitspersample // 8))


def _integers(numbers: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """(n,) int64; a number no file is long enough for becomes the largest that can still be added."""
    wide = np.atleast_1d(np.asarray(numbers, dtype=np.uint64))
    return np.minimum(wide, np.uint64(1 << 62)).astype(np.int64)


def _number(source: Source, at: int, form: str) -> int:
    """The integer of struct format `form` at byte `at` of the file."""
    size = struct.calcsize(form)
    if at + size > source.size:
        raise InputError("truncated", f"a page lies at byte {at}, the file ends at {source.size}", _AGAIN)
    if at + size <= len(source.head):
        return int(struct.unpack_from(form, source.head, at)[0])
    source.file.seek(at)
    return int(struct.unpack(form, source.file.read(size))[0])


def _corrupt(reason: str) -> InputError:
    return InputError("corrupt", reason, _AGAIN)
