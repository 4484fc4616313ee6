"""The error partition (Bernhard et al., WACV 2024): each wrong pixel of a class is boundary, extent or segment.

One call does one role, false negatives or false positives, for all classes and at any number of widths.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part
from inspector.kernels.components import find, join, join_rows
from inspector.kernels.runs import first_after
from inspector.kernels.wrong import BOTH, TRUE_NEGATIVE, TRUE_POSITIVE, WORD, first_at, kind_of, touches, wrong_runs

__all__ = ["partition_errors"]

ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def _bits(low, high):
    """Word with the bits low ... high - 1 set; 0 if there are none. 0 <= low, high <= 64."""
    if high <= low:
        return np.uint64(0)
    return (ALL >> np.uint64(WORD - (high - low))) << np.uint64(low)


@inlined
def _has_bit(word, x):
    return (word >> np.uint64(x)) & np.uint64(1) == np.uint64(1)


@inlined
def _near_kind(role, y, a, b, c, kind, reach):
    """Word of the pixels of [a, b) that have a pixel of the kind within the disc of half-widths reach (w + 1,)."""
    near, full = np.uint64(0), _bits(0, b - a)
    for step in range(2 * len(reach) - 1):  # rows y, y - 1, y + 1, y - 2 ...
        dy = (step + 1) >> 1
        r, k = y - dy if step & 1 else y + dy, reach[dy]
        if r < 0 or r >= len(role.row) - 1:
            continue
        i, end = first_at(role, r, a - k), role.row[r + 1]
        while i < end and role.x0[i] < b + k:
            if kind_of(role.own[i], role.other[i], c) == kind:
                near |= _bits(max(a, role.x0[i] - k) - a, min(b, role.x1[i] + k) - a)
            i += 1
        if near == full:
            break
    return near


@part
def _seeds(role, y, a, b, c, touched, reach):
    """Word of the seeds of a wrong run: its pixels near a true positive and near a true negative.

    touched: what it touches. All of a short run is near to that: no pixel of it is further than its length and one row.
    """
    near = _bits(0, b - a)
    close = touched if b - a <= reach[1] else 0
    if close & TRUE_POSITIVE == 0:
        near = _near_kind(role, y, a, b, c, TRUE_POSITIVE, reach)
    if near != 0 and close & TRUE_NEGATIVE == 0:
        near &= _near_kind(role, y, a, b, c, TRUE_NEGATIVE, reach)
    return near


@inlined
def _spread(word, k, shift):
    """Word of the pixels within k columns of a set pixel, seen from a stretch that begins `shift` px further right."""
    wide = np.uint64(0)
    x = 0
    while x < WORD and (word >> np.uint64(x)) != 0:
        if not _has_bit(word, x):
            x += 1
            continue
        low = x
        while x < WORD and _has_bit(word, x):
            x += 1
        wide |= _bits(max(0, low - k - shift), min(WORD, x + k - shift))
    return wide


@inlined
def _seeds_of(role, wrong, j, y, reach, seeds, known):
    """Seeds of wrong run j of row y, found when first asked for."""
    a, b = wrong.x0[j], wrong.x1[j]
    if wrong.touched[j] == BOTH and b - a <= reach[1]:  # most of them
        return _bits(0, b - a)
    if not known[j]:
        seeds[j] = _seeds(role, y, a, b, wrong.code[j], wrong.touched[j], reach)
        known[j] = True
    return seeds[j]


@inlined
def _grown(role, wrong, i, y, reach, seeds, known):
    """Word of wrong run i: its seeds and the pixels near a seed of the same class."""
    a, b, c = wrong.x0[i], wrong.x1[i], wrong.code[i]
    near, full = _seeds_of(role, wrong, i, y, reach, seeds, known), _bits(0, b - a)
    for step in range(2 * len(reach) - 1):
        if near == full:
            break
        dy = (step + 1) >> 1
        r, k = y - dy if step & 1 else y + dy, reach[dy]
        if r < 0 or r >= len(wrong.row) - 1:
            continue
        j, end = first_after(wrong.x1, wrong.row[r], wrong.row[r + 1], a - k), wrong.row[r + 1]
        while j < end and wrong.x0[j] < b + k:
            if wrong.code[j] == c:
                word = _seeds_of(role, wrong, j, r, reach, seeds, known)
                if word != 0:
                    near |= _spread(word, k, a - wrong.x0[j]) & full
            j += 1
    return near


@part
def _grow(role, wrong, reach, seeds, known, grown):
    """Boundary candidates: grown (n,) uint64, zeros. A piece can only touch both kinds where its whole component does,
    so the runs of other components are left alone; their seeds still grow into this one."""
    if len(reach) == 0:  # nothing is near
        return
    for y in range(len(wrong.row) - 1):
        for i in range(wrong.row[y], wrong.row[y + 1]):
            if wrong.together[i] == BOTH:
                grown[i] = _grown(role, wrong, i, y, reach, seeds, known)


@part
def _most_stretches(wrong, grown):
    bound = 0
    for i in range(len(grown)):
        if grown[i] != 0:
            bound += (wrong.x1[i] - wrong.x0[i] + 1) // 2
    return bound


@part
def _find_stretches(wrong, grown, g_x0, g_x1, first):
    """The stretches of set pixels: x0, x1 (m,) int32, and first (n + 1,) int64: those of wrong run i are
    first[i] ... first[i + 1] - 1."""
    m = 0
    for i in range(len(grown)):
        first[i] = m
        word, length, start = grown[i], wrong.x1[i] - wrong.x0[i], wrong.x0[i]
        if word == _bits(0, length):
            g_x0[m], g_x1[m] = start, wrong.x1[i]
            m += 1
            continue
        x = 0
        while x < length:
            if not _has_bit(word, x):
                x += 1
                continue
            g_x0[m] = start + x
            while x < length and _has_bit(word, x):
                x += 1
            g_x1[m] = start + x
            m += 1
    first[len(grown)] = m
    return m


@part
def _join_pieces(role, wrong, g_x0, g_x1, first, g_c, parent, touched):
    """Unite the stretches of a piece (8-connected, one class), and put what it touches at its root."""
    for y in range(len(wrong.row) - 1):
        low, high = wrong.row[y], wrong.row[y + 1]
        for i in range(low, high):
            for j in range(first[i], first[i + 1]):
                g_c[j] = wrong.code[i]
                if g_x0[j] == wrong.x0[i] and g_x1[j] == wrong.x1[i]:
                    touched[j] = wrong.touched[i]
                else:
                    touched[j] = touches(role, y, g_x0[j], g_x1[j], g_c[j], wrong.i0[i], wrong.i1[i])
                if j > first[low] and g_x1[j - 1] == g_x0[j] and g_c[j - 1] == g_c[j]:
                    join(parent, j - 1, j)
        if y > 0:
            join_rows(parent, g_x0, g_x1, g_c, first[wrong.row[y - 1]], first[low], first[low], first[high])
    for j in range(len(parent)):
        touched[find(parent, j)] |= touched[j]


@part
def _tally(role, wrong, void, component, has_tp, size, g_x0, g_x1, first, parent, touched, out):
    for i in range(len(wrong.x0)):
        c = wrong.code[i]
        for j in range(wrong.i0[i], wrong.i1[i]):
            if role.other[j] == void:
                continue
            low, high = max(role.x0[j], wrong.x0[i]), min(role.x1[j], wrong.x1[i])
            at_boundary = 0
            for s in range(first[i], first[i + 1]):
                if touched[find(parent, s)] == BOTH:
                    at_boundary += max(0, min(high, g_x1[s]) - max(low, g_x0[s]))
            rest = high - low - at_boundary
            out[c, 0] += at_boundary
            if has_tp[component[j]]:
                out[c, 1] += rest
            else:
                out[c, 2] += rest
                out[c, 3 + size[component[j]]] += rest


@kernel
def _partition_at(role, wrong, void, component, has_tp, size, reach, out):
    """Of one width: out (K, 6), reach (w + 1,)."""
    n = len(wrong.x0)
    grown = np.zeros(n, np.uint64)
    _grow(role, wrong, reach, np.zeros(n, np.uint64), np.zeros(n, np.bool_), grown)
    bound = _most_stretches(wrong, grown)
    g_x0, g_x1, first = np.empty(bound, np.int32), np.empty(bound, np.int32), np.zeros(n + 1, np.int64)
    m = _find_stretches(wrong, grown, g_x0, g_x1, first)
    parent, touched = np.arange(m).astype(np.int32), np.zeros(m, np.int8)
    _join_pieces(role, wrong, g_x0, g_x1, first, np.empty(m, np.int16), parent, touched)
    _tally(role, wrong, void, component, has_tp, size, g_x0, g_x1, first, parent, touched, out)


@kernel
def partition_errors(role, void, component, has_tp, size, reach, first_reach, out):
    """Add the wrong pixels of one role to out (M, K, 6) int64, at each of M widths: boundary, extent, segment, and
    segment again by the size (0, 1, 2) of the component of `own` they lie in.

    void                   code of `other` whose pixels are left out last; -1 for none
    component (n,) int32   8-connected component of `own` each joint run lies in (-1: none)
    has_tp, size           of each component: holds a true positive (bool); size index (int8)
    reach, first_reach     discs of `near`: reach[first_reach[i] : first_reach[i + 1]] is that of width i, the half-
                           width at each row offset (w + 1,) int32; empty when w is 0
    """
    wrong = wrong_runs(role, out.shape[1])
    for i in range(len(out)):
        disc = reach[first_reach[i] : first_reach[i + 1]]
        _partition_at(role, wrong, void, component, has_tp, size, disc, out[i])
