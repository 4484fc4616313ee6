"""Maps of segments that have a class each: COCO's panoptic PNG with its JSON, and Cityscapes' class x 1000 + number.

Formats: cocodataset.org ("panoptic segmentation": the colour is the id, R + 256 G + 256² B, 0 where there is none);
`*_gtFine_instanceIds.png` of cityscapesScripts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories, Category
from inspector.class_records import checked_records
from inspector.errors import InputError
from inspector.kernels.profile import encode_ids
from inspector.masks import Mask, Segments

__all__ = ["THOUSAND", "PanopticFile", "coco_mask", "read_panoptic_file", "thousands_mask"]

MAX_BYTES = 1 << 30
THOUSAND = 1000  # Cityscapes: class x 1000 + number of the object
AGAIN = "give the panoptic JSON that was written with these PNGs"


@dataclass(frozen=True, eq=False)
class PanopticFile:
    """A panoptic JSON: the segments of each PNG by its name, and the classes."""

    segments: Mapping[str, Segments]
    categories: Categories


def read_panoptic_file(path: Path) -> PanopticFile:
    """Raises InputError that names the file, what was found and what was expected."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError("too_large", f"the file has more than {MAX_BYTES >> 20} MiB", AGAIN, path=str(path))
        document = json.loads(path.read_bytes())
        categories = checked_records({"categories": document["categories"]}, str(path), shared_colors=True)[0]
        things = {record["id"]: record["isthing"] for record in categories}
        segments = {one["file_name"]: _segments(one["segments_info"], things) for one in document["annotations"]}
    except OSError as error:
        raise InputError("unreadable", f"it cannot be read: {error.strerror}", path=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise InputError("corrupt", f"it is not valid JSON: {error}", AGAIN, path=str(path)) from None
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        what = f"it is no panoptic JSON of COCO ({type(error).__name__}: {error})"
        reason = f"{what}; expected categories, and annotations with file_name and segments_info"
        raise InputError("panoptic_file", reason, AGAIN, path=str(path)) from None
    return PanopticFile(segments, Categories.of((Category(**record) for record in categories), f"file {path.name}"))


def _segments(infos: list[dict[str, Any]], things: Mapping[int, bool]) -> Segments:
    """The segments of one image in order of their ids, after an id 0 of none."""
    rows = sorted((int(info["id"]), int(info["category_id"]), int(info.get("iscrowd", 0))) for info in infos)
    original, category, crowd = np.array([(0, 0, 0), *rows], np.int64).T
    isthing = np.array([things.get(value, False) for value in category.tolist()], np.bool_)
    return Segments(original, category, isthing, crowd.astype(np.bool_))


def coco_mask(colours: NDArray[np.uint8], segments: Segments) -> Mask:
    """The mask of (H, W, 3) uint8 `colours`. Raises InputError for an id that the JSON does not list."""
    wide = colours.astype(np.int32)
    ids = wide[:, :, 0] | wide[:, :, 1] << 8 | wide[:, :, 2] << 16
    _, x0, x1, value = encode_ids(ids)
    present, at = np.unique(value, return_inverse=True)
    place = np.searchsorted(segments.original_id, present).clip(max=len(segments) - 1)
    unknown = present[segments.original_id[place] != present]
    if len(unknown):
        what = f"{len(unknown)} colours are no segment of the JSON, the first has the id {unknown[0]}"
        raise InputError("panoptic_ids", what, AGAIN)
    return Mask(np.repeat(place[at].astype(np.int32), x1 - x0).reshape(ids.shape), segments)


def thousands_mask(mask: Mask) -> Mask:
    """A label map of class x 1000 + n as segments. A value below 1000 is a class: all of it is one segment, or a crowd
    where the mask also has numbered objects of that class."""
    value = mask.segments.original_id
    numbered = value >= THOUSAND
    category = np.where(numbered, value // THOUSAND, value)
    _, _, _, ids = encode_ids(mask.ids)
    present = np.unique(ids)
    things = np.unique(category[present][numbered[present]])
    isthing = np.isin(category, things)
    return Mask(mask.ids, Segments(value, category, isthing, isthing & ~numbered))
