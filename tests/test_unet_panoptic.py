"""Instances: segments as queries have them, and COCO's panoptic files as a reader of that format finds them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from inspector.categories import Categories, Category
from inspector.errors import EnvironmentFault
from unet.prediction.panoptic import Panoptic, Segment, tidied, write_panoptic

CLASSES = Categories.of(
    [Category(3, "sky", color=(1, 2, 3)), Category(7, "person", isthing=True), Category(9, "car", isthing=True)], "test"
)


def _item() -> Panoptic:
    ids = np.zeros((6, 9), np.int32)
    ids[:2] = 1
    ids[3:5, 2:6] = 70_000
    return Panoptic(ids, (Segment(1, 0, 0.75), Segment(70_000, 1, 0.5)))


def test_the_files_are_those_of_the_format(tmp_path: Path) -> None:
    path = write_panoptic(tmp_path, [("a/b", _item())], CLASSES)
    document = json.loads(path.read_text())
    assert document["images"] == [{"id": "a/b", "file_name": "a/b.png", "height": 6, "width": 9}]
    (annotation,) = document["annotations"]
    assert annotation["image_id"] == "a/b" and annotation["file_name"] == "a/b.png"
    assert annotation["segments_info"] == [
        {"id": 1, "category_id": 3, "area": 18, "bbox": [0, 0, 9, 2], "iscrowd": 0, "score": 0.75},
        {"id": 70_000, "category_id": 7, "area": 8, "bbox": [2, 3, 4, 2], "iscrowd": 0, "score": 0.5},
    ]
    assert document["categories"][0] == {"id": 3, "name": "sky", "isthing": 0, "color": [1, 2, 3]}
    assert [each["isthing"] for each in document["categories"]] == [0, 1, 1]
    with Image.open(tmp_path / "panoptic" / "a" / "b.png") as picture:
        assert picture.mode == "RGB"
        pixels = [[picture.getpixel((x, y)) for x in range(9)] for y in range(6)]
    for y in range(6):
        for x in range(9):
            red, green, blue = pixels[y][x]
            assert red + 256 * green + 256 * 256 * blue == _item().ids[y, x]
    assert not list(tmp_path.rglob(".*"))


def test_numbers_as_image_ids_are_numbers_unless_two_would_be_one(tmp_path: Path) -> None:
    path = write_panoptic(tmp_path, [("000139", _item()), ("42", _item())], CLASSES)
    document = json.loads(path.read_text())
    assert [image["id"] for image in document["images"]] == [139, 42]
    assert [each["image_id"] for each in document["annotations"]] == [139, 42]
    path = write_panoptic(tmp_path, [("042", _item()), ("42", _item())], CLASSES)
    assert [image["id"] for image in json.loads(path.read_text())["images"]] == ["042", "42"]


def test_without_a_thing_among_the_classes_all_are_things(tmp_path: Path) -> None:
    classes = Categories.of([Category(0, "a"), Category(1, "b")], "test")
    document = json.loads(write_panoptic(tmp_path, [], classes).read_text())
    assert [each["isthing"] for each in document["categories"]] == [1, 1] and document["images"] == []


def test_a_segment_without_a_pixel_and_an_id_beyond_three_bytes_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="segment 5 has no pixel"):
        write_panoptic(tmp_path, [("a", Panoptic(np.zeros((2, 2), np.int32), (Segment(5, 0, 1.0),)))], CLASSES)
    with pytest.raises(ValueError, match="0 to 16777215"):
        write_panoptic(tmp_path, [("a", Panoptic(np.full((2, 2), 2**24, np.int32), ()))], CLASSES)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "panoptic").write_text("a file where a folder should be")
    with pytest.raises(EnvironmentFault, match="a.png: could not be written"):
        write_panoptic(tmp_path, [("a", _item())], CLASSES)


@given(
    arrays(np.int32, (4, 5), elements=st.integers(0, 6)),
    st.lists(
        st.tuples(st.integers(1, 6), st.integers(0, 2), st.floats(0, 1)), max_size=6, unique_by=lambda each: each[0]
    ),
)
def test_stuff_becomes_one_segment_and_things_stay_apart(
    ids: np.ndarray[tuple[int, int], np.dtype[np.int32]], drawn: list[tuple[int, int, float]]
) -> None:
    item = tidied(ids, [Segment(*each) for each in drawn], fuse=frozenset({0}))
    of_id = {number: index for number, index, _ in drawn}
    of_new = {segment.id: segment.index for segment in item.segments}
    assert [segment.id for segment in item.segments] == list(range(1, len(item.segments) + 1))
    assert sum(index == 0 for index in of_new.values()) <= 1
    pairs = set()
    for old, new in zip(ids.ravel().tolist(), item.ids.ravel().tolist(), strict=True):
        assert of_id.get(old) == of_new.get(new)  # the class of every pixel stays, and so does "none"
        pairs.add((old, new))
    things = [(old, new) for old, new in pairs if of_id.get(old) not in (None, 0)]
    assert len({new for _, new in things}) == len(things) == len({old for old, _ in things})
    for segment in item.segments:
        scores = [score for number, index, score in drawn if (number, segment.id) in pairs and index == segment.index]
        assert segment.score == max(scores)
