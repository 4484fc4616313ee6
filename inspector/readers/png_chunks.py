"""Walk the chunks of a PNG: order, CRCs, header, palette and the spans of the compressed labels.

Rules: W3C PNG specification, third edition. Text and colour profiles change no label:
they are checked by CRC, and inflated only so far that a bomb is seen.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32, decompressobj
from zlib import error as ZlibError

from inspector.errors import InputError
from inspector.readers.header import check_orientation

__all__ = ["Chunks", "Ihdr", "parse_ihdr", "peek_palette", "walk"]

GREY, RGB, INDEXED, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
_DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), INDEXED: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGB_ALPHA: (8, 16)}
_CHANNELS = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGB_ALPHA: 4}
_LENGTH_NAME = struct.Struct(">I4s")
_CRITICAL = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND"))
_BYTES = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7, b"acTL": 8}  # a wrong length means damage
_COMPRESSED = frozenset((b"iCCP", b"zTXt", b"iTXt"))
_TEXT_LIMIT = 1 << 20  # bytes: more than any honest comment or profile
_AGAIN = "copy or export the file again"


class Ihdr(NamedTuple):
    """The image header of a PNG."""

    width: int
    height: int
    depth: int  # bits of a sample
    colour: int  # GREY, RGB, INDEXED, GREY_ALPHA or RGB_ALPHA
    interlaced: bool

    @property
    def channels(self) -> int:
        return _CHANNELS[self.colour]

    def row_bytes(self, width: int) -> int:
        """Bytes of a row of `width` pixels, its filter byte not counted."""
        return (width * self.depth * self.channels + 7) // 8


class Chunks(NamedTuple):
    """What a walk over a whole and undamaged file finds."""

    palette: bytes | None
    idat: list[memoryview]
    trailing: int  # bytes after IEND


def parse_ihdr(data: bytes) -> Ihdr:
    """The header from the first 33 bytes of a PNG whose signature is known to be good."""
    if len(data) < 33:
        raise InputError("truncated", f"the file ends after {len(data)} bytes, inside the PNG header", _AGAIN)
    length, name, width, height, depth, colour, compression, filters, interlace, crc = struct.unpack_from(
        ">I4sIIBBBBBI", data, 8
    )
    if name != b"IHDR" or length != 13:
        raise _corrupt("the first chunk is not a PNG header")
    if crc32(data[12:29]) != crc:
        raise _bad_crc(name)
    if depth not in _DEPTHS.get(colour, ()):
        raise _corrupt(f"the header says colour type {colour} with {depth} bits, which PNG does not have")
    if compression or filters or interlace > 1:
        raise _corrupt(f"unknown compression {compression}, filter {filters} or interlace {interlace} method")
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise _corrupt(f"the header says {width} x {height} px")
    return Ihdr(width, height, depth, colour, bool(interlace))


def walk(data: bytes, ihdr: Ihdr) -> Chunks:
    """Check every chunk of the whole file `data`; raise InputError at the first that breaks a rule."""
    palette: bytes | None = None
    idat: list[memoryview] = []
    previous = b"IHDR"
    for name, body, end in _chunks(data):
        if name == b"IDAT":
            if idat and previous != b"IDAT":
                raise _corrupt("the image data is not in one piece: another chunk lies between two IDAT")
            idat.append(body)
        elif name == b"IEND":
            _check_complete(ihdr, palette, idat, body)
            return Chunks(palette, idat, len(data) - end)
        elif name == b"PLTE":
            if palette is not None or idat:
                raise _corrupt("PLTE is there twice or after the image data")
            palette = _check_palette(bytes(body), ihdr)
        else:
            _check_other(name, body)
        previous = name
    raise AssertionError("_chunks ends by IEND or by an error")


def peek_palette(head: bytes) -> bytes | None:
    """The palette where it lies before the first IDAT of `head`, unchecked; None where it is not in there."""
    position = 33
    while position + 8 <= len(head):
        length, name = _LENGTH_NAME.unpack_from(head, position)
        if name == b"PLTE" and position + 8 + length <= len(head):
            return head[position + 8 : position + 8 + length]
        if name == b"IDAT":
            break
        position += 12 + length
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, int]]:
    """(name, body, position after it) of each chunk behind IHDR, its length and CRC found good."""
    view, size, position = memoryview(data), len(data), 33
    while position + 12 <= size:
        length, name = _LENGTH_NAME.unpack_from(data, position)
        end = position + 8 + length
        if not name.isalpha():
            raise _corrupt(f"a chunk is named {name!r}, not four letters")
        if end + 4 > size:
            raise InputError("truncated", f"the file ends inside chunk {name.decode()}", _AGAIN)
        if crc32(view[position + 4 : end]) != int.from_bytes(data[end : end + 4]):
            raise _bad_crc(name)
        position = end + 4
        yield name, view[end - length : end], position
    raise InputError("truncated", "the file ends before the chunk IEND", _AGAIN)


def _check_palette(palette: bytes, ihdr: Ihdr) -> bytes:
    limit = 1 << ihdr.depth if ihdr.colour == INDEXED else 256
    if len(palette) % 3 or not 3 <= len(palette) <= 3 * limit:
        raise _corrupt(f"the palette has {len(palette)} bytes, expected 3 to {3 * limit}, three for a colour")
    return palette


def _check_complete(ihdr: Ihdr, palette: bytes | None, idat: list[memoryview], iend: memoryview) -> None:
    if len(iend):
        raise _corrupt("the chunk IEND is not empty")
    if not idat:
        raise _corrupt("there is no image data (no IDAT chunk)")
    if ihdr.colour == INDEXED and palette is None:
        raise _corrupt("an indexed PNG without a palette (no PLTE chunk)")


def _check_other(name: bytes, body: memoryview) -> None:
    """Of all ancillary chunks only those that would make one file mean several or turned label maps matter."""
    if name in _CRITICAL or not name[0] & 0x20:
        raise _corrupt(f"the critical chunk {name.decode()} is unknown or out of place")
    if len(body) != _BYTES.get(name, len(body)):
        raise _corrupt(f"the chunk {name.decode()} has {len(body)} bytes, expected {_BYTES[name]}")
    if name == b"acTL" and int.from_bytes(body[:4]) > 1:
        raise InputError(
            "page_count",
            f"an animated PNG of {int.from_bytes(body[:4])} frames, expected one label map",
            "save one frame",
        )
    if name == b"eXIf":
        check_orientation(_exif_orientation(bytes(body)))
    if name in _COMPRESSED:
        _check_inflated(name, bytes(body))


def _check_inflated(name: bytes, body: bytes) -> None:
    """Refuse text or a profile that is a bomb; never inflated beyond the limit. What it says is of no interest."""
    packed = body.partition(b"\0")[2]  # behind the keyword
    if name == b"iTXt":
        if packed[:1] != b"\1":
            return  # it says that it is not compressed
        packed = packed[2:].partition(b"\0")[2].partition(b"\0")[2]  # behind flag, method, language and keyword
    else:
        packed = packed[1:]  # behind the compression method
    inflater = decompressobj()
    try:
        size = len(inflater.decompress(packed, _TEXT_LIMIT + 1))
    except ZlibError:
        return  # a damaged comment changes no label
    if size > _TEXT_LIMIT:
        raise InputError(
            "text_too_large",
            f"the chunk {name.decode()} of {len(body)} bytes inflates to more than {_TEXT_LIMIT} bytes",
            "strip the text and profile chunks",
        )


def _exif_orientation(exif: bytes) -> int:
    """The value of tag 0x0112 of the first directory, 1 where there is none (Exif 2.32, 4.6.2)."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None or len(exif) < 10:
        return 1
    start = struct.unpack_from(order + "I", exif, 4)[0]
    if start + 2 > len(exif):
        return 1
    count = struct.unpack_from(order + "H", exif, start)[0]
    for entry in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == 0x0112 and kind == 3:
            return int(value)
    return 1


def _corrupt(reason: str) -> InputError:
    return InputError("corrupt", reason, _AGAIN)


def _bad_crc(name: bytes) -> InputError:
    return InputError("crc", f"the checksum (CRC) of chunk {name.decode()} is wrong: the file is damaged", _AGAIN)
