"""Analyzers of how masks were made: resized, tiled, padded, void where a class is, or copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.analyzers import (
    duplicate_images,
    identical_to_truth,
    ignore_is_a_class,
    image_border_worse,
    masks_interpolated,
    predicts_ignore,
    tile_seams,
)
from inspector.analyzers.tile_seams import find_seams
from inspector.categories import Categories, Category
from inspector.findings import Severity
from inspector.settings import Settings
from inspector.tally import Tally
from tests.pictures import VOID, counts, draw, enlarge, tally_of_counts, tally_of_masks, told, towns

Labels = NDArray[np.uint8]
Lines = tuple[NDArray[np.int64], NDArray[np.int64]]  # wrong, valid


# ---------------------------------------------------------------- resized, tiled, padded


def test_rims_of_classes_in_between_are_interpolation() -> None:
    gt = enlarge(draw("..oo..oo\n..oo..oo\noo..oo..\noo..oo.."), 20)
    pred = gt.copy()
    change = np.flatnonzero(gt[0, 1:] != gt[0, :-1])
    pred[:, change] = 2  # a column of class 2 between 0 and 3
    (finding,) = told(masks_interpolated, tally_of_masks([(gt, pred)] * 4))
    assert finding.title.startswith("The predictions look resized with interpolation")
    (other,) = told(masks_interpolated, tally_of_masks([(pred, gt)] * 4))
    assert other.title.startswith("The truth look")
    assert told(masks_interpolated, tally_of_masks([(gt, gt), (pred, pred)] * 2)) == []
    few = (gt[:8], pred[:8])
    assert told(masks_interpolated, tally_of_masks([few] * 4)) == []  # 64 changes of class say nothing
    beside = gt.copy()
    beside[:, change] = 5  # as thin, but no value in between
    assert told(masks_interpolated, tally_of_masks([(gt, beside)] * 4)) == []


def _profile(
    period: int | None, length: int = 600, height: float = 0.2, wide: int = 3, seed: int = 0, valid_px: int = 4000
) -> Lines:
    rng = np.random.default_rng(seed)
    line = np.arange(length)
    rate = 0.1 + 0.05 * np.sin(line / 90)
    if period:
        near = np.abs((line + period // 2) % period - period // 2) < wide
        rate = rate + height * (near & (line >= wide) & (line < length - wide))
    valid = np.full(length, valid_px)
    return rng.binomial(valid, rate), valid


@pytest.mark.parametrize("period", [32, 50, 64, 100, 128, 150, 192])
@pytest.mark.parametrize("wide", [1, 3, 5])
def test_the_period_of_seams_is_found_to_the_pixel(period: int, wide: int) -> None:
    seams = find_seams(*_profile(period, wide=wide))
    assert seams is not None
    assert seams.period_px == period
    assert seams.rate > seams.rate_around


@pytest.mark.parametrize("valid_px", [4000, 60])
@pytest.mark.parametrize("length", [600, 1500])
def test_no_seams_are_found_in_noise(length: int, valid_px: int) -> None:
    found = [find_seams(*_profile(None, length=length, seed=seed, valid_px=valid_px)) for seed in range(120, 180)]
    assert found == [None] * 60


def test_fewer_than_three_seams_short_profiles_and_no_errors_are_no_seams() -> None:
    assert find_seams(*_profile(256, length=600)) is None
    assert find_seams(*_profile(None, length=20)) is None
    assert find_seams(*_profile(64, height=0.01, valid_px=400_000)) is None  # sure, but too slight to matter
    assert find_seams(np.zeros(600, np.int64), np.full(600, 100)) is None
    assert find_seams(np.zeros(600, np.int64), np.zeros(600, np.int64)) is None


def test_seams_are_told_with_period_and_direction() -> None:
    wrong, valid = _profile(64)
    one = counts([[3000, 300], [300, 3000]], shape=(40, 600), wrong_by_column=wrong // 100)
    one = replace(one, wrong_by_column=wrong, valid_by_column=valid)
    (finding,) = told(tile_seams, tally_of_counts([one] * 4))
    assert finding.title.startswith("Errors pile up at every 64 px of the columns, as at the seams of tiles")
    assert (finding.measures["period_columns_px"], finding.severity) == (64, Severity.ERROR)


def test_drawn_seams_in_both_directions() -> None:
    gt = np.zeros((400, 400), np.uint8)
    pred = gt.copy()
    for seam in range(80, 400, 80):
        pred[seam - 1 : seam + 1, ::3] = 1
        pred[::3, seam - 1 : seam + 1] = 1
    (finding,) = told(tile_seams, tally_of_masks([(gt, pred)] * 2))
    assert "every 80 px of the columns and 80 px of the rows" in finding.title


def _bordered(sides: str) -> Labels:
    pred = np.zeros((200, 200), np.uint8)
    for side, band in {"t": np.s_[:8], "b": np.s_[-8:], "l": np.s_[:, :8], "r": np.s_[:, -8:]}.items():
        if side in sides:
            pred[band] = 1
    return pred


def test_a_border_that_is_worse_all_around_is_told() -> None:
    gt = np.zeros((200, 200), np.uint8)
    (finding,) = told(image_border_worse, tally_of_masks([(gt, _bordered("tblr"))] * 2))
    assert finding.title.startswith("Predictions are worse along the whole image border: 100 % of the pixels")
    (three,) = told(image_border_worse, tally_of_masks([(gt, _bordered("tbl"))] * 2))
    assert "at the border (top, bottom and left)" in three.title
    assert finding.gain > three.gain > 0


def test_one_bad_side_even_errors_and_tiny_images_are_no_border() -> None:
    gt, rng = np.zeros((200, 200), np.uint8), np.random.default_rng(0)
    even = (rng.random((200, 200)) < 0.2).astype(np.uint8)
    for pred in (_bordered("b"), _bordered("bt"), even, gt):
        assert told(image_border_worse, tally_of_masks([(gt, pred)] * 2)) == []
    a_little_worse = ((rng.random((200, 200)) < 0.3) | (_bordered("tblr") & (rng.random((200, 200)) < 0.08))).astype(
        np.uint8
    )
    assert told(image_border_worse, tally_of_masks([(gt, a_little_worse)] * 2)) == []
    small, ring = np.zeros((12, 12), np.uint8), np.pad(np.zeros((10, 10), np.uint8), 1, constant_values=1)
    assert told(image_border_worse, tally_of_masks([(small, ring)] * 2)) == []


# ---------------------------------------------------------------- void, copies


def _ignoring(names: Sequence[str], value: int, void_px: int) -> Tally:
    classes = Categories.of([Category(i, name) for i, name in enumerate(names)], "a test").with_ignored([value])
    one = counts([[90, 10], [10, 90]], void_px=void_px)
    return Tally.from_counts(classes, Settings(ignore=(value,)), [(f"image {i}", one) for i in range(5)])


def test_an_ignored_class_with_a_name_is_told() -> None:
    (finding,) = told(ignore_is_a_class, _ignoring(["background", "car", "person"], 0, void_px=20))
    assert finding.title.startswith("The ignored value is a class of its own in the class list: background; 9.1 %")
    assert finding.severity == Severity.WARNING
    (much,) = told(ignore_is_a_class, _ignoring(["background", "car", "person"], 0, void_px=800))
    assert much.severity == Severity.ERROR


@pytest.mark.parametrize("name", ["void", "ignored", "unlabeled", "Unknown", "class 0", "0", "out of roi"])
def test_a_name_that_says_void_or_nothing_is_no_class(name: str) -> None:
    assert told(ignore_is_a_class, _ignoring([name, "car", "person"], 0, void_px=20)) == []
    (much,) = told(ignore_is_a_class, _ignoring([name, "car", "person"], 0, void_px=800))
    assert much.severity == Severity.WARNING


def test_void_over_a_quarter_of_the_truth_is_told() -> None:
    (finding,) = told(ignore_is_a_class, _ignoring(["car", "person"], 255, void_px=100))
    assert "Much of the truth is ignored (value 255)" in finding.title
    assert told(ignore_is_a_class, _ignoring(["car", "person"], 255, void_px=50)) == []


def test_predicted_ignore_values_are_counted_and_said_louder_where_they_are_many() -> None:
    few = tally_of_counts([counts([[9990, 0, 2], [0, 900, 0]], ignored_px=2)] * 3 + [counts([[900, 0], [0, 9]])])
    (note,) = told(predicts_ignore, few)
    assert (note.severity, note.measures["ignored_px"], note.measures["images_count"]) == (Severity.NOTE, 6, 3)
    many = tally_of_counts([counts([[900, 0, 90], [0, 900, 0]], ignored_px=90)])
    (warning,) = told(predicts_ignore, many)
    assert warning.severity == Severity.WARNING
    assert told(predicts_ignore, tally_of_counts([counts([[9, 0], [0, 9]])])) == []


def test_drawn_predictions_that_are_the_truth() -> None:
    images = towns()
    (finding,) = told(identical_to_truth, tally_of_masks([(gt, gt) for gt in images]))
    assert finding.severity == Severity.ERROR
    assert finding.title.startswith("All 6 predictions equal the truth")
    (single,) = told(identical_to_truth, tally_of_masks([(images[0], images[0])]))
    assert single.title.startswith("1 of 1 prediction equals the truth")
    wrong = [(gt, np.roll(gt, 1, 0)) for gt in images]
    (one,) = told(identical_to_truth, tally_of_masks([(images[0], images[0]), *wrong[1:]]))
    assert (one.severity, one.measures["identical_count"]) == (Severity.WARNING, 1)
    assert [each.image_index for each in one.evidence] == [0]
    assert told(identical_to_truth, tally_of_masks(wrong)) == []


def test_a_copy_is_one_whatever_it_holds_under_void_and_empty_images_are_none() -> None:
    gt = towns()[0]
    with_void = gt.copy()
    with_void[:10] = VOID
    assert len(told(identical_to_truth, tally_of_masks([(with_void, gt)]))) == 1
    empty = np.zeros_like(gt)
    assert told(identical_to_truth, tally_of_masks([(empty, empty)] * 3)) == []


def test_copies_of_a_truth_and_of_a_prediction_are_told() -> None:
    a, b, c, d, *_ = towns()
    (finding,) = told(duplicate_images, tally_of_masks([(a, b), (c, d), (a, b), (a, c)]))
    assert "2 images of 4 repeat the truth of another one: image 2 is the same as image 0" in finding.title
    assert [each.image_index for each in finding.evidence] == [0, 2, 3]
    (same,) = told(duplicate_images, tally_of_masks([(a, d), (b, d), (c, d)]))
    assert "2 images of 3 repeat the prediction of another one: image 1" in same.title
    assert told(duplicate_images, tally_of_masks([(a, b), (b, c), (c, a)])) == []


def test_empty_masks_are_no_copies() -> None:
    empty = np.zeros((60, 60), np.uint8)
    assert told(duplicate_images, tally_of_masks([(empty, empty)] * 3)) == []
