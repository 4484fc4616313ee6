"""How findings put numbers into words: rounded for people, and never rounded to a claim that is not true."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["between", "count", "listed", "percent"]


def percent(fraction: float) -> str:
    """ "61 %"; "0 %" only for 0 and "100 %" only for 1."""
    if math.isnan(fraction):
        return "undefined"
    if 0 < fraction < 0.001:
        return "under 0.1 %"
    if 0.995 <= fraction < 1:
        return "over 99 %"
    if 1 < fraction < 1.005:
        return "over 100 %"
    if 0 < fraction < 0.0995:
        return f"{100 * fraction:.1f} %"
    return f"{100 * fraction:.0f} %"


def between(interval: tuple[float, float]) -> str:
    """ " (interval 52-69 %)", with its leading space; nothing where there is no interval."""
    low, high = interval
    if math.isnan(low) or math.isnan(high):
        return ""
    digits = 1 if max(abs(low), abs(high)) < 0.0995 else 0
    return f" (interval {_bound(low, digits)}-{_bound(high, digits)} %)"


def _bound(share: float, digits: int) -> str:
    """In per cent; "<100" and ">100" where rounding would hide on which side of the whole it lies."""
    if round(100 * share, digits) == 100 and share != 1:
        return "<100" if share < 1 else ">100"
    return f"{100 * share:.{digits}f}"


def count(number: int, noun: str, plural: str = "") -> str:
    """ "1 image", "1,200 images"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """ "a, b and c"; beyond `most`: "a, b, c, d and 3 more"."""
    shown, left = list(names[:most]), len(names) - most
    if left > 0:
        return ", ".join(shown) + f" and {left} more"
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)
