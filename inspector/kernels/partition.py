"""The error partition (Bernhard et al., WACV 2024): each wrong pixel of a class is boundary, extent or segment.

One call does one role for all classes: false negatives with own = truth and other = prediction, false positives the
other way round. A *wrong run* is a stretch of a row on which own is class c and other is not.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel
from inspector.kernels.components import find, join_rows

__all__ = ["partition_errors"]

TRUE_POSITIVE, TRUE_NEGATIVE = 1, 2


@kernel
def _wrong_runs(row, x0, x1, own, other, classes):
    """Wrong runs: their rows (H + 1,), x0, x1, class, and the first and last + 1 joint run of each."""
    height, n = len(row) - 1, len(x0)
    w_row = np.empty(height + 1, np.int64)
    w_x0, w_x1 = np.empty(n, np.int32), np.empty(n, np.int32)
    w_c = np.empty(n, np.int16)
    w_i0, w_i1 = np.empty(n, np.int64), np.empty(n, np.int64)
    m = 0
    for y in range(height):
        w_row[y] = m
        for i in range(row[y], row[y + 1]):
            c = own[i]
            if c >= classes or other[i] == c:
                continue
            if m > w_row[y] and w_c[m - 1] == c and w_x1[m - 1] == x0[i]:
                w_x1[m - 1], w_i1[m - 1] = x1[i], i + 1
            else:
                w_x0[m], w_x1[m], w_c[m], w_i0[m], w_i1[m] = x0[i], x1[i], c, i, i + 1
                m += 1
    w_row[height] = m
    return w_row, w_x0[:m].copy(), w_x1[:m].copy(), w_c[:m].copy(), w_i0[:m].copy(), w_i1[:m].copy()


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
def _touches(row, x0, x1, own, other, y, a, b, c):
    """Bits TRUE_POSITIVE | TRUE_NEGATIVE of what the stretch [a, b) of row y touches (8-neighbours)."""
    bits = 0
    for r in range(max(0, y - 1), min(len(row) - 1, y + 2)):
        i = _first_run(x1, row[r], row[r + 1], a - 1)
        while i < row[r + 1] and x0[i] <= b:
            bits |= _kind(own[i], other[i], c)
            i += 1
    return bits


@kernel
def _mark(near, low, high):
    """Set near[low:high]; how many of them were not set before."""
    fresh = 0
    for x in range(low, high):
        fresh += 1 - near[x]
        near[x] = 1
    return fresh


@kernel
def _near_kind(row, x0, x1, own, other, y, a, b, c, kind, reach, near):
    """Set near[a:b] (uint8) where a pixel of the kind lies within the disc of half-widths reach (w + 1,)."""
    near[a:b] = 0
    left = b - a
    for dy in range(len(reach)):
        k = reach[dy]
        for side in range(2):
            r = y - dy if side == 0 else y + dy
            if r < 0 or r >= len(row) - 1 or (side == 1 and dy == 0):
                continue
            i = _first_run(x1, row[r], row[r + 1], a - k)
            while i < row[r + 1] and x0[i] < b + k:
                if _kind(own[i], other[i], c) == kind:
                    left -= _mark(near, max(a, x0[i] - k), min(b, x1[i] + k))
                i += 1
            if left == 0:
                return


@kernel
def _seed_run(row, x0, x1, own, other, y, a, b, c, reach, near_tp, near_tn):
    """Set near_tp[a:b] where the pixels of a wrong run are seeds: near a true positive and a true negative."""
    _near_kind(row, x0, x1, own, other, y, a, b, c, TRUE_POSITIVE, reach, near_tp)
    if near_tp[a:b].sum() > 0:
        _near_kind(row, x0, x1, own, other, y, a, b, c, TRUE_NEGATIVE, reach, near_tn)
        for x in range(a, b):
            near_tp[x] &= near_tn[x]


@kernel
def _append(pool, used, mask, a, b):
    """Append the intervals set in mask[a:b] to the pool (m, 2); the pool (maybe a bigger one) and its new length."""
    x = a
    while x < b:
        if mask[x] == 0:
            x += 1
            continue
        low = x
        while x < b and mask[x] == 1:
            x += 1
        if used == len(pool):
            bigger = np.empty((2 * len(pool), 2), np.int32)
            bigger[:used] = pool
            pool = bigger
        pool[used, 0], pool[used, 1] = low, x
        used += 1
    return pool, used


@kernel
def _wrong_components(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c):
    """For each wrong run: what its 8-connected component touches (bits)."""
    n = len(w_x0)
    parent = np.arange(n).astype(np.int32)
    bits = np.zeros(n, np.int8)
    for y in range(len(row) - 1):
        if y > 0:
            join_rows(parent, w_x0, w_x1, w_c, w_row[y - 1], w_row[y], w_row[y], w_row[y + 1])
        for i in range(w_row[y], w_row[y + 1]):
            bits[i] = _touches(row, x0, x1, own, other, y, w_x0[i], w_x1[i], w_c[i])
    for i in range(n):
        bits[find(parent, i)] |= bits[i]
    for i in range(n):
        bits[i] = bits[find(parent, i)]
    return bits


@kernel
def _mark_near_seeds(seeds, low, high, k, a, b, near):
    """Set near[a:b] within k columns of the seeds low … high - 1; how many of them were not set before."""
    fresh = 0
    for s in range(low, high):
        fresh += _mark(near, max(a, seeds[s, 0] - k), min(b, seeds[s, 1] + k))
    return fresh


@kernel
def _grow(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, bits, reach, width):
    """Boundary candidates: seeds of the runs whose component touches both, grown to the pixels near a seed.

    A piece can only touch both kinds where its whole component does, so other components are left alone; their seeds
    still grow into this one, and are found when a pixel that is no seed itself asks for them.
    Returns grown (m, 2) intervals and first (n + 1,) int64: the intervals of wrong run i are first[i]:first[i + 1].
    """
    n, height = len(w_x0), len(row) - 1
    near = np.zeros(width, np.uint8)
    scratch, scratch_tn = np.zeros(width, np.uint8), np.zeros(width, np.uint8)
    seeds, used = np.empty((n + 16, 2), np.int32), 0
    seed_first, seed_last = np.full(n, -1, np.int64), np.zeros(n, np.int64)
    grown, m = np.empty((n + 16, 2), np.int32), 0
    first = np.zeros(n + 1, np.int64)
    for y in range(height):
        for i in range(w_row[y], w_row[y + 1]):
            first[i] = m
            if bits[i] != TRUE_POSITIVE | TRUE_NEGATIVE:
                continue
            a, b, c = w_x0[i], w_x1[i], w_c[i]
            near[a:b] = 0
            left = b - a
            for dy in range(len(reach)):
                for side in range(2):
                    r = y - dy if side == 0 else y + dy
                    if left == 0 or r < 0 or r >= height or (side == 1 and dy == 0):
                        continue
                    k = reach[dy]
                    j = _first_run(w_x1, w_row[r], w_row[r + 1], a - k)
                    while j < w_row[r + 1] and w_x0[j] < b + k and left > 0:
                        if w_c[j] == c:
                            if seed_first[j] < 0:
                                _seed_run(
                                    row, x0, x1, own, other, r, w_x0[j], w_x1[j], c, reach, scratch, scratch_tn
                                )
                                seed_first[j] = used
                                seeds, used = _append(seeds, used, scratch, w_x0[j], w_x1[j])
                                seed_last[j] = used
                            left -= _mark_near_seeds(seeds, seed_first[j], seed_last[j], k, a, b, near)
                        j += 1
            grown, m = _append(grown, m, near, a, b)
    first[n] = m
    return grown[:m].copy(), first


@kernel
def _boundary_pieces(row, x0, x1, own, other, w_row, w_c, grown, first):
    """Whether each grown interval (m,) bool lies in an 8-connected piece that touches both kinds."""
    m = len(grown)
    g_x0, g_x1, g_c = grown[:, 0].copy(), grown[:, 1].copy(), np.empty(m, np.int16)
    parent = np.arange(m).astype(np.int32)
    bits = np.zeros(m, np.int8)
    for y in range(len(row) - 1):
        for i in range(w_row[y], w_row[y + 1]):
            for j in range(first[i], first[i + 1]):
                g_c[j] = w_c[i]
                bits[j] = _touches(row, x0, x1, own, other, y, g_x0[j], g_x1[j], w_c[i])
        if y > 0:
            join_rows(
                parent, g_x0, g_x1, g_c, first[w_row[y - 1]], first[w_row[y]], first[w_row[y]], first[w_row[y + 1]]
            )
    for j in range(m):
        bits[find(parent, j)] |= bits[j]
    kept = np.zeros(m, np.bool_)
    for j in range(m):
        kept[j] = bits[find(parent, j)] == TRUE_POSITIVE | TRUE_NEGATIVE
    return kept


@kernel
def partition_errors(row, x0, x1, own, other, void, component, has_tp, size, reach, width, out):
    """Add the wrong pixels of one role to out (K, 6) int64: boundary, extent, segment, and segment again by the size
    (0, 1, 2) of the component of `own` they lie in.

    own, other (n,) int16  codes of the joint runs
    void                   code of `other` whose pixels are left out last; -1 for none
    component (n,) int32   8-connected component of `own` each joint run lies in (-1: none)
    has_tp, size           of each component: holds a true positive (bool); size index (int8)
    reach (w + 1,) int32   half-width of the disc of `near` at each row offset; empty when w is 0
    """
    w_row, w_x0, w_x1, w_c, w_i0, w_i1 = _wrong_runs(row, x0, x1, own, other, len(out))
    bits = _wrong_components(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c)
    grown, first = _grow(row, x0, x1, own, other, w_row, w_x0, w_x1, w_c, bits, reach, width)
    kept = _boundary_pieces(row, x0, x1, own, other, w_row, w_c, grown, first)
    for i in range(len(w_x0)):
        c = w_c[i]
        for j in range(w_i0[i], w_i1[i]):
            if other[j] == void:
                continue
            at_boundary = 0
            for s in range(first[i], first[i + 1]):
                if kept[s]:
                    at_boundary += max(0, min(x1[j], grown[s, 1]) - max(x0[j], grown[s, 0]))
            rest = x1[j] - x0[j] - at_boundary
            out[c, 0] += at_boundary
            if has_tp[component[j]]:
                out[c, 1] += rest
            else:
                out[c, 2] += rest
                out[c, 3 + size[component[j]]] += rest
