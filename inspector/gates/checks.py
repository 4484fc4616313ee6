"""What came of gates: a check for each gate, with a member for each class or slice that it looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["VERDICTS", "Check", "Member", "Outcome", "worst"]

#: From good to bad: a check is as bad as its worst member, an outcome as its worst check.
VERDICTS = ("pass", "waived", "inconclusive", "warn", "not-measured", "fail")


@dataclass(frozen=True)
class Member:
    """One number that a gate looked at.

    scope       what it is the number of, for people: "person", "small objects of person", "all images"
    class_id    id of the class; None where it is not of one class
    value       the number itself (of a comparison: of this run); NaN where undefined
    interval    its interval (of a comparison: of the difference); (NaN, NaN) where there is none
    baseline, difference   of a comparison, else NaN; difference = value - baseline
    p_adjusted  one-sided, corrected over the members of the gate; NaN without a test
    images      how many images the number rests on
    verdict     one of VERDICTS
    message     what, where, by how much, how sure
    evidence    names of at most three images to open, the worst first
    waiver      who waived it, until when and why; "" where nobody did
    """

    scope: str
    class_id: int | None
    value: float
    interval: tuple[float, float]
    images: int
    verdict: str
    message: str
    baseline: float = math.nan
    difference: float = math.nan
    p_adjusted: float = math.nan
    evidence: tuple[str, ...] = ()
    waiver: str = ""


@dataclass(frozen=True)
class Check:
    """One gate and its outcome. `expected` is the condition in words, `lines` the thresholds in it; `not_asked` names
    classes that it left out, as they are neither true nor predicted, `not_in_truth` scopes that are predicted alone, so
    that a share of the truth cannot be told of them."""

    id: str
    metric: str
    unit: str  # of the values: "fraction", "ratio", "px" or "count"
    scope: str
    expected: str
    level: str
    verdict: str
    message: str
    members: tuple[Member, ...]
    not_asked: tuple[str, ...] = ()
    not_in_truth: tuple[str, ...] = ()
    lines: tuple[float, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether something that could fail is inconclusive: a failure where that is asked for."""
        return self.level == "error" and any(member.verdict == "inconclusive" for member in self.members)

    @property
    def actual(self) -> float:
        """The number where the gate is of one number, else that of its worst member; NaN without any."""
        told = [member for member in self.members if member.verdict == self.verdict] or list(self.members)
        return told[0].value if told else math.nan


@dataclass(frozen=True)
class Outcome:
    """What came of all gates. `proposals` are of ratchets: thresholds that could be higher now, and waivers that are
    needed no more."""

    checks: tuple[Check, ...]
    proposals: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst of all; "none" without a gate."""
        return worst(check.verdict for check in self.checks)

    def exit_code(self, *, strict: bool = False) -> int:
        """0 for pass, warn, waived and inconclusive, 1 for fail, 3 for not-measured. Where strict, 1 too for what is
        inconclusive, be it one number of many, unless its gate only warns."""
        held = {check.verdict for check in self.checks}
        if "fail" in held or (strict and any(check.is_open for check in self.checks)):
            return 1
        return 3 if "not-measured" in held else 0

    def as_json(self) -> dict[str, Any]:
        """`gates` of the document."""
        return {
            "verdict": self.verdict,
            "checks": [{**asdict(check), "actual": check.actual} for check in self.checks],
            "proposals": list(self.proposals),
        }


def worst(verdicts: Iterable[str]) -> str:
    """The worst of them; "none" without any."""
    return max(verdicts, key=VERDICTS.index, default="none")
