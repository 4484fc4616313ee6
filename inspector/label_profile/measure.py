"""`measure_mask`: one mask in, its `LabelCounts` out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.kernels.profile import class_components, encode_ids, region_pieces, region_shapes
from inspector.label_profile.counts import CLASS_COLUMNS, COLUMN, KINDS, SPECK_PX, LabelCounts
from inspector.label_profile.meanings import Meanings, meanings_of
from inspector.masks import Mask

__all__ = ["measure_mask"]

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Runs:
    """The runs of a mask, and the components of its classes.

    row, x0, x1, at   runs of equal ids; at (n,): the place of the id among those present
    joined            row, x0, x1 and component of the runs joined by class
    component (n,)    of each run of equal ids; -1 outside the classes
    boxes             (components, 6), see `component_boxes`
    """

    row: Ints
    x0: NDArray[np.int32]
    x1: NDArray[np.int32]
    at: NDArray[np.intp]
    joined: tuple[Ints, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
    component: NDArray[np.int32]
    boxes: Ints

    @property
    def lengths(self) -> Ints:
        return (self.x1 - self.x0).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Matched:
    """Segments (S,) and components against each other."""

    area: Ints
    merged: NDArray[np.bool_]
    split: NDArray[np.bool_]
    found: NDArray[np.bool_]  # of the components


def measure_mask(
    mask: Mask, kind: str, *, categories: Categories | None = None, ignore: Collection[int] = ()
) -> LabelCounts:
    """Measure one mask whose values are of one of KINDS (see `meanings_of` for what `categories` and `ignore` do).

    A mask of background and void alone has no class. Raises ValueError for another kind, InputError where the values
    cannot be of this one.
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind of labels {kind!r}; there are {', '.join(KINDS)}")
    row, x0, x1, ids = encode_ids(mask.ids)
    present, at = np.unique(ids, return_inverse=True)
    meanings = meanings_of(mask.segments, present, kind, categories, ignore)
    runs = _with_components(row, x0, x1, at, meanings, has_ids=kind != "classes")
    classes = np.zeros((len(meanings.class_ids), len(CLASS_COLUMNS)), np.int64)
    _count_pixels(runs, meanings, mask.shape, classes)
    count_objects = _components if kind == "classes" else _segments
    specks, objects = count_objects(runs, meanings, mask.shape[1], classes)
    void_px = int(runs.lengths[meanings.void[at]].sum())
    return LabelCounts(mask.shape, void_px, meanings.class_ids, classes, specks, objects, kind != "classes")


def _with_components(
    row: Ints,
    x0: NDArray[np.int32],
    x1: NDArray[np.int32],
    at: NDArray[np.intp],
    meanings: Meanings,
    *,
    has_ids: bool,
) -> _Runs:
    """Where there are ids, a crowd is in no component: nobody knows its objects."""
    k = len(meanings.class_ids)
    code = np.where(meanings.segment < 0, k, meanings.code).astype(np.int16) if has_ids else meanings.code
    *joined, _, label, of, boxes = class_components(row, x0, x1, code[at], k)
    return _Runs(row, x0, x1, at, (joined[0], joined[1], joined[2], label), label[of], boxes)


def _count_pixels(runs: _Runs, meanings: Meanings, shape: tuple[int, int], classes: Ints) -> None:
    k, (height, width) = len(classes), shape
    code, lengths = meanings.code[runs.at], runs.lengths
    classes[:, COLUMN["px"]] = _sums(code, lengths, k)
    box_code, y0, x0, y1, x1, area = runs.boxes.T
    touches = (y0 == 0) | (x0 == 0) | (y1 == height) | (x1 == width)
    classes[:, COLUMN["border_px"]] = _sums(box_code[touches], area[touches], k)
    np.maximum.at(classes[:, COLUMN["largest_px"]], box_code, area)
    first, last = runs.row[:-1], runs.row[1:] - 1
    outer = np.zeros(len(code), np.int64)  # the edge pixels of each run
    outer[first] += 1
    outer[last] += width > 1
    for y in {0, height - 1}:
        outer[runs.row[y] : runs.row[y + 1]] = lengths[runs.row[y] : runs.row[y + 1]]
    classes[:, COLUMN["edge_px"]] = _sums(code, outer, k)


