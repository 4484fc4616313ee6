"""The colours of the page: text and graphics have the contrast that WCAG 2.2 asks for, in light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

Theme = dict[str, str]


def themes() -> dict[str, Theme]:
    """The custom properties of the style sheet by theme; dark ones lie over the light ones."""
    css = (files("reports") / "assets" / "report.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in _blocks(css))
    return {"light": light, "dark": {**light, **dark}}


def _blocks(css: str) -> tuple[str, str]:
    start = css.index(":root {")
    dark = css.index("@media screen and (prefers-color-scheme: dark)")
    return css[start : css.index("}", start)], css[dark : css.index("\n}", dark)]


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


TEXT = [
    *((name, ground) for name in ("ink", "soft", "accent", "c0", "c1", "c2", "c3") for ground in ("bg", "panel")),
    *((name, ground) for name in ("error", "warning", "note", "good") for ground in (f"{name}-soft", "panel", "bg")),
    ("accent", "accent-soft"), ("ink", "accent-soft"), ("ink", "warning-soft"), ("ink", "hair"), ("soft", "hair"),
    ("strong", "hit"), ("strong", "miss"),
]  # fmt: skip
GRAPHICS = [
    (name, "panel")
    for name in (
        "fill", "whisker", "cause-missed", "cause-false", "cause-boundary", "cause-partial", "hit", "miss", "good",
        "error",
    )
]  # fmt: skip


def test_the_formula_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(theme: str, text: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("mark", "ground"), GRAPHICS)
def test_graphics_can_be_seen(theme: str, mark: str, ground: str) -> None:
    colours = themes()[theme]
    assert contrast(colours[mark], colours[ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_causes_differ_for_those_who_do_not_see_red_or_green(theme: str) -> None:
    """Under full deuteranopia and protanopia (Viénot 1999) every two causes stay apart; textures tell them as well."""
    colours = [themes()[theme][f"cause-{name}"] for name in ("missed", "false", "boundary", "partial")]
    for matrix in (DEUTERANOPIA, PROTANOPIA):
        seen = [_seen(colour, matrix) for colour in colours]
        distances = [
            sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5 for i, p in enumerate(seen) for q in seen[:i]
        ]
        assert min(distances) >= 0.1


DEUTERANOPIA = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
PROTANOPIA = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))


def _seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> list[float]:
    channels = [(int(colour[i : i + 2], 16) / 255) ** 2.2 for i in (1, 3, 5)]
    linear = [sum(weight * channel for weight, channel in zip(row, channels, strict=True)) for row in matrix]
    return [max(value, 0.0) ** (1 / 2.2) for value in linear]
