"""The schema of an answer: one source, in two forms, each accepting what the model accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from prompts import answer_schema
from prompts.answer import Answer
from prompts.answer_schema import WIDTH, pretty, schema, strict_schema
from tests.chat_server import ANSWER

FORMS = {"whole": schema, "strict": strict_schema}
Json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=25,
)


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every schema within a schema; what stands below `properties` and `$defs` is named by a person."""
    if isinstance(node, list):
        for item in node:
            yield from _parts(item)
    elif isinstance(node, dict):
        yield node
        for key, value in node.items():
            yield from (part for inner in value.values() for part in _parts(inner)) if key in NAMES else _parts(value)


NAMES = ("properties", "$defs")


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_schema_accepts_a_good_answer_and_refuses_another_task_and_another_key(form: Any) -> None:
    validator = Draft202012Validator(form())
    Draft202012Validator.check_schema(form())
    assert validator.is_valid(ANSWER)
    assert not validator.is_valid({**ANSWER, "task": "both"})
    assert not validator.is_valid({**ANSWER, "more": 1})
    for key in ANSWER:
        assert not validator.is_valid({name: value for name, value in ANSWER.items() if name != key})


def test_the_strict_form_keeps_what_servers_ask_for_and_nothing_that_some_refuse() -> None:
    taken = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs"}
    for part in _parts(strict_schema()):
        assert set(part) <= taken | {"description"}
        assert set(part) == {"$ref"} or "$ref" not in part
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert set(part["required"]) == set(part["properties"])


def test_the_whole_form_loses_nothing_but_titles() -> None:
    parts = list(_parts(schema()))
    assert not any("title" in part for part in parts)
    for kept in ("maxLength", "maxItems", "maximum"):
        assert any(kept in part for part in parts)
    assert sum(1 for _ in _parts(Answer.model_json_schema())) == len(parts)


def test_a_field_may_be_called_like_a_word_of_json_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    class Titled(BaseModel):
        title: str
        minimum: int

    monkeypatch.setattr(answer_schema, "Answer", Titled)
    for form in FORMS.values():
        assert form()["properties"] == {"title": {"type": "string"}, "minimum": {"type": "integer"}}


@given(Json)
def test_pretty_json_is_the_same_json(value: Any) -> None:
    assert json.loads(pretty(value)) == value


def test_pretty_json_has_lines_that_fit_unless_a_part_cannot_be_cut() -> None:
    value = {"a": [{"b": "x" * 40} for _ in range(4)], "c": {"d": 1}}
    assert pretty(value).splitlines()[-2:] == ['  "c": {"d": 1}', "}"]
    assert max(map(len, pretty(value).splitlines())) <= WIDTH