def _sums(code: NDArray[np.integer], values: Ints, k: int) -> Ints:
    """(k,) int64: the sum of the values of each code; codes of k and above are left out."""
    return np.bincount(code, weights=values, minlength=k)[:k].astype(np.int64)


def _components(runs: _Runs, meanings: Meanings, width: int, classes: Ints) -> tuple[Ints, Ints]:
    """Specks and objects of a class map: its components."""
    row, x0, x1, label = runs.joined
    hull, radius_sq = region_shapes(row, x0, x1, label, len(runs.boxes), width)
    code, area = runs.boxes[:, 0], runs.boxes[:, 5]
    kept = area >= SPECK_PX
    classes[:, COLUMN["components"]] = np.bincount(code[kept], minlength=len(classes))
    objects = np.stack([meanings.class_ids[code], area, hull, radius_sq], axis=1)[kept]
    return _specks(code[~kept], area[~kept], len(classes)), objects


def _specks(code: Ints, area: Ints, k: int) -> Ints:
    return np.bincount(code * SPECK_PX + area, minlength=k * SPECK_PX).reshape(k, SPECK_PX)


def _segments(runs: _Runs, meanings: Meanings, width: int, classes: Ints) -> tuple[Ints, Ints]:
    """Specks and objects of a map with ids: its segments, held against the components of its classes."""
    k, segment = len(classes), meanings.segment[runs.at]
    matched = _matched(runs, segment, meanings.segments)
    code = meanings.code[meanings.segment >= 0].astype(np.int64)
    for name, chosen in (("segments", slice(None)), ("merged", matched.merged), ("split", matched.split)):
        classes[:, COLUMN[name]] = np.bincount(code[chosen], minlength=k)
    box_code, box_area = runs.boxes[:, 0], runs.boxes[:, 5]
    classes[:, COLUMN["found"]] = np.bincount(box_code[matched.found], minlength=k)
    kept = matched.found | (box_area >= SPECK_PX)
    classes[:, COLUMN["components"]] = np.bincount(box_code[kept], minlength=k)
    hull, radius_sq = region_shapes(runs.row, runs.x0, runs.x1, segment, meanings.segments, width)
    objects = np.stack([meanings.class_ids[code], matched.area, hull, radius_sq], axis=1)
    return _specks(box_code[~kept], box_area[~kept], k), objects


def _matched(runs: _Runs, segment: NDArray[np.int32], count: int) -> _Matched:
    """segment (n,) int32: of each run, -1 for none; `count` segments."""
    inside, components = segment >= 0, len(runs.boxes)
    pairs, which = np.unique(
        segment[inside].astype(np.int64) * max(components, 1) + runs.component[inside], return_inverse=True
    )
    inter = np.bincount(which, weights=runs.lengths[inside], minlength=len(pairs)).astype(np.int64)
    one, other = np.divmod(pairs, max(components, 1))
    area = _sums(one, inter, count)
    shared = np.bincount(other, minlength=components)[other] > 1
    union = area[one] + runs.boxes[other, 5] - inter
    pieces = region_pieces(runs.row, runs.x0, runs.x1, segment)
    large = np.bincount(pieces[pieces[:, 5] >= SPECK_PX, 0], minlength=count)
    return _Matched(area, _marked(one[shared], count), large > 1, _marked(other[2 * inter > union], components))


def _marked(indices: Ints, count: int) -> NDArray[np.bool_]:
    marked = np.zeros(count, np.bool_)
    marked[indices] = True
    return marked
