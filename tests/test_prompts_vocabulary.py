"""The vocabulary knows habits: it is bounded, says nothing of words it does not know, and a few words say little."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.cues import AXES
from prompts.vocabulary import Vocabulary, load_vocabulary, words_of

SMALL = Vocabulary(
    most=2.0,
    bias=(1.0, -1.0, 0.5),
    words={"cell": (0.1, 0.7, 0.0), "count": (0.0, 1.5, -0.2), "area": (0.3, -0.9, 0.1), "segme-": (0.4, 0.0, 0.0)},
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("count 12 cells", {"count", "#", "cells"}),
        ("counting counted", {"counting", "count-", "counted"}),
        ("half-metre isn't", {"half-metre", "half--", "isn't"}),
        ("", set()),
    ],
)
def test_words_and_how_long_ones_begin(text: str, words: set[str]) -> None:
    assert words_of(text) == words


def test_scores_are_the_sum_by_hand() -> None:
    habit = SMALL.habit("count each cell, count the segmented area")
    assert habit.scores["output"] == pytest.approx(1.0 + 0.1 + 0.0 + 0.3 + 0.4)
    assert habit.scores["separate"] == pytest.approx(-1.0 + 0.7 + 1.5 - 0.9)
    assert habit.scores["regions"] == pytest.approx(0.5 + 0.0 - 0.2 + 0.1)


def test_words_that_nobody_knows_say_nothing() -> None:
    habit = SMALL.habit("potholes everywhere")
    assert habit.scores == dict.fromkeys(AXES, 0.0)
    assert habit.words == {}


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz -.,", max_size=300))
def test_no_text_gets_more_than_the_most(text: str) -> None:
    vocabulary = load_vocabulary()
    assert all(abs(value) <= vocabulary.most for value in vocabulary.habit(text).scores.values())


def test_the_telling_words_are_those_that_add_most() -> None:
    habit = SMALL.habit("count each cell of the segmented area")
    assert habit.telling({"separate": 1}) == ("count", "cell")
    assert habit.telling({"separate": -1}) == ("area",)
    assert habit.telling({"output": 1}) == ("area", "cell")  # the beginning of a word is no word


def test_the_vocabulary_that_comes_with_the_package_is_finite() -> None:
    vocabulary = load_vocabulary()
    assert len(vocabulary.words) > 1000
    assert all(math.isfinite(value) for weights in vocabulary.words.values() for value in weights)
