"""8-connected components of runs, by union-find."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["component_boxes", "find", "join", "join_rows", "label_runs"]


@inlined
def find(parent, i):
    """Root of i, halving the path on the way."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@inlined
def join(parent, i, j):
    """Unite two sets; the smaller index becomes the root, so that roots stand in raster order."""
    i, j = find(parent, i), find(parent, j)
    if i < j:
        parent[j] = i
    elif j < i:
        parent[i] = j


@part
def join_rows(parent, x0, x1, code, a0, a1, b0, b1):
    """Unite runs a0..a1 of one row with the runs b0..b1 of the next that touch them (8-connected, same code)."""
    a, b = a0, b0
    while a < a1 and b < b1:
        if x0[a] <= x1[b] and x0[b] <= x1[a] and code[a] == code[b]:
            join(parent, a, b)
        if x1[a] < x1[b]:
            a += 1
        elif x1[b] < x1[a]:
            b += 1
        else:  # both end here: each may still touch the successor of the other by a corner
            if b + 1 < b1 and x0[b + 1] <= x1[a] and code[a] == code[b + 1]:
                join(parent, a, b + 1)
            if a + 1 < a1 and x0[a + 1] <= x1[b] and code[a + 1] == code[b]:
                join(parent, a + 1, b)
            a += 1
            b += 1


@part
def _join_all(parent, row, x0, x1, code):
    for y in range(1, len(row) - 1):
        join_rows(parent, x0, x1, code, row[y - 1], row[y], row[y], row[y + 1])


@part
def _number_roots(parent, code, skip, label):
    count = 0
    for i in range(len(parent)):
        if code[i] == skip:
            label[i] = -1
        elif parent[i] == i:
            label[i] = count
            count += 1
        else:
            label[i] = label[find(parent, i)]
    return count


@kernel
def label_runs(runs, skip):
    """8-connected components of equal code: component (n,) int32 of each run, numbered in raster order from 0, -1
    where the code is `skip`; and their count."""
    parent, label = np.arange(len(runs.x0)).astype(np.int32), np.empty(len(runs.x0), np.int32)
    _join_all(parent, runs.row, runs.x0, runs.x1, runs.code)
    return label, _number_roots(parent, runs.code, skip, label)


@part
def _measure(row, x0, x1, code, label, boxes):
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1]):
            c = label[i]
            if c < 0:
                continue
            if boxes[c, 5] == 0:
                boxes[c, 0], boxes[c, 1], boxes[c, 2], boxes[c, 4] = code[i], y, x0[i], x1[i]
            boxes[c, 2] = min(boxes[c, 2], x0[i])
            boxes[c, 4] = max(boxes[c, 4], x1[i])
            boxes[c, 3] = y + 1
            boxes[c, 5] += x1[i] - x0[i]


@kernel
def component_boxes(runs, label, count):
    """(count, 6) int64: code, y0, x0, y1, x1 (half-open) and area of each component."""
    boxes = np.zeros((count, 6), np.int64)
    _measure(runs.row, runs.x0, runs.x1, runs.code, label, boxes)
    return boxes
