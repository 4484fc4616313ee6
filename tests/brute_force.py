"""Every count of a pair by its definition, pixel by pixel: slow, short, and free of the code under test.

Maps are (H, W) arrays of codes: 0 .. k - 1 are classes, k is void in the truth and outside the list in the prediction.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from inspector.settings import Widths

__all__ = ["count_by_definition", "distances", "partition", "surface"]

Codes = NDArray[Any]
Flags = NDArray[np.bool_]
Point = tuple[float, float]
EIGHT = np.ones((3, 3), int)


def _pixels(shape: tuple[int, int]) -> Iterator[tuple[int, int]]:
    return ((y, x) for y in range(shape[0]) for x in range(shape[1]))


def _window(mask: Flags, y: int, x: int, d: int) -> Flags:
    return mask[max(0, y - d) : y + d + 1, max(0, x - d) : x + d + 1]


def _padded(mask: Flags, d: int) -> Flags:
    return np.pad(mask, d, constant_values=False)


def confusion(gt: Codes, pred: Codes, k: int) -> NDArray[np.int64]:
    matrix = np.zeros((k, k + 1), np.int64)
    for y, x in _pixels(gt.shape):
        if gt[y, x] < k:
            matrix[gt[y, x], pred[y, x]] += 1
    return matrix


def contour(mask: Flags, void: Flags) -> set[Point]:
    """Mid-points between 4-neighbours that differ and share a 2 x 2 square inside the image without void."""
    height, width = mask.shape
    points = set()
    for y, x in ((y, x) for y in range(height - 1) for x in range(width - 1)):  # every square, by its first corner
        if void[y : y + 2, x : x + 2].any():
            continue
        for a, b in (
            ((y, x), (y, x + 1)),
            ((y + 1, x), (y + 1, x + 1)),
            ((y, x), (y + 1, x)),
            ((y, x + 1), (y + 1, x + 1)),
        ):
            if mask[a] != mask[b]:
                points.add(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2))
    return points


def hits(points: set[Point], others: set[Point], tolerance: float) -> int:
    return sum(any(math.dist(point, other) <= tolerance for other in others) for point in points)


def surface(mask: Flags, void: Flags, spacing: Point) -> list[tuple[Point, float]]:
    """Corner and length of each surface element; outside the image is outside the class."""
    sy, sx = spacing
    half = math.hypot(sy, sx) / 2
    height, width = mask.shape
    inside, hidden = _padded(mask, 1), _padded(void, 1)
    elements = []
    for y, x in _pixels((height + 1, width + 1)):
        a, b, c, d = (bool(v) for v in inside[y : y + 2, x : x + 2].ravel())
        if hidden[y : y + 2, x : x + 2].any() or a == b == c == d:
            continue
        if a + b + c + d != 2:
            length = half
        elif a == b:  # the edge runs along x
            length = sx
        elif a == c:
            length = sy
        else:
            length = 2 * half
        elements.append(((y * sy, x * sx), length))
    return elements


def distances(
    gt: list[tuple[Point, float]], pred: list[tuple[Point, float]], tolerance: float
) -> tuple[float, float, float]:
    """nsd, hd95, assd."""
    if not gt and not pred:
        return math.nan, math.nan, math.nan
    if not gt or not pred:
        return 0.0, math.inf, math.inf
    sides = []
    for own, other in ((gt, pred), (pred, gt)):
        sides.append(sorted((min(math.dist(p, q) for q, _ in other), length) for p, length in own))
    elements = sides[0] + sides[1]
    total = sum(length for _, length in elements)
    within = sum(length for distance, length in elements if distance <= tolerance)
    weighted = sum(distance * length for distance, length in elements)
    return within / total, max(_robust_largest(side) for side in sides), weighted / total


def _robust_largest(side: list[tuple[float, float]]) -> float:
    lengths = np.array([length for _, length in side])
    share = np.cumsum(lengths) / lengths.sum()
    return side[int(np.searchsorted(share, 0.95 - 1e-12))][0]


def inner_band(mask: Flags, d: int) -> Flags:
    """Pixels of the class within d (chessboard) of a pixel outside it; the image edge counts as outside."""
    padded, band = _padded(mask, d), np.zeros(mask.shape, bool)
    for y, x in _pixels(mask.shape):
        band[y, x] = mask[y, x] and not _window(padded, y + d, x + d, d).all()
    return band


def trimap_band(mask: Flags, d: int) -> Flags:
    """Pixels within d of one of the other kind; the image edge is no boundary."""
    band = np.zeros(mask.shape, bool)
    for y, x in _pixels(mask.shape):
        window = _window(mask, y, x, d)
        band[y, x] = not window.all() if mask[y, x] else window.any()
    return band


def _near(mask: Flags, w: int) -> Flags:
    """round(Euclidean distance to the mask) <= w."""
    found = np.zeros(mask.shape, bool)
    height, width = mask.shape
    for y, x in np.argwhere(mask):
        for dy in range(-w - 1, w + 2):
            for dx in range(-w - 1, w + 2):
                if round(math.hypot(dy, dx)) <= w and 0 <= y + dy < height and 0 <= x + dx < width:
                    found[y + dy, x + dx] = True
    return found


def partition(own: Flags, other: Flags, w: int) -> tuple[Flags, Flags, Flags]:
    """The pixels of own that other lacks: boundary, extent, segment."""
    wrong, both, neither = own & ~other, own & other, ~own & ~other
    seeds = wrong & _near(both, w) & _near(neither, w)
    pieces, count = ndimage.label(wrong & _near(seeds, w), EIGHT)
    boundary = np.zeros(own.shape, bool)
    touch_both, touch_neither = (ndimage.binary_dilation(part, EIGHT) for part in (both, neither))
    for piece in range(1, count + 1):
        here = pieces == piece
        if (here & touch_both).any() and (here & touch_neither).any():
            boundary |= here
    parts, _ = ndimage.label(own, EIGHT)
    hit = np.isin(parts, np.unique(parts[both])) & own
    return boundary, wrong & ~boundary & hit, wrong & ~boundary & ~hit


def objects(gt: Codes, pred: Codes, k: int) -> list[dict[str, int]]:
    """True objects in raster order of their first pixel, each with the columns of OBJECT_COLUMNS by name."""
    regions = [
        (c, parts == i) for c in range(k) for parts, n in [ndimage.label(pred == c, EIGHT)] for i in range(1, n + 1)
    ]
    regions.sort(key=lambda region: tuple(np.argwhere(region[1])[0]))
    found = []
    for c in range(k):
        parts, count = ndimage.label(gt == c, EIGHT)
        found += [_object(gt, pred, k, c, parts == i, regions) for i in range(1, count + 1)]
    return sorted(found, key=lambda o: o["first"])


def _object(gt: Codes, pred: Codes, k: int, c: int, mask: Flags, regions: list[tuple[int, Flags]]) -> dict[str, int]:
    ys, xs = np.nonzero(mask)
    taken = [int(((pred == other) & mask).sum()) if other != c else 0 for other in range(k + 1)]
    best, swap = (0, 0), (-1, 0, 0)
    for code, region in regions:
        inter = int((region & mask).sum())
        union = int(((region & (gt < k)) | mask).sum())
        if inter == 0:
            continue
        if code == c and (best[1] == 0 or inter * best[1] > best[0] * union):
            best = (inter, union)
        if code != c and (swap[2] == 0 or inter * swap[2] > swap[1] * union):
            swap = (code, inter, union)
    return {
        "first": int(ys[0]) * mask.shape[1] + int(xs[0]),
        "class_index": c,
        "y0": ys.min(), "x0": xs.min(), "y1": ys.max() + 1, "x1": xs.max() + 1,
        "area_px": len(ys),
        "recalled_px": int(((pred == c) & mask).sum()),
        "taken_by": int(np.argmax(taken)) if max(taken) else -1,
        "taken_px": max(taken),
        "best_inter_px": best[0], "best_union_px": best[1],
        "swap_class": swap[0], "swap_inter_px": swap[1], "swap_union_px": swap[2],
    }  # fmt: skip


def thin_and_edges(codes: Codes, k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    thin, edges = np.zeros(k, np.int64), np.zeros(k, np.int64)
    for line in codes:
        starts = [x for x in range(len(line)) if x == 0 or line[x] != line[x - 1]]
        runs = [(int(line[a]), b - a) for a, b in zip(starts, [*starts[1:], len(line)], strict=True)]
        for (left, _), (right, _) in pairwise(runs):
            if left < k and right < k:
                edges[left] += 1
        for (left, _), (code, length), (right, _) in zip(runs, runs[1:], runs[2:], strict=False):
            if max(left, code, right) < k and length <= 2 and (left < code < right or left > code > right):
                thin[code] += 1
    return thin, edges


def _size(area: int, edges: tuple[int, int]) -> str:
    return "small" if area < edges[0] else "medium" if area < edges[1] else "large"


def _of_class(gt: Codes, pred: Codes, c: int, k: int, widths: Widths, edges: tuple[int, int]) -> dict[str, int]:
    void, true, predicted = gt == k, gt == c, pred == c
    valid = ~void
    out: dict[str, Any] = {"gt_px": true, "pred_px": predicted & valid, "tp_px": true & predicted}
    points, others = contour(true, void), contour(predicted, void)
    out |= {"contour_gt": len(points), "contour_pred": len(others)}
    for name, tolerance in (("", widths.tolerance), *((f"_c{i}", t) for i, t in enumerate(widths.curve))):
        out[f"contour_gt_hit{name}"] = hits(points, others, tolerance)
        out[f"contour_pred_hit{name}"] = hits(others, points, tolerance)
    band, pred_band = inner_band(true, widths.boundary) & valid, inner_band(predicted, widths.boundary) & valid
    out |= {"boundary_inter_px": band & pred_band, "boundary_union_px": band | pred_band, "band_gt_px": band}
    for name, d in (("", widths.boundary), *((f"_t{i}", t) for i, t in enumerate(widths.trimaps))):
        near = trimap_band(true, d) & valid
        out |= {f"trimap_inter{name}_px": near & true & predicted, f"trimap_union{name}_px": near & (true | predicted)}
    for role, own, other in (("fp", predicted, true), ("fn", true, predicted)):
        kinds = partition(own, other, widths.error)
        out |= {
            f"{role}_{kind}_px": part & valid
            for kind, part in zip(("boundary", "extent", "segment"), kinds, strict=True)
        }
    missed = out["fn_segment_px"]
    parts, count = ndimage.label(true, EIGHT)
    areas = [int((parts == i).sum()) for i in range(1, count + 1)]
    for size in ("small", "medium", "large"):
        of_size = np.isin(parts, [i + 1 for i, area in enumerate(areas) if _size(area, edges) == size])
        out[f"fn_segment_{size}_px"] = missed & of_size
    return {name: int(np.sum(value)) for name, value in out.items()}


def count_by_definition(
    gt: Codes, pred: Codes, k: int, widths: Widths, edges: tuple[int, int], recall: float
) -> tuple[dict[str, list[int]], list[dict[str, int]]]:
    """Class columns, by name, and the true objects."""
    rows = [_of_class(gt, pred, c, k, widths, edges) for c in range(k)]
    found = objects(gt, pred, k)
    for c, row in enumerate(rows):
        mine = [o for o in found if o["class_index"] == c]
        row["specks_gt"] = sum(o["area_px"] < 10 for o in mine)
        for size in ("small", "medium", "large"):
            of_size = [o for o in mine if _size(o["area_px"], edges) == size]
            row[f"objects_{size}"] = len(of_size)
            row[f"objects_{size}_recalled"] = sum(o["recalled_px"] >= recall * o["area_px"] for o in of_size)
        for side, codes in (("gt", gt), ("pred", pred)):
            thin, edge_counts = thin_and_edges(codes, k)
            row[f"thin_{side}"], row[f"edges_{side}"] = int(thin[c]), int(edge_counts[c])
    return {name: [row[name] for row in rows] for name in rows[0]}, found
