"""A training as a picture: loss on the left, IoU of the validation images on the right, steps from left to right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from unet.training.plot import Axis, Points, add, canvas, line, number, step_axis, text, value_axis

__all__ = ["curve_svg"]

WIDTH, HEIGHT = 960, 400
TOP, BOTTOM = 84, 336  # px: of both panels
LEFT_PANEL, RIGHT_PANEL = (64, 412), (516, 800)  # px: from and to; names of the classes stand right of the second
COLORED = 6  # classes at most that have a colour each; more are grey, and the extremes are named
LINE_PX = 16  # between two names
LONGEST_NAME = 15

Rows = Sequence[Mapping[str, float]]
End = tuple[float, str, str]  # value, name and colour of the end of a line


def curve_svg(rows: Rows) -> str:
    """The SVG of a training log: rows as `read_log` gives them, in the order of their steps.

    Drawn are the columns step, loss, miou and "iou NAME" of each class. A loss that is not finite is a gap in its line;
    scores are there at evaluations only, and their points are joined. Without rows: a picture that says so.
    """
    svg = canvas(WIDTH, HEIGHT, _said(rows))
    last = max([1.0, *(row["step"] for row in rows)])
    _draw_loss(svg, rows, step_axis(last, *LEFT_PANEL))
    _draw_scores(svg, rows, step_axis(last, *RIGHT_PANEL))
    return ET.tostring(svg, encoding="unicode") + "\n"


def _said(rows: Rows) -> str:
    """The picture in words."""
    losses, scores = _points(rows, "loss"), _points(rows, "miou")
    if not losses:
        return "Training: nothing is logged yet"
    said = f"Training over {number(losses[-1][0])} steps: loss from {losses[0][1]:.3g} to {losses[-1][1]:.3g}"
    return f"{said}; best mean IoU {max(value for _, value in scores):.3f}" if scores else said


# ---- the two panels -------------------------------------------------------------------------------------------------


def _draw_loss(svg: ET.Element, rows: Rows, x: Axis) -> None:
    parts = _unbroken(rows, "loss")
    y = value_axis([value for part in parts for _, value in part], BOTTOM, TOP)
    _panel(svg, x, y, "Loss", "of the training images" + (", logarithmic" if y.logarithmic else ""))
    if not parts:
        _say(svg, x, "no loss is logged yet")
        return
    for part in parts:
        smooth = _smoothed(part)
        if smooth != part:
            line(svg, part, x, y, "main faint")
        line(svg, smooth, x, y, "main bold")
    step, value = smooth[-1]
    text(svg, f"{value:.3g}", x.at(step) + 8, y.at(value) + 4.5, "main name")


def _draw_scores(svg: ET.Element, rows: Rows, x: Axis) -> None:
    y = Axis(0, 1, BOTTOM, TOP, (0, 0.2, 0.4, 0.6, 0.8, 1))
    _panel(svg, x, y, "IoU", "of the validation images")
    mean = _points(rows, "miou")
    if not mean:
        _say(svg, x, "no evaluation is logged yet")
        return
    columns = dict.fromkeys(name for row in rows for name in row if name.startswith("iou "))
    classes = {name[4:]: points for name in columns if (points := _points(rows, name))}
    colored = len(classes) <= COLORED
    ends: list[End] = []
    for place, (name, points) in enumerate(classes.items()):
        color = f"c{place}" if colored else "many"
        line(svg, points, x, y, color)
        ends.append((points[-1][1], name, color))
    line(svg, mean, x, y, "main bold")
    _mark_best(svg, mean, x, y)
    _name_ends(svg, [(mean[-1][1], "mean", "main"), *(ends if colored else _extremes(ends))], x.end, y)


def _mark_best(svg: ET.Element, mean: Points, x: Axis, y: Axis) -> None:
    step, value = max(mean, key=lambda point: point[1])
    add(svg, "circle", "main ring", cx=x.at(step), cy=y.at(value), r=5)
    text(svg, f"best mean {value:.3f} at step {number(step)}", x.end, TOP - 16, "main name", anchor="end")


def _extremes(ends: list[End]) -> list[End]:
    """The best class and the three worst, of more than four."""
    ordered = sorted(ends)
    return [(value, name, "soft") for value, name, _ in [*ordered[:3], ordered[-1]]]


def _name_ends(svg: ET.Element, ends: list[End], right: float, y: Axis) -> None:
    """Value and name at the end of each line, moved apart where they would touch."""
    ordered = sorted(ends, reverse=True)
    places = [y.at(value) for value, _, _ in ordered]
    for lower in range(1, len(places)):
        places[lower] = max(places[lower], places[lower - 1] + LINE_PX)
    places[-1] = min(places[-1], BOTTOM)
    for upper in reversed(range(len(places) - 1)):
        places[upper] = min(places[upper], places[upper + 1] - LINE_PX)
    for (value, name, color), place in zip(ordered, places, strict=True):
        short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        text(svg, f"{value:.2f} {short}", right + 10, place + 4.5, f"{color} name")


def _panel(svg: ET.Element, x: Axis, y: Axis, title: str, what: str) -> None:
    """Title, grid and numbers."""
    heading = text(svg, f"{title} ", x.start, 40, "ink title")
    ET.SubElement(heading, "tspan", {"class": "soft", "dx": "4"}).text = what
    for tick in y.ticks:
        color = "many" if tick == y.low else "grid"
        add(svg, "line", color, x1=x.start, x2=x.end, y1=y.at(tick), y2=y.at(tick))
        text(svg, number(tick), x.start - 10, y.at(tick) + 4.5, "soft", anchor="end")
    for tick in x.ticks:
        text(svg, number(tick), x.at(tick), BOTTOM + 22, "soft", anchor="middle")
    text(svg, "step", (x.start + x.end) / 2, BOTTOM + 44, "soft", anchor="middle")


def _say(svg: ET.Element, x: Axis, words: str) -> None:
    text(svg, words, (x.start + x.end) / 2, (TOP + BOTTOM) / 2 - 20, "soft", anchor="middle")


# ---- points ---------------------------------------------------------------------------------------------------------


def _points(rows: Rows, column: str) -> Points:
    """What is finite in a column."""
    return [(row["step"], row[column]) for row in rows if math.isfinite(row.get(column, math.nan))]


def _unbroken(rows: Rows, column: str) -> list[Points]:
    """The runs of finite values in a column."""
    parts: list[Points] = [[]]
    for row in rows:
        if math.isfinite(row.get(column, math.nan)):
            parts[-1].append((row["step"], row[column]))
        else:
            parts.append([])
    return [part for part in parts if part]


def _smoothed(points: Points) -> Points:
    """Means over a twentieth of the points around each; a line of fewer than 40 as it is."""
    reach = len(points) // 40
    near = [points[max(0, n - reach) : n + reach + 1] for n in range(len(points))]
    return [(step, sum(v for _, v in some) / len(some)) for (step, _), some in zip(points, near, strict=True)]
