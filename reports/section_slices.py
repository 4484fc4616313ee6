"""Parts of the data set that score differently from the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reports.formats import count, interval, probability, signed_points, tenths
from reports.language import WORDS
from reports.rows import listed, shown_of

__all__ = ["SliceRow", "Slices", "slices_of"]

_MOST = 60
_MOST_NAMED = 12  # values of a column that are not judged


@dataclass(frozen=True)
class SliceRow:
    """The images with one value in one column of the metadata."""

    column: str
    value: str
    images: str
    miou: str
    rest: str
    difference: str
    interval: str
    p: str
    verdict: str


@dataclass(frozen=True)
class Slices:
    """The section; `not_judged` are (column, its values) that hold too few images for a row of numbers."""

    rows: tuple[SliceRow, ...]
    shown: str
    not_judged: tuple[tuple[str, str], ...]


def slices_of(document: Mapping[str, Any]) -> Slices:
    records = document.get("slices") or []
    judged = sorted((s for s in records if s.get("difference") is not None), key=lambda s: s["difference"])
    shown = shown_of(len(judged), WORDS.lists.weakest_first, _MOST)
    return Slices(tuple(_row(record) for record in judged[:_MOST]), shown, tuple(_not_judged(records)))


def _not_judged(records: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(column, "value (images), …")."""
    few: dict[str, list[str]] = {}
    for record in records:
        if record.get("difference") is None:
            value = f"{record.get('value')} ({count(record.get('images'))})"
            few.setdefault(str(record.get("column")), []).append(value)
    yield from ((column, listed(values, _MOST_NAMED)) for column, values in few.items())


def _row(record: Mapping[str, Any]) -> SliceRow:
    return SliceRow(
        column=str(record.get("column")),
        value=str(record.get("value")),
        images=count(record.get("images")),
        miou=tenths(record.get("miou")),
        rest=tenths(record.get("miou_rest")),
        difference=signed_points(record.get("difference")),
        interval=interval(record.get("interval")),
        p=probability(record.get("p_adjusted")),
        verdict=str(record.get("verdict") or ""),
    )
