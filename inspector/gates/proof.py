"""Which three images to open when a gate fails: those that cost its number most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gates.config import Gate
from inspector.gates.targets import name_of
from inspector.settings import SIZES
from inspector.tally import Tally

__all__ = ["MOST", "harm", "lowest_images"]

MOST = 3


def lowest_images(tally: Tally, gate: Gate, class_index: int | None) -> tuple[str, ...]:
    """Names of the images that cost the number of the gate most, the worst first; none that costs nothing."""
    cost = harm(tally, gate, class_index)
    order = np.argsort(-cost, kind="stable")[:MOST]
    return tuple(tally.image_ids[i] for i in order if cost[i] > 0)


def harm(tally: Tally, gate: Gate, class_index: int | None) -> NDArray[np.float64]:
    """(N,) float64: what each image costs the number that the gate is about, in wrong pixels or missed objects."""
    name = name_of(gate.metric)
    if name in ("object_recall", "missed_objects", "small_object_recall"):
        sizes = ["small"] if name == "small_object_recall" else [gate.size] if gate.size else list(SIZES)
        return sum(
            (_summed(tally, class_index, f"objects_{s}", f"objects_{s}_recalled") for s in sizes),
            np.zeros(tally.n_images),
        )
    if name == "false_region_px":
        return _summed(tally, class_index, "fp_segment_px")
    missed, false = _summed(tally, class_index, "gt_px", "tp_px"), _summed(tally, class_index, "pred_px", "tp_px")
    if name == "recall":
        return missed
    return false if name == "precision" else missed + false


def _summed(tally: Tally, class_index: int | None, column: str, less: str | None = None) -> NDArray[np.float64]:
    """(N,): a column of the class table by image, less another one."""
    values = tally.row(column) - (tally.row(less) if less else 0)
    if class_index is not None:
        values = np.where(tally.row("class_index") == class_index, values, 0)
    return np.bincount(tally.row("image_index"), values, tally.n_images).astype(np.float64)
