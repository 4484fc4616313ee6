"""The command as a user starts it: in this process, which is fast, or in one of its own, which can be limited."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from unittest import mock

from inspector.__main__ import main
from unet.__main__ import main as unet_main

__all__ = ["Outcome", "command_line", "inspect", "inspect_in_a_process", "unet"]


@dataclass(frozen=True)
class Outcome:
    """What a user sees of a run. peak_mib and cpu_s are of the process; 0 where there was none."""

    code: int
    out: str
    err: str
    peak_mib: float = 0.0
    cpu_s: float = 0.0


def command_line(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "inspector", *map(str, arguments)]


def inspect(*arguments: str | Path) -> Outcome:
    """`inspect ARGUMENTS` in this process, with the exit code and the two streams as a shell would see them."""
    return _here(main, "inspect", arguments)


def unet(*arguments: str | Path) -> Outcome:
    """`unet ARGUMENTS`, likewise."""
    return _here(unet_main, "unet", arguments)


def _here(main: Callable[[], NoReturn], name: str, arguments: Sequence[str | Path]) -> Outcome:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    code = 0
    with _streams(*streams), mock.patch.object(sys, "argv", [name, *map(str, arguments)]):
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
    return Outcome(code, *map(_text, streams))


@contextlib.contextmanager
def _streams(out: io.TextIOWrapper, err: io.TextIOWrapper) -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode("utf-8")


def inspect_in_a_process(
    *arguments: str | Path, folder: Path, env: Mapping[str, str] | None = None, timeout_s: float = 600
) -> Outcome:
    """`inspect ARGUMENTS` in a process whose output goes to files in `folder`."""
    paths = folder / "stdout", folder / "stderr"
    usage = folder / "usage"
    with paths[0].open("wb") as out, paths[1].open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCHER, usage, *command_line(*arguments)],
            stdout=out,
            stderr=err,
            env={**os.environ, **(env or {})},
            cwd=_ROOT,
            start_new_session=True,
        )
        with _killed_after(process, timeout_s):
            process.wait()
    code, peak_kib, cpu_s = json.loads(usage.read_text(encoding="utf-8"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return Outcome(code, *texts, peak_kib / 1024, cpu_s)


# The peak memory of a process counts what its parent held when it was started: so its parent is a small one.
_LAUNCHER = """\
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as file:
    json.dump([code, usage.ru_maxrss, usage.ru_utime + usage.ru_stime], file)
"""
_ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    import threading

    timer = threading.Timer(seconds, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
