"""Synthetic data: what is promised about scenes, about how predictions err, and about each named fault."""

from __future__ import annotations

import csv
import json
from collections import deque
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from inspector.synthetic import DUPLICATED, FAULTS, VOID, disturb, make_pair, make_scene, street_model, write_dataset
from inspector.synthetic import faults as f
from inspector.synthetic.noise import displaced, smooth_noise, stretch
from inspector.synthetic.regions import find_regions

CLASSES = 11


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _accuracy(gt: NDArray[np.uint8], pred: NDArray[np.uint8]) -> float:
    valid = gt != VOID
    return float((gt[valid] == pred[valid]).mean())


# ---- scenes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("classes", [1, 2, 3, 7, 19, 40, 255])
def test_a_scene_holds_classes_below_the_number_and_void(classes: int) -> None:
    scene = make_scene(96, 130, classes, _rng(classes))
    assert scene.shape == (96, 130)
    assert scene.dtype == np.uint8
    assert ((scene < classes) | (scene == VOID)).all()


def test_a_scene_depends_on_its_seed_alone() -> None:
    assert np.array_equal(make_scene(90, 120, 19, _rng(3, 1)), make_scene(90, 120, 19, _rng(3, 1)))
    assert not np.array_equal(make_scene(90, 120, 19, _rng(3, 1)), make_scene(90, 120, 19, _rng(3, 2)))


@pytest.mark.parametrize(("height", "width", "classes"), [(15, 90, 4), (90, 15, 4), (90, 90, 0), (90, 90, 256)])
def test_a_scene_too_small_or_with_impossible_classes_is_refused(height: int, width: int, classes: int) -> None:
    with pytest.raises(ValueError, match="expected sides"):
        make_scene(height, width, classes, _rng(0))


def test_scenes_are_as_varied_as_annotated_streets() -> None:
    """Bands around the oracle set's means: 13.9 runs a row, 265 regions, 11 of 12 classes an image."""
    scenes = [make_scene(360, 480, 12, _rng(5, i)) for i in range(12)]
    runs_per_row = np.mean([(scene[:, 1:] != scene[:, :-1]).sum() / 360 + 1 for scene in scenes])
    assert 11 < runs_per_row < 20
    assert 300 < np.mean([len(find_regions(scene).label) for scene in scenes]) < 800
    assert 0.005 < np.mean([(scene == VOID).mean() for scene in scenes]) < 0.08
    assert 7 < np.mean([len(np.unique(scene)) for scene in scenes]) < 13


def test_rare_classes_occur_in_few_images() -> None:
    images = [set(np.unique(make_scene(64, 96, 19, _rng(7, i))).tolist()) for i in range(80)]
    with_train = sum(18 in found for found in images)
    assert 0 < with_train < 16
    assert sum(0 in found for found in images) == 80


# ---- predictions ----------------------------------------------------------------------------------------------------


def test_a_prediction_covers_void_and_holds_classes_only() -> None:
    gt = make_scene(120, 160, CLASSES, _rng(1))
    pred = disturb(gt, _rng(2), street_model(CLASSES))
    assert pred.shape == gt.shape
    assert pred.dtype == np.uint8
    assert pred.max() < CLASSES
    assert np.array_equal(pred, disturb(gt, _rng(2), street_model(CLASSES)))


def test_a_truth_of_void_alone_is_predicted_all_the_same() -> None:
    assert disturb(np.full((20, 30), VOID, np.uint8), _rng(0), street_model(3)).max() < 3


def test_a_truth_outside_the_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="below 3"):
        disturb(np.full((20, 30), 3, np.uint8), _rng(0), street_model(3))


def test_predictions_err_as_much_as_the_oracle_set() -> None:
    """Pixel accuracy of the oracle set: 0.94 on average, 0.85 to 0.97 over its images."""
    pairs = [make_pair(i, 360, 480, 12, 9) for i in range(20)]
    accuracies = [_accuracy(pair.gt, pair.pred) for pair in pairs]
    assert 0.88 < np.mean(accuracies) < 0.97
    assert min(accuracies) > 0.6
    assert max(accuracies) > 0.95


