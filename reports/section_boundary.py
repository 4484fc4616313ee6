"""How the boundary scores change with the tolerance and with the width of the band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts_lines import Curve, line_chart
from reports.formats import length, tenths
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of
from reports.section_loss import width

__all__ = ["Boundary", "BoundaryRow", "boundary_of"]

_NAMED = 4  # curves with a name: the weakest


@dataclass(frozen=True)
class BoundaryRow:
    """One class: boundary F1 at each tolerance, and where 90 % is reached."""

    name: ClassName
    values: tuple[str, ...]
    reached: str


@dataclass(frozen=True)
class Boundary:
    """The section; a chart is empty where no class has a curve. `heads` are (multiple, px)."""

    tolerance_chart: Markup
    trimap_chart: Markup
    heads: tuple[tuple[str, str], ...]
    rows: tuple[BoundaryRow, ...]
    shown: str
    tolerance: str
    band: str


def boundary_of(document: Mapping[str, Any]) -> Boundary:
    settings = document.get("settings") or {}
    classes = sorted(document.get("classes") or [], key=lambda c: _or(c.get("boundary_f1"), 2))
    curved = [record for record in classes if _defined(record.get("curve"), "boundary_f1")]
    trimaps = sorted(
        (record for record in classes if _defined(record.get("trimap_curve"), "iou")),
        key=lambda c: _or(c.get("trimap_iou"), 2),
    )
    return Boundary(
        tolerance_chart=line_chart(
            _curves(curved, "curve", "tolerance_multiples", "boundary_f1"),
            WORDS.boundary.axis_tolerance,
            WORDS.boundary.axis_f1,
        ),
        trimap_chart=line_chart(
            _curves(trimaps, "trimap_curve", "width_multiples", "iou"),
            WORDS.boundary.axis_band,
            WORDS.boundary.axis_trimap,
        ),
        heads=_heads(curved[0]["curve"]) if curved else (),
        rows=tuple(_row(record) for record in curved[:MOST_ROWS]),
        shown=shown_of(len(curved)),
        tolerance=width(settings.get("tolerance")),
        band=width(settings.get("boundary_width")),
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None else value


def _defined(curve: Mapping[str, Any] | None, key: str) -> bool:
    return any(value is not None for value in (curve or {}).get(key) or [])


def _curves(records: Sequence[Mapping[str, Any]], key: str, xs: str, ys: str) -> list[Curve]:
    return [
        Curve(str(record.get("name")), tuple(record[key][xs]), tuple(record[key][ys]), rank if rank < _NAMED else -1)
        for rank, record in enumerate(records[:MOST_ROWS])
    ]


def _heads(curve: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    multiples = curve["tolerance_multiples"]
    lengths = curve.get("tolerance_px_median") or []
    if not isinstance(lengths, list):  # one median, of the tolerance itself
        lengths = [lengths * multiple for multiple in multiples]
    words = [length(value) for value in lengths] + [""] * len(multiples)
    return tuple((f"{multiple:g}\u202f×", word) for multiple, word in zip(multiples, words, strict=False))


def _row(record: Mapping[str, Any]) -> BoundaryRow:
    reached = record.get("tolerance_at_90")
    values = tuple(tenths(value) for value in record["curve"]["boundary_f1"])
    at = WORDS.boundary.not_reached if reached is None else f"{reached:.3g}\u202f×"
    return BoundaryRow(class_name(record), values, at)
