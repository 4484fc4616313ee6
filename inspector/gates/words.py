"""Numbers in the messages of gates: as many digits as it takes that what is shown never contradicts the verdict."""

from __future__ import annotations

import math
from decimal import Context, Decimal

__all__ = ["SIGNS", "beside", "bound", "change", "number", "points", "span"]

#: A sign for each verdict; it never stands without its word.
SIGNS = {"pass": "✔", "waived": "○", "inconclusive": "?", "warn": "▲", "not-measured": "!", "fail": "✖"}

_SCALES = {"fraction": 100, "ratio": 1, "px": 1, "count": 1}
_SUFFIXES = {"fraction": " %", "ratio": " ×", "px": " px", "count": ""}
_LEAST = {"fraction": 1, "ratio": 2, "px": 0, "count": 0}  # decimals
_EXACT = Context(prec=800)  # digits: more than any float has


def number(value: float, unit: str, *against: float) -> str:
    """A value with its unit: "51.2 %", "0.63 ×", "1,204 px". With more digits where it would look like one of
    `against`, from which it differs; "undefined" for NaN."""
    if math.isnan(value):
        return "undefined"
    shown, others = _scaled(value, unit), {_scaled(other, unit) for other in against if not math.isnan(other)}
    others.discard(shown)
    places = max(_LEAST[unit], 1 if unit in ("px", "count") and value != round(value) else 0)
    while any(_rounded(shown, places) == _rounded(other, places) for other in others):
        places += 1  # ends: with the digits of both they are exact, and differ
    return f"{shown:{',' if unit in ('px', 'count') else ''}.{places}f}{_SUFFIXES[unit]}"


def bound(value: float, unit: str) -> str:
    """A threshold with its unit, exactly as it was written: "70.0 %", "69.996 %"."""
    exact = _scaled(value, unit)
    places = max(_LEAST[unit], _places(exact))
    return f"{exact:{',' if unit in ('px', 'count') else ''}.{places}f}{_SUFFIXES[unit]}"


def beside(value: float, unit: str, *bounds: float | None) -> str:
    """A value beside thresholds: the texts compare as the numbers do."""
    written = [line for line in bounds if line is not None]
    return bound(value, unit) if value in written else number(value, unit, *written)


def change(value: float, unit: str, *against: float) -> str:
    """A difference with its sign: "-3.1 points", "+0.10 ×", "-12 px"; never "-0.0" of one that is not 0, and never as
    large as one of `against`, of which the sign does not matter, where it is not."""
    if math.isnan(value):
        return "undefined"
    text = number(abs(value), unit, 0.0, *map(abs, against))
    sign = "-" if value < 0 else "+" if value > 0 else ""
    return sign + (f"{text.removesuffix(' %')} points" if unit == "fraction" else text)


def points(value: float, unit: str) -> str:
    """A margin: "1 point", "0.5 points", "20 px"; exact."""
    if unit != "fraction":
        return bound(value, unit)
    exact = _scaled(value, unit)
    text = f"{exact:.{_places(exact)}f}"
    return f"{text} point" if text == "1" else f"{text} points"


def span(bounds: tuple[float, float], unit: str, *against: float | None, signed: bool = False) -> str:
    """An interval: "46.0 to 56.1 %"; "" where there is none. Its ends compare with the thresholds `against` as the
    numbers do; where it is of a difference (`signed`), with 0."""
    if any(math.isnan(end) for end in bounds):
        return ""
    low, high = (change(end, unit) if signed else beside(end, unit, *against) for end in bounds)
    for sign in (" points", " %", " px", " ×"):
        if low.endswith(sign):
            return f"{low.removesuffix(sign)} to {high}"
    return f"{low} to {high}"


def _scaled(value: float, unit: str) -> Decimal:
    """The number as it is shown, in full: the shortest decimal that is this float, times the scale of the unit."""
    return _EXACT.multiply(Decimal(repr(float(value) + 0.0)), Decimal(_SCALES[unit]))


def _rounded(value: Decimal, places: int) -> str:
    return f"{value:.{places}f}"


def _places(value: Decimal) -> int:
    """Decimals that a number has."""
    exponent = value.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
