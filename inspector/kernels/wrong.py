"""Wrong runs: stretches on which one side has a class and the other has not, and what they touch.

`own` and `other` are the codes of the two sides: for false negatives own is the truth, for false positives the
prediction. A wrong run is at most 64 px long: a set of its pixels is then one 64-bit word.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspector.kernels.compile import inlined, kernel, part
from inspector.kernels.components import find, join, join_rows

__all__ = [
    "BOTH",
    "TRUE_NEGATIVE",
    "TRUE_POSITIVE",
    "WORD",
    "Role",
    "Wrong",
    "first_at",
    "kind_of",
    "role_of",
    "touches",
    "wrong_runs",
]

TRUE_POSITIVE, TRUE_NEGATIVE, BOTH = 1, 2, 3
WORD = 64
Array = NDArray[np.generic]


class Role(NamedTuple):
    """Joint runs as one role sees them; columns (H, ceil(W / 64)) int32: the first run of each row that ends after
    column 64 k."""

    row: Array
    x0: Array
    x1: Array
    own: Array
    other: Array
    columns: Array


class Wrong(NamedTuple):
    """Wrong runs in raster order: row (H + 1,) first of each row; x0, x1; code: the class; i0, i1 (n,) int64: its
    joint runs; touched (n,) int8: what the run touches (8-neighbours); together: what its 8-connected component of
    wrong runs of the class touches. Both are bits, TRUE_POSITIVE | TRUE_NEGATIVE."""

    row: Array
    x0: Array
    x1: Array
    code: Array
    i0: Array
    i1: Array
    touched: Array
    together: Array


@part
def _index_columns(row, x1, columns):
    for y in range(len(row) - 1):
        i = row[y]
        for k in range(columns.shape[1]):
            while x1[i] <= k * WORD:
                i += 1
            columns[y, k] = i


@kernel
def role_of(joint, own, other):
    height, width = len(joint.row) - 1, joint.x1[-1]
    columns = np.empty((height, (width + WORD - 1) // WORD), np.int32)
    _index_columns(joint.row, joint.x1, columns)
    return Role(joint.row, joint.x0, joint.x1, own, other, columns)


@inlined
def first_at(role, y, x):
    """The first joint run of row y that ends after column x; the end of the row if none does."""
    if x < 0:
        return role.row[y]
    if (x >> 6) >= role.columns.shape[1]:
        return role.row[y + 1]
    i, end = np.int64(role.columns[y, x >> 6]), role.row[y + 1]
    while i < end and role.x1[i] <= x:
        i += 1
    return i


@inlined
def kind_of(own, other, c):
    """TRUE_POSITIVE, TRUE_NEGATIVE or 0, without a jump that the processor could guess wrong."""
    return np.int64((own == c) & (other == c)) | np.int64((own != c) & (other != c)) << 1


@inlined
def _kinds_in(role, y, a, b, c):
    """The kinds that row y has in columns a - 1 ... b."""
    found = 0
    i, end = first_at(role, y, a - 1), role.row[y + 1]
    while i < end and role.x0[i] <= b:
        found |= kind_of(role.own[i], role.other[i], c)
        i += 1
    return found


@inlined
def touches(role, y, a, b, c, i0, i1):
    """What the stretch [a, b) of row y touches (8-neighbours), as bits. i0, i1: the joint runs of its wrong run, of
    which [a, b) may be a part."""
    found = 0
    if i0 > role.row[y] and role.x0[i0] == a:
        found |= kind_of(role.own[i0 - 1], role.other[i0 - 1], c)
    if i1 < role.row[y + 1] and role.x1[i1 - 1] == b:
        found |= kind_of(role.own[i1], role.other[i1], c)
    if found != BOTH and y > 0:
        found |= _kinds_in(role, y - 1, a, b, c)
    if found != BOTH and y + 2 < len(role.row):
        found |= _kinds_in(role, y + 1, a, b, c)
    return found


@part
def _find_wrong(role, classes, w_row, w_x0, w_x1, w_c, w_i0, w_i1):
    m = 0
    for y in range(len(role.row) - 1):
        w_row[y] = m
        for i in range(role.row[y], role.row[y + 1]):
            c = role.own[i]
            if c >= classes or role.other[i] == c:
                continue
            x, stop = role.x0[i], role.x1[i]
            if m > w_row[y] and w_c[m - 1] == c and w_x1[m - 1] == x:  # goes on where the last one stopped
                x = min(stop, w_x0[m - 1] + WORD)
                if x > role.x0[i]:
                    w_x1[m - 1], w_i1[m - 1] = x, i + 1
            while x < stop:
                end = min(stop, x + WORD)
                w_x0[m], w_x1[m], w_c[m], w_i0[m], w_i1[m] = x, end, c, i, i + 1
                m += 1
                x = end
    w_row[len(role.row) - 1] = m
    return m


@part
def _most_wrong(role, classes):
    """A bound on the number of wrong runs."""
    bound = 0
    for i in range(len(role.x0)):
        if role.own[i] < classes and role.own[i] != role.other[i]:
            bound += 1 + (role.x1[i] - role.x0[i]) // WORD
    return bound


@part
def _connect(role, wrong, parent):
    for y in range(len(role.row) - 1):
        low, high = wrong.row[y], wrong.row[y + 1]
        if y > 0:
            join_rows(parent, wrong.x0, wrong.x1, wrong.code, wrong.row[y - 1], low, low, high)
        for i in range(low, high):
            a, b, c = wrong.x0[i], wrong.x1[i], wrong.code[i]
            wrong.touched[i] = touches(role, y, a, b, c, wrong.i0[i], wrong.i1[i])
            if i > low and wrong.x1[i - 1] == a and wrong.code[i - 1] == c:
                join(parent, i - 1, i)
    for i in range(len(parent)):
        wrong.together[find(parent, i)] |= wrong.touched[i]
    for i in range(len(parent)):
        wrong.together[i] = wrong.together[find(parent, i)]


@kernel
def wrong_runs(role, classes):
    """The wrong runs of one role."""
    size = _most_wrong(role, classes)
    row, x0, x1 = np.empty(len(role.row), np.int64), np.empty(size, np.int32), np.empty(size, np.int32)
    code, i0, i1 = np.empty(size, np.int16), np.empty(size, np.int64), np.empty(size, np.int64)
    n = _find_wrong(role, classes, row, x0, x1, code, i0, i1)
    wrong = Wrong(row, x0[:n], x1[:n], code[:n], i0[:n], i1[:n], np.zeros(n, np.int8), np.zeros(n, np.int8))
    _connect(role, wrong, np.arange(n).astype(np.int32))
    return wrong
