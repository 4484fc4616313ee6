"""Distances from the outline points of one side to those of the other, class by class.

Points are listed by row. A search starts from the point that was nearest to the previous one and looks at rows ever
further away until a row alone is further than the best so far: exact, and nearly free where outlines lie close.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["contour_hits", "surface_distances"]


@kernel
def _search_row(xs, low, high, x):
    """First index in [low, high) whose column is at least x; high if none."""
    while low < high:
        middle = (low + high) >> 1
        if xs[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _nearest(xs, line, first, y, x, rows, best, wy, wx):
    """Smallest wy * dy^2 + wx * dx^2 below `best` to a point of the class whose points start at `first`.

    Returns that value (`best` if none is smaller), and the row and column of the point (-1, -1 if none).
    """
    at_y, at_x = -1, -1
    reach = max(y, rows - 1 - y)
    for dy in range(reach + 1):
        base = wy * dy * dy
        if base >= best:
            break
        for side in range(2):
            r = y - dy if side == 0 else y + dy
            if r < 0 or r >= rows or (side == 1 and dy == 0):
                continue
            low, high = line[r], line[r + 1]
            if low == high:
                continue
            low, high = first + low, first + high
            i = _search_row(xs, low, high, x)
            if i < high:
                d = base + wx * (xs[i] - x) * (xs[i] - x)
                if d < best:
                    best, at_y, at_x = d, r, xs[i]
            if i > low:
                d = base + wx * (xs[i - 1] - x) * (xs[i - 1] - x)
                if d < best:
                    best, at_y, at_x = d, r, xs[i - 1]
    return best, at_y, at_x


@kernel
def contour_hits(ys, xs, start, other_ys, other_xs, other_start, other_line, rows, limits, hits):
    """Add to hits (K, T) int64 how many points of each class have a point of that class on the other side within
    each of the T rising limits (T,) int64: squared distances in half pixels, inclusive."""
    cap = limits[-1] + 1
    for c in range(len(start) - 1):
        if other_start[c] == other_start[c + 1]:
            continue
        near_y, near_x = -1, -1
        for i in range(start[c], start[c + 1]):
            y, x = ys[i], xs[i]
            best = cap
            if near_y >= 0:
                d = np.int64(near_y - y) * (near_y - y) + np.int64(near_x - x) * (near_x - x)
                best = min(best, d)
            d, at_y, at_x = _nearest(other_xs, other_line[c], other_start[c], y, x, rows, best, 1, 1)
            if at_y >= 0:
                near_y, near_x = at_y, at_x
            for t in range(len(limits)):
                if d <= limits[t]:
                    hits[c, t] += 1


@kernel
def surface_distances(ys, xs, start, other_xs, other_start, other_line, rows, wy, wx, squared):
    """Fill squared (n,) float64 with wy * dy^2 + wx * dx^2 to the nearest element of the same class on the other
    side; inf where that side has none. Points are in by_class order."""
    for c in range(len(start) - 1):
        if other_start[c] == other_start[c + 1]:
            squared[start[c] : start[c + 1]] = np.inf
            continue
        near_y, near_x = -1, -1
        for i in range(start[c], start[c + 1]):
            y, x = ys[i], xs[i]
            best = np.inf
            if near_y >= 0:
                best = wy * (near_y - y) * (near_y - y) + wx * (near_x - x) * (near_x - x)
            d, at_y, at_x = _nearest(other_xs, other_line[c], other_start[c], y, x, rows, best, wy, wx)
            if at_y >= 0:
                near_y, near_x = at_y, at_x
            squared[i] = d


@kernel
def directed_hd95(squared, lengths):
    """First distance, in rising order, at which the cumulative share of length reaches 0.95 (Nikolov et al. 2018)."""
    order = np.argsort(squared)
    total = lengths.sum()
    reached = 0.0
    for i in order:
        reached += lengths[i]
        if reached / total >= 0.95:
            return np.sqrt(squared[i])
    return np.sqrt(squared[order[-1]])


@kernel
def summarize_surfaces(start_gt, squared_gt, length_gt, start_pred, squared_pred, length_pred, tolerance, out):
    """Fill out (K, 3) float64 with nsd, hd95 and assd of each class; NaN where neither side has a surface."""
    for c in range(len(start_gt) - 1):
        a, b = start_gt[c], start_gt[c + 1]
        d, e = start_pred[c], start_pred[c + 1]
        if a == b and d == e:
            out[c, :] = np.nan
        elif a == b or d == e:
            out[c, 0], out[c, 1], out[c, 2] = 0.0, np.inf, np.inf
        else:
            within = total = weighted = 0.0
            for i in range(a, b):
                distance = np.sqrt(squared_gt[i])
                total += length_gt[i]
                weighted += distance * length_gt[i]
                if distance <= tolerance:
                    within += length_gt[i]
            for i in range(d, e):
                distance = np.sqrt(squared_pred[i])
                total += length_pred[i]
                weighted += distance * length_pred[i]
                if distance <= tolerance:
                    within += length_pred[i]
            out[c, 0] = within / total
            out[c, 1] = max(directed_hd95(squared_gt[a:b], length_gt[a:b]), directed_hd95(squared_pred[d:e], length_pred[d:e]))
            out[c, 2] = weighted / total
