"""Two runs side by side: the images they share, resampled by the same draws; or why they cannot be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.hypotheses import p_below_zero
from inspector.intervals import RESAMPLED, Interval, Resamples, resample
from inspector.measures import Measure, measured, units_of
from inspector.runs import Run, part_of, tally_of
from inspector.settings import Settings
from inspector.tables import MemoryTable, Table

__all__ = ["LEAST_OVERLAP", "Difference", "Paired", "difference_of", "pair_runs"]

LEAST_OVERLAP = 0.8  # of the images of the larger run: fewer are another data set
#: Settings that change what a number means.
DEFINITIONS = ("tolerance", "boundary_width", "error_width", "object_edges_px", "object_recall_threshold", "spacing")
#: Settings that change which pixels are counted, and how.
COUNTED = ("ignore", "unknown", "missing")


@dataclass(frozen=True)
class Paired:
    """The images that two runs share, resampled together: the i-th resample of both holds the same images.

    a, b           baseline and candidate, cut down to the shared images, in one order
    images         (n, 2) int64: place of each shared image in a's and in b's table of images
    overlap        shared images / images of the larger run
    other_truth    names of images that both have, with another truth: left out
    notes          what differs and does not matter for the numbers, in words
    """

    a: Resamples
    b: Resamples
    images: NDArray[np.int64]
    overlap: float
    other_truth: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """A number in both runs: difference = b - a, its interval, and p-values of b being no worse, and no better.

    They are NaN where neither direction is worse; images are those that the number rests on, in either run.
    """

    a: float
    b: float
    difference: float
    interval: Interval
    p_worse: float
    p_better: float
    images: int


def pair_runs(
    a: Run, b: Run, settings: Settings, slice_of: str | None = None, columns: tuple[str, ...] = RESAMPLED
) -> Paired:
    """The shared images of baseline `a` and candidate `b`, resampled as `settings` say (resamples, seed, confidence);
    of a slice of b alone where one is named. `columns` of RESAMPLED are those that numbers will be asked of.

    Raises InputError `not_comparable` for other classes or definitions, or where they share too few images of one
    truth.
    """
    _check_definitions(a, b)
    pairs, other_truth = _shared(a, b)
    largest = max(len(a.image_ids), len(b.image_ids))
    overlap = len(pairs) / largest if largest else 0.0
    if overlap < LEAST_OVERLAP:
        raise _not_comparable(a, b, _too_few(len(pairs), largest, other_truth, b))
    if slice_of is not None:
        pairs = pairs[np.isin(pairs[:, 1], b.slice(slice_of))]
    group, regrouped = _units(a, b, pairs)
    sides = []
    for run, places in ((a, pairs[:, 0]), (b, pairs[:, 1])):
        tables = _regrouped(part_of(run.tables, places), group)
        drawn_as = replace(
            run.settings, resamples=settings.resamples, seed=settings.seed, confidence=settings.confidence
        )
        sides.append(resample(tally_of(tables, run.categories, drawn_as), columns))
    return Paired(sides[0], sides[1], pairs, overlap, other_truth, (*_notes(a, b), *regrouped))


def difference_of(paired: Paired, measure: Measure, class_index: int | None, size: str | None = None) -> Difference:
    """A number of both runs, by the same draws."""
    one, other = (measured(side, measure, class_index, size) for side in (paired.a, paired.b))
    images, units = (max(pair) for pair in zip(*_support(paired, measure, class_index), strict=True))
    change = other.minus(one)
    difference, drawn = change.value, change.spread(paired.b)
    low, high = paired.b.interval(drawn, units)
    sign = {"high": 1.0, "low": -1.0}.get(measure.better, np.nan)
    return Difference(
        a=one.value,
        b=other.value,
        difference=difference,
        interval=(float(low), float(high)),
        p_worse=p_below_zero(sign * difference, sign * drawn, units),
        p_better=p_below_zero(-sign * difference, -sign * drawn, units),
        images=images,
    )


def _support(paired: Paired, measure: Measure, class_index: int | None) -> list[tuple[int, float]]:
    return [units_of(side, measure, class_index) for side in (paired.a, paired.b)]


# ---------------------------------------------------------------------- what can be compared


def _not_comparable(a: Run, b: Run, why: str) -> InputError:
    return InputError("not_comparable", f"{a.name} and {b.name} cannot be compared: {why}")


def _check_definitions(a: Run, b: Run) -> None:
    """Raise unless every number means the same in both."""
    if a.document["task"] != b.document["task"]:
        raise _not_comparable(a, b, f"their tasks are {a.document['task']} and {b.document['task']}")
    ids = [run.categories.ids.tolist() for run in (a, b)]
    if ids[0] != ids[1]:
        only = [sorted(set(one) - set(other)) for one, other in (ids, ids[::-1])]
        raise _not_comparable(a, b, f"classes only in the first: {only[0]}, only in the second: {only[1]}")
    if a.categories.background != b.categories.background:
        raise _not_comparable(a, b, "they disagree on which class is background")
    for name in (*DEFINITIONS, *COUNTED):
        one, other = getattr(a.settings, name), getattr(b.settings, name)
        if one != other:
            raise _not_comparable(a, b, f"{name} was {one} and {other}; inspect one of them again with the same")


def _shared(a: Run, b: Run) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """((n, 2) places of the images with one name and one truth, in the order of a; names of others with one name)."""
    place = {name: index for index, name in enumerate(b.image_ids)}
    hashes = [np.asarray(run.tables["images"].column("gt_hash")) for run in (a, b)]
    both = [(i, place[name]) for i, name in enumerate(a.image_ids) if name in place]
    kept = [(i, j) for i, j in both if hashes[0][i] == hashes[1][j]]
    lost = tuple(a.image_ids[i] for i, j in both if hashes[0][i] != hashes[1][j])
    return np.array(kept, np.int64).reshape(-1, 2), lost


def _units(a: Run, b: Run, pairs: NDArray[np.int64]) -> tuple[NDArray[Any], tuple[str, ...]]:
    """((n,) the resampling unit of each shared image, one for both runs; what to say where the runs disagree).

    The coarser grouping is taken: what belongs together in either run says less than as many images apart.
    """
    groups = [
        np.asarray(run.tables["images"].column("group"))[places] for run, places in zip((a, b), pairs.T, strict=True)
    ]
    numbered = [np.unique(group.astype(str), return_inverse=True)[1] for group in groups]
    counts = [len(np.unique(numbers)) for numbers in numbered]
    if len(np.unique(np.stack(numbered), axis=1).T) == counts[0] == counts[1]:
        return groups[0], ()
    taken = int(counts[1] < counts[0])
    name = (a, b)[taken].name
    return groups[taken], (f"their images are grouped differently, in {counts[0]} and {counts[1]}: as in {name} here",)


def _too_few(shared: int, largest: int, other_truth: tuple[str, ...], b: Run) -> str:
    why = f"they share {shared} of {largest} images, at least {LEAST_OVERLAP:.0%} are needed"
    if other_truth:
        why += f"; the truth of {len(other_truth)} others differs ({', '.join(other_truth[:3])})"
    elif not shared:
        why += f"; no name of an image is in both (the second has {b.image_ids[0]!r})" if b.image_ids else ""
    return why


def _notes(a: Run, b: Run) -> tuple[str, ...]:
    tools = [run.document["tool"]["version"] for run in (a, b)]
    notes = [f"measured by versions {tools[0]} and {tools[1]}"] if tools[0] != tools[1] else []
    for one, other in zip(a.categories.classes, b.categories.classes, strict=True):
        if one.name != other.name:
            notes.append(f"class {one.id} is called {one.name} and {other.name}")
    for run in (a, b):
        if run.document["partial"]:
            notes.append(f"{run.name} had to leave input out")
    return tuple(notes)


def _regrouped(tables: Mapping[str, Table], group: NDArray[Any]) -> dict[str, Table]:
    """The tables with other resampling units."""
    images = tables["images"]
    names = ("image", "image_index", "gt_hash", "mean_iou", "height", "width")
    return {**tables, "images": MemoryTable({**{name: images.column(name) for name in names}, "group": group})}
