"""Named faults of a pipeline, each applied to a prediction: what most "bad models" turn out to be."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inspector.synthetic.noise import smooth_noise, stretch

__all__ = [
    "DUPLICATED",
    "FAULTS",
    "bordered",
    "interpolated",
    "off_by_one",
    "permuted",
    "rotated",
    "shifted",
    "tiled",
    "transposed",
]

DUPLICATED = "duplicated"  # a fault of the data set: some images occur twice


def shifted(pred: NDArray[np.uint8], dx: int = 7, dy: int = -4) -> NDArray[np.uint8]:
    """(H, W) uint8: the content moved dx px to the right and dy px down; the edge that comes free repeats the last."""
    height, width = pred.shape
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return pred[rows[:, None], columns[None, :]]


def transposed(pred: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, H) uint8: rows and columns exchanged. Raises ValueError unless square: other sizes would not pair at all."""
    if pred.shape[0] != pred.shape[1]:
        raise ValueError(f"expected a square prediction, got {pred.shape}: transposed it would not fit its truth")
    return np.ascontiguousarray(pred.T)


def rotated(pred: NDArray[np.uint8], quarter_turns: int = 2) -> NDArray[np.uint8]:
    """(H, W) uint8: turned counter-clockwise. Raises ValueError for an odd number of turns unless square."""
    if quarter_turns % 2 and pred.shape[0] != pred.shape[1]:
        raise ValueError(f"expected a square prediction, got {pred.shape}: turned it would not fit its truth")
    return np.ascontiguousarray(np.rot90(pred, quarter_turns))


def off_by_one(pred: NDArray[np.uint8], classes: int) -> NDArray[np.uint8]:
    """(H, W) uint8 in [0, classes): every class written as the one before it, class 0 as the last."""
    return _relabelled(pred, (np.arange(classes) - 1) % classes)


def permuted(pred: NDArray[np.uint8], classes: int) -> NDArray[np.uint8]:
    """(H, W) uint8 in [0, classes): neighbours 2k and 2k + 1 exchanged; a last odd class stays."""
    partner = np.arange(classes) ^ 1
    return _relabelled(pred, np.where(partner < classes, partner, np.arange(classes)))


def _relabelled(pred: NDArray[np.uint8], to: NDArray[np.int64]) -> NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    table[: len(to)] = to
    return table[pred]


def interpolated(labels: NDArray[np.uint8], factor: int = 2) -> NDArray[np.uint8]:
    """(H, W) uint8: resized down by `factor` and back up bilinearly *on the ids*: rims of other classes."""
    small = labels[::factor, ::factor].astype(np.float32)
    return np.rint(stretch(small, labels.shape)).astype(np.uint8)


def tiled(
    pred: NDArray[np.uint8], classes: int, rng: np.random.Generator, tile_px: int = 64, reach_px: int = 5
) -> NDArray[np.uint8]:
    """(H, W) uint8: about half of the pixels within `reach_px` of the seams of a tile grid take another class."""
    near = [_near_seam(length, tile_px, reach_px) for length in pred.shape]
    return _corrupted(pred, near[0][:, None] | near[1][None, :], classes, rng)


def bordered(pred: NDArray[np.uint8], classes: int, rng: np.random.Generator, share: float = 0.06) -> NDArray[np.uint8]:
    """(H, W) uint8: about half of the pixels within `share` of the shorter side of the edge take another class."""
    reach_px = max(1, round(share * min(pred.shape)))
    near = [np.minimum(np.arange(n), n - 1 - np.arange(n)) < reach_px for n in pred.shape]
    return _corrupted(pred, near[0][:, None] | near[1][None, :], classes, rng)


def _near_seam(length: int, tile_px: int, reach_px: int) -> NDArray[np.bool_]:
    to_seam = np.abs((np.arange(length) + tile_px // 2) % tile_px - tile_px // 2)
    inside = np.arange(length)
    return (to_seam < reach_px) & (inside >= reach_px) & (inside < length - reach_px)  # the image edge is no seam


def _corrupted(
    pred: NDArray[np.uint8], where: NDArray[np.bool_], classes: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    wrong = where & (smooth_noise(pred.shape, 6, rng) > 0)
    other = (pred + np.uint8(1 + rng.integers(max(1, classes - 1)))) % np.uint8(classes)
    return np.where(wrong, other, pred)


Fault = Callable[[NDArray[np.uint8], NDArray[np.uint8], int, np.random.Generator], NDArray[np.uint8]]

# name: (gt, pred, classes, rng) -> pred
FAULTS: dict[str, Fault] = {
    "shifted": lambda gt, pred, classes, rng: shifted(pred),
    "flipped": lambda gt, pred, classes, rng: np.ascontiguousarray(pred[:, ::-1]),
    "transposed": lambda gt, pred, classes, rng: transposed(pred),
    "rotated": lambda gt, pred, classes, rng: rotated(pred),
    "labels-off-by-one": lambda gt, pred, classes, rng: off_by_one(pred, classes),
    "labels-permuted": lambda gt, pred, classes, rng: permuted(pred, classes),
    "interpolated": lambda gt, pred, classes, rng: interpolated(pred),
    "tiled": lambda gt, pred, classes, rng: tiled(pred, classes, rng),
    "border": lambda gt, pred, classes, rng: bordered(pred, classes, rng),
    "identical": lambda gt, pred, classes, rng: gt.copy(),
}
