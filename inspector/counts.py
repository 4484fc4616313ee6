"""`Counts`: what one pair of masks adds to the tally: whole numbers, and the few distances of the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.settings import CURVE_MULTIPLES, SIZES, TRIMAP_MULTIPLES

__all__ = ["CLASS_COLUMNS", "COLUMN", "DISTANCES", "OBJECT_COLUMNS", "Counts"]

_CURVE = range(len(CURVE_MULTIPLES))
_TRIMAP = range(len(TRIMAP_MULTIPLES))

#: Whole-number columns of one class in one image, in the order of the last axis of `Counts.classes`.
CLASS_COLUMNS: tuple[str, ...] = (
    "gt_px",
    "pred_px",
    "tp_px",
    "contour_gt",
    "contour_gt_hit",
    "contour_pred",
    "contour_pred_hit",
    "boundary_inter_px",
    "boundary_union_px",
    "trimap_inter_px",
    "trimap_union_px",
    "fp_boundary_px",
    "fn_boundary_px",
    "fp_extent_px",
    "fn_extent_px",
    "fp_segment_px",
    "fn_segment_px",
    *(f"fn_segment_{size}_px" for size in SIZES),  # missed objects, by the size of the object
    *(f"objects_{size}" for size in SIZES),
    *(f"objects_{size}_recalled" for size in SIZES),
    *(f"contour_gt_hit_c{i}" for i in _CURVE),  # hits at CURVE_MULTIPLES[i] x tolerance
    *(f"contour_pred_hit_c{i}" for i in _CURVE),
    *(f"trimap_inter_t{i}_px" for i in _TRIMAP),  # at TRIMAP_MULTIPLES[i] x boundary width
    *(f"trimap_union_t{i}_px" for i in _TRIMAP),
    "band_gt_px",  # size of the inner band of the truth: equal to gt_px where boundary IoU degenerates to IoU
    "specks_gt",  # true components below 10 px
    "thin_gt",  # true 1-2 px runs whose id lies between those of their neighbours: what interpolation leaves
    "thin_pred",
    "edges_gt",  # all class changes along rows in the truth, the denominator of thin_gt
    "edges_pred",
)
COLUMN: dict[str, int] = {name: index for index, name in enumerate(CLASS_COLUMNS)}

#: Per-image floats of a class; averaged in image order where finite, never added.
DISTANCES: tuple[str, ...] = ("nsd", "hd95_px", "assd_px", "hd95_mm", "assd_mm")

#: Columns of one true object (8-connected component of a class, void removed).
OBJECT_COLUMNS: tuple[str, ...] = (
    "class_index",
    "y0", "x0", "y1", "x1",  # bounding box, half-open
    "area_px",
    "recalled_px",  # pixels predicted as its class
    "taken_by",  # class index that takes most of the rest; K: outside the list; -1: nothing is taken
    "taken_px",
    "best_inter_px", "best_union_px",  # with the predicted component of its class of highest IoU; 0, 0: none
    "swap_class", "swap_inter_px", "swap_union_px",  # with the best predicted component of another class; -1, 0, 0
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of one pair, for K classes.

    shape         (H, W) in px
    confusion     (K, K + 1) int64: rows true, columns predicted; the last column holds predictions outside the
                  class list (an ignore value on a valid pixel, or an unknown value under `unknown="wrong"`)
    void_px       pixels of the truth with an ignore value: in no count
    ignored_px    valid pixels predicted as an ignore value (part of the last column)
    classes       (K, len(CLASS_COLUMNS)) int64
    distances     (K, len(DISTANCES)) float64; NaN undefined, inf where one side is empty
    objects       (n, len(OBJECT_COLUMNS)) int64
    wrong_by_row, valid_by_row (H,) and wrong_by_column, valid_by_column (W,) int64: for seams and borders
    gt_hash, pred_hash   content hashes (of labels, not of files), hex
    kinds_by_width       (len(ERROR_MULTIPLES), 2, K, 3) int64: false negatives and false positives as boundary, extent
                         and segment at each width; None where one width was asked for
    """

    shape: tuple[int, int]
    confusion: NDArray[np.int64]
    void_px: int
    ignored_px: int
    classes: NDArray[np.int64]
    distances: NDArray[np.float64]
    objects: NDArray[np.int64]
    wrong_by_row: NDArray[np.int64]
    valid_by_row: NDArray[np.int64]
    wrong_by_column: NDArray[np.int64]
    valid_by_column: NDArray[np.int64]
    gt_hash: str
    pred_hash: str
    kinds_by_width: NDArray[np.int64] | None = None

    @property
    def valid_px(self) -> int:
        return int(self.confusion.sum())

    @property
    def correct_px(self) -> int:
        return int(np.trace(self.confusion))

    def column(self, name: str) -> NDArray[np.int64]:
        """(K,) int64."""
        return self.classes[:, COLUMN[name]]
