"""Waivers: failures that a person has accepted until a day, and which of them are needed no more."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.gates.checks import Check, Member
from inspector.gates.config import Gate, Gates, Waiver

__all__ = ["proposals", "waived"]


def waived(member: Member, gate: Gate, gates: Gates, today: datetime.date) -> Member:
    """The member, waived where a waiver holds for it today; a failure whose waiver has ended says so."""
    if member.verdict != "fail":
        return member
    held = [waiver for waiver in gates.waivers if _covers(waiver, gate, member)]
    if not held:
        return member
    waiver = max(held, key=lambda each: each.until)
    if waiver.until < today:
        ended = f"{member.message} It was waived by {waiver.owner} until {waiver.until}, which is over."
        return replace(member, message=ended)
    words = f"waived by {waiver.owner} until {waiver.until}: {waiver.reason}"
    return replace(member, verdict="waived", waiver=words, message=f"{member.message} It is {words}.")


def _covers(waiver: Waiver, gate: Gate, member: Member) -> bool:
    of_class = (
        waiver.class_name is None
        or member.scope == waiver.class_name
        or member.scope.endswith(f" of {waiver.class_name}")
    )
    return waiver.gate == gate.id and of_class


def proposals(gates: Gates, checks: Sequence[Check]) -> Iterator[str]:
    """Waivers of what does not fail, and, where `ratchet` is set, thresholds that are beaten for sure."""
    by_id = {check.id: check for check in checks}
    for waiver in gates.waivers:
        check = by_id.get(waiver.gate)
        if check and not any(member.waiver for member in check.members) and check.verdict != "fail":
            held = f"the waiver of {waiver.gate} by {waiver.owner} (until {waiver.until})"
            yield f"{held} is needed no more: nothing fails there"
    if gates.ratchet:
        for gate in gates.gate:
            if gate.id in by_id and gate.fail_below is not None:
                yield from _raised(gate, gate.fail_below, by_id[gate.id])


def _raised(gate: Gate, threshold: float, check: Check) -> Iterator[str]:
    """The lower end of the lowest interval, rounded down to half a point: what would pass for sure today."""
    lows = [member.interval[0] for member in check.members]
    if check.verdict != "pass" or not lows or not all(low == low for low in lows):
        return
    proposed = int(min(lows) * 200) / 200
    if proposed > threshold:
        yield f"{gate.id}: fail_below could be {proposed:g} (it is {threshold:g}); all intervals lie above"
