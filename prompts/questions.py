"""Questions: what a person is asked, each answered by one value of one fact; and the fingerprint of a problem.

The fingerprint follows Metrics Reloaded (Maier-Hein, Reinke et al., Nature Methods 21:195-212, 2024): what a problem
is, in items that decide its metrics. Half of it is measured on masks, half is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from prompts.errors import PromptsError
from prompts.facts import FACTS, Facts, check_name
from prompts.rules import Condition, check_condition
from prompts.toml_files import Line, checked, packaged, unique

__all__ = ["FingerprintItem", "Question", "Source", "fingerprint", "load_questions", "read_questions"]

Source = Literal["text", "masks", "asked", "assumed"]


class Question(BaseModel):
    """One question. `id` is the fact that the answer tells; `options` are (value, label) in the order shown; `asked`
    says when: "always", or a condition over the facts known by then. A fact that is known is not asked for again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Line
    text: Line
    why: Line
    options: tuple[tuple[Line, Line], ...] = Field(min_length=2)
    asked: Literal["always"] | Condition = "always"

    def is_due(self, facts: Facts) -> bool:
        """Whether it is to be asked, given what is known."""
        return self.id not in facts and (isinstance(self.asked, str) or self.asked.holds(facts))

    def as_json(self) -> dict[str, Any]:
        asked = self.asked if isinstance(self.asked, str) else self.asked.model_dump(mode="json")
        options = [{"value": value, "label": label} for value, label in self.options]
        return {"id": self.id, "text": self.text, "why": self.why, "options": options, "asked": asked}


class _Item(BaseModel):
    """An item of the fingerprint, the fact that answers it, and where the number of the item was seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: Line
    name: Line
    fact: Line
    why: Line
    source: Line


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    question: tuple[Question, ...] = ()
    item: tuple[_Item, ...] = ()


@dataclass(frozen=True)
class FingerprintItem:
    """One property of the problem. `source` says who told its value; `why` what it decides."""

    code: str
    name: str
    value: str
    source: Source
    why: str


@cache
def _packaged() -> _File:
    return read_questions({"questions.toml": packaged("tables")["questions.toml"]})


def load_questions() -> tuple[Question, ...]:
    """The questions that come with the package, in the order in which they are asked."""
    return _packaged().question


def read_questions(texts: Mapping[str, str]) -> _File:
    """The questions of TOML files: name -> content. Raises PromptsError naming the file, the question and the key."""
    files = {name: checked(_File, name, text) for name, text in texts.items()}
    for name, file in files.items():
        for question in file.question:
            _check_question(question, f"{name}: question {question.id!r}")
        for item in file.item:
            check_name(item.fact, f"{name}: item {item.code!r}: fact")
    questions = tuple(each for file in files.values() for each in file.question)
    unique((each.id for each in questions), "questions")
    return _File(question=questions, item=tuple(each for file in files.values() for each in file.item))


def _check_question(question: Question, where: str) -> None:
    check_name(question.id, f"{where}: id")
    for value, _ in question.options:
        if value not in FACTS[question.id]:
            raise PromptsError(f"{where}: options: no value {value!r}; expected of {', '.join(FACTS[question.id])}")
    if isinstance(question.asked, Condition):
        check_condition(question.asked, f"{where}: asked")


def fingerprint(facts: Facts, sources: Mapping[str, Source]) -> tuple[FingerprintItem, ...]:
    """The problem's fingerprint: every item whose fact is known, in the order of the codes. Raises PromptsError where a
    fact has no source."""
    return tuple(
        FingerprintItem(item.code, item.name, facts[item.fact], _source(item.fact, sources), item.why)
        for item in _packaged().item
        if item.fact in facts
    )


def _source(fact: str, sources: Mapping[str, Source]) -> Source:
    if fact not in sources:
        raise PromptsError(f"fingerprint: the fact {fact!r} has no source; say text, masks, asked or assumed")
    return sources[fact]
