"""What the sections share: the name of a class, the order of classes, and how many rows are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.formats import count
from reports.language import WORDS

__all__ = ["MOST_ROWS", "ClassName", "class_name", "listed", "shown_of", "worst_first"]

MOST_ROWS = 300  # classes in one table: a page of thousands of rows is read by nobody and opened by few
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class ClassName:
    """A class as it is named everywhere: a dot of its colour, and its name."""

    name: str
    color: str


def class_name(record: Mapping[str, Any]) -> ClassName:
    color = str(record.get("color"))
    return ClassName(str(record.get("name")), color if _COLOUR.fullmatch(color) else "#808080")


def worst_first(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The classes by IoU, lowest first; those without one last."""
    classes = document.get("classes") or []
    return sorted(classes, key=lambda c: (c.get("iou") is None, c.get("iou") or 0.0, -(c.get("gt_px") or 0)))


def listed(names: Sequence[object], most: int = 6) -> str:
    """ "a, b, c and 4 more"."""
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else WORDS.lists.more.format(names=shown, n=count(len(names) - most))


def shown_of(n: int, words: str = "", most: int = MOST_ROWS) -> str:
    """ "showing 300 of 4,096, worst first", or nothing where all are shown. `words`: another sentence than that."""
    return (words or WORDS.lists.worst_first).format(shown=count(most), n=count(n)) if n > most else ""
