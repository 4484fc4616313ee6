"""What kind of labels some masks hold, told from their values alone: classes, ids of objects, or both in one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inspector.categories import Categories
from inspector.label_profile.counts import LabelCounts

__all__ = ["SETTLE", "KindGuess", "guess_kind"]

SETTLE = "if that is wrong, say --labels classes, ids or panoptic"
THOUSAND = 1000  # Cityscapes: class x 1000 + number of the object
MOST_OF_A_CLASS = 500  # numbers of objects of one class in an image; ids that happen to be large have no such gaps
IN_ONE_PIECE = 0.9  # of the values that occur in an image: objects are hardly ever in pieces, classes are
COUNTED_UP = 0.9  # of the images, in which the values are 1 ... n without a gap
MANY = 20  # values in one image that are counted up and in one piece each: hardly classes
CROWD = 100  # values in one piece each, counted up or not


@dataclass(frozen=True)
class KindGuess:
    """kind: of KINDS; reason: for people; sure: False where the values fit another kind too."""

    kind: str
    reason: str
    sure: bool


@dataclass(frozen=True)
class _Values:
    """What the values of some images look like, 0 left out.

    per_image  how many there are in each image that has any
    """

    distinct: frozenset[int]
    per_image: tuple[int, ...]
    in_one_piece: float
    counted_up: float
    in_thousands: bool


def guess_kind(counts: Sequence[LabelCounts], categories: Categories | None = None) -> KindGuess:
    """The kind of labels of some masks, each measured as if its values were classes, in any order.

    What is not clear is taken for classes, with a reason that says so and how to settle it.
    """
    values = _values(counts)
    if categories and values.distinct <= {value for c in categories.classes for value in c.values}:
        return KindGuess("classes", "every value is in the class list", True)
    if len(values.distinct) <= 1:
        return KindGuess("classes", "there is one value beside 0", True)
    if values.in_thousands:
        return KindGuess("panoptic", f"the values read as class x {THOUSAND} + number of the object", True)
    if values.in_one_piece < IN_ONE_PIECE:
        reason = f"only {100 * values.in_one_piece:.0f} % of the values in an image form one region"
        return KindGuess("classes", f"{reason}: they are classes, not objects", True)
    return _one_piece(values)


def _one_piece(values: _Values) -> KindGuess:
    """Where nearly every value forms one region: objects, or organs of which everybody has one."""
    most, varies = max(values.per_image), len(set(values.per_image)) > 1
    counted = values.counted_up >= COUNTED_UP
    if most >= CROWD or (counted and most >= MANY):
        return KindGuess("ids", f"up to {most} values in an image, each of them one region: they are objects", True)
    if counted and varies:
        reason = f"the values count up to a number of their own in each image (at most {most}), each of them one region"
        return KindGuess("ids", f"{reason}: likely objects; {SETTLE}", False)
    reason = f"the same few values ({len(values.distinct)}) in all images, each of them one region"
    return KindGuess("classes", f"{reason}: likely classes of which there is one each; {SETTLE}", False)


def _values(counts: Sequence[LabelCounts]) -> _Values:
    held = [image.class_ids[image.class_ids != 0] for image in counts]
    held = [ids for ids in held if len(ids)]
    pieces = [image.column("components")[image.class_ids != 0].clip(min=1) for image in counts]  # 0: it is a speck
    distinct = frozenset(value for ids in held for value in ids.tolist())
    return _Values(
        distinct=distinct,
        per_image=tuple(sorted(len(ids) for ids in held)),
        in_one_piece=float((np.concatenate(pieces) == 1).mean()) if held else 1.0,
        counted_up=sum(int(ids[0]) == 1 and int(ids[-1]) == len(ids) for ids in held) / max(len(held), 1),
        in_thousands=_in_thousands(distinct),
    )


def _in_thousands(values: frozenset[int]) -> bool:
    """Whether large values are class x 1000 + n, n from 0 or 1 on: there are gaps between the classes."""
    large = [value for value in values if value >= THOUSAND]
    first: dict[int, int] = {}
    for value in sorted(large):
        first.setdefault(value // THOUSAND, value % THOUSAND)
    numbers_fit = all(value % THOUSAND < MOST_OF_A_CLASS for value in large)
    return bool(large) and min(values) >= 0 and numbers_fit and all(n <= 1 for n in first.values())
