"""From an (H, W) array of numbers to a `Mask`: every label a whole number, in the smallest dtype that holds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.masks import Mask, Segments

__all__ = ["check_dtype", "check_finite", "mask_of_numbers"]

_LARGEST = np.float64(1 << 53)  # float64 holds every whole number up to here
_ARG_MAX = "save the arg-max of the scores as integers"


def check_dtype(dtype: np.dtype[np.generic]) -> None:
    """Refuse what is not a plain number; object arrays are code in disguise and are never opened."""
    if dtype.hasobject:
        raise InputError("pickle", "the array holds Python objects, which are never unpickled", "save plain integers")
    if dtype.kind not in "biuf":
        raise InputError("dtype", f"the array is of type {dtype}, expected whole numbers", "save plain integers")


def check_finite(values: NDArray[np.generic], first: int = 0) -> None:
    """Refuse NaN and Inf in `values`; `first` is the flat index of the first of them, for the message."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    for kind, bad in (("nan", np.isnan(values)), ("inf", np.isinf(values))):
        if bad.any():
            at = first + int(bad.argmax())
            raise InputError(kind, f"{int(bad.sum())} values are {kind}, the first at index {at}", _ARG_MAX)


def mask_of_numbers(values: NDArray[np.generic], **more: object) -> Mask:
    """The mask of (H, W) bool, integer or float `values`; floats must be whole, no value is cast, wrapped or cut."""
    if values.dtype == np.bool_:
        values = values.view(np.uint8)
    if values.dtype.kind == "f":
        values = _whole(values)
    low, high = int(values.min()), int(values.max())
    if high > np.iinfo(np.int64).max:
        raise InputError("label_range", f"a label is {high}, larger than any 64-bit integer", "use smaller ids")
    if low >= 0 and high < 1 << 16:
        return Mask.from_labels(values.astype(np.uint8 if high < 1 << 8 else np.uint16, copy=False), **more)
    if high - low < 1 << 16:
        dtype = np.uint8 if high - low < 1 << 8 else np.uint16
        ids = np.ascontiguousarray((values.astype(np.int64) - low).astype(dtype))
        return Mask(ids, Segments.of_labels(np.arange(low, high + 1)), **more)  # type: ignore[arg-type]
    return Mask.from_labels(values.astype(np.int64, copy=False), **more)


def _whole(values: NDArray[np.generic]) -> NDArray[np.int64]:
    """(H, W) int64 of (H, W) floats that are all whole numbers."""
    for kind, bad in (("nan", np.isnan(values)), ("inf", np.isinf(values))):
        if bad.any():
            raise InputError(kind, f"{_where(values, bad)}, expected whole numbers", _ARG_MAX)
    if (bad := values != np.rint(values)).any():
        raise InputError("non_integral", f"{_where(values, bad)}, expected whole numbers", _ARG_MAX)
    if (bad := np.abs(values) > _LARGEST).any():
        raise InputError("label_range", f"{_where(values, bad)}, too large to be a label", "use smaller ids")
    return values.astype(np.int64)


def _where(values: NDArray[np.generic], bad: NDArray[np.bool_]) -> str:
    y, x = np.unravel_index(int(bad.argmax()), bad.shape)
    return f"{int(bad.sum())} pixels are not labels, the first is {values[y, x]} at x {x}, y {y}"
