"""What a text says: cues found once, denied where they are denied, and facts with the words that told them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.cues import AXES, language
from prompts.reading import read


def test_an_empty_text_says_what_the_prior_says() -> None:
    reading = read("")
    assert reading.hits == ()
    assert reading.habit.words == {}
    assert reading.scores == {axis: language().scale * language().prior[axis] for axis in AXES}


def test_a_text_cannot_shout() -> None:
    once, often = read("count the cars."), read("count the cars. " * 40)
    assert once.scores == often.scores


def test_scores_are_the_sum_of_what_was_found() -> None:
    reading = read("Every pixel gets a class; each car its own mask, nobody counts the trees.")
    assert len(reading.hits) > 3
    for axis in AXES:
        total = language().prior[axis]
        for hit in reading.hits:
            total += hit.weights.get(axis, 0.0)
        assert math.isclose(reading.scores[axis], language().scale * total + reading.habit.scores[axis])


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_every_quote_stands_in_it(text: str) -> None:
    for hit in read(text).hits:
        assert hit.quote in " ".join(text.split())


@pytest.mark.parametrize(
    ("said", "denied"),
    [
        ("Count the cars and outline each.", "There is no need to count the cars or to outline each."),
        ("Each cell gets its own outline.", "It is not necessary that each cell gets its own outline."),
        ("Tell me which car is which.", "Nobody cares which car is which."),
        ("Single trees are to be told apart.", "Single trees need not be told apart."),
        ("Instance segmentation is what we want.", "Instance segmentation is not what we need, a class map will do."),
    ],
)
def test_a_denial_turns_the_separation_round(said: str, denied: str) -> None:
    assert read(said).scores["separate"] > 0 > read(denied).scores["separate"]


def test_hits_stand_in_the_order_of_the_text() -> None:
    hits = read("Soil and water as areas. Count the plants. Pick one at a time.").hits
    assert all(one.start <= next_.start for one, next_ in pairwise(hits))


@pytest.mark.parametrize(
    ("text", "fact", "value"),
    [
        ("abdominal CT of 300 patients", "dims", "3d"),
        ("64-beam lidar sweeps", "dims", "points"),
        ("Sentinel-2 images of one year", "dims", "series"),
        ("follow each player through the clip", "dims", "video"),
        ("only pictures of good parts", "labelled", "good parts only"),
        ("24 annotated micrographs", "labelled", "tens"),
        ("on a Jetson at the field's edge", "speed", "edge"),
        ("must run at 30 fps", "speed", "real time"),
        ("nurses photograph wounds with a phone", "speed", None),
        ("our product, no AGPL please", "licence", "commercial"),
        ("images of 10000 x 10000 px", "huge", "yes"),
        ("roads only a few pixels wide", "thin", "yes"),
    ],
)
def test_facts_are_told_by_words(text: str, fact: str, value: str | None) -> None:
    reading = read(text)
    assert reading.facts.get(fact) == value
    assert (fact in reading.told) == (value is not None)


def test_the_sister_task_is_the_one_that_most_words_speak_for() -> None:
    assert read("how many metres is it to each pixel, a depth map").sister == "depth"
    assert read("just a bounding box around every car").sister == "detection"
    assert read("nothing of the kind").sister == "classification"
