"""Bands around outlines, in chessboard distance: boundary IoU (inner bands) and trimap IoU at several widths.

A pixel is *interior* at width d when its whole (2d + 1) x (2d + 1) window has its code; the band is the rest. Rows are
swept once. For each column a streak counts the successive rows whose stretch [x - d, x + d] is all of one code: a
pixel is interior when the streak, d rows further down, spans its window.
"""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import kernel

__all__ = ["count_bands"]

FAR = np.int32(1 << 30)


@kernel
def _expand(row, x0, x1, code, y, width, codes, depth, depth_open):
    """Write row y as pixels: codes (W,), and how far each pixel lies from the nearer end of its run: depth counts the
    image edge as an end, depth_open does not."""
    for i in range(row[y], row[y + 1]):
        a, b = x0[i], x1[i]
        codes[a:b] = code[i]
        inside, inside_open = depth[a:b], depth_open[a:b]
        last = b - a - 1
        left = 0 if a > 0 else FAR  # what the image edge adds on a side where it is no end
        right = last if b < width else FAR
        for x in range(len(inside)):
            inside[x] = min(x, last - x)
            inside_open[x] = min(x + left, right - x)


@kernel
def _extend(streak, codes, before, depth, d):
    """Take a row of pixels into a streak (W,) int32; before: the codes of the row above."""
    for x in range(len(streak)):
        longer = streak[x] + 1 if codes[x] == before[x] else 1
        streak[x] = longer if depth[x] >= d else 0


@kernel
def _count_at_least(values, least):
    count = 0
    for value in values:
        count += value >= least
    return count


@kernel
def _count_either(values, others, least):
    count = 0
    for x in range(len(values)):
        count += (values[x] >= least) | (others[x] >= least)
    return count


@kernel
def _boundary_row(first, last, x0, x1, g, p, streak_gt, streak_pred, need, out):
    """Add one row of joint runs to out (K, 3): true band, predicted band, both, void left out."""
    classes = len(out)
    for i in range(first, last):
        true, predicted = g[i], p[i]
        if true >= classes:
            continue
        a, b = x0[i], x1[i]
        out[true, 0] += b - a - _count_at_least(streak_gt[a:b], need)
        if predicted < classes:
            out[predicted, 1] += b - a - _count_at_least(streak_pred[a:b], need)
        if true == predicted:
            out[true, 2] += b - a - _count_either(streak_gt[a:b], streak_pred[a:b], need)


@kernel
def _trimap_row(first, last, x0, x1, g, p, streak, need, seen, oldest, out):
    """Add one row of joint runs to out (K, 2): intersection and union inside the band around the true outline.

    seen (K, W): last row in which the class is true within d columns; it counts from row `oldest` on.
    """
    classes = len(out)
    for i in range(first, last):
        true, predicted = g[i], p[i]
        if true >= classes:
            continue
        a, b = x0[i], x1[i]
        outline = b - a - _count_at_least(streak[a:b], need)
        out[true, 1] += outline
        if true == predicted:
            out[true, 0] += outline
        elif predicted < classes:
            out[predicted, 1] += _count_at_least(seen[predicted, a:b], oldest)


@kernel
def count_bands(row, x0, x1, g, p, gt_row, gt_x0, gt_x1, gt_code, pred_row, pred_x0, pred_x1, pred_code, width, d,
                widths, boundary, trimap):  # fmt: skip
    """Fill boundary (K, 3) int64 (pixels of the true band, of the predicted band, of both, at width d) and trimap
    (T, K, 2) int64 (intersection and union in the band around the true outline, at each of the T widths).

    Boundary IoU: the image edge counts as outside; the prediction keeps its classes over void until its band is made.
    Trimap: the image edge is no outline; void is outside in the truth. Void pixels are left out of all sums last.
    """
    height, classes, t_count = len(row) - 1, len(boundary), len(widths)
    codes, before = np.zeros((2, width), np.int32), np.full((2, width), -1, np.int32)
    depth, depth_open = np.zeros((2, width), np.int32), np.zeros((2, width), np.int32)
    streak, streak_open = np.zeros((2, width), np.int32), np.zeros((t_count, width), np.int32)
    seen = np.full((t_count, classes, width), -FAR, np.int32)
    for y in range(height + max(d, widths.max())):
        if y < height:
            _expand(gt_row, gt_x0, gt_x1, gt_code, y, width, codes[0], depth[0], depth_open[0])
            _expand(pred_row, pred_x0, pred_x1, pred_code, y, width, codes[1], depth[1], depth_open[1])
            for side in range(2):
                _extend(streak[side], codes[side], before[side], depth[side], d)
            for t in range(t_count):
                _extend(streak_open[t], codes[0], before[0], depth_open[0], widths[t])
                for i in range(gt_row[y], gt_row[y + 1]):
                    if gt_code[i] < classes:
                        a, b = max(0, gt_x0[i] - widths[t]), min(width, gt_x1[i] + widths[t])
                        seen[t, gt_code[i], a:b] = y
            before[:] = codes
        r = y - d
        if 0 <= r < height:
            need = 2 * d + 1 if d <= r < height - d else FAR  # near the edge no window fits: all is band
            _boundary_row(row[r], row[r + 1], x0, x1, g, p, streak[0], streak[1], need, boundary)
        for t in range(t_count):
            r = y - widths[t]
            if 0 <= r < height:
                top, bottom = max(r - widths[t], 0), min(y, height - 1)
                _trimap_row(
                    row[r], row[r + 1], x0, x1, g, p, streak_open[t], bottom - top + 1, seen[t], top, trimap[t]
                )
