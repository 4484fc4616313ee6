"""Analyzers of the pipeline: each slip is recognised, said with what mends it, and not seen where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.analyzers import (
    analyze_all,
    duplicate_images,
    identical_to_truth,
    ignore_is_a_class,
    image_border_worse,
    label_ids_permuted,
    masks_interpolated,
    pairs_shuffled,
    predictions_shifted,
    predictions_turned,
    predicts_ignore,
    tile_seams,
)
from inspector.analyzers.label_ids_permuted import fitting_map, kappa, relabelled
from inspector.analyzers.tile_seams import find_seams
from inspector.categories import Categories, Category
from inspector.findings import Finding, Severity
from inspector.intervals import resample
from inspector.loss import miou_of
from inspector.second_look import POSES, SecondLook
from inspector.settings import Settings
from inspector.tally import Tally
from tests.pictures import VOID, counts, draw, enlarge, tally_of_counts, tally_of_masks

Labels = NDArray[np.uint8]
Lines = tuple[NDArray[np.int64], NDArray[np.int64]]  # wrong, valid


def told(analyzer: ModuleType, tally: Tally) -> list[Finding]:
    return list(analyzer.analyze(tally, resample(tally)))


def seen(
    poses: Sequence[Sequence[float]], shifts: Sequence[tuple[int, int]] = (), near: tuple[float, float] = (0.6, 0.8)
) -> SecondLook:
    """A second look with given pose agreements (missing ones impossible) or shifts, and nothing to say about pairs."""
    count = max(len(poses), len(shifts))
    table = np.full((count, len(POSES)), np.nan)
    for i, row in enumerate(poses):
        table[i, : len(row)] = row
    fits = np.full((count, count), np.nan)
    moved = np.array(list(shifts) or [(0, 0)] * count, np.int64)
    return SecondLook(tuple(range(count)), table, moved, np.tile(near, (count, 1)), fits, fits, fits)


def with_look(look: SecondLook) -> Tally:
    return replace(tally_of_counts([counts([[90, 10], [10, 90]])] * 12), second_look=look)


def towns(seed: int = 0, images: int = 6, height: int = 96, width: int = 128) -> list[Labels]:
    """Unlike drawings: sky above ground, with boxes of four classes."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(images):
        labels = np.zeros((height, width), np.uint8)
        labels[: int(rng.uniform(0.2, 0.6) * height)] = 5
        for _ in range(14):
            y, x = int(rng.integers(height - 12)), int(rng.integers(width - 12))
            labels[y : y + int(rng.integers(5, 40)), x : x + int(rng.integers(5, 40))] = rng.integers(1, 5)
        found.append(labels)
    return found


# ---------------------------------------------------------------- turned and shifted


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        (np.fliplr, "predictions-flipped", "flipped left to right"),
        (np.flipud, "predictions-flipped", "flipped upside down"),
        (lambda m: np.rot90(m, 2), "predictions-rotated", "turned by 180 degrees"),
    ],
)
def test_drawn_predictions_in_another_pose(change: Callable[[Labels], Labels], kind: str, words: str) -> None:
    pairs = [(gt, np.ascontiguousarray(change(gt))) for gt in towns()]
    (finding,) = told(predictions_turned, tally_of_masks(pairs))
    assert (finding.kind, finding.severity) == (kind, Severity.ERROR)
    assert words in finding.title and "to 100 %" in finding.title
    assert len(finding.evidence) == 6


def test_transposed_squares() -> None:
    pairs = [(gt, np.ascontiguousarray(gt.T)) for gt in towns(width=96)]
    (finding,) = told(predictions_turned, tally_of_masks(pairs))
    assert finding.kind == "predictions-transposed"


def test_a_pose_is_told_with_what_undoing_it_gives() -> None:
    tally = with_look(seen([[0.5, 0.9]] * 4))
    (finding,) = told(predictions_turned, tally)
    assert "from 50 % to 90 %" in finding.title
    assert finding.gain == pytest.approx(0.8 * (1 - miou_of(tally.confusion)))


@pytest.mark.parametrize(
    ("why", "poses"),
    [
        ("the prediction is right", [[0.9, 0.5]] * 4),
        ("scenes are nearly symmetric", [[0.80, 0.84]] * 4),
        ("pairs do not agree", [[0.5, 0.9], [0.5, 0.9], [0.5, 0.2, 0.9], [0.9, 0.5]]),
        ("one pair proves nothing", [[0.5, 0.9]]),
        ("nothing was valid", [[], []]),
    ],
)
def test_no_pose_is_told_where(why: str, poses: list[list[float]]) -> None:
    assert told(predictions_turned, with_look(seen(poses))) == []


