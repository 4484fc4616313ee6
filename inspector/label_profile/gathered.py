"""`Gathered`: everything counted of one class, over all images."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.label_profile.counts import CLASS_COLUMNS, COLUMN, OBJECT_COLUMNS, SPECK_PX, LabelCounts

__all__ = ["Gathered", "gather"]

SPECKLED = 0.1  # of a class's pixels: with less in specks, its specks are slips of the pen


@dataclass(frozen=True, eq=False)
class Gathered:
    """Sums over the images that the class is in.

    frame_px       pixels of those images
    columns        (len(CLASS_COLUMNS),) int64
    most_segments  in one image
    specks         (SPECK_PX,) int64: components by area
    objects        (n, len(OBJECT_COLUMNS)) int64
    typical_px     (n,) float64: median area of the objects of the class in the image of each
    """

    class_id: int
    images: int
    frame_px: int
    columns: NDArray[np.int64]
    most_segments: int
    specks: NDArray[np.int64]
    objects: NDArray[np.int64]
    typical_px: NDArray[np.float64]

    def __getitem__(self, name: str) -> int:
        return int(self.columns[COLUMN[name]])

    @property
    def components(self) -> int:
        return self["components"] + (int(self.specks.sum()) if self._drawn_in_specks else 0)

    @property
    def areas(self) -> NDArray[np.int64]:
        """(n,) px of each object: segment, or component; specks where the class is drawn in them."""
        small = np.repeat(np.arange(SPECK_PX), self.specks if self._drawn_in_specks else 0)
        area = self.objects[:, OBJECT_COLUMNS.index("area_px")]
        return area if self["segments"] else np.concatenate([small, area])

    @property
    def has_shape(self) -> NDArray[np.bool_]:
        """(objects,): whether an object is large enough to have a shape."""
        return self.objects[:, OBJECT_COLUMNS.index("area_px")] >= SPECK_PX

    @property
    def solidity(self) -> NDArray[np.float64]:
        """(n,) of each object that has a shape: its area by that of its convex hull, in (0, 1]."""
        _, area, hull, _ = self.objects[self.has_shape].T
        return area / hull

    @property
    def thinness(self) -> float:
        """Median, by area, of how many times an object is as large as the largest circle in it: half of the pixels lie
        in objects of at least this. 1 for a disc, 1.3 times length by width for a bar; NaN without a shape."""
        _, area, _, radius_sq = self.objects[self.has_shape].T
        if not len(area):
            return math.nan
        thin = area / (math.pi * radius_sq)
        order = np.argsort(thin, kind="stable")
        below = np.cumsum(area[order])
        return float(thin[order[np.searchsorted(2 * below, below[-1])]])

    @property
    def share_where_present(self) -> float:
        """Of the pixels of the images that it is in."""
        return self["px"] / self.frame_px

    @property
    def border_share(self) -> float:
        """Of its pixels, those in components that touch the edge of an image; NaN where all are crowds."""
        return self["border_px"] / self["px"] if self["components"] or self.specks.any() else math.nan

    @property
    def _drawn_in_specks(self) -> bool:
        in_specks = int((self.specks * np.arange(SPECK_PX)).sum())
        return not self["segments"] and in_specks > SPECKLED * self["px"]


def gather(counts: Iterable[LabelCounts]) -> dict[int, Gathered]:
    """By class id, rising."""
    seen: dict[int, list[tuple[LabelCounts, int]]] = {}
    for image in counts:
        for index, class_id in enumerate(image.class_ids.tolist()):
            seen.setdefault(class_id, []).append((image, index))
    return {class_id: _gathered(class_id, seen[class_id]) for class_id in sorted(seen)}


def _gathered(class_id: int, places: list[tuple[LabelCounts, int]]) -> Gathered:
    objects = [image.objects[image.objects[:, 0] == class_id] for image, _ in places]
    columns = np.array([image.classes[index] for image, index in places]).reshape(-1, len(CLASS_COLUMNS))
    return Gathered(
        class_id=class_id,
        images=len(places),
        frame_px=sum(image.shape[0] * image.shape[1] for image, _ in places),
        columns=columns.sum(axis=0),
        most_segments=int(columns[:, COLUMN["segments"]].max()),
        specks=np.sum([image.specks[index] for image, index in places], axis=0),
        objects=np.concatenate(objects),
        typical_px=np.concatenate([np.full(len(each), np.median(each[:, 1]) if len(each) else 0) for each in objects]),
    )
