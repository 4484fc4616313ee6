"""Pixels of the convex hull of labelled regions, in whole numbers."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["hull_pixels"]

EMPTY = np.int64(1) << 40  # the extreme of a row without a pixel: beyond any image


@part
def _find_rows(row, label, top, bottom, start):
    """top, bottom (regions,): the rows of each region, half-open; start (regions + 1,): the first of them among those
    of all regions. The most rows of one."""
    bottom[:] = 0
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            if label[i] >= 0:
                if bottom[label[i]] == 0:
                    top[label[i]] = y
                bottom[label[i]] = y + 1
    most, start[0] = np.int64(0), 0
    for c in range(len(top)):
        start[c + 1] = start[c] + bottom[c] - top[c]
        most = max(most, bottom[c] - top[c])
    return most


@part
def _extremes(row, x0, x1, label, top, start, left, right):
    """left, right (all rows of all regions,): the first column of each, and minus the last."""
    left[:] = EMPTY
    right[:] = EMPTY
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            c = label[i]
            if c >= 0:
                k = start[c] + y - top[c]
                left[k] = min(left[k], x0[i])
                right[k] = min(right[k], 1 - x1[i])


@inlined
def _push(t, x, n, level, place):
    """Add a point to the lower envelope of n points (t rising, x): their number afterwards."""
    if n > 0 and t[n - 1] == level:
        if x[n - 1] <= place:
            return n
        n -= 1
    while n > 1 and (x[n - 1] - x[n - 2]) * (level - t[n - 1]) >= (place - x[n - 1]) * (t[n - 1] - t[n - 2]):
        n -= 1
    t[n], x[n] = level, place
    return n + 1


@part
def _hull_side(extreme, t, x):
    """Replace the extreme column of each row by that of the convex hull. t, x: room for three points a row.

    In half pixels a pixel (x, y) is the diamond (2x - 1, 2y), (2x + 1, 2y), (2x, 2y - 1), (2x, 2y + 1); it lies in the
    hull of diamonds if its centre does, edges included.
    """
    n = 0
    for y in range(len(extreme)):
        if extreme[y] < EMPTY:
            n = _push(t, x, n, 2 * y - 1, 2 * extreme[y])
            n = _push(t, x, n, 2 * y, 2 * extreme[y] - 1)
            n = _push(t, x, n, 2 * y + 1, 2 * extreme[y])
    k = 0
    for y in range(len(extreme)):
        while t[k + 1] < 2 * y:
            k += 1
        span = t[k + 1] - t[k]
        extreme[y] = -((-x[k] * span - (x[k + 1] - x[k]) * (2 * y - t[k])) // (2 * span))  # rounded up


@part
def _hulls(start, left, right, t, x, pixels):
    for c in range(len(start) - 1):
        a, b = start[c], start[c + 1]
        _hull_side(left[a:b], t, x)
        _hull_side(right[a:b], t, x)
        for k in range(a, b):
            pixels[c] += max(0, 1 - right[k] - left[k])


@kernel
def hull_pixels(row, x0, x1, label, pixels):
    """Add to pixels (regions,) int64 those of the convex hull of each region; see `region_shapes`."""
    count = len(pixels)
    top, bottom, start = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count + 1, np.int64)
    room = 3 * _find_rows(row, label, top, bottom, start)
    left, right = np.empty(start[count], np.int64), np.empty(start[count], np.int64)
    _extremes(row, x0, x1, label, top, start, left, right)
    _hulls(start, left, right, np.empty(room, np.int64), np.empty(room, np.int64), pixels)
