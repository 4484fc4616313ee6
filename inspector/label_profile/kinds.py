"""What kind of labels some masks hold, told from their values alone: classes, ids of objects, or both in one number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.label_profile.counts import LabelCounts
from inspector.label_profile.encodings import black_and_white
from inspector.label_profile.panoptic import THOUSAND

__all__ = ["SETTLE", "KindGuess", "guess_kind"]

SETTLE = "if that is wrong, say --labels classes, ids or panoptic"
MOST_OF_A_CLASS = 500  # numbers of objects of one class in an image; ids that happen to be large have no such gaps
MOST_CLASSES = 255  # beside numbered objects: a value above it and below 1000 is the number of an object
IN_ONE_PIECE = 0.9  # of the values that occur in an image: objects are hardly ever in pieces, classes are
IN_PIECES = 0.5  # with fewer in one piece they are classes; of people in a crowd .28 lie in pieces
RECUR = 0.5  # of all values, in the mean image; or of those that occur in several images: classes come again
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
    recur      whether images share them
    counted_up whether they are 1 ... n in nearly all images, n not the same in all
    thousands  the classes, where they read as class x 1000 + number; else empty
    """

    distinct: frozenset[int]
    per_image: tuple[int, ...]
    in_one_piece: float
    counted_up: bool
    recur: bool
    thousands: frozenset[int]

    @property
    def most(self) -> int:
        return max(self.per_image)

    @property
    def numbered(self) -> bool:
        return self.counted_up and len(set(self.per_image)) > 1


def guess_kind(counts: Sequence[LabelCounts], categories: Categories | None = None) -> KindGuess:
    """The kind of labels of some masks, each measured as if its values were classes, in any order.

    What is not clear is not sure, with a reason that says so and how to settle it.
    """
    odd = set(black_and_white(counts))  # they say nothing of the rest
    values = _values([image for index, image in enumerate(counts) if index not in odd])
    if categories and values.distinct <= {value for c in categories.classes for value in c.values}:
        return KindGuess("classes", "every value is in the class list", True)
    if len(values.distinct) <= 1:
        return KindGuess("classes", "there is one value beside 0", True)
    if values.thousands:
        return _thousands(values)
    if values.in_one_piece >= IN_ONE_PIECE:
        return _one_piece(values)
    return _in_pieces(values)


def _thousands(values: _Values) -> KindGuess:
    reads = f"the values read as class x {THOUSAND} + number of the object"
    if len(values.thousands) > 1:
        return KindGuess("panoptic", reads, True)
    return KindGuess("panoptic", f"{reads}, or as ids from {THOUSAND} on; {SETTLE}", False)


def _in_pieces(values: _Values) -> KindGuess:
    """Where a good part of the values forms several regions: classes, or objects that lie behind others."""
    reason = f"only {100 * values.in_one_piece:.0f} % of the values in an image form one region"
    if values.in_one_piece < IN_PIECES or (values.recur and not values.numbered and len(values.per_image) > 1):
        return KindGuess("classes", f"{reason}: they are classes, not objects", True)
    if values.recur:
        return KindGuess("classes", f"{reason}: likely classes, or objects in pieces; {SETTLE}", False)
    return KindGuess("ids", f"{reason}, yet they differ from image to image: likely objects in pieces; {SETTLE}", False)


def _one_piece(values: _Values) -> KindGuess:
    """Where nearly every value forms one region: objects, or organs of which everybody has one."""
    most, region = values.most, "each of them one region"
    if most >= CROWD or (values.counted_up and most >= MANY):
        return KindGuess("ids", f"up to {most} values in an image, {region}: they are objects", True)
    if values.numbered:
        reason = f"the values count up to a number of their own in each image (at most {most}), {region}"
        return KindGuess("ids", f"{reason}: likely objects; {SETTLE}", False)
    if len(values.per_image) == 1:
        reason = f"there are {most} values in the one mask that was looked at, {region}"
        return KindGuess("classes", f"{reason}: classes of which there is one each, or objects; {SETTLE}", False)
    if values.recur:
        reason = f"the same few values ({len(values.distinct)} in all) come again from image to image, {region}"
        return KindGuess("classes", f"{reason}: likely classes of which there is one each; {SETTLE}", False)
    reason = f"the values differ from image to image ({len(values.distinct)} in all, at most {most} in one), {region}"
    return KindGuess("ids", f"{reason}: likely objects; {SETTLE}", False)


def _values(counts: Sequence[LabelCounts]) -> _Values:
    held = [image.class_ids[image.class_ids != 0] for image in counts]
    held = [ids for ids in held if len(ids)]
    pieces = [_pieces(image)[image.class_ids != 0] for image in counts]
    occurs = Counter(value for ids in held for value in ids.tolist())
    up = sum(int(ids[0]) == 1 and int(ids[-1]) == len(ids) for ids in held)
    return _Values(
        distinct=frozenset(occurs),
        per_image=tuple(sorted(len(ids) for ids in held)),
        in_one_piece=float((np.concatenate(pieces) == 1).mean()) if held else 1.0,
        counted_up=up >= COUNTED_UP * max(len(held), 1),
        recur=_recur(occurs, len(held)),
        thousands=_thousand_classes(frozenset(occurs)),
    )


def _pieces(image: LabelCounts) -> NDArray[np.int64]:
    """(C,): the regions of each value; its specks where it has no other."""
    components = image.column("components")
    return np.where(components > 0, components, image.specks.sum(axis=1))


def _recur(occurs: Counter[int], images: int) -> bool:
    """Whether the mean image holds most of the values, or most values are in more than one image."""
    several = sum(count > 1 for count in occurs.values())
    return occurs.total() > RECUR * images * len(occurs) or several > RECUR * len(occurs)


def _thousand_classes(values: frozenset[int]) -> frozenset[int]:
    """The classes of values that are class x 1000 + n, n from 0 or 1 on, with gaps between the classes; empty where
    some are not, as ids of objects that count on through 1000."""
    first: dict[int, int] = {}
    for value in sorted(value for value in values if value >= THOUSAND):
        first.setdefault(value // THOUSAND, value % THOUSAND)
    small = frozenset(value for value in values if value < THOUSAND)
    fits = all(value % THOUSAND < MOST_OF_A_CLASS for value in values - small) and all(n <= 1 for n in first.values())
    if not first or not fits or min(values) < 0 or max(small, default=0) > MOST_CLASSES:
        return frozenset()
    return small | frozenset(first)
