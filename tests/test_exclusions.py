"""Images that are left out by choice: named, counted, in no number, and no fault of the input."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.arrays import inspect_arrays
from inspector.categories import numbered
from inspector.errors import InputError, UsageError
from inspector.exclusions import read_exclusions
from inspector.linting import lint_folders
from inspector.pairing import pair_folders
from inspector.pipeline import Inspection, inspect_folders
from inspector.settings import Settings
from reports.left_out import left_out
from tests.command import inspect
from tests.mask_folders import DRAWN, document_of, png, write_masks

HEAD = "image,reason\n"


def exclude(folder: Path, text: str, name: str = "out.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def inspected(folder: Path, file: str | None, **more: Any) -> Inspection:
    settings = Settings(resamples=100, exclude=file, **more)
    return inspect_folders(folder / "gt", folder / "pred", categories=numbered(3), settings=settings)


def review_of(*items: tuple[str, str, str]) -> str:
    """A review.json with (image, verdict, note) items."""
    records = [
        {"image": image, "image_index": None, "class": place, "class_name": None, "box": None, "verdict": verdict,
         "note": note, "reviewer": "Ada", "at": "2026-11-21T20:00:00Z"}
        for place, (image, verdict, note) in enumerate(items)
    ]  # fmt: skip
    return json.dumps({"schema_version": 1, "run": "0123456789abcdef", "tool": "mask-inspector", "items": records})


# ---------------------------------------------------------------------- what it does to a run


def test_the_numbers_are_those_of_a_run_without_the_images(tmp_path: Path) -> None:
    write_masks(tmp_path / "all")
    left = {name: both for name, both in DRAWN.items() if name not in ("image1", "image3")}
    write_masks(tmp_path / "few", *({name: both[side] for name, both in left.items()} for side in (0, 1)))
    file = exclude(tmp_path, HEAD + "image1,label error\nimage3,needs relabel\n")
    document, few = inspected(tmp_path / "all", file).document, inspected(tmp_path / "few", None).document
    for key in set(few) - {"settings", "inputs"}:
        assert json.dumps(document[key], default=str) == json.dumps(few[key], default=str), key


def test_it_is_no_partial_run_and_every_file_is_in_the_account(tmp_path: Path) -> None:
    write_masks(tmp_path)
    file = exclude(tmp_path, HEAD + "image1,label error: the mask is shifted\n")
    inspection = inspected(tmp_path, file)
    inputs = inspection.document["inputs"]
    assert not inspection.partial and inputs["excluded"] == inputs["partners"] == []
    assert inputs["excluded_by_choice"] == [
        {"image": "image1", "file": f"{side}/image1.png", "side": side, "reason": "label error: the mask is shifted"}
        for side in ("gt", "pred")
    ]
    for side in ("gt", "pred"):
        account = inputs["account"][side]
        assert account["excluded_by_choice"] == 1 and account["scored"] == 3
        assert sum(account.values()) == inputs["found"][side] == 4
    assert inspection.document["settings"]["exclude"] == file


def test_a_file_that_is_left_out_is_not_even_opened(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image1.png").write_bytes(b"no picture")
    file = exclude(tmp_path, HEAD + "image1,broken on purpose\n")
    assert inspected(tmp_path, None).partial
    assert not inspected(tmp_path, file).partial


@pytest.mark.parametrize("policy", ["error", "empty", "skip"])
def test_a_file_without_a_partner_can_be_left_out_too(tmp_path: Path, policy: str) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image1.png").unlink()
    (tmp_path / "gt/image2.png").unlink()
    file = exclude(tmp_path, HEAD + "image1,label error\nimage2,label error\n")
    inspection = inspected(tmp_path, file, missing=policy)
    inputs = inspection.document["inputs"]
    assert not inspection.partial and inputs["missing"] == inputs["extra"] == [] and inputs["pairs"] == 2
    assert [record["file"] for record in inputs["excluded_by_choice"]] == ["gt/image1.png", "pred/image2.png"]
    assert all(sum(inputs["account"][side].values()) == inputs["found"][side] == 3 for side in ("gt", "pred"))


def test_a_problem_of_a_name_can_be_left_out_with_its_partner(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image1.png").unlink()
    (tmp_path / "pred/image1.png").symlink_to("nowhere.png")
    (tmp_path / "gt/image2.tif").write_bytes(b"a second one")
    assert inspected(tmp_path, None).partial
    inspection = inspected(tmp_path, exclude(tmp_path, HEAD + "image1,label error\nimage2,label error\n"))
    assert not inspection.partial and inspection.document["inputs"]["pairs"] == 2
    files = [record["file"] for record in inspection.document["inputs"]["excluded_by_choice"]]
    assert sorted(files) == ["gt/image1.png", "gt/image2.png", "gt/image2.tif", "pred/image1.png", "pred/image2.png"]


def test_what_is_bad_beside_it_is_still_bad(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image2.png").write_bytes(b"")
    inspection = inspected(tmp_path, exclude(tmp_path, HEAD + "image1,label error\n"))
    assert inspection.partial
    assert [record["file"] for record in inspection.document["inputs"]["excluded"]] == ["pred/image2.png"]


def test_lint_gives_the_account_of_the_run(tmp_path: Path) -> None:
    write_masks(tmp_path)
    file = exclude(tmp_path, HEAD + "image1,label error\n")
    settings = Settings(resamples=100, exclude=file)
    record, is_partial = lint_folders(tmp_path / "gt", tmp_path / "pred", categories=numbered(3), settings=settings)
    run = inspected(tmp_path, file)
    assert is_partial == run.partial is False
    assert {**record, "notes": 0} == {**run.document["inputs"], "notes": 0}


def test_arrays_are_left_out_by_not_giving_them() -> None:
    with pytest.raises(UsageError, match="leave the pairs out"):
        inspect_arrays(DRAWN, categories=numbered(3), settings=Settings(exclude="out.csv"))


# ---------------------------------------------------------------------- which image an entry means


def test_an_image_may_be_written_as_its_file_is_called(tmp_path: Path) -> None:
    gt = np.zeros((4, 4), np.uint8)
    write_masks(tmp_path, {"a/x": gt, "b/y": gt, "z": gt}, {"a/x": gt, "b/y": gt, "z": gt})
    for written in ("a/x", "a/x.png", "x", "x.tif", "  x  "):
        inspection = inspected(tmp_path, exclude(tmp_path, f"{HEAD}{written},label error\n"))
        assert {record["image"] for record in inspection.document["inputs"]["excluded_by_choice"]} == {"a/x"}


def test_two_entries_for_one_image_are_one_image_with_two_reasons(tmp_path: Path) -> None:
    write_masks(tmp_path)
    file = exclude(tmp_path, HEAD + "image1,first\nimage1.png,second\nimage1,first\n")
    records = inspected(tmp_path, file).document["inputs"]["excluded_by_choice"]
    assert {record["reason"] for record in records} == {"first; second"} and len(records) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "image0,why\nimage9,label error\n", ["out.csv, line 3", "'image9'", "image1, image2"]),
        (HEAD + "image,x\n", ["line 2", "nearest names are image"]),
        (HEAD + "elsewhere/image0,x\n", ["line 2", "no image here"]),
        (HEAD + "image0#0001,x\n", ["one page of image0", "write image0"]),
        (HEAD + "image0\n", ["line 2", "found 1 fields"]),
        (HEAD + "image0,a,b\n", ["line 2", "found 3 fields"]),
        (HEAD + "image0,  \n", ["line 2", "no reason"]),
        (HEAD + ",label error\n", ["line 2", "no image"]),
        (HEAD + '\n\nimage0,"many\nlines"\nimage9,x\n', ["line 6"]),
        (HEAD + 'image0,"open\n', ["no UTF-8 CSV"]),
        ("", ["header image,reason", "an empty file"]),
        ("image\nimage0\n", ["header image,reason", "found image"]),
        ("image,gt_path,reason\n", ["header image,reason", "found image,gt_path,reason"]),
    ],
)
def test_an_entry_that_is_wrong_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    write_masks(tmp_path)
    with pytest.raises(UsageError) as caught:
        inspected(tmp_path, exclude(tmp_path, text))
    for word in words:
        assert word in str(caught.value)


def test_a_name_that_several_images_share_is_refused(tmp_path: Path) -> None:
    gt = np.zeros((4, 4), np.uint8)
    write_masks(tmp_path, {"a/x": gt, "b/x": gt}, {"a/x": gt, "b/x": gt})
    with pytest.raises(UsageError, match=r"line 2: 'x' may be a/x, b/x; write the whole name"):
        inspected(tmp_path, exclude(tmp_path, HEAD + "x,label error\n"))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    write_masks(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        inspected(tmp_path, str(tmp_path / "nowhere.csv"))
    (tmp_path / "out.csv").write_bytes(b"image,reason\nimage0,\xff\n")
    with pytest.raises(UsageError, match="no UTF-8 CSV"):
        inspected(tmp_path, str(tmp_path / "out.csv"))


def test_a_byte_order_mark_and_no_entry_are_fine(tmp_path: Path) -> None:
    write_masks(tmp_path)
    assert inspected(tmp_path, exclude(tmp_path, "\ufeffimage,reason\n")).document["inputs"]["excluded_by_choice"] == []


# ---------------------------------------------------------------------- a review as the file


def test_a_review_leaves_out_what_is_to_be_relabelled_and_nothing_else(tmp_path: Path) -> None:
    write_masks(tmp_path)
    items = [
        ("image0", "accept", ""), ("image1", "model-error", "bad"), ("image2", "label-error", "a wheel  is\nmissing"),
        ("image3", "needs-relabel", ""), ("image3", "label-error", "shifted"),
    ]  # fmt: skip
    file = exclude(tmp_path, review_of(*items), "review.json")
    records = inspected(tmp_path, file).document["inputs"]["excluded_by_choice"]
    assert {record["image"]: record["reason"] for record in records} == {
        "image2": "label error: a wheel is missing", "image3": "label error: shifted; needs relabel",
    }  # fmt: skip


def test_a_review_of_an_image_that_is_not_here_is_refused(tmp_path: Path) -> None:
    write_masks(tmp_path)
    with pytest.raises(UsageError, match=r"review.json: 'image7' is no image here; the nearest names are image"):
        inspected(tmp_path, exclude(tmp_path, review_of(("image7", "label-error", "")), "review.json"))


# ---------------------------------------------------------------------- the command


def test_the_command_names_what_is_left_out_and_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "110")
    exclude(tmp_path, HEAD + "image1,label error: wheel\nimage3,needs relabel\n")
    outcome = inspect("pred", "--gt", "gt", "--exclude", "out.csv", "-o", "run")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[:3] == [
        "2 pairs scored (4 true masks, 4 predicted masks found; 2 images left out by choice)",
        "  left out image1: label error: wheel",
        "  left out image3: needs relabel",
    ]
    (row,) = left_out(document_of(tmp_path / "run")["inputs"])
    assert (row.n, row.what) == ("2", "images left out by choice: label error, needs relabel")
    page = (tmp_path / "run/report.html").read_text(encoding="utf-8")
    first_screen, rest = page.split('<section id="inputs"')[0], page.split('<section id="inputs"')[1]
    assert "images left out by choice: label error, needs relabel" in first_screen
    assert "gt/image1.png" in rest and "Left out by choice: 4" in rest
    linted = inspect("lint", "pred", "--gt", "gt", "--exclude", "out.csv")
    assert linted.code == 0 and "left out image3: needs relabel" in linted.out


def test_when_all_is_left_out_there_is_nothing_to_evaluate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)
    monkeypatch.chdir(tmp_path)
    exclude(tmp_path, HEAD + "".join(f"{name},label error\n" for name in DRAWN))
    with pytest.raises(InputError, match="nothing to evaluate: 4 images left out by --exclude"):
        inspect_folders("gt", "pred", settings=Settings(exclude="out.csv"))
    assert inspect("pred", "--gt", "gt", "--exclude", "out.csv").code == 3
    outcome = inspect("pred", "--gt", "gt", "--exclude", "out.csv", "--num-classes", "3")
    assert outcome.code == 3 and outcome.out.startswith("NOTHING SCORED: ")
    assert "all images are left out by choice" in outcome.out.splitlines()[0]
    linted = inspect("lint", "pred", "--gt", "gt", "--exclude", "out.csv", "--num-classes", "3")
    assert linted.code == 3 and "nothing is left" in linted.out


def test_a_mistake_in_the_file_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)
    monkeypatch.chdir(tmp_path)
    exclude(tmp_path, HEAD + "image7,label error\n")
    for command in ("run", "lint"):
        outcome = inspect(command, "pred", "--gt", "gt", "--exclude", "out.csv")
        assert (outcome.code, outcome.out) == (2, "")
        assert "out.csv, line 2: 'image7' is no image here" in outcome.err
    assert not (tmp_path / "inspection").exists()


# ---------------------------------------------------------------------- whatever the folders hold


@given(st.data())
def test_the_account_adds_up_whatever_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("any")
    sides = st.sampled_from([("gt",), ("pred",), ("gt", "pred")])
    held = data.draw(st.dictionaries(st.sampled_from([f"i{n}" for n in range(6)]), sides, min_size=1))
    blank = png(np.zeros((2, 2), np.uint8))
    for side in ("gt", "pred"):
        (folder / side).mkdir()
        (folder / side / "always.png").write_bytes(blank)
    for name, places in held.items():
        for side in places:
            (folder / side / f"{name}.png").write_bytes(blank)
    chosen = data.draw(st.sets(st.sampled_from(sorted(held))))
    file = exclude(folder, HEAD + "".join(f"{name},why\n" for name in sorted(chosen)))
    record, is_partial = lint_folders(
        folder / "gt", folder / "pred", categories=numbered(1), settings=Settings(exclude=file)
    )
    assert {r["file"] for r in record["excluded_by_choice"]} == {
        f"{side}/{name}.png" for name in chosen for side in held[name]
    }
    assert is_partial == any(len(places) == 1 for name, places in held.items() if name not in chosen)
    assert record["pairs"] == 1 + sum(len(places) == 2 for name, places in held.items() if name not in chosen)
    pairing = pair_folders(folder / "gt", folder / "pred")
    assert pairing.unaccounted("gt") == pairing.unaccounted("pred") == 0


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip()))
def test_any_name_survives_the_csv(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    import csv

    path = tmp_path_factory.mktemp("names") / "out.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("image", "reason"), (name, "why")])
    assert [(entry.image, entry.reason) for entry in read_exclusions(path)] == [(name, "why")]
