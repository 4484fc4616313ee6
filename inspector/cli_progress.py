"""The progress bar of a long run: on stderr, and only where that is a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

__all__ = ["progress_bar"]

FIRST = "getting ready (the first run ever compiles for about half a minute)"


@contextlib.contextmanager
def progress_bar(
    quiet: bool, what: str = "pairs", first: str = FIRST
) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar with rate and remaining time, as the function to tell it (what is done, done, total); or None."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(first, total=None, rate="")

        def show(stage: str, done: int, total: int) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            rate = f"{speed:.0f} {what}/s" if speed else ""
            bar.update(task, description=stage, completed=done, total=total, rate=rate)

        yield show
