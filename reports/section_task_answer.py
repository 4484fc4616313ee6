"""What the picker answered: the task, the words that decided it, and what to train and to measure with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.formats import count, unbroken, whole_percent
from reports.language import WORDS
from reports.words import TASKS

__all__ = ["Architecture", "Reasoned", "TaskAnswer", "answer_of"]


@dataclass(frozen=True)
class Reasoned:
    """Something, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Architecture:
    """One architecture with what one must know before taking it; what the knowledge lacks is "not known".

    speed   (how fast and on what, who says so)
    """

    name: str
    library: str
    why: str
    licence_code: str
    licence_weights: str
    min_images: str
    speed: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class TaskAnswer:
    """The answer in words; `quotes` are the user's words and what each says, `choices` loss, metrics and resolution."""

    task: str
    confidence: str
    why: str
    quotes: tuple[Reasoned, ...]
    ask_user: str
    architectures: tuple[Architecture, ...]
    choices: tuple[tuple[str, tuple[Reasoned, ...]], ...]
    not_chosen: tuple[Reasoned, ...]


def answer_of(answer: Mapping[str, Any], names: Mapping[str, Any]) -> TaskAnswer:
    """`names` tells what an id is called."""
    details = answer.get("details") or {}
    return TaskAnswer(
        task=_task(answer),
        confidence=_confidence(answer.get("confidence")),
        why=unbroken(str(answer.get("why") or "")),
        quotes=tuple(
            Reasoned(str(quote.get("text")), str(quote.get("says") or ""))
            for quote in answer.get("evidence_quotes") or []
        ),
        ask_user=str(answer.get("ask_user") or ""),
        architectures=tuple(
            _architecture(pick, details.get(pick.get("name")) or {}, names) for pick in answer.get("architecture") or []
        ),
        choices=tuple(_choices(answer, names)),
        not_chosen=tuple(_task_reasoned(choice) for choice in answer.get("not_chosen") or []),
    )


def _task(answer: Mapping[str, Any]) -> str:
    task, sister = str(answer.get("task")), answer.get("sister_task")
    words = TASKS.get(task, task)
    return f"{words}: {str(sister).replace('-', ' ')}" if sister else words


def _confidence(share: float | None) -> str:
    return "" if share is None else f"{whole_percent(share)}\u202f%"


def _architecture(pick: Mapping[str, Any], details: Mapping[str, Any], names: Mapping[str, Any]) -> Architecture:
    least, not_known = details.get("min_images"), WORDS.task.not_known
    return Architecture(
        name=str(details.get("name") or _called(pick.get("name"), names)),
        library=str(pick.get("library") or details.get("library") or not_known),
        why=unbroken(str(pick.get("why") or "")),
        licence_code=str(details.get("licence_code") or not_known),
        licence_weights=str(details.get("licence_weights") or not_known),
        min_images=not_known if least is None else count(least) if least else WORDS.common.none,
        speed=tuple(_speed(record) for record in details.get("speed") or []),
    )


def _speed(record: Mapping[str, Any]) -> tuple[str, str]:
    speed = str(record.get("value"))
    if record.get("device"):
        speed = WORDS.task.speed_on.format(speed=speed, device=record["device"])
    return speed, str(record.get("source") or WORDS.task.no_source)


def _choices(answer: Mapping[str, Any], names: Mapping[str, Any]) -> Iterable[tuple[str, tuple[Reasoned, ...]]]:
    """(heading, what was chosen) of each kind that the answer holds."""
    if loss := answer.get("loss"):
        yield WORDS.task.loss, (_reasoned(loss, names),)
    if metrics := answer.get("metrics"):
        yield WORDS.task.metrics, tuple(_reasoned(metric, names) for metric in metrics)
    resolution = answer.get("resolution_tiling") or {}
    for key, heading in (("input", WORDS.task.input), ("tiling", WORDS.task.tiling)):
        if resolution.get(key):
            yield heading, (Reasoned("", unbroken(str(resolution[key]))),)


def _reasoned(choice: Mapping[str, Any], names: Mapping[str, Any]) -> Reasoned:
    return Reasoned(_called(choice.get("name"), names), unbroken(str(choice.get("why") or "")))


def _task_reasoned(choice: Mapping[str, Any]) -> Reasoned:
    name = str(choice.get("name"))
    return Reasoned(TASKS.get(name, name), unbroken(str(choice.get("why") or "")))


def _called(identity: Any, names: Mapping[str, Any]) -> str:
    return str((names.get(identity) or {}).get("name") or identity)
