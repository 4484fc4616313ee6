"""What a person reads of gates in the terminal: a line for each, then what was found where one does not pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from inspector.cli_console import collected, new_console, plain, print_indented

if TYPE_CHECKING:
    from inspector.gates.checks import Check
    from inspector.gates.judgement import Judgement

__all__ = ["gates_text", "print_gates"]

STYLES = {
    "pass": "green", "waived": "cyan", "inconclusive": "cyan", "warn": "yellow", "not-measured": "bold red",
    "fail": "bold red",
}  # fmt: skip


def gates_text(judgement: Judgement) -> str:
    """The table of `inspect gate`."""
    console = new_console()
    print_gates(console, judgement)
    return collected(console)


def print_gates(console: Console, judgement: Judgement) -> None:
    """The verdict, a line for each gate, and the sentences of those that do not pass, the worst first."""
    verdict = judgement.outcome.verdict
    counts = ", ".join(f"{number} {word}" for word, number in judgement.counts.items())
    source = f" [dim]({plain(judgement.source)})[/]" if judgement.source else ""
    console.print(f"[bold]Gates[/]: {_marked(verdict)} · {counts}{source}")
    console.print(_table(judgement))
    for check in judgement.ordered:
        if check.verdict != "pass":
            strict = " (fails, as --strict asks)" if _only_strict(judgement, check) else ""
            print_indented(console, f"{_marked(check.verdict)}{strict} {plain(check.id)}: {plain(check.message)}", 2)
    for text in (*judgement.outcome.proposals, *judgement.notes):
        print_indented(console, f"[cyan]note[/] {plain(text)}", 2)


def _table(judgement: Judgement) -> Table:
    from inspector.gates.judgement import shown_interval, shown_number

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("  verdict", no_wrap=True)
    table.add_column("gate", overflow="fold")
    table.add_column("number", justify="right", overflow="fold")
    table.add_column("interval", justify="right")
    table.add_column("expected", overflow="fold")
    for check in judgement.ordered:
        shown = (check.id, shown_number(check), shown_interval(check), check.expected)
        table.add_row(f"  {_marked(check.verdict)}", *map(plain, shown))
    return table


def _marked(verdict: str) -> str:
    from inspector.gates.words import SIGNS

    style = STYLES.get(verdict, "dim")
    return f"[{style}]{SIGNS.get(verdict, '–')} {verdict}[/]"


def _only_strict(judgement: Judgement, check: Check) -> bool:
    return judgement.fails(check) and check.verdict not in ("fail", "not-measured")
