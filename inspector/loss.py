"""Where the IoU of a class went: shares of its loss by cause and by whom, and what each would give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.errors import EnvironmentFault
from inspector.metrics import METRICS, Columns, mean_defined, ratio
from inspector.settings import SIZES

__all__ = [
    "CAUSES",
    "Exchange",
    "check_partition",
    "gain_of_wrong_pixels",
    "gains",
    "iou_of",
    "loss_shares",
    "lost_to",
    "miou_of",
    "missed_by_size",
    "names_of",
    "repaired",
    "taken_from",
    "union_px",
]

Floats = NDArray[np.float64]

NO_CLASS = "ignored or unknown values"  # what is predicted in the last column of the matrix

#: cause -> the columns of its false positives and of its false negatives; together every wrong pixel, each once.
CAUSES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "missed_objects": ((), ("fn_segment_px",)),
    "false_regions": (("fp_segment_px",), ()),
    "boundary": (("fp_boundary_px",), ("fn_boundary_px",)),
    "partial_coverage": (("fp_extent_px",), ("fn_extent_px",)),
}


@dataclass(frozen=True)
class Exchange:
    """Pixels that one class loses to, or takes from, another."""

    other: int | None  # class index; None: predicted as no class of the list: an ignored value, or an unknown one
    px: int
    fraction: float  # of the true pixels of the class


# ---------------------------------------------------------------- by cause


def union_px(columns: Columns) -> NDArray[Any]:
    """(..., K): pixels that are true or predicted, valid ones only."""
    return np.asarray(columns["gt_px"] + columns["pred_px"] - columns["tp_px"])


def loss_shares(columns: Columns) -> dict[str, Floats]:
    """Cause -> (..., K) float64 share of the union; over the causes they sum to 1 - IoU. NaN where the union is empty.

    Raises EnvironmentFault when the counts are no partition of the wrong pixels.
    """
    check_partition(columns)
    union = union_px(columns)
    return {cause: ratio(_px(columns, fp) + _px(columns, fn), union) for cause, (fp, fn) in CAUSES.items()}


def check_partition(columns: Columns) -> None:
    """Each wrong pixel of a class has exactly one cause, in whole numbers; else raise EnvironmentFault."""
    for side, index, total in (("false positives", 0, "pred_px"), ("false negatives", 1, "gt_px")):
        found = sum(_px(columns, names[index]) for names in CAUSES.values())
        wrong = columns[total] - columns["tp_px"]
        if not np.array_equal(np.broadcast_to(found, wrong.shape), wrong):
            raise EnvironmentFault(f"the causes of the {side} do not add up: {found} of {wrong} px")


def missed_by_size(columns: Columns) -> dict[str, NDArray[Any]]:
    """Size -> (..., K) pixels of true objects of that size that were missed whole; they sum to fn_segment_px."""
    return {size: columns[f"fn_segment_{size}_px"] for size in SIZES}


def gains(columns: Columns) -> dict[str, Floats]:
    """Cause -> (..., K): the rise of mIoU were exactly these pixels of this class right; 0 for an absent class.

    A false negative that becomes right joins the intersection and leaves the union as it is; a false positive
    that becomes right leaves the union. What the other class of such a pixel would gain as well is left out;
    where two classes are confused, `repaired` counts both sides.
    """
    union = union_px(columns)
    classes = np.count_nonzero(union > 0, axis=-1)[..., None]
    before = METRICS["iou"].compute(columns)
    tp_px = columns["tp_px"]
    mended = {cause: ratio(tp_px + _px(columns, fn), union - _px(columns, fp)) for cause, (fp, fn) in CAUSES.items()}
    # A class whose whole union is false positives has no value once they are gone: counted as no loss of its own.
    return {cause: np.nan_to_num(ratio(after - before, classes)) for cause, after in mended.items()}


def gain_of_wrong_pixels(columns: Columns, part: float) -> float:
    """Of mIoU, were a part in [0, 1] of all wrong pixels right, whatever their class: that part of 1 - mIoU.

    An estimate, for what strikes all classes alike (a flip, a seam).
    """
    miou = float(mean_defined(METRICS["iou"].compute(columns)))
    return float(np.nan_to_num(min(1.0, max(0.0, part)) * (1.0 - miou)))


def _px(columns: Columns, names: tuple[str, ...]) -> Any:
    return sum((columns[name] for name in names), np.zeros_like(columns["gt_px"]))


# ---------------------------------------------------------------- by whom


def lost_to(confusion: NDArray[np.int64], class_index: int) -> tuple[Exchange, ...]:
    """Who was predicted where the class is true, most first. `confusion` is (K, K + 1), rows true."""
    return _exchanges(confusion[class_index], class_index, int(confusion[class_index].sum()), len(confusion))


def taken_from(confusion: NDArray[np.int64], class_index: int) -> tuple[Exchange, ...]:
    """Who was true where the class is predicted, most first."""
    return _exchanges(confusion[:, class_index], class_index, int(confusion[class_index].sum()), len(confusion))


def _exchanges(px: NDArray[np.int64], class_index: int, gt_px: int, k: int) -> tuple[Exchange, ...]:
    others = [int(i) for i in np.argsort(-px, kind="stable") if px[i] > 0 and i != class_index]
    return tuple(
        Exchange(i if i < k else None, int(px[i]), int(px[i]) / gt_px if gt_px else float("nan")) for i in others
    )


def names_of(categories: Categories, exchanges: Sequence[Exchange], least_px: float = 0, most: int = 3) -> list[str]:
    """The first `most` of the exchanges by name, those of fewer than `least_px` pixels left out."""
    held = [e.other for e in exchanges if e.px >= least_px][:most]
    return [NO_CLASS if other is None else categories.names[other] for other in held]


# ---------------------------------------------------------------- what a repaired matrix would score


def iou_of(confusion: NDArray[np.int64]) -> Floats:
    """(K,) IoU of a (K, K + 1) matrix, NaN where the union is empty."""
    k = len(confusion)
    true = np.diagonal(confusion)
    return ratio(true, confusion.sum(axis=1) + confusion[:, :k].sum(axis=0) - true)


def miou_of(confusion: NDArray[np.int64]) -> float:
    """Mean IoU of a (K, K + 1) matrix over the classes with a union; NaN where there is none."""
    return float(mean_defined(iou_of(confusion)))


def repaired(confusion: NDArray[np.int64], cells: list[tuple[int, int]]) -> NDArray[np.int64]:
    """The matrix with the pixels of each (true, predicted) cell made right: moved to the diagonal of their row."""
    mended = confusion.copy()
    for true, pred in cells:
        mended[true, true] += mended[true, pred] if true != pred else 0
        mended[true, pred] = mended[true, pred] if true == pred else 0
    return mended
