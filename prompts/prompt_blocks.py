"""The parts of prompt files that are generated: schema, facts, decision tables, names. One source, so none goes stale.

A prompt has to fit into a small model's context: conditions are written short, and reasons are left to the report.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prompts.answer_schema import pretty, schema
from prompts.decision import Rule, load_tables
from prompts.facts import FACTS
from prompts.knowledge import Architecture, load_knowledge
from prompts.questions import load_questions

__all__ = ["BLOCKS"]

SPEAKING = frozenset({"task", "sister", "dims", "subject", "speed", "licence"})  # facts whose values need no name


def _schema() -> str:
    return f"```json\n{pretty(schema())}\n```"


def _facts() -> str:
    """Each fact with its values, and the question that asks for it where there is one."""
    questions = {each.id: f": {each.text}" for each in load_questions()}
    return "\n".join(f"- `{name}` ({' | '.join(values)}){questions.get(name, '')}" for name, values in FACTS.items())


def _task() -> str:
    return "\n".join(f"{_line(rule)}. {rule.why}" for rule in load_tables()["task"].rules)


def _architecture() -> str:
    return _lines(load_tables()["architecture"].rules)


def _sister() -> str:
    return _lines(load_tables()["sister"].rules)


def _loss() -> str:
    """The rules that choose a loss for a class map; elsewhere it comes with the architecture (see `_names`)."""
    rules = load_tables()["loss"].rules
    return _lines(rule for rule in rules if rule.when.get("task") == ("semantic",) or rule.always)


def _metrics() -> str:
    return _lines(load_tables()["metrics"].rules)


def _resolution() -> str:
    """Resolution and tiling, for masks only: where the task is none the answer holds neither."""
    rules = (*load_tables()["resolution"].rules, *load_tables()["tiling"].rules)
    return _lines(_for_masks(rule) for rule in rules if rule.when.get("task") != ("none",))


def _for_masks(rule: Rule) -> Rule:
    """The rule without the exception that the task is none."""
    barred = tuple(task for task in rule.unless.get("task", ()) if task != "none")
    others = {name: values for name, values in rule.unless.items() if name != "task"}
    return rule.model_copy(update={"unless": {**others, "task": barred} if barred else others})


def _names() -> str:
    """Each architecture that a table may choose, in the order of their names."""
    tables = load_tables()
    chosen = {name for table in ("architecture", "sister") for rule in tables[table].rules for name in rule.choose}
    known = load_knowledge().architectures
    return "\n".join(_name(known[name]) for name in sorted(chosen))


def _name(each: Architecture) -> str:
    parts = [each.library, f"closed product: {each.commercial}"]
    if each.min_images:
        parts.append(f"from {each.min_images:,} images")
    if each.losses:
        parts.append(f"loss {each.losses[0]}")
    return f"- `{each.id}`: {'; '.join(parts)}"


def _lines(rules: Iterable[Rule]) -> str:
    return "\n".join(map(_line, rules))


def _line(rule: Rule) -> str:
    held = [_condition(name, values) for name, values in rule.when.items()]
    barred = [f"not {_condition(name, values)}" for name, values in rule.unless.items()]
    return f"- {', '.join(held + barred) or 'else'} → **{', '.join(rule.choose)}**"


def _condition(name: str, values: tuple[str, ...]) -> str:
    """The values alone where they say enough (`edge`), else with their fact (`labelled = none`, `thin = yes`)."""
    said = " or ".join(values)
    return said if name in SPEAKING and all(map(_is_clear, values)) else f"{name} = {said}"


def _is_clear(value: str) -> bool:
    """Whether no other fact has this value, or this name."""
    return sum(value in values for values in FACTS.values()) == 1 and value not in FACTS


#: Name in the marker of a prompt file -> what stands there.
BLOCKS: Mapping[str, Callable[[], str]] = {
    "schema": _schema,
    "facts": _facts,
    "task": _task,
    "architecture": _architecture,
    "sister": _sister,
    "loss": _loss,
    "metrics": _metrics,
    "resolution": _resolution,
    "names": _names,
}
