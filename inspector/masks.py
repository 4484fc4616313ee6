"""`Mask`: the one representation every reader returns, whatever the format or the task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Mask", "Segments"]


@dataclass(frozen=True)
class Segments:
    """A table with one row for each segment id of a mask; row i describes the pixels whose id is i.

    original_id  (S,) int64  the value in the file
    category_id  (S,) int64  the class; equal to original_id for a label map
    isthing      (S,) bool   countable; False for a label map
    iscrowd      (S,) bool   a thing region not split into instances
    """

    original_id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    isthing: NDArray[np.bool_]
    iscrowd: NDArray[np.bool_]

    @classmethod
    def of_labels(cls, values: NDArray[np.int64]) -> Segments:
        """The table of a label map: one segment for each category value (S,) int64."""
        values = np.asarray(values, dtype=np.int64)
        no = np.zeros(values.shape, dtype=np.bool_)
        return cls(values, values, no, no.copy())

    def __len__(self) -> int:
        return len(self.original_id)


@dataclass(frozen=True)
class Mask:
    """One decoded mask.

    ids       (H, W) uint8, uint16 or int32, C-contiguous: segment ids in [0, len(segments)). A row of
              `segments` may have no pixel (an 8-bit file simply keeps its values: 256 rows).
    segments  the table that gives each id its original value and category
    palette   (n, 3) uint8 colours of an indexed file, or None
    spacing   (sy, sx) size of a pixel in mm where the format says it, or None
    frame     hashable description of where the pixels lie (geotransform, affine), or None; two masks of
              a pair that both have one must agree
    notes     what a careful user wants to hear ("extension says .tif, content is PNG"); (kind, text) pairs
    """

    ids: NDArray[np.integer]
    segments: Segments
    palette: NDArray[np.uint8] | None = None
    spacing: tuple[float, float] | None = None
    frame: tuple[object, ...] | None = None
    notes: tuple[tuple[str, str], ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.ids.shape
        return height, width

    @classmethod
    def from_labels(cls, labels: NDArray[np.integer], **more: object) -> Mask:
        """The mask of an (H, W) array of category ids of any integer dtype, negative ids included.

        Values of 8 and 16 bits are kept as they are (no pass over the pixels); wider ones are made compact.
        Raises ValueError for another rank or dtype (floats are a reader's business), no pixel, or a label of 2^63
        and more.
        """
        labels = np.asarray(labels)
        if labels.ndim != 2 or labels.dtype.kind not in "iub" or not labels.size:
            raise ValueError(f"expected an (H, W) integer array, got {labels.dtype} of shape {labels.shape}")
        if labels.dtype == np.bool_:
            labels = labels.view(np.uint8)
        if labels.dtype in (np.uint8, np.uint16):
            values = np.arange(256 if labels.dtype == np.uint8 else 65536)
            ids = np.ascontiguousarray(labels)
        else:
            values, inverse = np.unique(labels, return_inverse=True)
            if values[-1] > np.iinfo(np.int64).max:
                raise ValueError(f"the label {values[-1]} does not fit into 64 bits with a sign")
            ids = np.ascontiguousarray(inverse.reshape(labels.shape).astype(np.int32))
        return cls(ids, Segments.of_labels(values), **more)  # type: ignore[arg-type]

    def values(self) -> NDArray[np.integer]:
        """(H, W) int64: the category id of each pixel (a copy; for people and tests, not for the hot path)."""
        return self.segments.category_id[self.ids]
