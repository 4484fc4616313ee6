"""What `inspect gate metrics` prints: the numbers that a gate can be about."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from inspector.cli_console import collected, new_console, plain
from inspector.measures import ALIASES, MEASURES, Measure

__all__ = ["metric_records", "metrics_text"]

BETTER = {"high": "high", "low": "low", "one": "1 (neither more nor less)"}


def metric_records() -> list[dict[str, Any]]:
    """A record for each metric: its names, unit, which direction is good, and where it can be looked at."""
    return [
        {
            "name": name,
            "title": measure.title,
            "unit": measure.unit,
            "better": measure.better,
            "of": _forms(measure),
            "sizes": sorted(measure.sizes or ()),
            "also": sorted(other for other, meant in ALIASES.items() if meant == name),
        }
        for name, measure in MEASURES.items()
    ]


def metrics_text() -> str:
    """The records as a table."""
    console = new_console()
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("metric", "unit", "good is", "of", "by size", "also called"):
        table.add_column(title, overflow="fold")
    for record in metric_records():
        sizes = "yes" if record["sizes"] else ""
        shown = (record["name"], record["unit"], BETTER[record["better"]], " or ".join(record["of"]), sizes)
        table.add_row(*map(plain, (*shown, ", ".join(record["also"]))))
    console.print(table)
    console.print("\n  In one line: 'iou.person >= 0.6', 'object_recall.small.person >= 40%', 'iou.* >= main - 1%'")
    return collected(console)


def _forms(measure: Measure) -> list[str]:
    forms = {"all classes": measure.overall, "a class": measure.per_class}
    return [words for words, form in forms.items() if form is not None]
