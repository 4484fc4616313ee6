"""What a gate looks at: its metric, and the classes and images that it is asked of."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass

import numpy as np

from inspector.errors import UsageError
from inspector.gates.config import Gate, Gates
from inspector.gates.words import bound, points
from inspector.measures import ALIASES, MEASURES, Measure
from inspector.runs import Run
from inspector.tally import Tally

__all__ = ["ALL_CLASSES", "Target", "expected", "lacks_truth", "measure_of", "name_of", "scope_of", "targets_of"]

ALL_CLASSES = "*"


@dataclass(frozen=True)
class Target:
    """One number that a gate asks for. class_index, class_id and class_name are None for a number of all classes."""

    scope: str
    class_index: int | None = None
    class_id: int | None = None
    class_name: str | None = None


def name_of(metric: str) -> str:
    """The name in MEASURES of what a user wrote. Raises UsageError with the nearest names."""
    name = metric.strip().lower().replace("-", "_")
    name = ALIASES.get(name, name)
    if name not in MEASURES:
        near = difflib.get_close_matches(name, MEASURES, n=3) or sorted(MEASURES)
        raise UsageError(f"there is no metric {metric!r}; expected one of {', '.join(near)}", kind="gate_metric")
    return name


def measure_of(gate: Gate) -> Measure:
    """The number that a gate is about. Raises UsageError where it has no such form."""
    name = name_of(gate.metric)
    measure = MEASURES[name]
    where = f"gate {gate.id!r}: {gate.metric}"
    if gate.size is not None and measure.sizes is None:
        raise UsageError(
            f"{where} is not measured by size; only object_recall and missed_objects are", kind="gate_scope"
        )
    if gate.classes is None and measure.of_all(gate.size) is None:
        raise UsageError(f'{where} is a number of a class; add classes = "*" or their names', kind="gate_scope")
    if gate.classes is not None and measure.of_class(gate.size) is None:
        raise UsageError(f"{where} is a number of all classes; leave classes out", kind="gate_scope")
    if gate.baseline is not None and measure.better == "one":
        raise UsageError(
            f"{where} is best at 1, so more is neither better nor worse; use thresholds", kind="gate_scope"
        )
    _check_lines(gate, measure)
    return measure


def _check_lines(gate: Gate, measure: Measure) -> None:
    """Raise UsageError for a threshold that no number of this unit could lie on: 70 where 0.7 is meant."""
    most = 1.0 if measure.unit == "fraction" else math.inf
    for key in ("fail_below", "fail_above", "warn_below", "warn_above", "margin"):
        line = getattr(gate, key)
        if line is not None and not 0 <= line <= most:
            known = "a fraction, from 0 to 1 (write 0.7 for 70 %)" if most == 1.0 else "never below 0"
            raise UsageError(
                f"gate {gate.id!r}: {key} = {line:g} was found, but {gate.metric} is {known}", kind="gate_threshold"
            )


def scope_of(gate: Gate) -> str:
    """Where a gate looks, in words."""
    size = f"{gate.size} objects" if gate.size else ""
    if gate.classes is None:
        classes = "all classes"
    elif gate.classes == ALL_CLASSES:
        classes = "every class"
    else:
        classes = ", ".join(gate.classes)
    return " of ".join(filter(None, (size, classes))) + (f" where {gate.slice}" if gate.slice else "")


def targets_of(gate: Gate, measure: Measure, run: Run) -> tuple[list[Target], list[str]]:
    """(the numbers asked for, names of classes that "*" leaves out as they are neither true nor predicted).

    Raises UsageError for a class or a slice that the run does not know.
    """
    if gate.slice is not None:
        run.slice(gate.slice)
    size = f"{gate.size} objects of " if gate.size else ""
    if gate.classes is None:
        return [Target(f"{size}all classes" if size else "all classes")], []
    names = run.categories.names
    if gate.classes == ALL_CLASSES:
        seen = np.unique(run.tables["classes"].column("class_index"))
        held = [int(k) for k in seen if not (measure.sizes and k in run.categories.background)]
        left = [name for k, name in enumerate(names) if k not in held]
    else:
        held, left = [_index(gate, name, names) for name in gate.classes], []
    ids = run.categories.ids
    return [Target(f"{size}{names[k]}", k, int(ids[k]), names[k]) for k in held], left


def _index(gate: Gate, name: str, names: tuple[str, ...]) -> int:
    if name in names:
        return names.index(name)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(names[:10])}"
    raise UsageError(f"gate {gate.id!r}: there is no class {name!r}{hint}", kind="gate_class")


def lacks_truth(gate: Gate, target: Target, tally: Tally) -> bool:
    """Whether the truth of some images holds nothing of a target: no pixel of its class, or no object of its size."""
    column = f"objects_{gate.size}" if gate.size else "gt_px"
    return target.class_index is not None and not tally.total[column][target.class_index]


def expected(gate: Gate, measure: Measure, gates: Gates) -> str:
    """The condition in words."""
    if gate.baseline is not None:
        more = "rise" if measure.better == "low" else "drop"
        margin = f" of more than {points(gate.margin, measure.unit)}" if gate.margin else ""
        return f"no {more}{margin} against {gate.baseline}"
    fails = (("at least", gate.fail_below), ("at most", gate.fail_above))
    words = [f"{word} {bound(line, measure.unit)}" for word, line in fails if line is not None]
    warns = (("below", gate.warn_below), ("above", gate.warn_above))
    words += [f"warning {word} {bound(line, measure.unit)}" for word, line in warns if line is not None]
    return ", ".join(words)
