"""True objects: how much of each is found, who takes the rest, and which predicted region fits it best."""

from __future__ import annotations

import numpy as np

from inspector.kernels.compile import inlined, kernel, part

__all__ = ["object_overlaps"]

RECALLED, TAKEN_BY, BEST, SWAP = 6, 7, 9, 11  # columns of OBJECT_COLUMNS


@part
def _by_component(component, fill, order):
    """Order (n,) int64 of the joint runs by component; fill (components + 1,): afterwards the end of each, from the
    second on (runs of none are left out)."""
    for c in component:
        if c >= 0 and c + 2 < len(fill):
            fill[c + 2] += 1
    for c in range(2, len(fill)):
        fill[c] += fill[c - 1]
    for i in range(len(component)):
        c = component[i]
        if c >= 0:
            order[fill[c + 1]] = i
            fill[c + 1] += 1


@part
def _valid_areas(component, x0, x1, g, classes, area):
    for i in range(len(component)):
        if component[i] >= 0 and g[i] < classes:
            area[component[i]] += x1[i] - x0[i]


@inlined
def _fits_better(inter, union, region, best_inter, best_union, best_region):
    """Whether inter / union beats the best so far, in whole numbers; ties go to the region that comes first."""
    ours, best = inter * best_union, best_inter * union
    return best_region < 0 or ours > best or (ours == best and region < best_region)


@part
def _one_object(runs, x0, x1, p, region, region_code, region_area, inter, met, taken, o):
    """Fill o (14,), the row of one object, from its joint runs. inter (regions,), taken (K + 1,): zeros, and left so;
    met (regions,): room."""
    code, area, count = o[0], o[5], 0
    for i in runs:
        length = x1[i] - x0[i]
        taken[p[i]] += length
        q = region[i]
        if q >= 0:
            if inter[q] == 0:
                met[count] = q
                count += 1
            inter[q] += length
    o[RECALLED] = taken[code]
    taken[code] = 0
    o[TAKEN_BY] = o[SWAP] = -1
    best = swap = np.int64(-1)
    for k in range(count):
        q = met[k]
        union = area + region_area[q] - inter[q]
        if region_code[q] == code:
            if _fits_better(inter[q], union, q, o[BEST], o[BEST + 1], best):
                best, o[BEST], o[BEST + 1] = q, inter[q], union
        elif _fits_better(inter[q], union, q, o[SWAP + 1], o[SWAP + 2], swap):
            swap, o[SWAP], o[SWAP + 1], o[SWAP + 2] = q, region_code[q], inter[q], union
        inter[q] = 0
    for i in runs:
        c = p[i]
        more = taken[c] > o[TAKEN_BY + 1] or (taken[c] == o[TAKEN_BY + 1] and c < o[TAKEN_BY])
        if taken[c] > 0 and more:
            o[TAKEN_BY], o[TAKEN_BY + 1] = c, taken[c]
    for i in runs:
        taken[p[i]] = 0


@part
def _all_objects(order, end, x0, x1, p, region, region_code, region_area, inter, met, taken, objects):
    for t in range(len(objects)):
        _one_object(
            order[end[t] : end[t + 1]], x0, x1, p, region, region_code, region_area, inter, met, taken, objects[t]
        )


@kernel
def object_overlaps(boxes, gt_component, pred_boxes, pred_component, joint, classes):
    """(n, 14) int64 (see OBJECT_COLUMNS) of the n true components with boxes (n, 6).

    gt_component, pred_component: of each joint run; pred_boxes (m, 6) of the predicted components, whose areas are
    counted again without void. Ties go to the lower index.
    """
    n, m = len(boxes), len(pred_boxes)
    objects = np.zeros((n, 14), np.int64)
    objects[:, :6] = boxes
    end, order = np.zeros(n + 2, np.int64), np.empty(len(joint.x0), np.int64)
    _by_component(gt_component, end, order)
    area, inter, met = np.zeros(m, np.int64), np.zeros(m, np.int64), np.empty(m, np.int64)
    _valid_areas(pred_component, joint.x0, joint.x1, joint.g, classes, area)
    taken = np.zeros(classes + 1, np.int64)
    _all_objects(
        order,
        end,
        joint.x0,
        joint.x1,
        joint.p,
        pred_component,
        pred_boxes[:, 0].copy(),
        area,
        inter,
        met,
        taken,
        objects,
    )
    return objects
