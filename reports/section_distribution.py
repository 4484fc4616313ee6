"""How often each class is true and how often it is predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import axis_of_shares, dumbbell
from reports.formats import percent, ratio, ratio_interval
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of

__all__ = ["Distribution", "DistributionRow", "distribution_of"]


@dataclass(frozen=True)
class DistributionRow:
    """One class: its share of the valid pixels on both sides."""

    name: ClassName
    truth: str
    prediction: str
    ratio: str
    interval: str
    bar: Markup


@dataclass(frozen=True)
class Distribution:
    """The section, most frequent class first."""

    rows: tuple[DistributionRow, ...]
    axis: Markup
    shown: str


def distribution_of(document: Mapping[str, Any]) -> Distribution:
    classes = sorted(document.get("classes") or [], key=lambda c: -(c.get("gt_px") or 0))
    total = sum(record.get("gt_px") or 0 for record in classes)
    rows = tuple(_row(record, total) for record in classes[:MOST_ROWS]) if total else ()
    return Distribution(rows, axis_of_shares(), shown_of(len(classes), WORDS.lists.most_frequent_first))


def _row(record: Mapping[str, Any], total: int) -> DistributionRow:
    truth, prediction = (record.get("gt_px") or 0) / total, (record.get("pred_px") or 0) / total
    label = WORDS.distribution.spoken.format(
        name=record.get("name"), truth=percent(truth), prediction=percent(prediction)
    )
    value = record.get("prediction_ratio")
    bounds = (record.get("intervals") or {}).get("prediction_ratio")
    return DistributionRow(
        name=class_name(record),
        truth=percent(truth),
        prediction=percent(prediction),
        ratio=WORDS.classes.never_true if value is None else ratio(value),
        interval=ratio_interval(bounds),
        bar=dumbbell(truth, prediction, label),
    )
