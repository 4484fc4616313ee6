"""The findings in words, in the order of the document, each with the pictures that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.album import Album, Shot
from reports.formats import count, from_to, interval, measure, plural, points, px, unbroken
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name
from reports.words import SEVERITIES, title_of

__all__ = ["Example", "FindingCard", "Findings", "findings_of"]

_IN_FULL = 12  # findings with pictures; the rest is folded away
_EXAMPLES = 3
_OTHER_IMAGES = 12  # named under "also in"


@dataclass(frozen=True)
class Example:
    """One place in one image: its pictures, and where it is; `look` opens it in the viewer."""

    image: str
    note: str
    shots: tuple[Shot, ...]
    look: str = ""


@dataclass(frozen=True)
class FindingCard:
    """One finding as the page shows it; `severity` is "error", "warning" or "note", `subject` the class it is about."""

    number: int
    anchor: str
    kind: str
    subject: ClassName | None
    severity: str
    word: str
    title: str
    advice: str
    gain: str
    measures: tuple[tuple[str, str, str], ...]
    examples: tuple[Example, ...]
    also: tuple[str, ...]
    also_more: str
    thumb: Shot | None
    look: str


@dataclass(frozen=True)
class Findings:
    """`cards` in full, `folded` behind a fold; `colors` tell the classes in the pictures apart."""

    cards: tuple[FindingCard, ...]
    folded: tuple[FindingCard, ...]
    total: str
    colors: tuple[ClassName, ...]

    @property
    def costliest(self) -> tuple[FindingCard, ...]:
        """The three of the first screen."""
        return self.cards[:3]


def findings_of(document: Mapping[str, Any], album: Album) -> Findings:
    """In the order of the document, as in the terminal: errors, then by what it is worth, notes last."""
    held = document.get("findings") or []
    classes = {record.get("id"): class_name(record) for record in document.get("classes") or []}
    cards = tuple(
        _card(finding, number, classes, album if number <= _IN_FULL else None) for number, finding in enumerate(held, 1)
    )
    drawn = any(card.examples for card in cards)
    colors = tuple(classes.values())[:MOST_ROWS] if drawn else ()
    return Findings(cards[:_IN_FULL], cards[_IN_FULL:], plural(len(cards), WORDS.counted.findings), colors)


def _card(
    finding: Mapping[str, Any], number: int, classes: Mapping[Any, ClassName], album: Album | None
) -> FindingCard:
    severity = str(finding.get("severity"))
    severity = severity if severity in SEVERITIES else "note"
    images = finding.get("images") or []
    pictured = [image for image in images if image.get("pictures")][:_EXAMPLES]
    examples = tuple(_example(image, album) for image in pictured) if album else ()
    drawn = tuple(example for example in examples if example.shots)
    named = [str(image.get("image")) for image in images if str(image.get("image")) not in {e.image for e in drawn}]
    named = list(dict.fromkeys(named))
    return FindingCard(
        number=number,
        anchor=f"finding-{number}",
        kind=title_of(str(finding.get("kind") or "")),
        subject=classes.get(finding.get("class")),
        severity=severity,
        word=SEVERITIES[severity],
        title=unbroken(str(finding.get("title") or "")),
        advice=str(finding.get("advice") or ""),
        gain=points(finding["gain"]) if finding.get("gain") else "",
        measures=tuple(_measures(finding)),
        examples=drawn,
        also=tuple(named[:_OTHER_IMAGES]),
        also_more=count(len(named) - _OTHER_IMAGES) if len(named) > _OTHER_IMAGES else "",
        thumb=_thumb(drawn),
        look=next((image["look"] for image in images if image.get("look")), ""),
    )


def _thumb(examples: tuple[Example, ...]) -> Shot | None:
    """The error map of the first example, for the first screen."""
    shots = examples[0].shots if examples else ()
    return next((shot for shot in shots if shot.layer == "errors"), None)


def _measures(finding: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(name, value, interval) of each evidence number."""
    bounds = finding.get("intervals") or {}
    return [
        (title_of(key), measure(key, value), _bounds(key, bounds.get(key)))
        for key, value in (finding.get("measures") or {}).items()
        if value is None or isinstance(value, int | float)
    ]


def _bounds(key: str, bounds: list[float | None] | None) -> str:
    if not bounds or None in bounds:
        return ""
    if key.endswith("_fraction"):
        return interval(bounds)
    low, high = (measure(key, bound) for bound in bounds)
    return from_to(low, high)


def _example(image: Mapping[str, Any], album: Album) -> Example:
    return Example(str(image.get("image")), _where(image), album.take(image.get("pictures")), image.get("look", ""))


def _where(image: Mapping[str, Any]) -> str:
    words, parts = WORDS.findings, [px(image["px"])] if image.get("px") else []
    if box := image.get("box"):
        parts.append(words.place.format(row=count(box[0]), column=count(box[1])))
    enlarge, shrink = image.get("scale") or (1, 1)
    if enlarge > 1:
        parts.append(words.enlarged.format(times=enlarge))
    if shrink > 1:
        parts.append(words.shrunk.format(times=shrink))
    return ", ".join(parts)
