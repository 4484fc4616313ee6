"""What a person reads in the terminal: the numbers, the worst classes, what cost most, and where the report is."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

if TYPE_CHECKING:
    from inspector.pipeline import Inspection

__all__ = ["print_lint", "print_summary", "progress_bar"]

CLASSES_SHOWN = 12
FINDINGS_SHOWN = 3
FILES_SHOWN = 5
NARROWEST = 60
HEADLINES = (
    ("miou", "mIoU"),
    ("mean_image_iou", "mean image IoU"),
    ("mean_dice", "mean Dice"),
    ("pixel_accuracy", "pixel accuracy"),
    ("boundary_f1", "boundary F1"),
    ("boundary_iou", "boundary IoU"),
    ("small_object_recall", "small-object recall"),
)
MARKS = {"error": "[bold red]✖ error[/]", "warning": "[yellow]▲ warning[/]", "note": "[cyan]● note[/]"}


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """A bar with rate and remaining time on stderr, where that is a terminal; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

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
        task = bar.add_task("getting ready (the first run ever compiles for about half a minute)", total=None, rate="")

        def show(what: str, done: int, total: int) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            rate = f"{speed:.0f} pairs/s" if speed else ""
            bar.update(task, description=what, completed=done, total=total, rate=rate)

        yield show


def print_summary(inspection: Inspection) -> None:
    """The summary of a run on stdout."""
    console = _console()
    document = inspection.document
    _print_account(console, document)
    if not document["inputs"]["pairs"]:
        console.print("[bold red]no pair could be scored: there are no numbers[/]")
    else:
        _print_headlines(console, document)
        _print_classes(console, document)
        _print_findings(console, document)
    _print_places(console, inspection)


def print_lint(record: Mapping[str, Any], is_partial: bool) -> None:
    """The account of `inspect lint` on stdout."""
    console = _console()
    _print_account(console, {"inputs": record, "partial": is_partial}, verb="can be scored", all_files=True)
    if not is_partial:
        console.print("[green]✔[/] nothing wrong was found")


def _console() -> Console:
    """Wide enough for the table even in a narrow window; no colour under NO_COLOR, no styles in a pipe."""
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(highlight=False, width=110)
    return console if console.width >= NARROWEST else Console(highlight=False, width=NARROWEST)


def _print_account(
    console: Console, document: Mapping[str, Any], verb: str = "scored", all_files: bool = False
) -> None:
    inputs = document["inputs"]
    excluded, found = inputs["excluded"], inputs["found"]
    if document["partial"]:
        console.print(
            f"[bold red]PARTIAL[/]: {_count(len(excluded), 'file')} could not be used; "
            "the numbers cover the other pairs only"
        )
    policy = {"empty": "scored as predicting nothing", "skip": "left out"}.get(inputs["missing_policy"])
    missing = (
        f"; {inputs['missing_count']} without a prediction: {policy}" if policy and inputs["missing_count"] else ""
    )
    console.print(
        f"{_count(inputs['pairs'], 'pair')} {verb} "
        f"({_count(found['gt'], 'true mask')}, {_count(found['pred'], 'predicted mask')} found{missing})"
    )
    shown = excluded if all_files else excluded[:FILES_SHOWN]
    for record in shown:
        _print_item(console, "excluded", record["file"], record["reason"], record["fix"])
    if len(excluded) > len(shown):
        console.print(f"  … and {len(excluded) - len(shown)} more: see inputs.excluded in the document")
    notes = inputs["notes"]
    for note in notes if all_files else notes[:FILES_SHOWN]:
        _print_item(console, "note", note["path"], note["text"], "")
    if not all_files and len(notes) > FILES_SHOWN:
        console.print(f"  … and {len(notes) - FILES_SHOWN} more notes")


