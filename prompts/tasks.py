"""Tasks from scores: how likely each is, the facts that say so, and the one question that would settle it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from prompts.answer import TASKS, Task
from prompts.cues import AXES, Axis
from prompts.facts import Facts

__all__ = ["ASK_BELOW", "QUESTIONS", "Belief", "belief_of", "facts_for"]

#: Below this probability of the likeliest task one question is asked. Chosen on descriptions with answers: about one
#: text in twenty is then asked about (see benchmarks/picker/README.md).
ASK_BELOW = 0.7
#: What is asked to settle an axis. The wording is that of the interview, put so that yes or no answers it.
QUESTIONS: dict[Axis, str] = {
    "output": "Do you need the shape of things (a mask)? Or would boxes, points, a number or a label for the image do?",
    "separate": "Must two touching objects of the same kind stay two?",
    "regions": "Are areas that nobody counts (sky, soil, tissue) wanted as well, beside the single objects?",
}
_ANSWER: dict[Task, dict[Axis, bool]] = {
    "none": {"output": False},
    "semantic": {"output": True, "separate": False},
    "instance": {"output": True, "separate": True, "regions": False},
    "panoptic": {"output": True, "separate": True, "regions": True},
}
_FACT: dict[Axis, tuple[str, str]] = {"output": ("masks", "something else"), "separate": ("yes", "no"),
                                      "regions": ("yes", "no")}  # fmt: skip
CERTAIN = 12.0  # log-odds of what a person was asked and said


@dataclass(frozen=True)
class Belief:
    """How likely each task is; the probabilities add up to 1. `open_axis` is what divides the two likeliest;
    `is_guess` where nothing was said, and the task is what most people need."""

    probabilities: Mapping[Task, float]
    open_axis: Axis
    is_guess: bool = False

    @property
    def task(self) -> Task:
        return max(TASKS, key=lambda task: self.probabilities[task])

    @property
    def confidence(self) -> float:
        return self.probabilities[self.task]

    @property
    def question(self) -> str | None:
        """What to ask; None where the text, or an answer, says enough."""
        return QUESTIONS[self.open_axis] if self.is_guess or self.confidence < ASK_BELOW else None


def belief_of(scores: Mapping[Axis, float], asked: Facts) -> Belief:
    """The belief after a text, with log-odds for each axis, and answers to questions, which stand above it."""
    odds = {axis: _answered(axis, asked) or scores[axis] for axis in AXES}
    yes = {axis: 1 / (1 + math.exp(-max(-60.0, min(60.0, value)))) for axis, value in odds.items()}
    likely = {
        task: math.prod(yes[a] if wanted else 1 - yes[a] for a, wanted in _ANSWER[task].items()) for task in TASKS
    }
    if asked.get("task"):
        likely = {task: float(task == asked["task"]) for task in TASKS}
    first, second = sorted(likely, key=lambda task: -likely[task])[:2]
    return Belief(likely, _divides(first, second))


def _answered(axis: Axis, asked: Facts) -> float | None:
    if axis not in asked:
        return None
    return CERTAIN if asked[axis] == _FACT[axis][0] else -CERTAIN


def _divides(first: Task, second: Task) -> Axis:
    """The first axis on which two tasks differ."""
    return next(axis for axis in AXES if _ANSWER[first].get(axis) != _ANSWER[second].get(axis))


def facts_for(task: Task) -> dict[str, str]:
    """The facts by which the table `task` comes to this task."""
    return {axis: _FACT[axis][0 if wanted else 1] for axis, wanted in _ANSWER[task].items()}