def test_a_harder_image_is_predicted_worse() -> None:
    gt = make_scene(360, 480, CLASSES, _rng(4))
    model = street_model(CLASSES)
    accuracy = [
        np.mean([_accuracy(gt, disturb(gt, _rng(i), model.worsened(x))) for i in range(6)]) for x in (0.5, 1, 2)
    ]
    assert accuracy[0] > accuracy[1] > accuracy[2]


FLAWLESS = replace(
    street_model(CLASSES), jitter_px=0, ragged_px=0, dropped=0, swapped=0, partial=0, thinned=(), false_blobs=0, salt=0
)


def _street() -> NDArray[np.uint8]:
    """Road (0) with a small (3) and a medium (4) rectangle, below a large band of sky (2)."""
    gt = np.zeros((360, 480), np.uint8)
    gt[:150] = 2
    gt[200:220, 100:120] = 3
    gt[200:280, 200:300] = 4
    return gt


def test_a_flawless_model_predicts_the_truth() -> None:
    gt = make_scene(120, 160, CLASSES, _rng(1))
    assert _accuracy(gt, disturb(gt, _rng(2), FLAWLESS)) == 1


def test_a_dropped_object_becomes_what_lies_beside_it() -> None:
    gt, pred = _street(), disturb(_street(), _rng(0), replace(FLAWLESS, dropped=1.0, swapped=0.0).worsened(5))
    assert np.array_equal(pred, np.where(gt == 3, 0, gt))


def test_a_swapped_object_becomes_what_its_class_is_taken_for() -> None:
    gt, model = _street(), replace(FLAWLESS, swapped=1.0).worsened(5)
    assert np.array_equal(disturb(gt, _rng(0), model), np.where(gt == 4, model.mistaken_for[4], gt))


def test_a_large_region_is_partly_misread() -> None:
    gt, model = _street(), replace(FLAWLESS, partial=1.0).worsened(5)
    pred = disturb(gt, _rng(0), model)
    assert 0.02 < (pred[gt == 2] == model.mistaken_for[2]).mean() < 0.6
    assert (pred[gt == 3] == 3).all()


def test_thinning_takes_both_sides_of_a_class() -> None:
    gt = _street()
    pred = disturb(gt, _rng(0), replace(FLAWLESS, thinned=(4,), thinned_px=3))
    columns = np.flatnonzero((pred == 4).any(axis=0))
    assert (columns.min(), columns.max()) == (203, 296)
    assert np.array_equal(pred[:, :200], gt[:, :200])


def test_invented_regions_and_salt_are_as_many_as_asked_for() -> None:
    gt = np.zeros((360, 480), np.uint8)
    blobs = [len(find_regions(disturb(gt, _rng(i), replace(FLAWLESS, false_blobs=3.0))).label) - 1 for i in range(30)]
    assert 1.5 < np.mean(blobs) < 5
    salt = [(disturb(gt, _rng(i), replace(FLAWLESS, salt=0.01)) != 0).mean() for i in range(30)]
    assert 0.005 < np.mean(salt) < 0.015


@pytest.mark.parametrize("wander", ["jitter_px", "ragged_px"])
def test_wandering_borders_stay_near_the_true_ones(wander: str) -> None:
    gt = _street()
    rows, _ = np.nonzero(disturb(gt, _rng(0), replace(FLAWLESS, **{wander: 2.0}))[:, 320:] != gt[:, 320:])
    assert len(rows) > 20
    assert np.abs(rows - 150).max() < 8


def test_the_thinned_class_is_under_predicted() -> None:
    pairs = [make_pair(i, 360, 480, CLASSES, 3) for i in range(20)]
    gt_px = sum(int((pair.gt == 8).sum()) for pair in pairs)
    pred_px = sum(int(((pair.pred == 8) & (pair.gt != VOID)).sum()) for pair in pairs)
    assert pred_px < 0.9 * gt_px


# ---- the pieces under them ------------------------------------------------------------------------------------------


def test_noise_stays_in_range_and_is_smooth() -> None:
    field = smooth_noise((80, 100), 20, _rng(1))
    assert field.shape == (80, 100)
    assert np.abs(field).max() <= 1
    assert max(np.abs(np.diff(field, axis=axis)).max() for axis in (0, 1)) < 0.2


