"""Says what is wrong with the values of one decoded mask, in words that name the likely cause."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.errors import InputError
from inspector.masks import Mask

__all__ = ["check_ignored", "check_values", "ranges"]

MANY_VALUES = 8  # more unlisted values than this are no forgotten class
WINDOW = 2048  # px: the part of a mask that is looked at for traces of interpolation
BETWEEN_SHARE = 0.8  # of the thin pixels lie between their neighbours when labels were interpolated
NAMED = 5


def check_values(mask: Mask, lut: NDArray[np.int16], categories: Categories, side: str) -> InputError | None:
    """The error for values of `mask` outside the class list, or None. `lut` is `categories.lut(mask.segments)`.

    Kinds: binary_255 (0 and 255 where 255 is no class), phantom_labels (values between those of neighbours:
    resized with interpolation or anti-aliased), label_out_of_range (all else, an offset of one named as such).
    """
    counts = np.bincount(mask.ids.ravel(), minlength=len(lut))
    unlisted = _pixels(mask, counts * (lut < 0))
    if not unlisted:
        return None
    scored = set(_pixels(mask, counts * (lut != len(categories))))
    kind, why, fix = _cause(mask, lut, categories, unlisted, scored)
    y, x = _first(mask.ids, lut < 0)
    named = ", ".join(f"{value} ({count} px)" for value, count in list(unlisted.items())[:NAMED])
    more = f" and {len(unlisted) - NAMED} more" if len(unlisted) > NAMED else ""
    expected = ranges(value for category in categories.classes for value in category.values)
    void = f" or {ranges(categories.ignore_values)} (ignored)" if categories.ignore_values else ""
    reason = f"values outside the class list: {named}{more}, the first at x={x}, y={y}; expected {expected}{void}{why}"
    return InputError(kind, reason, fix, side=side)


def check_ignored(mask: Mask, lut: NDArray[np.int16], categories: Categories, side: str) -> InputError | None:
    """The error for a mask of which nothing is left to score once ignored values are left out, or None.

    Kinds: no_valid_pixels (a truth that is ignored whole), foreground_ignored (0 and 255, where 255 was ignored by
    option and not by the class list, or the one class left is the background).
    """
    counts = np.bincount(mask.ids.ravel(), minlength=len(lut))
    ignored = _pixels(mask, counts * (lut == len(categories)))
    scored = set(_pixels(mask, counts * (lut != len(categories))))
    if not ignored:
        return None
    named = ranges(ignored)
    if side == "gt" and not scored:
        reason = f"all {sum(ignored.values())} px hold ignored values ({named}): there is no truth to compare with"
        return InputError("no_valid_pixels", reason, "check --ignore, or leave the image out", side=side)
    background = {0}.union(*(categories.classes[index].values for index in categories.background))
    later = categories.ignored_later.intersection(ignored)
    if not later or not scored <= background or (255 not in later and len(categories) > 1):
        return None
    reason = f"its only values are {ranges(scored | set(ignored))}, and {named} is ignored: no foreground is left"
    fix = (
        f"leave out --ignore {min(later)} (and say --classes binary) if {named} is the foreground; "
        f"if it is void, put ignore = [{min(later)}] in the class file"
    )
    return InputError("foreground_ignored", reason, fix, side=side)


def ranges(values: Iterable[int]) -> str:
    """Whole numbers for people: "0-3, 7"."""
    parts: list[list[int]] = []
    for value in sorted(values):
        if parts and value == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], value]
        else:
            parts.append([value])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def _pixels(mask: Mask, counts: NDArray[np.integer]) -> dict[int, int]:
    """Value to pixels, for the segments that `counts` (S,) is not zero for, in order of value."""
    pixels: dict[int, int] = {}
    for index in np.flatnonzero(counts).tolist():
        value = int(mask.segments.category_id[index])
        pixels[value] = pixels.get(value, 0) + int(counts[index])
    return dict(sorted(pixels.items()))


def _first(ids: NDArray[np.integer], wanted: NDArray[np.bool_]) -> tuple[int, int]:
    """(y, x) of the first pixel, in rows from the top, whose segment is wanted; there is one."""
    y, x = divmod(int(np.argmax(wanted[ids])), ids.shape[1])
    return y, x


def _cause(
    mask: Mask, lut: NDArray[np.int16], categories: Categories, unlisted: dict[int, int], scored: set[int]
) -> tuple[str, str, str]:
    """(kind, what the reason adds, fix) of the likeliest cause."""
    listed = {value for category in categories.classes for value in category.values}
    if scored <= {0, 255} and 255 in unlisted:
        fix = "say --classes binary, or save the mask with 0 and 1"
        return "binary_255", ": a binary mask that stores 255 for the foreground", fix
    if len(unlisted) > MANY_VALUES and _interpolated(mask, lut):
        why = ": many of them lie between their neighbours, as when labels are resized with interpolation"
        return "phantom_labels", why, "resize labels with nearest neighbour only, and draw them without anti-aliasing"
    for shift, word in ((1, "high"), (-1, "low")):
        if {value - shift for value in scored} <= listed:
            fix = "subtract 1" if shift > 0 else "add 1"
            fix += ", or give each class its stored value in a class file (values = [...])"
            return "label_out_of_range", f": every value is 1 too {word} for the list", fix
    if len(unlisted) > MANY_VALUES:
        why = f": {len(unlisted)} unlisted values look like instance ids or an image, not like classes"
        return "label_out_of_range", why, "give the label maps of the classes"
    fix = f"list the value in --classes, ignore it with --ignore {min(unlisted)}, or count it with --unknown wrong"
    return "label_out_of_range", "", fix


def _interpolated(mask: Mask, lut: NDArray[np.int16]) -> bool:
    """Whether more than MANY_VALUES unlisted values occur only on borders, mostly between their neighbours.

    Looks at a window around the first unlisted pixel. Instance ids have an inside; noise and photographs have
    hardly a pixel that equals its neighbours; isolated specks are no mean of what surrounds them.
    """
    y, x = _first(mask.ids, lut < 0)
    top, left = max(0, y - WINDOW // 8), max(0, x - WINDOW // 2)
    ids = mask.ids[top : top + WINDOW, left : left + WINDOW]
    values = mask.segments.category_id[ids]
    around = np.pad(values, 1, mode="edge")
    shifted = [around[dy : dy + values.shape[0], dx : dx + values.shape[1]] for dy in range(3) for dx in range(3)]
    low, high = np.minimum.reduce(shifted), np.maximum.reduce(shifted)
    flat = low == high
    unlisted = (lut < 0)[ids]
    thin = unlisted & ~np.isin(values, np.unique(values[flat]))
    if 3 * flat.sum() < flat.size or len(np.unique(values[thin])) <= MANY_VALUES:
        return False
    between = (low < values) & (values < high)
    return bool(between[thin].mean() >= BETWEEN_SHARE)
