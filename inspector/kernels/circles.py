"""The largest circle inside each labelled region, in whole numbers.

The exact distance to outside is looked up only where it may be larger than the largest so far: at the middle of each
cell of a coarse grid first, then in the cells that these leave open.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["squared_radii"]

STRIP = 128  # columns that are looked at together: what is kept of them stays near the processor
CELL, NEAR = 8, 6  # px: the side of a square of pixels, and more than any of them lies from its middle one


@part
def _paint(row, x0, x1, label, begin, first, depth, region):
    """The columns of a strip from `begin` on: depth (H, STRIP) int32, how far a pixel lies from the nearer end of its
    run, from 1 on; and region (H, STRIP) int32. first (H,): the run of each row that the strip begins in."""
    end = begin + depth.shape[1]
    for y in range(len(first)):
        i = first[y]
        while x1[i] <= begin:
            i += 1
        first[y] = i
        while i < row[y + 1] and x0[i] < end:
            a, b = max(x0[i], begin), min(x1[i], end)
            depths, regions = depth[y, a - begin : b - begin], region[y, a - begin : b - begin]
            left, right, c = np.int32(a - x0[i] + 1), np.int32(x1[i] - a), label[i]
            for x in range(len(depths)):
                depths[x] = min(left + np.int32(x), right - np.int32(x))
                regions[x] = c
            i += 1


@inlined
def _reach(depth, region, y, x, c):
    """Distance along row y from column x to outside region c; 0 where that pixel lies outside."""
    if y < 0 or y >= len(region) or region[y, x] != c:
        return np.int64(0)
    return np.int64(depth[y, x])


@inlined
def _nearer(depth, region, y, x, d, nearest):
    """The squared distance so far, with the rows d above and below."""
    c = region[y, x]
    reach = min(_reach(depth, region, y - d, x, c), _reach(depth, region, y + d, x, c))
    return min(nearest, reach * reach + d * d)


@part
def _squared_distance(depth, region, y, x, enough):
    """From a pixel to the nearest one outside its region, squared; or some value of at most `enough` (R²) where it is
    not more than that."""
    nearest = np.int64(depth[y, x]) * np.int64(depth[y, x])
    if enough > 0:  # level outlines would be about R rows away, slanting ones 0.7 R: look there first
        far = np.int64(np.sqrt(enough))
        for part_of_ten in range(10, 4, -3):
            nearest = _nearer(depth, region, y, x, part_of_ten * far // 10, nearest)
    d = np.int64(1)
    while d * d < nearest and nearest > enough:
        nearest = _nearer(depth, region, y, x, d, nearest)
        d += 1
    return nearest


@part
def _look_at_centres(depth, region, width, centre, squares):
    """The squared distance of the middle of each cell of the strip: centre (cells down, cells across) int64. One that
    is too small to matter may come out larger, but not large enough to matter."""
    for cy in range(len(centre)):
        y = min(CELL * cy + CELL // 2, len(region) - 1)
        for cx in range((width + CELL - 1) // CELL):
            x = min(CELL * cx + CELL // 2, width - 1)
            c = region[y, x]
            if c >= 0:
                small = max(np.int64(np.sqrt(squares[c])) - NEAR, np.int64(0))
                centre[cy, cx] = _squared_distance(depth, region, y, x, small * small)
                squares[c] = max(squares[c], centre[cy, cx])


@inlined
def _may_hold_more(region, centre, y, x, width, c, best):
    """Whether a pixel of region c in the cell of (y, x) may lie further from outside than the root of `best`: from one
    pixel to the next the distance grows by 1 at most, and no pixel of a cell lies NEAR from its middle."""
    cy, cx = y // CELL, x // CELL
    middle = region[min(CELL * cy + CELL // 2, len(region) - 1), min(CELL * cx + CELL // 2, width - 1)]
    return best < (NEAR + (np.sqrt(centre[cy, cx]) if middle == c else 0.0)) ** 2


@part
def _search(row, x0, x1, label, begin, first, depth, region, width, centre, squares):
    """Raise the squared radii, squares (regions,), to what the strip holds."""
    for y in range(len(first)):
        i = first[y]
        while i < row[y + 1] and x0[i] < begin + width:
            x, end, c = max(x0[i] - begin, 0), min(x1[i] - begin, width), label[i]
            half = np.int64(x1[i] - x0[i] + 1) // 2
            i += 1
            if c < 0 or half * half <= squares[c]:
                continue
            while x < end:
                best = squares[c]
                if not _may_hold_more(region, centre, y, x, width, c, best):
                    x = (x // CELL + 1) * CELL
                    continue
                if np.int64(depth[y, x]) ** 2 > best:
                    squares[c] = max(best, _squared_distance(depth, region, y, x, best))
                x += 1


@kernel
def squared_radii(row, x0, x1, label, width, squares):
    """Raise squares (regions,) int64 to the squared radius in each region; see `region_shapes`."""
    height = len(row) - 1
    depth, region = np.empty((height, STRIP), np.int32), np.empty((height, STRIP), np.int32)
    centre, first = np.zeros((height // CELL + 1, STRIP // CELL), np.int64), row[:-1].copy()
    for begin in range(0, width, STRIP):
        size = min(STRIP, width - begin)
        _paint(row, x0, x1, label, begin, first, depth, region)
        _look_at_centres(depth, region, size, centre, squares)
        _search(row, x0, x1, label, begin, first, depth, region, size, centre, squares)
