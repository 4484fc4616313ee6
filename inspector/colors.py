"""Colours for classes that were given none: distinct, and chosen to stay apart for colour-blind eyes."""

from __future__ import annotations

import colorsys
from collections.abc import Collection, Iterator

__all__ = ["Color", "distinct_colors"]

Color = tuple[int, int, int]

# Okabe and Ito 2008, without black and yellow's neighbours white and grey; then the "muted" set of Paul Tol 2021.
OKABE_ITO: tuple[Color, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
)  # fmt: skip
TOL_MUTED: tuple[Color, ...] = (
    (51, 34, 136), (136, 204, 238), (68, 170, 153), (17, 119, 51), (153, 153, 51), (221, 204, 119), (204, 102, 119),
    (136, 34, 85), (170, 68, 153),
)  # fmt: skip
GOLDEN = 0.618033988749895  # steps of the golden ratio keep hues apart however many are taken


def distinct_colors(count: int, taken: Collection[Color] = ()) -> list[Color]:
    """`count` different colours, none of them in `taken`; the same ones at each call."""
    used, colors = set(taken), _colors()
    chosen: list[Color] = []
    while len(chosen) < count:
        color = next(colors)
        if color not in used:
            used.add(color)
            chosen.append(color)
    return chosen


def _colors() -> Iterator[Color]:
    """Without end: the two published sets, then hues of turning lightness, which the colour-blind see best."""
    yield from OKABE_ITO
    yield from TOL_MUTED
    step = 0
    while True:
        lightness = (0.35, 0.65, 0.5, 0.8)[step % 4] + 0.0007 * (step // 4 % 200)
        red, green, blue = colorsys.hls_to_rgb(step * GOLDEN % 1, min(lightness, 0.95), 0.75)
        yield round(red * 255), round(green * 255), round(blue * 255)
        step += 1
