"""The class maps of a run's evidence, read back from the PNG files that hold them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError

__all__ = ["decode_labels"]

MOST_PX = 1 << 22  # of a view: see the run folder's contract; more is none that `inspect` has written
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB, _INDEXED = 0, 2, 3  # colour types of IHDR
_HEADER = struct.Struct(">IIBBBBB")


def decode_labels(data: bytes, path: Path) -> NDArray[np.uint16]:
    """(H, W) uint16 class indices, K for void or no class, of the bytes of an indexed PNG (value = index) or of a
    colour PNG (red + 256 x green).

    path   where they come from, for messages
    Raises InputError `evidence` for what is neither, is damaged, or is larger than a view may be.
    """
    import imagecodecs

    try:
        chunks = _chunks(data)
        width, height, depth, colour, *_ = _HEADER.unpack(chunks["IHDR"][0])
        if depth != 8 or colour not in (_INDEXED, _RGB) or not 0 < width * height <= MOST_PX:
            raise ValueError(f"{width} x {height} px of colour type {colour} with {depth} bits")
        if colour == _RGB:
            pixels = imagecodecs.png_decode(data).astype(np.uint16)
            return pixels[:, :, 0] + 256 * pixels[:, :, 1]
        return imagecodecs.png_decode(_as_grey(chunks)).astype(np.uint16)
    except (ValueError, KeyError, struct.error, RuntimeError) as error:  # imagecodecs.PngError is a RuntimeError
        what = f"found no class map ({error}), expected the PNG that `inspect` has written"
        raise InputError("evidence", what, "run `inspect` again", path=str(path)) from error


def _chunks(data: bytes) -> dict[str, list[bytes]]:
    """Kind -> the data of the chunks of that kind."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("it does not begin as a PNG")
    found: dict[str, list[bytes]] = {}
    place = len(_SIGNATURE)
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        found.setdefault(kind.decode("latin-1"), []).append(data[place + 8 : place + 8 + size])
        place += 12 + size
    return found


def _as_grey(chunks: dict[str, list[bytes]]) -> bytes:
    """The same samples without the palette: a decoder gives colours for an indexed PNG, and values for a grey one."""
    width, height, depth, _, *rest = _HEADER.unpack(chunks["IHDR"][0])
    header = _HEADER.pack(width, height, depth, _GREY, *rest)
    parts = [(b"IHDR", header), *((b"IDAT", part) for part in chunks["IDAT"]), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
