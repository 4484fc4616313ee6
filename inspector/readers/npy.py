"""Label maps from NPY: the header is believed only as far as the file can back it, and nothing is unpickled."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.lib import format as npy_format

from inspector.errors import InputError
from inspector.readers.header import Header, check_size
from inspector.readers.whole_numbers import check_dtype, check_finite, mask_of_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.categories import Categories
    from inspector.masks import Mask
    from inspector.readers.source import Source

__all__ = [
    "ArrayHeader",
    "check_bytes",
    "exactly",
    "masks_of_array",
    "parse_header",
    "plane_of",
    "public_header",
    "read",
    "read_header",
    "read_plain",
]

_HEADER_BYTES = 10_000  # numpy's own limit: a longer header can exhaust the parser
_STEP_BYTES = 1 << 22
_AGAIN = "copy the file or save it again with numpy.save"


@dataclass(frozen=True)
class ArrayHeader:
    """What an NPY header says, checked to be a plain array of numbers."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[np.generic]

    @property
    def data_bytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize  # Python integers do not overflow


def read_header(source: Source) -> Header:
    """Shape and type of the array."""
    source.file.seek(0)
    return public_header(parse_header(source.file), "npy")


def read(source: Source, categories: Categories | None, max_pixels: int) -> list[Mask]:
    """The one mask of an NPY file: (H, W), or (H, W, 1) or (1, H, W) with a note."""
    source.file.seek(0)
    header = parse_header(source.file)
    return masks_of_array(header, source.file.read, source.size - source.file.tell(), max_pixels)


def read_plain(source: Source, max_values: int) -> NDArray[np.generic]:
    """The whole array of any shape, for pictures rather than masks."""
    source.file.seek(0)
    header = parse_header(source.file)
    check_size(1, math.prod(header.shape), max_values)
    check_bytes(header, source.size - source.file.tell())
    return _load(header, source.file.read)


def parse_header(file: IO[bytes]) -> ArrayHeader:
    """Read the header of an NPY stream; raises InputError for one that is damaged, hostile or not of numbers."""
    try:
        version = npy_format.read_magic(file)
        reader = {(1, 0): npy_format.read_array_header_1_0, (2, 0): npy_format.read_array_header_2_0}.get(version)
        if version == (3, 0):
            raise InputError("dtype", "NPY version 3 is for named fields", "save one plain array of integers")
        if reader is None:
            raise InputError("corrupt", f"NPY version {version} does not exist", _AGAIN)
        shape, fortran, dtype = reader(file, max_header_size=_HEADER_BYTES)
    except (InputError, zipfile.BadZipFile, zlib.error):
        raise
    except Exception as error:  # the parser lets TokenError, IndexError, OverflowError and more escape
        raise InputError("corrupt", f"the NPY header cannot be read ({type(error).__name__})", _AGAIN) from error
    check_dtype(dtype)
    if any(length < 0 for length in shape):
        raise InputError("corrupt", f"the NPY header says shape {shape}", _AGAIN)
    return ArrayHeader(shape, fortran, dtype)


def public_header(header: ArrayHeader, name: str) -> Header:
    """The `Header` of an array of a legal shape."""
    height, width = plane_of(header.shape)
    return Header(name, "array", height, width, 1, header.dtype.name)


def masks_of_array(
    header: ArrayHeader, read_bytes: Callable[[int], bytes], available: int, max_pixels: int
) -> list[Mask]:
    """The mask behind `header`; `read_bytes(n)` gives up to n of the `available` bytes that follow it."""
    try:
        height, width = plane_of(header.shape)
    except InputError:  # a score of infinity says more about what went wrong than a rank does
        if header.dtype.kind == "f" and header.data_bytes == available:
            _scan(header, read_bytes)
        raise
    check_size(height, width, max_pixels)
    check_bytes(header, available)
    squeezed = f"an array of shape {header.shape} was read as ({height}, {width})"
    notes = (("squeezed", squeezed),) if len(header.shape) == 3 else ()
    return [mask_of_numbers(_load(header, read_bytes).reshape(height, width), notes=notes)]


def plane_of(shape: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of a label map of this shape; raises InputError for another rank or for several channels."""
    if len(shape) == 2:
        return shape
    if len(shape) == 3 and shape[2] == 1:
        return shape[:2]
    if len(shape) == 3 and shape[0] == 1:
        return shape[1:]
    fix = "take the arg-max over the classes first" if len(shape) == 3 else "save one label map for each image"
    raise InputError("wrong_rank", f"an array of shape {shape}, expected (H, W)", fix)


def check_bytes(header: ArrayHeader, available: int) -> None:
    """Raise InputError unless exactly the bytes of the array follow its header."""
    needed = header.data_bytes
    if available < needed:
        raise InputError("truncated", f"{available} bytes of data, shape and type need {needed}", _AGAIN)
    if available > needed:
        raise InputError("corrupt", f"{available - needed} bytes too many behind the array", _AGAIN)


def _load(header: ArrayHeader, read_bytes: Callable[[int], bytes]) -> NDArray[np.generic]:
    """The array, read into memory that is taken once."""
    shape = header.shape[::-1] if header.fortran else header.shape
    out = np.empty(shape, header.dtype)
    flat = out.reshape(-1).view(np.uint8)
    for start in range(0, len(flat), _STEP_BYTES):
        want = min(_STEP_BYTES, len(flat) - start)
        piece = exactly(read_bytes, want)
        flat[start : start + want] = np.frombuffer(piece, np.uint8)
    return out.T if header.fortran else out


def _scan(header: ArrayHeader, read_bytes: Callable[[int], bytes]) -> None:
    """Look for NaN and Inf piece by piece, in little memory."""
    step = _STEP_BYTES // header.dtype.itemsize
    total = math.prod(header.shape)
    for start in range(0, total, step):
        piece = exactly(read_bytes, min(step, total - start) * header.dtype.itemsize)
        check_finite(np.frombuffer(piece, header.dtype), start)


def exactly(read_bytes: Callable[[int], bytes], want: int) -> bytes:
    """`want` bytes from a stream that may give fewer at a time."""
    piece = read_bytes(want)
    while len(piece) < want:
        more = read_bytes(want - len(piece))
        if not more:
            raise InputError("truncated", f"the data ends {want - len(piece)} bytes early", _AGAIN)
        piece += more
    return piece