def test_without_a_second_look_nothing_is_said() -> None:
    tally = tally_of_counts([counts([[90, 10], [10, 90]])])
    assert [told(a, tally) for a in (predictions_turned, predictions_shifted, pairs_shuffled)] == [[], [], []]


def test_a_constant_shift_is_told_with_its_direction() -> None:
    (finding,) = told(predictions_shifted, with_look(seen([], [(3, -2)] * 4 + [(4, -2)])))
    assert finding.title == (
        "Predictions are displaced by 3 px to the right and 2 px up (dx 3, dy -2) in 5 of 5 pairs looked at; "
        "undoing it raises agreement near boundaries from 60 % to 80 %"
    )
    assert (finding.measures["dx_px"], finding.measures["dy_px"]) == (3, -2)
    (left,) = told(predictions_shifted, with_look(seen([], [(-1, 0)] * 3)))
    assert "displaced by 1 px to the left (dx -1, dy 0)" in left.title


@pytest.mark.parametrize(
    ("why", "look"),
    [
        ("it is nowhere", seen([], [(0, 0)] * 5)),
        ("pairs do not agree", seen([], [(3, 0), (0, 5), (-4, 1), (0, 0), (3, 0)])),
        ("jitter moves some by a pixel", seen([], [(0, 0), (1, 0), (0, 0), (0, -1), (0, 0)])),
        ("it explains next to nothing", seen([], [(1, 0)] * 5, near=(0.700, 0.702))),
        ("there are two pairs", seen([], [(3, 0)] * 2)),
        ("nothing could be judged", seen([], [(3, 0)] * 5, near=(float("nan"), float("nan")))),
    ],
)
def test_no_shift_is_told_where(why: str, look: SecondLook) -> None:
    assert told(predictions_shifted, with_look(look)) == []


def test_drawn_predictions_that_are_displaced() -> None:
    pairs = [(gt, np.roll(gt, (2, -5), (0, 1))) for gt in towns()]
    (finding,) = told(predictions_shifted, tally_of_masks(pairs))
    assert (finding.measures["dx_px"], finding.measures["dy_px"]) == (-5, 2)
    assert told(predictions_shifted, tally_of_masks([(gt, gt) for gt in towns()])) == []


# ---------------------------------------------------------------- other images, other ids


def test_predictions_of_the_next_image_are_shuffled() -> None:
    images = towns()
    (finding,) = told(pairs_shuffled, tally_of_masks(list(zip(images, images[1:] + images[:1], strict=True))))
    assert finding.severity == Severity.ERROR
    assert finding.title.startswith("6 of 6 predictions looked at fit the truth of another image far better")
    assert finding.title.endswith("the prediction image 0 fits the truth image 1")


def test_predictions_of_images_that_were_not_looked_at_may_be_shuffled() -> None:
    (finding,) = told(pairs_shuffled, tally_of_masks(list(zip(towns(0), towns(1), strict=True))))
    assert finding.severity == Severity.WARNING
    assert finding.title.startswith("Predictions may belong to other images")


def test_right_pairs_poor_pairs_and_one_answer_for_all_are_not_shuffled() -> None:
    images, rng = towns(), np.random.default_rng(0)
    poor = [np.where(rng.random(gt.shape) < 0.6, rng.integers(0, 6, gt.shape), gt).astype(np.uint8) for gt in images]
    for predictions in (images, poor, [images[0]] * 6, [np.zeros_like(images[0])] * 6):
        assert told(pairs_shuffled, tally_of_masks(list(zip(images, predictions, strict=True)))) == []


