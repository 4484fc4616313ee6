"""The confusion matrix as a heat map: rows true, columns predicted, colour by share of the row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from markupsafe import Markup

from reports.formats import percent, px, whole_percent
from reports.language import WORDS
from reports.svg import el, group

__all__ = ["MOST_DRAWN", "heat_map"]

MOST_DRAWN = 320  # classes; beyond that a cell is smaller than a pixel
_STEPS = 8  # of colour, by share of the row
_STRONG_FROM = 7  # steps so strong that a number on them changes its colour
_MOST_TITLES = 600  # cells that say their numbers; the rest is only drawn
_MOST_NUMBERED = 14  # classes whose cells hold their number
_MOST_NAMED = 45  # classes whose rows and columns hold their names
_LONGEST_NAME = 16


def heat_map(names: Sequence[str], columns: Sequence[str], matrix: Sequence[Sequence[int]]) -> Markup:
    """(K rows, K + 1 columns) whole numbers; the last column is predictions of no class."""
    k = len(names)
    side = 46 if k <= _MOST_NUMBERED else 24 if k <= 30 else 16 if k <= _MOST_NAMED else 5 if k <= 160 else 3
    left, top = (132, 112) if k <= _MOST_NAMED else (26, 26)
    width, height = left + side * len(columns) + 64, top + side * k + 8
    cells = _cells(matrix)
    drawn = [*_titled(cells[:_MOST_TITLES], names, columns, side), _plain(cells[_MOST_TITLES:], side)]
    numbers = _numbers(cells, side) if k <= _MOST_NUMBERED else []
    ground = el("rect", x=0, y=0, width=side * len(columns), height=side * k, class_="cell-ground")
    divider = el("line", x1=side * k, x2=side * k, y1=0, y2=side * k, class_="divider")
    labels = _names(names, columns, side) if k <= _MOST_NAMED else _sides(side * k)
    return el(
        "svg", el("g", ground, *drawn, *numbers, divider, *labels, transform=f"translate({left} {top})"),
        viewBox=f"0 0 {width} {height}", width=width, height=height, class_="chart heat", role="img",
        aria_label=WORDS.confusion.map_spoken.format(classes=k),
    )  # fmt: skip


_Cell = tuple[int, int, int, float]  # row, column, px, share of its row


def _cells(matrix: Sequence[Sequence[int]]) -> list[_Cell]:
    """The cells that are not 0, heaviest first."""
    cells = []
    for row, values in enumerate(matrix):
        total = sum(values)
        cells += [(row, column, value, value / total) for column, value in enumerate(values) if value]
    return sorted(cells, key=lambda cell: (-cell[2], cell[0], cell[1]))


def _step(share: float) -> int:
    """1.._STEPS; the root lets small confusions be seen."""
    return min(_STEPS, 1 + int(_STEPS * share**0.5))


def _colour(cell: _Cell) -> str:
    return f"{'hit' if cell[0] == cell[1] else 'miss'} s{_step(cell[3])}"


def _titled(cells: Sequence[_Cell], names: Sequence[str], columns: Sequence[str], side: int) -> list[Markup]:
    return [
        el(
            "rect",
            el("title", _told(names[row], columns[column], value, share)),
            x=column * side, y=row * side, width=side, height=side, class_=_colour((row, column, value, share)),
        )
        for row, column, value, share in cells
    ]  # fmt: skip


def _told(true: str, predicted: str, value: int, share: float) -> str:
    return str(WORDS.confusion.cell.format(true=true, predicted=predicted, px=px(value), share=percent(share)))


def _plain(cells: Sequence[_Cell], side: int) -> Markup:
    """Cells without words: one path for each colour, so that a large matrix stays a small page."""
    paths: defaultdict[str, list[str]] = defaultdict(list)
    for cell in cells:
        paths[_colour(cell)].append(f"M{cell[1] * side} {cell[0] * side}h{side}v{side}h-{side}z")
    return group(el("path", d="".join(parts), class_=colour) for colour, parts in sorted(paths.items()))


def _numbers(cells: Sequence[_Cell], side: int) -> list[Markup]:
    return [
        el(
            "text", whole_percent(share), x=(column + 0.5) * side, y=(row + 0.5) * side + 4, text_anchor="middle",
            class_="number strong" if _step(share) >= _STRONG_FROM else "number",
        )
        for row, column, _, share in cells
        if share >= 0.005
    ]  # fmt: skip


def _names(names: Sequence[str], columns: Sequence[str], side: int) -> list[Markup]:
    rows = [
        el("text", _short(name), x=-8, y=(row + 0.5) * side + 4, text_anchor="end", class_="axis")
        for row, name in enumerate(names)
    ]
    heads = [
        el("text", _short(name), class_="axis", transform=f"translate({(column + 0.5) * side + 4} -8) rotate(-52)")
        for column, name in enumerate(columns)
    ]
    return rows + heads


def _sides(length: int) -> list[Markup]:
    places = (
        (WORDS.confusion.side_true, f"translate(-10 {length / 2}) rotate(-90)"),
        (WORDS.confusion.side_predicted, f"translate({length / 2} -10)"),
    )
    return [el("text", words, class_="axis", text_anchor="middle", transform=place) for words, place in places]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
