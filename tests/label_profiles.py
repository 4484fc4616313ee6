"""Label counts by definition: slow loops over the pixels, with components of scipy and shapes of scikit-image."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import regionprops

__all__ = ["class_counts", "objects_by_definition", "segment_counts", "shape_of"]

EIGHT = np.ones((3, 3), int)
SPECK = 10
Map = NDArray[Any]


def _parts(mask: Map) -> list[Map]:
    labels, count = ndimage.label(mask, EIGHT)
    return [labels == i for i in range(1, count + 1)]


def _touches(mask: Map) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def class_counts(classes: Map, class_id: int) -> dict[str, Any]:
    """Of one class of a map without ids."""
    mask = classes == class_id
    parts = _parts(mask)
    edge = np.ones(mask.shape, bool)
    edge[1:-1, 1:-1] = False
    small = [int(part.sum()) for part in parts if part.sum() < SPECK]
    return {
        "px": int(mask.sum()),
        "border_px": sum(int(part.sum()) for part in parts if _touches(part)),
        "edge_px": int((mask & edge).sum()),
        "largest_px": max((int(part.sum()) for part in parts), default=0),
        "components": sum(part.sum() >= SPECK for part in parts),
        "specks": [small.count(area) for area in range(SPECK)],
    }


def segment_counts(classes: Map, ids: Map, class_id: int) -> dict[str, int]:
    """Of one class of a map with ids (0: none); all of whose pixels are in a segment."""
    segments = {int(i): ids == i for i in np.unique(ids[classes == class_id]) if i}
    parts = _parts(classes == class_id)
    together = [[i for i, mask in segments.items() if (mask & part).any()] for part in parts]
    merged = {i for group in together if len(group) > 1 for i in group}
    split = [i for i, mask in segments.items() if sum(piece.sum() >= SPECK for piece in _parts(mask)) > 1]
    found = [any((mask & part).sum() / (mask | part).sum() > 0.5 for mask in segments.values()) for part in parts]
    return {
        "segments": len(segments),
        "merged": len(merged),
        "split": len(split),
        "found": sum(found),
        "components": sum(hit or part.sum() >= SPECK for hit, part in zip(found, parts, strict=True)),
    }


def shape_of(mask: Map) -> tuple[int, int, int]:
    """Area, pixels of the convex hull, squared radius of the largest circle inside."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (region,) = regionprops(mask.astype(np.int32))
    inside = ndimage.distance_transform_edt(np.pad(mask, 1)).max()
    return int(region.area), int(region.area_convex), round(float(inside) ** 2)


def objects_by_definition(classes: Map, class_id: int) -> list[tuple[int, int, int]]:
    """The shapes of the components of a class that are no specks."""
    return [shape_of(part) for part in _parts(classes == class_id) if part.sum() >= SPECK]
