"""Failures that single images are to blame for: waived where a review has accepted these and the rest does not fail."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from inspector.errors import InputError
from inspector.gates.bench import Bench
from inspector.gates.checks import Member
from inspector.gates.config import Gate
from inspector.gates.image_waivers import ImageWaiver, named
from inspector.gates.targets import Target

__all__ = ["without_images"]


@dataclass(frozen=True)
class _Covering:
    """Waivers of images that a number is of, in the order of their file. `ended` are of images with no other one that
    still holds."""

    held: tuple[ImageWaiver, ...]
    ended: tuple[ImageWaiver, ...]


def without_images(
    bench: Bench, gate: Gate, targets: Sequence[Target], waivers: Sequence[ImageWaiver], today: datetime.date
) -> list[Member]:
    """A member for each target, judged; what fails is judged again without the images whose waivers hold today. Where
    that neither fails nor lacks a number it is waived: its number stays what it is.

    Raises InputError as `Bench.judged` does for all images.
    """
    members = bench.judged(gate, targets)
    if not waivers or all(member.verdict != "fail" for member in members):
        return members
    looked_at = set(bench.tally(gate).image_ids)
    here = [waiver for waiver in waivers if waiver.image in looked_at]
    return [
        _tried(bench, gate, targets, place, member, _covering(here, member, today))
        for place, member in enumerate(members)
    ]


def _covering(waivers: Iterable[ImageWaiver], member: Member, today: datetime.date) -> _Covering:
    about = [waiver for waiver in waivers if waiver.covers(member.class_id)]
    held = tuple(waiver for waiver in about if waiver.until >= today)
    images = {waiver.image for waiver in held}
    return _Covering(held, tuple(waiver for waiver in about if waiver.image not in images))


def _tried(
    bench: Bench, gate: Gate, targets: Sequence[Target], place: int, member: Member, covering: _Covering
) -> Member:
    if member.verdict != "fail":
        return member
    message = member.message + (f" It was {_who(covering.ended)}, which is over." if covering.ended else "")
    if not covering.held:
        return replace(member, message=message)
    words = f"{_who(covering.held)}: {_some(waiver.reason for waiver in covering.held)}"
    rest = _rest(bench, gate, targets, covering.held)
    if rest is None or rest[place].verdict == "not-measured":
        told = f"It is {words}; but without these images there is nothing to measure it on."
        return replace(member, message=f"{message} {told}")
    verdict, said = rest[place].verdict, rest[place].message
    if verdict == "fail" or (verdict == "inconclusive" and bench.gates.strict):
        refused = ", which fails as well where strict" if verdict == "inconclusive" else ""
        told = f"It is {words}; but without these images it is {verdict}{refused}: {said}"
        return replace(member, message=f"{message} {told}")
    told = f"It is {words}. Without these images it is {verdict}: {said}"
    return replace(member, verdict="waived", waiver=words, message=f"{message} {told}")


def _rest(bench: Bench, gate: Gate, targets: Sequence[Target], waivers: Iterable[ImageWaiver]) -> list[Member] | None:
    """The same gate on all other images; None of a comparison that no image is left of."""
    try:
        return bench.judged(gate, targets, frozenset(waiver.image for waiver in waivers))
    except InputError:
        return None


def _who(waivers: Sequence[ImageWaiver]) -> str:
    """ "waived by Ada until 2030-01-01 for 2 images (a, b)"."""
    last: dict[str, datetime.date] = {}
    for waiver in waivers:
        last[waiver.image] = max(waiver.until, last.get(waiver.image, waiver.until))
    first, latest = min(last.values()), max(last.values())
    until = f"{first}" if first == latest else f"{first} (some until {latest})"
    return f"waived by {_some(waiver.owner for waiver in waivers)} until {until} for {named(last)}"


def _some(words: Iterable[str]) -> str:
    """The first three different ones."""
    different = list(dict.fromkeys(words))
    return ", ".join(different[:3]) + (f" and {len(different) - 3} more" if len(different) > 3 else "")
