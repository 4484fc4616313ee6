"""TOML of prompts: the compiled copy is never wrong, and what is wrong is told by file, record and key."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest
from pydantic import BaseModel

from prompts import toml_files
from prompts.errors import PromptsError
from prompts.toml_files import COMPILED, Line, Values, checked, compiled, packaged, parsed


class _Record(BaseModel, extra="forbid"):
    id: Line
    names: Values


class _File(BaseModel, extra="forbid"):
    record: tuple[_Record, ...]


def test_the_compiled_copy_is_that_of_the_files() -> None:
    text = resources.files("prompts").joinpath(toml_files.COMPILED_FILE).read_text("utf-8")
    assert text == compiled(), "TOML was edited: write prompts.toml_files.compiled() into prompts/compiled.json"


@pytest.mark.parametrize("folder", COMPILED)
def test_a_file_says_the_same_from_the_copy_and_from_its_text(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = packaged(folder)
    truth = {name: tomllib.loads(text) for name, text in texts.items()}

    def refuse(text: str) -> dict[str, Any]:
        raise AssertionError("parsed though it was compiled")

    monkeypatch.setattr(toml_files.tomllib, "loads", refuse)
    assert {name: parsed(name, text) for name, text in texts.items()} == truth


def test_an_edited_file_is_parsed_and_not_taken_from_the_copy() -> None:
    text = packaged("tables")["task.toml"]
    edited = text.replace('choose = "semantic"', 'choose = "panoptic"')
    assert edited != text
    assert parsed("task.toml", edited)["rule"][-1]["choose"] == "panoptic"
    assert parsed("task.toml", text)["rule"][-1]["choose"] == "semantic"


def test_without_the_copy_all_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toml_files, "COMPILED_FILE", "there-is-none.json")
    toml_files._compiled.cache_clear()
    try:
        text = packaged("tables")["task.toml"]
        assert parsed("task.toml", text) == tomllib.loads(text)
    finally:
        toml_files._compiled.cache_clear()


def test_one_string_and_a_list_of_strings_are_the_same() -> None:
    file = checked(_File, "x.toml", '[[record]]\nid = "a"\nnames = "one"\n[[record]]\nid = "b"\nnames = ["one"]\n')
    assert [each.names for each in file.record] == [("one",), ("one",)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[record]", ["x.toml", "not TOML", "line 1"]),
        ('[[record]]\nid = "a"\nnames = ["b"]\nnmae = "c"', ["x.toml", "record 'a' nmae", "not permitted", "'c'"]),
        ('[[record]]\nid = "a"', ["x.toml", "record 'a' names", "required"]),
        ('[[record]]\nid = "a"\nnames = []', ["x.toml", "record 'a' names", "at least 1"]),
        ('[[record]]\nid = "a"\nnames = [3]', ["x.toml", "record 'a' names", "valid string", "3"]),
        ('[[record]]\nid = " a"\nnames = ["b"]', ["x.toml", "record ' a' id", "pattern"]),
        ('[[record]]\nnames = ["b"]', ["x.toml", "record 0 id", "required"]),
        ('other = 1\n[[record]]\nid = "a"\nnames = ["b"]', ["x.toml", "other", "not permitted"]),
    ],
)
def test_what_is_wrong_is_told_by_file_record_and_key(text: str, words: list[str]) -> None:
    with pytest.raises(PromptsError) as caught:
        checked(_File, "x.toml", text)
    for word in words:
        assert word in str(caught.value)
