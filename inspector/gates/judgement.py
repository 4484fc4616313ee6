"""`Judgement`: the gates of one run, with all that a message about them says of the run and its configuration."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspector.gates.checks import VERDICTS, Check, Member, Outcome
from inspector.gates.configuration import Configuration
from inspector.gates.evaluate import evaluate
from inspector.gates.words import beside, number, span
from inspector.measures import MEASURES
from inspector.runs import Run

__all__ = ["Judgement", "Place", "judge_run", "shown_interval", "shown_number"]

HEADLINES = ("miou", "mean_dice", "pixel_accuracy", "boundary_f1", "small_object_recall")


@dataclass(frozen=True)
class Place:
    """A line of a file, as the repository names it."""

    file: str
    line: int = 1


@dataclass(frozen=True)
class Judgement:
    """What came of the gates of a run.

    run        its name
    strict     what is inconclusive fails
    source     where the gates come from, for people
    places     id of a gate -> where it is written; only of those in a file
    elsewhere  a file to point at for the others
    images     how many were scored
    headlines  (title, number with its interval) of the run
    notes      what a careful user should know of the configuration
    """

    outcome: Outcome
    run: str
    strict: bool = False
    source: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)
    elsewhere: str = "inspection.json"
    images: int = 0
    headlines: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        return self.outcome.exit_code(strict=self.strict)

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> how many gates, the worst first; only those that occur."""
        held = [check.verdict for check in self.outcome.checks]
        return {verdict: held.count(verdict) for verdict in reversed(VERDICTS) if verdict in held}

    @property
    def ordered(self) -> list[Check]:
        """The gates, the worst first, else in the order of the configuration."""
        return sorted(self.outcome.checks, key=lambda check: -VERDICTS.index(check.verdict))

    def fails(self, check: Check) -> bool:
        """Whether this gate alone ends in an exit code that is not 0."""
        return check.verdict in ("fail", "not-measured") or (self.strict and check.is_open)

    def place(self, check: Check) -> Place:
        return self.places.get(check.id, Place(self.elsewhere))

    def as_json(self) -> dict[str, Any]:
        """`gates` of the document."""
        return {**self.outcome.as_json(), "strict": self.strict, "source": self.source, "notes": list(self.notes)}


def judge_run(
    configuration: Configuration,
    run: Run,
    baselines: Callable[[str], Run],
    today: datetime.date,
    elsewhere: str = "inspection.json",
) -> Judgement:
    """The gates of a configuration against a run; raises as `evaluate` does."""
    file = configuration.file
    accepted = configuration.image_waivers
    lines = {gate.id: file.line_of(gate.id) for gate in configuration.gates.gate}
    outcome = evaluate(configuration.gates, run, baselines, today, accepted.of_run(run))
    return Judgement(
        outcome=outcome,
        run=run.name,
        strict=configuration.gates.strict,
        source=configuration.source,
        places={name: Place(file.in_repository, line) for name, line in lines.items() if line},
        elsewhere=elsewhere,
        images=len(run.image_ids),
        headlines=tuple(_headlines(run.document["overall"])),
        notes=(*configuration.notes, *accepted.notes(run, today), *_left_out(outcome)),
    )


def _left_out(outcome: Outcome) -> list[str]:
    """Gates that pass show no message: what they left out is said here."""
    return [
        f"{check.id}: not in the truth, so not measured and left out: {', '.join(check.not_in_truth)}"
        for check in outcome.checks
        if check.not_in_truth and check.verdict == "pass"
    ]


def _headlines(overall: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name in HEADLINES:
        value = overall.get(name)
        if value is not None:
            bounds = (overall.get("intervals") or {}).get(name)
            interval = span((float(bounds[0]), float(bounds[1])), "fraction") if bounds else ""
            shown = number(float(value), "fraction")
            found.append((MEASURES[name].title, f"{shown} ({interval})" if interval else shown))
    return found


def shown_number(check: Check) -> str:
    """The number that a line about the gate shows, as its message does: of many the first that decided, and how many
    did; only how many where all pass."""
    member = _told(check)
    value = _value(check, member) if member else ""
    if len(check.members) < 2:
        return value
    held = sum(each.verdict == check.verdict for each in check.members)
    share = f"{held} of {len(check.members)}"
    return f"{share}: {member.scope} {value}" if member else share


def shown_interval(check: Check) -> str:
    """The interval of that number; of a comparison that of the difference, with its sign. "" where there is none."""
    member = _told(check)
    if member is None:
        return ""
    is_difference = not math.isnan(member.baseline)
    return span(member.interval, check.unit, *check.lines, signed=is_difference)


def _told(check: Check) -> Member | None:
    told = [member for member in check.members if member.verdict == check.verdict]
    return told[0] if told and not (check.verdict == "pass" and len(check.members) > 1) else None


def _value(check: Check, member: Member) -> str:
    if not math.isnan(member.baseline):
        return number(member.value, check.unit, member.baseline)
    return beside(member.value, check.unit, *check.lines)
