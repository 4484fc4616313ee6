"""How sure a model was of each pixel: from its probabilities (C, H, W), or from a map of the highest one (H, W)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.readers import read_with
from inspector.readers.npy import ArrayHeader, check_bytes, exactly, parse_header
from inspector.readers.npz import with_member
from inspector.readers.sniff import sniff
from inspector.readers.source import Source

__all__ = ["EXTENSIONS", "UNIT", "read_confidence"]

EXTENSIONS = (".npy", ".npz", ".png", ".tif", ".tiff")
UNIT = 1 << 16  # a probability of 1: whole numbers add up to the same sum in any order
_MAX_PIXELS = 1 << 28  # of a picture
_BEYOND = 1e-3  # of [0, 1]: what float16 may round to
_SAVE = "save float16 or float32 in [0, 1], or uint8 with 255 for 1"


def read_confidence(path: str | os.PathLike[str], shape: tuple[int, int], classes: int) -> NDArray[np.uint32]:
    """(H, W) uint32: the highest probability of each pixel in UNITs, 0 to UNIT.

    path     NPY or NPZ of (C, H, W), one plane for each of `classes`, or (H, W); or a grey PNG or TIFF (H, W).
             Floats lie in [0, 1]; whole numbers are shares of the largest that their bits hold.
    shape    (H, W) of the masks
    Raises InputError for another shape, naming both, for numbers that are no probabilities, and as readers of masks do.
    """
    return read_with(path, lambda source: _units(_highest(source, shape, classes)))


def _highest(source: Source, shape: tuple[int, int], classes: int) -> NDArray[np.generic]:
    found = sniff(source.head)
    if found == "npy":
        source.file.seek(0)
        header = parse_header(source.file)
        return _of_array(header, source.file.read, source.size - source.file.tell(), shape, classes)
    if found == "npz":
        return with_member(
            source,
            lambda header, file, size: _of_array(header, file.read, size - file.tell(), shape, classes),
        )
    if found in ("png", "tiff"):
        return _of_picture(source, found, shape)
    raise InputError("unknown_format", f"{found.upper()} holds no probabilities", f"save NPY: {_SAVE}")


def _of_picture(source: Source, found: str, shape: tuple[int, int]) -> NDArray[np.generic]:
    pixels = _png(source) if found == "png" else _tiff(source)
    _check_shape(pixels.shape, shape, 0)
    return pixels


def _png(source: Source) -> NDArray[np.generic]:
    """Samples of 8 or 16 bits; those of 1, 2 and 4, which optimisers make of few greys, are spread over 8."""
    from inspector.readers.png import read_pixels
    from inspector.readers.png_chunks import parse_ihdr

    pixels, palette, _ = read_pixels(source, _MAX_PIXELS)
    if palette is not None:
        raise InputError("probability_type", "the PNG has a palette: it is a mask", "give grey values, 255 for 1")
    depth = parse_ihdr(source.head).depth
    return pixels if depth >= 8 else pixels * np.uint8(255 // ((1 << depth) - 1))


def _tiff(source: Source) -> NDArray[np.generic]:
    from inspector.readers.tiff import read_grey

    return read_grey(source, _MAX_PIXELS)


def _of_array(
    header: ArrayHeader, read_bytes: Callable[[int], bytes], available: int, shape: tuple[int, int], classes: int
) -> NDArray[np.generic]:
    """The highest value of each pixel; a plane at a time, so that memory does not grow with the classes."""
    _check_shape(header.shape, shape, classes)
    check_bytes(header, available)
    if header.fortran and len(header.shape) == 3:
        raise InputError("wrong_order", "the array is stored in Fortran order", "save numpy.ascontiguousarray of it")
    planes = _planes(header, read_bytes, shape)
    best = next(planes)
    lowest = best.min()
    for plane in planes:
        lowest = min(lowest, plane.min())  # NaN stays in `best`
        np.maximum(best, plane, out=best)
    if lowest < -_BEYOND:
        raise _no_probability(float(lowest))
    return best


def _planes(
    header: ArrayHeader, read_bytes: Callable[[int], bytes], shape: tuple[int, int]
) -> Iterator[NDArray[np.generic]]:
    size = shape[0] * shape[1] * header.dtype.itemsize
    for _ in range(header.shape[0] if len(header.shape) == 3 else 1):
        flat = np.frombuffer(bytearray(exactly(read_bytes, size)), header.dtype)
        yield flat.reshape(shape[::-1]).T if header.fortran else flat.reshape(shape)


def _check_shape(found: tuple[int, ...], shape: tuple[int, int], classes: int) -> None:
    wanted = [shape, *([(classes, *shape)] if classes else [])]
    if tuple(found) not in wanted:
        raise InputError(
            "probability_shape",
            f"probabilities of shape {tuple(found)}, expected {' or '.join(map(str, wanted))} for this mask",
            "give one plane for each class of the list, or the highest probability alone",
        )


def _units(best: NDArray[np.generic]) -> NDArray[np.uint32]:
    if best.dtype.kind == "u" and best.dtype.itemsize <= 2:
        full = (1 << 8 * best.dtype.itemsize) - 1
        table = (np.arange(full + 1, dtype=np.uint64) * UNIT + full // 2) // full
        return np.asarray(table.astype(np.uint32)[best])
    if best.dtype.kind != "f":
        raise InputError("probability_type", f"{best.dtype} numbers are no probabilities", _SAVE)
    highest = float(best.max())  # NaN where there is one
    if not np.isfinite(highest):
        raise InputError("probability_range", "holds NaN or infinite numbers", _SAVE)
    if highest > 1 + _BEYOND:
        raise _no_probability(highest)
    units = np.empty(best.shape, np.uint32)
    for y, row in enumerate(best):  # a row at a time: float64 of all of a large image would not fit
        units[y] = np.rint(np.clip(row.astype(np.float64), 0, 1) * UNIT)
    return units


def _no_probability(value: float) -> InputError:
    return InputError("probability_range", f"holds {value:.4g}, expected [0, 1]", f"apply softmax first; {_SAVE}")
