"""Intervals: how far a number would move had other images been drawn; a seeded bootstrap of the stored counts.

Expanded percentile intervals (Hesterberg 2015, "What teachers should know about the bootstrap"): plain percentiles are
too narrow for few units, as a standard deviation over n instead of n - 1 and a normal instead of Student's t are. The
units of a class are those that hold it, fewer where some of them hold most of it (Kish 1965). A mean over classes is as
uncertain as its rarest ones, of which a bootstrap sees too little: `widened` gives them the spread of the others.

Coverage of 95 % intervals: benchmarks/interval_coverage.py and gate_simulation.py. Numbers of which a few images hold
most are covered less often, since a set without these images cannot know of them: in 1,000 sets of 100 images drawn
from 400 street scenes, 92 % and more for the IoU of a class, from 83 % on for precision and recall, and from 63 % on
for its share of the loss that is missed objects or partial coverage.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.headlines import MEANS, headlines
from inspector.loss import loss_shares
from inspector.metrics import METRICS, ratio
from inspector.settings import SIZES
from inspector.tally import Tally

__all__ = [
    "RESAMPLED",
    "Interval",
    "Resamples",
    "class_intervals",
    "effective_units",
    "expanded_confidence",
    "headline_intervals",
    "percentile_interval",
    "resample",
]

Floats = NDArray[np.float64]
Interval = tuple[float, float]

CELLS = 1 << 18  # of one block of weights: 2 MB as float64, whatever the number of images
UNDEFINED = 0.05  # more undefined resamples than this, and the percentiles would describe a chosen part of them
BORROWING = 10  # units: a class in fewer borrows the spread of the others in a mean over classes
MIN_UNITS = 2  # one unit drawn again and again is always itself
FIXED_POINT = 2.0**30  # a per-image share as a whole number: sums are exact, so the same in any order; error < 1e-9

#: The columns that intervals are made of; the rest of CLASS_COLUMNS is never resampled.
RESAMPLED: tuple[str, ...] = (
    *dict.fromkeys(column for metric in METRICS.values() for column in metric.columns),
    *(f"{side}_{kind}_px" for kind in ("boundary", "extent", "segment") for side in ("fp", "fn")),
    *(f"fn_segment_{size}_px" for size in SIZES),
    *(f"objects_{size}" for size in SIZES),
    *(f"objects_{size}_recalled" for size in SIZES),
)


@dataclass(frozen=True, eq=False)
class Resamples:
    """The R = settings.resamples bootstrap data sets of a tally: units (groups of images) drawn with replacement.

    `names` are the columns that are summed: fewer of RESAMPLED where fewer numbers are asked for.
    Every method uses the same draws, so numbers of one resample belong together and differences may be taken.
    Units are drawn block by block (how many fall into a block first, then which), so that the weights never
    need more than CELLS numbers at once.
    """

    tally: Tally
    names: tuple[str, ...] = RESAMPLED

    @property
    def count(self) -> int:
        return self.tally.settings.resamples

    @cached_property
    def units(self) -> int:
        """G: groups, or images where each is a group of its own."""
        return int(self.tally.group_index.max()) + 1 if self.tally.n_images else 0

    @property
    def unit(self) -> str:
        """What is drawn: "image", or "group" where one group holds several images."""
        return "image" if self.units == self.tally.n_images else "group"

    @cached_property
    def columns(self) -> dict[str, Floats]:
        """(R, K) float64 sums, whole numbers, of each column in `names`: METRICS compute from it as from totals."""
        tally, rows = self.tally, [self.tally.row(name) for name in self.names]
        sums = self.weigh(tally.row("image_index"), tally.row("class_index"), rows, len(tally.categories))
        return dict(zip(self.names, sums, strict=True))

    def sums(self, column: str) -> Floats:
        """(R, K) float64: the sums of one column of `names`."""
        return self.columns[column]

    def weigh(
        self, image_index: NDArray[Any], position: NDArray[Any], values: Sequence[NDArray[Any]], width: int
    ) -> list[Floats]:
        """The resampled sums of sparse per-image numbers: for each of `values`, (R, width) float64.

        Entry i adds values[.][i] at position[i] in [0, width) whenever image image_index[i] is drawn.
        Whole numbers below 2^53 are summed exactly.
        """
        unit = self.tally.group_index[image_index]
        order = np.argsort(unit, kind="stable")
        sorted_units = unit[order]
        totals = np.zeros((self.count, len(values) * width))
        for start, weights in self._weights():
            stop = start + weights.shape[1]
            held = order[slice(*np.searchsorted(sorted_units, (start, stop)))]
            cells = (unit[held] - start) * width + position[held]
            size = (stop - start) * width
            block = [np.bincount(cells, v[held], size).reshape(-1, width) for v in values]
            totals += weights @ np.concatenate(block, axis=1)
        return np.split(totals, len(values), axis=1)

    def _weights(self) -> Iterator[tuple[int, Floats]]:
        """(first unit, (R, block) how often each unit of the block is drawn), the same at every call."""
        if self._only_block is not None:
            yield 0, self._only_block
        elif self.units:
            yield from self._draw()

    @cached_property
    def _only_block(self) -> Floats | None:
        """The weights of all units where they fit into one block: drawn once and kept."""
        if not 0 < self.units <= self._block_size:
            return None
        return next(self._draw())[1]

    @property
    def _block_size(self) -> int:
        return max(1, CELLS // max(1, self.count))

    def _draw(self) -> Iterator[tuple[int, Floats]]:
        rng = np.random.default_rng(self.tally.settings.seed)
        starts = np.arange(0, self.units, self._block_size)
        sizes = np.diff(np.append(starts, self.units))
        falls = rng.multinomial(self.units, sizes / self.units, size=self.count)  # (R, blocks)
        for start, size, fall in zip(starts, sizes, falls.T, strict=True):
            drawn = rng.integers(0, size, int(fall.sum()))
            cells = np.repeat(np.arange(self.count) * size, fall) + drawn
            yield int(start), np.bincount(cells, minlength=self.count * size).reshape(-1, size).astype(np.float64)

    def interval(self, values: Floats, units: float | Floats | None = None) -> tuple[Floats, Floats]:
        """(low, high), each of shape (...), of resampled values (R, ...) that so many units decide (default: all).

        NaN where more than UNDEFINED of the resamples are NaN or fewer than MIN_UNITS units exist.
        """
        held = np.broadcast_to(self.units if units is None else units, values.shape[1:])
        confidence = self.tally.settings.confidence
        expanded = np.reshape([expanded_confidence(confidence, max(n, MIN_UNITS)) for n in held.flat], held.shape)
        low, high = percentile_interval(values, expanded)
        return tuple(np.where(held < MIN_UNITS, np.nan, bound) for bound in (low, high))  # type: ignore[return-value]

    def class_interval(self, values: Floats) -> tuple[Floats, Floats]:
        """(low (K,), high (K,)) of a number of each class, resampled (R, K)."""
        return self.interval(values, self.effective_units)

    @cached_property
    def effective_units(self) -> Floats:
        """(K,) float64: units that decide the numbers of each class, by its true pixels; see `effective_units`."""
        tally, px = self.tally, self.tally.row("gt_px")
        unit, position = tally.group_index[tally.row("image_index")], tally.row("class_index")
        order = np.argsort(position, kind="stable")
        ends = np.searchsorted(position[order], np.arange(1, len(tally.categories)))
        return np.array([effective_units(unit[rows], px[rows]) for rows in np.split(order, ends)])

    @cached_property
    def units_of_classes(self) -> NDArray[np.int64]:
        """(K,) int64: units in which each class is true."""
        tally, k = self.tally, len(self.tally.categories)
        held = tally.row("gt_px") > 0
        pairs = tally.group_index[tally.row("image_index")[held]] * k + tally.row("class_index")[held]
        return np.bincount(np.unique(pairs) % k, minlength=k).astype(np.int64)

    def widened(self, value: float, drawn: Floats, of_classes: Floats) -> Floats:
        """(R,) the resamples of a mean over classes, spread about `value` as far as its rarest classes ask for.

        value       the mean itself
        drawn       (R,) its resamples
        of_classes  (R, K) those of the classes it is a mean of; NaN where undefined

        The spread of a class is n / (n - 1) times that of its resamples, n its effective units; one in fewer than
        BORROWING units has at least what the other classes have for so many units. Degrees of freedom by Satterthwaite
        (1946).
        """
        factor = _widening(drawn, of_classes, self.units_of_classes, self.effective_units)
        return value + factor * (drawn - value)


def effective_units(unit: NDArray[np.int64], px: NDArray[Any]) -> float:
    """How many units of equal size would decide a number as much as these do: (sum of px)^2 / sum of px^2 (Kish 1965).

    unit, px   (n,) the unit of each entry, 0 and up, and its pixels; units without pixels do not count

    From MIN_UNITS to the number of units; that number itself, 0 or 1, where fewer hold pixels.
    """
    by_unit = np.bincount(unit, px)
    held = by_unit[by_unit > 0]
    if len(held) < MIN_UNITS:
        return float(len(held))
    return max(float(held.sum() ** 2 / (held**2).sum()), float(MIN_UNITS))


def expanded_confidence(confidence: float, units: float) -> float:
    """The share of the resamples of `units` >= 2 units that an interval must hold to have `confidence`, in (0, 1).

    As many deviations to each side as Student's t with units - 1 degrees of freedom asks for (Cornish-Fisher
    expansion: within 1 % of t from 5 units on), times sqrt(n / (n - 1)). 0.95 becomes 0.963 for 30 units.
    """
    normal, freedom = NormalDist(), units - 1
    z = normal.inv_cdf((1.0 + confidence) / 2.0)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return 2.0 * normal.cdf(t * math.sqrt(units / freedom)) - 1.0


def _widening(drawn: Floats, of_classes: Floats, units: NDArray[np.int64], effective: Floats) -> float:
    """How many times as far as drawn (R,) a mean over classes is spread; 1 where nothing can be said."""
    with np.errstate(invalid="ignore"):
        known = ~np.isnan(of_classes)
        counted = known.sum(axis=0)
        centre = np.where(known, of_classes, 0.0).sum(axis=0) / np.maximum(counted, 1)
        variance = np.where(known, (of_classes - centre) ** 2, 0.0).sum(axis=0) / np.maximum(counted, 1)
    total = float(np.var(drawn[~np.isnan(drawn)])) if not np.isnan(drawn).all() else 0.0
    there = (counted > 0) & (units > 0)
    if not total > 0 or not there.any():
        return 1.0
    n = np.maximum(units, 1)
    own = variance * effective / np.maximum(effective - 1, 1)
    lenders = there & (units >= BORROWING)
    lent = float(np.mean(own[lenders] * n[lenders])) if lenders.any() else 0.0
    rare = units < BORROWING
    spread = np.where(rare, np.maximum(own, lent / n), own) * there
    freedom = np.maximum(np.where(rare & (lent > 0), BORROWING, effective) - 1, 1)
    added = float((spread - variance * there).sum()) / int(there.sum()) ** 2
    degrees = float(spread.sum() ** 2 / np.maximum((spread**2 / freedom).sum(), np.finfo(float).tiny))
    return math.sqrt(1.0 + added / total) * _t_over_normal(max(degrees, 1.0))


def _t_over_normal(freedom: float) -> float:
    """Deviations that Student's t asks for at 95 %, over those of a normal variable (Cornish-Fisher expansion)."""
    z = NormalDist().inv_cdf(0.975)
    t = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return t / z


