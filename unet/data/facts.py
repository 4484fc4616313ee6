"""`Facts`: what is known of the data before the first step, and what a careful user wants to hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.problems import Note
from unet.data.examples import Example

__all__ = ["Facts", "Seen", "notes_of"]

RARE = 0.001  # of the labelled pixels of train: a class with less is noted
MANY_CLASSES = 32  # more values than this, with no class list, look like something else
NAMED = 5


@dataclass(frozen=True)
class Seen:
    """What was seen of one example: size in px, and (K + 1,) int64 pixels of each class and, last, of void."""

    height: int
    width: int
    pixels: NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """What is known of the data before the first step.

    channels, dtype            of every image; "uint8", "uint16" or "float32"
    sizes                      (height, width) px -> images
    train_pixels, val_pixels   (K,) int64 px of each class; train_void, val_void: px that are ignored
    seen                       of each example
    notes                      what a careful user wants to hear
    """

    categories: Categories
    channels: int
    dtype: str
    sizes: Mapping[tuple[int, int], int]
    train_pixels: NDArray[np.int64]
    val_pixels: NDArray[np.int64]
    train_void: int
    val_void: int
    seen: Mapping[Example, Seen]
    notes: tuple[Note, ...] = ()


def notes_of(facts: Facts, *, val: bool, listed: bool) -> list[Note]:
    """Everything worth a warning. val: there are examples to validate by; listed: the user gave the class list."""
    found = _class_notes(facts, val) + _void_notes(facts) + _size_notes(facts)
    if not listed:
        found += _guess_notes(facts.categories)
    return [Note(kind, "data", text) for kind, text in found]


def _class_notes(facts: Facts, val: bool) -> list[tuple[str, str]]:
    """Classes that the training cannot learn, or the validation not judge."""
    found, names = [], facts.categories.names
    for side, pixels in (("train", facts.train_pixels), ("val", facts.val_pixels)):
        absent = [name for name, px in zip(names, pixels, strict=True) if not px]
        if absent and (val or side == "train"):
            found.append(("class_absent", f"{len(absent)} classes have no pixel in {side}: {', '.join(absent)}"))
    share = facts.train_pixels / facts.train_pixels.sum()
    rare = [f"{name} {part:.2g}" for name, part in zip(names, 100 * share, strict=True) if 0 < part < 100 * RARE]
    if rare:
        found.append(("class_rare", f"under {RARE:.1%} of the labelled pixels of train: {' %, '.join(rare)} %"))
    return found


def _void_notes(facts: Facts) -> list[tuple[str, str]]:
    found = []
    train, val = (facts.train_pixels, facts.train_void, "train"), (facts.val_pixels, facts.val_void, "val")
    for pixels, void, side in (train, val):
        if void:
            found.append(("void_share", f"{void / (void + int(pixels.sum())):.1%} of the pixels of {side} are void"))
    whole = [example.image_id for example, seen in facts.seen.items() if not seen.pixels[:-1].any()]
    if whole:
        text = f"{len(whole)} images of train are void whole and teach nothing: {', '.join(whole[:NAMED])}"
        found.append(("void_images", text))
    return found


def _size_notes(facts: Facts) -> list[tuple[str, str]]:
    if len(facts.sizes) == 1:
        return []
    heights, widths = zip(*facts.sizes, strict=True)
    wide, high = f"{min(widths)} to {max(widths)} px wide", f"{min(heights)} to {max(heights)} px high"
    return [("mixed_sizes", f"images of {len(facts.sizes)} sizes, {wide} and {high}: they are trained on in crops")]


def _guess_notes(categories: Categories) -> list[tuple[str, str]]:
    """What may be wrong with a class list that was made of the values found."""
    values = sorted(value for category in categories.classes for value in category.values)
    if values == [0, 255]:
        return [("binary_255", "the masks hold 0 and 255: taken for background and foreground")]
    found = []
    if len(values) > 2 and values[-1] == 255 and values[-2] < 254:
        found.append(("maybe_void", "the value 255 was taken for a class: say --ignore 255 if it means void"))
    if len(values) > MANY_CLASSES:
        text = (
            f"{len(values)} values were taken for as many classes: give --classes if these are instance ids or shades"
        )
        found.append(("many_classes", text))
    return found
