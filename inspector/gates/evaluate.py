"""`evaluate`: gates against a run: every number exact, every verdict with its uncertainty, nothing undefined passes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from inspector.compare_runs import Paired, pair_runs
from inspector.errors import InputError
from inspector.gates.absolute import judge as judge_threshold
from inspector.gates.checks import Check, Member, Outcome, worst
from inspector.gates.config import Gate, Gates
from inspector.gates.regression import judge as judge_regression
from inspector.gates.targets import Target, expected, measure_of, scope_of, targets_of
from inspector.gates.waivers import proposals as waiver_proposals
from inspector.gates.waivers import waived
from inspector.intervals import Resamples, resample
from inspector.runs import Run, part_of, tally_of
from inspector.settings import Settings

__all__ = ["Baselines", "evaluate"]

Baselines = Callable[[str], Run]  # name or path of a baseline -> the run; raises InputError where there is none


@dataclass(frozen=True)
class _Bench:
    """What gates are judged on: the run, resampled once for each slice, and paired once with each baseline."""

    run: Run
    gates: Gates
    baselines: Baselines

    @cached_property
    def _resamples(self) -> dict[tuple[str | None, float], Resamples]:
        return {}

    @cached_property
    def _paired(self) -> dict[tuple[str, str | None, float], Paired]:
        return {}

    def resamples(self, gate: Gate) -> Resamples:
        key = gate.slice, self._settings(gate).confidence
        if key not in self._resamples:
            run = self._sliced(self.run, gate)
            self._resamples[key] = resample(tally_of(run.tables, run.categories, self._settings(gate)))
        return self._resamples[key]

    def paired(self, gate: Gate) -> Paired:
        """Raises InputError where the baseline is not there or cannot be compared."""
        key = str(gate.baseline), gate.slice, self._settings(gate).confidence
        if key not in self._paired:
            baseline = self.baselines(str(gate.baseline))
            self._paired[key] = pair_runs(baseline, self.run, self._settings(gate), slice_of=gate.slice)
        return self._paired[key]

    def _sliced(self, run: Run, gate: Gate) -> Run:
        if gate.slice is None:
            return run
        return replace(run, tables=part_of(run.tables, run.slice(gate.slice)))

    def _settings(self, gate: Gate) -> Settings:
        return replace(
            self.run.settings,
            resamples=self.gates.resamples,
            seed=self.gates.seed,
            confidence=gate.confidence or self.gates.confidence,
        )


def evaluate(gates: Gates, run: Run, baselines: Baselines, today: datetime.date) -> Outcome:
    """The outcome of every gate whose level is not off, in the order of the configuration.

    baselines   how a gate finds what it compares with
    today       the day that waivers are held against

    Raises UsageError for a gate that names a class, a slice or a metric that this run does not know: a gate that could
    never be measured is a mistake of the configuration.
    """
    bench = _Bench(run, gates, baselines)
    asked = [gate for gate in gates.gate if (gate.level or gates.level) != "off"]
    checks = tuple(_check(bench, gate, today) for gate in asked)
    return Outcome(checks, tuple(waiver_proposals(gates, checks)))


def _check(bench: _Bench, gate: Gate, today: datetime.date) -> Check:
    measure, level = measure_of(gate), gate.level or bench.gates.level
    targets, not_asked = targets_of(gate, measure, bench.run)
    try:
        members = _members(bench, gate, targets)
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
        message=_told(verdict, members),
        members=tuple(members),
        not_asked=tuple(not_asked),
        lines=tuple(line for line in lines if line is not None),
    )


def _members(bench: _Bench, gate: Gate, targets: list[Target]) -> list[Member]:
    if gate.baseline is not None:
        return judge_regression(gate, bench.gates, bench.paired(gate), targets)
    return judge_threshold(gate, bench.gates, bench.resamples(gate), targets)


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
        return f"all {len(members)} pass"
    return " ".join(told[:3]) + (f" And {len(told) - 3} more." if len(told) > 3 else "")