@given(shape=st.tuples(st.integers(1, 9), st.integers(1, 9)), to=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_a_stretched_plane_is_the_same_plane(shape: tuple[int, int], to: tuple[int, int]) -> None:
    def plane(h: int, w: int) -> NDArray[np.float64]:
        rows = np.linspace(0, 1, h) if shape[0] > 1 else np.zeros(h)
        columns = np.linspace(0, 1, w) if shape[1] > 1 else np.zeros(w)
        return 3 * rows[:, None] - 2 * columns[None, :] + 5

    assert np.allclose(stretch(plane(*shape).astype(np.float32), to), plane(*to), atol=1e-5)


def test_displacing_reads_only_from_near() -> None:
    columns = np.broadcast_to(np.arange(60, dtype=np.uint8), (40, 60))
    moved = displaced(np.ascontiguousarray(columns), 3, 8, _rng(2)).astype(int) - columns
    assert 1 < np.abs(moved).max() <= 3


@given(arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.integers(0, 2)))
def test_regions_are_those_of_a_flood_fill(labels: NDArray[np.uint8]) -> None:
    regions = find_regions(labels)
    found = np.repeat(regions.run_region, regions.run_length).reshape(labels.shape)
    expected = _flood_fill(labels)
    assert np.array_equal(found, expected)
    assert np.array_equal(regions.painted(regions.label), labels)
    for region in range(expected.max() + 1):
        rows, columns = np.nonzero(expected == region)
        assert regions.area_px[region] == len(rows)
        assert regions.box[region].tolist() == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
        assert regions.label[region] == labels[rows[0], columns[0]]
        if columns[0] > 0:
            assert regions.beside[region] == labels[rows[0], columns[0] - 1]


def test_beside_a_region_at_the_left_edge_is_what_lies_right_of_it() -> None:
    regions = find_regions(_drawn("1122", "1122"))
    assert regions.beside.tolist() == [2, 1]


