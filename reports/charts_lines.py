"""A line chart of curves in [0, 1]: the weakest classes named, the others in the background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from reports.formats import tenths
from reports.language import WORDS
from reports.svg import el, group, number

__all__ = ["Curve", "line_chart"]

_WIDTH, _HEIGHT = 520, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 132, 12, 44
_LABEL_GAP = 15  # px between names at the right
_MARKERS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True)
class Curve:
    """One line; `rank` is its place among the named ones, -1 for the others."""

    name: str
    xs: tuple[float, ...]
    ys: tuple[float | None, ...]
    rank: int = -1


def line_chart(curves: Sequence[Curve], x_title: str, y_title: str) -> Markup:
    """Curves over a common x axis of multiples, from 0; the setting in use, 1, is drawn as a dashed line."""
    xs = sorted({x for curve in curves for x in curve.xs})
    if not xs:
        return Markup("")
    plot = _Plot(max(xs))
    named = sorted((curve for curve in curves if curve.rank >= 0), key=lambda curve: curve.rank)
    quiet = [plot.line(curve, "quiet") for curve in curves if curve.rank < 0]
    loud = [plot.line(curve, f"loud c{curve.rank}") + plot.markers(curve) for curve in named]
    label = WORDS.curves.spoken.format(y=y_title, x=x_title, curves="; ".join(map(_spoken, named)))
    return el(
        "svg", plot.axes(xs, x_title, y_title), plot.in_use(), *quiet, *loud, plot.names(named),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart lines", role="img", aria_label=label,
    )  # fmt: skip


@dataclass(frozen=True)
class _Plot:
    x_max: float

    def x(self, value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self.x_max

    def y(self, value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value)

    def points(self, curve: Curve) -> list[tuple[float, float]]:
        return [(self.x(x), self.y(y)) for x, y in zip(curve.xs, curve.ys, strict=False) if y is not None]

    def line(self, curve: Curve, class_: str) -> Markup:
        places = " ".join(f"{number(x)},{number(y)}" for x, y in self.points(curve))
        return el("polyline", el("title", curve.name), points=places, class_=class_)

    def in_use(self) -> Markup:
        return el("line", x1=self.x(1), x2=self.x(1), y1=_TOP, y2=_HEIGHT - _BOTTOM, class_="mark")

    def markers(self, curve: Curve) -> Markup:
        return group(_marker(x, y, curve.rank) for x, y in self.points(curve))

    def axes(self, xs: Sequence[float], x_title: str, y_title: str) -> Markup:
        low, high = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        across, up = (_LEFT + high) / 2, (_TOP + low) / 2
        parts = []
        for tick in (0, 0.25, 0.5, 0.75, 1):
            y = self.y(tick)
            parts.append(el("line", x1=_LEFT, x2=high, y1=y, y2=y, class_="grid"))
            parts.append(el("text", f"{100 * tick:g}", x=_LEFT - 8, y=y + 4, class_="axis", text_anchor="end"))
        for tick in _spread(xs, self.x_max):
            parts.append(el("text", f"{tick:g}", x=self.x(tick), y=low + 17, class_="axis", text_anchor="middle"))
        title = {"class_": "axis title", "text_anchor": "middle"}
        parts.append(el("text", x_title, x=across, y=_HEIGHT - 6, **title))
        percent = WORDS.curves.axis_percent.format(title=y_title)
        parts.append(el("text", percent, transform=f"translate(12 {number(up)}) rotate(-90)", **title))
        return group(parts)

    def names(self, curves: Sequence[Curve]) -> Markup:
        """Names at the ends of their lines, moved apart where they would touch."""
        drawn = ((points[-1][1], curve) for curve in curves if (points := self.points(curve)))
        ends = sorted(drawn, key=lambda end: (end[0], end[1].rank))
        placed: list[float] = []
        for y, _ in ends:
            placed.append(max(y, placed[-1] + _LABEL_GAP) if placed else y)
        over = max(placed[-1] - (_HEIGHT - _BOTTOM), 0) if placed else 0
        return group(
            el("text", _short(curve.name), x=_WIDTH - _RIGHT + 10, y=y - over + 4, class_=f"name c{curve.rank}")
            for y, (_, curve) in zip(placed, ends, strict=True)
        )


def _spread(ticks: Sequence[float], x_max: float) -> list[float]:
    """The ticks that have room for their words, the last one always."""
    kept: list[float] = []
    for tick in reversed(ticks):
        if not kept or kept[-1] - tick >= 0.1 * x_max:
            kept.append(tick)
    return kept[::-1]


def _marker(x: float, y: float, rank: int) -> Markup:
    kind, class_ = _MARKERS[rank % len(_MARKERS)], f"marker c{rank}"
    if kind == "circle":
        return el("circle", cx=x, cy=y, r=3.2, class_=class_)
    shapes = {"square": "M-3 -3h6v6h-6z", "diamond": "M0 -4l4 4l-4 4l-4 -4z", "triangle": "M0 -4l4 7h-8z"}
    return el("path", d=shapes[kind], transform=f"translate({number(x)} {number(y)})", class_=class_)


def _spoken(curve: Curve) -> str:
    known = [y for y in curve.ys if y is not None]
    if not known:
        return str(WORDS.curves.curve_undefined.format(name=curve.name))
    return str(WORDS.curves.curve.format(name=curve.name, first=tenths(known[0]), last=tenths(known[-1])))


def _short(name: str) -> str:
    return name if len(name) <= 17 else name[:16] + "…"
