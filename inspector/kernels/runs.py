"""From pixels to runs: the only pass over the pixels of a pair."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["encode_pair", "merge_side"]

STEP = 64  # pixels compared at once; a fixed inner length lets the compiler use vector instructions


@kernel
def _changes(gt, pred):
    """Upper bound of the number of joint runs: places in a row where either side changes, and row starts."""
    height, width = gt.shape
    total = height
    for y in range(height):
        changes = 0
        for x in range(1, width):
            changes += (gt[y, x] != gt[y, x - 1]) | (pred[y, x] != pred[y, x - 1])
        total += changes
    return total


@kernel
def _next_change(gt, pred, y, x, width):
    """First column after x where either side differs from column x; width if there is none."""
    x += 1
    while x + STEP <= width:
        differs = 0
        for i in range(STEP):
            differs |= (gt[y, x + i] ^ gt[y, x + i - 1]) | (pred[y, x + i] ^ pred[y, x + i - 1])
        if differs != 0:
            break
        x += STEP
    while x < width and gt[y, x] == gt[y, x - 1] and pred[y, x] == pred[y, x - 1]:
        x += 1
    return x


@kernel
def encode_pair(gt, pred, gt_code, pred_code):
    """Joint runs of two (H, W) id maps.

    gt_code, pred_code (S,) int16: class index of each id; K where void or ignored, -1 where unknown.
    Returns row (H + 1,) int64 first run of each row; x0, x1 (n,) int32 half-open; g, p (n,) int16 codes.
    Runs are maximal in the codes, not in the ids.
    """
    height, width = gt.shape
    bound = _changes(gt, pred)
    row = np.empty(height + 1, np.int64)
    x0 = np.empty(bound, np.int32)
    x1 = np.empty(bound, np.int32)
    g = np.empty(bound, np.int16)
    p = np.empty(bound, np.int16)
    n = 0
    for y in range(height):
        row[y] = n
        x = 0
        while x < width:
            end = _next_change(gt, pred, y, x, width)
            code_g, code_p = gt_code[gt[y, x]], pred_code[pred[y, x]]
            if n > row[y] and g[n - 1] == code_g and p[n - 1] == code_p:
                x1[n - 1] = end
            else:
                x0[n], x1[n], g[n], p[n] = x, end, code_g, code_p
                n += 1
            x = end
    row[height] = n
    return row, x0[:n].copy(), x1[:n].copy(), g[:n].copy(), p[:n].copy()


@kernel
def merge_side(row, x0, x1, code):
    """Runs of one side: joint runs of a row joined where `code` stays the same.

    Returns side_row (H + 1,), side_x0, side_x1, side_code, and side_of (n,) int32: the side run of each joint run.
    """
    height, n = len(row) - 1, len(x0)
    side_row = np.empty(height + 1, np.int64)
    side_x0 = np.empty(n, np.int32)
    side_x1 = np.empty(n, np.int32)
    side_code = np.empty(n, np.int16)
    side_of = np.empty(n, np.int32)
    m = 0
    for y in range(height):
        side_row[y] = m
        for i in range(row[y], row[y + 1]):
            if m > side_row[y] and side_code[m - 1] == code[i]:
                side_x1[m - 1] = x1[i]
            else:
                side_x0[m], side_x1[m], side_code[m] = x0[i], x1[i], code[i]
                m += 1
            side_of[i] = m - 1
    side_row[height] = m
    return side_row, side_x0[:m].copy(), side_x1[:m].copy(), side_code[:m].copy(), side_of
