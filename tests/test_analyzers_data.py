"""Analyzers of what the data can say: absent classes, too few images, and truth that looks like a slip."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.analyzers import absent_from_truth, cannot_tell, suspicious_truth
from inspector.findings import Severity
from inspector.settings import Settings
from inspector.tally import Tally
from tests.pictures import counts, draw, enlarge, tally_of_counts, tally_of_masks, told


def test_a_class_that_is_only_predicted_costs_its_place_in_the_mean() -> None:
    one = counts([[80, 20, 0, 0], [0, 0, 0, 0], [0, 0, 50, 0], [0, 0, 0, 0]])
    warning, note = told(absent_from_truth, tally_of_counts([one] * 3))
    assert (warning.class_index, warning.severity) == (1, Severity.WARNING)
    assert warning.title == (
        "car: not in the truth at all, but predicted on 60 px in 3 images, where the truth is ground; "
        "it enters mIoU with an IoU of 0"
    )
    assert warning.gain == pytest.approx((0.8 + 1) / 2 - (0.8 + 0 + 1) / 3)
    assert (note.severity, note.title.split(" is ")[0]) == (Severity.NOTE, "pole")


def test_absent_classes_are_one_note_and_present_ones_none() -> None:
    (note,) = told(absent_from_truth, tally_of_counts([counts([[9, 0, 0], [0, 0, 0], [0, 0, 0]])]))
    assert note.title.startswith("car and person are in the class list but neither true nor predicted")
    assert told(absent_from_truth, tally_of_counts([counts([[9, 1], [0, 9]])])) == []


def test_a_class_in_few_images_is_told_with_how_many_and_how_wide() -> None:
    rng = np.random.default_rng(0)
    rare = [counts([[900, 5], [int(rng.integers(5, 60)), 40]]) for _ in range(8)]
    (finding,) = told(cannot_tell, tally_of_counts([*rare, *[counts([[900, 0], [0, 0]])] * 30]))
    assert (finding.class_index, finding.measures["images_count"]) == (1, 8)
    assert "only 8 images with it, fewer than 20" in finding.title and "(interval " in finding.title
    low, high = finding.intervals["iou_fraction"]
    assert low < finding.measures["iou_fraction"] < high
    assert [each.px for each in finding.evidence] == sorted((each.px for each in finding.evidence), reverse=True)


def test_a_class_without_an_interval_says_so() -> None:
    one = [counts([[900, 5], [10, 40]]), *[counts([[900, 0], [0, 0]])] * 30]
    (finding,) = told(cannot_tell, tally_of_counts(one))
    assert finding.title.endswith("fewer than 20; no interval of its IoU, 73 %")


def test_a_small_data_set_is_one_note_and_a_large_one_none() -> None:
    (finding,) = told(cannot_tell, tally_of_counts([counts([[90, 5], [1, 40]]), counts([[90, 5], [9, 40]])] * 3))
    assert finding.title.startswith("Only 6 images, fewer than the 20 that a judgement of a class needs; intervals")
    assert finding.class_index is None
    assert told(cannot_tell, tally_of_counts([counts([[90, 5], [1, 40]])] * 20)) == []


def test_specks_are_a_note_where_they_are_many() -> None:
    def one(specks: int, real: int = 10) -> Tally:
        objects = [{"class_index": 1, "area_px": 5}] * specks + [{"class_index": 1, "area_px": 500}] * real
        return tally_of_counts([counts([[90, 5], [1, 40]], columns={"specks_gt": {1: specks}}, objects=objects)] * 5)

    (finding,) = told(suspicious_truth, one(5))
    assert finding.title.startswith("The truth of car holds 25 specks below 10 px, 33 % of its components")
    assert finding.severity == Severity.NOTE
    assert told(suspicious_truth, one(3)) == []  # 15 of them are few
    assert told(suspicious_truth, one(5, real=45)) == []  # a tenth of the components


def _swapped(
    times: int, objects: int = 40, iou: tuple[int, int] = (900, 1000), recalled: int = 0, invented_px: int = 0
) -> Tally:
    """Objects of class 1, of which some are met by a region of class 2."""
    fine = {"class_index": 1, "area_px": 1000, "recalled_px": 1000, "swap_class": -1, "x1": 9, "y1": 9}
    odd = fine | {"recalled_px": recalled, "swap_class": 2, "swap_inter_px": iou[0], "swap_union_px": iou[1]}
    matrix = [[90_000, 0, invented_px], [0, 1000 * (objects - times), 1000 * times], [0, 0, 60_000]]
    return tally_of_counts([counts(matrix, objects=[fine] * (objects - times) + [odd] * times)])


def test_a_region_that_every_sign_calls_another_class_is_a_candidate() -> None:
    (finding,) = told(suspicious_truth, _swapped(1))
    assert finding.title == (
        "1 true region may carry the wrong class: the largest candidate is car in the truth of image 0, "
        "and predicted as person in the same outline"
    )
    assert finding.severity == Severity.NOTE
    assert "candidates only" in finding.advice
    assert finding.evidence[0].box == (0, 0, 9, 9)


@pytest.mark.parametrize(
    ("why", "tally"),
    [
        ("the model does so often", _swapped(4)),
        ("the outlines differ", _swapped(1, iou=(700, 1000))),
        ("half of it is found", _swapped(1, recalled=500)),
        ("there are few of its kind", _swapped(1, objects=3)),
        ("the model invents the other class elsewhere", _swapped(1, invented_px=30_000)),
    ],
)
def test_a_region_is_no_candidate_where(why: str, tally: Tally) -> None:
    assert told(suspicious_truth, tally) == []


def test_a_drawn_object_with_another_name_in_the_truth_alone_is_a_candidate() -> None:
    fine = enlarge(draw("..........\n.cc....pp.\n.cc....pp.\n.........."), 15)
    slip = enlarge(draw("..........\n.pp....pp.\n.pp....pp.\n.........."), 15)
    settings = Settings(min_images=3)
    (finding,) = told(suspicious_truth, tally_of_masks([(fine, fine)] * 24 + [(slip, fine)], settings=settings))
    assert finding.measures["candidates_count"] == 1
    assert finding.evidence[0].image_index == 24
    assert finding.evidence[0].box == (15, 15, 45, 45)
