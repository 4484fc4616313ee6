"""Which class is taken for which: the heat map, and the heaviest confusions as a list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import share_bar
from reports.charts_matrix import MOST_DRAWN, heat_map
from reports.formats import count, percent, px
from reports.language import WORDS
from reports.rows import ClassName, class_name
from reports.words import NO_CLASS

__all__ = ["Confusion", "ConfusionRow", "confusion_of"]

_HEAVIEST = 15


@dataclass(frozen=True)
class ConfusionRow:
    """So many pixels of one class were predicted as another."""

    true: ClassName
    predicted: ClassName
    px: str
    share: str
    bar: Markup


@dataclass(frozen=True)
class Confusion:
    """The section; `picture` is empty where there are too many classes to draw."""

    picture: Markup
    heaviest: tuple[ConfusionRow, ...]
    shown: str


def confusion_of(document: Mapping[str, Any]) -> Confusion:
    classes, confusion = document.get("classes") or [], document.get("confusion") or {}
    matrix = confusion.get("matrix") or []
    names = [class_name(record) for record in classes[: len(matrix)]]
    if not any(map(any, matrix)) or len(names) < len(matrix):
        return Confusion(Markup(""), (), "")
    columns = [*names, ClassName(NO_CLASS, "#808080")][: len(matrix[0])]
    drawable = len(names) <= MOST_DRAWN
    drawn = heat_map([n.name for n in names], [n.name for n in columns], matrix) if drawable else Markup("")
    off = [
        (value, row, column)
        for row, values in enumerate(matrix)
        for column, value in enumerate(values)
        if value and row != column
    ]
    off.sort(key=lambda cell: (-cell[0], cell[1], cell[2]))
    rows = tuple(
        _row(names[row], columns[column], value, value / sum(matrix[row])) for value, row, column in off[:_HEAVIEST]
    )
    return Confusion(drawn, rows, _shown(len(rows), len(off)))


def _shown(shown: int, n: int) -> str:
    return WORDS.lists.shown.format(shown=shown, n=count(n)) if n > shown else ""


def _row(true: ClassName, predicted: ClassName, value: int, share: float) -> ConfusionRow:
    label = WORDS.confusion.spoken.format(share=percent(share), name=true.name)
    return ConfusionRow(true, predicted, px(value), percent(share), share_bar(share, label))
