"""Where the IoU went: additive shares of each class's loss, by cause and by which class took part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import stacked_bar
from reports.formats import percent, px, tenths, whole_percent
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of, worst_first
from reports.words import CAUSES, NO_CLASS, SIZES, Cause

__all__ = ["Loss", "LossRow", "loss_of"]

_TAKERS = 3


@dataclass(frozen=True)
class LossRow:
    """One class: what of its union is right, and the parts of the loss. `parts` follow CAUSES.

    lost_to, taken_from   (class, how much), heaviest first
    """

    name: ClassName
    iou: str
    loss: str
    bar: Markup
    parts: tuple[str, ...]
    missed_sizes: str
    lost_to: tuple[tuple[str, str], ...]
    taken_from: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Loss:
    """The section; `rules` says how a wrong pixel gets its cause."""

    rows: tuple[LossRow, ...]
    causes: tuple[Cause, ...]
    rules: tuple[str, ...]
    shown: str


def loss_of(document: Mapping[str, Any]) -> Loss:
    classes = [c for c in worst_first(document) if c.get("iou") is not None and c.get("loss")]
    rows = tuple(_row(record) for record in classes[:MOST_ROWS])
    return Loss(rows, CAUSES, _rules(document.get("settings") or {}), shown_of(len(classes)))


def _row(record: Mapping[str, Any]) -> LossRow:
    iou, loss = record["iou"], record["loss"]
    shares = [loss.get(cause.key) or 0.0 for cause in CAUSES]
    parts = [
        (cause.key, share, f"{cause.title}: {percent(share)}") for cause, share in zip(CAUSES, shares, strict=True)
    ]
    spoken = "; ".join([f"right {percent(iou)}", *(title for _, share, title in parts if share)])
    return LossRow(
        name=class_name(record),
        iou=tenths(iou),
        loss=tenths(1 - iou),
        bar=stacked_bar([("kept", iou, f"right: {percent(iou)}"), *parts], f"{record['name']}: {spoken}"),
        parts=tuple(tenths(share) for share in shares),
        missed_sizes=_sizes(record.get("missed_by_size") or {}),
        lost_to=_takers(record.get("lost_to") or []),
        taken_from=_takers(record.get("taken_from") or []),
    )


def _sizes(missed: Mapping[str, Any]) -> str:
    return ", ".join(f"{px(missed[size])} {size}" for size in SIZES if missed.get(size))


def _takers(records: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    return tuple(_taker(record) for record in records[:_TAKERS] if record.get("px"))


def _taker(record: Mapping[str, Any]) -> tuple[str, str]:
    share = record.get("fraction_of_gt")
    how_much = px(record["px"]) if share is None else f"{whole_percent(share)}\u202f%"
    return NO_CLASS if record.get("id") is None else str(record.get("name")), how_much


def _rules(settings: Mapping[str, Any]) -> tuple[str, ...]:
    return (
        "The parts are shares of the pixels that are true or predicted, so with the IoU they sum to 100\u202f%.",
        *(f"{cause.title.capitalize()}: {cause.definition[0].lower()}{cause.definition[1:]}" for cause in CAUSES),
        f"The band of the boundary cause is {width(settings.get('error_width'))} wide; a wider band moves loss from "
        "partial coverage to boundary.",
        "A pixel's cause is looked for in this order: boundary, then the region it belongs to.",
    )


def width(value: float | None) -> str:
    """A length of the settings: below 1 it is a fraction of the image diagonal."""
    if value is None:
        return "as set"
    return f"{100 * value:g}\u202f% of the image diagonal" if value < 1 else px(value)
