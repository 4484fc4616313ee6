"""`LabelCounts`: what the mask of one image holds, in whole numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CLASS_COLUMNS", "COLUMN", "KINDS", "OBJECT_COLUMNS", "SPECK_PX", "LabelCounts"]

#: What the values of a file are. classes: each value is a class; ids: each value is an object, 0 the background;
#: panoptic: segments that have a class each.
KINDS = ("classes", "ids", "panoptic")

SPECK_PX = 10  # a component below this is likelier a slip of the annotator's pen than an object
CLASS_COLUMNS = (
    "px",
    "border_px",  # in components that touch the edge of the image
    "edge_px",  # on the outermost rows and columns of the image
    "largest_px",  # of the largest component
    "components",  # 8-connected, of SPECK_PX and more; with ids also smaller ones that match an object
    "segments",  # objects with an id, undivided crowds left out; 0 without ids
    "merged",  # segments that share a component of the class with another one
    "split",  # segments in several pieces of SPECK_PX and more
    "found",  # components that match a segment (IoU above 0.5)
)
COLUMN = {name: index for index, name in enumerate(CLASS_COLUMNS)}
OBJECT_COLUMNS = ("class_id", "area_px", "hull_px", "radius_sq")


@dataclass(frozen=True, eq=False)
class LabelCounts:
    """One image. C classes occur in it; its objects are segments where there are ids, else components.

    shape       (H, W)
    void_px     pixels of ignored values, and in a panoptic map of no segment
    class_ids   (C,) int64, rising
    classes     (C, len(CLASS_COLUMNS)) int64
    specks      (C, SPECK_PX) int64: components by area below SPECK_PX, those that match a segment left out
    objects     (n, len(OBJECT_COLUMNS)) int64: each segment, or each component of SPECK_PX and more. hull_px: pixels of
                the convex hull; radius_sq: of the largest circle inside, in px² (both as in `region_shapes`)
    has_ids     whether objects are told apart by ids
    """

    shape: tuple[int, int]
    void_px: int
    class_ids: NDArray[np.int64]
    classes: NDArray[np.int64]
    specks: NDArray[np.int64]
    objects: NDArray[np.int64]
    has_ids: bool

    def column(self, name: str) -> NDArray[np.int64]:
        """(C,) int64"""
        return self.classes[:, COLUMN[name]]
