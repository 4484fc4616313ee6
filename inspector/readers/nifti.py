"""Label maps from NIfTI volumes, plain or gzipped: one mask for each slice along the last axis.

The stored value is raw * scl_slope + scl_inter (nifti1.h); needs nibabel, which the extra `medical` installs.
"""

from __future__ import annotations

import gzip
import importlib
import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from inspector.errors import InputError
from inspector.readers.header import Header, check_size
from inspector.readers.whole_numbers import check_dtype, check_finite, mask_of_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.categories import Categories
    from inspector.masks import Mask
    from inspector.readers.source import Source

__all__ = ["read", "read_header"]

_ROUNDING = 1e-3  # how far slope * raw may miss a whole number
_DECIMALS = 3  # of the affine in mm: a micrometre moves no label
_EXTENSION_BYTES = 1 << 26
_STEP_BYTES = 1 << 20
_TO_MM = {"meter": 1000.0, "micron": 0.001}  # mm and unknown: as they are
_AGAIN = "copy or export the file again"


@dataclass(frozen=True)
class _Volume:
    """The checked header: X columns, Y rows, Z slices, and what turns raw numbers into labels."""

    shape: tuple[int, int, int]
    dtype: np.dtype[np.generic]
    slope: float
    inter: float
    offset: int
    spacing: tuple[float, float] | None
    frame: tuple[object, ...]


def read_header(source: Source) -> Header:
    """Size and type of the volume."""
    with _stream(source) as file:
        volume = _parse(file)
    columns, rows, slices = volume.shape
    return Header("nifti", "array", rows, columns, slices, volume.dtype.name)


def read(source: Source, categories: Categories | None, max_pixels: int) -> list[Mask]:
    """One mask of (Y, X) pixels for each of the Z slices, read one after the other."""
    with _stream(source) as file:
        volume = _parse(file)
        columns, rows, slices = volume.shape
        check_size(rows, columns, max_pixels, slices)
        _skip(file, volume.offset - file.tell())
        masks = [_slice(file, volume) for _ in range(slices)]
        if file.read(1):  # at the end of a gzip stream this compares its CRC
            raise InputError("corrupt", "there are bytes behind the last slice", _AGAIN)
        return masks


@contextmanager
def _stream(source: Source) -> Iterator[IO[bytes]]:
    """The file, inflated on the way where it is gzipped."""
    source.file.seek(0)
    file = cast("IO[bytes]", source.file)
    try:
        yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if source.head[:2] == b"\x1f\x8b" else file
    except EOFError as error:
        raise InputError("truncated", "the gzip stream ends early", _AGAIN) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        kind = "crc" if "CRC" in str(error) else "corrupt"
        raise InputError(kind, f"the gzip stream is damaged: {error}", _AGAIN) from error


def _parse(file: IO[bytes]) -> _Volume:
    """Read and check the header at the start of the stream."""
    header = _header(file)
    shape = tuple(int(length) for length in header.get_data_shape())
    if any(length < 1 for length in shape):
        raise InputError("corrupt", f"the header says shape {shape}", _AGAIN)
    plain = shape[:3] + tuple(length for length in shape[3:] if length != 1)
    if len(plain) not in (2, 3):
        raise InputError("wrong_rank", f"a volume of shape {shape}, expected 2 or 3 axes", "take the arg-max first")
    plain += (1,) * (3 - len(plain))
    check_dtype(header.get_data_dtype())
    offset = int(header.get_data_offset())
    if not len(header.binaryblock) <= offset <= _EXTENSION_BYTES:
        raise InputError("corrupt", f"the data lies at byte {offset}", _AGAIN)
    slope, inter = header.get_slope_inter()
    affine = tuple(float(value) + 0.0 for value in np.round(header.get_best_affine(), _DECIMALS).ravel())
    return _Volume(
        shape=cast("tuple[int, int, int]", plain),
        dtype=header.get_data_dtype(),
        slope=1.0 if slope is None else float(slope),
        inter=0.0 if inter is None else float(inter),
        offset=offset,
        spacing=_spacing(header),
        frame=("nifti", plain, affine),
    )


def _header(file: IO[bytes]) -> Any:
    """The nibabel header object of NIfTI-1 or -2."""
    try:
        nifti1, nifti2 = importlib.import_module("nibabel.nifti1"), importlib.import_module("nibabel.nifti2")
    except ImportError as error:
        raise InputError("needs_extra", "NIfTI files need nibabel", 'pip install "mask-inspector[medical]"') from error
    start = file.read(348)
    if start[344:348] == b"n+1\0":
        kind = nifti1.Nifti1Header
    elif start[4:8] == b"n+2\0":
        kind, start = nifti2.Nifti2Header, start + file.read(192)
    elif len(start) < 348:
        raise InputError("truncated", f"the file ends after {len(start)} bytes, inside the NIfTI header", _AGAIN)
    else:
        raise InputError("unknown_format", "a gzip file, but no single-file NIfTI in it", "convert it to .nii.gz")
    if len(start) < kind.template_dtype.itemsize:
        raise InputError("truncated", f"the file ends after {len(start)} bytes, inside the NIfTI header", _AGAIN)
    return kind(start, check=False)


def _spacing(header: Any) -> tuple[float, float] | None:
    """(sy, sx) in mm, or None where the header holds no positive size."""
    scale = _TO_MM.get(header.get_xyzt_units()[0], 1.0)
    sx, sy = (abs(float(zoom)) * scale for zoom in header.get_zooms()[:2])
    return (sy, sx) if 0 < sx < math.inf and 0 < sy < math.inf else None


def _slice(file: IO[bytes], volume: _Volume) -> Mask:
    """The mask of the next slice: rows along Y, columns along X (which NIfTI stores first)."""
    columns, rows, _ = volume.shape
    raw = np.frombuffer(_exactly(file, rows * columns * volume.dtype.itemsize), volume.dtype).reshape(rows, columns)
    labels = raw.copy() if (volume.slope, volume.inter) == (1.0, 0.0) else _scaled(raw, volume)
    return mask_of_numbers(labels, spacing=volume.spacing, frame=volume.frame)


def _scaled(raw: NDArray[np.generic], volume: _Volume) -> NDArray[np.float64]:
    """raw * slope + inter; what comes within `_ROUNDING` of a whole number is that number."""
    check_finite(raw)
    values = raw.astype(np.float64) * volume.slope + volume.inter
    whole = np.rint(values)
    return np.where(np.abs(values - whole) <= _ROUNDING, whole, values)


def _skip(file: IO[bytes], count: int) -> None:
    while count > 0:
        step = min(count, _STEP_BYTES)
        _exactly(file, step)
        count -= step


def _exactly(file: IO[bytes], want: int) -> bytearray:
    """`want` bytes of the stream, in pieces, so that memory grows no further than the data does."""
    data = bytearray()
    while len(data) < want:
        piece = file.read(min(_STEP_BYTES, want - len(data)))
        if not piece:
            raise InputError("truncated", f"the data ends {want - len(data)} bytes early", _AGAIN)
        data += piece
    return data
