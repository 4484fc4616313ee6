"""Is a difference more than chance: p-values of bootstrapped differences, and their correction for many looks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["holm", "p_below_zero", "p_two_sided"]

Floats = NDArray[np.float64]


def p_two_sided(difference: float, drawn: Floats, units: float) -> float:
    """Two-sided p-value of a difference of 0, in [0, 1]: Student's t with units - 1 degrees of freedom and the spread
    of the bootstrap, as percentiles of R resamples are too coarse for Holm over many looks. NaN without a spread.

    drawn   (R,) resampled differences; NaN are left out
    """
    return math.erfc(abs(_deviations(difference, drawn, units)) / math.sqrt(2))


def p_below_zero(difference: float, drawn: Floats, units: float) -> float:
    """One-sided p-value, in (0, 1]: how likely a difference as low as this is were there none.

    NaN without a spread, unless every resample is this very difference: that a class is never found is as sure as R
    resamples can tell. Else the larger of two: Student's t as above, and the share of the resamples at or above zero,
    (1 + n) / (1 + R). Counts of pixels have long tails: each alone raises more alarms than it should
    (benchmarks/gate_simulation.py). Where no resample is there, t stands alone: 1 / (1 + R), corrected for many looks,
    would never be sure, whatever the difference.
    """
    z = _deviations(difference, drawn, units)
    known = drawn[~np.isnan(drawn)]
    above = int(np.count_nonzero(known >= 0))
    by_rank = (1 + above) / (1 + len(known))
    if math.isnan(z):
        is_constant = units >= 2 and len(known) > 0 and difference != 0 and bool(np.all(known == difference))
        return by_rank if is_constant else math.nan
    return max(0.5 * math.erfc(-z / math.sqrt(2)), by_rank if above else 0.0)


def _deviations(difference: float, drawn: Floats, units: float) -> float:
    """`difference` in standard deviations of a normal variable that is as unlikely; NaN without a spread.

    t becomes normal by Wallace (1959): z = (8 f + 1) / (8 f + 3) sqrt(f ln(1 + t^2 / f)), within 0.001 of p for f >= 4.
    """
    known = drawn[~np.isnan(drawn)]
    spread = float(np.std(known)) if len(known) else 0.0
    if not spread > 0 or math.isnan(difference) or units < 2:
        return math.nan
    freedom = units - 1
    t = difference / spread * math.sqrt(freedom / units)
    z = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(t * t / freedom))
    return math.copysign(z, t)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-corrected p-values in the order given; NaN stays NaN and counts as a look."""
    looks = len(p_values)
    adjusted, highest = [math.nan] * looks, 0.0
    for rank, i in enumerate(sorted(range(looks), key=lambda i: (math.isnan(p_values[i]), p_values[i]))):
        if not math.isnan(p_values[i]):
            highest = max(highest, min(1.0, (looks - rank) * p_values[i]))
            adjusted[i] = highest
    return adjusted
