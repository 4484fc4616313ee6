"""The classes of an inspection: which value of a file means which class, and which values are ignored."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.class_files import FORMATS, presets, read_class_file, read_preset
from inspector.class_records import MAX_CLASSES, checked_records
from inspector.colors import Color, distinct_colors
from inspector.errors import InputError, UsageError
from inspector.masks import Segments

__all__ = ["MAX_CLASSES", "Categories", "Category", "from_values", "load_categories", "numbered"]

TABLE_VALUES = 65536  # values that an 8-bit or 16-bit file can hold: looked up in a table, others are searched
OUTSIDE = -1


@dataclass(frozen=True)
class Category:
    """One class, or one ignored value.

    values  the values in a file that mean this class; () stands for (id,)
    """

    id: int
    name: str
    color: Color | None = None
    values: tuple[int, ...] = ()
    ignore: bool = False
    isthing: bool = False
    background: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            object.__setattr__(self, "values", (self.id,))


@dataclass(frozen=True)
class Categories:
    """The K classes that are scored, in id order, and what is ignored. A class index is a place in `classes`.

    source          where they come from, for people: "preset camvid", "--num-classes 4", …
    ignored_later   values that `with_ignored` added (the user's --ignore), not the class list itself
    named_ignored   names of classes that lost pixels to `with_ignored`: worth a warning
    """

    classes: tuple[Category, ...]
    ignored: tuple[Category, ...]
    source: str
    ignored_later: frozenset[int] = frozenset()
    named_ignored: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.classes:
            raise UsageError(f"{self.source}: every class is ignored, so there is nothing to score", kind="no_classes")

    @classmethod
    def of(cls, categories: Iterable[Category], source: str) -> Categories:
        """Split by the ignore flag and put in id order; their ids and values must be unique."""
        ordered = sorted(categories, key=lambda category: category.id)
        return cls(tuple(c for c in ordered if not c.ignore), tuple(c for c in ordered if c.ignore), source)

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def ids(self) -> NDArray[np.int64]:
        """(K,) int64: the id of each class."""
        return np.array([category.id for category in self.classes], dtype=np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(category.name for category in self.classes)

    @property
    def ignore_values(self) -> frozenset[int]:
        """Values in a file that are ignored."""
        return frozenset(value for category in self.ignored for value in category.values)

    @property
    def background(self) -> tuple[int, ...]:
        """Class indices of the background classes."""
        return tuple(index for index, category in enumerate(self.classes) if category.background)

    def with_ignored(self, values: Iterable[int]) -> Categories:
        """These categories with `values` of the files ignored too.

        A class all of whose values are ignored leaves `classes`. Raises UsageError when none is left.
        """
        extra = frozenset(int(value) for value in values) - self.ignore_values
        classes, ignored, named = [], list(self.ignored), []
        for category in self.classes:
            gone = extra.intersection(category.values)
            kept = tuple(value for value in category.values if value not in gone)
            named += [category.name] if gone else []
            if kept:
                classes.append(replace(category, values=kept))
            if gone:
                ignored.append(replace(category, values=tuple(sorted(gone)), ignore=True))
        known = {value for category in self.classes for value in category.values}
        ignored += [Category(value, f"ignored {value}", ignore=True) for value in sorted(extra - known)]
        return replace(
            self,
            classes=tuple(classes),
            ignored=tuple(ignored),
            ignored_later=self.ignored_later | extra,
            named_ignored=self.named_ignored + tuple(named),
        )

    def with_palette(self, palette: NDArray[np.uint8]) -> Categories:
        """These categories with the colours that a palette (n, 3) has at the first value of each class.

        A class whose value is beyond the palette stays as it is.
        """
        classes = tuple(
            replace(c, color=tuple(palette[c.values[0]].tolist())) if 0 <= c.values[0] < len(palette) else c
            for c in self.classes
        )
        return replace(self, classes=classes)

    def colors_rgb(self) -> NDArray[np.uint8]:
        """(K, 3) uint8 to draw the classes with: the colours given, black for a background without one, and
        for the others colours that no class has been given."""
        given = [c.color or ((0, 0, 0) if c.background else None) for c in self.classes]
        taken = {color for color in given if color} | {c.color for c in self.ignored if c.color} | {(0, 0, 0)}
        free = iter(distinct_colors(given.count(None), taken))
        return np.array([color or next(free) for color in given], dtype=np.uint8).reshape(-1, 3)

    def color_table(self) -> dict[Color, int]:
        """The file value that a colour of a colour-coded mask stands for, ignored categories included.

        A colour in `ambiguous_colors` is left out: it cannot be read, so meeting it is an error.
        """
        table: dict[Color, int] = {}
        for category in self.classes + self.ignored:
            if category.color and category.color not in self.ambiguous_colors:
                table.setdefault(category.color, category.values[0])
        return table

    @cached_property
    def ambiguous_colors(self) -> dict[Color, tuple[str, ...]]:
        """Colours shared by categories that do not mean the same, with the names of those (two presets have
        one each, as published). Ignored categories all mean the same."""
        shared: dict[Color, list[Category]] = {}
        for category in self.classes + self.ignored:
            if category.color:
                shared.setdefault(category.color, []).append(category)
        return {
            color: tuple(category.name for category in group)
            for color, group in shared.items()
            if len(group) > 1 and len({-1 if category.ignore else category.id for category in group}) > 1
        }

    @cached_property
    def _lookup(self) -> tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.int16]]:
        """The class index of each value: a table for 0 to 65535 with one more OUTSIDE entry at each end,
        then the values beyond it, sorted, and their indices."""
        pairs = [(value, index) for index, category in enumerate(self.classes) for value in category.values]
        pairs += [(value, len(self)) for value in self.ignore_values]
        table = np.full(TABLE_VALUES + 2, OUTSIDE, dtype=np.int16)
        far = sorted(pair for pair in pairs if not 0 <= pair[0] < TABLE_VALUES)
        for value, index in pairs:
            if 0 <= value < TABLE_VALUES:
                table[value + 1] = index
        return table, np.array([v for v, _ in far], dtype=np.int64), np.array([i for _, i in far], dtype=np.int16)

    def lut(self, segments: Segments) -> NDArray[np.int16]:
        """(S,) int16: for each segment its class index in [0, K), K for an ignored value, -1 for a value
        outside the list. A few microseconds for 256 segments."""
        table, far_values, far_indices = self._lookup
        values = segments.category_id
        found = table.take(values + 1, mode="clip")  # clipped values land on the two OUTSIDE entries
        if len(far_values):
            place = np.searchsorted(far_values, values).clip(max=len(far_values) - 1)
            found = np.where(far_values[place] == values, far_indices[place], found)
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain data for the document: everything that changes a number or a picture."""
        return {
            "source": self.source,
            "classes": [_category_json(category) for category in self.classes],
            "ignored": [_category_json(category) for category in self.ignored],
        }


def _category_json(category: Category) -> dict[str, Any]:
    return {
        "id": category.id,
        "name": category.name,
        "color": list(category.color) if category.color else None,
        "values": list(category.values),
        "isthing": category.isthing,
        "background": category.background,
    }


def load_categories(spec: str | Path) -> Categories:
    """The categories of a preset or of a class file (TOML, JSON, COCO JSON, CSV). A preset goes before a file
    of the same name: write ./camvid for the file. Raises UsageError that names the file and the entry."""
    if str(spec) in presets():
        return _of_document(read_preset(str(spec)), f"preset {spec}", f"preset {spec}", shared_colors=True)
    path = Path(spec)
    if not path.exists():
        raise _no_such_list(str(spec))
    try:
        name = os.fsencode(path.name).decode("utf-8", "backslashreplace")  # a name may be no Unicode at all
        return _of_document(read_class_file(path), str(path), f"file {name}")
    except UsageError as error:
        error.path = str(path)
        raise


def _of_document(document: Any, where: str, source: str, *, shared_colors: bool = False) -> Categories:
    records, ignore = checked_records(document, where, shared_colors=shared_colors)
    categories = Categories.of((Category(**record) for record in records), source)
    return replace(categories.with_ignored(ignore), ignored_later=frozenset(), named_ignored=())


def _no_such_list(spec: str) -> UsageError:
    close = difflib.get_close_matches(spec.lower(), presets(), n=1, cutoff=0.6)
    fix = f"did you mean {close[0]}?" if close else f"or give a file: {FORMATS}"
    message = f"{spec!r} is neither a file nor a preset; presets: {', '.join(presets())} ({fix})"
    return UsageError(message, kind="no_such_classes", path=spec, fix=fix)


def numbered(n: int) -> Categories:
    """Classes 0 to n - 1, named "class 0" and so on: `--num-classes n`. Raises UsageError outside 1 to 4096."""
    if not 1 <= n <= MAX_CLASSES:
        raise UsageError(f"--num-classes {n}: expected 1 to {MAX_CLASSES}", kind="too_many_classes")
    return Categories.of((Category(value, f"class {value}") for value in range(n)), f"--num-classes {n}")


def from_values(gt_values: Iterable[int], pred_values: Iterable[int], ignore: Iterable[int] = ()) -> Categories:
    """The categories that the values found in all masks of each side suggest.

    0 with 1, or 0 with 255, is background and foreground; so is 0/1 on one side with 0/255 on the other.
    Otherwise each value is a class. Raises UsageError above 4096 values, InputError where none is left.
    """
    ignored = frozenset(int(value) for value in ignore)
    gt, pred = (frozenset(int(value) for value in side) - ignored for side in (gt_values, pred_values))
    source, found = "values found in the masks", gt | pred
    if not found:
        raise InputError("no_valid_pixels", "the masks hold no value that is not ignored", "check --ignore")
    if len(found) > MAX_CLASSES:
        what = f"{len(found)} different values in the masks; at most {MAX_CLASSES} can be classes"
        fix = "these look like instance ids or an image; give --classes or --num-classes if they are classes"
        raise UsageError(f"{what} ({fix})", kind="too_many_classes", fix=fix)
    if all(side <= {0, 1} or side <= {0, 255} for side in (gt, pred)):
        foreground = tuple(sorted(found - {0})) or (1,)
        both = [Category(0, "background", background=True), Category(1, "foreground", values=foreground)]
        return Categories.of(both, source).with_ignored(ignored)
    return Categories.of((Category(value, f"class {value}") for value in sorted(found)), source).with_ignored(ignored)
