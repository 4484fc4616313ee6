"""Which classes lose their small objects while their larger ones are found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Evidence, Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import union_px
from inspector.metrics import Columns, ratio
from inspector.proof import from_objects
from inspector.settings import SIZES
from inspector.tally import Tally
from inspector.wording import between, count, percent

__all__ = ["analyze"]

MIN_OBJECTS = 10  # fewer small objects than this say little
LOW_RECALL = 0.75  # a quarter of the small objects is not found
GAP = 0.15  # by which larger objects are found more often: else size is not the reason
MIN_PART = 0.25  # of the lost IoU: then the title leads with the loss, else with the recall
LEAST_PART = 0.02  # of the lost IoU lies in small objects missed whole: else they are found, but drawn too small
SPECK_PX = 10  # a smaller component is more likely a slip of the annotation than an object


@dataclass(frozen=True)
class _Found:
    """What is known of the small objects of one class."""

    class_index: int
    counted: int
    recall: float
    recall_interval: tuple[float, float]
    larger: int
    larger_recall: float
    part: float  # of the lost IoU
    part_interval: tuple[float, float]


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each class whose small objects are surely recalled less often than LOW_RECALL, less often by GAP
    than its larger ones (where there are MIN_OBJECTS of them), and missed whole rather than in part."""
    recall, part = _recall(tally.total), _part(tally.total)
    recall_low, recall_high = resamples.class_interval(_recall(resamples.columns))
    part_low, part_high = resamples.class_interval(_part(resamples.columns))
    background = set(tally.categories.background)
    for c in range(len(tally.categories)):
        found = _Found(
            c, int(tally.total["objects_small"][c]), float(recall[c]), (float(recall_low[c]), float(recall_high[c])),
            *_larger(tally, c), float(part[c]), (float(part_low[c]), float(part_high[c])),
        )  # fmt: skip
        if c not in background and _told(tally, found):
            yield _finding(tally, found)


def _recall(columns: Columns) -> NDArray[np.float64]:
    return ratio(columns["objects_small_recalled"], columns["objects_small"])


def _part(columns: Columns) -> NDArray[np.float64]:
    return ratio(columns["fn_segment_small_px"], union_px(columns) - columns["tp_px"])


def _larger(tally: Tally, c: int) -> tuple[int, float]:
    """(count, recall) of the medium and large objects of a class."""
    counted = sum(int(tally.total[f"objects_{size}"][c]) for size in SIZES[1:])
    recalled = sum(int(tally.total[f"objects_{size}_recalled"][c]) for size in SIZES[1:])
    return counted, recalled / counted if counted else float("nan")


def _told(tally: Tally, found: _Found) -> bool:
    real = found.counted - int(tally.total["specks_gt"][found.class_index])
    if not found.part >= LEAST_PART:
        return False
    if real < max(MIN_OBJECTS, found.counted / 2) or not found.recall_interval[1] < LOW_RECALL:
        return False
    return found.larger < MIN_OBJECTS or found.larger_recall - found.recall >= GAP


def _finding(tally: Tally, found: _Found) -> Finding:
    c, total = found.class_index, tally.total
    missed_px = int(total["fn_segment_small_px"][c])
    classes = int(np.count_nonzero(union_px(total) > 0))
    return Finding(
        kind="small-objects-missed",
        severity=Severity.WARNING,
        title=_title(tally.categories.names[c], found),
        class_index=c,
        gain=missed_px / int(union_px(total)[c]) / classes,
        measures={
            "small_recall_fraction": found.recall,
            "small_count": float(found.counted),
            "larger_recall_fraction": found.larger_recall,
            "larger_count": float(found.larger),
            "small_missed_part_fraction": found.part,
            "small_missed_px": float(missed_px),
        },
        intervals={"small_recall_fraction": found.recall_interval, "small_missed_part_fraction": found.part_interval},
        evidence=_evidence(tally, c),
        advice="Raise the input resolution or crop around small objects in training; sample images that hold them.",
    )


def _title(name: str, found: _Found) -> str:
    larger = f", {percent(found.larger_recall)} of the larger ones" if found.larger else ""
    recalled = f"{percent(found.recall)} of its {count(found.counted, 'small object')} are found"
    if found.part >= MIN_PART:
        return (
            f"{name}: {percent(found.part)} of its lost IoU{between(found.part_interval)} is small objects missed "
            f"whole; {recalled}{larger}"
        )
    return f"{name}: {recalled}{between(found.recall_interval)}{larger}"


def _evidence(tally: Tally, c: int) -> tuple[Evidence, ...]:
    small = tally.object("area_px") < tally.settings.object_edges_px[0]
    real = tally.object("area_px") >= SPECK_PX
    missed = np.flatnonzero(
        (tally.object("class_index") == c) & small & real & ~np.asarray(tally.object("matched"), np.bool_)
    )
    return from_objects(tally, missed, tally.object("area_px")[missed] - tally.object("recalled_px")[missed])
