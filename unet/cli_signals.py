"""Ctrl-C during a training: the first asks it to stop after the step at hand, the second stops at once."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

import click

__all__ = ["StopAsked", "graceful_stop"]


class StopAsked:
    """Whether a signal has asked the training to stop, and which (0: none)."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> bool:
        return self.number != 0


@contextlib.contextmanager
def graceful_stop() -> Iterator[StopAsked]:
    """Within the block the first SIGINT or SIGTERM is only noted; the next one does what it did before."""
    asked = StopAsked()
    earlier: dict[int, Callable[..., object] | int | None] = {}

    def note(number: int, frame: object) -> None:
        asked.number = number
        for each, handler in earlier.items():
            signal.signal(each, handler)
        click.echo("stopping after this step, with everything saved; once more to stop at once", err=True)

    for each in (signal.SIGINT, signal.SIGTERM):
        earlier[each] = signal.signal(each, note)
    try:
        yield asked
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