def _print_item(console: Console, word: str, path: str, text: str, fix: str) -> None:
    style = "red" if word == "excluded" else "cyan"
    tail = f" [dim]({_plain(fix)})[/]" if fix else ""
    console.print(Padding(f"[{style}]{word}[/] {_plain(path)}: {_plain(text)}{tail}", (0, 0, 0, 2)))


def _print_headlines(console: Console, document: Mapping[str, Any]) -> None:
    overall = document["overall"]
    skipped = overall["classes_skipped"]
    console.print()
    grid = Table.grid(padding=(0, 2))
    for _ in range(3):
        grid.add_column(justify="left")
    for name, title in HEADLINES:
        grid.add_row(
            f"  {title}", f"[bold]{_number(overall[name])}[/]", f"[dim]{_interval(overall['intervals'].get(name))}[/]"
        )
    console.print(grid)
    if skipped:
        names = ", ".join(_plain(name) for name in skipped[:8]) + (" …" if len(skipped) > 8 else "")
        console.print(f"  [dim]means leave out {_count(len(skipped), 'class', 'classes')} that never occur: {names}[/]")


def _print_classes(console: Console, document: Mapping[str, Any]) -> None:
    known = [record for record in document["classes"] if record["iou"] == record["iou"]]
    known.sort(key=lambda record: (record["iou"], record["id"]))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("  class", max_width=28, overflow="ellipsis", no_wrap=True)
    for title in ("IoU", "95 % interval", "precision", "recall", "pred/true", "boundary F1", "images"):
        table.add_column(title, justify="right", no_wrap=True)
    for record in known[:CLASSES_SHOWN]:
        table.add_row(
            f"  {_plain(record['name'])}",
            _number(record["iou"]),
            _interval(record["intervals"].get("iou")),
            *(_number(record[name]) for name in ("precision", "recall")),
            _ratio(record["prediction_ratio"]),
            _number(record["boundary_f1"]),
            str(record["images"]),
        )
    console.print()
    console.print(table)
    if len(known) > CLASSES_SHOWN:
        console.print(f"  [dim]… and {len(known) - CLASSES_SHOWN} classes with a higher IoU[/]")


def _print_findings(console: Console, document: Mapping[str, Any]) -> None:
    findings = document["findings"]
    console.print()
    if not findings:
        console.print("[green]✔[/] no finding: nothing stands out")
        return
    console.print(
        "[bold]What costs most[/]"
        + (f" [dim]({len(findings)} findings in all)[/]" if len(findings) > FINDINGS_SHOWN else "")
    )
    for finding in findings[:FINDINGS_SHOWN]:
        gain = f" [dim](worth {100 * finding['gain']:.1f} points of mIoU)[/]" if finding["gain"] >= 0.0005 else ""
        console.print(Padding(f"{MARKS[finding['severity']]}  {_plain(finding['title'])}{gain}", (0, 0, 0, 2)))
        if finding["advice"]:
            console.print(Padding(f"[dim]{_plain(finding['advice'])}[/]", (0, 0, 0, 4)))


def _print_places(console: Console, inspection: Inspection) -> None:
    if inspection.run_folder:
        console.print()
        console.print(f"report: [bold]{_plain(str(inspection.run_folder / 'report.html'))}[/]", soft_wrap=True)


def _plain(text: str) -> str:
    """Text of unknown origin: control and direction characters spelled out, and no markup."""
    return escape("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text)))


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _number(value: float | None) -> str:
    """Four digits, rounded so that 0 and 1 are shown only when they are exact."""
    if value is None or value != value:
        return "–"
    text = f"{value:.4f}"
    if text == "1.0000" and value != 1:
        return ">0.9999" if value < 1 else "1.0001"
    return "<0.0001" if text == "0.0000" and value != 0 else text


def _ratio(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.2f}"


def _interval(bounds: list[float] | None) -> str:
    return f"[{bounds[0]:.4f}, {bounds[1]:.4f}]".replace("[", "\\[", 1) if bounds else ""
