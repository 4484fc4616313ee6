"""Rules: conditions over facts, and tables of them. The report's form evaluates the same in JavaScript."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from prompts.errors import PromptsError
from prompts.facts import FACTS, Facts, check_name
from prompts.toml_files import Line, Values, unique

__all__ = ["Condition", "Decision", "Rule", "Table", "check_condition", "check_table", "decide"]


class Condition(BaseModel):
    """What must be known. `when`: each fact named is known and has one of the values. `unless`: none of the facts named
    has one of the values; a fact that is not known does not block. Both empty: always holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: dict[str, Values] = Field(default_factory=dict)
    unless: dict[str, Values] = Field(default_factory=dict)

    def holds(self, facts: Facts) -> bool:
        return all(facts.get(name) in values for name, values in self.when.items()) and not any(
            facts.get(name) in values for name, values in self.unless.items()
        )

    @property
    def always(self) -> bool:
        return not (self.when or self.unless)


class Rule(Condition):
    """What to choose under a condition, best first; `why` is one sentence for the user."""

    id: Line
    choose: Values
    why: Line


class Table(BaseModel):
    """Rules in order. Mode "first": the first that holds decides. Mode "all": every one that holds adds its choices,
    of which the first `most` are kept (None: all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    mode: Literal["first", "all"]
    most: int | None = Field(default=None, ge=1)
    rules: tuple[Rule, ...] = Field(min_length=1)

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Decision:
    """One choice of a table. `rule` is the id of the rule that made it."""

    choice: str
    why: str
    rule: str


def decide(table: Table, facts: Facts) -> tuple[Decision, ...]:
    """What the table chooses, in order, each choice once, with the first reason given for it. Never empty for a table
    that was checked, since its last rule always holds."""
    chosen: dict[str, Decision] = {}
    for rule in _holding(table, facts):
        for choice in rule.choose:
            chosen.setdefault(choice, Decision(choice, rule.why, rule.id))
    return tuple(chosen.values())[: table.most]


def _holding(table: Table, facts: Facts) -> Iterator[Rule]:
    for rule in table.rules:
        if rule.holds(facts):
            yield rule
            if table.mode == "first":
                return


def check_table(table: Table, choices: Mapping[str, object] | None, where: str) -> None:
    """Raises PromptsError for an id that comes twice, an unknown fact or value, a choice that is not in `choices`
    (None: sentences, all are good), a last rule that may not hold, and a rule that is never reached."""
    unique((rule.id for rule in table.rules), where)
    for rule in table.rules:
        check_condition(rule, f"{where}: rule {rule.id!r}")
        if choices is not None:
            _check_choices(rule, choices, f"{where}: rule {rule.id!r}: choose")
    _check_end(table, where)


def _check_choices(rule: Rule, choices: Mapping[str, object], where: str) -> None:
    for choice in rule.choose:
        if choice not in choices:
            known = ", ".join(choices)
            raise PromptsError(f"{where}: nothing is known of {choice!r}; add it to prompts/knowledge, or take {known}")


def _check_end(table: Table, where: str) -> None:
    *before, last = table.rules
    if not last.always:
        raise PromptsError(f"{where}: rule {last.id!r}: the last rule must always hold: no when, no unless")
    dead = next((rule for rule in before if rule.always), None)
    if table.mode == "first" and dead:
        raise PromptsError(f"{where}: rule {dead.id!r} always holds: the rules after it are never reached; move it")


def check_condition(condition: Condition, where: str) -> None:
    """Raises PromptsError for a fact or a value that `FACTS` does not list."""
    for key, facts in (("when", condition.when), ("unless", condition.unless)):
        for name, values in facts.items():
            check_name(name, f"{where}: {key}")
            for value in values:
                if value not in FACTS[name]:
                    raise PromptsError(
                        f"{where}: {key} {name}: no value {value!r}; expected one of {', '.join(FACTS[name])}"
                    )
