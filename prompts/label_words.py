"""Sentences about labels: a statement, and how numbers and names stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Statement", "counted", "listed", "percent"]

Severity = Literal["note", "warning"]


@dataclass(frozen=True)
class Statement:
    """One sentence. kind: a stable name of what it is about."""

    kind: str
    text: str
    severity: Severity = "note"


def percent(share: float) -> str:
    """ "28 %", "4.2 %"; never 0 or 100 for what is not."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else f"{100 * share:.0f} %"


def listed(names: Sequence[str], most: int = 4) -> str:
    """ "a, b and c"; "a, b, c, d and 3 more"."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def counted(number: float, noun: str) -> str:
    """ "1 mask", "1,200 masks"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
