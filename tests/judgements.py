"""Judgements for tests of what is said of them, with names that would do harm if they could."""

from __future__ import annotations

import math
from typing import Any

from inspector.gates.checks import Check, Member, Outcome
from inspector.gates.judgement import Judgement, Place

__all__ = ["EVIL", "check_of", "judgement_of", "member_of"]

#: Ends a cell, a tag, a command or a line; begins a mention, markup or another direction of writing.
EVIL = "a|b</td><script>x\r\n::error::y\x07 %0A @team `code` [l](http://z) \u202ex ##[error]q \ud800 ]]>&amp;"


def member_of(verdict: str, scope: str = "person", **changed: Any) -> Member:
    held: dict[str, Any] = {
        "scope": scope, "class_id": 1, "value": 0.512, "interval": (0.46, 0.561), "images": 40, "verdict": verdict,
        "message": f"IoU of {scope} is 51.2 %", "evidence": ("a", "b"),
    }  # fmt: skip
    if verdict == "not-measured":
        held |= {"value": math.nan, "interval": (math.nan, math.nan), "images": 0}
    if verdict == "waived":
        held |= {"waiver": f"waived by me until 2030-01-01: {scope}"}
    return Member(**(held | changed))


def check_of(verdict: str, name: str = "", *, level: str = "error", members: Any = None, **changed: Any) -> Check:
    held = tuple(members) if members is not None else (member_of(verdict),)
    fields: dict[str, Any] = {
        "id": name or f"gate-{verdict}", "metric": "iou", "unit": "fraction", "scope": "person",
        "expected": "at least 70.0 %", "level": level, "verdict": verdict,
        "message": " ".join(member.message for member in held if member.verdict == verdict) or "nothing there",
        "members": held, "lines": (0.7,),
    }  # fmt: skip
    return Check(**(fields | changed))


def judgement_of(*checks: Check, **changed: Any) -> Judgement:
    held: dict[str, Any] = {
        "outcome": Outcome(checks), "run": "nightly", "source": "inspect.toml", "images": 300,
        "places": {check.id: Place("conf/inspect.toml", 3 + i) for i, check in enumerate(checks)},
        "headlines": (("mean IoU", "61.2 % (60.0 to 62.5 %)"),),
    }  # fmt: skip
    return Judgement(**(held | changed))
