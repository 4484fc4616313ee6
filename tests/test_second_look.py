"""The second look: each pose and shift is told from the pixels alone, and nothing is seen where nothing is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inspector.second_look import MAX_PAIRS, MAX_SHIFT_PX, POSES, RUN, choose, look

Labels = NDArray[np.uint8]
Looked = tuple[Labels, Labels, NDArray[np.bool_]]


def scene(seed: int, height: int = 120, width: int = 120, classes: int = 5) -> Labels:
    """Discs and boxes at random places: nothing in it is symmetric."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    labels = np.zeros((height, width), np.uint8)
    for _ in range(25):
        cy, cx, r = rng.uniform(0, height), rng.uniform(0, width), rng.uniform(4, height / 6)
        square = np.maximum(abs(y - cy), abs(x - cx)) < r
        labels[square if rng.random() < 0.5 else (y - cy) ** 2 + (x - cx) ** 2 < r * r] = rng.integers(classes)
    return labels


def noisy(labels: Labels, seed: int, share: float = 0.05) -> Labels:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(labels.shape) < share, rng.integers(0, 5, labels.shape), labels).astype(np.uint8)


def pairs(change: Callable[[Labels], Labels], count: int = 4, **size: int) -> list[Looked]:
    scenes = [scene(seed, **size) for seed in range(count)]
    return [(gt, change(noisy(gt, seed)), np.ones(gt.shape, np.bool_)) for seed, gt in enumerate(scenes)]


#: how a pipeline would spoil a prediction, written independently of how POSES undoes it
SPOILED: dict[str, Callable[[Labels], Labels]] = {
    "as is": lambda m: m,
    "flipped left to right": np.fliplr,
    "flipped upside down": np.flipud,
    "turned by 180 degrees": lambda m: np.rot90(m, 2),
    "transposed": np.transpose,
    "turned by 90 degrees": lambda m: np.rot90(m, 1),
    "turned by 270 degrees": lambda m: np.rot90(m, 3),
}


@pytest.mark.parametrize("pose", POSES)
def test_each_pose_is_recognised(pose: str) -> None:
    seen = look(pairs(SPOILED[pose]))
    assert [list(POSES)[i] for i in seen.poses.argmax(axis=1)] == [pose] * 4
    assert (seen.poses.max(axis=1) > 0.9).all()


def test_agreement_is_the_share_of_equal_valid_pixels() -> None:
    gt, pred = scene(1), noisy(scene(1), 2, 0.3)
    valid = np.random.default_rng(0).random(gt.shape) < 0.6
    by_hand = sum(gt[y, x] == pred[y, 119 - x] for y in range(120) for x in range(120) if valid[y, x]) / sum(
        valid[y, x] for y in range(120) for x in range(120)
    )
    seen = look([(gt, pred, valid)])
    assert seen.poses[0, list(POSES).index("flipped left to right")] == by_hand


def test_what_lies_under_void_changes_nothing() -> None:
    (gt, pred, valid), *_ = pairs(lambda m: m)
    valid = valid.copy()
    valid[:, 40:60] = False
    other = np.where(valid, pred, 4).astype(np.uint8)
    first, second = look([(gt, pred, valid)]), look([(gt, other, valid)])
    assert first.poses[0, 0] == second.poses[0, 0]
    assert first.across.tolist() == second.across.tolist()


def test_a_shift_is_judged_by_valid_pixels_alone() -> None:
    gt = scene(3, 200, 260)
    pred, valid = np.roll(gt, 5, 1), np.ones(gt.shape, np.bool_)
    pred[:, :170], valid[:, :170] = gt[:, :170], False
    assert look([(gt, pred, valid)]).shifts.tolist() == [[5, 0]]
    assert look([(gt, pred, ~valid)]).shifts.tolist() == [[0, 0]]


def test_a_pose_that_changes_the_size_is_impossible() -> None:
    seen = look(pairs(np.fliplr, width=90))
    assert np.isnan(seen.poses[:, 4:]).all()
    assert (seen.poses.shape[1], seen.poses[:, 1].min() > 0.9) == (len(POSES), True)


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (1, 0), (0, -1), (3, 2), (-7, 5), (12, -14)])
def test_a_constant_shift_is_found_to_the_pixel(dx: int, dy: int) -> None:
    seen = look(pairs(lambda m: np.roll(m, (dy, dx), (0, 1)), height=200, width=260))
    assert seen.shifts.tolist() == [[dx, dy]] * 4
    assert (seen.near_boundaries[:, 1] >= seen.near_boundaries[:, 0]).all()


def test_the_largest_shift_looked_for_is_found() -> None:
    far = MAX_SHIFT_PX
    seen = look(pairs(lambda m: np.roll(m, (far, -far), (0, 1)), count=2, height=400, width=400))
    assert seen.shifts.tolist() == [[-far, far]] * 2


def test_a_large_image_is_looked_at_in_part_with_the_same_answer() -> None:
    seen = look(pairs(lambda m: np.roll(m, (-6, 9), (0, 1)), count=1, height=700, width=1500))
    assert seen.shifts.tolist() == [[9, -6]]


def test_images_without_a_boundary_have_no_shift() -> None:
    flat = np.zeros((50, 50), np.uint8)
    seen = look([(flat, flat, np.ones((50, 50), np.bool_))])
    assert seen.shifts.tolist() == [[0, 0]]
    assert np.isnan(seen.near_boundaries).all()


def test_nothing_valid_and_nothing_at_all_are_undefined_and_no_error() -> None:
    flat = np.zeros((3, 2), np.uint8)
    seen = look([(flat, flat, np.zeros((3, 2), np.bool_)), (flat[:1, :1], flat[:1, :1], np.ones((1, 1), np.bool_))])
    assert np.isnan(seen.poses[0]).all()
    assert seen.poses[1, 0] == 1.0
    assert look([]).poses.shape == (0, len(POSES))


def test_each_prediction_is_held_against_each_truth_of_its_size() -> None:
    listed = pairs(lambda m: m, count=3)
    shuffled = [(gt, listed[(i + 1) % 3][1], valid) for i, (gt, _, valid) in enumerate(listed)]
    seen = look([*shuffled, *pairs(lambda m: m, count=1, width=90)])
    assert seen.across[:3, :3].argmax(axis=1).tolist() == [1, 2, 0]
    assert np.isnan(seen.across[3, :3]).all() and np.isnan(seen.across[:3, 3]).all()
    assert seen.truths_alike[0, 0] == seen.predictions_alike[1, 1] == 1.0


def test_images_keep_their_place_in_the_data_set() -> None:
    assert look(pairs(lambda m: m, count=2), images=[7, 3]).images == (7, 3)
    assert look(pairs(lambda m: m, count=2)).images == (0, 1)


@pytest.mark.parametrize("images", [0, 1, 5, 12, 13, 14, 40, 200, 99_999])
def test_the_looked_at_are_few_spread_out_and_in_runs(images: int) -> None:
    chosen = choose(images)
    assert len(chosen) == min(images, MAX_PAIRS)
    assert list(chosen) == sorted(set(chosen))
    assert all(0 <= i < images for i in chosen)
    if images > 2 * MAX_PAIRS:
        assert chosen[0] == 0 and chosen[-1] == images - 1
        assert all(b == a + 1 for a, b in zip(chosen[::RUN], chosen[1::RUN], strict=True))
