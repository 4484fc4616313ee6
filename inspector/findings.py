"""`Finding`: one statement about the model or the data, with what it costs and which images prove it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Evidence", "Finding", "Severity"]


class Severity(StrEnum):
    """How much attention a finding asks for."""

    ERROR = "error"  # the numbers mean something else than you think: mend the pipeline first
    WARNING = "warning"  # costs the headline, or may
    NOTE = "note"  # worth knowing


@dataclass(frozen=True)
class Evidence:
    """An image that proves a finding, and where to look in it (half-open box in px; None: the whole image)."""

    image_index: int
    box: tuple[int, int, int, int] | None = None  # y0, x0, y1, x1
    px: int = 0  # pixels of this finding in this image


@dataclass(frozen=True)
class Finding:
    """One statement.

    kind        stable slug, e.g. "under-predicted"
    severity    how much attention it asks for
    title       one plain sentence with the deciding numbers in it
    class_index the class it speaks of, or None for the whole data set
    gain        what it is worth: the rise of mIoU, in [0, 1], were exactly the pixels it speaks of right for the class
                it speaks of. What the class that holds them now would gain as well is left out, unless the finding
                names both; findings share pixels, so gains do not add up. 0 where it cannot be put so
    measures    evidence numbers; units in the keys (_px, _fraction, _ratio, _count)
    intervals   confidence intervals of some measures, by the same key
    evidence    images that prove it, worst first
    advice      what to try next, one sentence
    """

    kind: str
    severity: Severity
    title: str
    class_index: int | None = None
    gain: float = 0.0
    measures: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, tuple[float, float]] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    advice: str = ""
