"""Where the IoU went: additive shares of each class's loss, by cause and by which class took part; and, apart from
that, what the score would rise by were a cause mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import stacked_bar
from reports.formats import of_diagonal, percent, plural, px, signed_points, tenths, whole_percent
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of, worst_first
from reports.section_sensitivity import Sensitivity, sensitivity_of
from reports.words import CAUSES, NO_CLASS, SIZES, Cause

__all__ = ["GainCell", "GainRow", "Gains", "Loss", "LossRow", "loss_of", "takers", "width"]

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
class GainCell:
    """Were one cause of one class mended: the rise of the mean IoU and of the class's IoU, in points.

    `first` marks the largest of its class.
    """

    miou: str
    iou: str
    first: bool


@dataclass(frozen=True)
class GainRow:
    """One class; `cells` follow CAUSES."""

    name: ClassName
    cells: tuple[GainCell, ...]


@dataclass(frozen=True)
class Gains:
    """What mending would give, largest first; no rows where the document does not say."""

    rows: tuple[GainRow, ...]
    rules: tuple[str, ...]
    shown: str


@dataclass(frozen=True)
class Loss:
    """The section; `rules` says how a wrong pixel gets its cause."""

    rows: tuple[LossRow, ...]
    causes: tuple[Cause, ...]
    rules: tuple[str, ...]
    shown: str
    gains: Gains
    sensitivity: Sensitivity | None


def loss_of(document: Mapping[str, Any]) -> Loss:
    classes = [c for c in worst_first(document) if c.get("iou") is not None and c.get("loss")]
    rows = tuple(_row(record) for record in classes[:MOST_ROWS])
    rules, gains = _rules(document.get("settings") or {}), _gains(document, classes)
    return Loss(rows, CAUSES, rules, shown_of(len(classes)), gains, sensitivity_of(document, classes))


def _row(record: Mapping[str, Any]) -> LossRow:
    iou, loss, words = record["iou"], record["loss"], WORDS.loss
    shares = [loss.get(cause.key) or 0.0 for cause in CAUSES]
    parts = [
        (cause.key, share, words.part.format(cause=cause.title, share=percent(share)))
        for cause, share in zip(CAUSES, shares, strict=True)
    ]
    told = "; ".join([words.right.format(iou=percent(iou)), *(title for _, share, title in parts if share)])
    spoken = words.spoken.format(name=record["name"], parts=told)
    return LossRow(
        name=class_name(record),
        iou=tenths(iou),
        loss=tenths(1 - iou),
        bar=stacked_bar([("kept", iou, words.right_title.format(iou=percent(iou))), *parts], spoken),
        parts=tuple(tenths(share) for share in shares),
        missed_sizes=_sizes(record.get("missed_by_size") or {}),
        lost_to=takers(record.get("lost_to") or []),
        taken_from=takers(record.get("taken_from") or []),
    )


def _sizes(missed: Mapping[str, Any]) -> str:
    return ", ".join(
        WORDS.loss.missed_size.format(px=px(missed[size]), size=getattr(WORDS.sizes, size).title)
        for size in SIZES
        if missed.get(size)
    )


def takers(records: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """(class, how much) of the first few of `lost_to` or `taken_from`."""
    return tuple(_taker(record) for record in records[:_TAKERS] if record.get("px"))


def _taker(record: Mapping[str, Any]) -> tuple[str, str]:
    share = record.get("fraction_of_gt")
    how_much = px(record["px"]) if share is None else f"{whole_percent(share)}\u202f%"
    return NO_CLASS if record.get("id") is None else str(record.get("name")), how_much


def _rules(settings: Mapping[str, Any]) -> tuple[str, ...]:
    words = WORDS.loss
    band = words.rule_width.format(width=width(settings.get("error_width")))
    return (words.rule_shares, *(cause.rule for cause in vars(WORDS.causes).values()), band, words.rule_order)


# ---------------------------------------------------------------------- what mending would give


def _gains(document: Mapping[str, Any], classes: Sequence[Mapping[str, Any]]) -> Gains:
    held = sorted((c for c in classes if c.get("gains")), key=lambda c: -max(_gain(c, cause) for cause in CAUSES))
    n = (document.get("overall") or {}).get("classes_in_mean") or len(classes)
    settings = document.get("settings") or {}
    words = WORDS.gains
    rules = (
        words.rule_pixel,
        words.rule_mean.format(classes=plural(n, WORDS.counted.classes)),
        words.rule_sum,
        words.rule_width.format(width=width(settings.get("error_width"))),
    )
    rows = tuple(GainRow(class_name(record), _gain_cells(record, n)) for record in held[:MOST_ROWS])
    return Gains(rows, rules, shown_of(len(held), WORDS.lists.largest_gain_first))


def _gain(record: Mapping[str, Any], cause: Cause) -> float:
    return float(record["gains"].get(cause.key) or 0.0)


def _gain_cells(record: Mapping[str, Any], classes: int) -> tuple[GainCell, ...]:
    gains = [_gain(record, cause) for cause in CAUSES]
    largest = gains.index(max(gains)) if max(gains) > 0 else -1
    return tuple(
        GainCell(signed_points(gain), signed_points(min(gain * classes, 1 - record["iou"])), place == largest)
        for place, gain in enumerate(gains)
    )


def width(value: float | None) -> str:
    """A length of the settings: below 1 it is a fraction of the image diagonal."""
    if value is None:
        return str(WORDS.common.as_set)
    return of_diagonal(value) if value < 1 else px(value)
