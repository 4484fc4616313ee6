"""The picker's questions as a form: what the page shows of them, and what its script reads to answer by the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.words import TASKS, title_of

__all__ = ["Form", "Option", "Question", "form_of"]


@dataclass(frozen=True)
class Option:
    """One answer; `measured` where the masks gave it, which is the answer that the form begins with."""

    value: str
    label: str
    measured: bool


@dataclass(frozen=True)
class Question:
    """One question; `measured` where one of its options is."""

    number: int
    text: str
    why: str
    options: tuple[Option, ...]
    measured: bool


@dataclass(frozen=True)
class Form:
    """The questions; `facts` are measured without being asked for; `data` is for the script, see assets/task.js."""

    questions: tuple[Question, ...]
    facts: tuple[tuple[str, str], ...]
    data: Mapping[str, Any]


def form_of(rules: Mapping[str, Any], preset: Mapping[str, Any], names: Mapping[str, Any]) -> Form | None:
    """None where the file holds no questions, or no rules to answer them by."""
    questions, tables = rules.get("questions") or [], rules.get("tables") or {}
    if not questions or "task" not in tables:
        return None
    asked = {question.get("id") for question in questions}
    return Form(
        questions=tuple(_question(number, each, preset) for number, each in enumerate(questions)),
        facts=tuple((title_of(name), str(value)) for name, value in preset.items() if name not in asked),
        data={
            "tables": tables,
            "questions": [{"id": each.get("id"), "asked": each.get("asked", "always")} for each in questions],
            "preset": preset,
            "names": {identity: _name(identity, record) for identity, record in names.items()},
            "tasks": TASKS,
        },
    )


def _question(number: int, record: Mapping[str, Any], preset: Mapping[str, Any]) -> Question:
    options = tuple(_options(record.get("options") or [], preset.get(str(record.get("id")))))
    return Question(
        number=number,
        text=str(record.get("text") or record.get("id")),
        why=str(record.get("why") or ""),
        options=options,
        measured=any(option.measured for option in options),
    )


def _options(records: Iterable[Mapping[str, Any]], measured: Any) -> Iterable[Option]:
    """The options, and the measured value where the question does not offer it: it is never dropped."""
    offered = [(str(record.get("value")), str(record.get("label") or record.get("value"))) for record in records]
    if measured is not None and str(measured) not in dict(offered):
        offered.append((str(measured), str(measured)))
    yield from (Option(value, label, value == measured) for value, label in offered)


def _name(identity: str, record: Mapping[str, Any]) -> dict[str, str]:
    return {"name": str(record.get("name") or identity), "note": str(record.get("note") or "")}
