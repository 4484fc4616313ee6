"""What the tables of classes and images can show: their columns in words, and each class in numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reports.formats import count, px, whole_percent
from reports.rows import class_name
from reports.section_classes import why_undefined
from reports.words import CAUSES, METRICS, NO_CLASS, SIZES

__all__ = ["class_columns", "class_rows", "image_columns"]

Record = dict[str, Any]

_SHOWN = frozenset(
    {"iou", "prediction_ratio", "precision", "recall", "boundary_f1", "boundary_iou", "nsd", "hd95_px", "images",
     "support_fraction"}
)  # fmt: skip
_NUMBERS = (
    ("images", "Images", "images", "Images with a true pixel of the class.", "count"),
    ("images_predicted", "Images predicted", "predicted in", "Images with a predicted pixel of the class.", "count"),
    ("support_fraction", "Share of the true pixels", "of true px", "Its true pixels / all true pixels.", "percent"),
    ("gt_px", "True pixels", "true px", "Scored pixels that are the class in the truth.", "px"),
    ("pred_px", "Predicted pixels", "predicted px", "Scored pixels that are predicted as the class.", "px"),
    ("tp_px", "Correct pixels", "correct px", "Pixels that are the class on both sides.", "px"),
)
_IMAGE = {
    "miou": ("Mean IoU", "mIoU", "Mean IoU of the image over the classes that are true or predicted in it.", "percent"),
    "pixel_accuracy": ("Pixel accuracy", "accuracy", "Correct pixels / scored pixels.", "percent"),
    "boundary_f1": ("Boundary F1", "bound. F1", "Mean over the classes of the image of their boundary F1.", "percent"),
    "boundary_iou": ("Boundary IoU", "bound. IoU", "Mean over its classes of their boundary IoU.", "percent"),
    "dice": ("Mean Dice", "Dice", "Mean over its classes of 2 × correct / (true + predicted pixels).", "percent"),
    "wrong_px": ("Wrong pixels", "wrong px", "Scored pixels whose class is not predicted.", "px"),
    "void_px": ("Pixels not scored", "void px", "Pixels whose true value is ignored.", "px"),
    "missed": ("Objects missed", "missed", "True objects that are not found; background left out.", "count"),
    "missed_small": ("Small objects missed", "small missed", "Small true objects that are not found.", "count"),
}
_IMAGE_SHOWN = frozenset({"miou", "pixel_accuracy", "boundary_f1", "wrong_px", "missed"})


def class_columns(document: Mapping[str, Any]) -> list[Record]:
    """Every column of the table of classes; `shown` is where it begins."""
    held = document.get("classes") or []
    columns = [
        _column(key, term.title, term.short, term.definition, _kind(key), key in _SHOWN)
        for key, term in METRICS.items()
    ]
    for key in ("hd95_mm", "assd_mm"):
        if any(key in record for record in held):
            term = METRICS[f"{key[:-3]}_px"]
            columns.append(_column(key, term.title, f"{key[:-3]} mm", f"{term.definition} In mm.", "length", False))
    columns += [_column(*words, words[0] in _SHOWN) for words in _NUMBERS]
    columns += [
        _column(f"loss.{cause.key}", f"Lost to {cause.title}", cause.title, cause.definition, "percent", False)
        for cause in CAUSES
    ]
    for size in SIZES:
        found = f"Share of its {size} true objects that are found."
        columns.append(_column(f"recall.{size}", f"{size.capitalize()} objects found", size, found, "percent", False))
    lost = "The classes that its wrong pixels were predicted as, and of how much of its true pixels."
    taken = "The classes whose pixels were predicted as it, and how much of their true pixels."
    columns.append(_column("lost_to", "Taken for", "taken for", lost, "text", False))
    columns.append(_column("taken_from", "Taken from", "taken from", taken, "text", False))
    return columns


def class_rows(document: Mapping[str, Any], columns: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The classes of a cleaned document in index order; `notes` say why a number is undefined or not the whole."""
    keys = [str(column["key"]) for column in columns]
    return [_class_row(record, keys) for record in document.get("classes") or []]


def image_columns(keys: Iterable[str]) -> list[Record]:
    """The columns of the table of images for those measures that are known."""
    return [_column(key, *_IMAGE[key], key in _IMAGE_SHOWN) for key in keys]


def _column(key: str, title: str, short: str, definition: str, kind: str, shown: bool) -> Record:
    return {"key": key, "title": title, "short": short, "definition": definition, "kind": kind, "shown": shown}


def _kind(key: str) -> str:
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
            yield key, f"infinite in {count(record['hd95_infinite_images'])}"
        elif key == "prediction_ratio" and value == 0:
            yield key, "none predicted"


def _why(record: Mapping[str, Any], key: str) -> str:
    part, _, rest = key.partition(".")
    if not record.get("gt_px") and not record.get("pred_px"):
        return "never true and never predicted"
    if part == "recall" and rest:
        return f"no {rest} objects"
    cell = why_undefined(key.replace("_mm", "_px"), record)
    return f"infinite {cell.note}" if cell.text == "infinite" else cell.note
