"""The picker's questions as a form: what the page shows of them, and what its script reads to answer by the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.language import WORDS
from reports.words import TASKS, title_of

__all__ = ["Form", "Option", "Question", "form_of"]


#: Who told a fact -> the word beside the answer.
_KNOWN: dict[str, str] = vars(WORDS.task_known)


@dataclass(frozen=True)
class Option:
    """One answer; `known` says who gave it, "" where nobody did. The form begins with what is known."""

    value: str
    label: str
    known: str


@dataclass(frozen=True)
class Question:
    """One question; `known` where one of its options is."""

    number: int
    text: str
    why: str
    options: tuple[Option, ...]
    known: bool


@dataclass(frozen=True)
class Form:
    """The questions; `facts` are known without being asked for; `data` is for the script, see assets/task.js."""

    questions: tuple[Question, ...]
    facts: tuple[tuple[str, str], ...]
    data: Mapping[str, Any]


def form_of(
    rules: Mapping[str, Any], preset: Mapping[str, Any], sources: Mapping[str, Any], names: Mapping[str, Any]
) -> Form | None:
    """None where the file holds no questions, or no rules to answer them by."""
    questions, tables = rules.get("questions") or [], rules.get("tables") or {}
    if not questions or "task" not in tables:
        return None
    asked = {question.get("id") for question in questions}
    return Form(
        questions=tuple(_question(number, each, preset, sources) for number, each in enumerate(questions)),
        facts=tuple((title_of(name), str(value)) for name, value in preset.items() if name not in asked),
        data={
            "tables": tables,
            "questions": [{"id": each.get("id"), "asked": each.get("asked", "always")} for each in questions],
            "preset": preset,
            "names": {identity: _name(identity, record) for identity, record in names.items()},
            "tasks": TASKS,
            "rows": vars(WORDS.task_rows),
        },
    )


def _question(
    number: int, record: Mapping[str, Any], preset: Mapping[str, Any], sources: Mapping[str, Any]
) -> Question:
    name = str(record.get("id"))
    options = tuple(_options(record.get("options") or [], preset.get(name), str(sources.get(name, "masks"))))
    return Question(
        number=number,
        text=str(record.get("text") or record.get("id")),
        why=str(record.get("why") or ""),
        options=options,
        known=any(option.known for option in options),
    )


def _options(records: Iterable[Mapping[str, Any]], known: Any, source: str) -> Iterable[Option]:
    """The options, and the known value where the question does not offer it: it is never dropped."""
    offered = [(str(record.get("value")), str(record.get("label") or record.get("value"))) for record in records]
    if known is not None and str(known) not in dict(offered):
        offered.append((str(known), str(known)))
    word = _KNOWN.get(source, WORDS.task.known)
    yield from (Option(value, label, word if value == known else "") for value, label in offered)


def _name(identity: str, record: Mapping[str, Any]) -> dict[str, str]:
    return {"name": str(record.get("name") or identity), "note": str(record.get("note") or "")}
