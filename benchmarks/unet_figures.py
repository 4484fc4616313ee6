"""Figures of the experiments: lines over the steps of a training, the mean of the seeds with their least and most."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from unet.training.plot import DARK, LIGHT, Axis, Points, add, canvas, line, linear_axis, number, step_axis, text

__all__ = ["Panel", "Series", "panels_svg"]

WIDTH, HEIGHT = 960, 400
TOP, BOTTOM = 84, 336  # px, of all panels
PLACES = {1: ((64, 800),), 2: ((64, 346), (534, 816))}  # px: from and to; names of the lines stand right of them
LINE_PX = 17  # between two names


@dataclass(frozen=True)
class Series:
    """One line: the runs of all seeds, each with the same steps."""

    name: str
    color: str
    runs: Sequence[Points]

    def mean(self) -> Points:
        return [(step, statistics.fmean(values)) for step, values in self._columns()]

    def outline(self) -> Points:
        """Along the most of all runs, and back along the least."""
        there = [(step, max(values)) for step, values in self._columns()]
        return there + [(step, min(values)) for step, values in reversed(self._columns())]

    def _columns(self) -> list[tuple[float, list[float]]]:
        return [(points[0][0], [value for _, value in points]) for points in zip(*self.runs, strict=True)]


@dataclass(frozen=True)
class Panel:
    """`top`: the end of the vertical axis, or None for what the values need."""

    title: str
    what: str
    series: Sequence[Series]
    top: float | None = None


def panels_svg(said: str, *panels: Panel) -> str:
    """One or two panels side by side; `said` is the picture in words."""
    svg = canvas(WIDTH, HEIGHT, said)
    ET.SubElement(svg, "style").text = _band_rules()
    for panel, place in zip(panels, PLACES[len(panels)], strict=True):
        _draw(svg, panel, place)
    return ET.tostring(svg, encoding="unicode") + "\n"


def _band_rules() -> str:
    """Colours of the bands; a style sheet of its own after that of the canvas."""
    light = [f"polygon.{name} {{ fill: {color}; }}" for name, color in LIGHT.items()]
    dark = [f"polygon.{name} {{ fill: {color}; }}" for name, color in DARK.items()]
    dark = ["@media (prefers-color-scheme: dark) {", *dark, "}"]
    return "\n".join(["", "polygon { stroke: none; opacity: .16; }", *light, *dark, ""])


def _draw(svg: ET.Element, panel: Panel, place: tuple[float, float]) -> None:
    drawn = [series for series in panel.series if series.runs]
    points = [point for series in drawn for point in series.outline()]
    x = step_axis(max((step for step, _ in points), default=1.0), *place)
    top = panel.top or max((value for _, value in points), default=1.0)
    y = linear_axis(0, top, BOTTOM, TOP)
    _frame(svg, panel, x, y)
    for series in drawn:
        outline = " ".join(f"{x.at(step):.1f},{y.at(value):.1f}" for step, value in series.outline())
        ET.SubElement(svg, "polygon", {"class": series.color, "points": outline})
    for series in drawn:
        line(svg, series.mean(), x, y, f"{series.color} bold")
    _name_ends(svg, drawn, x.end, y)


def _frame(svg: ET.Element, panel: Panel, x: Axis, y: Axis) -> None:
    """Title, grid and numbers."""
    text(svg, panel.title, x.start, 36, "ink title")
    text(svg, panel.what, x.start, 58, "soft")
    for tick in y.ticks:
        add(svg, "line", "many" if tick == y.low else "grid", x1=x.start, x2=x.end, y1=y.at(tick), y2=y.at(tick))
        text(svg, number(tick), x.start - 10, y.at(tick) + 4.5, "soft", anchor="end")
    for tick in x.ticks:
        text(svg, number(tick), x.at(tick), BOTTOM + 22, "soft", anchor="middle")
    text(svg, "step", (x.start + x.end) / 2, BOTTOM + 44, "soft", anchor="middle")


def _name_ends(svg: ET.Element, drawn: Sequence[Series], right: float, y: Axis) -> None:
    """The name and the last mean of each line, moved apart where they would touch."""
    ends = sorted(((series.mean()[-1][1], series) for series in drawn), key=lambda end: -end[0])
    places = [y.at(value) for value, _ in ends]
    for lower in range(1, len(places)):
        places[lower] = max(places[lower], places[lower - 1] + LINE_PX)
    for upper in range(len(places)):  # and none below the axis
        places[upper] = min(places[upper], BOTTOM - LINE_PX * (len(places) - 1 - upper))
    for (value, series), place in zip(ends, places, strict=True):
        text(svg, f"{value:.2f} {series.name}", right + 10, place + 4.5, f"{series.color} name")
