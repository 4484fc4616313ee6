"""How large the report may be: `15MB` as a number of bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from reports.errors import ReportError

__all__ = ["DEFAULT", "LEAST_BYTES", "UNLIMITED", "Size", "size_of", "spelled"]

LEAST_BYTES = 1_000_000  # a page with its tables and charts; below it nothing could be shown
_MOST_BYTES = 2_000_000_000  # browsers hold no longer text
_UNITS = {"kb": 1_000, "mb": 1_000_000}


@dataclass(frozen=True)
class Size:
    """The largest report, in bytes (None: no limit), and the most small masks in it (None: as many as fit)."""

    bytes: int | None
    thumbs: int | None = None


DEFAULT = Size(15_000_000, 2_000)
UNLIMITED = Size(None)


def size_of(text: str) -> Size:
    """ "15MB", "1500 kB". Raises ReportError for what is no size, and for one below LEAST_BYTES."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)\s*([kKmM][bB])", text.strip())
    if not found:
        raise ReportError(f"{text!r} is no size: expected a number with kB or MB, such as 15MB")
    number = round(float(found[1]) * _UNITS[found[2].lower()])
    if number < LEAST_BYTES:
        raise ReportError(f"{text!r} is too small for a report: its tables and charts need {spelled(LEAST_BYTES)}")
    if number > _MOST_BYTES:
        raise ReportError(f"{text!r} is more than a browser opens ({spelled(_MOST_BYTES)}); write a folder instead")
    return Size(number)


def spelled(number: int) -> str:
    """A number of bytes as it was given: "15 MB"."""
    return f"{number / 1_000_000:g}\u202fMB" if number >= 1_000_000 else f"{number / 1_000:g}\u202fkB"
