"""What a command cost: CPU time, wall time and peak memory of one process and the workers it waited for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["INSPECT", "Cost", "markdown_table", "run"]

INSPECT = str(Path(sys.executable).with_name("inspect"))  # of this environment, not of the PATH


@dataclass(frozen=True)
class Cost:
    """cpu_s: user and system time; peak_mib: the largest resident set of the process or one of its workers."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def run(command: Sequence[str], accept: Sequence[int] = (0,)) -> Cost:
    """Run `command` to its end with its output thrown away. Raises RuntimeError for an exit code not in `accept`."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with process.stderr as pipe:
        complaint = pipe.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)  # the cost of this child alone, which RUSAGE_CHILDREN would add up
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in accept:
        raise RuntimeError(f"{' '.join(command)} exited {process.returncode}:\n{complaint}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere
    return Cost(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin, usage.ru_maxrss / unit)


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of which the first column is text and the others are numbers."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
