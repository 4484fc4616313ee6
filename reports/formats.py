"""Numbers as people read them; what is shown never contradicts the exact value."""

from __future__ import annotations

import re

from reports.language import WORDS, Words

__all__ = [
    "UNDEFINED",
    "count",
    "from_to",
    "interval",
    "length",
    "measure",
    "of_diagonal",
    "percent",
    "plain",
    "plural",
    "points",
    "probability",
    "px",
    "ratio",
    "ratio_interval",
    "signed_points",
    "tenths",
    "unbroken",
    "whole_percent",
]

UNDEFINED: str = WORDS.common.undefined
_THIN = "\u202f"  # narrow no-break space: a number keeps its unit
_MINUS = "\u2212"


def tenths(fraction: float | None) -> str:
    """A fraction as a percentage with one decimal and without its sign: "67.2".

    Never "100" unless it is exactly 1, never "0" unless it is exactly 0: ">99.9", "<0.1".
    """
    if fraction is None:
        return UNDEFINED
    if fraction in (0, 1):
        return str(round(100 * fraction))
    text = f"{100 * fraction:.1f}"
    if text == "0.0":
        return "<0.1"
    return ">99.9" if text == "100.0" and fraction < 1 else text


def whole_percent(fraction: float) -> str:
    """A fraction as a whole percentage without its sign, for narrow places: "67", "<1", ">99"."""
    rounded = round(100 * fraction)
    if rounded == 0 and fraction > 0:
        return "<1"
    return ">99" if rounded == 100 and fraction < 1 else str(rounded)


def percent(fraction: float | None) -> str:
    """ "67.2 %"."""
    return UNDEFINED if fraction is None else f"{tenths(fraction)}{_THIN}%"


def points(gain: float | None) -> str:
    """A part of a percentage: "3.2 points"."""
    text = tenths(gain)
    said: Words = WORDS.counted.points
    return text if gain is None else (said.one if text in ("1", "1.0") else said.many).format(n=text)


def signed_points(difference: float | None) -> str:
    """A difference of two fractions, with its sign: "−3.2"."""
    if difference is None:
        return UNDEFINED
    if difference == 0:
        return "0"
    text = tenths(abs(difference))
    sign = "+" if difference > 0 else _MINUS
    return f"{text[0]}{sign}{text[1:]}" if text[0] in "<>" else f"{sign}{text}"


def ratio(value: float | None) -> str:
    """A ratio around 1: "0.63 ×". "1" and "0" only where it is exactly so."""
    return UNDEFINED if value is None else f"{_ratio_number(value)}{_THIN}×"


def _ratio_number(value: float) -> str:
    if value in (0, 1):
        return f"{value:.0f}"
    if value < 0.005:
        return "<0.01"
    if value >= 100:
        return count(value)
    for digits in (2, 3, 4):  # as many as it takes to differ from 1
        text = f"{value:.{digits}f}"
        if float(text) != 1:
            return text
    return ">1" if value > 1 else "<1"


def ratio_interval(bounds: list[float | None] | None) -> str:
    """Two ratios as a range: "0.63–0.71 ×"; empty without an interval."""
    if not bounds or bounds[0] is None or bounds[1] is None:
        return ""
    return f"{_ratio_number(bounds[0])}–{ratio(bounds[1])}"


def count(value: float | None) -> str:
    """A whole number with separators: "1,234,567"."""
    return UNDEFINED if value is None else f"{round(value):,}".replace("-", _MINUS)


def px(value: float | None) -> str:
    """ "1,234 px"."""
    return UNDEFINED if value is None else f"{count(value)}{_THIN}px"


def length(value: float | None, unit: str = "px") -> str:
    """A distance: "3.4 px"; without a unit where a heading says it."""
    if value is None:
        return UNDEFINED
    text = f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"
    if text == "0.0":
        text = "0" if value == 0 else "<0.1"
    return (f"{text}{_THIN}{unit}" if unit else text).replace("-", _MINUS)


def of_diagonal(fraction: float) -> str:
    """A length that grows with the image: "0.75 % of the image diagonal"."""
    return str(WORDS.common.of_diagonal).format(percent=f"{100 * fraction:g}")


def interval(bounds: tuple[float | None, float | None] | list[float | None] | None) -> str:
    """Two fractions as a range of percentages: "64.1–70.0"; empty without an interval."""
    if not bounds or bounds[0] is None or bounds[1] is None:
        return ""
    low, high = (signed_points(bound) if bound < 0 else tenths(bound) for bound in bounds)  # type: ignore[operator]
    return from_to(low, high) if _MINUS in low else f"{low}–{high}"


def from_to(low: str, high: str) -> str:
    """A range in words, for numbers with a sign: "−3.2 to +1.0"."""
    return str(WORDS.common.range).format(low=low, high=high)


def probability(p: float | None) -> str:
    """A p value: "0.042", "<0.001"."""
    if p is None:
        return UNDEFINED
    return "<0.001" if 0 < p < 0.001 else f"{p:.3f}".rstrip("0").rstrip(".")


def unbroken(text: str) -> str:
    """A sentence in which no number is parted from its per cent sign at the end of a line."""
    return re.sub(r"(?<=\d) %", f"{_THIN}%", text)


def plural(n: float, words: Words, **filled: str) -> str:
    """ "1 image", "3 images": `words` are `one`, said of 1, and `many`; they hold {n}, and what else is `filled`."""
    text: str = words.one if n == 1 else words.many
    return text.format(n=count(n), **filled)


def plain(value: float) -> str:
    """A number of unknown unit: four digits that matter."""
    if value == int(value) and abs(value) < 1e15:
        return count(value)
    return f"{value:.4g}".replace("-", _MINUS)


def measure(key: str, value: float | None) -> str:
    """A number by the unit that its key ends in: _px, _mm, _fraction, _ratio, _count; else plain."""
    if value is None:
        return UNDEFINED
    if key.endswith("_fraction"):
        return percent(value) if value >= 0 else f"{signed_points(value)}{_THIN}%"
    if key.endswith(("_px", "_mm")):
        return px(value) if value == int(value) and key.endswith("_px") else length(value, key[-2:])
    if key.endswith("_ratio"):
        return ratio(value) if value >= 0 else plain(value)
    return plain(value)
