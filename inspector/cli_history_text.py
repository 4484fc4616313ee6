"""What `inspect history` prints: a line for each run, and for each headline number how it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from inspector.cli_console import collected, new_console, plain
from inspector.cli_gate_text import STYLES
from inspector.gates.words import SIGNS, change, number

if TYPE_CHECKING:
    from inspector.history import Entry

__all__ = ["history_text", "sparkline"]

RUNS = 20
HEADLINES = (
    ("miou", "mean IoU"),
    ("mean_image_iou", "mean image IoU"),
    ("mean_dice", "mean Dice"),
    ("pixel_accuracy", "pixel accuracy"),
    ("boundary_f1", "boundary F1"),
    ("boundary_iou", "boundary IoU"),
    ("small_object_recall", "small objects found"),
)
LISTED = ("miou", "boundary_f1", "small_object_recall")  # a column each in the table of runs
BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"  # in a sparkline, where a number is undefined
COMMIT = 10  # digits


def history_text(found: Sequence[Entry]) -> str:
    """The last runs, the newest at the end, and their trends."""
    console, shown = new_console(), found[-RUNS:]
    if not shown:
        console.print("the history holds no run as yet: `inspect history add RUN`")
        return collected(console)
    of = f" of {len(found):,}" if len(found) > len(shown) else ""
    console.print(f"[bold]{len(shown)}{of} run{'' if len(found) == 1 else 's'}[/], the newest last")
    console.print(_runs(shown))
    console.print()
    _print_trends(console, shown)
    return collected(console)


def _runs(shown: Sequence[Entry]) -> Table:
    titles = dict(HEADLINES)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("  when (UTC)", no_wrap=True)
    table.add_column("label", overflow="fold")
    table.add_column("commit", no_wrap=True)
    table.add_column("images", justify="right", no_wrap=True)
    for name in LISTED:
        table.add_column(titles[name], justify="right")
    table.add_column("gates", no_wrap=True)
    for entry in shown:
        values = [_value(entry.headlines.get(name)) for name in LISTED]
        images = f"{entry.images:,}{' (partial)' if entry.partial else ''}"
        when, commit = entry.at[:16].replace("T", " "), (entry.commit or "")[:COMMIT]
        cells = (plain(entry.label), plain(commit), images, *values)
        table.add_row(f"  {plain(when)}", *cells, _verdict(entry))
    return table


def _print_trends(console: Console, shown: Sequence[Entry]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("  number", "trend", "lowest", "highest", "last", "since the run before"):
        left = title in ("  number", "trend")
        table.add_column(title, justify="left" if left else "right", no_wrap=True)
    for name, title in HEADLINES:
        values = [entry.headlines.get(name) for entry in shown]
        known = [value for value in values if value is not None]
        if known:
            ends = _value(min(known)), _value(max(known))
            table.add_row(f"  {title}", sparkline(values), *ends, _value(values[-1]), _change(values))
    console.print(table)


def sparkline(values: Sequence[float | None]) -> str:
    """A bar for each value, between the lowest and the highest of them; bars of one height where all are equal."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)

    def bar(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return BARS[min(int(share * len(BARS)), len(BARS) - 1)]

    return "".join(NOTHING if value is None else bar(value) for value in values)


def _change(values: Sequence[float | None]) -> str:
    """Of the last value since the run before."""
    last, before = values[-1], values[-2] if len(values) > 1 else None
    return "" if last is None or before is None else change(last - before, "fraction")


def _value(value: float | None) -> str:
    return "undefined" if value is None else number(value, "fraction")


def _verdict(entry: Entry) -> str:
    if entry.verdict == "none":
        return "[dim]none[/]"
    style = STYLES.get(entry.verdict, "dim")
    strict = " (strict)" if entry.failed and entry.verdict == "inconclusive" else ""
    return f"[{style}]{SIGNS.get(entry.verdict, '–')} {plain(entry.verdict)}[/]{strict}"
