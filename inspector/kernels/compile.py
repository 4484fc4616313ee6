"""How every kernel is compiled: without the interpreter lock, and kept on disk between runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

__all__ = ["kernel"]


def kernel(function: Callable[..., Any]) -> Any:
    """numba.njit with the settings of this package. Division by zero follows numpy; floats are never reordered."""
    return numba.njit(nogil=True, cache=True, error_model="numpy")(function)

