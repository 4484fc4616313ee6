"""`count_pair`: one pair of masks in, its `Counts` out. Every number of metrics.md starts here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import CLASS_COLUMNS, COLUMN, DISTANCES, OBJECT_COLUMNS, Counts
from inspector.errors import InputError
from inspector.kernels.bands import count_bands
from inspector.kernels.components import component_boxes, label_runs
from inspector.kernels.nearest import FAR, contour_hits, summarize_surfaces, surface_distances
from inspector.kernels.partition import partition_errors
from inspector.kernels.points import by_class, contour_points, surface_elements
from inspector.kernels.runs import encode_pair, merge_side
from inspector.kernels.tallying import component_truths, confusion_of_runs, object_overlaps, thin_runs
from inspector.masks import Mask
from inspector.settings import CURVE_MULTIPLES, SIZES, TRIMAP_MULTIPLES, Settings, Widths

__all__ = ["count_pair"]

SPECK_PX = 10  # a true component below this is likelier a slip of the annotator's pen than an object
Array = NDArray[np.generic]


@dataclass(frozen=True)
class Side:
    """One side of a pair as runs, and their 8-connected components of one class."""

    row: Array
    x0: Array
    x1: Array
    code: Array
    of: Array  # side run of each joint run
    label: Array  # component of each side run; -1 for void and values outside the list
    boxes: Array  # (components, 6): code, y0, x0, y1, x1, area (void pixels included on the predicted side)

    @property
    def runs(self) -> tuple[Array, Array, Array, Array]:
        return self.row, self.x0, self.x1, self.code

    @property
    def component(self) -> Array:
        """Component of each joint run."""
        return self.label[self.of]


@dataclass(frozen=True)
class Pair:
    """Both sides of a pair as joint runs."""

    shape: tuple[int, int]
    classes: int
    row: Array
    x0: Array
    x1: Array
    g: Array
    p: Array
    gt: Side
    pred: Side
    void: Array  # (H, W) bool, or (0, 0) when no pixel is void
    ignored_px: int  # valid pixels predicted as an ignore value

    @property
    def joint(self) -> tuple[Array, Array, Array, Array, Array]:
        return self.row, self.x0, self.x1, self.g, self.p


def count_pair(gt: Mask, pred: Mask, categories: Categories, settings: Settings = Settings()) -> Counts:  # noqa: B008
    """Count one pair.

    gt, pred   masks of one shape (H, W), at least 1 x 1
    Returns `Counts` for the K classes of `categories`; an all-void truth gives zeros.
    Raises InputError `size_mismatch` for different shapes and `label_out_of_range` for a value outside the class list
    (predicted ones are wrong instead when settings.unknown is "wrong").
    """
    if gt.shape != pred.shape:
        raise InputError("size_mismatch", f"prediction is {_size(pred)}, truth is {_size(gt)}; sizes must be equal")
    pair = _encode(gt, pred, categories, settings)
    widths = settings.widths(*pair.shape)
    classes = np.zeros((pair.classes, len(CLASS_COLUMNS)), np.int64)
    confusion, void_px, wrong_row, valid_row, wrong_column, valid_column = confusion_of_runs(
        *pair.joint, pair.classes, pair.shape[1]
    )
    _pixels(classes, confusion)
    _contours(classes, pair, widths)
    _bands(classes, pair, widths)
    sizes = np.searchsorted(np.asarray(settings.object_edges_px), pair.gt.boxes[:, 5], side="right").astype(np.int8)
    _partition(classes, pair, widths, sizes)
    objects = _objects(classes, pair, settings, sizes)
    _thin(classes, pair)
    return Counts(
        shape=pair.shape,
        confusion=confusion,
        void_px=int(void_px),
        ignored_px=pair.ignored_px,
        classes=classes,
        distances=_surfaces(pair, widths, settings),
        objects=objects,
        wrong_by_row=wrong_row,
        valid_by_row=valid_row,
        wrong_by_column=wrong_column,
        valid_by_column=valid_column,
        gt_hash=_content_hash(pair.shape, pair.gt, categories),
        pred_hash=_content_hash(pair.shape, pair.pred, categories),
    )


def _size(mask: Mask) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]}"


def _encode(gt: Mask, pred: Mask, categories: Categories, settings: Settings) -> Pair:
    k = len(categories)
    gt_code, pred_code = categories.lut(gt.segments), categories.lut(pred.segments)
    row, x0, x1, g, p = encode_pair(gt.ids, pred.ids, gt_code, pred_code)
    unknown = p < 0
    for side, found in (("gt", g.min() < 0), ("pred", unknown.any() and settings.unknown != "wrong")):
        if found:
            raise InputError("label_out_of_range", "holds values outside the class list", side=side)
    ignored_px = int(np.sum((x1 - x0)[(p == k) & (g < k)], dtype=np.int64))
    p[unknown] = k
    void = gt_code[gt.ids] == k if (g == k).any() else np.zeros((0, 0), np.bool_)
    return Pair(gt.shape, k, row, x0, x1, g, p, _side(row, x0, x1, g, k), _side(row, x0, x1, p, k), void, ignored_px)


def _side(row: Array, x0: Array, x1: Array, code: Array, k: int) -> Side:
    side_row, side_x0, side_x1, side_code, of = merge_side(row, x0, x1, code)
    label, count = label_runs(side_row, side_x0, side_x1, side_code, k)
    boxes = component_boxes(side_row, side_x0, side_x1, side_code, label, count)
    return Side(side_row, side_x0, side_x1, side_code, of, label, boxes)


def _put(classes: Array, values: dict[str, Array]) -> None:
    for name, column in values.items():
        classes[:, COLUMN[name]] = column


def _pixels(classes: Array, confusion: Array) -> None:
    k = len(confusion)
    _put(
        classes,
        {"gt_px": confusion.sum(axis=1), "pred_px": confusion[:, :k].sum(axis=0), "tp_px": np.diagonal(confusion)},
    )


def _contours(classes: Array, pair: Pair, widths: Widths) -> None:
    """Contour points and hits: squared limits are in half pixels, the grid on which the points lie."""
    height, width = pair.shape
    limits = np.array([_largest_square(t) for t in widths.curve], np.int64)
    sides = []
    for side in (pair.gt, pair.pred):
        ys, xs, cs = contour_points(*side.runs, pair.classes, pair.void, height, width)
        order, start, line = by_class(ys, xs, cs, pair.classes, 2 * height)
        sides.append((ys[order], xs[order], start, line))
    for name, (ys, xs, start, _), (other_ys, other_xs, other_start, other_line) in (
        ("gt", sides[0], sides[1]),
        ("pred", sides[1], sides[0]),
    ):
        hits = np.zeros((pair.classes, len(limits)), np.int64)
        contour_hits(ys, xs, start, other_ys, other_xs, other_start, other_line, limits, hits)
        _put(classes, {f"contour_{name}": np.diff(start)})
        _put(classes, {f"contour_{name}_hit_c{i}": hits[:, i] for i in range(len(limits))})
        _put(classes, {f"contour_{name}_hit": hits[:, CURVE_MULTIPLES.index(1.0)]})


def _largest_square(tolerance: float) -> int:
    """Largest squared distance in half pixels whose distance in px is within the tolerance (inclusive)."""
    square = int(4 * tolerance * tolerance)
    while np.sqrt(square + 1) / 2 <= tolerance:
        square += 1
    while np.sqrt(square) / 2 > tolerance:
        square -= 1
    return square


def _bands(classes: Array, pair: Pair, widths: Widths) -> None:
    boundary = np.zeros((pair.classes, 3), np.int64)
    trimap = np.zeros((len(widths.trimaps), pair.classes, 2), np.int64)
    count_bands(
        *pair.joint, *pair.gt.runs, *pair.pred.runs, pair.shape[1],
        widths.boundary, np.array(widths.trimaps, np.int64), boundary, trimap,
    )  # fmt: skip
    true, predicted, both = boundary.T
    _put(classes, {"boundary_inter_px": both, "boundary_union_px": true + predicted - both, "band_gt_px": true})
    _put(classes, {f"trimap_inter_t{i}_px": trimap[i, :, 0] for i in range(len(trimap))})
    _put(classes, {f"trimap_union_t{i}_px": trimap[i, :, 1] for i in range(len(trimap))})
    inter, union = trimap[TRIMAP_MULTIPLES.index(1.0)].T
    _put(classes, {"trimap_inter_px": inter, "trimap_union_px": union})


@lru_cache(maxsize=64)
def _disc(width_px: int) -> Array:
    """Half-widths (w + 1,) int32 of the disc whose pixels are near: round(distance) <= w, so d^2 <= w^2 + w."""
    if width_px == 0:
        return np.zeros(0, np.int32)
    offsets = np.arange(width_px + 1, dtype=np.float64)
    return np.sqrt(width_px * (width_px + 1) - offsets**2 + 0.25).astype(np.int32)


def _partition(classes: Array, pair: Pair, widths: Widths, sizes: Array) -> None:
    reach = _disc(widths.error)
    roles = (
        ("fn", pair.g, pair.p, -1, pair.gt, sizes),
        ("fp", pair.p, pair.g, pair.classes, pair.pred, np.zeros(len(pair.pred.boxes), np.int8)),
    )
    for role, own, other, void, side, size in roles:
        component = side.component
        has_tp = component_truths(component, pair.g, pair.p, len(side.boxes))
        kinds = np.zeros((pair.classes, 3 + len(SIZES)), np.int64)
        partition_errors(
            pair.row, pair.x0, pair.x1, own, other, void, component, has_tp, size, reach, kinds
        )
        _put(classes, {f"{role}_{kind}_px": kinds[:, i] for i, kind in enumerate(("boundary", "extent", "segment"))})
        if role == "fn":
            _put(classes, {f"fn_segment_{name}_px": kinds[:, 3 + i] for i, name in enumerate(SIZES)})


def _objects(classes: Array, pair: Pair, settings: Settings, sizes: Array) -> Array:
    valid = pair.g < pair.classes
    length = np.where(valid, pair.x1 - pair.x0, 0)
    predicted = pair.pred.component
    inside = predicted >= 0
    area = np.bincount(predicted[inside], length[inside], minlength=len(pair.pred.boxes)).astype(np.int64)
    objects = np.zeros((len(pair.gt.boxes), len(OBJECT_COLUMNS)), np.int64)
    object_overlaps(
        pair.gt.boxes, pair.gt.component, predicted, pair.pred.boxes[:, 0].copy(), area,
        pair.x0, pair.x1, pair.g, pair.p, pair.classes, objects,
    )  # fmt: skip
    found = objects[:, 6] >= settings.object_recall_threshold * objects[:, 5]
    for i, name in enumerate(SIZES):
        of_size = objects[sizes == i, 0]
        recalled = objects[(sizes == i) & found, 0]
        _put(
            classes,
            {
                f"objects_{name}": np.bincount(of_size, minlength=pair.classes),
                f"objects_{name}_recalled": np.bincount(recalled, minlength=pair.classes),
            },
        )
    specks = objects[objects[:, 5] < SPECK_PX, 0]
    _put(classes, {"specks_gt": np.bincount(specks, minlength=pair.classes)})
    return objects


def _thin(classes: Array, pair: Pair) -> None:
    for name, side in (("gt", pair.gt), ("pred", pair.pred)):
        thin, edges = np.zeros(pair.classes, np.int64), np.zeros(pair.classes, np.int64)
        thin_runs(*side.runs, pair.classes, thin, edges)
        _put(classes, {f"thin_{name}": thin, f"edges_{name}": edges})


def _surfaces(pair: Pair, widths: Widths, settings: Settings) -> NDArray[np.float64]:
    """(K, len(DISTANCES)) float64: nsd, hd95 and assd in px, and in mm when a spacing is given."""
    height, width = pair.shape
    sides = []
    for side in (pair.gt, pair.pred):
        ys, xs, cs, kinds = surface_elements(*side.runs, pair.classes, pair.void, height, width)
        order, start, line = by_class(ys, xs, cs, pair.classes, height + 1)
        sides.append((ys[order], xs[order], kinds[order], start, line))
    out = np.full((pair.classes, len(DISTANCES)), np.nan)
    out[:, :3] = _distances(sides, (1.0, 1.0), widths.tolerance)
    if settings.spacing is not None:
        out[:, 3:] = _distances(sides, settings.spacing, 0.0)[:, 1:]
    return out


def _distances(
    sides: list[tuple[Array, ...]], spacing: tuple[float, float], tolerance: float
) -> NDArray[np.float64]:
    sy, sx = spacing
    diagonal = float(np.hypot(sy, sx))
    length_of = np.array([diagonal / 2, sx, sy, diagonal])
    whole = spacing == (1.0, 1.0)
    weights = (1, 1, FAR) if whole else (sy * sy, sx * sx, np.inf)
    measured = []
    for (ys, xs, kinds, start, _), (other_ys, other_xs, _, other_start, other_line) in (sides, sides[::-1]):
        squared = np.empty(len(ys))
        surface_distances(ys, xs, start, other_ys, other_xs, other_start, other_line, *weights, squared)
        measured += [start, squared, length_of[kinds]]
    out = np.empty((len(sides[0][3]) - 1, 3))
    summarize_surfaces(*measured, tolerance, whole, out)
    return out


def _content_hash(shape: tuple[int, int], side: Side, categories: Categories) -> str:
    """Hash of the labels: equal for equal (H, W) maps of category ids, however they were stored."""
    ids = np.append(categories.ids, np.iinfo(np.int64).min)  # void and values outside the list have no id
    digest = hashlib.blake2b(repr(shape).encode(), digest_size=16)
    for part in (side.row, side.x0, ids[side.code]):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
