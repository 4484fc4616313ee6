"""Which images prove a finding: those with most of its pixels, and where in them to look."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Evidence
from inspector.tally import Tally

__all__ = ["MAX_EVIDENCE", "from_cells", "from_images", "from_objects", "from_rows"]

MAX_EVIDENCE = 6  # images of one finding: a row of pictures a person takes in at once


def from_images(image_index: NDArray[Any], px: NDArray[Any]) -> tuple[Evidence, ...]:
    """The images with most `px`, each (image_index, px) entry added up; ties in image order; 0 is no evidence."""
    images, place = np.unique(image_index, return_inverse=True)
    totals = np.bincount(place.reshape(-1), px, len(images))
    worst = [i for i in np.argsort(-totals, kind="stable")[:MAX_EVIDENCE] if totals[i] > 0]
    return tuple(Evidence(int(images[i]), px=int(totals[i])) for i in worst)


def from_rows(tally: Tally, class_index: int, *columns: str) -> tuple[Evidence, ...]:
    """The images where a class has most pixels in `columns`, with the box of its largest loss where one is known.

    Loss along outlines or in parts is that of objects that are found: one missed whole would prove something else.
    """
    held = np.flatnonzero(tally.row("class_index") == class_index)
    px = sum(tally.row(name)[held] for name in columns)
    worst = from_images(tally.row("image_index")[held], np.asarray(px))
    if not any(name.startswith("fn") for name in columns):
        return worst  # objects are true ones: their boxes show what was lost, not what was invented
    found = "fn_segment_px" not in columns
    return tuple(Evidence(e.image_index, _box(tally, class_index, e.image_index, found=found), e.px) for e in worst)


def from_cells(tally: Tally, true: int, pred: int) -> tuple[Evidence, ...]:
    """The images where most pixels of class `true` are predicted as `pred`, with the box of the object taken."""
    held = np.flatnonzero((tally.cell("true_index") == true) & (tally.cell("pred_index") == pred))
    worst = from_images(tally.cell("image_index")[held], tally.cell("px")[held])
    return tuple(Evidence(e.image_index, _box(tally, true, e.image_index, pred), e.px) for e in worst)


def from_objects(tally: Tally, objects: NDArray[np.int64], px: NDArray[Any]) -> tuple[Evidence, ...]:
    """One piece of evidence for each of the worst objects (rows of the table), an image at most once."""
    found: dict[int, Evidence] = {}
    for place in np.argsort(-px, kind="stable"):
        image = int(tally.object("image_index")[objects[place]])
        if len(found) < MAX_EVIDENCE and image not in found and px[place] > 0:
            found[image] = Evidence(image, _corners(tally, int(objects[place])), int(px[place]))
    return tuple(found.values())


def _box(
    tally: Tally, class_index: int, image: int, taken_by: int | None = None, found: bool = False
) -> tuple[int, int, int, int] | None:
    """Of the true object of the class that lost most pixels in the image (to `taken_by`; of those `found`); None where
    none lost."""
    start, stop = np.searchsorted(tally.object("image_index"), (image, image + 1))
    rows = np.arange(start, stop)
    rows = rows[tally.object("class_index")[rows] == class_index]
    if taken_by is not None:
        rows = rows[tally.object("taken_by")[rows] == taken_by]
    if found:
        rows = rows[np.asarray(tally.object("matched"), np.bool_)[rows]]
    lost = tally.object("area_px")[rows] - tally.object("recalled_px")[rows]
    if not len(rows) or lost.max() <= 0:
        return None
    return _corners(tally, int(rows[np.argmax(lost)]))


def _corners(tally: Tally, row: int) -> tuple[int, int, int, int]:
    y0, x0, y1, x1 = (int(tally.object(name)[row]) for name in ("y0", "x0", "y1", "x1"))
    return y0, x0, y1, x1
