"""Against a baseline: is a number worse than it was, by more than chance and by more than the margin?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inspector.compare_runs import Difference, Paired, difference_of
from inspector.gates.checks import Member
from inspector.gates.config import Gate, Gates
from inspector.gates.proof import MOST, harm
from inspector.gates.targets import Target, measure_of
from inspector.gates.words import change, number, points, span
from inspector.hypotheses import holm
from inspector.measures import Measure

__all__ = ["judge"]


def judge(gate: Gate, gates: Gates, paired: Paired, targets: Sequence[Target]) -> list[Member]:
    """A member for each target: it fails where the drop is beyond the margin, its interval lies wholly beyond zero, and
    so it is after correction over all targets with enough images."""
    measure = measure_of(gate)
    found = [difference_of(paired, measure, target.class_index, gate.size) for target in targets]
    if not paired.b.tally.n_images:  # a count over no image is 0, which says nothing
        found = [replace(each, a=math.nan, b=math.nan, difference=math.nan) for each in found]
    least = gate.min_images or gates.min_images
    tested = [index for index, each in enumerate(found) if each.images >= least]
    p_values = [found[index].p_worse for index in tested]
    corrected = holm(p_values) if (gate.correction or gates.correction) == "holm" else p_values
    adjusted = dict(zip(tested, corrected, strict=True))
    return [
        _member(gate, gates, measure, paired, target, each, adjusted.get(index, math.nan), len(tested))
        for index, (target, each) in enumerate(zip(targets, found, strict=True))
    ]


def _member(
    gate: Gate, gates: Gates, measure: Measure, paired: Paired, target: Target, found: Difference, p: float, looks: int
) -> Member:
    verdict, why = _verdict(gate, gates, measure, found, p, looks)
    bad = verdict in ("fail", "inconclusive")
    evidence = _worsened(gate, paired, target) if bad else ()
    return Member(
        scope=target.scope,
        class_id=target.class_id,
        value=found.b,
        interval=found.interval,
        images=found.images,
        verdict=verdict,
        message=_message(gate, measure, target, found, why, evidence),
        baseline=found.a,
        difference=found.difference,
        p_adjusted=p,
        evidence=evidence,
    )


def _verdict(gate: Gate, gates: Gates, measure: Measure, found: Difference, p: float, looks: int) -> tuple[str, str]:
    """(verdict, reason)."""
    if math.isnan(found.b):
        return "not-measured", "there is nothing to measure it on"
    if math.isnan(found.a):
        return "not-measured", "the baseline has no such number"
    sign = -1.0 if measure.better == "low" else 1.0
    worse = sign * found.difference
    word = "worse" if worse < 0 else "not worse"
    least = gate.min_images or gates.min_images
    if gate.statistic == "point":
        return ("fail", "worse than the margin allows") if worse < -gate.margin else ("pass", word)
    if found.images < least:
        return "inconclusive", f"fewer than {least} images, too few to tell"
    low, high = sorted(sign * bound for bound in found.interval)
    if found.difference == 0 and math.isnan(p):
        return "pass", "equal"
    if math.isnan(low) or math.isnan(p):
        return "inconclusive", "no interval can be given, as too few images decide it"
    if gate.statistic in ("ci_lower", "ci_upper"):
        held = low if gate.statistic == "ci_lower" else high
        if held < -gate.margin:
            return (
                "fail",
                f"a drop beyond {points(gate.margin, measure.unit)} is not ruled out"
                if held == low
                else "worse for sure",
            )
        return "pass", word
    if worse >= 0:
        return "pass", word
    if worse >= -gate.margin:
        return "pass", f"within the margin of {points(gate.margin, measure.unit)}"
    if high < 0 and p < 1.0 - (gate.confidence or gates.confidence):
        return "fail", f"worse, and not by chance (p = {p:.2g}{_corrected(looks)})"
    return "pass", f"no drop is shown (p = {p:.2g}{_corrected(looks)})"


def _corrected(looks: int) -> str:
    return f" after correction for {looks} looks" if looks > 1 else ""


def _worsened(gate: Gate, paired: Paired, target: Target) -> tuple[str, ...]:
    """The images that cost the number more than they did, those that lost most first."""
    more = harm(paired.b.tally, gate, target.class_index) - harm(paired.a.tally, gate, target.class_index)
    order = np.argsort(-more, kind="stable")[:MOST]
    return tuple(paired.b.tally.image_ids[i] for i in order if more[i] > 0)


def _message(gate: Gate, measure: Measure, target: Target, found: Difference, why: str, evidence: Sequence[str]) -> str:
    bounds = span(found.interval, measure.unit, signed=True)
    images = f"{found.images:,} image{'' if found.images == 1 else 's'}"
    sure = f"{bounds}, {images}" if bounds else images
    now, before = (number(value, measure.unit, other) for value, other in ((found.b, found.a), (found.a, found.b)))
    moved = change(found.difference, measure.unit, gate.margin)
    text = f"{measure.title} of {target.scope} is {now}, was {before}: {moved} ({sure})"
    return f"{text}, {why}." + (f" Open {', '.join(evidence)}." if evidence else "")
