"""A text keeps its positions, falls into clauses, and a denial holds for its clause and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.cues import language
from prompts.text import LONGEST, read_text


@given(st.text(max_size=400))
def test_cleaning_moves_no_character(text: str) -> None:
    read = read_text(text)
    assert len(read.cleaned) == len(read.original) == min(len(text), LONGEST)


@given(st.text(max_size=400))
def test_the_clauses_are_the_text(text: str) -> None:
    read = read_text(text)
    assert "".join(read.clauses()) == read.cleaned


@given(st.text(max_size=300), st.data())
def test_every_position_lies_in_its_clause(text: str, data: st.DataObject) -> None:
    read = read_text(text)
    position = data.draw(st.integers(0, max(0, len(text) - 1)))
    start, end = read.clause(position)
    assert start <= position <= max(end, position)
    assert start in read.starts


def test_a_quote_is_the_users_spelling_of_whole_words() -> None:
    read = read_text("Count  the MÜNZEN,\nplease")
    assert read.quote(11, 14) == "MÜNZEN"
    assert read.quote(0, 18) == "Count the MÜNZEN,"


def test_accents_quotes_and_invisible_characters_are_plain() -> None:
    assert read_text("don’t naïve\u200bcafé ×3").cleaned == "don't naive cafe x3"


def test_a_long_text_is_cut_and_says_so() -> None:
    read = read_text("a " * 50_000)
    assert read.was_cut
    assert len(read.cleaned) == LONGEST
    assert not read_text("a").was_cut


@pytest.mark.parametrize(
    ("text", "words", "stance"),
    [
        ("count the cars", "count", "asked"),
        ("do not count the cars", "count", "denied"),
        ("no need to count the cars", "count", "denied"),
        ("counting them is not needed", "counting", "denied"),
        ("which car is which doesn't matter", "which car is which", "denied"),
        ("we do not need areas, but count the cars", "count", "asked"),
        ("the same apple must not be seen twice, thus count each", "count", "asked"),
        ("no cars, parked trucks or houses", "houses", "denied"),
        ("separate grains? no. only the share", "separate", "denied"),
        ("separate grains? yes, please", "separate", "asked"),
        ("a colleague counts the houses", "counts", "elsewhere"),
        ("counting belongs to the other lab", "counting", "elsewhere"),
        ("one picture, vessel yes or no, count them", "count", "asked"),
        ("no doubt we want to count", "count", "asked"),
    ],
)
def test_a_denial_is_heard_where_it_belongs(text: str, words: str, stance: str) -> None:
    start = text.index(words)
    assert read_text(text).stance(start, start + len(words), language().negation) == stance
