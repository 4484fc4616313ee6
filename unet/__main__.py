"""Where the command `unet` starts, as `inspect` does."""

from __future__ import annotations

from typing import NoReturn

from inspector.__main__ import start

__all__ = ["main"]


def _run() -> int:
    from unet.cli import run_command

    return run_command()


def main() -> NoReturn:
    """The command `unet`, or `python -m unet`."""
    start(_run, "files are written whole or not at all")


if __name__ == "__main__":
    main()
