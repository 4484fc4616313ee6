"""A number over runs, as small as a word: a line, a dot at the last run, a cross where gates failed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from reports.svg import el, number

__all__ = ["sparkline"]

_WIDTH, _HEIGHT, _EDGE = 180, 40, 6
Place = tuple[float, float]
_LEAST_SPAN = 0.02  # of the value axis: noise is not to look like a trend


def sparkline(values: Sequence[float | None], failed: Sequence[bool], label: str) -> Markup:
    """Values in [0, 1], oldest first; undefined ones are gaps. `failed` marks runs, one for each value."""
    known = [value for value in values if value is not None]
    if not known:
        return Markup("")
    middle, span = (min(known) + max(known)) / 2, max(max(known) - min(known), _LEAST_SPAN)

    def place(at: int, value: float) -> Place:
        across = at / (len(values) - 1) if len(values) > 1 else 1.0
        up = 0.5 - (value - middle) / span
        return _EDGE + across * (_WIDTH - 2 * _EDGE), _EDGE + up * (_HEIGHT - 2 * _EDGE)

    points = [(place(at, value), failed[at]) for at, value in enumerate(values) if value is not None]
    lines = [
        el("polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in part), class_="loud c0")
        for part in _unbroken(values, place)
    ]
    crosses = [
        el("path", d="M-4 -4l8 8M-4 4l8 -8", transform=_to(x, y), class_="failed") for (x, y), bad in points if bad
    ]
    (x, y), _ = points[-1]
    return el(
        "svg", *lines, el("circle", cx=x, cy=y, r=3.2, class_="marker c0"), *crosses,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}", class_="chart sparkline", role="img", aria_label=label,
    )  # fmt: skip


def _unbroken(values: Sequence[float | None], place: Callable[[int, float], Place]) -> list[list[Place]]:
    """The stretches of defined values, as places."""
    parts: list[list[Place]] = [[]]
    for at, value in enumerate(values):
        if value is None:
            parts.append([])
        else:
            parts[-1].append(place(at, value))
    return [part for part in parts if len(part) > 1]


def _to(x: float, y: float) -> str:
    return f"translate({number(x)} {number(y)})"
