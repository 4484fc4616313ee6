"""Counts that come straight from the runs: confusion, errors by row and column, objects, thin runs."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["component_truths", "confusion_of_runs", "object_overlaps", "thin_runs"]


@kernel
def confusion_of_runs(row, x0, x1, g, p, classes, width):
    """Returns the (K, K + 1) confusion matrix, void pixels, and wrong and valid pixels by row and by column."""
    height = len(row) - 1
    confusion = np.zeros((classes, classes + 1), np.int64)
    wrong_row, valid_row = np.zeros(height, np.int64), np.zeros(height, np.int64)
    wrong_edge, void_edge = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    void = 0
    for y in range(height):
        for i in range(row[y], row[y + 1]):
            length = x1[i] - x0[i]
            if g[i] == classes:
                void += length
                void_edge[x0[i]] += 1
                void_edge[x1[i]] -= 1
                continue
            confusion[g[i], p[i]] += length
            valid_row[y] += length
            if g[i] != p[i]:
                wrong_row[y] += length
                wrong_edge[x0[i]] += 1
                wrong_edge[x1[i]] -= 1
    wrong_column = np.cumsum(wrong_edge)[:width]
    valid_column = height - np.cumsum(void_edge)[:width]
    return confusion, void, wrong_row, valid_row, wrong_column, valid_column


@kernel
def component_truths(component, g, p, count):
    """Whether each component (count,) holds a true positive."""
    has_tp = np.zeros(count, np.bool_)
    for i in range(len(g)):
        if component[i] >= 0 and g[i] == p[i]:
            has_tp[component[i]] = True
    return has_tp


@kernel
def _overlap_table(gt_component, pred_component, x0, x1, size):
    """Pixels shared by each (true, predicted) component: an open hash table of keys and pixel counts."""
    keys = np.full(size, -1, np.int64)
    pixels = np.zeros(size, np.int64)
    mask = size - 1
    for i in range(len(x0)):
        if gt_component[i] < 0 or pred_component[i] < 0:
            continue
        key = (np.int64(gt_component[i]) << 32) | pred_component[i]
        slot = ((key * np.int64(0x9E3779B97F4A7C1)) >> 20) & mask
        while keys[slot] != -1 and keys[slot] != key:
            slot = (slot + 1) & mask
        keys[slot] = key
        pixels[slot] += x1[i] - x0[i]
    return keys, pixels


@kernel
def _better(inter, union, best_inter, best_union):
    """Whether inter / union beats best_inter / best_union, in whole numbers."""
    return inter * best_union > best_inter * union


@kernel
def object_overlaps(boxes, gt_component, pred_component, pred_code, pred_area, x0, x1, g, p, classes, objects):
    """Fill objects (n, 14) int64 (see OBJECT_COLUMNS) of n true components with boxes (n, 6).

    pred_code, pred_area: class and valid area of each predicted component. Ties go to the lower index.
    """
    n = len(boxes)
    objects[:, 0] = boxes[:, 0]
    objects[:, 1:6] = boxes[:, 1:6]
    objects[:, 7] = -1
    objects[:, 11] = -1
    size = 16
    while size < 2 * len(x0):
        size *= 2
    keys, pixels = _overlap_table(gt_component, pred_component, x0, x1, size)
    best, swap = np.full(n, -1, np.int64), np.full(n, -1, np.int64)
    for slot in range(size):
        if keys[slot] < 0:
            continue
        t, q = keys[slot] >> 32, keys[slot] & 0xFFFFFFFF
        inter = pixels[slot]
        union = boxes[t, 5] + pred_area[q] - inter
        at, column = (best, 9) if pred_code[q] == boxes[t, 0] else (swap, 12)
        tie = inter * objects[t, column + 1] == objects[t, column] * union and q < at[t]
        if at[t] < 0 or tie or _better(inter, union, objects[t, column], objects[t, column + 1]):
            at[t] = q
            objects[t, column], objects[t, column + 1] = inter, union
            if column == 12:
                objects[t, 11] = pred_code[q]
    taken = np.zeros(classes + 1, np.int64)
    order = np.argsort(gt_component, kind="mergesort")
    i = 0
    while i < len(order) and gt_component[order[i]] < 0:
        i += 1
    while i < len(order):
        t = gt_component[order[i]]
        taken[:] = 0
        while i < len(order) and gt_component[order[i]] == t:
            j = order[i]
            taken[p[j]] += x1[j] - x0[j]
            i += 1
        c = boxes[t, 0]
        objects[t, 6] = taken[c]
        taken[c] = 0
        taker = np.argmax(taken)
        if taken[taker] > 0:
            objects[t, 7], objects[t, 8] = taker, taken[taker]


@kernel
def thin_runs(row, x0, x1, code, classes, thin, edges):
    """Add to thin (K,) the runs of 1 or 2 px whose class index lies strictly between those of both neighbours, and to
    edges (K,) every change of class along a row, at the class on its left."""
    for y in range(len(row) - 1):
        for i in range(row[y], row[y + 1] - 1):
            if code[i] < classes and code[i + 1] < classes:
                edges[code[i]] += 1
                if i > row[y] and x1[i] - x0[i] <= 2 and code[i - 1] < classes:
                    a, b = code[i - 1], code[i + 1]
                    if min(a, b) < code[i] < max(a, b):
                        thin[code[i]] += 1
