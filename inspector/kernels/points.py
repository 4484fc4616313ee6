"""Points of the outlines of every class at once: contour points (between pixels) and surface elements (on corners).

They are written class by class, in raster order within a class, so that `nearest` can search them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["DIAGONAL", "HALF", "STRAIGHT_X", "STRAIGHT_Y", "Points", "contour_points", "surface_elements", "void_map"]

HALF, STRAIGHT_X, STRAIGHT_Y, DIAGONAL = 0, 1, 2, 3  # kinds of surface element: their lengths depend on the spacing
NOTHING = -1  # code of what lies outside the image


class Points(NamedTuple):
    """y, x (n,) int32 and kind (n,) int8 of points; those of class c are start[c] ... end[c] - 1, (K,) int64."""

    y: NDArray[np.int32]
    x: NDArray[np.int32]
    kind: NDArray[np.int8]
    start: NDArray[np.int64]
    end: NDArray[np.int64]


@part
def _mark_void(runs, classes, void):
    row, x0, x1, code = runs
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            if code[i] == classes:
                line = void[y]
                for x in range(x0[i], x1[i]):
                    line[x] = True


@kernel
def void_map(runs, classes, width):
    """(H, W) bool: void pixels of the truth; (0, 0) when there is none."""
    if not (runs.code == classes).any():
        return np.zeros((0, 0), np.bool_)
    void = np.zeros((len(runs.row) - 1, width), np.bool_)
    _mark_void(runs, classes, void)
    return void


@part
def _count_edges(runs, between, outer):
    """Add to between (K + 1,) the pixel edges of each code that lie between two codes, and to outer (K + 1,) those at
    the image edge."""
    row, x0, x1, code = runs
    height, width = len(row) - 1, x1[row[1] - 1]
    for y in range(height):
        outer[code[row[y]]] += 1
        outer[code[row[y + 1] - 1]] += 1
        for i in range(row[y] + 1, row[y + 1]):
            between[code[i - 1]] += 1
            between[code[i]] += 1
        if y == 0:
            continue
        a, b, x = row[y - 1], row[y], 0
        while x < width:
            end = min(x1[a], x1[b])
            if code[a] != code[b]:
                between[code[a]] += end - x
                between[code[b]] += end - x
            a += x1[a] == end
            b += x1[b] == end
            x = end
    for i in range(row[0], row[1]):
        outer[code[i]] += x1[i] - x0[i]
    for i in range(row[height - 1], row[height]):
        outer[code[i]] += x1[i] - x0[i]


@kernel
def _room(bound, classes):
    """Empty `Points` with room for bound (K + 1,) points of each class."""
    start = np.zeros(classes, np.int64)
    start[1:] = np.cumsum(bound[: classes - 1])
    size = bound[:classes].sum()
    return Points(np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int8), start, start.copy())


@inlined
def _put(c, y, x, kind, ys, xs, kinds, end):
    """Write a point, if c is a class."""
    if 0 <= c < len(end):
        i = end[c]
        ys[i], xs[i], kinds[i] = y, x, kind
        end[c] = i + 1


@inlined
def _square_is_valid(void, y, x):
    """Whether none of the four pixels (y-1..y, x-1..x) is void; they lie inside the image."""
    return not (void[y - 1, x - 1] or void[y - 1, x] or void[y, x - 1] or void[y, x])


@inlined
def _beside_valid_square(void, y, x):
    """Whether pixels (y - 1, x) and (y, x) share a 2 x 2 square without void. void: (H, W), or (0, 0) if none is."""
    width = void.shape[1]
    if width == 0:
        return True
    return (x > 0 and _square_is_valid(void, y, x)) or (x + 1 < width and _square_is_valid(void, y, x + 1))


@inlined
def _above_or_below_valid_square(void, y, x):
    """Whether pixels (y, x - 1) and (y, x) share a 2 x 2 square without void."""
    height = void.shape[0]
    if height == 0:
        return True
    return (y > 0 and _square_is_valid(void, y, x)) or (y + 1 < height and _square_is_valid(void, y + 1, x))


@part
def _contour(runs, void, points):
    row, x0, x1, code = runs
    ys, xs, kinds, _, end = points
    height, width = len(row) - 1, x1[row[1] - 1]
    for y in range(height):
        if y > 0:  # between row y - 1 and row y
            a, b, x = row[y - 1], row[y], 0
            while x < width:
                code_a, code_b, stop = code[a], code[b], min(x1[a], x1[b])
                if code_a != code_b:
                    for column in range(x, stop):
                        if _beside_valid_square(void, y, column):
                            _put(code_a, 2 * y - 1, 2 * column, HALF, ys, xs, kinds, end)
                            _put(code_b, 2 * y - 1, 2 * column, HALF, ys, xs, kinds, end)
                a += x1[a] == stop
                b += x1[b] == stop
                x = stop
        for i in range(row[y] + 1, row[y + 1]):  # between columns of row y
            if _above_or_below_valid_square(void, y, x0[i]):
                _put(code[i - 1], 2 * y, 2 * x0[i] - 1, HALF, ys, xs, kinds, end)
                _put(code[i], 2 * y, 2 * x0[i] - 1, HALF, ys, xs, kinds, end)


@kernel
def contour_points(runs, classes, void):
    """Contour points of all classes of one side, in half pixels (pixel centre = 2 * index): the mid-points between
    4-neighbours that differ and share a 2 x 2 square without a void pixel (the vertices of scikit-image's
    find_contours at 0.5 on each class). void: see `void_map`."""
    between, outer = np.zeros(classes + 1, np.int64), np.zeros(classes + 1, np.int64)
    _count_edges(runs, between, outer)
    points = _room(between, classes)
    if len(runs.row) > 2 and runs.x1[-1] > 1:  # a single row or column has no 2 x 2 square
        _contour(runs, void, points)
    return points


@inlined
def _element(c, top_left, top_right, low_left, low_right):
    """Kind of the surface element of class c in a 2 x 2 square that holds some of it, but not only it."""
    a, b, d, e = top_left == c, top_right == c, low_left == c, low_right == c
    if int(a) + int(b) + int(d) + int(e) != 2:
        return HALF
    if a == b:
        return STRAIGHT_X
    if a == d:
        return STRAIGHT_Y
    return DIAGONAL


@inlined
def _touches_void(void, y, x):
    """Whether a pixel inside the image around corner (y, x) is void."""
    height, width = void.shape
    for yy in range(max(0, y - 1), min(height, y + 1)):
        for xx in range(max(0, x - 1), min(width, x + 1)):
            if void[yy, xx]:
                return True
    return False


@inlined
def _put_corner(y, x, a, b, d, e, ys, xs, kinds, end):
    """Write the elements of a corner: one for each class among the codes a b / d e around it, unless all are equal."""
    _put(a, y, x, _element(a, a, b, d, e), ys, xs, kinds, end)
    if b != a:
        _put(b, y, x, _element(b, a, b, d, e), ys, xs, kinds, end)
    if d != a and d != b:
        _put(d, y, x, _element(d, a, b, d, e), ys, xs, kinds, end)
    if e != a and e != b and e != d:
        _put(e, y, x, _element(e, a, b, d, e), ys, xs, kinds, end)


@part
def _surface(runs, void, points):
    row, _, x1, code = runs
    ys, xs, kinds, _, end = points
    height, width = len(row) - 1, x1[row[1] - 1]
    for y in range(height + 1):  # the corners between rows y - 1 and y, of which one may lie outside
        above, below = y > 0, y < height
        a, b = row[y - 1] if above else row[0], row[y] if below else row[0]
        left_a = left_b = np.int16(NOTHING)
        x = 0
        while True:  # x: a corner at which a run begins or the row ends
            code_a = code[a] if above and x < width else np.int16(NOTHING)
            code_b = code[b] if below and x < width else np.int16(NOTHING)
            if not (left_a == code_a == left_b == code_b) and not _touches_void(void, y, x):
                _put_corner(y, x, left_a, code_a, left_b, code_b, ys, xs, kinds, end)
            if x >= width:
                break
            stop = min(x1[a] if above else width, x1[b] if below else width)
            if code_a != code_b:  # a straight edge along the row
                for column in range(x + 1, stop):
                    if not _touches_void(void, y, column):
                        _put(code_a, y, column, STRAIGHT_X, ys, xs, kinds, end)
                        _put(code_b, y, column, STRAIGHT_X, ys, xs, kinds, end)
            a += above and x1[a] == stop
            b += below and x1[b] == stop
            left_a, left_b, x = code_a, code_b, stop


@kernel
def surface_elements(runs, classes, void):
    """Surface elements of all classes of one side, at corners in [0, H] x [0, W]; outside the image is outside every
    class, and a square with a void pixel carries none (Nikolov et al. 2018, two dimensions). void: see `void_map`."""
    between, outer = np.zeros(classes + 1, np.int64), np.zeros(classes + 1, np.int64)
    _count_edges(runs, between, outer)
    points = _room(between + outer, classes)  # a corner that carries an element of a class ends two edges of it or more
    _surface(runs, void, points)
    return points