def percentile_interval(values: Floats, confidence: float | Floats) -> tuple[Floats, Floats]:
    """The central `confidence` of values (R, ...) along the first axis, linear between order statistics; one for all,
    or one for each of (...).

    NaN are left out; the interval is NaN where more than UNDEFINED of the values are.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=0)  # NaN last
    defined = np.count_nonzero(~np.isnan(ordered), axis=0)
    tail = (1.0 - confidence) / 2.0
    too_few = defined < max(1.0, (1.0 - UNDEFINED) * len(ordered))
    low, high = (np.where(too_few, np.nan, _quantile(ordered, defined, q)) for q in (tail, 1.0 - tail))
    return low, high


def _quantile(ordered: Floats, defined: NDArray[np.int64], q: float | Floats) -> Floats:
    position = q * np.maximum(defined - 1, 0)
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(defined - 1, 0))
    lower, upper = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (below, above))
    return lower + (upper - lower) * (position - below)


def resample(tally: Tally, names: tuple[str, ...] = RESAMPLED) -> Resamples:
    """The bootstrap of a tally, of some of its columns; nothing is drawn until a number is asked for."""
    return Resamples(tally, names)


def headline_intervals(resamples: Resamples) -> dict[str, Interval]:
    """Name -> (low, high) of every headline number, mean_image_iou among them; NaN where there is none to give."""
    foreground, columns = _foreground(resamples.tally), resamples.columns
    values = headlines(columns, foreground) | {"mean_image_iou": _mean_image_iou(resamples)}
    exact = headlines(resamples.tally.total, foreground)
    for name, metric in MEANS.items():
        values[name] = resamples.widened(float(exact[name]), values[name], METRICS[metric].compute(columns))
    bounds = {name: _within(resamples.interval(value)) for name, value in values.items()}
    return {name: (float(low), float(high)) for name, (low, high) in bounds.items()}


def _within(bounds: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """An interval of a fraction."""
    return np.clip(bounds[0], 0.0, 1.0), np.clip(bounds[1], 0.0, 1.0)


def class_intervals(resamples: Resamples) -> dict[str, tuple[Floats, Floats]]:
    """Name -> (low (K,), high (K,)) of each of METRICS, of object_recall_small, _medium and _large, and of the share of
    the union that each cause of loss has (loss_missed_objects, …)."""
    columns = resamples.columns
    values = {name: metric.compute(columns) for name, metric in METRICS.items()}
    for size in SIZES:
        values[f"object_recall_{size}"] = ratio(columns[f"objects_{size}_recalled"], columns[f"objects_{size}"])
    values |= {f"loss_{cause}": share for cause, share in loss_shares(columns).items()}
    return {name: resamples.class_interval(value) for name, value in values.items()}


def _foreground(tally: Tally) -> NDArray[np.bool_]:
    foreground = np.ones(len(tally.categories), np.bool_)
    foreground[list(tally.categories.background)] = False
    return foreground


def _mean_image_iou(resamples: Resamples) -> Floats:
    """(R,) the mean over drawn images of each image's mean IoU, images without one left out."""
    per_image = resamples.tally.image("mean_iou")
    defined = np.flatnonzero(~np.isnan(per_image))
    fixed = np.rint(per_image[defined] * FIXED_POINT)
    total, images = resamples.weigh(defined, np.zeros_like(defined), [fixed, np.ones(len(defined))], 1)
    return ratio(total[:, 0], images[:, 0] * FIXED_POINT)
