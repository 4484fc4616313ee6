"""`Example`: an image with its mask. `Layout`: which examples to train on, and which to choose the best model by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspector.errors import InputError
from inspector.problems import Note

__all__ = ["SPLITS", "Example", "Found", "Layout", "divide"]

TRAIN = ("train", "training")
VAL = ("val", "valid", "validation")
TEST = ("test", "testing")  # set apart: never trained on, and nothing is chosen by it
SPLITS = {name: split for split, names in (("train", TRAIN), ("val", VAL), ("test", TEST)) for name in names}


@dataclass(frozen=True)
class Example:
    """An image and its mask. group: examples of one group (a patient, a drive) go to the same side of the split."""

    image_id: str
    image_path: Path
    mask_path: Path
    group: str = ""


@dataclass(frozen=True)
class Layout:
    """The examples to train on and those to choose the best checkpoint by, each in order of image_id.

    source  what was found, for people; notes: what a careful user wants to hear
    """

    train: tuple[Example, ...]
    val: tuple[Example, ...]
    source: str
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Found:
    """Examples by split ("train", "val"; "" where there is none), before a share of them is drawn for validation."""

    splits: Mapping[str, Sequence[Example]]
    source: str
    notes: Sequence[Note] = field(default=())


def divide(found: Found, val_fraction: float, seed: int) -> Layout:
    """The layout of what was found. Without a split val, `val_fraction` of the examples, whole groups of them and at
    least one, go there by a hash of seed and name: an added image moves no other one across.

    Raises InputError where a share is to be drawn and all examples are of one group.
    """
    notes, val = tuple(found.notes), found.splits.get("val", ())
    examples = [*found.splits.get("train", ()), *found.splits.get("", ())]
    if val or not val_fraction:
        return Layout(_sorted(examples), _sorted(val), found.source, notes)
    units: dict[str, list[Example]] = {}
    for example in examples:
        units.setdefault(f"group {example.group}" if example.group else f"image {example.image_id}", []).append(example)
    if len(units) < 2:
        reason = f"{len(examples)} examples in one group: nothing would be left to validate by"
        raise InputError("too_few", reason, "add images, or ask for no share to be set apart")
    drawn = _drawn(units, round(val_fraction * len(examples)), seed)
    val = [example for unit in drawn for example in units[unit]]
    train = [example for unit in units.keys() - drawn for example in units[unit]]
    return Layout(_sorted(train), _sorted(val), f"{found.source}; {len(val)} drawn for validation", notes)


def _drawn(units: Mapping[str, Sequence[Example]], wanted: int, seed: int) -> set[str]:
    """Units in the order of a hash until they hold `wanted` examples; one at least, and not all of them."""
    drawn, count = set[str](), 0
    for unit in sorted(units, key=lambda unit: hashlib.sha256(f"{seed} {unit}".encode()).digest())[:-1]:
        if drawn and count >= wanted:
            break
        drawn.add(unit)
        count += len(units[unit])
    return drawn


def _sorted(examples: Iterable[Example]) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda example: example.image_id))
