"""Surface dice, robust Hausdorff distance and mean surface distance from the surface elements of both sides."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part
from inspector.kernels.nearest import squared_distances

__all__ = ["surface_distances"]

SHARE = 0.95 - 1e-12  # sums of roots: a share that is 0.95 exactly may come out a last digit below it
BINS = 4096  # whole squared distances below this are sorted by counting


@inlined
def _sums(squared, kinds, length_of, tolerance):
    """Length, length within the tolerance, and length times distance."""
    total = within = weighted = 0.0
    for i in range(len(squared)):
        distance, length = np.sqrt(squared[i]), length_of[kinds[i]]
        total += length
        weighted += distance * length
        within += length if distance <= tolerance else 0.0
    return total, within, weighted


@part
def _quantile_of_whole(squared, kinds, length_of, total, bins):
    """First whole squared distance, in rising order, at which the cumulative share of length reaches SHARE; -1 where
    that lies beyond the bins (BINS,) float64."""
    bins[:] = 0
    for i in range(len(squared)):
        if squared[i] < len(bins):
            bins[np.int64(squared[i])] += length_of[kinds[i]]
    reached = 0.0
    for square in range(len(bins)):
        reached += bins[square]
        if bins[square] > 0 and reached / total >= SHARE:
            return square
    return -1


@kernel
def _quantile(squared, kinds, length_of, total, whole, bins):
    """The first squared distance, sorted with its length, at which the cumulative share of length reaches SHARE."""
    if whole:
        found = _quantile_of_whole(squared, kinds, length_of, total, bins)
        if found >= 0:
            return np.float64(found)
    order = np.argsort(squared)
    reached = 0.0
    for i in order:
        reached += length_of[kinds[i]]
        if reached / total >= SHARE:
            return squared[i]
    return squared[order[-1]]


@kernel
def surface_distances(gt, pred, rows, small, sy, sx, tolerance, out):
    """Fill out (K, 3) float64 with nsd, hd95 and assd of each class, for pixels of sy x sx; NaN where neither side has
    a surface, 0, inf and inf where one has none. gt, pred: `Points`."""
    whole = sy == 1 and sx == 1
    diagonal = np.hypot(sy, sx)
    length_of = np.array([diagonal / 2, sx, sy, diagonal])
    bins = np.empty(BINS)
    gt_squared = squared_distances(gt, pred, rows, small, sy * sy, sx * sx, np.inf)
    pred_squared = squared_distances(pred, gt, rows, small, sy * sy, sx * sx, np.inf)
    for c in range(len(out)):
        a, b, d, e = gt.start[c], gt.end[c], pred.start[c], pred.end[c]
        if a == b and d == e:
            out[c, :] = np.nan
            continue
        if a == b or d == e:
            out[c, 0], out[c, 1], out[c, 2] = 0.0, np.inf, np.inf
            continue
        total, within, weighted = _sums(gt_squared[a:b], gt.kind[a:b], length_of, tolerance)
        other_total, other_within, other_weighted = _sums(pred_squared[d:e], pred.kind[d:e], length_of, tolerance)
        furthest = max(
            _quantile(gt_squared[a:b], gt.kind[a:b], length_of, total, whole, bins),
            _quantile(pred_squared[d:e], pred.kind[d:e], length_of, other_total, whole, bins),
        )
        out[c, 0] = (within + other_within) / (total + other_total)
        out[c, 1] = np.sqrt(furthest)
        out[c, 2] = (weighted + other_weighted) / (total + other_total)