def _noisy(classes: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.diag(rng.integers(500, 900, classes)) + rng.integers(0, 20, (classes, classes))


@pytest.mark.parametrize("to", [[1, 2, 3, 4, 0], [1, 0, 3, 2, 4], [4, 3, 2, 1, 0], [2, 0, 1, 4, 3], [1, 0, 2, 3, 4]])
def test_any_permutation_is_undone_by_the_map_that_is_given(to: list[int]) -> None:
    fine = _noisy(5, np.random.default_rng(sum(to)))
    wrong = np.zeros((5, 6), np.int64)
    wrong[:, to] = fine  # what is class j is written as to[j]
    tally = tally_of_counts([counts(wrong.tolist())] * 5)
    (finding,) = told(label_ids_permuted, tally)
    given = json.loads(finding.advice.split("scoring: ")[1].split(". The")[0])
    assert given == {str(to[j]): j for j in range(5) if to[j] != j}
    assert finding.measures["miou_mapped_fraction"] == pytest.approx(miou_of(np.pad(fine, ((0, 0), (0, 1)))))
    assert finding.gain == pytest.approx(finding.measures["miou_mapped_fraction"] - miou_of(tally.confusion))
    assert ("shifted by +1" in finding.title) == (to == [1, 2, 3, 4, 0])


def test_ids_shifted_out_of_the_list_are_still_mapped_back() -> None:
    fine = _noisy(4, np.random.default_rng(3))
    wrong = np.zeros((4, 5), np.int64)
    wrong[:, 1:] = fine  # the last class is written as a value outside the list
    fix = fitting_map(wrong)
    assert fix == {1: 0, 2: 1, 3: 2}
    (finding,) = told(label_ids_permuted, tally_of_counts([counts(wrong.tolist())] * 5))
    assert "shifted by +1" in finding.title
    assert relabelled(wrong, fix)[:3, :3].tolist() == fine[:3, :3].tolist()


def test_two_classes_that_a_model_confuses_are_not_permuted() -> None:
    assert told(label_ids_permuted, tally_of_counts([counts([[500, 400, 0], [300, 500, 0], [0, 0, 900]])] * 5)) == []
    assert told(label_ids_permuted, tally_of_counts([counts([[900, 0, 0], [60, 0, 0], [0, 0, 900]])] * 5)) == []


def test_one_class_everywhere_is_no_permutation() -> None:
    assert told(label_ids_permuted, tally_of_counts([counts([[0, 950], [0, 50]])] * 5)) == []
    assert len(told(label_ids_permuted, tally_of_counts([counts([[40, 910], [45, 5]])] * 5))) == 1


def test_kappa_is_the_textbook_one() -> None:
    assert kappa(np.array([[20, 5, 0], [10, 15, 0]])) == pytest.approx(0.4)
    assert kappa(np.array([[10, 0, 0], [0, 0, 0]])) == 0.0


def test_drawn_ids_off_by_one() -> None:
    pairs = [(gt, ((gt + 1) % 6).astype(np.uint8)) for gt in towns()]
    (finding,) = told(label_ids_permuted, tally_of_masks(pairs))
    assert "shifted by +1" in finding.title and finding.title.endswith("to 100 %")


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
    beside = gt.copy()
    beside[:, change] = 5  # as thin, but no value in between
    assert told(masks_interpolated, tally_of_masks([(gt, beside)] * 4)) == []


def _profile(period: int | None, length: int = 600, height: float = 0.2, wide: int = 3, seed: int = 0) -> Lines:
    rng = np.random.default_rng(seed)
    line = np.arange(length)
    rate = 0.1 + 0.05 * np.sin(line / 90)
    if period:
        near = np.abs((line + period // 2) % period - period // 2) < wide
        rate = rate + height * (near & (line >= wide) & (line < length - wide))
    valid = np.full(length, 4000)
    return rng.binomial(valid, rate), valid


@pytest.mark.parametrize("period", [32, 50, 64, 100, 128, 150, 192])
@pytest.mark.parametrize("wide", [1, 3, 5])
def test_the_period_of_seams_is_found_to_the_pixel(period: int, wide: int) -> None:
    seams = find_seams(*_profile(period, wide=wide))
    assert seams is not None
    assert seams.period_px == period
    assert seams.rate > seams.rate_around


@pytest.mark.parametrize("seed", range(30))
def test_no_seams_are_found_in_noise(seed: int) -> None:
    assert find_seams(*_profile(None, seed=seed)) is None
    assert find_seams(*_profile(None, length=2048, seed=seed)) is None


def test_fewer_than_three_seams_short_profiles_and_no_errors_are_no_seams() -> None:
    assert find_seams(*_profile(256, length=600)) is None
    assert find_seams(*_profile(None, length=20)) is None
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
    small = np.zeros((12, 12), np.uint8)
    assert told(image_border_worse, tally_of_masks([(small, small + 1)] * 2)) == []


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


def test_sky_and_ground_exchanged_are_not_upside_down_nor_the_other_way_round() -> None:
    exchange = np.array([5, 1, 2, 3, 4, 0], np.uint8)
    exchanged = analyze_all(tally_of_masks([(gt, exchange[gt]) for gt in towns()]))
    assert exchanged[0].kind == "label-ids-permuted"
    upside_down = analyze_all(tally_of_masks([(gt, np.flipud(gt)) for gt in towns()]))
    assert upside_down[0].kind == "predictions-flipped"
    assert {"label-ids-permuted", "predictions-flipped"} > {f.kind for f in exchanged} & {f.kind for f in upside_down}
