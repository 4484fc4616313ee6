"""A reliability diagram: how often predictions of a confidence are right, and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.formats import percent, px
from reports.language import WORDS
from reports.svg import el, group

__all__ = ["ReliabilityBin", "reliability_chart"]

_WIDTH, _HEIGHT = 460, 492
_LEFT, _RIGHT, _TOP = 52, 14, 12
_SIDE = _WIDTH - _LEFT - _RIGHT  # of the square
_COUNTS = 56  # height of the histogram below it


@dataclass(frozen=True)
class ReliabilityBin:
    """Pixels whose confidence lies in [low, high), in the last bin up to 1; confidence and accuracy are their means,
    None without any."""

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


def reliability_chart(bins: Sequence[ReliabilityBin], label: str) -> Markup:
    """Accuracy over confidence with the diagonal of a calibrated model; the gap to it is striped."""
    drawn = [_bar(held) for held in bins if held.accuracy is not None]
    most = max((held.n for held in bins), default=0)
    counts = [_count(held, most) for held in bins if held.n]
    diagonal = el("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="mark")
    points = [
        el("circle", cx=_x(held.confidence), cy=_y(held.accuracy), r=3.5, class_="marker c0")
        for held in bins
        if held.confidence is not None and held.accuracy is not None
    ]
    return el(
        "svg", _axes(), *drawn, diagonal, *points, *counts,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart reliability", role="img", aria_label=label,
    )  # fmt: skip


def _x(value: float) -> float:
    return _LEFT + _SIDE * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)


def _bar(held: ReliabilityBin) -> Markup:
    """The accuracy as a bar, and what lies between it and the mean confidence as a striped gap."""
    accuracy, confidence = held.accuracy or 0.0, held.confidence or 0.0
    x, width = _x(held.low) + 1, _SIDE * (held.high - held.low) - 2
    words: str = WORDS.calibration.bin
    told = words.format(confidence=percent(held.confidence), accuracy=percent(held.accuracy), px=px(held.n))
    low, high = min(accuracy, confidence), max(accuracy, confidence)
    gap = el("rect", x=x, y=_y(high), width=width, height=_y(low) - _y(high), class_="gap")
    right = el("rect", x=x, y=_y(accuracy), width=width, height=_y(0) - _y(accuracy), class_="right")
    return el("g", el("title", told), right, gap)


def _count(held: ReliabilityBin, most: int) -> Markup:
    height = _COUNTS - 22
    top, share = _TOP + _SIDE + 24, height * held.n / most
    x, width = _x(held.low) + 1, _SIDE * (held.high - held.low) - 2
    return el("rect", el("title", px(held.n)), x=x, y=top + height - share, width=width, height=share, class_="fill")


def _axes() -> Markup:
    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(el("line", x1=_x(0), x2=_x(1), y1=_y(tick), y2=_y(tick), class_="grid"))
        parts.append(el("text", f"{100 * tick:g}", x=_LEFT - 8, y=_y(tick) + 4, class_="axis", text_anchor="end"))
        parts.append(
            el("text", f"{100 * tick:g}", x=_x(tick), y=_TOP + _SIDE + 17, class_="axis", text_anchor="middle")
        )
    middle = _TOP + _SIDE / 2
    title = {"class_": "axis title", "text_anchor": "middle"}
    parts.append(el("text", WORDS.calibration.axis_confidence, x=_x(0.5), y=_HEIGHT - 4, **title))
    parts.append(el("text", WORDS.calibration.axis_right, transform=f"translate(14 {middle:g}) rotate(-90)", **title))
    return group(parts)
