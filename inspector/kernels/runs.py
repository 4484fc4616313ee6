"""From pixels to runs: the only pass over the pixels of a pair."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["encode_pair", "merge_side"]

@kernel
def _grown(array):
    bigger = np.empty(2 * len(array), array.dtype)
    bigger[: len(array)] = array
    return bigger


@kernel
def encode_pair(gt, pred, gt_code, pred_code):
    """Joint runs of two (H, W) id maps.

    gt_code, pred_code (S,) int16: class index of each id; K where void or ignored, -1 where unknown.
    Returns row (H + 1,) int64 first run of each row; x0, x1 (n,) int32 half-open; g, p (n,) int16 codes.
    Runs are maximal in the codes, not in the ids.
    """
    height, width = gt.shape
    row = np.empty(height + 1, np.int64)
    size = 16 * height + 64
    x0, x1 = np.empty(size, np.int32), np.empty(size, np.int32)
    g, p = np.empty(size, np.int16), np.empty(size, np.int16)
    words = np.zeros((width + 7) // 8, np.uint64)  # a byte for each column, looked at eight at a time
    changed = words.view(np.uint8)
    n = 0
    for y in range(height):
        row[y] = n
        for x in range(1, width):
            changed[x] = (gt[y, x] != gt[y, x - 1]) | (pred[y, x] != pred[y, x - 1])
        changed[0] = 1
        if n + width > len(x0):
            while n + width > len(x0):
                x0, x1, g, p = _grown(x0), _grown(x1), _grown(g), _grown(p)
        for w in range(len(words)):
            if words[w] == 0:
                continue
            for x in range(8 * w, min(8 * w + 8, width)):
                if changed[x] == 0:
                    continue
                code_g, code_p = gt_code[gt[y, x]], pred_code[pred[y, x]]
                if n > row[y] and g[n - 1] == code_g and p[n - 1] == code_p:
                    continue
                if n > row[y]:
                    x1[n - 1] = x
                x0[n], g[n], p[n] = x, code_g, code_p
                n += 1
        if width > 0:
            x1[n - 1] = width
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
