"""Whether the model is as sure as it is right: the reliability diagram and the calibration error of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts_reliability import ReliabilityBin, reliability_chart
from reports.formats import count, percent, px, tenths
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of
from reports.words_sections import (
    CALIBRATION_ECE,
    CALIBRATION_EVEN,
    CALIBRATION_OF,
    CALIBRATION_OVER,
    CALIBRATION_RULE,
    CALIBRATION_SPOKEN,
    CALIBRATION_UNDER,
)

__all__ = ["Calibration", "CalibrationRow", "calibration_of"]

_EVEN = 0.005  # a difference of means that is no lean to either side


@dataclass(frozen=True)
class CalibrationRow:
    """One class, of the pixels that are predicted as it."""

    name: ClassName
    ece: str
    n: str


@dataclass(frozen=True)
class Calibration:
    """The section; `classes` by calibration error, largest first."""

    said: tuple[str, ...]
    chart: Markup
    rule: str
    classes: tuple[CalibrationRow, ...]
    shown: str


def calibration_of(document: Mapping[str, Any]) -> Calibration | None:
    """None where no probabilities were given, or none belong to a scored pixel."""
    record = document.get("calibration") or {}
    if record.get("ece") is None:
        return None
    bins = [
        ReliabilityBin(held["low"], held["high"], held["n"], held.get("confidence"), held.get("accuracy"))
        for held in record["bins"]
    ]
    named = {c.get("id"): class_name(c) for c in document.get("classes") or []}
    held = [c for c in record.get("classes") or [] if c.get("ece") is not None and c.get("id") in named]
    held.sort(key=lambda c: -c["ece"])
    n = sum(each.n for each in bins)
    confidence = sum(each.n * (each.confidence or 0.0) for each in bins) / n
    accuracy = sum(each.n * (each.accuracy or 0.0) for each in bins) / n
    words = {
        "ece": percent(record["ece"]), "confidence": percent(confidence), "accuracy": percent(accuracy),
        "images": count(record.get("images")), "of": count(record.get("of")), "px": px(n), "bins": count(len(bins)),
    }  # fmt: skip
    lean = CALIBRATION_EVEN if abs(confidence - accuracy) < _EVEN else CALIBRATION_OVER
    lean = CALIBRATION_UNDER if accuracy - confidence >= _EVEN else lean
    return Calibration(
        said=tuple(text.format(**words) for text in (CALIBRATION_ECE, lean, CALIBRATION_OF)),
        chart=reliability_chart(bins, CALIBRATION_SPOKEN.format(**words)),
        rule=CALIBRATION_RULE.format(**words),
        classes=tuple(CalibrationRow(named[c["id"]], tenths(c["ece"]), count(c.get("n"))) for c in held[:MOST_ROWS]),
        shown=shown_of(len(held)),
    )
