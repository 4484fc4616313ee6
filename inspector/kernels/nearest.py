"""Distances from the outline points of one side to those of the other, class by class, exact.

Points are listed by row, so those of a band of rows lie side by side in memory: the band around a point is searched
by brute force, in vector instructions, and widened until nothing outside it can be nearer.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["FAR", "contour_hits", "summarize_surfaces", "surface_distances"]

FIRST_BAND = 4  # rows on either side that are searched first: outlines of a fair model lie closer than that
WIDER = 4
FAR = np.int64(1) << 62
BINS = 4096  # squared distances below this are sorted by counting


@kernel
def _closest(ys, xs, y, x, wy, wx, best):
    """Smallest wy * dy^2 + wx * dx^2 from (y, x) to the points ys, xs (n,) int32; `best` if none is smaller.

    With whole weights all is whole numbers, and the compiler uses vector instructions.
    """
    for i in range(len(ys)):
        dy, dx = np.int64(ys[i]) - y, np.int64(xs[i]) - x
        best = min(best, wy * (dy * dy) + wx * (dx * dx))
    return best


@kernel
def _nearest(ys, xs, line, y, x, wy, wx, far, cap):
    """Smallest wy * dy^2 + wx * dx^2 from a point to a class; above `cap` any larger value may come back.

    ys, xs (n,) int32 in raster order; line (rows + 1,) int32: first point of each row; far: more than any distance,
    of the type of the weights.
    """
    rows = len(line) - 1
    reach = FIRST_BAND
    while True:
        top, bottom = max(0, y - reach), min(rows, y + reach + 1)
        low, high = line[top], line[bottom]
        best = _closest(ys[low:high], xs[low:high], y, x, wy, wx, far)
        beyond = wy * ((reach + 1) * (reach + 1))  # no point outside the band is nearer than this
        if best <= beyond or beyond > cap or (top == 0 and bottom == rows):
            return best
        reach *= WIDER


@kernel
def contour_hits(ys, xs, start, other_ys, other_xs, other_start, other_line, limits, hits):
    """Add to hits (K, T) int64 how many points of each class have a point of that class on the other side within
    each of the T rising limits (T,) int64: squared distances in half pixels, inclusive."""
    cap = limits[-1]
    for c in range(len(start) - 1):
        low, high = other_start[c], other_start[c + 1]
        if low == high:
            continue
        other_y, other_x, line = other_ys[low:high], other_xs[low:high], other_line[c]
        for i in range(start[c], start[c + 1]):
            d = _nearest(other_y, other_x, line, np.int64(ys[i]), np.int64(xs[i]), 1, 1, FAR, cap)
            t = len(limits)
            while t > 0 and d <= limits[t - 1]:
                t -= 1
                hits[c, t] += 1


@kernel
def surface_distances(ys, xs, start, other_ys, other_xs, other_start, other_line, wy, wx, far, squared):
    """Fill squared (n,) float64 with wy * dy^2 + wx * dx^2 to the nearest element of the same class on the other
    side; inf where that side has none. Points are in by_class order; the weights are int64 or float64."""
    for c in range(len(start) - 1):
        low, high = other_start[c], other_start[c + 1]
        other_y, other_x, line = other_ys[low:high], other_xs[low:high], other_line[c]
        for i in range(start[c], start[c + 1]):
            squared[i] = np.inf
            if low < high:
                squared[i] = _nearest(other_y, other_x, line, np.int64(ys[i]), np.int64(xs[i]), wy, wx, far, far)


@kernel
def _quantile_of_whole(squared, lengths, share):
    """As `_quantile`, for whole squared distances below BINS; -1 where the share lies beyond them."""
    total, bins = 0.0, np.zeros(BINS)
    for i in range(len(squared)):
        total += lengths[i]
        if squared[i] < BINS:
            bins[np.int64(squared[i])] += lengths[i]
    reached = 0.0
    for square in range(BINS):
        reached += bins[square]
        if bins[square] > 0 and reached / total >= share:
            return np.sqrt(np.float64(square))
    return -1.0


@kernel
def _quantile(squared, lengths, share, whole):
    """First distance, in rising order, at which the cumulative share of length reaches `share`."""
    if whole:
        found = _quantile_of_whole(squared, lengths, share)
        if found >= 0:
            return found
    order = np.argsort(squared)
    total, reached = lengths.sum(), 0.0
    for i in order:
        reached += lengths[i]
        if reached / total >= share:
            return np.sqrt(squared[i])
    return np.sqrt(squared[order[-1]])


@kernel
def _sums(squared, lengths, tolerance):
    """Length, length within the tolerance, and length times distance."""
    total = within = weighted = 0.0
    for i in range(len(squared)):
        distance = np.sqrt(squared[i])
        total += lengths[i]
        weighted += distance * lengths[i]
        if distance <= tolerance:
            within += lengths[i]
    return total, within, weighted


@kernel
def summarize_surfaces(start_gt, squared_gt, length_gt, start_pred, squared_pred, length_pred, tolerance, whole, out):
    """Fill out (K, 3) float64 with nsd, hd95 and assd of each class; NaN where neither side has a surface, 0, inf and
    inf where one has none. `whole`: all squared distances are whole numbers."""
    for c in range(len(start_gt) - 1):
        a, b = start_gt[c], start_gt[c + 1]
        d, e = start_pred[c], start_pred[c + 1]
        if a == b and d == e:
            out[c, :] = np.nan
        elif a == b or d == e:
            out[c, 0], out[c, 1], out[c, 2] = 0.0, np.inf, np.inf
        else:
            total, within, weighted = _sums(squared_gt[a:b], length_gt[a:b], tolerance)
            total_pred, within_pred, weighted_pred = _sums(squared_pred[d:e], length_pred[d:e], tolerance)
            out[c, 0] = (within + within_pred) / (total + total_pred)
            out[c, 1] = max(
                _quantile(squared_gt[a:b], length_gt[a:b], 0.95, whole),
                _quantile(squared_pred[d:e], length_pred[d:e], 0.95, whole),
            )
            out[c, 2] = (weighted + weighted_pred) / (total + total_pred)
