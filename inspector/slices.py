"""Slices: is the model worse on some part of the data, by each column of the metadata, corrected for many looks?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.hypotheses import holm, p_two_sided
from inspector.intervals import Interval, Resamples
from inspector.metrics import METRICS, mean_defined

__all__ = ["SliceResult", "slice_results", "slices_of"]

MIN_UNITS = 5  # resampling units on both sides: the spread of fewer is not known
MAX_VALUES = 50  # of a text column: more are names, not parts
QUARTERS = 4
PIXELS = ("gt_px", "pred_px", "tp_px")

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SliceResult:
    """One value of one column.

    images      in the slice
    miou        of the slice, from its summed matrix, over the classes that occur both here and in the rest (a slice
                without the hard classes would look good); miou_rest of all other images; NaN where not judged
    difference  miou - miou_rest, with its bootstrap interval
    p_value     two-sided, Student's t with the spread of the bootstrap; p_adjusted after Holm over all slices judged
    verdict     "worse", "better", "no difference shown" or "not judged" (too few images or units on either side)
    """

    column: str
    value: str
    images: int
    miou: float = math.nan
    miou_rest: float = math.nan
    difference: float = math.nan
    interval: Interval = (math.nan, math.nan)
    p_value: float = math.nan
    p_adjusted: float = math.nan
    verdict: str = "not judged"


def slices_of(columns: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], NDArray[np.bool_]]:
    """(column, value) -> (N,) bool: which images belong to it. Images without a value belong to no slice.

    A column of more than QUARTERS different numbers is cut at its quartiles; a text column with more than MAX_VALUES
    values, or with one, has no slices.
    """
    found: dict[tuple[str, str], NDArray[np.bool_]] = {}
    for column, values in columns.items():
        numbers = _numbers(values)
        parts = _by_value(values) if numbers is None else _by_quartile(numbers)
        found |= {(column, value): held for value, held in parts.items()}
    return found


def _numbers(values: Sequence[str]) -> Floats | None:
    """(N,) float64, NaN where empty; None unless all others are finite numbers, more than QUARTERS different ones."""
    try:
        numbers = np.array([float(value) if value else math.nan for value in values])
    except ValueError:
        return None
    written = [value for value in values if value]
    return numbers if len(set(written)) > QUARTERS and np.isfinite(numbers).sum() == len(written) else None


def _by_value(values: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    different = sorted({value for value in values if value})
    if not 2 <= len(different) <= MAX_VALUES:
        return {}
    return {value: np.array([each == value for each in values]) for value in different}


def _by_quartile(numbers: Floats) -> dict[str, NDArray[np.bool_]]:
    """Half-open quarters [low, high), the last one closed; equal quartiles join."""
    known = numbers[~np.isnan(numbers)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, QUARTERS + 1)))
    parts = {}
    for i, (low, high) in enumerate(pairwise(edges)):
        last = i == len(edges) - 2
        held = (numbers >= low) & ((numbers <= high) if last else (numbers < high))
        parts[f"{low:g} to {high:g}" if last else f"{low:g} to below {high:g}"] = held
    return parts


def slice_results(resamples: Resamples, slices: Mapping[tuple[str, str], NDArray[np.bool_]]) -> tuple[SliceResult, ...]:
    """Every slice against all other images, in the order given; p-values are Holm-corrected over all judged."""
    judged = {key: held for key, held in slices.items() if _enough(resamples, held) and _enough(resamples, ~held)}
    told = _judged(resamples, judged)
    adjusted = holm([result.p_value for result in told.values()])
    final = {
        key: replace(result, p_adjusted=p, verdict=_verdict(result, p, resamples.tally.settings.confidence))
        for (key, result), p in zip(told.items(), adjusted, strict=True)
    }
    return tuple(final.get(key) or SliceResult(*key, int(held.sum())) for key, held in slices.items())


def _enough(resamples: Resamples, held: NDArray[np.bool_]) -> bool:
    return int(held.sum()) >= resamples.tally.settings.min_images and _units(resamples, held) >= MIN_UNITS


def _units(resamples: Resamples, held: NDArray[np.bool_]) -> int:
    """Resampling units that these images belong to."""
    return len(np.unique(resamples.tally.group_index[held]))


def _judged(
    resamples: Resamples, slices: Mapping[tuple[str, str], NDArray[np.bool_]]
) -> dict[tuple[str, str], SliceResult]:
    """Without correction and verdict."""
    results = {}
    for (column, value), held in slices.items():
        (miou, rest), drawn = _mious(resamples, held)
        units = min(_units(resamples, held), _units(resamples, ~held))  # the smaller side is the less certain one
        low, high = resamples.interval(drawn, units)
        results[column, value] = SliceResult(
            column, value, int(held.sum()), miou, rest, miou - rest, (float(low), float(high)),
            p_two_sided(miou - rest, drawn, units),
        )  # fmt: skip
    return results


def _mious(resamples: Resamples, held: NDArray[np.bool_]) -> tuple[tuple[float, float], Floats]:
    """((mIoU of the slice, of the rest), (R,) resampled difference)."""
    tally, k = resamples.tally, len(resamples.tally.categories)
    inside = held[tally.row("image_index")]
    position = tally.row("class_index")
    exact, drawn = [], []
    for part in (inside, ~inside):
        rows = [tally.row(name)[part] for name in PIXELS]
        exact.append(_iou([np.bincount(position[part], row, k) for row in rows]))
        drawn.append(_iou(resamples.weigh(tally.row("image_index")[part], position[part], rows, k)))
    shared = ~np.isnan(exact[0]) & ~np.isnan(exact[1])
    miou, rest = (float(mean_defined(iou[shared])) for iou in exact)
    return (miou, rest), mean_defined(drawn[0][:, shared]) - mean_defined(drawn[1][:, shared])


def _iou(columns: Sequence[NDArray[Any]]) -> Floats:
    """(..., K)."""
    return METRICS["iou"].compute(dict(zip(PIXELS, columns, strict=True)))


def _verdict(result: SliceResult, p_adjusted: float, confidence: float) -> str:
    if not p_adjusted < 1.0 - confidence:
        return "no difference shown"
    return "worse" if result.difference < 0 else "better"
