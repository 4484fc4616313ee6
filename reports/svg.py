"""SVG elements as safe markup: text and attributes are escaped here, once."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["bar", "el", "group", "number"]


def el(name: str, *children: str, **attributes: str | float) -> Markup:
    """One element. Attribute names: `class_` is class, `font_size` is font-size. Children are escaped unless safe."""
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _value(value)) for key, value in attributes.items()
    )
    tag = Markup(name)  # noqa: S704  names of elements are ours, never of a document
    if not children:
        return Markup("<{}{}/>").format(tag, written)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, written, group(children))


def group(children: Iterable[str]) -> Markup:
    """Elements one after the other."""
    return Markup("").join(escape(child) for child in children)


def bar(*children: str, label: str, class_: str = "bar") -> Markup:
    """A strip as wide as its place, in per cent across: bars beside a word or a number of a table."""
    return el("svg", *children, class_=class_, role="img", aria_label=label)


def number(value: float) -> str:
    """A coordinate: short, and never in exponents."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _value(value: str | float) -> str:
    return value if isinstance(value, str) else number(value)
