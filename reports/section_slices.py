"""Parts of the data set that score differently from the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.formats import UNDEFINED, count, interval, signed_points, tenths

__all__ = ["SliceRow", "Slices", "slices_of"]

_MOST = 60


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
    """The section."""

    rows: tuple[SliceRow, ...]
    shown: str


def slices_of(document: Mapping[str, Any]) -> Slices:
    records = sorted(
        document.get("slices") or [], key=lambda s: (s.get("difference") is None, s.get("difference") or 0)
    )
    shown = f"showing {_MOST} of {count(len(records))}, weakest first" if len(records) > _MOST else ""
    return Slices(tuple(_row(record) for record in records[:_MOST]), shown)


def _row(record: Mapping[str, Any]) -> SliceRow:
    return SliceRow(
        column=str(record.get("column")),
        value=str(record.get("value")),
        images=count(record.get("images")),
        miou=tenths(record.get("miou")),
        rest=tenths(record.get("miou_rest")),
        difference=signed_points(record.get("difference")),
        interval=interval(record.get("interval")),
        p=_probability(record.get("p_adjusted")),
        verdict=str(record.get("verdict") or ""),
    )


def _probability(p: float | None) -> str:
    if p is None:
        return UNDEFINED
    return "<0.001" if 0 < p < 0.001 else f"{p:.3f}".rstrip("0").rstrip(".")
