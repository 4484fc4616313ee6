"""Two runs: paired by image and truth, resampled by the same draws, or refused with the reason."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from inspector.compare_runs import difference_of, pair_runs
from inspector.errors import InputError
from inspector.measures import MEASURES
from inspector.settings import Settings
from tests.drawn_runs import SETTINGS, predicted, run_of, scenes, with_settings

CAR = 1


def iou_of(pairs: list, c: int) -> float:
    """By plain counting."""
    inter = sum(int(((t == c) & (p == c)).sum()) for t, p in pairs)
    union = sum(int(((t == c) | (p == c)).sum()) for t, p in pairs)
    return inter / union


def test_a_difference_is_exact_and_its_interval_is_that_of_a_loop() -> None:
    truths = scenes(12)
    a, b = predicted(truths, {CAR: 0.3}, seed=1), predicted(truths, {CAR: 0.5}, seed=2)
    paired = pair_runs(run_of(a, "a"), run_of(b, "b"), SETTINGS)
    found = difference_of(paired, MEASURES["iou"], CAR)
    assert (found.a, found.b) == (pytest.approx(iou_of(a, CAR)), pytest.approx(iou_of(b, CAR)))
    assert found.difference == found.b - found.a < 0
    images = np.arange(12)
    drawn = paired.a.weigh(images, images, [np.ones(12)], 12)[0]
    assert (drawn == paired.b.weigh(images, images, [np.ones(12)], 12)[0]).all()
    deltas = []
    for row in drawn.astype(int):
        chosen = [i for i, times in enumerate(row) for _ in range(times)]
        deltas.append(iou_of([b[i] for i in chosen], CAR) - iou_of([a[i] for i in chosen], CAR))
    assert found.interval[0] < np.percentile(deltas, 5) and np.percentile(deltas, 95) < found.interval[1] < 0
    assert found.p_worse < 0.01 < 0.99 < found.p_better


def test_the_order_of_the_images_plays_no_part() -> None:
    truths = scenes(9)
    a, b = list(predicted(truths, {CAR: 0.3})), list(predicted(truths, {CAR: 0.4}, seed=3))
    straight = difference_of(pair_runs(run_of(a), run_of(b), SETTINGS), MEASURES["iou"], CAR)
    other = run_of(b[::-1])
    names = np.array([f"image {i}" for i in range(9)][::-1], object)
    images = other.tables["images"]
    table = type(images)({**{n: images.column(n) for n in images.names()}, "image": names})
    turned = replace(other, tables={**other.tables, "images": table})
    assert difference_of(pair_runs(run_of(a), turned, SETTINGS), MEASURES["iou"], CAR) == straight


def test_equal_runs_have_no_difference_and_no_p() -> None:
    pairs = predicted(scenes(6), {CAR: 0.3})
    found = difference_of(pair_runs(run_of(pairs), run_of(pairs), SETTINGS), MEASURES["miou"], None)
    assert found.difference == 0 and found.interval == (0, 0) and np.isnan(found.p_worse)


def test_groups_are_drawn_whole() -> None:
    truths = scenes(12)
    groups = [f"patient {i // 4}" for i in range(12)]
    sides = [run_of(predicted(truths, {CAR: w}, seed=i), groups=groups) for i, w in enumerate((0.2, 0.4))]
    paired = pair_runs(*sides, SETTINGS)
    assert paired.a.units == paired.b.units == 3 and paired.a.unit == "group"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_where_runs_are_grouped_differently_the_coarser_groups_are_drawn_and_it_is_said(order: tuple[int, int]) -> None:
    truths = scenes(12)
    by = [[f"frame {i}" for i in range(12)], [f"patient {i // 4}" for i in range(12)]]
    sides = [run_of(predicted(truths, {CAR: 0.2}, seed=k), groups=by[k]) for k in order]
    paired = pair_runs(*sides, SETTINGS)
    assert paired.a.units == paired.b.units == 3
    (note,) = paired.notes
    assert "grouped differently, in" in note and {"3", "12"} <= set(re.findall(r"\d+", note))


def test_other_names_for_the_same_groups_are_the_same_groups() -> None:
    truths = scenes(12)
    sides = [run_of(predicted(truths, {CAR: 0.2}), groups=[f"{word} {i // 4}" for i in range(12)]) for word in "ab"]
    paired = pair_runs(*sides, SETTINGS)
    assert paired.a.units == 3 and paired.notes == ()


def test_images_with_another_truth_are_left_out_and_too_many_of_them_refused() -> None:
    truths = scenes(10)
    pairs = list(predicted(truths, {CAR: 0.3}))
    changed = [t.copy() for t in truths]
    changed[3][:2] = 2
    paired = pair_runs(run_of(pairs), run_of(predicted(changed, {CAR: 0.3})), SETTINGS)
    assert paired.other_truth == ("image 3",) and paired.overlap == 0.9 and paired.b.tally.n_images == 9
    for t in changed[:3]:
        t[:2] = 2
    with pytest.raises(InputError, match=r"share 6 of 10 images, at least 80%.*truth of 4 others differs \(image 0"):
        pair_runs(run_of(pairs), run_of(predicted(changed, {})), SETTINGS)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tolerance": 2.0}, "tolerance was"),
        ({"ignore": (3,)}, "ignore was"),
        ({"object_edges_px": (10, 20)}, "object_edges_px was"),
    ],
)
def test_other_definitions_are_refused(changed: dict, said: str) -> None:
    run = run_of(predicted(scenes(4), {}))
    with pytest.raises(InputError, match=said):
        pair_runs(run, with_settings(run, **changed), SETTINGS)


def test_other_classes_are_refused_and_other_names_are_told() -> None:
    truths = [np.minimum(t, 4) for t in scenes(4)]
    names = ("ground", "car", "person", "pole", "sign")
    run = run_of(predicted(truths, {}), names=(*names, "tree"))
    with pytest.raises(InputError, match=r"classes only in the first: \[5\]"):
        pair_runs(run, run_of(predicted(truths, {}), names=names), SETTINGS)
    renamed = run_of(predicted(truths, {}), names=(*names, "plant"))
    assert pair_runs(run, renamed, SETTINGS).notes == ("class 5 is called tree and plant",)


def test_no_shared_image_says_so() -> None:
    run = run_of(predicted(scenes(4), {}))
    images = run.tables["images"]
    table = type(images)({**{n: images.column(n) for n in images.names()}, "image": np.array(list("wxyz"), object)})
    with pytest.raises(InputError, match="no name of an image is in both .the second has 'w'"):
        pair_runs(run, replace(run, tables={**run.tables, "images": table}), Settings(resamples=10))
