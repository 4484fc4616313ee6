"""`measure_mask`: whole numbers that plain loops count alike, for every kind of labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError
from inspector.label_profile import measure_mask
from inspector.label_profile.counts import SPECK_PX, LabelCounts
from inspector.masks import Mask, Segments
from tests.label_maps import CodePair, code_pairs
from tests.label_profiles import class_counts, objects_by_definition, segment_counts, shape_of

Map = NDArray[Any]
SHAPES = st.tuples(st.integers(1, 24), st.integers(1, 24))


def _of(counts: LabelCounts, class_id: int) -> dict[str, Any]:
    index = counts.class_ids.tolist().index(class_id)
    names = ("px", "border_px", "edge_px", "largest_px", "components", "segments", "merged", "split", "found")
    return {name: int(counts.column(name)[index]) for name in names} | {"specks": counts.specks[index].tolist()}


def _objects(counts: LabelCounts, class_id: int) -> list[tuple[int, ...]]:
    return sorted(tuple(row[1:]) for row in counts.objects.tolist() if row[0] == class_id)


@given(code_pairs(SHAPES))
@settings(max_examples=100)
def test_a_class_map_is_counted_as_plain_loops_count_it(pair: CodePair) -> None:
    counts = measure_mask(Mask.from_labels(pair.gt.astype(np.uint8)), "classes", ignore=[pair.k])
    assert counts.class_ids.tolist() == sorted(set(pair.gt[pair.gt != pair.k].tolist()))
    assert counts.void_px == int((pair.gt == pair.k).sum()) and not counts.has_ids
    for class_id in counts.class_ids.tolist():
        ours = _of(counts, class_id)
        assert {**ours, **class_counts(pair.gt, class_id)} == ours
        assert ours["segments"] == ours["merged"] == ours["split"] == ours["found"] == 0
        assert _objects(counts, class_id) == sorted(objects_by_definition(pair.gt, class_id))


@given(code_pairs(SHAPES, classes=9), st.integers(1, 3))
@settings(max_examples=100)
def test_a_map_of_segments_is_counted_as_plain_loops_count_it(pair: CodePair, classes: int) -> None:
    """The ids of the first map, each with a class of its own choice."""
    ids = pair.gt
    table = np.arange(int(ids.max()) + 1)
    category = 7 + table % classes
    segments = Segments(table, category, np.ones(len(table), np.bool_), np.zeros(len(table), np.bool_))
    counts = measure_mask(Mask(ids.astype(np.int32), segments), "panoptic")
    class_map = np.where(ids == 0, -1, category[ids])
    assert counts.void_px == int((ids == 0).sum()) and counts.has_ids
    for class_id in counts.class_ids.tolist():
        ours, pixels = _of(counts, class_id), class_counts(class_map, class_id)
        del pixels["components"], pixels["specks"]
        expected = pixels | segment_counts(class_map, ids, class_id)
        assert {**ours, **expected} == ours
        values = [i for i in np.unique(ids).tolist() if i and category[i] == class_id]
        assert _objects(counts, class_id) == sorted(shape_of(ids == i) for i in values)


def test_in_a_map_of_ids_0_is_background_and_all_else_one_class_of_objects() -> None:
    ids = np.zeros((12, 12), np.uint16)
    ids[1:5, 1:5], ids[1:5, 5:9], ids[7:11, 1:5] = 300, 7, 65535  # the first two touch
    ids[11, 11] = 9
    counts = measure_mask(Mask.from_labels(ids), "ids", ignore=[9])
    assert counts.class_ids.tolist() == [1] and counts.void_px == 1
    ours = _of(counts, 1)
    assert (ours["px"], ours["segments"], ours["merged"], ours["components"], ours["found"]) == (48, 3, 2, 2, 1)
    assert [row[1] for row in counts.objects.tolist()] == [16, 16, 16]


def test_two_halves_of_one_component_match_none_of_it_at_an_iou_of_a_half() -> None:
    ids = np.repeat([[1, 2]], 6, axis=0).repeat(6, axis=1).astype(np.uint8)
    assert _of(measure_mask(Mask.from_labels(ids), "ids"), 1)["found"] == 0


def test_a_crowd_has_pixels_but_is_no_object_and_in_no_component() -> None:
    ids = np.zeros((10, 30), np.int32)
    ids[:, 5:10], ids[:, 10:20], ids[:, 20:25] = 1, 2, 3
    segments = Segments(
        np.arange(4), np.array([0, 5, 5, 5]), np.array([0, 1, 1, 1], bool), np.array([0, 0, 1, 0], bool)
    )
    ours = _of(measure_mask(Mask(ids, segments), "panoptic"), 5)
    assert (ours["px"], ours["segments"], ours["components"], ours["merged"], ours["found"]) == (200, 2, 2, 0, 2)


def test_specks_that_match_an_object_are_components_and_others_are_not() -> None:
    ids = np.zeros((20, 20), np.uint8)
    ids[2:4, 2:4] = 1  # an object of 4 px
    ids[10:18, 10:18], ids[12, 1] = 2, 2  # one with a crumb
    counts = measure_mask(Mask.from_labels(ids), "ids")
    ours = _of(counts, 1)
    assert (ours["components"], ours["found"], ours["split"]) == (2, 2, 0)
    assert ours["specks"] == [0, 1] + [0] * (SPECK_PX - 2)


def test_a_class_list_gives_values_their_classes_and_says_which_are_void() -> None:
    categories = Categories.of(
        [Category(4, "plant", values=(1, 2)), Category(9, "void", values=(3,), ignore=True)], "test"
    )
    labels = np.array([[0, 1, 2, 3]] * 12, np.uint8)
    counts = measure_mask(Mask.from_labels(labels), "classes", categories=categories)
    assert counts.class_ids.tolist() == [0, 4]  # 0 is not listed: a class of its own
    assert counts.column("px").tolist() == [12, 24] and counts.column("components").tolist() == [1, 1]
    assert counts.void_px == 12


@pytest.mark.parametrize("kind", ["classes", "ids"])
def test_a_mask_of_void_alone_has_no_class(kind: str) -> None:
    counts = measure_mask(Mask.from_labels(np.full((3, 4), 255, np.uint8)), kind, ignore=[255])
    assert (len(counts.class_ids), len(counts.objects), counts.void_px) == (0, 0, 12)


def test_a_mask_of_background_alone_has_no_object() -> None:
    counts = measure_mask(Mask.from_labels(np.zeros((3, 4), np.uint8)), "ids")
    assert (len(counts.class_ids), len(counts.objects), counts.void_px) == (0, 0, 0)


def test_more_values_than_classes_can_be_are_refused_with_a_way_out() -> None:
    labels = np.arange(200 * 200, dtype=np.uint16).reshape(200, 200)
    with pytest.raises(InputError, match="40000 different values") as caught:
        measure_mask(Mask.from_labels(labels), "classes")
    assert "--labels ids" in caught.value.fix
    assert _of(measure_mask(Mask.from_labels(labels), "ids"), 1)["segments"] == 39_999


def test_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'boxes'; there are classes, ids, panoptic"):
        measure_mask(Mask.from_labels(np.zeros((2, 2), np.uint8)), "boxes", categories=numbered(1))