def _flood_fill(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """4-connected regions in plain loops, numbered in reading order."""
    height, width = labels.shape
    number = np.full(labels.shape, -1)
    for start in np.ndindex(labels.shape):
        if number[start] >= 0:
            continue
        number[start] = current = number.max() + 1
        todo = deque([start])
        while todo:
            y, x = todo.popleft()
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= near[0] < height and 0 <= near[1] < width
                if inside and number[near] < 0 and labels[near] == labels[start]:
                    number[near] = current
                    todo.append(near)
    return number


# ---- faults ---------------------------------------------------------------------------------------------------------


def _drawn(*rows: str) -> NDArray[np.uint8]:
    return np.array([[int(cell) for cell in row] for row in rows], dtype=np.uint8)


def test_shifted_moves_right_and_down() -> None:
    pred = _drawn("100", "000", "002")
    assert np.array_equal(f.shifted(pred, 1, 1), _drawn("110", "110", "000"))
    assert np.array_equal(f.shifted(pred, -1, 0), _drawn("000", "000", "022"))


def test_turned_predictions_turn_back() -> None:
    pred = _drawn("012", "345", "678")
    assert np.array_equal(f.transposed(pred), _drawn("036", "147", "258"))
    assert np.array_equal(f.rotated(pred, 1), _drawn("258", "147", "036"))
    assert np.array_equal(f.rotated(f.rotated(pred)), pred)
    assert np.array_equal(f.rotated(_drawn("012", "345")), _drawn("543", "210"))


@pytest.mark.parametrize("turn", [f.transposed, lambda pred: f.rotated(pred, 1)])
def test_a_turn_that_would_change_the_size_is_refused(turn) -> None:
    with pytest.raises(ValueError, match="square"):
        turn(np.zeros((2, 3), np.uint8))


def test_relabelling_keeps_the_classes_in_range() -> None:
    pred = _drawn("01234")
    assert np.array_equal(f.off_by_one(pred, 5), _drawn("40123"))
    assert np.array_equal(f.permuted(pred, 5), _drawn("10324"))
    assert f.off_by_one(_drawn("012").repeat(2), 3).max() < 3


def test_interpolated_ids_make_a_rim_of_classes_that_are_not_there() -> None:
    pred = np.zeros((16, 16), np.uint8)
    pred[:, 8:] = 8
    rims = f.interpolated(pred)
    assert set(np.unique(rims)) > {0, 8}
    assert (rims[:, :6] == 0).all()
    assert (rims[:, 10:] == 8).all()


def test_tiled_errors_lie_along_the_seams() -> None:
    pred = np.zeros((200, 200), np.uint8)
    rows, columns = np.nonzero(f.tiled(pred, 4, _rng(0)))
    to_seam = [np.abs((x + 32) % 64 - 32) for x in (rows, columns)]
    assert len(rows) > 1000
    assert np.minimum(*to_seam).max() < 5
    assert (f.tiled(pred, 4, _rng(0))[:5, 5:50] == 0).all()


def test_bordered_errors_lie_along_the_image_edge() -> None:
    wrong = f.bordered(np.zeros((100, 150), np.uint8), 4, _rng(0)) > 0
    assert wrong.sum() > 500
    assert not wrong[6:-6, 6:-6].any()


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_changes_the_prediction_and_keeps_its_shape(fault: str) -> None:
    usual, faulty = make_pair(2, 96, 96, CLASSES, 1), make_pair(2, 96, 96, CLASSES, 1, (fault,))
    assert np.array_equal(usual.gt, faulty.gt)
    assert faulty.pred.shape == usual.pred.shape
    assert faulty.pred.dtype == np.uint8
    assert not np.array_equal(usual.pred, faulty.pred)


# ---- the data set ---------------------------------------------------------------------------------------------------


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_dataset_is_the_same_bytes_for_the_same_seed(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_dataset(tmp_path / name, 3, 48, 64, CLASSES, seed, images=True, metadata=True)
    a, b, c = (_files(tmp_path / name) for name in "abc")
    assert a == b
    assert a.keys() == c.keys()
    assert a["gt/0000.png"] != c["gt/0000.png"]
    assert sorted(a) == [
        "classes.json",
        *(f"{part}/{name:04d}.png" for part in ("gt", "images") for name in range(3)),
        "metadata.csv",
        *(f"pred/{name:04d}.png" for name in range(3)),
    ]


def test_the_files_hold_the_pairs(tmp_path: Path) -> None:
    write_dataset(tmp_path, 2, 48, 64, CLASSES, 5)
    for index in range(2):
        pair = make_pair(index, 48, 64, CLASSES, 5)
        for side, ids in (("gt", pair.gt), ("pred", pair.pred)):
            with Image.open(tmp_path / side / f"{index:04d}.png") as picture:
                assert picture.mode == "P"
                assert np.array_equal(np.asarray(picture), ids)


def test_the_class_list_names_every_class_and_void(tmp_path: Path) -> None:
    write_dataset(tmp_path, 1, 48, 64, CLASSES)
    rows = json.loads((tmp_path / "classes.json").read_text(encoding="utf-8"))["classes"]
    assert [row["id"] for row in rows] == [*range(CLASSES), VOID]
    assert len({row["name"] for row in rows}) == len({tuple(row["color"]) for row in rows}) == CLASSES + 1
    assert [row["id"] for row in rows if row.get("ignore")] == [VOID]


def test_one_slice_of_the_metadata_is_truly_worse(tmp_path: Path) -> None:
    write_dataset(tmp_path, 40, 96, 128, CLASSES, metadata=True)
    with (tmp_path / "metadata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == [f"{index:04d}" for index in range(40)]
    accuracy: dict[bool, list[float]] = {True: [], False: []}
    for index, row in enumerate(rows):
        pair = make_pair(index, 96, 128, CLASSES, 0)
        accuracy[row["weather"] == "night"].append(_accuracy(pair.gt, pair.pred))
    assert len(accuracy[True]) >= 4
    assert np.mean(accuracy[True]) < np.mean(accuracy[False]) - 0.02


def test_duplicated_images_occur_twice() -> None:
    first, again = (make_pair(index, 48, 64, CLASSES, 0, (DUPLICATED,)) for index in (3, 4))
    assert np.array_equal(first.gt, again.gt)
    assert np.array_equal(first.pred, again.pred)
    assert not np.array_equal(first.gt, make_pair(4, 48, 64, CLASSES, 0).gt)


def test_an_unknown_fault_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no fault is called upside-down"):
        write_dataset(tmp_path / "data", 1, 48, 64, CLASSES, faults=("shifted", "upside-down"))
    assert not (tmp_path / "data").exists()
