"""Decision tables: rules hold when they say so, the same in Python and as exported JSON; a wrong file is told."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.decision import TABLES, Rule, Table, decide, exported, load_tables, read_tables
from prompts.errors import PromptsError
from prompts.facts import FACTS
from prompts.knowledge import load_knowledge
from prompts.toml_files import packaged

some_facts = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FACTS.items()})


def _table(mode: str, *rules: Mapping[str, Any], most: int | None = None) -> Table:
    return Table.model_validate({"name": "t", "mode": mode, "most": most, "rules": [{"why": "w", **r} for r in rules]})


A_OR_B = {"id": "ab", "when": {"dims": ["2d", "3d"]}, "choose": ["a", "b"]}
NOT_RARE = {"id": "n", "unless": {"rare": ["yes"]}, "choose": ["b", "c"]}
ALWAYS = {"id": "z", "choose": ["z"]}


def _choices(table: Table, facts: Mapping[str, str]) -> list[str]:
    return [each.choice for each in decide(table, facts)]


def test_a_fact_that_when_names_must_be_known() -> None:
    table = _table("first", A_OR_B, ALWAYS)
    assert _choices(table, {"dims": "3d"}) == ["a", "b"]
    assert _choices(table, {"dims": "video"}) == ["z"]
    assert _choices(table, {}) == ["z"]


def test_a_fact_that_is_not_known_does_not_block_unless() -> None:
    table = _table("first", NOT_RARE, ALWAYS)
    assert _choices(table, {}) == ["b", "c"]
    assert _choices(table, {"rare": "no"}) == ["b", "c"]
    assert _choices(table, {"rare": "yes"}) == ["z"]


def test_all_adds_each_choice_once_with_its_first_reason() -> None:
    found = decide(_table("all", A_OR_B, NOT_RARE, ALWAYS), {"dims": "2d"})
    assert [(each.choice, each.rule) for each in found] == [("a", "ab"), ("b", "ab"), ("c", "n"), ("z", "z")]


def test_most_keeps_the_first_ones() -> None:
    assert _choices(_table("all", A_OR_B, NOT_RARE, ALWAYS, most=3), {"dims": "2d"}) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("facts", "task"),
    [
        ({"output": "something else", "separate": "yes", "regions": "yes"}, "none"),
        ({"output": "masks", "separate": "yes", "regions": "yes"}, "panoptic"),
        ({"separate": "yes", "regions": "no"}, "instance"),
        ({"separate": "yes"}, "instance"),
        ({"separate": "no", "regions": "yes"}, "semantic"),
        ({"regions": "yes"}, "semantic"),
        ({}, "semantic"),
    ],
)
def test_three_questions_decide_the_task(facts: Mapping[str, str], task: str) -> None:
    assert _choices(load_tables()["task"], facts) == [task]


def _by_hand(table: Any, facts: Mapping[str, str]) -> list[list[str]]:
    """What the page does, in plain loops over the exported JSON."""
    chosen: list[list[str]] = []
    for rule in table["rules"]:
        holds = True
        for name, values in rule["when"].items():
            if name not in facts or facts[name] not in values:
                holds = False
        for name, values in rule["unless"].items():
            if name in facts and facts[name] in values:
                holds = False
        if not holds:
            continue
        for choice in rule["choose"]:
            if choice not in [name for name, _, _ in chosen]:
                chosen.append([choice, rule["why"], rule["id"]])
        if table["mode"] == "first":
            break
    return chosen if table["most"] is None else chosen[: table["most"]]


@given(facts=some_facts)
def test_the_exported_rules_decide_the_same(facts: dict[str, str]) -> None:
    tables = exported()["tables"]
    assert set(tables) == set(TABLES)
    for name, table in load_tables().items():
        assert [[each.choice, each.why, each.rule] for each in decide(table, facts)] == _by_hand(tables[name], facts)


def test_what_is_exported_is_plain_json_and_whole() -> None:
    rules = exported()
    assert json.loads(json.dumps(rules)) == rules
    assert rules["facts"] == {name: list(values) for name, values in FACTS.items()}
    assert [each["id"] for each in rules["questions"]][:4] == ["output", "sister", "separate", "regions"]


def test_a_reason_is_one_line_and_ends_as_a_sentence() -> None:
    for name, table in load_tables().items():
        for rule in table.rules:
            assert re.fullmatch(r"\S.*\.", rule.why), (name, rule.id)


def _with(name: str, old: str, new: str) -> dict[str, str]:
    texts = packaged("tables")
    assert old in texts[name]
    return {**texts, name: texts[name].replace(old, new, 1)}


def _read(texts: Mapping[str, str]) -> dict[str, Table]:
    return read_tables(texts, load_knowledge())


def test_a_person_can_add_a_rule() -> None:
    rule = '[[rule]]\nid = "ours"\nwhen.dims = "3d"\nchoose = "panoptic"\nwhy = "Ours."\n\n[[rule]]\nid = "no-mask"'
    tables = _read(_with("task.toml", '[[rule]]\nid = "no-mask"', rule))
    assert _choices(tables["task"], {"dims": "3d"}) == ["panoptic"]
    assert _choices(tables["task"], {"dims": "2d"}) == ["semantic"]


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("task.toml", "when.output", "whem.output", ["task.toml", "rule 'no-mask' whem", "not permitted"]),
        ("task.toml", "when.output", "when.outputs", ["task.toml: rule 'no-mask': when: there is no fact 'outputs'"]),
        (
            "loss.toml",
            'when.task = "none"',
            'when.task = "no"',
            ["loss.toml: rule 'no-mask': when task", "value 'no'"],
        ),
        (
            "task.toml",
            'choose = "none"',
            'choose = "nothing"',
            ["rule 'no-mask': choose", "known of 'nothing'"],
        ),
        ("loss.toml", '"sister-loss"', '"focl"', ["loss.toml", "'no-mask'", "'focl'", "prompts/knowledge", "tversky"]),
        ("sister.toml", '"rt-detr"', '"rtdetr"', ["sister.toml", "'detection-volume'", "'rtdetr'", "rt-detr"]),
        ("metrics.toml", '"pixel-aupr"', '"aupr"', ["metrics.toml", "'anomaly-good-parts'", "'aupr'", "pixel-aupr"]),
        ("task.toml", 'id = "objects"', 'id = "areas"', ["task.toml: the id 'areas' is there twice"]),
        ("task.toml", 'id = "areas"', 'id = "areas"\nwhen.dims = "2d"', ["'areas': the last rule must always hold"]),
        ("task.toml", 'when.output = "something else"', "", ["'no-mask' always holds", "never reached"]),
        ("task.toml", 'mode = "first"', 'mode = "some"', ["task.toml: mode", "'first' or 'all'"]),
        ("metrics.toml", "most = 6", "most = 0", ["metrics.toml: most", "greater than or equal to 1"]),
    ],
)
def test_a_wrong_table_is_told_by_file_rule_and_key(name: str, old: str, new: str, words: list[str]) -> None:
    with pytest.raises(PromptsError) as caught:
        _read(_with(name, old, new))
    for word in words:
        assert word in str(caught.value)


def test_a_missing_table_is_told() -> None:
    texts = packaged("tables")
    del texts["loss.toml"]
    with pytest.raises(PromptsError, match=r"there is no loss\.toml"):
        _read(texts)


def test_a_rule_can_be_made_without_conditions() -> None:
    assert Rule(id="r", choose=("a",), why="w").always
