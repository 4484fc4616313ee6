"""A cheap second look at a few pairs: would the prediction fit better flipped, turned, shifted or elsewhere?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_PAIRS", "POSES", "SecondLook", "choose", "look"]

MAX_PAIRS = 12  # enough that chance does not agree with itself, few enough to cost nothing
RUN = 2  # neighbours in the list are looked at together: a list that slipped by one is seen at once
GRID_PX = 1 << 16  # pixels of a pair that are compared for a pose
SIGNATURE = 48  # rows and columns kept of each side, to hold every prediction against every truth
MAX_SHIFT_PX = 32  # more is not a resampling slip
SCAN_LINES = 256  # rows and columns that are searched for boundaries
MAX_POINTS = 2048  # boundary places on each axis that a shift is judged by
MIN_POINTS = 64  # fewer say nothing about a shift
REACH_PX = 16  # points lie up to so far from a boundary: agreement then falls slowly, and a climb finds the top

Codes = NDArray[np.integer]
Floats = NDArray[np.float64]

#: pose -> how to undo it. A turn or a transposition keeps the size of square images only.
POSES: dict[str, Callable[[Codes], Codes]] = {
    "as is": lambda m: m,
    "flipped left to right": lambda m: m[:, ::-1],
    "flipped upside down": lambda m: m[::-1],
    "turned by 180 degrees": lambda m: m[::-1, ::-1],
    "transposed": lambda m: m.T,
    "turned by 90 degrees": lambda m: np.rot90(m, -1),
    "turned by 270 degrees": lambda m: np.rot90(m),
}


@dataclass(frozen=True, eq=False)
class SecondLook:
    """What P looked-at pairs say. Agreements are shares of equal labels among valid pixels, in [0, 1].

    images           image_index of each pair
    poses            (P, len(POSES)) agreement with the pose undone; NaN where impossible or nothing is valid
    shifts           (P, 2) int64: dx, dy in px by which the prediction is displaced (right and down positive)
    near_boundaries  (P, 2) agreement near true boundaries: as is, and with the shift undone; NaN: too few points
    across           (P, P) agreement of prediction i with truth j; NaN for another size
    truths_alike, predictions_alike  (P, P) agreement of truths, and of predictions, with one another; the same NaN
    """

    images: tuple[int, ...]
    poses: Floats
    shifts: NDArray[np.int64]
    near_boundaries: Floats
    across: Floats
    truths_alike: Floats
    predictions_alike: Floats


@dataclass(frozen=True)
class _Glance:
    """One pair."""

    poses: Floats
    shift: tuple[int, int]
    near_boundaries: tuple[float, float]
    shape: tuple[int, int]
    gt: Codes  # (SIGNATURE, SIGNATURE) at most
    pred: Codes
    valid: NDArray[np.bool_]


def choose(n_images: int) -> tuple[int, ...]:
    """Which of n images to look at: all, or MAX_PAIRS in evenly spaced runs of RUN neighbours."""
    if n_images <= MAX_PAIRS:
        return tuple(range(n_images))
    starts = np.linspace(0, n_images - RUN, MAX_PAIRS // RUN).round().astype(int)
    return tuple(int(start) + step for start in starts for step in range(RUN))


def look(pairs: Iterable[tuple[Codes, Codes, NDArray[np.bool_]]], images: Sequence[int] | None = None) -> SecondLook:
    """Look at pairs of (gt (H, W), pred (H, W), valid (H, W) bool): class indices, and where the truth is not void.

    `images` gives the image_index of each pair (default: their order). Pairs are taken one at a time.
    """
    glances = list(starmap(_glance, pairs))  # lets go of a pair before it asks for the next
    count = len(glances)
    return SecondLook(
        images=tuple(images) if images is not None else tuple(range(count)),
        poses=np.array([g.poses for g in glances]).reshape(count, len(POSES)),
        shifts=np.array([g.shift for g in glances], np.int64).reshape(count, 2),
        near_boundaries=np.array([g.near_boundaries for g in glances]).reshape(count, 2),
        across=_compare(glances, lambda a, b: (a.pred, b.gt, b.valid)),
        truths_alike=_compare(glances, lambda a, b: (a.gt, b.gt, a.valid & b.valid)),
        predictions_alike=_compare(glances, lambda a, b: (a.pred, b.pred, a.valid & b.valid)),
    )


def _glance(gt: Codes, pred: Codes, valid: NDArray[np.bool_]) -> _Glance:
    rows, columns = (np.unique(np.linspace(0, side - 1, SIGNATURE).round().astype(int)) for side in gt.shape)
    grid = np.ix_(rows, columns)
    shift, near = _best_shift(gt, np.ascontiguousarray(pred), valid)
    return _Glance(_poses(gt, pred, valid), shift, near, gt.shape, gt[grid], pred[grid], valid[grid])


def _agreement(a: Codes, b: Codes, valid: NDArray[np.bool_]) -> float:
    """Share of equal labels among valid pixels; NaN without one."""
    counted = int(np.count_nonzero(valid))
    return int(np.count_nonzero((a == b) & valid)) / counted if counted else math.nan


def _poses(gt: Codes, pred: Codes, valid: NDArray[np.bool_]) -> Floats:
    """(len(POSES),) agreement on a grid of about GRID_PX pixels."""
    step = max(1, math.ceil(math.sqrt(gt.size / GRID_PX)))
    grid = (slice(step // 2, None, step),) * 2
    undone = (undo(pred) for undo in POSES.values())
    return np.array(
        [_agreement(gt[grid], view[grid], valid[grid]) if view.shape == gt.shape else math.nan for view in undone]
    )


def _compare(
    glances: list[_Glance], sides: Callable[[_Glance, _Glance], tuple[Codes, Codes, NDArray[np.bool_]]]
) -> Floats:
    """(P, P) agreement of one side of glance i with one side of glance j; NaN where their sizes differ."""
    table = np.full((len(glances), len(glances)), np.nan)
    for i, a in enumerate(glances):
        for j, b in enumerate(glances):
            if a.shape == b.shape:
                table[i, j] = _agreement(*sides(a, b))
    return table


# ---------------------------------------------------------------- a constant shift


def _best_shift(gt: Codes, pred: Codes, valid: NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[float, float]]:
    """((dx, dy), (agreement as is, agreement at the shift)): a coarse grid of shifts, then a climb in finer steps."""
    most = min(MAX_SHIFT_PX, min(gt.shape) // 8)
    points = _points(gt, valid, margin=most)
    if len(points) < MIN_POINTS or most < 1:
        return (0, 0), (math.nan, math.nan)
    labels = gt.ravel()[points]

    def score(shifts: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n,) agreeing points for each (dx, dy) of (n, 2)."""
        moved = points + (shifts[:, 1] * gt.shape[1] + shifts[:, 0])[:, None]
        return np.count_nonzero(pred.ravel()[moved] == labels, axis=1)

    best = np.zeros(2, np.int64)
    for step, around in ((8, 4), (4, 1), (2, 1), (1, 2), (1, 1)):
        best = _climb(score, best, step, around, most)
    agreeing = score(np.stack([np.zeros(2, np.int64), best]))
    return (int(best[0]), int(best[1])), (agreeing[0] / len(points), agreeing[1] / len(points))


