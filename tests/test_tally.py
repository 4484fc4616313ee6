"""The tally: what is asked of it equals a sum over the images one by one, from memory and from files alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inspector.categories import numbered
from inspector.counting import count_pair
from inspector.counts import CLASS_COLUMNS, COLUMN, Counts
from inspector.masks import Mask
from inspector.settings import Settings
from inspector.tables import ImageInfo, TableWriter
from inspector.tally import MAX_PROFILES, Profiles, Tally
from tests.mask_folders import random_labels

CLASSES = numbered(5)
SHAPES = [(16, 24), (9, 30), (16, 24), (24, 16)]


@pytest.fixture(scope="module")
def counts() -> list[Counts]:
    return [
        count_pair(
            Mask.from_labels(random_labels(i, shape)), Mask.from_labels(random_labels(i + 40, shape, 4)), CLASSES
        )
        for i, shape in enumerate(SHAPES)
    ]


@pytest.fixture(scope="module")
def tally(counts: list[Counts]) -> Tally:
    return Tally.from_counts(CLASSES, Settings(), [(f"image {i}", c) for i, c in enumerate(counts)], list("abac"))


def test_totals_are_the_sums_of_the_images(tally: Tally, counts: list[Counts]) -> None:
    assert (tally.confusion == sum(c.confusion for c in counts)).all()
    assert list(tally.total) == list(CLASS_COLUMNS)
    for name, index in COLUMN.items():
        assert tally.total[name].tolist() == [sum(int(c.classes[k, index]) for c in counts) for k in range(5)]


def test_a_dense_column_has_a_cell_for_each_image_and_class(tally: Tally, counts: list[Counts]) -> None:
    for name in ("gt_px", "fp_boundary_px"):
        assert tally.dense(name).tolist() == [c.column(name).tolist() for c in counts]


def test_images_with_a_class_are_counted_once(tally: Tally, counts: list[Counts]) -> None:
    for held, name in ((tally.images_with_truth, "gt_px"), (tally.images_with_prediction, "pred_px")):
        assert held.tolist() == [sum(c.column(name)[k] > 0 for c in counts) for k in range(5)]
    assert tally.images_with_truth[4] == 0


def test_images_of_one_unit_share_its_number(tally: Tally) -> None:
    a, b, again, c = tally.group_index.tolist()
    assert a == again and sorted({a, b, c}) == [0, 1, 2]


def test_without_groups_each_image_is_a_unit(counts: list[Counts]) -> None:
    alone = Tally.from_counts(CLASSES, Settings(), [(f"{i}", c) for i, c in enumerate(counts)])
    assert len(set(alone.group_index.tolist())) == len(counts)


def test_a_tally_of_nothing_is_empty_and_not_broken() -> None:
    empty = Tally.from_counts(CLASSES, Settings(), [])
    assert (empty.n_images, empty.image_ids, empty.confusion.sum()) == (0, [], 0)
    assert empty.images_with_truth.tolist() == [0] * 5 and empty.dense("gt_px").shape == (0, 5)
    assert empty.group_index.shape == (0,)


def test_a_tally_of_files_equals_one_in_memory(tally: Tally, counts: list[Counts], tmp_path: Path) -> None:
    writer = TableWriter(tmp_path, CLASSES, Settings())
    for index, (each, unit) in enumerate(zip(counts, "abac", strict=True)):
        name = f"image {index}"
        writer.add(index, ImageInfo(name, name, name, unit), each)
    filed = Tally(CLASSES, Settings(), writer.close(), tally.confusion, tally.totals)
    assert filed.image_ids == tally.image_ids and filed.n_images == tally.n_images
    assert (filed.group_index == tally.group_index).all()
    for name in ("gt_px", "hd95_px", "iou", "image_index"):
        assert np.array_equal(filed.row(name), tally.row(name), equal_nan=True)
    assert np.array_equal(filed.cell("px"), tally.cell("px"))
    assert np.array_equal(filed.object("area_px"), tally.object("area_px"))


def test_profiles_are_kept_by_size_and_their_number_is_bounded(counts: list[Counts]) -> None:
    profiles = Profiles()
    for each in counts:
        profiles.add(each)
    assert {shape: profile.images for shape, profile in profiles.by_shape.items()} == {
        (16, 24): 2, (9, 30): 1, (24, 16): 1,
    }  # fmt: skip
    both = profiles.by_shape[(16, 24)]
    assert (both.wrong_by_row == counts[0].wrong_by_row + counts[2].wrong_by_row).all()
    assert both.valid_by_column.sum() == counts[0].valid_px + counts[2].valid_px
    for size in range(1, 3 * MAX_PROFILES):
        labels = Mask.from_labels(np.zeros((size, 3), np.uint8))
        profiles.add(count_pair(labels, labels, CLASSES))
    assert len(profiles.by_shape) == MAX_PROFILES


def test_a_profile_does_not_share_memory_with_the_counts(counts: list[Counts]) -> None:
    profiles = Profiles()
    before = counts[0].wrong_by_row.copy()
    for _ in range(3):
        profiles.add(counts[0])
    assert (counts[0].wrong_by_row == before).all()
