"""MEASURES: every number that a gate or a comparison can be about, exact and resampled, of all classes or of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.headlines import HEADLINES, MEANS
from inspector.intervals import Resamples, effective_units
from inspector.loss import loss_shares
from inspector.metrics import METRICS, Columns, ratio
from inspector.settings import SIZES

__all__ = ["ALIASES", "MEASURES", "Measure", "Measured", "foreground_of", "measured", "units_of"]

Floats = NDArray[np.float64]
PerClass = Callable[[Columns], Floats]  # (..., K) -> (..., K)
Overall = Callable[[Columns, NDArray[np.bool_]], Floats]  # (..., K), foreground (K,) -> (...)


@dataclass(frozen=True)
class Measure:
    """One number. `per_class` or `overall` is None where it has no such form; `sized` ones are asked for with a size.

    unit     "fraction", "ratio", "px" or "count"
    better   "high", "low", or "one" (1 is best)
    support  "gt_px": it rests on the images where the class is true; "any": on those where it is predicted, too
    mean_of  what `overall` is the mean of over classes; None where it is no such mean
    """

    title: str
    unit: str
    better: str
    per_class: PerClass | None = None
    overall: Overall | None = None
    sizes: Mapping[str, tuple[PerClass, Overall]] | None = None
    support: str = "gt_px"
    mean_of: PerClass | None = None

    def of_class(self, size: str | None) -> PerClass | None:
        return self.sizes[size][0] if self.sizes and size else self.per_class

    def of_all(self, size: str | None) -> Overall | None:
        return self.sizes[size][1] if self.sizes and size else self.overall


@dataclass(frozen=True)
class Measured:
    """A number of one data set: exact, and in each of R resamples (NaN where undefined); `of_classes` (R, K) where it
    is a mean over classes."""

    value: float
    drawn: Floats
    of_classes: Floats | None = None

    def spread(self, resamples: Resamples) -> Floats:
        """(R,) `drawn`, as far apart as the number is uncertain: see `Resamples.widened`."""
        if self.of_classes is None:
            return self.drawn
        return resamples.widened(self.value, self.drawn, self.of_classes)

    def minus(self, other: Measured) -> Measured:
        """The difference of two numbers by the same draws."""
        both = self.of_classes is not None and other.of_classes is not None
        of_classes = self.of_classes - other.of_classes if both else None  # type: ignore[operator]
        return Measured(self.value - other.value, self.drawn - other.drawn, of_classes)


def measured(resamples: Resamples, measure: Measure, class_index: int | None, size: str | None = None) -> Measured:
    """The number of a class, or of all where `class_index` is None. Raises ValueError where it has no such form."""
    tally = resamples.tally
    if class_index is None:
        overall = measure.of_all(size)
        if overall is None:
            raise ValueError(f"{measure.title} is a number of a class")
        foreground = foreground_of(resamples)
        of_classes = None if size or measure.mean_of is None else measure.mean_of(resamples.columns)
        drawn = np.asarray(overall(resamples.columns, foreground))
        return Measured(float(overall(tally.total, foreground)), drawn, of_classes)
    per_class = measure.of_class(size)
    if per_class is None:
        raise ValueError(f"{measure.title} is a number of all classes")
    return Measured(float(per_class(tally.total)[class_index]), per_class(resamples.columns)[:, class_index])


def foreground_of(resamples: Resamples) -> NDArray[np.bool_]:
    """(K,) True for the classes that are not background."""
    foreground = np.ones(len(resamples.tally.categories), np.bool_)
    foreground[list(resamples.tally.categories.background)] = False
    return foreground


def units_of(resamples: Resamples, measure: Measure, class_index: int | None) -> tuple[int, float]:
    """(images, effective resampling units) that a number rests on: all of them, or those that hold the class, true or
    (support "any") predicted as well."""
    tally = resamples.tally
    if class_index is None:
        return tally.n_images, float(resamples.units)
    held = tally.row("class_index") == class_index
    px = tally.row("gt_px")[held]
    if measure.support == "any":
        px = px + tally.row("pred_px")[held]
    images = tally.row("image_index")[held][px > 0]
    return len(images), effective_units(tally.group_index[images], px[px > 0])


# ---------------------------------------------------------------------- what there is


def _share(name: str) -> PerClass:
    return lambda columns: loss_shares(columns)[name]


def _column(name: str) -> PerClass:
    return lambda columns: np.asarray(columns[name], np.float64)


def _recall(size: str | None) -> tuple[PerClass, Overall]:
    def summed(columns: Columns, part: str) -> NDArray[Any]:
        return sum(columns[f"objects_{each}{part}"] for each in ([size] if size else SIZES))  # type: ignore[return-value]

    def per_class(columns: Columns) -> Floats:
        return ratio(summed(columns, "_recalled"), summed(columns, ""))

    def overall(columns: Columns, foreground: NDArray[np.bool_]) -> Floats:
        recalled, counted = (summed(columns, part) * foreground for part in ("_recalled", ""))
        return ratio(recalled.sum(axis=-1), counted.sum(axis=-1))

    return per_class, overall


def _missed(size: str | None) -> tuple[PerClass, Overall]:
    def per_class(columns: Columns) -> Floats:
        sizes = [size] if size else SIZES
        return np.asarray(
            sum(columns[f"objects_{each}"] - columns[f"objects_{each}_recalled"] for each in sizes), float
        )

    return per_class, lambda columns, foreground: (per_class(columns) * foreground).sum(axis=-1)


def _summed(per_class: PerClass) -> Overall:
    return lambda columns, foreground: (per_class(columns) * foreground).sum(axis=-1)


def _class_metrics() -> dict[str, Measure]:
    means = {metric: headline for headline, metric in MEANS.items()}
    found = {}
    for name, metric in METRICS.items():
        overall = HEADLINES.get(means.get(name, ""))
        support = "gt_px" if metric.better == "high" and name != "precision" else "any"
        found[name] = Measure(
            metric.title, metric.unit, metric.better, metric.compute, overall, support=support,
            mean_of=metric.compute if overall else None,
        )  # fmt: skip
    return found


def _headlines() -> dict[str, Measure]:
    titles = {
        "miou": "mean IoU", "pixel_accuracy": "pixel accuracy", "mean_accuracy": "mean accuracy",
        "mean_dice": "mean Dice", "frequency_weighted_iou": "frequency-weighted IoU",
        "small_object_recall": "small objects found",
    }  # fmt: skip
    return {
        name: Measure(
            title, "fraction", "high", overall=HEADLINES[name],
            mean_of=METRICS[MEANS[name]].compute if name in MEANS else None,
        )
        for name, title in titles.items()
    }  # fmt: skip


#: name -> number. The names of HEADLINES are numbers of all classes, those of METRICS of one class (or their mean).
MEASURES: dict[str, Measure] = {
    **_headlines(),
    **_class_metrics(),
    **{
        f"loss_{cause}": Measure(f"loss by {cause.replace('_', ' ')}", "fraction", "low", _share(cause), support="any")
        for cause in ("missed_objects", "false_regions", "boundary", "partial_coverage")
    },
    "object_recall": Measure(
        "objects found", "fraction", "high", *_recall(None), sizes={size: _recall(size) for size in SIZES}
    ),
    "missed_objects": Measure(
        "missed objects", "count", "low", *_missed(None), sizes={size: _missed(size) for size in SIZES}
    ),
    "false_region_px": Measure(
        "pixels of false regions",
        "px",
        "low",
        _column("fp_segment_px"),
        _summed(_column("fp_segment_px")),
        support="any",
    ),
}

#: What people also call them.
ALIASES: dict[str, str] = {
    "mean_iou": "miou", "accuracy": "pixel_accuracy", "area_ratio": "prediction_ratio", "jaccard": "iou", "f1": "dice",
    "sensitivity": "recall", "boundary_f": "boundary_f1", "biou": "boundary_iou",
}  # fmt: skip
