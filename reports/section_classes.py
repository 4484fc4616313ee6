"""The table of classes, worst first: every number of a class, or why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import interval_bar
from reports.formats import UNDEFINED, count, interval, length, percent, plural, ratio, tenths
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of, worst_first
from reports.words import METRICS, Term

__all__ = ["Cell", "ClassRow", "Classes", "classes_of", "why_undefined"]

_COLUMNS = (
    "prediction_ratio", "precision", "recall", "boundary_f1", "boundary_iou", "nsd", "hd95_px", "assd_px",
)  # fmt: skip
_NEEDS = {"precision": "predicted", "recall": "true", "prediction_ratio": "true"}


@dataclass(frozen=True)
class Cell:
    """A number, or the words that stand in its place; `note` is a second line."""

    text: str
    defined: bool
    note: str = ""


@dataclass(frozen=True)
class ClassRow:
    """One class; `cells` follow the columns of the table. `absent` says why the class has no number at all."""

    name: ClassName
    absent: str
    iou: Cell
    bar: Markup
    cells: tuple[Cell, ...]
    images: str
    images_note: str
    support: str


@dataclass(frozen=True)
class Classes:
    """The section; `columns` are (key, term)."""

    columns: tuple[tuple[str, Term], ...]
    rows: tuple[ClassRow, ...]
    shown: str


def classes_of(document: Mapping[str, Any]) -> Classes:
    records = worst_first(document)
    columns = tuple((key, METRICS[key]) for key in _COLUMNS)
    return Classes(columns, tuple(_row(record) for record in records[:MOST_ROWS]), shown_of(len(records)))


def _row(record: Mapping[str, Any]) -> ClassRow:
    bounds = (record.get("intervals") or {}).get("iou")
    value = record.get("iou")
    label = WORDS.classes.spoken.format(name=record.get("name"), iou=percent(value))
    images, predicted = record.get("images") or 0, record.get("images_predicted")
    return ClassRow(
        name=class_name(record),
        absent="" if record.get("gt_px") or record.get("pred_px") else WORDS.classes.absent,
        iou=Cell(tenths(value), True, interval(bounds)) if value is not None else why_undefined("iou", record),
        bar=interval_bar(value, bounds, label),
        cells=tuple(_cell(key, record) for key in _COLUMNS),
        images=count(images),
        images_note=""
        if predicted is None or predicted == images
        else WORDS.classes.predicted_in.format(images=count(predicted)),
        support=percent(record.get("support_fraction")),
    )


def _cell(key: str, record: Mapping[str, Any]) -> Cell:
    value = record.get(key)
    if value is None:
        return why_undefined(key, record)
    if key == "prediction_ratio":
        return Cell(ratio(value), True, WORDS.classes.none_predicted if value == 0 else "")
    if key.endswith("_px"):
        infinite = record.get("hd95_infinite_images") if key == "hd95_px" else 0
        note = WORDS.classes.infinite_in.format(images=count(infinite)) if infinite else ""
        return Cell(length(value, ""), True, note)
    return Cell(tenths(value), True)


def why_undefined(key: str, record: Mapping[str, Any]) -> Cell:
    """Why there is no number: NaN is never shown without its reason."""
    gt, pred, words = record.get("gt_px"), record.get("pred_px"), WORDS.classes
    if _NEEDS.get(key) == "true" and not gt:
        return Cell(UNDEFINED, False, words.never_true)
    if _NEEDS.get(key) == "predicted" and not pred:
        return Cell(UNDEFINED, False, words.never_predicted)
    if key in ("hd95_px", "assd_px") and record.get("hd95_infinite_images"):
        images = plural(record["hd95_infinite_images"], WORDS.counted.images)
        return Cell(words.infinite, False, words.infinite_images.format(images=images))
    return Cell(UNDEFINED, False, words.no_boundary if key in _COLUMNS[3:] else words.not_measured)
