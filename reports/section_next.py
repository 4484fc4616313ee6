"""What to do next: at most three steps, from what was left out and from the advice of the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from reports.formats import points, unbroken
from reports.language import WORDS
from reports.left_out import left_out
from reports.rows import listed

__all__ = ["Step", "next_steps"]

_STEPS = 3
_SUBJECTS = 4  # classes that one step names


@dataclass(frozen=True)
class Step:
    """One thing to do: what it is about, what to do, what it is worth, and where to read on ("" for nowhere)."""

    about: str
    words: str
    worth: str
    anchor: str


def next_steps(document: Mapping[str, Any]) -> tuple[Step, ...]:
    """In order: input that could not be used, then the advice of the findings, costliest first, each advice once."""
    steps = tuple(islice(_all(document), _STEPS))
    if steps:
        return steps
    scored = (document.get("overall") or {}).get("miou") is not None
    return (Step("", WORDS.next.nothing if scored else WORDS.next.unscored, "", "" if scored else "inputs"),)


def _all(document: Mapping[str, Any]) -> Iterator[Step]:
    if document.get("partial"):
        yield from _input(document.get("inputs") or {})
    grouped: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, finding in enumerate(document.get("findings") or [], 1):
        if finding.get("advice"):
            grouped.setdefault(str(finding["advice"]), []).append((number, finding))
    yield from (_step(advice, held) for advice, held in grouped.items())


def _input(inputs: Mapping[str, Any]) -> Iterator[Step]:
    """The reason that keeps most files out and can be mended."""
    mendable = [row for row in left_out({**inputs, "excluded_by_choice": []}) if row.n]
    for row in sorted(mendable, key=lambda row: (not row.fix, -int(row.n.replace(",", ""))))[:1]:
        words = WORDS.next.input.format(fix=row.fix) if row.fix else WORDS.next.input_unfixed
        yield Step(f"{row.n} {row.what}", words, "", "inputs")


def _step(advice: str, held: Sequence[tuple[int, Mapping[str, Any]]]) -> Step:
    subjects = dict.fromkeys(str(f["class_name"]) for _, f in held if f.get("class_name"))
    gains = [f["gain"] for _, f in held if f.get("gain")]
    worth = WORDS.next.worth if len(gains) == 1 else WORDS.next.worth_each
    worth = worth.format(points=points(max(gains))) if gains else ""
    return Step(listed(list(subjects), _SUBJECTS), unbroken(advice), worth, f"finding-{held[0][0]}")
