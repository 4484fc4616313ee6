"""What `inspect baseline` prints: the numbers of a file, and how a new one differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from inspector.cli_console import collected, new_console, plain, print_indented
from inspector.gates.words import change, number
from inspector.measures import MEASURES

if TYPE_CHECKING:
    from inspector.baseline_changes import Update
    from inspector.baselines import Change
    from inspector.runs import Run

__all__ = ["baseline_text", "update_text"]

NAMED = 5  # images that are named of each kind
CLASSES = 30  # that are listed of those that changed, those that lost most first
SHOWN_SETTINGS = ("tolerance", "boundary_width", "ignore", "missing", "unknown")


def baseline_text(file: str, record: Mapping[str, Any], run: Run) -> str:
    """The head of a baseline file."""
    console = new_console()
    console.print(f"[bold]{plain(file)}[/]: baseline of {plain(record['run'])}, {record['images']:,} images")
    if record["partial"]:
        console.print("[yellow]▲[/] the run had to leave input out: the numbers cover the other pairs only")
    console.print()
    table = _table("headline", "value")
    for name, value in record["headlines"].items():
        table.add_row(f"  {plain(_title(name))}", _value(value))
    console.print(table)
    console.print()
    table = _table("class", "IoU", "images")
    for each in record["classes"]:
        table.add_row(f"  {plain(each['name'])}", _value(each["iou"]), f"{each['images']:,}")
    console.print(table)
    settings = ", ".join(f"{name} {_setting(getattr(run.settings, name))}" for name in SHOWN_SETTINGS)
    tool = record["tool"]
    console.print()
    print_indented(console, f"[dim]{plain(settings)}; {plain(tool['name'])} {plain(tool['version'])}[/]", 2)
    return collected(console)


def update_text(file: str, before: str, after: str, update: Update) -> str:
    """What a new baseline changes."""
    console = new_console()
    console.print(f"[bold]{plain(file)}[/]: was of {plain(before)}, is of {plain(after)}")
    if update.is_empty:
        console.print("[green]✔[/] no number, no image and no definition changes")
        return collected(console)
    if update.definitions:
        console.print("[yellow]▲[/] the numbers mean other things than before:")
        for what, old, new in update.definitions:
            print_indented(console, f"{plain(what)}: was {plain(old)}; is {plain(new)}", 2)
    _print_numbers(console, update.numbers)
    for word, names in (
        ("new images", update.came),
        ("images that are gone", update.went),
        ("images with another truth", update.other_truth),
    ):
        _print_images(console, word, names)
    return collected(console)


def _print_numbers(console: Console, numbers: Sequence[Change]) -> None:
    headlines = [each for each in numbers if each.metric != "iou"]
    classes = sorted((each for each in numbers if each.metric == "iou"), key=_difference)
    if not numbers:
        console.print("  no number changes")
        return
    table = _table("number", "before", "after", "change")
    for each in headlines:
        table.add_row(f"  {plain(_title(each.metric))}", *_sides(each))
    for each in classes[:CLASSES]:
        table.add_row(f"  IoU of {plain(each.scope)}", *_sides(each))
    console.print(table)
    if len(classes) > CLASSES:
        console.print(f"  [dim]… and {len(classes) - CLASSES} classes that lost less, or gained more[/]")


def _difference(each: Change) -> float:
    """Rising: what lost most first, what has no difference last."""
    return float("inf") if each.before is None or each.after is None else each.after - each.before


def _sides(each: Change) -> tuple[str, str, str]:
    if each.before is None or each.after is None:
        return _value(each.before), _value(each.after), ""
    values = number(each.before, "fraction", each.after), number(each.after, "fraction", each.before)
    return *values, change(each.after - each.before, "fraction")


def _print_images(console: Console, word: str, names: Sequence[str]) -> None:
    if names:
        more = ", …" if len(names) > NAMED else ""
        print_indented(console, f"{len(names):,} {word}: {plain(', '.join(names[:NAMED]))}{more}", 2)


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(f"  {first}", overflow="fold")
    for title in others:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _title(name: str) -> str:
    return MEASURES[name].title if name in MEASURES else name.replace("_", " ").replace("iou", "IoU")


def _value(value: float | None) -> str:
    return "undefined" if value is None else number(value, "fraction")


def _setting(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    return str(value)
