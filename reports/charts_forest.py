"""One row of a forest plot: a difference and its interval about a line at zero, as wide as its cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from reports.formats import signed_points
from reports.language import WORDS
from reports.svg import bar, el, number

__all__ = ["forest_axis", "forest_row", "reach_of"]

_NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_EDGE = 0.04  # room at both ends, for the words of the axis
_SHAPES = {  # told apart without colour
    "better": "M0 -6l6 10h-12z",
    "worse": "M0 6l6 -10h-12z",
    "none": "M-4 -4h8v8h-8z",
}


def reach_of(values: Sequence[float | None]) -> float:
    """The end of a common axis, a round number, that every value lies within."""
    most = max((abs(value) for value in values if value is not None), default=0.0)
    return next((reach for reach in _NICE if most <= reach), 1.0)


def forest_row(
    delta: float | None, interval: tuple[float, float] | None, reach: float, verdict: str, label: str
) -> Markup:
    """`verdict`: better, worse, or anything else for neither."""
    zero = _at(0, reach)
    parts = [el("line", x1=zero, x2=zero, y1="0", y2="100%", class_="zero")]
    if interval is not None:
        low, high = (_at(bound, reach) for bound in interval)
        parts.append(el("line", x1=low, x2=high, y1="50%", y2="50%", class_="whisker"))
        parts += [el("line", x1=end, x2=end, y1="30%", y2="70%", class_="whisker") for end in (low, high)]
    if delta is not None:
        parts.append(_mark(_at(delta, reach), verdict if verdict in _SHAPES else "none"))
    return bar(*parts, label=label, class_="bar forest")


def forest_axis(reach: float) -> Markup:
    """The words under the rows."""
    ticks = (-reach, -reach / 2, 0.0, reach / 2, reach)
    words = [
        el("text", signed_points(tick), x=_at(tick, reach), y="70%", class_="axis", text_anchor="middle")
        for tick in ticks
    ]
    label = WORDS.compare.axis.format(low=signed_points(-reach), high=signed_points(reach))
    return bar(*words, label=label, class_="bar forest")


def _mark(x: str, kind: str) -> Markup:
    """A nested drawing moves to a place in per cent, which a path alone can not."""
    return el("svg", el("path", d=_SHAPES[kind], class_=f"delta {kind}"), x=x, y="50%", overflow="visible")


def _at(value: float, reach: float) -> str:
    share = 0.5 + min(max(value / reach, -1.0), 1.0) / 2
    return f"{number(100 * (_EDGE + (1 - 2 * _EDGE) * share))}%"
