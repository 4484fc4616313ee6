"""Points of the outlines of every class at once: contour points (between pixels) and surface elements (on corners).

Both are listed in raster order with the class they belong to, then sorted by class, so that `nearest` can search them.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["DIAGONAL", "HALF", "STRAIGHT_X", "STRAIGHT_Y", "by_class", "contour_points", "surface_elements"]

HALF, STRAIGHT_X, STRAIGHT_Y, DIAGONAL = 0, 1, 2, 3  # kinds of surface element: their lengths depend on the spacing


@kernel
def _grown(array):
    bigger = np.empty(2 * len(array), array.dtype)
    bigger[: len(array)] = array
    return bigger


@kernel
def _square_is_valid(void, y, x):
    """Whether the four pixels (y-1..y, x-1..x) lie inside the image and none is void. void: (H, W) or (0, 0)."""
    return not (void[y - 1, x - 1] or void[y - 1, x] or void[y, x - 1] or void[y, x])


@kernel
def _beside_valid_square(void, y, x, width):
    """Whether pixels (y - 1, x) and (y, x) share a 2 x 2 square without void."""
    return (x > 0 and _square_is_valid(void, y, x)) or (x + 1 < width and _square_is_valid(void, y, x + 1))


@kernel
def _above_or_below_valid_square(void, y, x, height):
    """Whether pixels (y, x - 1) and (y, x) share a 2 x 2 square without void."""
    return (y > 0 and _square_is_valid(void, y, x)) or (y + 1 < height and _square_is_valid(void, y + 1, x))


@kernel
def _put_two(ys, xs, cs, n, y, x, first, second, classes):
    """Write a point for each of two codes that is a class; the new number of points."""
    ys[n], xs[n], cs[n] = y, x, first
    n += first < classes
    ys[n], xs[n], cs[n] = y, x, second
    return n + (second < classes)


@kernel
def contour_points(row, x0, x1, code, classes, void, height, width):
    """Contour points of all classes of one side: the mid-points between 4-neighbours that differ and share a 2 x 2
    square without a void pixel (the vertices of scikit-image's find_contours at 0.5 on each class).

    void (H, W) bool, or (0, 0) when no pixel is void.
    Returns y, x (n,) int32 in half pixels (pixel centre = 2 * index) and c (n,) int16; raster order; a point appears
    once for each of the two classes it separates.
    """
    size = 4 * (len(x0) + width) + 16
    ys, xs, cs = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int16)
    n = 0
    if height < 2 or width < 2:
        return ys[:0], xs[:0], cs[:0]
    clean = void.shape[0] == 0
    for y in range(height):
        if n + 4 * width > len(ys):  # a row adds two points for each pixel and each of two directions at most
            ys, xs, cs = _grown(ys), _grown(xs), _grown(cs)
        if y > 0:  # between row y - 1 and row y
            a, b, x = row[y - 1], row[y], 0
            while x < width:
                code_a, code_b, end = code[a], code[b], min(x1[a], x1[b])
                if code_a != code_b:
                    for column in range(x, end):
                        if clean or _beside_valid_square(void, y, column, width):
                            n = _put_two(ys, xs, cs, n, 2 * y - 1, 2 * column, code_a, code_b, classes)
                a += x1[a] == end
                b += x1[b] == end
                x = end
        for i in range(row[y] + 1, row[y + 1]):  # between columns of row y
            if clean or _above_or_below_valid_square(void, y, x0[i], height):
                n = _put_two(ys, xs, cs, n, 2 * y, 2 * x0[i] - 1, code[i - 1], code[i], classes)
    return ys[:n], xs[:n], cs[:n]


@kernel
def _element(c, top_left, top_right, low_left, low_right):
    """Kind of the surface element of class c in a 2 x 2 square that holds some of it, but not only it."""
    a, b, d, e = top_left == c, top_right == c, low_left == c, low_right == c
    cells = int(a) + int(b) + int(d) + int(e)
    if cells != 2:
        return HALF
    if a == b:
        return STRAIGHT_X
    if a == d:
        return STRAIGHT_Y
    return DIAGONAL


@kernel
def surface_elements(row, x0, x1, code, classes, void, height, width):
    """Surface elements of all classes of one side, on pixel corners; outside the image is outside every class, and a
    square with a void pixel carries none (Nikolov et al. 2018, two dimensions).

    Returns y, x (n,) int32 corner indices in [0, H] x [0, W], c (n,) int16, kind (n,) int8; raster order.
    """
    size = 4 * len(x0) + 8 * (height + width) + 64
    ys, xs = np.empty(size, np.int32), np.empty(size, np.int32)
    cs, kinds = np.empty(size, np.int16), np.empty(size, np.int8)
    n = 0
    clean = void.shape[0] == 0
    square = np.empty(4, np.int16)
    for y in range(height + 1):
        above, below = y > 0, y < height
        a = row[y - 1] if above else 0
        b = row[y] if below else 0
        x = 0
        before_a = before_b = np.int16(-1)  # codes left of column x
        while x <= width:
            inside = x < width
            code_a = code[a] if above and inside else np.int16(-1)
            code_b = code[b] if below and inside else np.int16(-1)
            end = width + 1
            if inside:
                end = width
                if above:
                    end = min(end, x1[a])
                if below:
                    end = min(end, x1[b])
            if n + 4 + 2 * (end - x) > len(ys):
                ys, xs, cs, kinds = _grown(ys), _grown(xs), _grown(cs), _grown(kinds)
                continue
            square[0], square[1], square[2], square[3] = before_a, code_a, before_b, code_b
            if not (before_a == code_a and code_a == before_b and before_b == code_b):
                hidden = (
                    not clean
                    and above
                    and below
                    and ((inside and (void[y - 1, x] or void[y, x])) or (x > 0 and (void[y - 1, x - 1] or void[y, x - 1])))
                )
                if not clean and not hidden and not (above and below):  # half of the square is outside the image
                    yy = y - 1 if above else y
                    hidden = (inside and void[yy, x]) or (x > 0 and void[yy, x - 1])
                if not hidden:
                    for k in range(4):
                        c = square[k]
                        seen = False
                        for earlier in range(k):
                            seen = seen or square[earlier] == c
                        if c >= 0 and c < classes and not seen:
                            ys[n], xs[n], cs[n] = y, x, c
                            kinds[n] = _element(c, square[0], square[1], square[2], square[3])
                            n += 1
            if inside and code_a != code_b:  # corners strictly inside the stretch: a straight edge along the row
                for column in range(x + 1, end):
                    if not clean:
                        yy = y - 1 if above else y
                        zz = y if below else y - 1
                        if void[yy, column - 1] or void[yy, column] or void[zz, column - 1] or void[zz, column]:
                            continue
                    for c in (code_a, code_b):
                        if c >= 0 and c < classes:
                            ys[n], xs[n], cs[n], kinds[n] = y, column, c, STRAIGHT_X
                            n += 1
            if not inside:
                break
            before_a, before_b = code_a, code_b
            if above and x1[a] == end:
                a += 1
            if below and x1[b] == end:
                b += 1
            x = end
    return ys[:n], xs[:n], cs[:n], kinds[:n]


@kernel
def by_class(ys, xs, cs, classes, rows):
    """Sort points by class, raster order kept, with an index of rows.

    Returns order (n,) int64, start (classes + 1,) int64 first point of each class in that order, and
    line (classes, rows + 1) int32: points of class c in row r are start[c] + line[c, r] … start[c] + line[c, r + 1].
    """
    start = np.zeros(classes + 1, np.int64)
    for c in cs:
        start[c + 1] += 1
    for c in range(classes):
        start[c + 1] += start[c]
    fill = start[:-1].copy()
    order = np.empty(len(cs), np.int64)
    line = np.zeros((classes, rows + 1), np.int32)
    for i in range(len(cs)):
        c = cs[i]
        order[fill[c]] = i
        fill[c] += 1
        line[c, ys[i] + 1] += 1
    for c in range(classes):
        if start[c + 1] > start[c]:
            for r in range(rows):
                line[c, r + 1] += line[c, r]
    return order, start, line
