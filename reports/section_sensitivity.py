"""How the causes of loss move with the width of the boundary band."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts_strip import Column, strip
from reports.formats import count, percent, tenths
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, listed
from reports.words import CAUSES

__all__ = ["Sensitivity", "SensitivityStrip", "sensitivity_of"]

_DRAWN = 6  # classes with a strip: the worst


@dataclass(frozen=True)
class SensitivityStrip:
    """One class: how its loss divides at each width; `boundary` is the share of the loss, in per cent, at each."""

    name: ClassName
    chart: Markup
    boundary: tuple[str, ...]


@dataclass(frozen=True)
class Sensitivity:
    """Strips of the worst classes, the boundary share of all, and whether the main cause holds. `heads` are widths."""

    heads: tuple[str, ...]
    strips: tuple[SensitivityStrip, ...]
    rows: tuple[SensitivityStrip, ...]
    of: str
    said: tuple[str, ...]


def sensitivity_of(document: Mapping[str, Any], classes: Sequence[Mapping[str, Any]]) -> Sensitivity | None:
    """None where the document holds none. `classes` are those with a loss, worst first."""
    record = document.get("sensitivity") or {}
    moved = {entry.get("id"): entry.get("loss") or {} for entry in record.get("classes") or []}
    held = [(c, moved[c.get("id")]) for c in classes if _lost(moved.get(c.get("id")))]
    if not held:
        return None
    multiples = record.get("multiples") or []
    rows = [_strip(c, shares, multiples) for c, shares in held[:MOST_ROWS]]
    counts = {"images": count(record.get("images")), "of": count(record.get("of"))}
    of = WORDS.widths.images_all if record.get("images") == record.get("of") else WORDS.widths.images_some
    heads = tuple(_word(multiple) for multiple in multiples)
    return Sensitivity(heads, tuple(rows[:_DRAWN]), tuple(rows), of.format(**counts), tuple(_said(held)))


def _lost(shares: Mapping[str, Sequence[float | None]] | None) -> float:
    """The loss of the class on the images that were counted, 0 where they do not hold it; it is one at all widths."""
    return sum((values or [0.0])[0] or 0.0 for values in (shares or {}).values())


def _word(multiple: float) -> str:
    return f"{multiple:g}\u202f×"


def _strip(
    record: Mapping[str, Any], shares: Mapping[str, Sequence[float]], multiples: Sequence[float]
) -> SensitivityStrip:
    lost, words = _lost(shares), WORDS.widths
    columns, boundary = [], []
    for place, multiple in enumerate(multiples):
        parts = [(cause, shares[cause.key][place] / lost) for cause in CAUSES]
        width = _word(multiple)
        told = tuple(
            (cause.key, part, words.part.format(width=width, cause=cause.title, share=percent(part)))
            for cause, part in parts
        )
        columns.append(Column(width, told, in_use=multiple == 1))
        boundary.append(tenths(shares["boundary"][place] / lost))
    values = ", ".join(
        words.value_at.format(value=value, width=column.word) for value, column in zip(boundary, columns, strict=True)
    )
    chart = strip(columns, words.spoken.format(name=record.get("name"), values=values))
    return SensitivityStrip(class_name(record), chart, tuple(boundary))


def _said(held: Sequence[tuple[Mapping[str, Any], Mapping[str, Sequence[float]]]]) -> Iterator[str]:
    moving = [str(record.get("name")) for record, shares in held if len(set(_main(shares))) > 1]
    yield WORDS.widths.stays.format(same=count(len(held) - len(moving)), of=count(len(held)))
    if moving:
        yield WORDS.widths.moves.format(names=listed(moving))


def _main(shares: Mapping[str, Sequence[float]]) -> list[str]:
    """The largest cause at each width."""
    widths = range(len(next(iter(shares.values()))))
    return [max((cause.key for cause in CAUSES), key=lambda key: shares[key][place]) for place in widths]
