"""Whether the model is as sure as it is right: the reliability diagram and the calibration error of each class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts_reliability import ReliabilityBin, reliability_chart
from reports.formats import count, percent, px, tenths
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of

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
    numbers = {
        "ece": percent(record["ece"]), "confidence": percent(confidence), "accuracy": percent(accuracy),
        "images": count(record.get("images")), "of": count(record.get("of")), "px": px(n), "bins": count(len(bins)),
    }  # fmt: skip
    words = WORDS.calibration
    lean = words.even if abs(confidence - accuracy) < _EVEN else words.over
    lean = words.under if accuracy - confidence >= _EVEN else lean
    return Calibration(
        said=tuple(text.format(**numbers) for text in (words.error, lean, words.of)),
        chart=reliability_chart(bins, words.spoken.format(**numbers)),
        rule=words.rule.format(**numbers),
        classes=tuple(CalibrationRow(named[c["id"]], tenths(c["ece"]), count(c.get("n"))) for c in held[:MOST_ROWS]),
        shown=shown_of(len(held)),
    )
