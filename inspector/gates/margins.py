"""Margins from seeds: how far apart runs of one model lie, which is no regression."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from inspector.compare_runs import Paired, pair_runs
from inspector.errors import UsageError
from inspector.gates.config import Gates
from inspector.gates.proposals import rounded
from inspector.intervals import Resamples
from inspector.measures import MEASURES, foreground_of
from inspector.runs import Run

__all__ = ["Apart", "Calibration", "calibrate", "check_runs"]

TENTH_OF_A_POINT = Decimal("0.001")
IOU, MIOU = MEASURES["iou"], MEASURES["miou"]


@dataclass(frozen=True)
class Apart:
    """The largest difference of one kind of number that was seen between two runs, and where."""

    difference: float
    runs: tuple[str, str]
    images: int
    class_name: str = ""

    @property
    def margin(self) -> float:
        return rounded(self.difference, TENTH_OF_A_POINT, ROUND_CEILING)


@dataclass(frozen=True)
class Calibration:
    """What runs of one model say of margins.

    runs      how many they are
    overall   of mean IoU; None where no pair has it
    classes   of the IoU of classes; None where no class is in enough images
    rare      names of classes that say nothing, as they are in fewer than `least` images
    """

    runs: int
    overall: Apart | None
    classes: Apart | None
    rare: tuple[str, ...]
    least: int

    @property
    def pairs(self) -> int:
        return self.runs * (self.runs - 1) // 2


def check_runs(folders: Sequence[str]) -> None:
    """Raise UsageError unless these are two runs or more, each another one."""
    if len(folders) < 2:
        raise UsageError("a margin needs two runs of one model at least, of other seeds: name another run folder")
    places = [os.path.realpath(folder) for folder in folders]
    twice = next((folder for folder, place in zip(folders, places, strict=True) if places.count(place) > 1), None)
    if twice is not None:
        raise UsageError(f"{twice}: is named twice; a run says nothing when it is held against itself", path=twice)


def calibrate(runs: Sequence[Run]) -> Calibration:
    """How far apart two or more runs of one model lie, each held against each other on the images that they share.

    Raises InputError `not_comparable` where two of them cannot be.
    """
    least = Gates().min_images
    overall: list[Apart] = []
    classes: list[Apart] = []
    seen = np.zeros(len(runs[0].categories), np.bool_)
    for a, b in combinations(runs, 2):
        paired = pair_runs(a, b, a.settings)
        names, images = (a.name, b.name), len(paired.images)
        overall += _apart(_miou(paired.b) - _miou(paired.a), names, images)
        enough = _images_with_truth(paired) >= least
        seen |= enough
        for k in np.flatnonzero(enough):
            apart = float(_iou(paired.b)[k] - _iou(paired.a)[k])
            classes += _apart(apart, names, images, a.categories.names[k])
    rare = tuple(name for name, known in zip(runs[0].categories.names, seen, strict=True) if not known)
    largest = [max(found, key=lambda each: each.difference, default=None) for found in (overall, classes)]
    return Calibration(len(runs), largest[0], largest[1], rare, least)


def _apart(difference: float, names: tuple[str, str], images: int, class_name: str = "") -> list[Apart]:
    """A list of one; empty where one of the two numbers is undefined."""
    return [] if np.isnan(difference) else [Apart(abs(difference), names, images, class_name)]


def _miou(side: Resamples) -> float:
    return float(MIOU.overall(side.tally.total, foreground_of(side))) if MIOU.overall else np.nan


def _iou(side: Resamples) -> NDArray[np.float64]:
    return IOU.per_class(side.tally.total) if IOU.per_class else np.empty(0)


def _images_with_truth(paired: Paired) -> NDArray[np.int64]:
    """(K,) of the shared images. One truth: either side says it."""
    return np.asarray(paired.a.tally.images_with_truth)
