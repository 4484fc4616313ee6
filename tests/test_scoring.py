"""One pair of files: its counts, or the file that is to blame and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from inspector.categories import Categories, Category, numbered
from inspector.counting import count_pair
from inspector.errors import InputError
from inspector.masks import Mask
from inspector.scoring import Task, codes_of, count_masks, problem_of, read_codes, read_pair, score
from inspector.settings import Settings
from tests.mask_folders import DRAWN, png, random_labels

CLASSES = numbered(3).with_ignored([255])


def task(folder: Path, gt: bytes, pred: bytes | None, extension: str = ".png") -> Task:
    """The task of two files with this content; no prediction where `pred` is None."""
    for side, content in (("gt", gt), ("pred", pred)):
        if content is not None:
            (folder / side).mkdir(exist_ok=True)
            (folder / side / f"a{extension}").write_bytes(content)
    names = [f"a{extension}"] * 2 if pred is not None else [f"a{extension}", ""]
    paths = [str(folder / "gt" / names[0]), str(folder / "pred" / names[1]) if names[1] else ""]
    return Task("a", *paths, *names)


def tiff(folder: Path, *pages: np.ndarray) -> bytes:
    tifffile.imwrite(folder / "made.tif", np.stack(pages), photometric="minisblack")
    return (folder / "made.tif").read_bytes()


def test_the_counts_of_files_are_those_of_their_arrays(tmp_path: Path) -> None:
    gt, pred = DRAWN["image0"]
    scored = score(task(tmp_path, png(gt), png(pred)), CLASSES, Settings())
    direct = count_pair(Mask.from_labels(gt), Mask.from_labels(pred), CLASSES)
    assert scored.problem is None and scored.notes == ()
    (counts,) = scored.counts
    assert (counts.classes == direct.classes).all() and (counts.confusion == direct.confusion).all()
    assert (counts.gt_hash, counts.pred_hash) == (direct.gt_hash, direct.pred_hash)


@pytest.mark.parametrize(
    ("side", "broken", "kind"),
    [
        ("gt", b"", "empty_file"),
        ("pred", b"", "empty_file"),
        ("pred", png(np.zeros((3, 3), np.uint8)), "size_mismatch"),
        ("gt", png(np.full((16, 24), 7, np.uint8)), "label_out_of_range"),
        ("pred", png(np.full((16, 24), 7, np.uint8)), "label_out_of_range"),
        ("gt", png(np.full((16, 24), 255, np.uint8)), "no_valid_pixels"),
    ],
)
def test_the_file_that_is_to_blame_is_named(tmp_path: Path, side: str, broken: bytes, kind: str) -> None:
    good = {"gt": png(DRAWN["image0"][0]), "pred": png(DRAWN["image0"][1])}
    scored = score(task(tmp_path, **{**good, side: broken}), CLASSES, Settings())
    assert scored.counts == () and scored.problem is not None
    assert (scored.problem.path, scored.problem.side, scored.problem.kind) == (f"{side}/a.png", side, kind)
    assert scored.problem.image_id == "a" and scored.problem.reason
    assert scored.problem.location == str(tmp_path / side / "a.png")


def test_a_file_that_vanished_since_it_was_listed_is_a_problem_of_that_file(tmp_path: Path) -> None:
    made = task(tmp_path, png(DRAWN["image0"][0]), png(DRAWN["image0"][1]))
    (tmp_path / "pred/a.png").unlink()
    problem = score(made, CLASSES, Settings()).problem
    assert problem is not None and problem.path == "pred/a.png"


def test_the_pages_of_a_volume_are_counted_in_step(tmp_path: Path) -> None:
    gt, pred = [random_labels(s) for s in range(3)], [random_labels(s + 5) for s in range(3)]
    scored = score(task(tmp_path, tiff(tmp_path, *gt), tiff(tmp_path, *pred), ".tif"), CLASSES, Settings())
    assert len(scored.counts) == 3
    for counts, one, other in zip(scored.counts, gt, pred, strict=True):
        direct = count_pair(Mask.from_labels(one), Mask.from_labels(other), CLASSES)
        assert (counts.confusion == direct.confusion).all()


def test_volumes_of_different_lengths_are_no_pair(tmp_path: Path) -> None:
    gt, pred = tiff(tmp_path, *[random_labels(s) for s in range(3)]), tiff(tmp_path, *[random_labels(0)] * 2)
    problem = score(task(tmp_path, gt, pred, ".tif"), CLASSES, Settings()).problem
    assert problem is not None and (problem.kind, problem.side) == ("page_count", "pred")


def test_a_missing_prediction_predicts_nothing_anywhere(tmp_path: Path) -> None:
    gt = DRAWN["image0"][0]
    (counts,) = score(task(tmp_path, png(gt), None), CLASSES, Settings()).counts
    assert counts.confusion[:, :3].sum() == 0
    assert counts.confusion[:, 3].tolist() == [int((gt == c).sum()) for c in range(3)]
    assert counts.ignored_px == 0


def test_an_ignore_value_in_the_prediction_is_wrong_and_told(tmp_path: Path) -> None:
    gt, pred = DRAWN["image0"][0], DRAWN["image0"][1].copy()
    pred[0, :5] = 255
    scored = score(task(tmp_path, png(gt), png(pred)), CLASSES, Settings())
    assert scored.counts[0].ignored_px == 5 == scored.counts[0].confusion[:, 3].sum()
    (note,) = scored.notes
    assert (note.kind, note.path) == ("pred_has_ignore", "pred/a.png") and "5 px" in note.text


def test_an_unknown_prediction_is_wrong_where_that_is_chosen(tmp_path: Path) -> None:
    pred = DRAWN["image0"][1].copy()
    pred[0, :5] = 9
    made = task(tmp_path, png(DRAWN["image0"][0]), png(pred))
    assert score(made, CLASSES, Settings()).problem is not None
    assert score(made, CLASSES, Settings(unknown="wrong")).counts[0].confusion[:, 3].sum() == 5


def test_the_spacing_of_the_truth_is_used_unless_one_is_given() -> None:
    gt, pred = (Mask.from_labels(labels, spacing=(3.0, 3.0)) for labels in DRAWN["image0"])
    own, given = (count_masks(gt, pred, CLASSES, Settings(spacing=s)).distances for s in (None, (0.5, 0.5)))
    assert np.allclose(own[:, 3], 3 * own[:, 1], equal_nan=True)
    assert np.allclose(given[:, 3], 0.5 * own[:, 1], equal_nan=True)


def test_codes_are_class_indices_with_one_more_for_everything_else(tmp_path: Path) -> None:
    classes = Categories.of([Category(5, "five"), Category(9, "nine"), Category(255, "void", ignore=True)], "a test")
    labels = np.array([[5, 9, 255, 7]], np.uint8)
    assert codes_of(Mask.from_labels(labels), classes).tolist() == [[0, 1, 2, 2]]
    gt, pred = read_codes(task(tmp_path, png(labels), png(labels[:, ::-1])), 0, classes, Settings())
    assert (gt.tolist(), pred.tolist()) == ([[0, 1, 2, 2]], [[2, 2, 1, 0]])


def test_more_classes_than_a_byte_holds_have_codes_too() -> None:
    classes = numbered(300)
    codes = codes_of(Mask.from_labels(np.array([[299, 0, 255, 400]], np.uint16)), classes)
    assert codes.tolist() == [[299, 0, 255, 300]]


def test_codes_may_take_the_place_of_the_ids() -> None:
    classes = Categories.of([Category(5, "five"), Category(9, "nine")], "a test")
    labels = np.random.default_rng(0).choice(np.array([5, 9, 7], np.uint8), (600, 7))
    codes = codes_of(Mask.from_labels(labels), classes)
    mask = Mask.from_labels(labels.copy())
    assert (codes_of(mask, classes, in_place=True) == codes).all() and (mask.ids == codes).all()
    frozen = labels.copy()
    frozen.flags.writeable = False
    assert (codes_of(Mask.from_labels(frozen), classes, in_place=True) == codes).all()
    assert (frozen == labels).all()
    wide = Mask.from_labels(labels.astype(np.uint16))
    assert (codes_of(wide, classes, in_place=True) == codes).all()


def test_an_error_without_a_side_blames_the_prediction(tmp_path: Path) -> None:
    made = task(tmp_path, b"", b"")
    assert problem_of(made, InputError("kind", "reason")).path == "pred/a.png"
    assert problem_of(made, InputError("kind", "reason", side="gt")).path == "gt/a.png"


def test_reading_a_pair_keeps_the_side_of_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_pair(task(tmp_path, png(DRAWN["image0"][0]), b"junk"), CLASSES, Settings())
    assert caught.value.side == "pred"
