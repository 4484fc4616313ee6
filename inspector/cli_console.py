"""Text for the terminal: collected as wide as it is, plain in a pipe, with nothing in names that could do harm."""

from __future__ import annotations

import io
import os
from typing import cast

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from inspector.problems import visible

__all__ = ["collected", "new_console", "plain", "print_indented"]

NARROWEST = 60  # columns below which tables would be torn
PIPED = 110  # columns where no terminal says how many it has


def new_console() -> Console:
    """Collects text as wide as the terminal, but wide enough for the table. No colour under NO_COLOR, no styles in a
    pipe."""
    terminal = Console()
    width = terminal.width if terminal.is_terminal or "COLUMNS" in os.environ else PIPED
    written = io.StringIO()  # written by the caller: rich would end the process where a pipe is closed
    return Console(file=written, force_terminal=terminal.is_terminal, width=max(width, NARROWEST), highlight=False)


def collected(console: Console) -> str:
    """What was printed, without the spaces that fill wrapped lines."""
    text = cast(io.StringIO, console.file).getvalue()
    return "\n".join(line.rstrip(" ") for line in text.split("\n"))


def print_indented(console: Console, text: str, columns: int) -> None:
    console.print(Padding(text, (0, 0, 0, columns), expand=False))


def plain(text: str) -> str:
    """Text of unknown origin: control and direction characters spelled out, and no markup."""
    return escape(visible(str(text)))
