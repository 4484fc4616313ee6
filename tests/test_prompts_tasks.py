"""From log-odds to tasks: probabilities, the fact that answers stand above words, and the one question."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.answer import TASKS
from prompts.cues import AXES
from prompts.decision import decide, load_tables
from prompts.tasks import ASK_BELOW, QUESTIONS, belief_of, facts_for

SCORES = st.fixed_dictionaries({axis: st.floats(-80, 80) for axis in AXES})


@given(SCORES)
def test_the_tasks_share_one_whole(scores: dict[str, float]) -> None:
    belief = belief_of(scores, {})
    assert math.isclose(math.fsum(belief.probabilities.values()), 1.0)
    assert belief.confidence == max(belief.probabilities.values())
    assert (belief.question is None) == (belief.confidence >= ASK_BELOW)


@given(SCORES)
def test_clear_scores_give_the_task_of_the_table(scores: dict[str, float]) -> None:
    if min(map(abs, scores.values())) < 3:
        return
    facts = {
        "output": "masks" if scores["output"] > 0 else "something else",
        "separate": "yes" if scores["separate"] > 0 else "no",
        "regions": "yes" if scores["regions"] > 0 else "no",
    }
    assert belief_of(scores, {}).task == decide(load_tables()["task"], facts)[0].choice


@pytest.mark.parametrize("task", TASKS)
def test_the_facts_of_a_task_lead_the_table_to_it(task: str) -> None:
    assert decide(load_tables()["task"], facts_for(task))[0].choice == task  # type: ignore[arg-type]


@given(SCORES, st.sampled_from(["yes", "no"]))
def test_an_answer_stands_above_the_words(scores: dict[str, float], answer: str) -> None:
    asked = {"output": "masks", "separate": answer, "regions": "no"}
    assert belief_of(scores, asked).task == ("instance" if answer == "yes" else "semantic")
    assert belief_of(scores, asked).question is None


@pytest.mark.parametrize(
    ("scores", "axis"),
    [
        ({"output": 0.0, "separate": -9.0, "regions": -9.0}, "output"),
        ({"output": 9.0, "separate": 0.0, "regions": -9.0}, "separate"),
        ({"output": 9.0, "separate": 9.0, "regions": 0.0}, "regions"),
    ],
)
def test_the_question_is_about_what_is_open(scores: dict[str, float], axis: str) -> None:
    assert belief_of(scores, {}).question == QUESTIONS[axis]  # type: ignore[arg-type,index]
