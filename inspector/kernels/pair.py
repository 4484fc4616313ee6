"""All counts of a pair in one call, so that a run loads one piece of machine code and crosses into it once a pair."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inspector.kernels.bands import count_bands
from inspector.kernels.compile import entry, kernel, part
from inspector.kernels.components import component_boxes, label_runs
from inspector.kernels.nearest import SMALL, contour_hits
from inspector.kernels.objects import object_overlaps
from inspector.kernels.partition import partition_errors
from inspector.kernels.points import contour_points, surface_elements, void_map
from inspector.kernels.runs import Joint, merge_side
from inspector.kernels.surfaces import surface_distances
from inspector.kernels.tallying import confusion_of_runs, mark_true, thin_runs
from inspector.kernels.wrong import role_of

__all__ = ["Lengths", "Outputs", "count_runs"]


class Lengths(NamedTuple):
    """The lengths of one image as the kernels take them.

    boundary          width d in px
    trimaps (T,) int64
    reach (n,) int32, first_reach (M + 1,) int64   the discs of the error partition at M widths: see `partition_errors`
    limits (L,) float64   squared tolerances of the boundary F1 curve, in half pixels, rising
    tolerance             of nsd, in px
    object_edges (2,) int64   areas in px at which medium and large objects begin
    spacing (sy, sx)      mm per px; not positive: none given
    """

    boundary: int
    trimaps: NDArray[np.int64]
    reach: NDArray[np.int32]
    first_reach: NDArray[np.int64]
    limits: NDArray[np.float64]
    tolerance: float
    object_edges: NDArray[np.int64]
    spacing: tuple[float, float]


class Outputs(NamedTuple):
    """Where the counts of the K classes go; all int64 zeros but distances (K, 5) float64.

    contours (2, K)       points of truth and prediction
    hits (2, K, L)        those within each limit of the other side
    boundary (K, 3), trimap (T, K, 2)   see `count_bands`
    kinds (2, M, K, 6)    false negatives, false positives at M widths: see `partition_errors`
    thin, edges (2, K)    see `thin_runs`
    """

    contours: NDArray[np.int64]
    hits: NDArray[np.int64]
    boundary: NDArray[np.int64]
    trimap: NDArray[np.int64]
    kinds: NDArray[np.int64]
    thin: NDArray[np.int64]
    edges: NDArray[np.int64]
    distances: NDArray[np.float64]


@part
def _sizes(boxes, edges, size):
    for i in range(len(boxes)):
        size[i] = (boxes[i, 5] >= edges[0]) + (boxes[i, 5] >= edges[1])


@kernel
def _count_points(gt, pred, classes, width, lengths, out):
    height = len(gt.row) - 1
    small = 2 * max(height, width) < SMALL
    void = void_map(gt, classes, width)
    true, predicted = contour_points(gt, classes, void), contour_points(pred, classes, void)
    out.contours[0], out.contours[1] = true.end - true.start, predicted.end - predicted.start
    contour_hits(true, predicted, 2 * height, small, lengths.limits, out.hits[0])
    contour_hits(predicted, true, 2 * height, small, lengths.limits, out.hits[1])
    true, predicted = surface_elements(gt, classes, void), surface_elements(pred, classes, void)
    surface_distances(true, predicted, height + 1, small, 1.0, 1.0, lengths.tolerance, out.distances[:, :3])
    if lengths.spacing[0] > 0:
        in_mm = np.empty((classes, 3))
        surface_distances(true, predicted, height + 1, small, lengths.spacing[0], lengths.spacing[1], 0.0, in_mm)
        out.distances[:, 3:] = in_mm[:, 1:]


@entry
def count_runs(row, x0, x1, g, p, classes, width, lengths, out):
    """Count the joint runs of a pair: fills `out`.

    Returns confusion (K, K + 1), void pixels, wrong and valid pixels by row and by column, the objects (n, 14), their
    size index (n,) int8, and row, x0, code of the runs of each side.
    """
    joint = Joint(row, x0, x1, g, p)
    gt, gt_of = merge_side(row, x0, x1, g)
    pred, pred_of = merge_side(row, x0, x1, p)
    gt_label, gt_count = label_runs(gt, classes)
    pred_label, pred_count = label_runs(pred, classes)
    gt_boxes, pred_boxes = component_boxes(gt, gt_label, gt_count), component_boxes(pred, pred_label, pred_count)
    gt_component, pred_component = gt_label[gt_of], pred_label[pred_of]
    size, any_size = np.empty(gt_count, np.int8), np.zeros(pred_count, np.int8)
    _sizes(gt_boxes, lengths.object_edges, size)
    gt_found, pred_found = np.zeros(gt_count, np.bool_), np.zeros(pred_count, np.bool_)
    mark_true(gt_component, g, p, gt_found)
    mark_true(pred_component, g, p, pred_found)
    _count_points(gt, pred, classes, width, lengths, out)
    count_bands(joint, gt, pred, width, lengths.boundary, lengths.trimaps, out.boundary, out.trimap)
    reach, first = lengths.reach, lengths.first_reach
    partition_errors(role_of(joint, g, p), -1, gt_component, gt_found, size, reach, first, out.kinds[0])
    partition_errors(role_of(joint, p, g), classes, pred_component, pred_found, any_size, reach, first, out.kinds[1])
    thin_runs(gt.row, gt.x0, gt.x1, gt.code, out.thin[0], out.edges[0])
    thin_runs(pred.row, pred.x0, pred.x1, pred.code, out.thin[1], out.edges[1])
    objects = object_overlaps(gt_boxes, gt_component, pred_boxes, pred_component, joint, classes)
    tallies = confusion_of_runs(joint, classes, width)
    return tallies, objects, size, (gt.row, gt.x0, gt.code), (pred.row, pred.x0, pred.code)
