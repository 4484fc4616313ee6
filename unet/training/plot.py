"""Axes, lines and words of a picture in SVG that stands alone: no library, no script, no font to load.

Colours are classes of a style sheet, which follows the light or dark mode of whoever looks at it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

__all__ = ["Axis", "Points", "add", "canvas", "line", "linear_axis", "number", "step_axis", "text", "value_axis"]

LOGARITHMIC = 20  # ratio of the largest and the smallest value above which an axis is logarithmic
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
LIGHT = {
    "paper": "#ffffff", "ink": "#17191d", "soft": "#565d68", "grid": "#e6e7e4", "main": "#1b5fae", "many": "#b9bec7",
    "c0": "#a84a00", "c1": "#0f766e", "c2": "#7b3fa0", "c3": "#b0235f", "c4": "#5d6b00", "c5": "#4b5563",
}  # fmt: skip
DARK = {
    "paper": "#191c21", "ink": "#eceef1", "soft": "#a3abb8", "grid": "#2d323a", "main": "#7db4f5", "many": "#4a515c",
    "c0": "#f2a35a", "c1": "#5fd0c0", "c2": "#cba0dd", "c3": "#f58fb4", "c4": "#c2cf5b", "c5": "#a3abb8",
}  # fmt: skip
RULES = (
    "text { font-size: 13px; font-variant-numeric: tabular-nums; }",
    "text.title { font-size: 17px; font-weight: 600; }",
    "tspan { font-size: 13px; font-weight: 400; }",
    "text.name { font-weight: 500; }",
    "polyline { fill: none; stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }",
    "polyline.bold { stroke-width: 2.75; }",
    "polyline.faint { opacity: .35; }",
    "circle.ring { stroke-width: 2.5; }",
    "circle.dot { stroke-width: 4; }",
)

Points = list[tuple[float, float]]  # (step, value)


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high` on the pixels from `start` to `end`; `ticks` have a line and a number."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """px of a value; a value off the axis is drawn at its end."""
        ends, held = (self.low, self.high), min(self.high, max(self.low, value))
        low, high, place = map(math.log, (*ends, held)) if self.logarithmic else (*ends, held)
        return self.start + (self.end - self.start) * (place - low) / (high - low)


def step_axis(last: float, start: float, end: float) -> Axis:
    """From 0 to the last step, with about four whole numbers on the way."""
    unit = max(1.0, _round_unit(last / 4))
    return Axis(0, last, start, end, tuple(unit * n for n in range(int(last / unit + 1e-9) + 1)))


def value_axis(values: Sequence[float], start: float, end: float) -> Axis:
    """From 0 or below to above the values; logarithmic (12 decades at most) where all are positive and differ much."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low <= 0 or high / low <= LOGARITHMIC:
        return linear_axis(min(low, 0.0), max(high, 0.0), start, end)
    low = max(low, high * 1e-12)
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)  # a logarithm may be rounded
    each = (1, 2, 5) if high / low < 1e3 else (1,)
    ticks = [float(f"{n}e{exponent}") for exponent in exponents for n in each]
    first, final = max(t for t in ticks if t <= low), min(t for t in ticks if t >= high)
    ticks = [tick for tick in ticks if first <= tick <= final]
    return Axis(ticks[0], ticks[-1], start, end, tuple(ticks), logarithmic=True)


def linear_axis(low: float, high: float, start: float, end: float) -> Axis:
    """From a round number to a round number, about five of them; any two numbers, also the same one twice."""
    unit = _round_unit((high - low) / 5 if high - low > 1e-30 else 1.0)
    first, final = math.floor(low / unit + 1e-9), math.ceil(high / unit - 1e-9)
    ticks = [float(f"{unit * n:.12g}") for n in range(first, max(final, first + 1) + 1)]
    return Axis(ticks[0], ticks[-1], start, end, tuple(ticks))


def _round_unit(least: float) -> float:
    """The smallest of 1, 2, 5, 10, … times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * n for n in (1, 2, 5, 10) if power * n >= least * (1 - 1e-9))


def number(value: float) -> str:
    """Three digits, or all of a larger whole number, its thousands apart."""
    return f"{int(value):,}".replace(",", "\u202f") if value >= 1000 else f"{value:.3g}"


# ---- elements -------------------------------------------------------------------------------------------------------


def canvas(width: int, height: int, said: str) -> ET.Element:
    """An empty picture; `said` is what it tells those who cannot see it."""
    svg = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width} {height}", role="img")
    svg.set("aria-label", said)
    svg.set("font-family", FONTS)
    dark = ["@media (prefers-color-scheme: dark) {", *_colors(DARK), "}"]
    ET.SubElement(svg, "style").text = "\n".join(["", *RULES, *_colors(LIGHT), *dark, ""])
    add(svg, "rect", "paper", x=0, y=0, width=width, height=height, rx=14)
    return svg


def _colors(palette: Mapping[str, str]) -> list[str]:
    lines = [f".{name} {{ stroke: {color}; }} text.{name}, tspan.{name} {{ fill: {color}; stroke: none; }}"
             for name, color in palette.items()]  # fmt: skip
    return [*lines, f".paper, .ring {{ fill: {palette['paper']}; }}"]


def add(parent: ET.Element, tag: str, classes: str, **attributes: float) -> None:
    """An element with lengths in px."""
    ET.SubElement(parent, tag, {"class": classes, **{name: _px(value) for name, value in attributes.items()}})


def text(parent: ET.Element, words: str, x: float, y: float, classes: str, anchor: str = "start") -> ET.Element:
    """Words, the baseline of which is at y."""
    made = ET.SubElement(parent, "text", {"class": classes, "x": _px(x), "y": _px(y), "text-anchor": anchor})
    made.text = words
    return made


def line(parent: ET.Element, points: Points, x: Axis, y: Axis, classes: str) -> None:
    """A line through the points, of which there is at least one: one alone is a dot."""
    if len(points) == 1:
        add(parent, "circle", f"{classes} dot", cx=x.at(points[0][0]), cy=y.at(points[0][1]), r=1)
        return
    places = " ".join(f"{_px(x.at(step))},{_px(y.at(value))}" for step, value in points)
    ET.SubElement(parent, "polyline", {"class": classes, "points": places})


def _px(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
