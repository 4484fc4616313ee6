"""What changed on each part of the data: mean IoU of both runs, slice by slice of the newer run's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.compare_runs import Difference, Paired, difference_of
from inspector.comparison_verdicts import UNTOLD, Choices, adjusted, verdict
from inspector.counts import CLASS_COLUMNS, COLUMN
from inspector.intervals import Resamples, resample
from inspector.measures import MEASURES
from inspector.metrics import METRICS
from inspector.runs import Run, part_of
from inspector.slices import slices_of
from inspector.tables import MemoryTable, Table
from inspector.tally import Tally

__all__ = ["slice_changes"]

MIOU = MEASURES["miou"]
PIXELS = METRICS["iou"].columns

Record = dict[str, Any]


def slice_changes(paired: Paired, b: Run, choices: Choices) -> list[Record]:
    """A record for each slice of run b, in the order in which the report lists them; none without metadata.

    The images of a slice are resampled alone, as a gate on the slice does. Verdicts are Holm-corrected over the slices
    with enough images; of the others no interval is given.
    """
    tables = [_pixel_tables(side.tally) for side in (paired.a, paired.b)]
    places = {key: np.flatnonzero(held[paired.images[:, 1]]) for key, held in slices_of(b.metadata).items()}
    found = {key: _difference(paired, tables, held) for key, held in places.items() if len(held)}
    corrected = dict(zip(found, adjusted(list(found.values()), choices), strict=True))
    return [_record(*key, found.get(key), corrected.get(key, np.nan), choices) for key in places]


def _pixel_tables(tally: Tally) -> dict[str, Table]:
    """Of a tally, the tables and columns that IoU is made of, in memory."""
    held = {name: np.asarray(tally.row(name)) for name in ("image_index", "class_index", *PIXELS)}
    return {"images": tally.tables["images"], "classes": MemoryTable(held)}


def _difference(paired: Paired, tables: list[dict[str, Table]], places: NDArray[np.int64]) -> Difference:
    sides = [
        _resampled(side.tally, part_of(held, places)) for side, held in zip((paired.a, paired.b), tables, strict=True)
    ]
    return difference_of(Paired(sides[0], sides[1], paired.images[places], paired.overlap, (), ()), MIOU, None)


def _resampled(whole: Tally, tables: Mapping[str, Table]) -> Resamples:
    """Of a slice, the sums that IoU is made of: the others are 0, and never asked for."""
    k = len(whole.categories)
    totals = np.zeros((k, len(CLASS_COLUMNS)), np.int64)
    for name in PIXELS:
        np.add.at(totals[:, COLUMN[name]], tables["classes"].column("class_index"), tables["classes"].column(name))
    confusion = np.zeros((k, k + 1), np.int64)
    return resample(Tally(whole.categories, whole.settings, tables, confusion, totals), PIXELS)


def _record(column: str, value: str, found: Difference | None, p: float, choices: Choices) -> Record:
    if found is None:  # none of its images is in both runs
        nothing = dict.fromkeys(("a", "b", "delta", "interval", "p_adjusted"))
        return {"column": column, "value": value, **nothing, "verdict": UNTOLD, "n": 0}
    is_judged = found.images >= choices.min_images and not np.isnan(found.interval[0])
    return {
        "column": column,
        "value": value,
        "a": found.a,
        "b": found.b,
        "delta": found.difference,
        "interval": list(found.interval) if is_judged else None,
        "p_adjusted": p,
        "verdict": verdict(found, p, choices),
        "n": found.images,
    }
