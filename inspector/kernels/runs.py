"""From pixels to runs: the only pass over the pixels of a pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspector.kernels.compile import entry, inlined, kernel, part

__all__ = ["Joint", "Runs", "encode_pair", "first_after", "merge_side"]

Array = NDArray[np.generic]


class Runs(NamedTuple):
    """One side as runs: maximal stretches of a row of one code.

    row (H + 1,) int64 first run of each row; x0, x1 (n,) int32 half-open; code (n,) int16 class index, K: void or
    outside the class list.
    """

    row: Array
    x0: Array
    x1: Array
    code: Array


class Joint(NamedTuple):
    """Both sides as joint runs; g, p (n,) int16: codes of truth and prediction."""

    row: Array
    x0: Array
    x1: Array
    g: Array
    p: Array


@kernel
def _grown(array, size):
    bigger = np.empty(size, array.dtype)
    bigger[: len(array)] = array
    return bigger


@part
def _mark_changes(gt, pred, changed):
    """changed (W,) uint8: 1 where a pixel (id) differs from the one on its left, on either side."""
    for x in range(len(gt) - 1):
        changed[x + 1] = (gt[x + 1] != gt[x]) | (pred[x + 1] != pred[x])
    changed[0] = 1


@part
def _encode_row(gt, pred, gt_code, pred_code, changed, words, x0, x1, g, p, first):
    """Write the runs of one row from `first` on; their end. words: `changed`, eight pixels at a time."""
    n, width = first, len(gt)
    for w in range(len(words)):
        if words[w] == 0:
            continue
        for x in range(8 * w, min(8 * w + 8, width)):
            if changed[x] == 0:
                continue
            code_g, code_p = gt_code[gt[x]], pred_code[pred[x]]
            if n > first:
                if g[n - 1] == code_g and p[n - 1] == code_p:
                    continue
                x1[n - 1] = x
            x0[n], g[n], p[n] = x, code_g, code_p
            n += 1
    x1[n - 1] = width
    return n


@entry
def encode_pair(gt, pred, gt_code, pred_code):
    """Joint runs of two (H, W) id maps, H and W at least 1.

    gt_code, pred_code (S,) int16: class index of each id; K where void or ignored, -1 where unknown.
    Returns row, x0, x1, g, p (see `Joint`). Runs are maximal in the codes, not in the ids.
    """
    height, width = gt.shape
    row = np.empty(height + 1, np.int64)
    size = 16 * height + width + 64
    x0, x1 = np.empty(size, np.int32), np.empty(size, np.int32)
    g, p = np.empty(size, np.int16), np.empty(size, np.int16)
    words = np.zeros((width + 7) // 8, np.uint64)
    changed = words.view(np.uint8)
    n = 0
    for y in range(height):
        row[y] = n
        if n + width > len(x0):
            size = 2 * len(x0) + width
            x0, x1, g, p = _grown(x0, size), _grown(x1, size), _grown(g, size), _grown(p, size)
        _mark_changes(gt[y], pred[y], changed)
        n = _encode_row(gt[y], pred[y], gt_code, pred_code, changed, words, x0, x1, g, p, n)
    row[height] = n
    return row, x0[:n].copy(), x1[:n].copy(), g[:n].copy(), p[:n].copy()


@part
def _merge(row, x0, x1, code, side_row, side_x0, side_x1, side_code, side_of):
    m = 0
    for y in range(len(row) - 1):
        side_row[y] = m
        for i in range(row[y], row[y + 1]):
            if m > side_row[y] and side_code[m - 1] == code[i]:
                side_x1[m - 1] = x1[i]
            else:
                side_x0[m], side_x1[m], side_code[m] = x0[i], x1[i], code[i]
                m += 1
            side_of[i] = m - 1
    side_row[len(row) - 1] = m
    return m


@kernel
def merge_side(row, x0, x1, code):
    """Joint runs of a row joined where `code` stays the same: `Runs`, and the run (n,) int32 of each joint run."""
    n = len(x0)
    side_row, side_of = np.empty(len(row), np.int64), np.empty(n, np.int32)
    side_x0, side_x1, side_code = np.empty(n, np.int32), np.empty(n, np.int32), np.empty(n, np.int16)
    m = _merge(row, x0, x1, code, side_row, side_x0, side_x1, side_code, side_of)
    return Runs(side_row, side_x0[:m].copy(), side_x1[:m].copy(), side_code[:m].copy()), side_of


@inlined
def first_after(x1, low, high, x):
    """The first of the runs low ... high - 1 of a row that ends after column x; high if none does."""
    while low < high:
        middle = (low + high) >> 1
        if x1[middle] <= x:
            low = middle + 1
        else:
            high = middle
    return low
