"""Bands around outlines, in chessboard distance: boundary IoU (inner bands) and trimap IoU at several widths.

A pixel is *interior* at width d when its whole (2d + 1) x (2d + 1) window has its code; the band is the rest. Rows are
swept once. For each column a streak counts the successive rows whose stretch [x - d, x + d] is all of one code: a
pixel is interior when the streak, d rows further down, spans its window. What is found is kept as one byte a pixel,
and counted when the widest window has passed.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["count_bands"]

FAR = np.int32(1 << 30)
TRUE_INTERIOR, PREDICTED_INTERIOR, TRIMAP_BIT = 1, 2, 2  # bits of a pixel; trimap width t has bit TRIMAP_BIT + t
FIELD, MOST = 9, (1 << 9) - 1  # bits of one of seven counts in a word, and the pixels that it can count
TRIMAPS = 4


@part
def _expand(row, x0, x1, code, y, codes, same, depth):
    """Take in row y: codes (W,) int32, same (W,): 1 where the row above has the same code, and depth (W,) int32: how
    far a pixel lies from the nearer end of its run."""
    for i in range(row[y], row[y + 1]):
        a, b = np.uint64(x0[i]), np.uint64(x1[i])
        value, last = np.int32(code[i]), x1[i] - x0[i] - 1
        before, kept, inside = codes[a:b], same[a:b], depth[a:b]
        for x in range(len(inside)):
            kept[x] = before[x] == value
            before[x] = value
            inside[x] = min(x, last - x)


@part
def _open_edges(row, x0, x1, y, depth, opened):
    """The depths of row y where the image edge is no end of a run."""
    first, last = row[y], row[y + 1] - 1
    if first == last:
        opened[:] = FAR
        return
    for x in range(len(opened)):
        opened[x] = depth[x]
    left, right = opened[: x1[first]], opened[x0[last] :]
    for x in range(len(left)):
        left[x] = len(left) - 1 - x
    for x in range(len(right)):
        right[x] = x


@part
def _extend(streak, same, depth, d):
    """Take a row of pixels into a streak (W,) int32."""
    for x in range(len(streak)):
        longer = np.int32(streak[x] * same[x] + 1)
        streak[x] = longer if depth[x] >= d else np.int32(0)


@part
def _mark(flags, streak, need, bit):
    """Set a bit of flags (W,) uint8 where the streak is long enough."""
    for x in range(len(flags)):
        flags[x] |= np.uint8(bit) if streak[x] >= need else np.uint8(0)


@part
def _fill_table(t_count, table):
    """table (256,) uint64: what a pixel adds to seven counts in one word, by its flags: bands of the truth, of the
    prediction, of both; trimaps."""
    for flags in range(len(table)):
        true, predicted = flags & TRUE_INTERIOR == 0, flags & PREDICTED_INTERIOR == 0
        word = int(true) | int(predicted) << FIELD | int(true and predicted) << 2 * FIELD
        for t in range(t_count):
            word |= int(flags >> (TRIMAP_BIT + t) & 1 == 0) << FIELD * (3 + t)
        table[flags] = word


@inlined
def _field(word, i):
    return np.int64(word >> np.uint64(FIELD * i)) & MOST


@part
def _count_row(first, last, x0, x1, g, p, flags, table, boundary, trimap):
    """Add the flags (W,) of one row of joint runs to boundary (K, 3) and to the true pixels of trimap (T, K, 2)."""
    classes = len(boundary)
    for i in range(first, last):
        true, predicted = g[i], p[i]
        if true >= classes:
            continue
        for a in range(x0[i], x1[i], MOST):
            word = np.uint64(0)
            for flag in flags[a : min(a + MOST, x1[i])]:
                word += table[flag]
            boundary[true, 0] += _field(word, 0)
            if predicted < classes:
                boundary[predicted, 1] += _field(word, 1)
            if true == predicted:
                boundary[true, 2] += _field(word, 2)
            for t in range(len(trimap)):
                trimap[t, true, 1] += _field(word, 3 + t)
                trimap[t, true, 0] += _field(word, 3 + t) * (true == predicted)


@part
def _sweep(joint, gt, pred, d, widths, codes, same, depth, opened, streak, streak_open, flags, table, boundary, trimap):
    row, x0, x1, g, p = joint
    height, rows = len(row) - 1, len(flags)
    for y in range(height + rows - 1):
        if y < height:
            _expand(gt.row, gt.x0, gt.x1, gt.code, y, codes[0], same[0], depth[0])
            _expand(pred.row, pred.x0, pred.x1, pred.code, y, codes[1], same[1], depth[1])
            _open_edges(gt.row, gt.x0, gt.x1, y, depth[0], opened)
            _extend(streak[0], same[0], depth[0], d)
            _extend(streak[1], same[1], depth[1], d)
            for t in range(len(widths)):
                _extend(streak_open[t], same[0], opened, widths[t])
        r = y - d
        if d <= r < height - d:  # nearer to the edge no window fits: all is band
            _mark(flags[r % rows], streak[0], 2 * d + 1, TRUE_INTERIOR)
            _mark(flags[r % rows], streak[1], 2 * d + 1, PREDICTED_INTERIOR)
        for t in range(len(widths)):
            r = y - widths[t]
            if 0 <= r < height:
                need = min(y, height - 1) - max(r - widths[t], 0) + 1
                _mark(flags[r % rows], streak_open[t], need, 1 << TRIMAP_BIT + t)
        r = y - (rows - 1)
        if r >= 0:
            _count_row(row[r], row[r + 1], x0, x1, g, p, flags[r % rows], table, boundary, trimap)
            flags[r % rows][:] = 0


@part
def _sort_by_class(row, x0, x1, code, fill, ys, x0s, x1s):
    """True runs, class by class, in raster order; fill (K + 1,): afterwards start and end of each class."""
    classes = len(fill) - 1
    for c in code:
        if c + 1 < classes:
            fill[c + 2] += 1
    for c in range(2, classes + 1):
        fill[c] += fill[c - 1]
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            if code[i] < classes:
                j = fill[code[i] + 1]
                ys[j], x0s[j], x1s[j] = y, x0[i], x1[i]
                fill[code[i] + 1] = j + 1


@inlined
def _pixels_within(x0s, x1s, low, high, a, b, d, marks):
    """How many of the pixels [a, b) lie within d columns of the runs low ... high - 1; marks (W,): room."""
    covered, touched = False, False
    for i in range(np.uint64(low), np.uint64(high)):
        covered |= (x0s[i] - d <= a) & (x1s[i] + d >= b)
        touched |= (x0s[i] - d < b) & (x1s[i] + d > a)
    if covered or not touched:
        return (b - a) * covered
    marks[a:b] = 0
    for i in range(low, high):
        marks[max(a, x0s[i] - d) : max(a, min(b, x1s[i] + d))] = 1
    count = 0
    for mark in marks[a:b]:
        count += mark
    return count


@part
def _count_taken(joint, widths, start, ys, x0s, x1s, low, high, marks, trimap):
    """Add the pixels that are wrongly of a class and within d of its true pixels to the unions in trimap (T, K, 2), for
    each of the rising widths d.

    start, ys, x0s, x1s: true runs by class. low, high (T, K): those within d rows of the row at hand, moved down
    with it.
    """
    row, x0, x1, g, p = joint
    classes = len(start) - 1
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            c = p[i]
            if g[i] == c or c >= classes or g[i] >= classes:
                continue
            length, count = x1[i] - x0[i], 0
            beside = (i > row[y] and g[i - 1] == c) + (i + 1 < row[y + 1] and g[i + 1] == c)
            for t in range(len(widths)):
                d = widths[t]
                if length <= beside * d:
                    count = length
                if count < length:  # else wider bands hold all of it too
                    a, b = low[t, c], high[t, c]
                    while a < start[c + 1] and ys[a] < y - d:
                        a += 1
                    while b < start[c + 1] and ys[b] <= y + d:
                        b += 1
                    low[t, c], high[t, c] = a, b
                    count = _pixels_within(x0s, x1s, a, b, x0[i], x1[i], d, marks)
                trimap[t, c, 1] += count


@kernel
def count_bands(joint, gt, pred, width, d, widths, boundary, trimap):
    """Fill boundary (K, 3) int64 (pixels of the true band, of the predicted band, of both, at width d) and trimap
    (T, K, 2) int64 (intersection and union in the band around the true outline, at each of the T <= 4 rising widths).

    Boundary IoU: the image edge counts as outside; the prediction keeps its classes over void until its band is made.
    Trimap: the image edge is no outline; void is outside in the truth. Void pixels are left out of all sums last.
    """
    classes, n = len(boundary), len(gt.x0)
    codes, same = np.full((2, width), -1, np.int32), np.zeros((2, width), np.int32)
    depth, opened = np.zeros((2, width), np.int32), np.zeros(width, np.int32)
    streak, streak_open = np.zeros((2, width), np.int32), np.zeros((len(widths), width), np.int32)
    flags, table = np.zeros((max(d, widths.max()) + 1, width), np.uint8), np.empty(256, np.uint64)
    _fill_table(len(widths), table)
    _sweep(joint, gt, pred, d, widths, codes, same, depth, opened, streak, streak_open, flags, table, boundary, trimap)
    start, marks = np.zeros(classes + 1, np.int64), np.empty(width, np.uint8)
    ys, x0s, x1s = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int32)
    _sort_by_class(gt.row, gt.x0, gt.x1, gt.code, start, ys, x0s, x1s)
    low, high = np.empty((len(widths), classes), np.int64), np.empty((len(widths), classes), np.int64)
    low[:], high[:] = start[:-1], start[:-1]
    _count_taken(joint, widths, start, ys, x0s, x1s, low, high, marks, trimap)
