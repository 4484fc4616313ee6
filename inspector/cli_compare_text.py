"""What a person reads of a comparison: the verdict, and what changed, in tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import render
from rich.table import Table

from inspector.cli_console import collected, new_console, plain, print_indented
from inspector.comparison_verdicts import BETTER, NOT_SHOWN, UNTOLD, WORSE
from inspector.gates.words import change, number, points, span
from inspector.measures import MEASURES
from inspector.wording import count

__all__ = ["comparison_text"]

CLASSES_SHOWN, CAUSES_SHOWN, SLICES_SHOWN, IMAGES_SHOWN = 12, 6, 8, 3
UNSURE_SHOWN = 3  # classes, where none changed for sure
LONGEST_NAME = 28
TEXTS = ("number", "class", "cause", "size", "slice", "verdict")  # columns that are no numbers
GIVEN_UP = ("p", "images", "interval", "A")  # columns, in a narrow terminal
DECIDED = (WORSE, BETTER)
MARKS = {
    BETTER: "[green]▲ better[/]",
    WORSE: "[bold red]▼ worse[/]",
    NOT_SHOWN: "[dim]= none shown[/]",
    UNTOLD: "[yellow]? cannot tell[/]",
}
SIGNS = {BETTER: "[green]BETTER[/]", WORSE: "[red]WORSE[/]", NOT_SHOWN: "NO DIFFERENCE SHOWN", UNTOLD: "CANNOT TELL"}
CAUSES = {
    "missed_objects": "missed objects",
    "false_regions": "false regions",
    "boundary": "boundary",
    "partial_coverage": "partial coverage",
}

Record = Mapping[str, Any]


def comparison_text(document: Record, place: Path) -> str:
    """The tables of `inspect compare`. `place` is the folder that compare.json and the report lie in."""
    console = new_console()
    console.print(f"[bold]{SIGNS[document['verdict']]}[/]  {plain(document['sentence'])}")
    _print_how(console, document)
    _print_numbers(console, document["overall"])
    _print_classes(console, document["classes"])
    _print_causes(console, document["causes"])
    _print_sizes(console, document["sizes"])
    _print_slices(console, document["slices"])
    _print_images(console, document)
    console.print(f"\nreport: [bold]{plain(str(place / 'report.html'))}[/]", soft_wrap=True)
    return collected(console)


def _print_how(console: Console, document: Record) -> None:
    paired, a, b = document["paired"], document["a"], document["b"]
    groups = f" in {count(paired['groups'], 'group')}" if paired["groups"] != paired["images"] else ""
    share = number(paired["overlap_fraction"], "fraction", 1.0)
    text = (
        f"{count(paired['images'], 'image')} in both{groups} ({share} of the larger run); A is {plain(a['name'])}, "
        f"B is {plain(b['name'])}; {100 * document['confidence']:g} % intervals of B − A from "
        f"{document['resamples']:,} paired resamples; p by {document['correction']}"
    )
    print_indented(console, f"[dim]{text}[/]", 2)
    for note in document["notes"]:
        print_indented(console, f"[cyan]note[/] {plain(note)}", 2)


def _print_numbers(console: Console, rows: Sequence[Record]) -> None:
    console.print()
    _print_table(
        console,
        [
            {"number": MEASURES[row["metric"]].title, **_cells(row), "p": _p(row["p_adjusted"]), **_verdict(row)}
            for row in rows
        ],
    )


def _print_classes(console: Console, classes: Sequence[Record]) -> None:
    """The classes that changed for sure, the worst first; else those that changed most."""
    known = [row for row in classes if _known(row["delta"])]
    sure = sorted((row for row in known if row["verdict"] in DECIDED), key=lambda row: row["delta"])
    shown = sure or sorted(known, key=lambda row: -abs(row["delta"]))[:UNSURE_SHOWN]
    if len(shown) > CLASSES_SHOWN:
        half = CLASSES_SHOWN // 2
        shown = [*shown[:half], *shown[-half:]]
    changed = f"{len(sure)} of {count(len(classes), 'class', 'classes')} changed for sure"
    console.print(f"\n[bold]Classes, by IoU[/] [dim]({changed}{'' if sure else '; those that moved most:'})[/]")
    _print_table(
        console,
        [
            {"class": plain(row["name"]), **_cells(row), "p": _p(row["p_adjusted"]), "images": f"{row['images']:,}"}
            | _verdict(row)
            for row in shown
        ],
    )
    _print_more(console, len(sure) - len(shown), "between them")


def _print_causes(console: Console, causes: Sequence[Record]) -> None:
    moved = sorted((row for row in causes if _known(row["delta"]) and row["delta"]), key=lambda row: -abs(row["delta"]))
    if moved:
        console.print("\n[bold]What the loss moved by[/] [dim](shares of true or predicted pixels: a fall is good)[/]")
        names = [(plain(row["name"]), CAUSES.get(row["cause"], plain(row["cause"]))) for row in moved[:CAUSES_SHOWN]]
        _print_table(
            console,
            [{"class": name, "cause": cause, **_cells(row)} for (name, cause), row in zip(names, moved, strict=False)],
        )
        _print_more(console, len(moved) - CAUSES_SHOWN, "that moved less")


def _print_sizes(console: Console, sizes: Sequence[Record]) -> None:
    held = [row for row in sizes if _known(row["delta"])]
    if held:
        console.print("\n[bold]Objects found[/]")
        _print_table(console, [{"size": row["size"], **_cells(row), "objects": f"{row['n']:,}"} for row in held])


def _print_slices(console: Console, slices: Sequence[Record]) -> None:
    """Those that changed for sure first, then those that moved most."""
    if not slices:
        return
    order = sorted(slices, key=lambda row: (row["verdict"] not in DECIDED, -abs(_or(0.0, row["delta"]))))
    console.print("\n[bold]Slices, by mean IoU[/]")
    _print_table(
        console,
        [
            {"slice": plain(f"{row['column']}={row['value']}"), **_cells(row), "images": f"{row['n']:,}"}
            | _verdict(row)
            for row in order[:SLICES_SHOWN]
        ],
    )
    _print_more(console, len(slices) - SLICES_SHOWN, "slices")


def _print_images(console: Console, document: Record) -> None:
    images, least = document["images"], points(document["least_change"], "fraction")
    console.print(
        f"\n[bold]Images[/] {images['fixed_total']:,} fixed, {images['broken_total']:,} broken, "
        f"{images['unchanged']:,} unchanged [dim](own mean IoU changed by at least {least}, or not)[/]"
    )
    for kind, style in (("broken", "red"), ("fixed", "green")):
        for row in images[kind][:IMAGES_SHOWN]:
            text = f"[{style}]{kind}[/] {change(row['delta'], 'fraction')}: {plain(row['image'])}"
            print_indented(console, text, 2)
    without = sum(not row["pictures"] for kind in ("fixed", "broken") for row in images[kind])
    if without:
        what = f"{without:,} of the {images['shown']:,} images are without pictures: both runs must keep evidence"
        print_indented(console, f"[dim]{what}[/]", 2)


# ---------------------------------------------------------------------- tables


def _print_table(console: Console, rows: Sequence[Mapping[str, str]]) -> None:
    """Rows of markup by the title of their column; those of GIVEN_UP leave first where the terminal is narrow."""
    titles = _titles_that_fit(rows, console.width)
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for place, title in enumerate(titles):
        is_text = title in TEXTS
        table.add_column(
            f"  {title}" if place == 0 else title,
            justify="left" if is_text else "right",
            overflow="ellipsis",
            max_width=LONGEST_NAME if is_text else None,
            min_width=None if is_text else _width(rows, title),
            no_wrap=True,
        )
    for row in rows:
        table.add_row(*(f"  {row[title]}" if place == 0 else row[title] for place, title in enumerate(titles)))
    console.print(table)


def _titles_that_fit(rows: Sequence[Mapping[str, str]], width: int) -> list[str]:
    titles = list(rows[0]) if rows else []
    for title in GIVEN_UP:
        if 2 + sum(min(_width(rows, each), LONGEST_NAME) + 2 for each in titles) > width and title in titles:
            titles.remove(title)
    return titles


def _width(rows: Sequence[Mapping[str, str]], title: str) -> int:
    return max([cell_len(title), *(cell_len(render(row[title]).plain) for row in rows)])


def _cells(row: Record) -> dict[str, str]:
    """A, B, their difference, and its interval where the row may have one; – for what is undefined."""
    a, b = (_or(math.nan, row[side]) for side in ("a", "b"))
    cells = {side: number(x, "fraction", other) if _known(x) else "–" for side, x, other in (("A", a, b), ("B", b, a))}
    cells["B − A"] = change(row["delta"], "fraction").removesuffix(" points") if _known(row["delta"]) else "–"
    if "interval" in row:
        bounds = row["interval"]
        text = span(tuple(bounds), "fraction", signed=True) if bounds else "–"
        cells["interval"] = text.removesuffix(" points")
    return cells


def _verdict(row: Record) -> dict[str, str]:
    return {"verdict": MARKS[row["verdict"]]}


def _p(value: float | None) -> str:
    """Three digits, and never 0 of what is more."""
    p = _or(math.nan, value)
    return "–" if math.isnan(p) else "<0.001" if p < 0.001 else f"{p:.3f}"


def _known(value: float | None) -> bool:
    return value is not None and not math.isnan(value)


def _or(other: float, value: float | None) -> float:
    return other if value is None or math.isnan(value) else value


def _print_more(console: Console, left: int, what: str) -> None:
    if left > 0:
        console.print(f"  [dim]… and {left:,} more {what}: see compare.json[/]")
