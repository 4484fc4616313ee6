"""Where the command `unet` starts: signals are answered before anything that takes time is imported."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

__all__ = ["Stopped", "main"]


class Stopped(SystemExit):
    """A signal asked us to end. It passes every `except Exception` on its way, and every `finally` runs."""


def _stop(number: int, frame: object) -> NoReturn:
    raise Stopped(128 + number)


def main() -> NoReturn:
    """The command `unet`, or `python -m unet`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        from unet.cli import run_command

        sys.exit(run_command())
    except Stopped:
        if sys.stderr:
            sys.stderr.write("interrupted; files are written whole or not at all\n")
        raise


if __name__ == "__main__":
    main()
