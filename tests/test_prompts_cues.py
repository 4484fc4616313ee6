"""Cues are data that a person may extend: what is wrong in a file is told by file and cue."""

from __future__ import annotations

import pytest

from prompts.cues import AXES, language, load_language
from prompts.errors import PromptsError
from prompts.toml_files import packaged

GOOD = packaged("language")
CUE = """
[[cue]]
id = "mine"
asked = { separate = 2.0 }
says = "it says so"
any = ["{each} blorb"]
"""


def _with(text: str, name: str = "mine.toml") -> dict[str, str]:
    return {**GOOD, name: text}


def test_a_cue_that_a_person_adds_is_found() -> None:
    mine = next(cue for cue in load_language(_with(CUE)).cues if cue.id == "mine")
    assert list(mine.words.found("cut out every blorb now")) == [(8, 19)]


def test_a_match_that_means_something_else_is_passed_over() -> None:
    text = CUE + 'but_not = ["every blorb day"]\n'
    mine = next(cue for cue in load_language(_with(text)).cues if cue.id == "mine")
    assert list(mine.words.found("on every blorb day")) == []
    assert list(mine.words.found("on every blorb")) != []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CUE.replace("{each}", "{eahc}"), r"mine.toml: cue 'mine': there are no \[words\] called 'eahc'"),
        (CUE.replace("asked", "aksed"), "mine.toml: cue 'mine' "),
        (CUE.replace("separate", "seperate"), "mine.toml: cue 'mine' asked seperate"),
        (CUE.replace('"mine"', '"count"'), "the cue 'count' stands there twice"),
        ("[[cue]", "mine.toml: not TOML"),
        ('[[fact]]\nfact = "dims"\nvalue = "4d"\nany = ["x"]', "mine.toml: fact dims = '4d'"),
        ('[[fact]]\nfact = "dim"\nvalue = "3d"\nany = ["x"]', "there is no fact 'dim'"),
        (CUE.replace('["{each} blorb"]', "[]"), "mine.toml: cue 'mine' any"),
    ],
)
def test_what_is_wrong_is_told_by_file_and_cue(text: str, told: str) -> None:
    with pytest.raises(PromptsError, match=told):
        load_language(_with(text))


def test_every_pattern_compiles_and_none_matches_nothing() -> None:
    for cue in [*language().cues, *language().facts]:
        assert cue.words.pattern.search("") is None
        assert cue.words.excluded is None or cue.words.excluded.search("") is None


def test_every_cue_speaks_for_something() -> None:
    assert {axis for cue in language().cues for axis in (*cue.asked, *cue.denied)} == set(AXES)
    assert [cue.id for cue in language().cues if not (cue.asked or cue.denied) or not cue.says] == []
