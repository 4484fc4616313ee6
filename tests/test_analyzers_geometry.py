"""Analyzers of where and what predictions are: turned, shifted, of other images, or under other ids."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.analyzers import (
    analyze_all,
    label_ids_permuted,
    pairs_shuffled,
    predictions_shifted,
    predictions_turned,
)
from inspector.analyzers.label_ids_permuted import fitting_map, kappa, relabelled
from inspector.findings import Severity
from inspector.loss import miou_of
from inspector.second_look import POSES, SecondLook
from inspector.tally import Tally
from tests.pictures import counts, tally_of_counts, tally_of_masks, told, towns

Labels = NDArray[np.uint8]
Lines = tuple[NDArray[np.int64], NDArray[np.int64]]  # wrong, valid


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
        ("scenes are nearly symmetric", [[0.5, 0.6]] * 4),
        ("there is hardly an error to mend", [[0.97, 0.99]] * 4),
        ("pairs do not agree", [[0.5, 0.9], [0.5, 0.9], [0.5, 0.5, 0.9], [0.6, 0.55]]),
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
        ("pairs do not agree", seen([], [(3, 0), (3, 0), (3, 5), (-4, 1), (9, 0)])),
        ("jitter moves them by a pixel", seen([], [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 0), (-1, 0)])),
        ("it explains next to nothing", seen([], [(1, 0)] * 5, near=(0.700, 0.702))),
        ("there are two pairs", seen([], [(3, 0)] * 2)),
        ("nothing could be judged", seen([], [(3, 0)] * 5, near=(float("nan"), float("nan")))),
    ],
)
def test_no_shift_is_told_where(why: str, look: SecondLook) -> None:
    assert told(predictions_shifted, with_look(look)) == []


@pytest.mark.parametrize(("after", "severity"), [(0.77, "error"), (0.75, "warning")])
def test_a_shift_invalidates_the_numbers_only_where_it_explains_much(after: float, severity: str) -> None:
    (finding,) = told(predictions_shifted, with_look(seen([], [(2, 0)] * 5, near=(0.70, after))))
    assert finding.severity == severity


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


@pytest.mark.parametrize(
    ("why", "own", "other", "strangers", "alike"),
    [
        ("another truth fits hardly better", 0.80, 0.82, 0.30, 0.3),
        ("all scenes are alike", 0.95, 0.95, 0.95, 0.96),
        ("predictions fit their own truth better", 0.60, 0.50, 0.50, 0.4),
    ],
)
def test_pairs_are_not_shuffled_where(why: str, own: float, other: float, strangers: float, alike: float) -> None:
    fits = np.full((6, 6), strangers)
    fits[np.arange(6), (np.arange(6) + 1) % 6] = other
    fits[np.arange(6), np.arange(6)] = own
    same = np.full((6, 6), alike) + np.eye(6) * (1 - alike)
    look = replace(seen([[own]] * 6), across=fits, truths_alike=same, predictions_alike=same)
    assert told(pairs_shuffled, with_look(look)) == []


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
    assert relabelled(wrong, fix).sum() == wrong.sum()  # no pixel is counted twice
    assert relabelled(wrong, fix)[:3, :3].tolist() == fine[:3, :3].tolist()


def test_two_classes_that_a_model_confuses_are_not_permuted() -> None:
    assert told(label_ids_permuted, tally_of_counts([counts([[400, 500, 0], [500, 400, 0], [0, 0, 900]])] * 5)) == []
    assert told(label_ids_permuted, tally_of_counts([counts([[900, 0, 0], [60, 0, 0], [0, 0, 900]])] * 5)) == []
    touching = counts(
        [[900, 0, 45, 0], [45, 0, 5, 0], [0, 0, 0, 0], [0, 0, 0, 900]]
    )  # one class is lost and another invented, here and there
    assert told(label_ids_permuted, tally_of_counts([touching] * 5)) == []


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


def test_sky_and_ground_exchanged_are_not_upside_down_nor_the_other_way_round() -> None:
    exchange = np.array([5, 1, 2, 3, 4, 0], np.uint8)
    exchanged = analyze_all(tally_of_masks([(gt, exchange[gt]) for gt in towns()]))
    assert exchanged[0].kind == "label-ids-permuted"
    upside_down = analyze_all(tally_of_masks([(gt, np.flipud(gt)) for gt in towns()]))
    assert upside_down[0].kind == "predictions-flipped"
    assert {"label-ids-permuted", "predictions-flipped"} > {f.kind for f in exchanged} & {f.kind for f in upside_down}
