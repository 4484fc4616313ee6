"""Label maps from NPZ: a zip of exactly one array, its directory checked before anything is inflated."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from inspector.errors import InputError
from inspector.readers.header import Header
from inspector.readers.npy import ArrayHeader, masks_of_array, parse_header, public_header

if TYPE_CHECKING:
    from typing import IO

    from inspector.categories import Categories
    from inspector.masks import Mask
    from inspector.readers.source import Source

__all__ = ["read", "read_header", "with_member"]

_AGAIN = "copy the file or save it again with numpy.savez"
_BOMB_BYTES, _BOMB_RATIO = 1 << 26, 1000  # deflate cannot pass 1032, and labels do not come near it
_T = TypeVar("_T")


def read_header(source: Source) -> Header:
    """Shape and type of the one array."""
    return with_member(source, lambda header, file, size: public_header(header, "npz"))


def read(source: Source, categories: Categories | None, max_pixels: int) -> list[Mask]:
    """The one mask of an NPZ file. No more is inflated than the checked header of the array asks for."""

    def load(header: ArrayHeader, file: IO[bytes], size: int) -> list[Mask]:
        # the array must fill the declared size to its last byte, and there zipfile compares the CRC
        return masks_of_array(header, file.read, size - file.tell(), max_pixels)

    return with_member(source, load)


def with_member(source: Source, work: Callable[[ArrayHeader, IO[bytes], int], _T]) -> _T:
    """Run `work` on the array header, the stream behind it and the declared size of the only member."""
    source.file.seek(0)
    try:
        with zipfile.ZipFile(cast("IO[bytes]", source.file)) as archive:
            info = _only_member(archive)
            with archive.open(info) as file:
                return work(parse_header(file), file, info.file_size)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _explain(error) from error


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = archive.infolist()
    for info in members:
        if re.match(r"[/\\]|[A-Za-z]:", info.filename) or ".." in re.split(r"[/\\]", info.filename):
            raise InputError(
                "path_escape",
                f"a member is named {info.filename!r}, which leads out of the file",
                "do not trust this file",
            )
    if len(members) != 1:
        names = ", ".join(repr(info.filename) for info in members[:5])
        raise InputError(
            "ambiguous_array", f"{len(members)} arrays ({names}), expected one", "save one array in each file"
        )
    info = members[0]
    if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise InputError("corrupt", "the member is encrypted or compressed in a way numpy never does", _AGAIN)
    if info.file_size > _BOMB_BYTES and info.file_size > _BOMB_RATIO * info.compress_size:
        raise InputError(
            "too_large",
            f"{info.compress_size} bytes inflate to {info.file_size}: one value for all of a huge array, or a bomb",
            "save it as PNG if it is a mask",
        )
    return info


def _explain(error: Exception) -> InputError:
    text = str(error)
    if "CRC" in text:
        return InputError("crc", "the checksum (CRC) of the array is wrong: the file is damaged", _AGAIN)
    if isinstance(error, EOFError) or "not a zip file" in text:
        return InputError("truncated", "the file ends early: the end of the zip is missing", _AGAIN)
    return InputError("corrupt", f"the zip is damaged: {text}", _AGAIN)
