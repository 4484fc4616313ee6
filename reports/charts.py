"""Bars for one row of a table: as wide as their cell, positions in per cent, so that text around them stays text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from reports.language import WORDS
from reports.svg import bar, el, group, number

__all__ = ["axis_of_shares", "dumbbell", "interval_bar", "patterns", "share_bar", "stacked_bar"]

_LOWEST_EXPONENT = -5  # of the logarithmic axis of shares: 0.001 %


def interval_bar(value: float | None, bounds: Sequence[float | None] | None, label: str) -> Markup:
    """A value in [0, 1] as a bar, its interval as a whisker."""
    parts = [_rect(0, 1, "track")]
    if value is not None:
        parts.append(_rect(0, value, "fill"))
    if bounds and bounds[0] is not None and bounds[1] is not None:
        low, high = (min(max(bound, 0.0), 1.0) for bound in bounds if bound is not None)
        parts += [_line(low, high, "50%", "50%"), _line(low, low, "25%", "75%"), _line(high, high, "25%", "75%")]
    return bar(*parts, label=label)


def share_bar(value: float | None, label: str) -> Markup:
    """A share in [0, 1] as a thin bar."""
    filled = [] if value is None else [_rect(0, value, "fill")]
    return bar(_rect(0, 1, "track"), *filled, label=label, class_="bar thin")


def stacked_bar(parts: Sequence[tuple[str, float, str]], label: str) -> Markup:
    """(class, share, title) parts one after the other; the shares of a whole sum to 1."""
    drawn, start = [], 0.0
    for class_, share, title in parts:
        if share > 0:
            drawn.append(_rect(start, share, class_, el("title", title)))
            start += share
    return bar(*drawn, label=label, class_="bar stacked")


def dumbbell(truth: float | None, prediction: float | None, label: str) -> Markup:
    """Two shares on a logarithmic axis: a ring for the truth, a filled square for the prediction."""
    grid = [_line(place, place, "0", "100%", "grid") for place in _decades()]
    held = [_log_place(share) for share in (truth, prediction) if share]
    joint = [_line(min(held), max(held), "50%", "50%", "joint")] if len(held) == 2 else []
    ring = [el("circle", cx=_at(_log_place(truth)), cy="50%", r=5, class_="truth")] if truth else []
    square = (
        [el("rect", x=_at(_log_place(prediction)), y="50%", width=8, height=8, class_="prediction",
            transform="translate(-4 -4)")] if prediction else []
    )  # fmt: skip
    return bar(*grid, *joint, *ring, *square, label=label, class_="bar dumbbell")


def axis_of_shares() -> Markup:
    """The words under the dumbbells."""
    exponents = range(_LOWEST_EXPONENT, 1)
    words = [f"{100 * 10.0**exponent:g}\u202f%" for exponent in exponents]
    labels = [
        el("text", word, x=_at(place), y="70%", class_="axis", text_anchor="middle")
        for word, place in zip(words, _decades(), strict=True)
    ]
    label = WORDS.distribution.axis.format(low=words[0], high=words[-1])
    return bar(*labels, label=label, class_="bar dumbbell")


def patterns() -> Markup:
    """Textures beside colours, defined once for the page: each cause of loss differs in print and in grey, too; and the
    gap of a reliability diagram."""
    textures = (
        ("missed_objects", ""),
        ("false_regions", "M-2 2l4 -4M0 8l8 -8M6 10l4 -4"),
        ("boundary", "M2 0v8M6 0v8"),
        ("partial_coverage", "M0 2h8M0 6h8"),
    )
    defined = [
        el(
            "pattern",
            el("rect", width=8, height=8, class_=f"ground {key}"),
            *([el("path", d=path, class_="texture")] if path else []),
            id=f"fill-{key}", width=8, height=8, patternUnits="userSpaceOnUse",
        )
        for key, path in textures
    ]  # fmt: skip
    gap = el(
        "pattern",
        el("rect", width=8, height=8, class_="gap-ground"),
        el("path", d="M-2 2l4 -4M0 8l8 -8M6 10l4 -4", class_="gap-line"),
        id="fill-gap", width=8, height=8, patternUnits="userSpaceOnUse",
    )  # fmt: skip
    return el("svg", el("defs", group([*defined, gap])), class_="defs", width=0, height=0, aria_hidden="true")


def _rect(start: float, share: float, class_: str, *children: Markup) -> Markup:
    width = min(max(share, 0.0), 1.0)
    return el("rect", *children, x=_at(start), y="0", width=_at(width), height="100%", class_=class_)


def _line(x1: float, x2: float, y1: str, y2: str, class_: str = "whisker") -> Markup:
    return el("line", x1=_at(x1), x2=_at(x2), y1=y1, y2=y2, class_=class_)


def _at(share: float) -> str:
    return f"{number(100 * share)}%"


def _decades() -> list[float]:
    return [_log_place(10.0**exponent) for exponent in range(_LOWEST_EXPONENT, 1)]


def _log_place(share: float) -> float:
    """Place on the axis in [0.05, 0.95]: the words below need room at both ends."""
    exponent = max(math.log10(share), _LOWEST_EXPONENT) if share > 0 else _LOWEST_EXPONENT
    return 0.05 + 0.9 * (exponent - _LOWEST_EXPONENT) / -_LOWEST_EXPONENT
