"""The promptfoo configuration: generated from the gold file for development, of cases the prompt does not show."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from jsonschema import Draft202012Validator

from prompts.evaluate import read_gold
from prompts.prompt_files import load_prompt
from prompts.promptfoo import CONFIG, promptfoo_config, written
from tests.chat_server import ANSWER

CHECKED_IN = Path(str(resources.files("prompts").joinpath(CONFIG)))


def test_what_is_checked_in_is_what_the_gold_file_gives(shared: Path) -> None:
    text = (shared / "picker" / "dev.jsonl").read_text("utf-8")
    config = written(promptfoo_config(read_gold(text, "dev.jsonl")))
    assert CHECKED_IN.read_text("utf-8") == config, "run `python -m prompts GOLD.jsonl` and commit"


def test_no_test_is_an_example_of_the_prompt() -> None:
    config = json.loads(CHECKED_IN.read_text("utf-8"))
    body = load_prompt("segmentation-task-picker").body
    assert len(config["tests"]) == 50 - 6
    assert not any(each["vars"]["description"] in body for each in config["tests"])


def test_each_test_fills_every_place_of_the_prompt_with_plain_words() -> None:
    config = json.loads(CHECKED_IN.read_text("utf-8"))
    assert (CHECKED_IN.parent / config["prompts"][0].removeprefix("file://")).is_file()
    for each in config["tests"]:
        assert set(load_prompt("segmentation-task-picker").frontmatter.inputs) <= set(each["vars"])
        assert all(isinstance(value, str) for value in each["vars"].values())  # of a list promptfoo makes many tests
        assert each["vars"]["task"] in each["vars"]["acceptable"].split(" ")
        assert "{{" not in str(each["vars"])


def test_an_answer_is_held_to_the_schema() -> None:
    schema = json.loads(json.loads(CHECKED_IN.read_text("utf-8"))["defaultTest"]["assert"][0]["value"])
    assert Draft202012Validator(schema).is_valid(ANSWER)
    assert not Draft202012Validator(schema).is_valid({**ANSWER, "task": "both"})


def test_a_schema_is_text_since_promptfoo_resolves_references_in_the_whole_file() -> None:
    assert '"$ref"' not in json.dumps(_keys(json.loads(CHECKED_IN.read_text("utf-8"))))


def _keys(node: object) -> list[str]:
    if isinstance(node, dict):
        return [*node, *(key for inner in node.values() for key in _keys(inner))]
    return [key for inner in node for key in _keys(inner)] if isinstance(node, list) else []
