"""What a run has to work on: pairs whose headers agree, classes, groups, and an account that adds up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspector.categories import numbered
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.inputs import Inputs, gather, input_record
from inspector.problems import Note, Problem
from inspector.settings import Settings
from tests.mask_folders import DRAWN, png, write_masks


def gathered(folder: Path, **more: Any) -> Inputs:
    given = {
        "categories": numbered(3), "settings": Settings(), "images": None, "match": None, "metadata": None,
        "group": None, "threads": map,
    }  # fmt: skip
    return gather(folder / "gt", folder / "pred", **{**given, **more})


def test_tasks_are_the_pairs_in_the_order_of_their_images(tmp_path: Path) -> None:
    write_masks(tmp_path)
    inputs = gathered(tmp_path)
    assert [task.image_id for task in inputs.tasks] == sorted(DRAWN)
    assert all(task.pixels == 16 * 24 for task in inputs.tasks)
    assert inputs.problems == inputs.notes == ()


def test_a_header_that_is_wrong_takes_the_pair_out_before_a_pixel_is_read(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image1.png").write_bytes(png(np.zeros((5, 5), np.uint8)))
    (tmp_path / "gt/image2.png").write_bytes(b"")
    inputs = gathered(tmp_path)
    assert [task.image_id for task in inputs.tasks] == ["image0", "image3"]
    assert {(p.path, p.kind) for p in inputs.problems} == {
        ("pred/image1.png", "size_mismatch"), ("gt/image2.png", "empty_file"),
    }  # fmt: skip
    record, is_partial = input_record(inputs, (), ())
    assert is_partial
    assert [r["file"] for r in record["partners"]] == ["gt/image1.png", "pred/image2.png"]
    assert record["account"]["gt"] == {
        "scored": 2, "excluded": 1, "partner_excluded": 1, "left_out": 0, "excluded_by_choice": 0, "skipped": 0,
    }  # fmt: skip


def test_masks_beyond_the_limit_are_refused_from_their_header(tmp_path: Path) -> None:
    write_masks(tmp_path)
    inputs = gathered(tmp_path, settings=Settings(max_pixels=16 * 24 - 1))
    assert inputs.tasks == () and {problem.kind for problem in inputs.problems} == {"too_large"}


@pytest.mark.parametrize(
    ("policy", "tasks", "excluded", "left_out"),
    [("error", 2, ["gt/image1.png", "pred/other.png"], 0), ("empty", 3, ["pred/other.png"], 0), ("skip", 2, [], 1)],
)
def test_the_policy_for_missing_masks_decides_what_is_listed(
    tmp_path: Path, policy: str, tasks: int, excluded: list[str], left_out: int
) -> None:
    gt = {name: DRAWN[name][0] for name in ("image0", "image1", "image2")}
    write_masks(tmp_path, gt, {"image0": DRAWN["image0"][1], "image2": DRAWN["image2"][1], "other": gt["image1"]})
    inputs = gathered(tmp_path, settings=Settings(missing=policy))
    record, is_partial = input_record(inputs, (), ())
    assert len(inputs.tasks) == record["pairs"] == tasks
    assert [r["file"] for r in record["excluded"]] == excluded and is_partial == bool(excluded)
    assert record["account"]["gt"]["left_out"] == record["account"]["pred"]["left_out"] == left_out
    assert (record["missing_policy"], record["missing_count"]) == (policy, 1)
    assert [r["file"] for r in record["missing"]] == ["gt/image1.png"]


def test_a_truth_that_counts_without_a_prediction_knows_its_size(tmp_path: Path) -> None:
    write_masks(tmp_path, pred={name: both[1] for name, both in DRAWN.items() if name != "image1"})
    tasks = gathered(tmp_path, settings=Settings(missing="empty")).tasks
    assert [(task.image_id, bool(task.pred_path), task.pixels) for task in tasks] == [
        (name, name != "image1", 16 * 24) for name in sorted(DRAWN)
    ]


def test_what_scoring_finds_joins_the_account(tmp_path: Path) -> None:
    write_masks(tmp_path)
    inputs = gathered(tmp_path)
    bad = Problem("pred/image1.png", "pred", "nan", "holds NaN", "fix it", image_id="image1")
    record, is_partial = input_record(inputs, [bad], [Note("kind", "pred/image0.png", "text")])
    assert is_partial and record["pairs"] == 3
    assert record["excluded"] == [
        {"file": "pred/image1.png", "side": "pred", "kind": "nan", "reason": "holds NaN", "fix": "fix it"}
    ]
    assert [r["file"] for r in record["partners"]] == ["gt/image1.png"]
    assert record["notes"] == [{"kind": "kind", "path": "pred/image0.png", "text": "text"}]


def test_a_problem_of_a_file_that_was_never_found_is_seen(tmp_path: Path) -> None:
    write_masks(tmp_path)
    stray = Problem("pred/ghost.png", "pred", "nan", "holds NaN", image_id="ghost")
    with pytest.raises(EnvironmentFault, match="4 files of pred were found"):
        input_record(gathered(tmp_path), [stray], [])


def test_classes_are_those_found_with_the_colours_of_the_first_palette(tmp_path: Path) -> None:
    write_masks(tmp_path)
    for path in (tmp_path / "gt").iterdir():
        picture = Image.open(path)
        picture.putpalette([10, 20, 30, 40, 50, 60, 70, 80, 90])
        picture.save(path)
    classes = gathered(tmp_path, categories=None).categories
    assert classes.ids.tolist() == [0, 1, 2]
    assert classes.colors_rgb().tolist() == [[10, 20, 30], [40, 50, 60], [70, 80, 90]]
    assert classes.source.startswith("values found")


def test_a_given_class_list_and_ignore_values_come_together(tmp_path: Path) -> None:
    write_masks(tmp_path)
    classes = gathered(tmp_path, settings=Settings(ignore=(2, 255))).categories
    assert classes.ids.tolist() == [0, 1] and classes.ignore_values == {2, 255}


def test_a_group_needs_its_metadata_and_comes_from_it(tmp_path: Path) -> None:
    write_masks(tmp_path)
    with pytest.raises(UsageError, match="--metadata"):
        gathered(tmp_path, group="patient")
    (tmp_path / "meta.csv").write_text("image,patient\nimage0,a\nimage1,a\nimage2,b\nimage3,b\n", encoding="utf-8")
    inputs = gathered(tmp_path, metadata=tmp_path / "meta.csv", group="patient")
    assert [task.group for task in inputs.tasks] == ["a", "a", "b", "b"]
    with pytest.raises(UsageError, match="no such column"):
        gathered(tmp_path, metadata=tmp_path / "meta.csv", group="scene")


def test_metadata_is_wrong_before_every_mask_is_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)

    def decode(*_: object, **__: object) -> None:
        raise AssertionError("a mask was decoded")

    monkeypatch.setattr("inspector.inputs.read_masks", decode)
    with pytest.raises(InputError, match=r"nowhere\.csv"):
        gathered(tmp_path, categories=None, metadata=tmp_path / "nowhere.csv")


def test_without_pairs_and_classes_there_is_nothing_to_do(tmp_path: Path) -> None:
    write_masks(tmp_path, pred={"other": DRAWN["image0"][1]})
    with pytest.raises(InputError) as caught:
        gathered(tmp_path, categories=None)
    assert caught.value.kind == "no_pairs"
    assert gathered(tmp_path).tasks == ()
