"""What the tables of classes and images can show: their columns in words, and each class in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reports.formats import count, px, whole_percent
from reports.language import WORDS
from reports.rows import class_name
from reports.section_classes import why_undefined
from reports.words import CAUSES, METRICS, NO_CLASS

__all__ = ["class_columns", "class_rows", "image_columns"]

Record = dict[str, Any]

_SHOWN = frozenset(
    {"iou", "prediction_ratio", "precision", "recall", "boundary_f1", "boundary_iou", "nsd", "hd95_px", "images",
     "support_fraction"}
)  # fmt: skip
_KINDS = {  # of columns that are neither a ratio, nor a length, nor a percentage
    "images": "count",
    "images_predicted": "count",
    "missed": "count",
    "missed_small": "count",
    "gt_px": "px",
    "pred_px": "px",
    "tp_px": "px",
    "wrong_px": "px",
    "void_px": "px",
}
_IMAGE_SHOWN = frozenset({"miou", "pixel_accuracy", "boundary_f1", "wrong_px", "missed"})


def class_columns(document: Mapping[str, Any]) -> list[Record]:
    """Every column of the table of classes; `shown` is where it begins."""
    held = document.get("classes") or []
    words = WORDS.class_columns
    columns = [_told(key, term, _kind(key), key in _SHOWN) for key, term in METRICS.items()]
    for key in ("hd95_mm", "assd_mm"):
        if any(key in record for record in held):
            measure = key.removesuffix("_mm")
            term = METRICS[f"{measure}_px"]
            short = words.in_mm_short.format(measure=measure)
            definition = words.in_mm.format(definition=term.definition)
            columns.append(_column(key, term.title, short, definition, "length", False))
    columns += [_told(key, held, _kind(key), key in _SHOWN) for key, held in vars(words.numbers).items()]
    for cause in CAUSES:
        title = words.lost_to_cause.format(cause=cause.title)
        columns.append(_column(f"loss.{cause.key}", title, cause.title, cause.definition, "percent", False))
    for size, held in vars(WORDS.sizes).items():
        columns.append(_column(f"recall.{size}", held.column, held.title, held.definition, "percent", False))
    columns.append(_told("lost_to", words.lost_to, "text", False))
    columns.append(_told("taken_from", words.taken_from, "text", False))
    return columns


def class_rows(document: Mapping[str, Any], columns: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The classes of a cleaned document in index order; `notes` say why a number is undefined or not the whole."""
    keys = [str(column["key"]) for column in columns]
    return [_class_row(record, keys) for record in document.get("classes") or []]


def image_columns(keys: Iterable[str]) -> list[Record]:
    """The columns of the table of images for those measures that are known."""
    return [_told(key, getattr(WORDS.image_columns, key), _kind(key), key in _IMAGE_SHOWN) for key in keys]


def _told(key: str, words: Any, kind: str, shown: bool) -> Record:
    """A column in the words of the page: of a Term, or of a table of `reports.language`."""
    return _column(key, words.title, words.short, words.definition, kind, shown)


def _column(key: str, title: str, short: str, definition: str, kind: str, shown: bool) -> Record:
    return {"key": key, "title": title, "short": short, "definition": definition, "kind": kind, "shown": shown}


def _kind(key: str) -> str:
    if key in _KINDS:
        return _KINDS[key]
    return "ratio" if key == "prediction_ratio" else "length" if key.endswith("_px") else "percent"


def _class_row(record: Mapping[str, Any], keys: list[str]) -> Record:
    name = class_name(record)
    values = [_value(record, key) for key in keys]
    bounds = record.get("intervals") or {}
    return {
        "id": record.get("id"),
        "name": name.name,
        "color": name.color,
        "background": bool(record.get("background")),
        "values": values,
        "intervals": {key: bounds[key] for key in keys if bounds.get(key) and None not in bounds[key]},
        "notes": dict(_notes(record, zip(keys, values, strict=True))),
    }


def _value(record: Mapping[str, Any], key: str) -> float | str | None:
    part, _, rest = key.partition(".")
    if part == "loss":
        return (record.get("loss") or {}).get(rest)
    if part == "recall" and rest:
        return ((record.get("objects") or {}).get(rest) or {}).get("recall")
    if key in ("lost_to", "taken_from"):
        return ", ".join(_exchanged(other) for other in record.get(key) or [] if other.get("px"))
    return record.get(key)


def _exchanged(other: Mapping[str, Any]) -> str:
    """A class and how much went to it, or came from it: "car 12 %"."""
    name = NO_CLASS if other.get("id") is None else str(other.get("name"))
    share = other.get("fraction_of_gt")
    return f"{name} {px(other['px'])}" if share is None else f"{name} {whole_percent(share)}\u202f%"


def _notes(record: Mapping[str, Any], values: Iterable[tuple[str, float | str | None]]) -> Iterable[tuple[str, str]]:
    for key, value in values:
        if value is None:
            yield key, _why(record, key)
        elif key == "hd95_px" and record.get("hd95_infinite_images"):
            yield key, WORDS.classes.infinite_in.format(images=count(record["hd95_infinite_images"]))
        elif key == "prediction_ratio" and value == 0:
            yield key, WORDS.classes.none_predicted


def _why(record: Mapping[str, Any], key: str) -> str:
    part, _, rest = key.partition(".")
    if not record.get("gt_px") and not record.get("pred_px"):
        return str(WORDS.classes.never_both)
    if part == "recall" and rest:
        return str(getattr(WORDS.sizes, rest).none)
    cell = why_undefined(key.replace("_mm", "_px"), record)
    infinite: str = WORDS.classes.infinite
    return f"{infinite} {cell.note}" if cell.text == infinite else cell.note
