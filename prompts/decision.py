"""Decision tables: from facts to task, architecture, loss, metrics, resolution and tiling. Data in `tables/*.toml`.

A table is a file with `mode = "first"` or `"all"` and any number of

    [[rule]]
    id = "thin-structures"
    when.task = "semantic"              # a fact of prompts.facts and its value, or a list of values
    when.thin = "yes"
    unless.dims = ["3d", "points"]
    choose = ["unet", "unetpp"]         # best first
    why = "One plain sentence that is shown to the user."

The table `task` comes first; its choice is then the fact `task` of the others. Where it is "none" the table `sister`
names the models, else `architecture` does; `loss`, `resolution` and `tiling` are for masks only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from prompts.answer import TASKS
from prompts.errors import PromptsError
from prompts.facts import FACTS
from prompts.knowledge import Knowledge, load_knowledge
from prompts.questions import load_questions
from prompts.rules import Decision, Rule, Table, check_table, decide
from prompts.toml_files import checked, packaged

__all__ = ["TABLES", "Decision", "Rule", "Table", "decide", "exported", "load_tables", "read_tables"]

TABLES = ("task", "architecture", "loss", "metrics", "resolution", "tiling", "sister")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["first", "all"]
    most: int | None = Field(default=None, ge=1)
    rule: tuple[Rule, ...] = Field(min_length=1)


@cache
def load_tables() -> dict[str, Table]:
    """The tables that come with the package: name -> table, as `TABLES` lists them."""
    return read_tables(packaged("tables"), load_knowledge())


def read_tables(texts: Mapping[str, str], knowledge: Knowledge) -> dict[str, Table]:
    """The tables of TOML files: name of the file -> content. Raises PromptsError naming the file, the rule, the key."""
    missing = [name for name in TABLES if f"{name}.toml" not in texts]
    if missing:
        raise PromptsError(f"tables: there is no {missing[0]}.toml; expected one file for each of {', '.join(TABLES)}")
    return {name: _table(name, texts[f"{name}.toml"], knowledge) for name in TABLES}


def _table(name: str, text: str, knowledge: Knowledge) -> Table:
    file = checked(_File, f"{name}.toml", text)
    table = Table(name=name, mode=file.mode, most=file.most, rules=file.rule)
    check_table(table, _choices(name, knowledge), f"{name}.toml")
    return table


def _choices(name: str, knowledge: Knowledge) -> Mapping[str, object] | None:
    """What a table may choose; None where its choices are sentences."""
    known: dict[str, Mapping[str, object]] = {
        "task": dict.fromkeys(TASKS),
        "architecture": knowledge.architectures,
        "sister": knowledge.architectures,
        "loss": knowledge.losses,
        "metrics": knowledge.metrics,
    }
    return known.get(name)


def exported() -> dict[str, Any]:
    """Tables, questions and facts as plain JSON: the report's form evaluates the same rules in the page."""
    return {
        "facts": {name: list(values) for name, values in FACTS.items()},
        "questions": [each.as_json() for each in load_questions()],
        "tables": {name: table.as_json() for name, table in load_tables().items()},
    }
