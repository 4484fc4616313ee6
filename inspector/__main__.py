"""Where the commands start: signals are answered before anything that takes time is imported."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from typing import NoReturn

__all__ = ["Stopped", "main", "start"]


class Stopped(SystemExit):
    """A signal asked us to end. It passes every `except Exception` on its way, and every `finally` runs."""


def _stop(number: int, frame: object) -> NoReturn:
    raise Stopped(128 + number)


def start(run: Callable[[], int], farewell: str) -> NoReturn:
    """Exit with the code that `run` returns, or on a signal with `farewell`. What `run` needs it imports itself."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        sys.exit(run())
    except Stopped:
        if sys.stderr:
            sys.stderr.write(f"interrupted; {farewell}\n")
        raise


def _run() -> int:
    from inspector.cli import run_command

    return run_command()


def main() -> NoReturn:
    """The command `inspect`, or `python -m inspector`."""
    start(_run, "a run folder is written whole or not at all")


if __name__ == "__main__":
    main()
