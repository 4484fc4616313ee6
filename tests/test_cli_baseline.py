"""Baselines as a user keeps them: saved once, updated with the difference in sight; nothing is replaced unasked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from inspector.baselines import read_baseline
from tests.command import inspect
from tests.gated_runs import clean_environment, inspected, predictions, truths
from tests.mask_folders import document_of, write_masks


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """good/ and worse/ on the same images; other/ on images that partly are others, with another tolerance."""
    folder = tmp_path_factory.mktemp("baselines")
    assert inspected(folder / "good", {1: 0.1, 2: 0.2}).code == 0
    assert inspected(folder / "worse", {1: 0.4, 2: 0.2}).code == 0
    masks = truths()
    masks["new"] = masks.pop("i00")
    masks["i01"] = np.roll(masks["i01"], 1, axis=1)
    assert inspected(folder / "other", {1: 0.1}, "--tolerance", "3", "--ignore", "7", masks=masks).code == 0
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    clean_environment(monkeypatch)
    return tmp_path / "work"


def test_save_writes_what_gates_read_and_never_over_another_file(here: Path) -> None:
    outcome = inspect("baseline", "save", "good")
    assert (outcome.code, outcome.err) == (0, "") and "baseline.json" in outcome.out and "30 images" in outcome.out
    assert read_baseline("baseline.json").image_ids == [f"i{n:02}" for n in range(30)]
    held = Path("baseline.json").read_bytes()
    again = inspect("baseline", "save", "good")
    assert again.code == 0 and "already" in again.out
    refused = inspect("baseline", "save", "worse")
    assert refused.code == 2 and "inspect baseline update baseline.json worse" in refused.err
    Path("notes.txt").write_text("mine")
    assert inspect("baseline", "save", "good", "-o", "notes.txt").code == 2
    assert inspect("baseline", "save", "good", "-o", "worse").code == 2  # a folder
    inside = inspect("baseline", "save", "good", "-o", "good/baseline.json")
    assert inside.code == 2 and "lies in the run folder" in inside.err
    assert Path("baseline.json").read_bytes() == held and Path("notes.txt").read_text() == "mine"
    assert inspect("gate", "worse", "--baseline", "main=baseline.json", "--gate", "iou.* >= main - 1%").code == 1


def test_update_prints_the_difference_and_writes(here: Path) -> None:
    inspect("baseline", "save", "good")
    outcome = inspect("baseline", "update", "baseline.json", "worse")
    assert outcome.code == 0
    before, after = (document_of(here / name) for name in ("good", "worse"))
    line = next(line for line in outcome.out.splitlines() if line.startswith("  IoU of car"))
    old, new = (100 * document["classes"][1]["iou"] for document in (before, after))
    assert line.split() == ["IoU", "of", "car", f"{old:.1f}", "%", f"{new:.1f}", "%", f"{new - old:.1f}", "points"]
    assert "IoU of road" in outcome.out and "mean IoU" in outcome.out
    assert "IoU of sign" not in outcome.out and "IoU of moon" not in outcome.out  # as they were
    assert "images" not in outcome.out and "mean other things" not in outcome.out
    record = json.loads(Path("baseline.json").read_text())
    assert record["run"] == "worse" and record["headlines"]["miou"] == after["overall"]["miou"]
    again = inspect("baseline", "update", "baseline.json", "worse")
    assert again.code == 0 and "no number, no image and no definition changes" in again.out


def test_update_names_images_that_came_and_went_and_other_definitions(here: Path) -> None:
    inspect("baseline", "save", "good")
    out = inspect("baseline", "update", "baseline.json", "other").out
    for said in (
        "the numbers mean other things than before",
        "tolerance: was 0.0075; is 3.0",
        "ignore: was (); is (7,)",
        "1 new images: new",
        "1 images that are gone: i00",
        "1 images with another truth: i01",
    ):
        assert said in out, said


def test_update_needs_a_baseline_that_is_whole(here: Path) -> None:
    missing = inspect("baseline", "update", "baseline.json", "good")
    assert missing.code == 3 and "inspect baseline save RUN -o FILE" in missing.err
    Path("baseline.json").write_text("{}")
    assert inspect("baseline", "update", "baseline.json", "good").code == 3
    assert Path("baseline.json").read_text() == "{}"


def test_a_partial_run_is_taken_where_that_is_asked_for_and_an_empty_one_never(here: Path) -> None:
    masks = truths(4)
    gt, pred = write_masks(here / "holes", masks, predictions(masks, {1: 0.1}))
    (pred / "i00.png").write_bytes(b"")
    assert inspect(pred, "--gt", gt, "-o", "partial", "--resamples", "100").code == 3
    refused = inspect("baseline", "save", "partial")
    assert refused.code == 3 and "had to leave 1 file out" in refused.err and "--partial" in refused.err
    assert not Path("baseline.json").exists()
    assert inspect("baseline", "save", "partial", "--partial").code == 0
    assert "had to leave input out" in inspect("baseline", "show", "baseline.json").out
    for path in pred.iterdir():
        path.write_bytes(b"")
    assert inspect(pred, "--gt", gt, "-o", "empty", "--num-classes", "3").code == 3
    empty = inspect("baseline", "save", "empty", "--partial", "-o", "e.json")
    assert empty.code == 3 and "nothing was scored" in empty.err


def test_show_is_a_table_or_the_head_as_json(here: Path) -> None:
    inspect("baseline", "save", "good")
    out = inspect("baseline", "show", "baseline.json").out
    document = document_of(here / "good")
    assert f"{100 * document['overall']['miou']:.1f} %" in out
    lines = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.startswith("  ")}
    assert lines["moon"] == ["undefined", "0"] and lines["sign"][-1] == "25"
    head = json.loads(inspect("baseline", "show", "baseline.json", "--json").out)
    assert "data" not in head and head["classes"][1]["iou"] == document["classes"][1]["iou"]
    record = json.loads(Path("baseline.json").read_text())
    record["data"]["classes"] = "AAAA"
    Path("baseline.json").write_text(json.dumps(record))
    assert inspect("baseline", "show", "baseline.json").code == 3
