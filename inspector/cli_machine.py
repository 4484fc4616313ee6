"""What the process may use of the machine: one thread of linear algebra, and enough address space to fail politely."""

from __future__ import annotations

import ctypes
import os
import sys

from inspector.errors import EnvironmentFault

__all__ = ["LEAST_MIB", "check_address_space", "keep_freed_memory", "prepare"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_KEPT_BYTES = 32 << 20  # glibc takes no larger threshold
LEAST_MIB = 768  # below it libraries do not start or, worse, wait for ever for memory (OpenBLAS does)


def prepare() -> None:
    """Before numpy is imported: --jobs says how many threads there are, and each thread of OpenBLAS costs 32 MiB."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    keep_freed_memory()


def keep_freed_memory() -> None:
    """glibc hands arrays of a mask's size back to the kernel each time they are freed, and every page of the next one
    is then a fault: up to a tenth of the time on 2 Mpx masks. Other C libraries have no such switch and need none."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _KEPT_BYTES)
        mallopt(_TRIM_THRESHOLD, 4 * _KEPT_BYTES)


def check_address_space() -> None:
    """Raise EnvironmentFault where `ulimit -v` leaves too little. Nothing to check where there is no such limit."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY and soft < LEAST_MIB << 20:
        raise EnvironmentFault(
            f"this process may use {soft >> 20} MiB of address space, inspect needs {LEAST_MIB}: raise `ulimit -v`"
        )
