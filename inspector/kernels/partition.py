"""The error partition (Bernhard et al., WACV 2024): each wrong pixel of a class is boundary, extent or segment.

One call does one role for all classes: false negatives with own = truth and other = prediction, false positives the
other way round. A *wrong run* is a stretch of a row, at most 64 px, on which own is class c and other is not: a set of its
pixels is then one 64-bit word.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel
from inspector.kernels.components import find, join, join_rows

__all__ = ["partition_errors"]

TRUE_POSITIVE, TRUE_NEGATIVE = 1, 2
WORD = 64
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@kernel
def _wrong_runs(row, x0, x1, own, other, classes):
    """Wrong runs: their rows (H + 1,), x0, x1, class, and the first and last + 1 joint run of each."""
    height = len(row) - 1
    bound = 0
    for i in range(len(x0)):
        bound += 1 + (x1[i] - x0[i]) // WORD
    w_row = np.empty(height + 1, np.int64)
    w_x0, w_x1 = np.empty(bound, np.int32), np.empty(bound, np.int32)
    w_c = np.empty(bound, np.int16)
    w_i0, w_i1 = np.empty(bound, np.int64), np.empty(bound, np.int64)
    m = 0
    for y in range(height):
        w_row[y] = m
        for i in range(row[y], row[y + 1]):
            c = own[i]
            if c >= classes or other[i] == c:
                continue
            x = x0[i]
            if m > w_row[y] and w_c[m - 1] == c and w_x1[m - 1] == x:  # goes on where the last one stopped
                x = min(x1[i], w_x0[m - 1] + WORD)
                if x > x0[i]:
                    w_x1[m - 1], w_i1[m - 1] = x, i + 1
            while x < x1[i]:
                end = min(x1[i], x + WORD)
                w_x0[m], w_x1[m], w_c[m], w_i0[m], w_i1[m] = x, end, c, i, i + 1
                m += 1
                x = end
    w_row[height] = m
    return w_row, w_x0[:m].copy(), w_x1[:m].copy(), w_c[:m].copy(), w_i0[:m].copy(), w_i1[:m].copy()


@kernel
def _bits(low, high):
    """Word with the bits low … high - 1 set; 0 if there are none. 0 <= low, high <= 64."""
    if high <= low:
        return np.uint64(0)
    return (ALL >> np.uint64(WORD - (high - low))) << np.uint64(low)


@kernel
def _first_run(x1, low, high, x):
    """First run of [low, high) that ends after column x."""
    while low < high:
        middle = (low + high) >> 1
        if x1[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _kind(own, other, c):
    if own == c:
        return TRUE_POSITIVE if other == c else 0
    return 0 if other == c else TRUE_NEGATIVE


@kernel
def _touches(row, x0, x1, own, other, y, a, b, c, start):
    """What the stretch [a, b) of row y touches (8-neighbours): bits TRUE_POSITIVE | TRUE_NEGATIVE.

    start (3,) int64: a run of rows y - 1, y, y + 1 at or before the stretch; moved forward for the next stretch.
    """
    found = 0
    for k in range(3):
        r = y - 1 + k
        if r < 0 or r >= len(row) - 1:
            continue
        i = start[k]
        while i < row[r + 1] and x1[i] < a:
            i += 1
        start[k] = i
        while i < row[r + 1] and x0[i] <= b:
            found |= _kind(own[i], other[i], c)
            i += 1
    return found


@kernel
def _row_starts(row, y, start):
    for k in range(3):
        start[k] = row[min(max(y - 1 + k, 0), len(row) - 1)]


@kernel
def _near_kind(row, x0, x1, own, other, y, a, b, c, kind, reach):
    """Word of the pixels of [a, b) that have a pixel of the kind within the disc of half-widths reach (w + 1,)."""
    near, full = np.uint64(0), _bits(0, b - a)
    for dy in range(len(reach)):
        k = reach[dy]
        for side in range(2):
            r = y - dy if side == 0 else y + dy
            if r < 0 or r >= len(row) - 1 or (side == 1 and dy == 0):
                continue
            i = _first_run(x1, row[r], row[r + 1], a - k)
            while i < row[r + 1] and x0[i] < b + k:
                if _kind(own[i], other[i], c) == kind:
                    near |= _bits(max(a, x0[i] - k) - a, min(b, x1[i] + k) - a)
                i += 1
            if near == full:
                return near
    return near


@kernel
def _seeds(row, x0, x1, own, other, y, a, b, c, i0, i1, reach):
    """Word of the seeds of a wrong run: its pixels near a true positive and near a true negative.

    i0, i1: its joint runs. Between one neighbour of each kind a short run is all seeds: that is most of them.
    """
    if b - a <= reach[0] and i0 > row[y] and i1 < row[y + 1] and x0[i0] == a and x1[i1 - 1] == b:
        left, right = _kind(own[i0 - 1], other[i0 - 1], c), _kind(own[i1], other[i1], c)
        if left | right == TRUE_POSITIVE | TRUE_NEGATIVE:
            return _bits(0, b - a)
    near = _near_kind(row, x0, x1, own, other, y, a, b, c, TRUE_POSITIVE, reach)
    if near == 0:
        return near
    return near & _near_kind(row, x0, x1, own, other, y, a, b, c, TRUE_NEGATIVE, reach)


@kernel
def _spread(word, k, shift):
    """Word of the pixels within k columns of a set pixel, as seen from a stretch that begins `shift` px further right."""
    wide = np.uint64(0)
    x = 0
    while x < WORD and (word >> np.uint64(x)) != 0:
        if (word >> np.uint64(x)) & np.uint64(1) == 0:
            x += 1
            continue
        low = x
        while x < WORD and (word >> np.uint64(x)) & np.uint64(1) == 1:
            x += 1
        wide |= _bits(max(0, low - k - shift), min(WORD, x + k - shift))
    return wide


@kernel
def _wrong_components(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c):
    """What each wrong run touches, and what its 8-connected component touches: two (n,) int8 of bits."""
    n = len(w_x0)
    parent = np.arange(n).astype(np.int32)
    alone, together = np.zeros(n, np.int8), np.zeros(n, np.int8)
    start = np.zeros(3, np.int64)
    for y in range(len(row) - 1):
        _row_starts(row, y, start)
        if y > 0:
            join_rows(parent, w_x0, w_x1, w_c, w_row[y - 1], w_row[y], w_row[y], w_row[y + 1])
        for i in range(w_row[y], w_row[y + 1]):
            alone[i] = _touches(row, x0, x1, own, other, y, w_x0[i], w_x1[i], w_c[i], start)
            if i > w_row[y] and w_x1[i - 1] == w_x0[i] and w_c[i - 1] == w_c[i]:
                join(parent, i - 1, i)
    for i in range(n):
        together[find(parent, i)] |= alone[i]
    for i in range(n):
        together[i] = together[find(parent, i)]
    return alone, together


@kernel
def _grow(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, w_i0, w_i1, together, reach):
    """Boundary candidates (n,) uint64: of each wrong run whose component touches both kinds, the seeds and the pixels
    near a seed of the same class.

    A piece can only touch both kinds where its whole component does, so other components are left alone; their seeds
    still grow into this one, and are found when a pixel that is no seed itself asks for them.
    """
    n, height = len(w_x0), len(row) - 1
    seeds, known = np.zeros(n, np.uint64), np.zeros(n, np.bool_)
    grown = np.zeros(n, np.uint64)
    for y in range(height):
        for i in range(w_row[y], w_row[y + 1]):
            if together[i] != TRUE_POSITIVE | TRUE_NEGATIVE:
                continue
            a, b, c = w_x0[i], w_x1[i], w_c[i]
            if not known[i]:
                seeds[i] = _seeds(row, x0, x1, own, other, y, a, b, c, w_i0[i], w_i1[i], reach)
                known[i] = True
            near, full = seeds[i], _bits(0, b - a)
            for dy in range(len(reach)):
                if near == full:
                    break
                k = reach[dy]
                for side in range(2):
                    r = y - dy if side == 0 else y + dy
                    if r < 0 or r >= height or (side == 1 and dy == 0):
                        continue
                    j = _first_run(w_x1, w_row[r], w_row[r + 1], a - k)
                    while j < w_row[r + 1] and w_x0[j] < b + k:
                        if w_c[j] == c:
                            if not known[j]:
                                seeds[j] = _seeds(
                                    row, x0, x1, own, other, r, w_x0[j], w_x1[j], c, w_i0[j], w_i1[j], reach
                                )
                                known[j] = True
                            if seeds[j] != 0:
                                near |= _spread(seeds[j], k, a - w_x0[j]) & full
                        j += 1
            grown[i] = near
    return grown


@kernel
def _intervals(w_row, w_x0, w_x1, grown):
    """The stretches of set pixels: x0, x1 (m,) int32, and first (n + 1,) int64: those of wrong run i are
    first[i] … first[i + 1] - 1."""
    n = len(grown)
    bound = 0
    for i in range(n):
        if grown[i] != 0:
            bound += (w_x1[i] - w_x0[i] + 1) // 2
    g_x0, g_x1 = np.empty(bound, np.int32), np.empty(bound, np.int32)
    first = np.zeros(n + 1, np.int64)
    m = 0
    for i in range(n):
        first[i] = m
        word, length = grown[i], w_x1[i] - w_x0[i]
        if word == _bits(0, length):
            g_x0[m], g_x1[m] = w_x0[i], w_x1[i]
            m += 1
            continue
        x = 0
        while x < length:
            if (word >> np.uint64(x)) & np.uint64(1) == 0:
                x += 1
                continue
            g_x0[m] = w_x0[i] + x
            while x < length and (word >> np.uint64(x)) & np.uint64(1) == 1:
                x += 1
            g_x1[m] = w_x0[i] + x
            m += 1
    first[n] = m
    return g_x0[:m].copy(), g_x1[:m].copy(), first


@kernel
def _boundary_pieces(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, alone, g_x0, g_x1, first):
    """Whether each grown stretch (m,) bool lies in an 8-connected piece that touches both kinds."""
    m = len(g_x0)
    g_c = np.empty(m, np.int16)
    parent = np.arange(m).astype(np.int32)
    touched = np.zeros(m, np.int8)
    start = np.zeros(3, np.int64)
    for y in range(len(row) - 1):
        _row_starts(row, y, start)
        for i in range(w_row[y], w_row[y + 1]):
            for j in range(first[i], first[i + 1]):
                g_c[j] = w_c[i]
                if g_x0[j] == w_x0[i] and g_x1[j] == w_x1[i]:
                    touched[j] = alone[i]
                else:
                    touched[j] = _touches(row, x0, x1, own, other, y, g_x0[j], g_x1[j], w_c[i], start)
                if j > first[w_row[y]] and g_x1[j - 1] == g_x0[j] and g_c[j - 1] == g_c[j]:
                    join(parent, j - 1, j)
        if y > 0:
            join_rows(
                parent, g_x0, g_x1, g_c, first[w_row[y - 1]], first[w_row[y]], first[w_row[y]], first[w_row[y + 1]]
            )
    for j in range(m):
        touched[find(parent, j)] |= touched[j]
    kept = np.zeros(m, np.bool_)
    for j in range(m):
        kept[j] = touched[find(parent, j)] == TRUE_POSITIVE | TRUE_NEGATIVE
    return kept


@kernel
def partition_errors(row, x0, x1, own, other, void, component, has_tp, size, reach, out):
    """Add the wrong pixels of one role to out (K, 6) int64: boundary, extent, segment, and segment again by the size
    (0, 1, 2) of the component of `own` they lie in.

    own, other (n,) int16  codes of the joint runs
    void                   code of `other` whose pixels are left out last; -1 for none
    component (n,) int32   8-connected component of `own` each joint run lies in (-1: none)
    has_tp, size           of each component: holds a true positive (bool); size index (int8)
    reach (w + 1,) int32   half-width of the disc of `near` at each row offset; empty when w is 0
    """
    w_row, w_x0, w_x1, w_c, w_i0, w_i1 = _wrong_runs(row, x0, x1, own, other, len(out))
    alone, together = _wrong_components(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c)
    if len(reach) == 0:
        together[:] = 0
    grown = _grow(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, w_i0, w_i1, together, reach)
    g_x0, g_x1, first = _intervals(w_row, w_x0, w_x1, grown)
    kept = _boundary_pieces(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, alone, g_x0, g_x1, first)
    for i in range(len(w_x0)):
        c = w_c[i]
        for j in range(w_i0[i], w_i1[i]):
            if other[j] == void:
                continue
            low, high = max(x0[j], w_x0[i]), min(x1[j], w_x1[i])
            at_boundary = 0
            for s in range(first[i], first[i + 1]):
                if kept[s]:
                    at_boundary += max(0, min(high, g_x1[s]) - max(low, g_x0[s]))
            rest = high - low - at_boundary
            out[c, 0] += at_boundary
            if has_tp[component[j]]:
                out[c, 1] += rest
            else:
                out[c, 2] += rest
                out[c, 3 + size[component[j]]] += rest
