"""Explain: the words that decided, why in sentences, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prompts.answer import TASKS, Choice, Quote, Task
from prompts.cues import Axis, language
from prompts.reading import Hit, Reading

__all__ = ["NAMES", "deciding", "habit", "not_chosen", "quotes"]

NAMES: dict[Task, str] = {
    "semantic": "semantic segmentation",
    "instance": "instance segmentation",
    "panoptic": "panoptic segmentation",
    "none": "not segmentation",
}
#: What speaks for a task: the sign with which each axis counts.
_FOR: dict[Task, dict[Axis, int]] = {
    "none": {"output": -1},
    "semantic": {"separate": -1},
    "instance": {"separate": 1, "regions": -1},
    "panoptic": {"separate": 1, "regions": 1},
}
MOST_QUOTES = 5
LEAST = 0.4  # log-odds: words that add less decided nothing
_LACKS: dict[Task, str] = {
    "semantic": "objects of one kind must be told apart, and a class map makes touching ones one",
    "instance": "nothing asks that two touching objects of one kind stay two; masks for each object cost more to draw",
    "panoptic": "nothing asks for areas and single objects in one map",
    "none": "what is asked for needs the shape of things; boxes, points or a label do not hold it",
}
_LACKS_TO: dict[tuple[Task, Task], str] = {  # (not chosen, chosen): where the general reason is not the one
    ("semantic", "none"): "no class for each pixel is asked for",
    ("instance", "none"): "no mask for each object is asked for",
    ("panoptic", "none"): "neither areas nor masks of objects are asked for",
    ("panoptic", "instance"): "the areas around the objects are not asked for",
    ("instance", "panoptic"): "the areas beside the objects would be lost",
    ("panoptic", "semantic"): "nothing asks that single objects stay apart, so classes for the pixels say it all",
}


def quotes(reading: Reading, task: Task) -> tuple[Quote, ...]:
    """The user's words that speak most for a task, strongest first; empty where none does."""
    found: list[Quote] = []
    for hit in deciding(reading, task):
        if all(hit.quote not in each.text and each.text not in hit.quote for each in found):
            found.append(Quote(text=hit.quote, says=hit.says))
    return tuple(found[:MOST_QUOTES])


def deciding(reading: Reading, task: Task) -> Sequence[Hit]:
    """The hits that speak for a task, strongest first."""
    return sorted((hit for hit in reading.hits if _weight(hit, task) >= LEAST), key=lambda hit: -_weight(hit, task))


def _weight(hit: Hit, task: Task) -> float:
    return sum(sign * hit.weights.get(axis, 0.0) for axis, sign in _FOR[task].items())


def habit(reading: Reading, task: Task) -> str:
    """What is to be said where no clause decides: the words that usually go with the task. "" without such a word."""
    telling = [word for word in reading.habit.telling(_FOR[task]) if word not in language().common]
    words = ", ".join(f"“{word}”" for word in telling[:MOST_QUOTES])
    return f"No clause says so outright; texts with words such as {words} usually need it." if words else ""


def not_chosen(reading: Reading, task: Task, probabilities: Mapping[Task, float]) -> tuple[Choice, ...]:
    """Each other task, likeliest first, with what speaks for it all the same."""
    others = sorted((each for each in TASKS if each != task), key=lambda each: -probabilities[each])
    return tuple(Choice(name=NAMES[each], why=_why_not(reading, each, task)) for each in others)


def _why_not(reading: Reading, other: Task, task: Task) -> str:
    why = _LACKS_TO.get((other, task), _LACKS[other])
    spoken = [hit for hit in deciding(reading, other) if hit not in deciding(reading, task)]
    sentence = f"{why[0].upper()}{why[1:]}."
    return f"{sentence} For it speaks “{spoken[0].quote}” ({spoken[0].says})." if spoken else sentence
