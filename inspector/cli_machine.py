"""What the process may use of the machine: one thread of linear algebra, and enough address space to fail politely."""

from __future__ import annotations

import os

from inspector.errors import EnvironmentFault

__all__ = ["LEAST_MIB", "check_address_space", "prepare"]

LEAST_MIB = 768  # below it libraries do not start or, worse, wait for ever for memory (OpenBLAS does)


def prepare() -> None:
    """Before numpy is imported: --jobs says how many threads there are, and each thread of OpenBLAS costs 32 MiB."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


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
