"""A strip of stacked columns: how a whole divides, at a few settings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.svg import el, group

__all__ = ["Column", "strip"]

_WIDTH, _HEIGHT, _TOP, _FOOT = 176, 92, 4, 20
_GAP = 10  # px between columns


@dataclass(frozen=True)
class Column:
    """One setting: its word, its (class, share, title) parts in [0, 1], and whether it is the one in use."""

    word: str
    parts: tuple[tuple[str, float, str], ...]
    in_use: bool = False


def strip(columns: Sequence[Column], label: str) -> Markup:
    """Columns side by side, their parts stacked from below; a line under the one in use."""
    if not columns:
        return Markup("")
    step = _WIDTH / len(columns)
    drawn = [_column(column, place * step + _GAP / 2, step - _GAP) for place, column in enumerate(columns)]
    return el(
        "svg", *drawn, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart widths", role="img", aria_label=label
    )  # fmt: skip


def _column(column: Column, x: float, width: float) -> Markup:
    floor, parts = _HEIGHT - _FOOT, []
    level = float(floor)
    for class_, share, title in column.parts:
        if share > 0:
            height = share * (floor - _TOP)
            level -= height
            parts.append(el("rect", el("title", title), x=x, y=level, width=width, height=height, class_=class_))
    middle = x + width / 2
    class_ = "axis in-use" if column.in_use else "axis"
    parts.append(el("text", column.word, x=middle, y=_HEIGHT - 5, class_=class_, text_anchor="middle"))
    if column.in_use:
        parts.append(el("line", x1=x, x2=x + width, y1=floor + 3, y2=floor + 3, class_="whisker"))
    return group(parts)
