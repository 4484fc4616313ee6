"""Bands around outlines, in chessboard distance: boundary IoU (inner bands) and trimap IoU.

A pixel is *interior* at width d when its whole (2d + 1) x (2d + 1) window has its code; the band is the rest. Rows are
swept once: for each column the number of successive rows on which the window's row is all of one code.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["boundary_bands", "trimap_bands"]


@kernel
def _feed(row, x0, x1, code, y, d, edge_is_outside, width, streak, last):
    """Take row y into streak (W,) int32 (rows on end with the same code all over [x - d, x + d]) and last (W,)."""
    done = 0
    for i in range(row[y], row[y + 1]):
        low = x0[i] + d if x0[i] > 0 or edge_is_outside else 0
        high = x1[i] - d if x1[i] < width or edge_is_outside else width
        if low >= high:
            continue
        c = code[i]
        streak[done:low] = 0
        for x in range(low, high):
            streak[x] = streak[x] + 1 if last[x] == c else 1
            last[x] = c
        done = high
    streak[done:width] = 0


@kernel
def boundary_bands(row, x0, x1, g, p, gt_row, gt_x0, gt_x1, gt_code, pred_row, pred_x0, pred_x1, pred_code, d, width, out):
    """Fill out (K, 3) int64: pixels of the true band, of the predicted band, and of both, of each class, void left out.

    The image edge counts as outside. The prediction keeps its classes over void until its band is made.
    """
    height, classes = len(row) - 1, len(out)
    streak_gt, streak_pred = np.zeros(width, np.int32), np.zeros(width, np.int32)
    last_gt, last_pred = np.full(width, -1, np.int16), np.full(width, -1, np.int16)
    need = 2 * d + 1
    for y in range(height + d):
        if y < height:
            _feed(gt_row, gt_x0, gt_x1, gt_code, y, d, True, width, streak_gt, last_gt)
            _feed(pred_row, pred_x0, pred_x1, pred_code, y, d, True, width, streak_pred, last_pred)
        t = y - d
        if t < 0:
            continue
        whole = t < d or t >= height - d  # no window fits: every pixel of the row is in its band
        for i in range(row[t], row[t + 1]):
            true, predicted = g[i], p[i]
            if true >= classes:
                continue
            length = x1[i] - x0[i]
            if whole:
                out[true, 0] += length
                if predicted < classes:
                    out[predicted, 1] += length
                if true == predicted:
                    out[true, 2] += length
                continue
            inner_gt = inner_pred = inner_any = 0
            for x in range(x0[i], x1[i]):
                a, b = streak_gt[x] >= need, streak_pred[x] >= need
                inner_gt += a
                inner_pred += b
                inner_any += a | b
            out[true, 0] += length - inner_gt
            if predicted < classes:
                out[predicted, 1] += length - inner_pred
            if true == predicted:
                out[true, 2] += length - inner_any


@kernel
def trimap_bands(row, x0, x1, g, p, gt_row, gt_x0, gt_x1, gt_code, d, width, out):
    """Fill out (K, 2) int64: intersection and union of each class inside the band of width d around its true outline.

    The image edge is no outline; void is outside the class in the truth and left out of both sums.
    """
    height, classes = len(row) - 1, len(out)
    streak = np.zeros(width, np.int32)
    last = np.full(width, -1, np.int16)
    seen = np.full((classes, width), -1 - height - d, np.int32)  # last row with the class within d columns
    for y in range(height + d):
        if y < height:
            _feed(gt_row, gt_x0, gt_x1, gt_code, y, d, False, width, streak, last)
            for i in range(gt_row[y], gt_row[y + 1]):
                if gt_code[i] < classes:
                    seen[gt_code[i], max(0, gt_x0[i] - d) : min(width, gt_x1[i] + d)] = y
        t = y - d
        if t < 0:
            continue
        need = min(t + d, height - 1) - max(t - d, 0) + 1
        for i in range(row[t], row[t + 1]):
            true, predicted = g[i], p[i]
            if true >= classes:
                continue
            inner = 0
            for x in range(x0[i], x1[i]):
                inner += streak[x] >= need
            outline = x1[i] - x0[i] - inner
            out[true, 1] += outline
            if true == predicted:
                out[true, 0] += outline
            elif predicted < classes:
                near = 0
                for x in range(x0[i], x1[i]):
                    near += seen[predicted, x] >= t - d
                out[predicted, 1] += near
