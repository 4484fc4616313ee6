"""`review.json` is read item by item; what is wrong with one is said with its number and its image."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import UsageError
from inspector.review import VERDICTS, Item, item_of, read_review, reason_of, review_json
from tests.review_samples import item, review

RUN = "0123456789abcdef"


def written(folder: Path, document: Any) -> Path:
    path = folder / "review.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return path


def test_a_review_is_read_as_it_is_written(tmp_path: Path) -> None:
    items = [item(), item("image2", "accept", **{"class": None, "class_name": None, "box": None, "note": "fine"})]
    found = read_review(written(tmp_path, review(RUN, *items)))
    assert found.run == RUN
    assert found.items[0] == Item(
        "image1", 1, 1, "class 1", (2, 3, 8, 13), "label-error", "", "Ada", datetime(2026, 11, 21, 20, tzinfo=UTC)
    )
    assert json.loads(review_json(RUN, found.items)) == review(RUN, *items)


def test_what_the_page_writes_is_what_is_read() -> None:
    """The sample is also what the script of the page must write, byte for byte: one format, two programs."""
    sample = Path(__file__).parents[1] / "reports/viewer/test/review_sample.json"
    found = read_review(sample)
    assert [each.image for each in found.items] == ["a/b", "z"]
    assert json.loads(review_json(found.run, found.items)) == json.loads(sample.read_text(encoding="utf-8"))


def test_times_become_utc_and_whole_seconds() -> None:
    assert item_of(item(at="2026-11-21T22:30:00.789+02:30")).as_json()["at"] == "2026-11-21T20:00:00Z"


def test_what_may_be_left_out_is_left_out() -> None:
    found = item_of({"image": "a", "verdict": "accept", "at": "2026-11-21T20:00:00Z"})
    assert (found.image_index, found.class_id, found.box, found.note, found.reviewer) == (None, None, None, "", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"verdict": "fine"}, ["`verdict`", "accept, model-error, label-error, needs-relabel", "'fine'"]),
        ({"verdict": None}, ["`verdict`"]),
        ({"verdict": ["accept"]}, ["`verdict`"]),
        ({"image": ""}, ["`image`", "expected a text"]),
        ({"image": 7}, ["`image`", "7"]),
        ({"image_index": -1}, ["`image_index`", "-1"]),
        ({"image_index": 1.5}, ["`image_index`", "1.5"]),
        ({"image_index": True}, ["`image_index`", "True"]),
        ({"class": "car"}, ["`class`", "whole number", "'car'"]),
        ({"class_name": 3}, ["`class_name`"]),
        ({"box": [2, 3, 8]}, ["`box`", "[y0, x0, y1, x1]"]),
        ({"box": [8, 3, 2, 13]}, ["`box`", "y0 < y1"]),
        ({"box": [2, 3, 8, 3]}, ["`box`", "x0 < x1"]),
        ({"box": [-1, 3, 8, 13]}, ["`box`"]),
        ({"box": [0, 0, 1.5, 2]}, ["`box`"]),
        ({"box": [False, 0, 1, 2]}, ["`box`"]),
        ({"box": "all"}, ["`box`"]),
        ({"note": "x" * 2001}, ["`note`", "2,001 characters", "2,000"]),
        ({"note": "\ud800"}, ["`note`", "surrogate"]),
        ({"note": None}, ["`note`"]),
        ({"reviewer": "x" * 101}, ["`reviewer`", "101"]),
        ({"at": "yesterday"}, ["`at`", "2026-11-21T20:00:00Z", "'yesterday'"]),
        ({"at": "2026-11-21T20:00:00"}, ["`at`"]),
        ({"at": 12}, ["`at`"]),
        ({"at": "0001-01-01T00:00:00+23:00"}, ["`at`"]),
        ({"at": "0987-01-01T00:00:00Z"}, ["`at`"]),  # written as 987 it could not be read again
        ({"at": "9999-12-31T00:00:00Z"}, ["`at`"]),  # there is no day 90 days later
        ({"colour": "red"}, ["unknown key 'colour'"]),
    ],
)
def test_an_item_that_is_wrong_is_named(tmp_path: Path, change: dict[str, Any], words: list[str]) -> None:
    path = written(tmp_path, review(RUN, item(), item("image2") | change))
    with pytest.raises(UsageError) as caught:
        read_review(path)
    for word in [str(path), "item 2", *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", ["is no JSON"]),
        ("[" * 100_000, ["is no JSON"]),
        ([], ["expected a review"]),
        ({"schema_version": 1, "run": RUN}, ["expected a review"]),
        (review(RUN, schema_version=2), ["schema_version 2 found, 1 expected"]),
        (review("xyz"), ["16 hex digits", "'xyz'"]),
        (review(RUN.upper()), ["16 hex digits"]),
        (review(RUN) | {"items": {}}, ["`items`", "dict"]),
        (review(RUN, 5), ["item 1", "expected an object"]),
        (review(RUN, item(), item("image2"), item(note="again")), ["item 3 ('image1')", "as item 1", "keep one"]),
    ],
)
def test_a_file_that_is_no_review_is_refused(tmp_path: Path, document: Any, words: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_review(written(tmp_path, document))
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nowhere.json: cannot be read"):
        read_review(tmp_path / "nowhere.json")
    (tmp_path / "review.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UsageError, match="is no JSON"):
        read_review(tmp_path / "review.json")


def test_one_class_of_one_image_may_have_several_boxes() -> None:
    boxes = [None, [0, 0, 1, 1], [0, 0, 1, 2]]
    assert len({item_of(item(box=box)).key for box in boxes}) == 3


def test_the_reason_names_each_verdict_once_whatever_the_order() -> None:
    records = [
        item(verdict="needs-relabel", note="z"), item(note=" a\nwheel "), item(note="a wheel"), item(note="b"),
        item(verdict="needs-relabel"),
    ]  # fmt: skip
    items = [item_of(record) for record in records]
    assert reason_of(items) == reason_of(items[::-1]) == "label error: a wheel, b; needs relabel: z"


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)
sides = st.tuples(*[st.integers(0, 50)] * 2, *[st.integers(51, 99)] * 2)


@given(
    st.lists(
        st.builds(
            Item,
            texts.filter(bool),
            st.none() | st.integers(0, 10**6),
            st.none() | st.integers(-5, 10**6),
            st.none() | texts.filter(bool),
            st.none() | sides,
            st.sampled_from(sorted(VERDICTS)),
            texts,
            texts,
            st.datetimes(datetime(1000, 1, 2), datetime(9998, 1, 1)).map(
                lambda at: at.replace(microsecond=0, tzinfo=UTC)
            ),
        ),
        unique_by=lambda each: each.key,
    )
)
def test_any_review_comes_back(tmp_path_factory: pytest.TempPathFactory, items: list[Item]) -> None:
    path = tmp_path_factory.mktemp("any") / "review.json"
    path.write_text(review_json(RUN, items), encoding="utf-8")
    assert read_review(path).items == tuple(items)
