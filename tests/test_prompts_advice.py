"""The advice around an answer: details that are known, a command that is real, a gate that can be read."""

from __future__ import annotations

import json
import shlex
import tomllib

import pytest

from inspector.cli import cli
from inspector.headlines import headlines
from inspector.metrics import METRICS
from prompts.advice import advice_json, advice_text, names_of
from prompts.check import evaluation_of, gate_of
from prompts.knowledge import load_knowledge
from prompts.picker import pick

SEMANTIC = pick("Percentage of forest in satellite images; the outline must be exact.")
INSTANCE = pick("Count the nuclei one by one, they touch.")
NONE = pick("A bounding box around each car is enough.")


def test_the_text_names_what_the_answer_names() -> None:
    text = advice_text(INSTANCE, ["28 % of them touch."], ["fits: yes"])
    known = load_knowledge().architectures
    for each in INSTANCE.answer.architecture:
        assert known[each.name].name in text
    for words in ("instance segmentation", "28 % of them touch.", "fits: yes", "“Count”", "not chosen"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 110


def test_json_holds_the_answer_and_what_is_behind_it() -> None:
    found = json.loads(json.dumps(advice_json(SEMANTIC)))
    assert found["task"] == "semantic"
    assert found["details"][found["architecture"][0]["name"]]["licence_code"]
    assert found["facts"]["task"] == {"value": "semantic", "source": "text"}
    assert abs(sum(found["probabilities"].values()) - 1) < 0.001


def test_the_command_is_one_that_inspect_has() -> None:
    words = shlex.split(evaluation_of(SEMANTIC.answer, {"subject": "organs"}))
    assert words[0] == "inspect"
    command = cli.commands["run"]
    command.make_context("run", words[1:], resilient_parsing=False)


@pytest.mark.parametrize("picked", [INSTANCE, NONE])
def test_what_inspect_does_not_count_is_said(picked: object) -> None:
    assert "inspect" in evaluation_of(picked.answer, {})  # type: ignore[attr-defined]


def test_the_gate_is_toml_on_metrics_that_inspect_measures() -> None:
    gates = tomllib.loads(gate_of(SEMANTIC.answer))["gates"]
    measured = {*METRICS, "miou", "mean_dice", "small_object_recall"}
    assert gates["level"] == "warn"
    assert gates["gate"]
    for gate in gates["gate"]:
        assert gate["metric"] in measured
        assert 0 < gate["fail_below"] < 1
    assert callable(headlines)


def test_there_is_no_gate_where_there_are_no_masks() -> None:
    assert gate_of(NONE.answer) == ""


def test_every_name_of_the_knowledge_base_has_a_line() -> None:
    known = load_knowledge()
    assert set(names_of()) == {*known.architectures, *known.losses, *known.metrics}
    assert all(each["name"] and each["note"] and len(each["note"]) < 200 for each in names_of().values())
