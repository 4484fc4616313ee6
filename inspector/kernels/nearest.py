"""Distances from the outline points of one side to those of the other, class by class, exact.

Points are listed by row, so those of a band of rows lie side by side in memory: the band around a point is searched
by brute force, in vector instructions, and widened until nothing outside it can be nearer.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["contour_hits", "squared_distances"]

FIRST_BAND = 4  # rows on either side that are searched first: outlines of a fair model lie closer than that
WIDER = 4
SMALL = 1 << 15  # below this many rows and columns squared distances fit into 32 bits: twice as many in an instruction


@part
def _index_rows(ys, line):
    """line (rows + 1,) int32: the first of the points ys (n,), in rising order, of each row."""
    i = 0
    for r in range(len(line)):
        while i < len(ys) and ys[i] < r:
            i += 1
        line[r] = i


@inlined
def _closest_small(ys, xs, low, high, y, x):
    """Smallest dy^2 + dx^2 from (y, x) to the points low ... high - 1, int32."""
    best = np.int32(0x7FFFFFFF)
    for i in range(np.uint64(low), np.uint64(high)):  # unsigned: numba need not look for negative indices
        dy, dx = ys[i] - y, xs[i] - x
        best = min(best, np.int32(dy * dy + dx * dx))
    return best


@inlined
def _closest(ys, xs, low, high, y, x, wy, wx):
    """Smallest wy * dy^2 + wx * dx^2, of the type of the weights."""
    dy, dx = np.int64(ys[low]) - y, np.int64(xs[low]) - x
    best = wy * (dy * dy) + wx * (dx * dx)
    for i in range(np.uint64(low), np.uint64(high)):
        dy, dx = np.int64(ys[i]) - y, np.int64(xs[i]) - x
        best = min(best, wy * (dy * dy) + wx * (dx * dx))
    return best


@part
def _search_small(ys, xs, other_ys, other_xs, line, cap, squared):
    rows, row = len(line) - 1, -1
    near = (FIRST_BAND + 1) * (FIRST_BAND + 1)  # no point outside a band is nearer than this
    first = last = np.int32(0)
    for i in range(len(ys)):
        y, x, reach = ys[i], xs[i], FIRST_BAND
        if y != row:  # points of a row are searched for in the same band
            row, first, last = y, line[max(0, y - reach)], line[min(rows, y + reach + 1)]
        best = _closest_small(other_ys, other_xs, first, last, y, x)
        beyond = near
        while best > beyond and beyond <= cap and reach < rows:
            reach *= WIDER
            low, high = line[max(0, y - reach)], line[min(rows, y + reach + 1)]
            best = _closest_small(other_ys, other_xs, low, high, y, x)
            beyond = (reach + 1) * (reach + 1)
        squared[i] = best


@part
def _search(ys, xs, other_ys, other_xs, line, wy, wx, cap, squared):
    rows = len(line) - 1
    for i in range(len(ys)):
        y, x, reach = np.int64(ys[i]), np.int64(xs[i]), FIRST_BAND
        while True:
            top, bottom = max(0, y - reach), min(rows, y + reach + 1)
            if line[top] < line[bottom]:
                best = _closest(other_ys, other_xs, line[top], line[bottom], y, x, wy, wx)
                if best <= wy * ((reach + 1) * (reach + 1)):
                    break
            if wy * ((reach + 1) * (reach + 1)) > cap or (top == 0 and bottom == rows):
                break
            reach *= WIDER
        squared[i] = best if line[top] < line[bottom] else np.inf


@kernel
def squared_distances(points, others, rows, small, wy, wx, cap):
    """Squared distance (n,) float64 of each point to the nearest of `others` of its class: wy * dy^2 + wx * dx^2; inf
    where there is none; above `cap` any larger value may come instead.

    rows: points lie in rows 0 ... rows - 1. small: SMALL holds; then, and with unit weights, whole numbers.
    """
    squared, line = np.full(len(points.y), np.inf), np.empty(rows + 1, np.int32)
    for c in range(len(points.start)):
        a, b, d, e = points.start[c], points.end[c], others.start[c], others.end[c]
        if a == b or d == e:
            continue
        _index_rows(others.y[d:e], line)
        if small and wy == 1 and wx == 1:
            _search_small(points.y[a:b], points.x[a:b], others.y[d:e], others.x[d:e], line, cap, squared[a:b])
        elif wy == 1 and wx == 1:
            _search(points.y[a:b], points.x[a:b], others.y[d:e], others.x[d:e], line, 1, 1, cap, squared[a:b])
        else:
            _search(points.y[a:b], points.x[a:b], others.y[d:e], others.x[d:e], line, wy, wx, cap, squared[a:b])
    return squared


@part
def _count_within(start, end, squared, limits, hits):
    for c in range(len(start)):
        of_class = squared[start[c] : end[c]]
        for t in range(len(limits)):
            count, limit = 0, limits[t]
            for square in of_class:
                count += square <= limit
            hits[c, t] = count


@kernel
def contour_hits(points, others, rows, small, limits, hits):
    """Fill hits (K, T) int64: how many points of each class have a point of that class on the other side within each of
    the T rising limits (T,) float64: squared distances in half pixels, inclusive."""
    squared = squared_distances(points, others, rows, small, 1.0, 1.0, limits[-1])
    _count_within(points.start, points.end, squared, limits, hits)
