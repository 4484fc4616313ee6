"""Questions: asked in order, only where they matter; and the fingerprint says who told what."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.decision import decide, load_tables
from prompts.errors import PromptsError
from prompts.facts import FACTS
from prompts.questions import Question, fingerprint, load_questions, read_questions
from prompts.toml_files import packaged

TEXT = packaged("tables")["questions.toml"]


def _by_id() -> dict[str, Question]:
    return {each.id: each for each in load_questions()}


def _asked(answers: dict[str, str]) -> list[str]:
    """The ids that an interview asks for, each answered from `answers` or by its last option."""
    facts: dict[str, str] = {}
    order = []
    for question in load_questions():
        if question.is_due(facts):
            order.append(question.id)
            facts[question.id] = answers.get(question.id, question.options[-1][0])
    return order


def test_the_task_is_asked_for_first_and_constraints_last() -> None:
    order = [each.id for each in load_questions()]
    assert order[:4] == ["output", "sister", "separate", "regions"]
    assert order[-5:] == ["dims", "subject", "labelled", "speed", "licence"]
    assert {"boundary", "cost", "centre_line", "noisy_outline", "volume"} <= set(order[4:-4])


def test_the_question_that_decides_is_worded_as_agreed() -> None:
    assert _by_id()["separate"].text == "Must two touching objects of the same kind stay two?"


def test_every_option_is_a_value_and_no_value_is_left_out() -> None:
    for question in load_questions():
        assert sorted(value for value, _ in question.options) == sorted(FACTS[question.id])
        assert question.text.endswith("?") and question.why.endswith(".")


@pytest.mark.parametrize(
    ("answers", "task", "not_asked"),
    [
        ({"output": "something else", "sister": "ocr"}, "none", {"separate", "regions", "boundary", "labelled"}),
        ({"output": "masks", "separate": "no"}, "semantic", {"sister", "regions"}),
        ({"output": "masks", "separate": "yes", "regions": "no"}, "instance", {"sister"}),
        ({"output": "masks", "separate": "yes", "regions": "yes"}, "panoptic", {"sister"}),
    ],
)
def test_an_interview_asks_what_matters_and_ends_in_the_task(
    answers: dict[str, str], task: str, not_asked: set[str]
) -> None:
    order = _asked(answers)
    assert set(answers) <= set(order) and not not_asked & set(order)
    assert decide(load_tables()["task"], answers)[0].choice == task


def test_what_is_known_is_not_asked_for() -> None:
    assert not _by_id()["dims"].is_due({"dims": "3d"})
    assert _by_id()["dims"].is_due({})
    assert not _by_id()["regions"].is_due({"separate": "no"})
    assert not _by_id()["regions"].is_due({})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "output"', 'id = "outptu"', ["q.toml: question 'outptu': id: there is no fact 'outptu'", "separate"]),
        ('["masks", ', '["mask", ', ["question 'output': options: no value 'mask'; expected of masks, something else"]),
        ("asked.when.output", "asked.when.outptu", ["question 'sister': asked: when: there is no fact 'outptu'"]),
        ('asked.when.output = "something', 'asked.when.output = "anything', ["question 'sister': asked: when output"]),
        ('id = "speed"', 'id = "dims"', ["q.toml: question 'dims': options: no value 'real time'"]),
        ("why = ", "wy = ", ["question 'output' why", "required"]),
        ('fact = "boundary"', 'fact = "bound"', ["item 'FP2.1': fact: there is no fact 'bound'"]),
    ],
)
def test_a_wrong_question_is_told_by_file_question_and_key(old: str, new: str, words: list[str]) -> None:
    assert old in TEXT
    with pytest.raises(PromptsError) as caught:
        read_questions({"q.toml": TEXT.replace(old, new, 1)})
    for word in words:
        assert word in str(caught.value)


def test_a_question_that_comes_twice_is_told() -> None:
    with pytest.raises(PromptsError, match="the id 'output' is there twice"):
        read_questions({"a.toml": TEXT, "b.toml": TEXT})


def test_the_fingerprint_says_what_is_known_and_who_told() -> None:
    found = fingerprint({"boundary": "yes", "thin": "no", "dims": "3d"}, {"boundary": "asked", "thin": "masks"})
    assert [(each.code, each.value, each.source) for each in found] == [
        ("FP2.1", "yes", "asked"),
        ("FP3.3", "no", "masks"),
    ]
    assert all(each.name and each.why.endswith(".") for each in found)


def test_nothing_known_is_an_empty_fingerprint() -> None:
    assert fingerprint({}, {}) == ()


def test_a_fact_without_a_source_is_told() -> None:
    with pytest.raises(PromptsError, match="'volume' has no source"):
        fingerprint({"volume": "yes"}, {})


@given(facts=st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FACTS.items()}))
def test_codes_come_once_and_in_order(facts: dict[str, str]) -> None:
    codes = [each.code for each in fingerprint(facts, dict.fromkeys(facts, "text"))]
    numbers = [[int(part) for part in re.findall(r"\d+", code)] for code in codes]
    assert numbers == sorted(numbers) and len(set(codes)) == len(codes)
