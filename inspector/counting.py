"""`count_pair`: one pair of masks in, its `Counts` out. Every number of metrics.md starts here."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import CLASS_COLUMNS, COLUMN, DISTANCES, Counts
from inspector.errors import InputError
from inspector.kernels.pair import Lengths, Outputs, count_runs
from inspector.kernels.runs import encode_pair
from inspector.masks import Mask
from inspector.settings import CURVE_MULTIPLES, SIZES, TRIMAP_MULTIPLES, Settings

__all__ = ["count_pair"]

SPECK_PX = 10  # a true component below this is likelier a slip of the annotator's pen than an object
NO_SPACING = (0.0, 0.0)
Array = NDArray[Any]
Joint = tuple[Array, Array, Array, Array, Array]


def count_pair(
    gt: Mask,
    pred: Mask,
    categories: Categories,
    settings: Settings = Settings(),  # noqa: B008
    *,
    all_widths: bool = False,
) -> Counts:
    """Count one pair.

    gt, pred     masks of one shape (H, W), at least 1 x 1
    all_widths   give the kinds of wrong pixels at every width of ERROR_MULTIPLES, too: about half as much work again
    Returns `Counts` for the K classes of `categories`; an all-void truth gives zeros.
    Raises InputError `size_mismatch` for different shapes and `label_out_of_range` for a value outside the class list
    (predicted ones are wrong instead when settings.unknown is "wrong").
    """
    if gt.shape != pred.shape:
        raise InputError("size_mismatch", f"prediction is {_size(pred)}, truth is {_size(gt)}; sizes must be equal")
    joint, ignored_px = _encode(gt, pred, categories, settings)
    widths = settings.widths(*gt.shape)
    errors = widths.errors if all_widths else (widths.error,)
    out, lengths = _outputs(len(categories), len(errors)), _lengths(gt.shape, settings, errors)
    tallies, objects, size, gt_runs, pred_runs = count_runs(*joint, len(categories), gt.shape[1], lengths, out)
    confusion, void_px, wrong_row, valid_row, wrong_column, valid_column = tallies
    return Counts(
        shape=gt.shape,
        confusion=confusion,
        void_px=void_px,
        ignored_px=ignored_px,
        classes=_class_columns(confusion, out, objects, size, settings, errors.index(widths.error)),
        distances=out.distances,
        objects=objects,
        wrong_by_row=wrong_row,
        valid_by_row=valid_row,
        wrong_by_column=wrong_column,
        valid_by_column=valid_column,
        gt_hash=_content_hash(gt.shape, gt_runs, categories),
        pred_hash=_content_hash(gt.shape, pred_runs, categories),
        kinds_by_width=out.kinds[..., :3].swapaxes(0, 1).copy() if all_widths else None,
    )


def _size(mask: Mask) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]}"


def _encode(gt: Mask, pred: Mask, categories: Categories, settings: Settings) -> tuple[Joint, int]:
    """Joint runs, unknown predictions coded as outside the list; and the valid pixels predicted as an ignore value."""
    k = len(categories)
    row, x0, x1, g, p = encode_pair(gt.ids, pred.ids, categories.lut(gt.segments), categories.lut(pred.segments))
    unknown = p < 0
    for side, found in (("gt", g.min() < 0), ("pred", unknown.any() and settings.unknown != "wrong")):
        if found:
            raise InputError("label_out_of_range", "holds values outside the class list", side=side)
    ignored_px = int(np.sum((x1 - x0)[(p == k) & (g < k)], dtype=np.int64))
    p[unknown] = k
    return (row, x0, x1, g, p), ignored_px


def _outputs(k: int, widths: int) -> Outputs:
    def zeros(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, np.int64)

    curve, trimaps = len(CURVE_MULTIPLES), len(TRIMAP_MULTIPLES)
    return Outputs(
        contours=zeros(2, k),
        hits=zeros(2, k, curve),
        boundary=zeros(k, 3),
        trimap=zeros(trimaps, k, 2),
        kinds=zeros(2, widths, k, 3 + len(SIZES)),
        thin=zeros(2, k),
        edges=zeros(2, k),
        distances=np.full((k, len(DISTANCES)), np.nan),
    )


@lru_cache(maxsize=64)
def _lengths(shape: tuple[int, int], settings: Settings, errors: tuple[int, ...]) -> Lengths:
    widths = settings.widths(*shape)
    sy, sx = settings.spacing or NO_SPACING
    discs = [_disc(width) for width in errors]
    return Lengths(
        boundary=widths.boundary,
        trimaps=np.array(widths.trimaps, np.int64),
        reach=np.concatenate(discs),
        first_reach=np.cumsum([0, *map(len, discs)], dtype=np.int64),
        limits=np.array([_largest_square(t) for t in widths.curve], np.float64),
        tolerance=float(widths.tolerance),
        object_edges=np.array(settings.object_edges_px, np.int64),
        spacing=(float(sy), float(sx)),
    )


def _largest_square(tolerance: float) -> int:
    """Largest squared distance in half pixels whose distance in px is within the tolerance (inclusive)."""
    square = int(4 * tolerance * tolerance)
    while np.sqrt(square + 1) / 2 <= tolerance:
        square += 1
    while np.sqrt(square) / 2 > tolerance:
        square -= 1
    return square


def _disc(width_px: int) -> NDArray[np.int32]:
    """Half-widths (w + 1,) int32 of the disc whose pixels are near: round(distance) <= w, so d^2 <= w^2 + w."""
    if width_px == 0:
        return np.zeros(0, np.int32)
    offsets = np.arange(width_px + 1, dtype=np.float64)
    return np.sqrt(width_px * (width_px + 1) - offsets**2 + 0.25).astype(np.int32)


def _class_columns(
    confusion: NDArray[np.int64], out: Outputs, objects: Array, size: Array, settings: Settings, width: int
) -> NDArray[np.int64]:
    """(K, len(CLASS_COLUMNS)) int64; `width` is the place of the error width among those that were counted."""
    classes = np.zeros((len(confusion), len(CLASS_COLUMNS)), np.int64)
    for columns in (
        _pixels(confusion),
        _contours(out),
        _bands(out),
        _kinds(out.kinds[:, width]),
        _objects(objects, size, out, settings),
    ):
        for name, column in columns.items():
            classes[:, COLUMN[name]] = column
    return classes


def _pixels(confusion: NDArray[np.int64]) -> dict[str, Array]:
    k = len(confusion)
    predicted = confusion[:, :k]
    return {"gt_px": confusion.sum(axis=1), "pred_px": predicted.sum(axis=0), "tp_px": predicted.diagonal()}


def _contours(out: Outputs) -> dict[str, Array]:
    columns: dict[str, Array] = {}
    for name, points, hits, thin, edges in zip(
        ("gt", "pred"), out.contours, out.hits, out.thin, out.edges, strict=True
    ):
        columns |= {f"contour_{name}": points, f"contour_{name}_hit": hits[:, CURVE_MULTIPLES.index(1.0)]}
        columns |= {f"contour_{name}_hit_c{i}": hits[:, i] for i in range(len(CURVE_MULTIPLES))}
        columns |= {f"thin_{name}": thin, f"edges_{name}": edges}
    return columns


def _bands(out: Outputs) -> dict[str, Array]:
    true, predicted, both = out.boundary.T
    columns = {"boundary_inter_px": both, "boundary_union_px": true + predicted - both, "band_gt_px": true}
    for i, multiple in enumerate(TRIMAP_MULTIPLES):
        inter, union = out.trimap[i].T
        columns |= {f"trimap_inter_t{i}_px": inter, f"trimap_union_t{i}_px": union}
        if multiple == 1.0:
            columns |= {"trimap_inter_px": inter, "trimap_union_px": union}
    return columns


def _kinds(both: Array) -> dict[str, Array]:
    """both (2, K, 6)"""
    columns: dict[str, Array] = {}
    for role, kinds in zip(("fn", "fp"), both, strict=True):
        columns |= {f"{role}_{kind}_px": kinds[:, i] for i, kind in enumerate(("boundary", "extent", "segment"))}
    return columns | {f"fn_segment_{name}_px": both[0, :, 3 + i] for i, name in enumerate(SIZES)}


def _objects(objects: Array, size: Array, out: Outputs, settings: Settings) -> dict[str, Array]:
    k = len(out.thin[0])
    code, area, recalled_px = objects[:, 0], objects[:, 5], objects[:, 6]
    found = recalled_px >= settings.object_recall_threshold * area
    of_size = np.bincount(code * len(SIZES) + size, minlength=k * len(SIZES)).reshape(k, -1)
    recalled = np.bincount((code * len(SIZES) + size)[found], minlength=k * len(SIZES)).reshape(k, -1)
    columns = {f"objects_{name}": of_size[:, i] for i, name in enumerate(SIZES)}
    columns |= {f"objects_{name}_recalled": recalled[:, i] for i, name in enumerate(SIZES)}
    return columns | {"specks_gt": np.bincount(code[area < SPECK_PX], minlength=k)}


def _content_hash(shape: tuple[int, int], runs: tuple[Array, Array, Array], categories: Categories) -> str:
    """Hash of the labels: equal for equal (H, W) maps of category ids, however they were stored."""
    row, x0, code = runs
    ids = np.append(categories.ids, np.iinfo(np.int64).min)  # void and values outside the list have no id
    digest = hashlib.blake2b(repr(shape).encode(), digest_size=16)
    for part in (row, x0, ids[code]):
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()
