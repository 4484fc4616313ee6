"""What becomes of a review: lists to relabel by, waivers for the gates, images for the next run to leave out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from inspector.review import TO_RELABEL, Item, reason_of
from inspector.review_run import Image, Placed, ReviewedRun

__all__ = [
    "COCO",
    "EXCLUDE",
    "RELABEL",
    "WAIVED",
    "WAIVERS",
    "exclude_csv",
    "files_of",
    "pages_to_relabel",
    "relabel_csv",
    "relabelled",
]

RELABEL, COCO, WAIVERS, EXCLUDE = "relabel.csv", "relabel.coco.json", "waivers.toml", "exclude.csv"
WAIVED = "accept"  # the verdict that becomes a waiver; a model error goes on counting
WAIVED_FOR = timedelta(days=90)  # after the verdict: long enough to train again, short enough to be looked at again
RELABEL_COLUMNS = (
    "image", "gt_path", "class_id", "class_name", "x", "y", "w", "h", "verdict", "note", "reviewer", "at",
)  # fmt: skip
NO_CLASS = "no class named"


def files_of(run: ReviewedRun, placed: Sequence[Placed]) -> dict[str, str]:
    """File name -> text. What `run.checked` gave goes in; the same items give the same texts."""
    return {
        RELABEL: relabel_csv(placed),
        COCO: _coco(run, placed),
        WAIVERS: _waivers(placed),
        EXCLUDE: exclude_csv(placed),
    }


def pages_to_relabel(placed: Iterable[Placed]) -> list[str]:
    """Images to relabel that a run cannot leave out: it leaves out files, and these share theirs with other images."""
    return list(dict.fromkeys(image.name for image, _ in relabelled(placed) if image.is_page))


def relabelled(placed: Iterable[Placed]) -> list[Placed]:
    """The items whose truth is at fault."""
    return [each for each in placed if each.item.verdict in TO_RELABEL]


# ---------------------------------------------------------------------- to relabel


def relabel_csv(placed: Iterable[Placed]) -> str:
    """One row for each item to relabel: x y w h in px of the mask, empty for a whole image."""
    return _csv(RELABEL_COLUMNS, [_relabel_row(*each) for each in relabelled(placed)])


def _relabel_row(image: Image, item: Item) -> list[Any]:
    sides = _xywh(item.box) if item.box else ("", "", "", "")
    of = ("" if item.class_id is None else item.class_id, item.class_name or "")
    return [image.name, image.gt_path, *of, *sides, item.verdict, item.note, item.reviewer, item.as_json()["at"]]


def _coco(run: ReviewedRun, placed: Iterable[Placed]) -> str:
    """The same as COCO: `id` of an image is its index in the run plus 1, `file_name` its true mask."""
    held = relabelled(placed)
    categories = [{"id": number, "name": name, "supercategory": ""} for number, name in run.classes.items()]
    unnamed = max(run.classes, default=0) + 1
    if any(item.class_id is None for _, item in held):
        categories.append({"id": unnamed, "name": NO_CLASS, "supercategory": ""})
    images = [
        {"id": image.index + 1, "file_name": image.gt_path, "height": image.height, "width": image.width}
        for image in dict.fromkeys(image for image, _ in held)
    ]
    document = {
        "info": {"description": f"to relabel, from the review of the run {run.identity}"},
        "images": images,
        "annotations": [_annotation(*each, number, unnamed) for number, each in enumerate(held, 1)],
        "categories": categories,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _annotation(image: Image, item: Item, number: int, unnamed: int) -> dict[str, Any]:
    x, y, w, h = _xywh(item.box or (0, 0, image.height, image.width))
    return {
        "id": number,
        "image_id": image.index + 1,
        "category_id": unnamed if item.class_id is None else item.class_id,
        "bbox": [x, y, w, h],
        "area": w * h,
        "iscrowd": 0,
        "segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h]],
        "attributes": {"verdict": item.verdict, "note": item.note, "whole_image": item.box is None},
    }


def _xywh(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    y0, x0, y1, x1 = box
    return x0, y0, x1 - x0, y1 - y0


# ---------------------------------------------------------------------- for the next run


def exclude_csv(placed: Iterable[Placed]) -> str:
    """What `--exclude` reads: a row for each image whose truth is at fault, without pages of files with several."""
    by_image: dict[str, list[Item]] = {}
    for image, item in relabelled(placed):
        if not image.is_page:
            by_image.setdefault(image.name, []).append(item)
    return _csv(("image", "reason"), [[name, reason_of(items)] for name, items in by_image.items()])


def _csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])  # lines end in CR LF, or a lone CR in a note would not be quoted
    return text.getvalue()


def _waivers(placed: Iterable[Placed]) -> str:
    """A waiver for each accepted item, for WAIVED_FOR after its verdict."""
    head = (
        "# Errors of the model that a person has looked at and accepts until a date, 90 days after the verdict.\n"
        "# Written by `inspect review apply`, read by `inspect gate RUN --waivers FILE`.\n"
    )
    return head + "".join(f"\n[[waivers]]\n{_waiver(item)}" for _, item in placed if item.verdict == WAIVED)


def _waiver(item: Item) -> str:
    pairs = [("image", _toml(item.image))]
    if item.class_name is not None:
        pairs += [("class", _toml(item.class_name)), ("class_id", str(item.class_id))]
    if item.box:
        pairs.append(("box", str(list(item.box))))
    pairs += [
        ("reason", _toml(" ".join(item.note.split()) or "accepted in review")),
        ("owner", _toml(item.reviewer.strip() or "unnamed reviewer")),
        ("until", (item.at + WAIVED_FOR).date().isoformat()),
    ]
    return "".join(f"{key} = {value}\n" for key, value in pairs)


def _toml(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
