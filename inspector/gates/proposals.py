"""Gates to begin with, from a run's own intervals: what it holds today, with room for chance, is what it is held to."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from inspector.compare_runs import pair_runs
from inspector.gates.checks import Check, Member
from inspector.gates.config import Gate, Gates
from inspector.gates.evaluate import evaluate
from inspector.gates.targets import measure_of
from inspector.gates.words import number, points, span
from inspector.runs import Run

__all__ = ["Proposal", "propose", "rounded"]

HALF_POINT = Decimal("0.005")  # thresholds are rounded down to it
TWENTIETH = Decimal("0.05")  # bounds of the area ratio are rounded outwards to it
MARGIN = 0.01
RULE_OF_THREE = 3.0  # n images without a failure: up to 3 / n of all may fail, 95 % sure
ROOM = (0.9, 1.1)  # however good all classes are today
RATIOS = (0.5, 2.0)  # a class that may lie beyond these sets no bounds for the others


@dataclass(frozen=True)
class Proposal:
    """One gate, as a configuration file holds it, and where its numbers come from. `gate` is empty where there is none
    to propose: then `reason` says why."""

    reason: str
    gate: dict[str, Any]


def propose(run: Run, baseline: str | None, read: Callable[[str], Run]) -> list[Proposal]:
    """Gates that `run` passes. Where a `baseline` is named, one of them asks that no class becomes worse than in it;
    `read` finds it by its name.

    Raises InputError where the baseline is not there or cannot be compared.
    """
    found = [
        _threshold(run, {"id": "miou", "metric": "miou"}),
        _threshold(run, {"id": "small-objects", "metric": "object_recall", "size": "small"}),
    ]
    if baseline is not None:
        found.append(_regression(run, baseline, read(baseline)))
    return [*found, _ratio(run)]


def rounded(value: float, step: Decimal, towards: str) -> float:
    """`value` to a multiple of `step`, ROUND_FLOOR or ROUND_CEILING: of the decimal that it is shown as."""
    return float((Decimal(repr(float(value))) / step).to_integral_value(towards) * step)


def _look(run: Run, gate: dict[str, Any], baseline: Run | None = None) -> Check:
    """What a gate makes of a run."""

    def only(name: str) -> Run:
        assert baseline is not None, name  # noqa: S101 - a threshold asks for none
        return baseline

    return evaluate(Gates(gate=(Gate(**gate),)), run, only, datetime.date.min).checks[0]


def _names(members: list[Member]) -> str:
    return ", ".join(member.scope for member in members)


def _threshold(run: Run, gate: dict[str, Any]) -> Proposal:
    """fail_below at the lower end of the interval."""
    seen = _look(run, {**gate, "fail_below": 0.0}).members[0]
    title = measure_of(Gate(**gate, fail_below=0.0)).title
    if seen.verdict != "pass":
        nothing = math.isnan(seen.value)
        why = "there is nothing to measure it on" if nothing else f"{seen.images:,} images are too few to tell"
        return Proposal(f"No gate on {title} of {seen.scope}: {why}.", {})
    told = f"{title} of {seen.scope} is {number(seen.value, 'fraction')}"
    told += f" ({span(seen.interval, 'fraction')}, {seen.images:,} images)"
    low, source = seen.interval[0], "the lower end"
    if seen.interval[0] == seen.interval[1]:  # nothing ever failed, or always: resamples know of nothing else
        low, source = seen.value - RULE_OF_THREE / seen.images, f"all images alike, so 3 / {seen.images:,} less"
    line = rounded(low, HALF_POINT, ROUND_FLOOR)
    if line <= 0:
        return Proposal(f"No gate on this: {told}, and nothing above 0 would pass for sure.", {})
    return Proposal(f"{told}: {source}, rounded down to half a point.", {**gate, "fail_below": line})


def _regression(run: Run, name: str, baseline: Run) -> Proposal:
    """No class worse than in the baseline by more than the margin and by more than chance."""
    pair_runs(baseline, run, run.settings)  # raises where they cannot be compared, which a gate calls not measured
    gate: dict[str, Any] = {
        "id": "no-class-regresses", "metric": "iou", "classes": "*", "baseline": name,
        "margin": MARGIN, "correction": "holm",
    }  # fmt: skip
    reason = f"No drop of more than {points(MARGIN, 'fraction')} that is more than chance, by Holm's correction."
    check = _look(run, gate, baseline)
    if check.verdict == "not-measured":  # then it is so of every class
        return Proposal("No gate on classes that become worse: no class is true in the images that both runs hold.", {})
    if check.not_in_truth:
        reason += f" Not in the truth, so not asked: {', '.join(check.not_in_truth)}."
    rare, failing = (
        [member for member in check.members if member.verdict == verdict] for verdict in ("inconclusive", "fail")
    )
    if rare:
        reason += f" In too few images to tell as yet: {_names(rare)}."
    if failing:
        reason += f" It only warns, since it would fail today for {_names(failing)}: take out level once it holds."
        gate["level"] = "warn"
    return Proposal(reason, gate)


def _ratio(run: Run) -> Proposal:
    """Warnings where a class takes far more or far less room than it truly has."""
    gate: dict[str, Any] = {"id": "area-ratio", "metric": "prediction_ratio", "classes": "*"}
    check = _look(run, {**gate, "fail_below": 0.0})
    known = [member for member in check.members if member.verdict == "pass" and all(map(math.isfinite, _span(member)))]
    good = [member for member in known if RATIOS[0] <= member.interval[0] and member.interval[1] <= RATIOS[1]]
    if not good:
        return Proposal(
            f"No gate on predicted / true area: of no class is it surely within {RATIOS[0]:g} to {RATIOS[1]:g}.", {}
        )
    lowest, highest = (min(good, key=lambda each: each.interval[0]), max(good, key=lambda each: each.interval[1]))
    low = min(rounded(lowest.interval[0], TWENTIETH, ROUND_FLOOR), ROOM[0])
    high = max(rounded(highest.interval[1], TWENTIETH, ROUND_CEILING), ROOM[1])
    ends = f"{number(lowest.interval[0], 'ratio')} ({lowest.scope}) to {number(highest.interval[1], 'ratio')}"
    reason = (
        f"Predicted / true area: the intervals reach from {ends} ({highest.scope}), rounded outwards, and to "
        f"{ROOM[0]:g} and {ROOM[1]:g} at least."
    )
    far, rare = _without(known, good), _without(list(check.members), known)
    for why, left in (
        (f"not surely within {RATIOS[0]:g} to {RATIOS[1]:g} today", far),
        ("in too few images to tell, or infinite", rare),
    ):
        if left:
            reason += f" Left out, as {why}: {_names(left)}."
            gate["classes"] = tuple(member.scope for member in good)
    return Proposal(reason, {**gate, "warn_below": low, "warn_above": high, "level": "warn"})


def _span(member: Member) -> tuple[float, float, float]:
    return (member.value, *member.interval)


def _without(members: list[Member], others: list[Member]) -> list[Member]:
    held = {member.scope for member in others}
    return [member for member in members if member.scope not in held]