def _climb(
    score: Callable[[NDArray[np.int64]], NDArray[np.int64]], start: NDArray[np.int64], step: int, around: int, most: int
) -> NDArray[np.int64]:
    """The best shift that can be reached from `start` by moves of up to `around` steps; the start where all tie."""
    reach = np.arange(-around, around + 1) * step
    moves = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
    moves = moves[np.argsort(np.abs(moves).sum(axis=1), kind="stable")]  # nearest first: ties stay near
    best = start
    while True:
        tried = np.clip(best + moves, -most, most)
        chosen = tried[int(np.argmax(score(tried)))]
        if (chosen == best).all():
            return best
        best = chosen


def _points(gt: Codes, valid: NDArray[np.bool_], margin: int) -> NDArray[np.int64]:
    """(n,) flat places of valid pixels up to REACH_PX from a true boundary, `margin` px or more from the image edge.

    Sampled evenly and without chance: places of change along some rows and some columns, each moved along its
    line by a distance that cycles from one point to the next, near ones more often.
    """
    height, width = gt.shape
    across_rows = _changes(gt)
    down_columns = _changes(gt.T)[:, ::-1]
    y, x = np.concatenate([across_rows, down_columns]).T
    inside = (y >= margin) & (y < height - margin) & (x >= margin) & (x < width - margin)
    points = (y * width + x)[inside]
    return points[valid.ravel()[points]]


def _changes(lines: Codes) -> NDArray[np.int64]:
    """(n, 2) (line, place): near changes along some of the lines of an (L, M) array, n <= MAX_POINTS."""
    step = max(1, math.ceil(len(lines) / SCAN_LINES))
    some = lines[step // 2 :: step]
    line, place = np.nonzero(some[:, 1:] != some[:, :-1])
    kept = np.linspace(0, len(line) - 1, min(len(line), MAX_POINTS)).astype(int)
    line, place = line[kept] * step + step // 2, place[kept]
    distance = (np.arange(len(line)) * 7) % (REACH_PX + 1)  # 7 and 17 share no divisor: all distances in turn
    distance = np.where(np.arange(len(line)) % 2, distance, distance // 8)  # every other point within 2 px
    side = np.where(np.arange(len(line)) // 2 % 2, 1 + distance, -distance)  # both sides of the change in turn
    return np.stack([line, np.clip(place + side, 0, lines.shape[1] - 1)], axis=1)
