"""Instances: segments of one image, and files of many images in the panoptic format of COCO.

Kirillov et al., "Panoptic Segmentation", 2019 (arXiv 1801.00868); data format of cocodataset.org:
one PNG an image whose colour is the id of a segment, R + 256 G + 256² B, 0 where there is none, and one JSON with the
class, area and box of each segment.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.errors import EnvironmentFault
from inspector.png_writer import encode_rgb_png

__all__ = ["DOCUMENT", "PICTURES", "Panoptic", "Segment", "tidied", "write_panoptic"]

DOCUMENT, PICTURES = "panoptic.json", "panoptic"  # the file, and the folder beside it that its file names are in
LARGEST_ID = 256**3 - 1


@dataclass(frozen=True)
class Segment:
    """One segment of an image. `id` stands in the id map, `index` is its class index, `score` in [0, 1]."""

    id: int
    index: int
    score: float


@dataclass(frozen=True)
class Panoptic:
    """ids (H, W) int32: the segment of each pixel, 0 for none; every other value is the id of one of `segments`."""

    ids: NDArray[np.int32]
    segments: tuple[Segment, ...]


def tidied(ids: NDArray[np.integer[Any]], segments: Iterable[Segment], fuse: frozenset[int] = frozenset()) -> Panoptic:
    """The segments that have a pixel, numbered from 1.

    Those of a class index in `fuse` become one, with the best score: what is stuff (sky, road) has no instances.
    """
    present = set(np.unique(ids).tolist())
    kept: list[Segment] = []
    place: dict[int, int] = {}  # class index of stuff -> its place in `kept`
    table = np.zeros(max(present | {0}) + 1, np.int32)  # old id -> new id
    for segment in segments:
        if segment.id not in present:
            continue
        if segment.index in place:
            first = kept[place[segment.index]]
            kept[first.id - 1] = Segment(first.id, first.index, max(first.score, segment.score))
            table[segment.id] = first.id
            continue
        if segment.index in fuse:
            place[segment.index] = len(kept)
        kept.append(Segment(len(kept) + 1, segment.index, segment.score))
        table[segment.id] = len(kept)
    return Panoptic(table[ids], tuple(kept))


def write_panoptic(folder: Path, items: Iterable[tuple[str, Panoptic]], categories: Categories) -> Path:
    """Write folder/panoptic/IMAGE_ID.png of each (image_id, segments) as it comes, and folder/panoptic.json at the end.

    The ids of images are numbers where all image ids are (as COCO's are), else the image ids themselves. Without a
    class that is a thing, all are written as things: nobody said which are stuff. Returns the path of the JSON. Raises
    EnvironmentFault where a file cannot be written, ValueError for a segment without a pixel or an id above 2^24 - 1.
    """
    records = []
    for image_id, item in items:
        name = f"{image_id}.png"
        _write(folder / PICTURES / name, encode_rgb_png(_colours(item.ids)))
        height, width = item.ids.shape
        image = {"id": image_id, "file_name": name, "height": height, "width": width}
        records.append((image, _infos(item, categories)))
    document = _document(records, categories)
    _write(folder / DOCUMENT, json.dumps(document, ensure_ascii=False, indent=1).encode())
    return folder / DOCUMENT


def _document(records: list[tuple[dict[str, Any], list[dict[str, Any]]]], categories: Categories) -> dict[str, Any]:
    texts = [str(image["id"]) for image, _ in records]
    numbers = [int(text) if text.isascii() and text.isdigit() else -1 for text in texts]
    if -1 not in numbers and len(set(numbers)) == len(texts):
        for (image, _), number in zip(records, numbers, strict=True):
            image["id"] = number
    return {
        "images": [image for image, _ in records],
        "annotations": [
            {"image_id": image["id"], "file_name": image["file_name"], "segments_info": infos}
            for image, infos in records
        ],
        "categories": _category_records(categories),
    }


def _category_records(categories: Categories) -> list[dict[str, Any]]:
    unknown = not any(category.isthing for category in categories.classes)
    return [
        {"id": category.id, "name": category.name, "isthing": int(category.isthing or unknown), "color": color}
        for category, color in zip(categories.classes, categories.colors_rgb().tolist(), strict=True)
    ]


def _infos(item: Panoptic, categories: Categories) -> list[dict[str, Any]]:
    infos = []
    for segment in item.segments:
        pixels = item.ids == segment.id
        rows, columns = np.flatnonzero(pixels.any(axis=1)), np.flatnonzero(pixels.any(axis=0))
        if not len(rows):
            raise ValueError(f"segment {segment.id} has no pixel")
        top, left = int(rows[0]), int(columns[0])
        infos.append(
            {
                "id": segment.id,
                "category_id": categories.classes[segment.index].id,
                "area": int(pixels.sum()),
                "bbox": [left, top, int(columns[-1]) - left + 1, int(rows[-1]) - top + 1],
                "iscrowd": 0,
                "score": round(segment.score, 6),
            }
        )
    return infos


def _colours(ids: NDArray[np.int32]) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: the low byte in red, then green, then blue."""
    if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) <= LARGEST_ID:
        raise ValueError(f"ids of segments are 0 to {LARGEST_ID}")
    return np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)


def _write(path: Path, data: bytes) -> None:
    making = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        making.write_bytes(data)
        making.replace(path)
    except OSError as error:
        with suppress(OSError):
            making.unlink()
        raise EnvironmentFault(f"{path}: could not be written ({error.strerror})") from error
