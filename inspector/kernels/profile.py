"""What a label profile is counted from: the runs of one id map, components of its classes, shapes of its regions."""

from __future__ import annotations

import numpy as np

from inspector.kernels.circles import squared_radii
from inspector.kernels.compile import entry, part
from inspector.kernels.components import component_boxes, label_runs
from inspector.kernels.hulls import hull_pixels
from inspector.kernels.runs import Runs, merge_side

__all__ = ["class_components", "encode_ids", "region_pieces", "region_shapes"]


@part
def _mark_changes(ids, changed):
    """changed (W,) uint8: 1 where a pixel differs from the one on its left, and at the first."""
    for x in range(len(ids) - 1):
        changed[x + 1] = ids[x + 1] != ids[x]
    changed[0] = 1


@part
def _encode_row(ids, changed, words, x0, x1, value, first):
    """Write the runs of one row from `first` on. words: `changed`, eight pixels at a time."""
    n, width = first, len(ids)
    for w in range(len(words)):
        if words[w] == 0:
            continue
        for x in range(8 * w, min(8 * w + 8, width)):
            if changed[x]:
                if n > first:
                    x1[n - 1] = x
                x0[n], value[n] = x, ids[x]
                n += 1
    x1[n - 1] = width


@part
def _count_runs(ids, changed, row):
    """Fill `row` (H + 1,) with the first run of each row, and its last place with how many runs there are."""
    row[0] = 0
    for y in range(len(ids)):
        _mark_changes(ids[y], changed)
        n = 0
        for x in range(ids.shape[1]):
            n += changed[x]
        row[y + 1] = row[y] + n


@entry
def encode_ids(ids):
    """Runs of an (H, W) id map, H and W at least 1: row (H + 1,) int64 first run of each row; x0, x1 (half-open) and
    id, each (n,) int32. Runs are maximal."""
    height, width = ids.shape
    row = np.empty(height + 1, np.int64)
    words = np.zeros((width + 7) // 8, np.uint64)
    changed = words.view(np.uint8)
    _count_runs(ids, changed, row)  # a second look at the pixels costs less than arrays that grow and are copied
    size = row[height]
    x0, x1, value = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.int32)
    for y in range(height):
        _mark_changes(ids[y], changed)
        _encode_row(ids[y], changed, words, x0, x1, value, row[y])
    return row, x0, x1, value


@entry
def class_components(row, x0, x1, code, skip):
    """The 8-connected components of equal code, those of the code `skip` left out.

    row, x0, x1   runs of a map (see `encode_ids`); code (n,) int16 the class index of each
    Returns row, x0, x1, code and component (m,) int32 of the runs joined by code (-1: skipped), the joined run (n,)
    int32 of each run, and the boxes (components, 6) of `component_boxes`.
    """
    runs, joined = merge_side(row, x0, x1, code)
    label, count = label_runs(runs, skip)
    return runs.row, runs.x0, runs.x1, runs.code, label, joined, component_boxes(runs, label, count)


@entry
def region_pieces(row, x0, x1, label):
    """(pieces, 6) int64: the boxes (see `component_boxes`) of the 8-connected pieces of the regions that the runs of a
    map form, the number of the region first. label (n,) int32 the region of each run, -1 for none."""
    runs = Runs(row, x0, x1, label)
    piece, count = label_runs(runs, -1)
    return component_boxes(runs, piece, count)


@entry
def region_shapes(row, x0, x1, label, count, width):
    """Pixels of the convex hull, and the squared radius of the largest circle inside in px², each (count,) int64, of
    the regions 0 ... count - 1 that the runs of a map form.

    label (n,) int32   the region of each run, -1 for none; each region has a run, and two runs of a row that touch are
                       of different regions
    The radius is the largest distance of a pixel of the region to a pixel outside it, between centres; what lies beyond
    the image is outside. The hull is that of scikit-image's `regionprops` (area_convex), in whole numbers.
    """
    pixels, squares = np.zeros(count, np.int64), np.zeros(count, np.int64)
    hull_pixels(row, x0, x1, label, pixels)
    squared_radii(row, x0, x1, label, width, squares)
    return pixels, squares
