"""Dividing whole numbers honestly: 0/0 is NaN, and means say what they skip."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["mean_defined", "ratio"]


def ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> NDArray[np.float64]:
    """numerator / denominator as float64, NaN where the denominator is 0. Shapes broadcast."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(denominator) == 0, np.nan, np.divide(numerator, denominator))


def mean_defined(values: NDArray[Any], axis: int = -1) -> Any:
    """Mean over `axis` of the values that are not NaN; NaN where there is none. No warning."""
    values = np.asarray(values, dtype=np.float64)
    defined = ~np.isnan(values)
    return ratio(np.where(defined, values, 0.0).sum(axis=axis), defined.sum(axis=axis))[()]
