"""How every kernel is compiled: without the interpreter lock, and kept on disk between runs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

__all__ = ["entry", "inlined", "kernel", "part", "stamp_of"]

_njit: Any = numba.njit  # its type stubs lack the options that leave wrappers and reference counts out
# Division by zero follows numpy; floats are never reordered.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
# No way in from Python, and nothing in it counts references.
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}


def entry(function: Callable[..., Any]) -> Any:
    """What Python calls. Its machine code, with that of all it calls, is kept on disk where there is a place for it."""
    try:
        compiled = _njit(cache=True, no_cfunc_wrapper=True, **_OPTIONS)(function)
    except RuntimeError:  # no folder that may be written, neither ours nor the user's: compile at every start
        return _njit(no_cfunc_wrapper=True, **_OPTIONS)(function)
    # numba looks at the file of the function only; its code has the parts of other files in it.
    compiled._cache._cache_file._source_stamp = stamp_of(Path(function.__code__.co_filename))
    return compiled


def kernel(function: Callable[..., Any]) -> Any:
    """A step of an entry: it makes the arrays, and leaves the loops to parts."""
    return _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)(function)


def part(function: Callable[..., Any]) -> Any:
    """Loops over arrays that were made elsewhere. It must not make any: nothing in it counts references, because an
    atomic addition for each array of each call and slice would cost more than the work on a run."""
    return _njit(**_INNER, **_OPTIONS)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """A small part, made one with its callers: passing ten arrays costs more than it does."""
    return _njit(forceinline=True, **_INNER, **_OPTIONS)(function)


def stamp_of(file: Path, package: Path = Path(__file__).parent) -> str:
    """Hash of what the machine code of an entry depends on: the modules of this package, and its own file."""
    files = {file, *package.glob("*.py")}
    return hashlib.blake2b(b"\0".join(path.read_bytes() for path in sorted(files)), digest_size=16).hexdigest()
