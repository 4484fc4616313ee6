"""`evaluate`: gates against a run: every number exact, every verdict with its uncertainty, nothing undefined passes."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import replace

from inspector.errors import InputError
from inspector.gates.bench import Baselines, Bench
from inspector.gates.checks import Check, Member, Outcome, worst
from inspector.gates.config import Gate, Gates
from inspector.gates.image_waivers import ImageWaiver
from inspector.gates.targets import ALL_CLASSES, Target, expected, lacks_truth, measure_of, scope_of, targets_of
from inspector.gates.waivers import proposals as waiver_proposals
from inspector.gates.waivers import waived
from inspector.gates.without_images import without_images
from inspector.runs import Run

__all__ = ["Baselines", "evaluate"]


def evaluate(
    gates: Gates, run: Run, baselines: Baselines, today: datetime.date, accepted: Sequence[ImageWaiver] = ()
) -> Outcome:
    """The outcome of every gate whose level is not off, in the order of the configuration.

    baselines   how a gate finds what it compares with
    today       the day that waivers are held against
    accepted    waivers of images of this run

    Raises UsageError for a gate that names a class, a slice or a metric that this run does not know: a gate that could
    never be measured is a mistake of the configuration.
    """
    bench = Bench(run, gates, baselines)
    asked = [gate for gate in gates.gate if (gate.level or gates.level) != "off"]
    checks = tuple(_check(bench, gate, accepted, today) for gate in asked)
    return Outcome(checks, tuple(waiver_proposals(gates, checks)))


def _check(bench: Bench, gate: Gate, accepted: Sequence[ImageWaiver], today: datetime.date) -> Check:
    measure, level = measure_of(gate), gate.level or bench.gates.level
    targets, not_asked = targets_of(gate, measure, bench.run)
    not_in_truth: list[str] = []
    try:
        members = without_images(bench, gate, targets, accepted, today)
        if gate.classes == ALL_CLASSES:
            members, not_in_truth = _in_truth(bench, gate, targets, members)
    except InputError as error:  # no baseline, or none that can be compared: that is never a pass
        members = [_unmeasured(target, str(error)) for target in targets]
    members = [_at_level(waived(member, gate, bench.gates, today), level) for member in members]
    verdict = worst(member.verdict for member in members) if members else _empty(level)
    lines = (gate.fail_below, gate.fail_above, gate.warn_below, gate.warn_above)
    return Check(
        id=gate.id,
        metric=gate.metric,
        unit=measure.unit,
        scope=scope_of(gate),
        expected=expected(gate, measure, bench.gates),
        level=level,
        verdict=verdict,
        message=_told(verdict, members) + _left_out(not_in_truth),
        members=tuple(members),
        not_asked=tuple(not_asked),
        not_in_truth=tuple(not_in_truth),
        lines=tuple(line for line in lines if line is not None),
    )


def _in_truth(
    bench: Bench, gate: Gate, targets: Sequence[Target], members: list[Member]
) -> tuple[list[Member], list[str]]:
    """(members without those that the truth holds nothing to measure on, their scopes); all where that is each.

    Of a comparison the difference is what is measured: a class that no truth holds and one model invents has none.
    """
    tally = bench.tally(gate)
    left = [
        math.isnan(member.value if gate.baseline is None else member.difference) and lacks_truth(gate, target, tally)
        for member, target in zip(members, targets, strict=True)
    ]
    if all(left):
        return members, []
    kept = [member for member, is_left in zip(members, left, strict=True) if not is_left]
    return kept, [member.scope for member, is_left in zip(members, left, strict=True) if is_left]


def _unmeasured(target: Target, why: str) -> Member:
    nan = float("nan")
    return Member(target.scope, target.class_id, nan, (nan, nan), 0, "not-measured", f"{target.scope}: {why}")


def _at_level(member: Member, level: str) -> Member:
    """A gate that only warns neither fails nor stops for want of a number."""
    if level == "warn" and member.verdict in ("fail", "not-measured"):
        return replace(member, verdict="warn")
    return member


def _empty(level: str) -> str:
    return "warn" if level == "warn" else "not-measured"


def _told(verdict: str, members: list[Member]) -> str:
    """The messages of the members that decided, the first three in full."""
    if not members:
        return "no class is true or predicted, so there is nothing to measure"
    told = [member.message for member in members if member.verdict == verdict]
    if verdict == "pass" and len(members) > 1:
        return f"all {len(members)} pass."
    return " ".join(told[:3]) + (f" And {len(told) - 3} more." if len(told) > 3 else "")


def _left_out(scopes: Sequence[str]) -> str:
    return f" Not in the truth here, so not measured and left out: {', '.join(scopes)}." if scopes else ""
