"""Thresholds: is a number, with what is known of it, on the right side of a line?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from inspector.gates.checks import Member
from inspector.gates.config import Gate, Gates
from inspector.gates.proof import lowest_images
from inspector.gates.targets import Target, measure_of
from inspector.gates.words import beside, bound, span
from inspector.hypotheses import holm, p_below_zero
from inspector.intervals import Resamples
from inspector.measures import Measure, measured, units_of

__all__ = ["judge"]


@dataclass(frozen=True)
class _Seen:
    """A number of one target before it is judged. `p_below` and `p_above` are one-sided, of lying on the right side of
    the line that fails; NaN without such a line, or without a spread."""

    target: Target
    value: float
    interval: tuple[float, float]
    images: int
    p_below: float
    p_above: float


def judge(gate: Gate, gates: Gates, resamples: Resamples, targets: Sequence[Target]) -> list[Member]:
    """A member for each target. Where many classes are asked at once, what is sure is so after correction."""
    measure = measure_of(gate)
    seen = [_look(gate, measure, resamples, target) for target in targets]
    many = (gate.correction or gates.correction) == "holm"
    below, above = (
        (holm(p) if many else p for p in zip(*((s.p_below, s.p_above) for s in seen), strict=True))
        if seen
        else ((), ())
    )
    return [
        _member(gate, gates, measure, resamples, each, p_below, p_above)
        for each, p_below, p_above in zip(seen, below, above, strict=True)
    ]


def _look(gate: Gate, measure: Measure, resamples: Resamples, target: Target) -> _Seen:
    found = measured(resamples, measure, target.class_index, gate.size)
    images, units = units_of(resamples, measure, target.class_index)
    drawn = found.spread(resamples)
    low, high = resamples.interval(drawn, units)
    p_below = p_above = math.nan
    if gate.fail_below is not None:
        p_below = p_below_zero(found.value - gate.fail_below, drawn - gate.fail_below, units)
    if gate.fail_above is not None:
        p_above = p_below_zero(gate.fail_above - found.value, gate.fail_above - drawn, units)
    value = found.value if resamples.tally.n_images else math.nan  # a count over no image is 0, which says nothing
    return _Seen(target, value, (float(low), float(high)), images, p_below, p_above)


def _member(
    gate: Gate, gates: Gates, measure: Measure, resamples: Resamples, seen: _Seen, p_below: float, p_above: float
) -> Member:
    alpha = 1.0 - (gate.confidence or gates.confidence)
    verdict, why = _verdict(gate, gates, measure, seen, p_below < alpha, p_above < alpha)
    bad = verdict in ("fail", "warn", "inconclusive")
    evidence = lowest_images(resamples.tally, gate, seen.target.class_index) if bad else ()
    known = [p for p in (p_below, p_above) if not math.isnan(p)]
    return Member(
        scope=seen.target.scope,
        class_id=seen.target.class_id,
        value=seen.value,
        interval=seen.interval,
        images=seen.images,
        verdict=verdict,
        message=_message(gate, measure, seen, why, evidence),
        p_adjusted=min(known, default=math.nan),
        evidence=evidence,
    )


def _verdict(
    gate: Gate, gates: Gates, measure: Measure, seen: _Seen, is_sure_below: bool, is_sure_above: bool
) -> tuple[str, str]:
    """(verdict, reason)."""
    if math.isnan(seen.value):
        return "not-measured", "there is nothing to measure it on"
    least = gate.min_images or (0 if gate.statistic == "point" else gates.min_images)
    if seen.images < least:
        return "inconclusive", f"that is fewer than {least} images, too few to tell"
    low, high = seen.interval
    if gate.statistic != "point" and math.isnan(low):
        return "inconclusive", "no interval can be given, as too few images decide it"
    lines = (
        (gate.fail_below, "below", _beyond(gate, seen.value, high, low, is_sure_below, 1)),
        (gate.fail_above, "above", _beyond(gate, seen.value, low, high, is_sure_above, -1)),
    )
    found = ("pass", "")
    for line, side, beyond in lines:
        if line is None or not beyond:
            continue
        reason = f"{side} {bound(line, measure.unit)}"
        if beyond == "fail":
            return "fail", f"{reason}{', for sure' if gate.statistic == 'sure' else ''}"
        found = ("warn", f"{reason}, but its interval reaches to the other side")
    return found if found[0] == "warn" else _warned(gate, measure, seen)


def _beyond(gate: Gate, value: float, near: float, far: float, is_sure: bool, sign: int) -> str:
    """ "fail", "warn" or "": `near` is the end of the interval that is nearest to the right side."""
    line = gate.fail_below if sign > 0 else gate.fail_above
    if line is None:
        return ""
    if gate.statistic == "sure":
        if sign * (near - line) < 0 and is_sure:
            return "fail"
        return "warn" if sign * (value - line) < 0 else ""
    low, high = (far, near) if sign > 0 else (near, far)
    held = {"point": value, "ci_lower": low, "ci_upper": high}[gate.statistic]
    return "fail" if sign * (held - line) < 0 else ""


def _warned(gate: Gate, measure: Measure, seen: _Seen) -> tuple[str, str]:
    if gate.warn_below is not None and seen.value < gate.warn_below:
        return "warn", f"below {bound(gate.warn_below, measure.unit)}"
    if gate.warn_above is not None and seen.value > gate.warn_above:
        return "warn", f"above {bound(gate.warn_above, measure.unit)}"
    return "pass", ""


def _message(gate: Gate, measure: Measure, seen: _Seen, why: str, evidence: Sequence[str]) -> str:
    lines = (gate.fail_below, gate.fail_above, gate.warn_below, gate.warn_above)
    bounds = span(seen.interval, measure.unit, *lines)
    images = f"{seen.images:,} image{'' if seen.images == 1 else 's'}"
    sure = f"{bounds}, {images}" if bounds else images
    text = f"{measure.title} of {seen.target.scope} is {beside(seen.value, measure.unit, *lines)} ({sure})"
    opened = f" Open {', '.join(evidence)}." if evidence else ""
    return f"{text}: {why}.{opened}" if why else f"{text}.{opened}"
