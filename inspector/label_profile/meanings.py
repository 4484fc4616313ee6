"""What each id of a mask means under a kind of labels: a class, an object of a class, background or void."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.errors import InputError
from inspector.masks import Segments

__all__ = ["OBJECT_ID", "Meanings", "meanings_of"]

OBJECT_ID = 1  # the class of all objects in a map of ids, which has no other
MAX_CLASSES = 32_000  # of one image: class indices of runs are 16-bit; more values are ids or a picture


@dataclass(frozen=True, eq=False)
class Meanings:
    """Of P ids of a mask.

    class_ids  (C,) int64, rising: the classes among them
    code       (P,) int16: index into class_ids; C for background and void
    void       (P,) bool
    segment    (P,) int32: index of the segment, in order of the ids; -1 for none. All -1 without ids
    segments   how many segments there are
    """

    class_ids: NDArray[np.int64]
    code: NDArray[np.int16]
    void: NDArray[np.bool_]
    segment: NDArray[np.int32]
    segments: int


def meanings_of(
    table: Segments, present: NDArray[np.integer], kind: str, categories: Categories | None, ignore: Collection[int]
) -> Meanings:
    """The meaning of the ids `present` (P,), rows of `table`, under a kind of KINDS.

    classes   the class is the category; objects have no ids
    ids       0 is background, every other value an object of the one class OBJECT_ID
    panoptic  an original id of 0 is void, every other one a segment of its category; a crowd has a class but is none
    `categories` gives values their class ids and says, with `ignore`, which values are void (not for ids, where
    `ignore` alone does). A value that it does not list is a class of its own. Raises InputError for too many classes.
    """
    original, category = table.original_id[present], table.category_id[present]
    values = original if kind == "ids" else category
    void = np.isin(values, np.array(sorted(ignore), np.int64))
    if kind == "ids":
        is_object = (original != 0) & ~void
        return _meanings(np.full_like(values, OBJECT_ID), is_object, void, is_object)
    class_id, listed_void = _classes_of(table, present, categories)
    void |= listed_void
    if kind == "classes":
        return _meanings(class_id, ~void, void, np.zeros_like(void))
    void |= original == 0
    return _meanings(class_id, ~void, void, ~void & ~table.iscrowd[present])


def _classes_of(
    table: Segments, present: NDArray[np.integer], categories: Categories | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(P,) class ids and (P,) whether the class list ignores them."""
    category = table.category_id[present]
    if categories is None:
        return category, np.zeros(len(present), np.bool_)
    index = categories.lut(table)[present]
    known = (index >= 0) & (index < len(categories))
    return np.where(known, categories.ids[np.where(known, index, 0)], category), index == len(categories)


def _meanings(
    class_id: NDArray[np.int64], is_class: NDArray[np.bool_], void: NDArray[np.bool_], is_segment: NDArray[np.bool_]
) -> Meanings:
    class_ids = np.unique(class_id[is_class])
    if len(class_ids) > MAX_CLASSES:
        what = f"{len(class_ids)} different values in one mask, which cannot be classes"
        raise InputError(
            "too_many_classes", what, "say --labels ids if each value is an object; else this is a picture"
        )
    code = np.where(is_class, np.searchsorted(class_ids, class_id), len(class_ids)).astype(np.int16)
    segment = np.where(is_segment, np.cumsum(is_segment) - 1, -1).astype(np.int32)
    return Meanings(class_ids, code, void, segment, int(is_segment.sum()))
