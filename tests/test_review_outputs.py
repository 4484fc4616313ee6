"""What a review becomes: lists for annotators, waivers, and the images that the next run leaves out."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from inspector.categories import Categories, Category, numbered
from inspector.errors import InputError, UsageError
from inspector.exclusions import read_exclusions
from inspector.pipeline import inspect_folders
from inspector.review import item_of, read_review
from inspector.review_outputs import files_of, pages_to_relabel
from inspector.review_run import Placed, ReviewedRun, read_run
from inspector.settings import Settings
from reports.text import visible
from tests.mask_folders import write_masks
from tests.review_samples import item, make_run, run_id, write_review_of

SETTINGS = Settings(resamples=100)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReviewedRun:
    return read_run(make_run(tmp_path_factory.mktemp("reviewed")), visible)


def placed(run: ReviewedRun, *records: dict[str, Any]) -> list[Placed]:
    return run.checked(map(item_of, records))


def made(run: ReviewedRun, *records: dict[str, Any]) -> dict[str, str]:
    return files_of(run, placed(run, *records))


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


WHOLE = {"class": None, "class_name": None, "box": None}
MIXED = [
    item("image3", "needs-relabel", note="shifted, I think", **WHOLE),
    item("image1", "label-error"),
    item("image0", "accept", note='a "mast"\n too thin', box=None),
    item("image2", "model-error"),
    item("image1", "label-error", **{"class": 0, "class_name": "class 0"}),
]


def test_what_is_to_be_relabelled_is_listed_in_the_order_of_the_images(run: ReviewedRun) -> None:
    rows = rows_of(made(run, *MIXED)["relabel.csv"])
    who = {"reviewer": "Ada", "at": "2026-11-21T20:00:00Z"}
    box = {"x": "3", "y": "2", "w": "10", "h": "6"}
    first = {"image": "image1", "gt_path": "image1.png", **box, "verdict": "label-error", "note": "", **who}
    assert rows == [
        {**first, "class_id": "0", "class_name": "class 0"},
        {**first, "class_id": "1", "class_name": "class 1"},
        {"image": "image3", "gt_path": "image3.png", "class_id": "", "class_name": "", **dict.fromkeys("xywh", ""),
         "verdict": "needs-relabel", "note": "shifted, I think", **who},
    ]  # fmt: skip


def test_the_coco_file_is_valid_and_says_the_same(run: ReviewedRun) -> None:
    document = json.loads(made(run, *MIXED)["relabel.coco.json"])
    assert document["images"] == [
        {"id": 2, "file_name": "image1.png", "height": 16, "width": 24},
        {"id": 4, "file_name": "image3.png", "height": 16, "width": 24},
    ]
    names = {category["id"]: category["name"] for category in document["categories"]}
    assert names == {0: "class 0", 1: "class 1", 2: "class 2", 3: "no class named"}
    ids = [annotation["id"] for annotation in document["annotations"]]
    assert ids == [1, 2, 3]
    for annotation in document["annotations"]:
        assert annotation["category_id"] in names
        assert annotation["image_id"] in {image["id"] for image in document["images"]}
        x, y, w, h = annotation["bbox"]
        polygon = np.reshape(annotation["segmentation"][0], (-1, 2))
        assert [*polygon.min(axis=0), *polygon.max(axis=0)] == [x, y, x + w, y + h]
        shoelace = (
            abs(np.sum(polygon[:, 0] * np.roll(polygon[:, 1], 1) - polygon[:, 1] * np.roll(polygon[:, 0], 1))) / 2
        )
        assert annotation["area"] == shoelace == w * h and annotation["iscrowd"] == 0
    assert [a["bbox"] for a in document["annotations"]] == [[3, 2, 10, 6], [3, 2, 10, 6], [0, 0, 24, 16]]
    assert document["annotations"][2]["attributes"] == {
        "verdict": "needs-relabel", "note": "shifted, I think", "whole_image": True,
    }  # fmt: skip


def test_without_an_item_of_no_class_the_categories_are_those_of_the_run(run: ReviewedRun) -> None:
    document = json.loads(made(run, item())["relabel.coco.json"])
    assert [category["name"] for category in document["categories"]] == ["class 0", "class 1", "class 2"]


def test_what_is_accepted_is_waived_for_90_days(run: ReviewedRun) -> None:
    records = [*MIXED, item("image3", "accept", reviewer=" ", at="2027-12-31T23:59:59Z", **WHOLE)]
    text = made(run, *records)["waivers.toml"]
    assert tomllib.loads(text)["waivers"] == [
        {"image": "image0", "class": "class 1", "class_id": 1, "reason": 'a "mast" too thin', "owner": "Ada",
         "until": date(2027, 2, 19)},
        {"image": "image3", "reason": "accepted in review", "owner": "unnamed reviewer", "until": date(2028, 3, 30)},
    ]  # fmt: skip


def test_a_waiver_of_a_box_says_so(run: ReviewedRun) -> None:
    (waiver,) = tomllib.loads(made(run, item(verdict="accept"))["waivers.toml"])["waivers"]
    assert waiver["box"] == [2, 3, 8, 13]


def test_nothing_to_do_is_lists_without_entries(run: ReviewedRun) -> None:
    files = made(run)
    assert rows_of(files["relabel.csv"]) == [] and files["exclude.csv"] == "image,reason\r\n"
    assert json.loads(files["relabel.coco.json"])["annotations"] == []
    assert tomllib.loads(files["waivers.toml"]) == {}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_any_text_survives_toml_and_csv(run: ReviewedRun, text: str) -> None:
    files = made(run, item("image0", "accept", note=text, reviewer=text), item("image1", note=text, reviewer=text))
    (waiver,) = tomllib.loads(files["waivers.toml"])["waivers"]
    assert waiver["reason"] == (" ".join(text.split()) or "accepted in review")
    assert waiver["owner"] == (text.strip() or "unnamed reviewer")
    (row,) = csv.DictReader(io.StringIO(files["relabel.csv"], newline=""))
    assert (row["note"], row["reviewer"]) == (text, text)


def test_leaving_out_by_the_csv_or_by_the_review_is_the_same(run: ReviewedRun, tmp_path: Path) -> None:
    (tmp_path / "exclude.csv").write_text(made(run, *MIXED)["exclude.csv"], encoding="utf-8", newline="")
    path = write_review_of(run.folder, tmp_path / "review.json", *MIXED)
    by_csv, by_review = ({e.image: e.reason for e in read_exclusions(p)} for p in (tmp_path / "exclude.csv", path))
    assert by_csv == by_review == {"image1": "label error", "image3": "needs relabel: shifted, I think"}


def test_the_next_run_can_leave_out_what_it_says(run: ReviewedRun, tmp_path: Path) -> None:
    (tmp_path / "exclude.csv").write_text(made(run, *MIXED)["exclude.csv"], encoding="utf-8", newline="")
    folder = run.folder.parent
    settings = Settings(resamples=100, exclude=str(tmp_path / "exclude.csv"))
    inspection = inspect_folders(folder / "gt", folder / "pred", categories=numbered(3), settings=settings)
    assert not inspection.partial and inspection.document["inputs"]["pairs"] == 2


def test_pages_of_a_file_with_several_are_told_and_not_left_out(tmp_path: Path) -> None:
    pages = np.zeros((3, 8, 8), np.uint8)
    write_masks(tmp_path)
    for side in ("gt", "pred"):
        tifffile.imwrite(tmp_path / side / "volume.tif", pages, photometric="minisblack")
    inspect_folders(tmp_path / "gt", tmp_path / "pred", out=tmp_path / "run", categories=numbered(3), settings=SETTINGS)
    volumes = read_run(tmp_path / "run", visible)
    held = placed(volumes, item("volume#0002", image_index=None, **WHOLE), item("image1"))
    assert pages_to_relabel(held) == ["volume#0002"]
    files = files_of(volumes, held)
    assert [row["image"] for row in rows_of(files["exclude.csv"])] == ["image1"]
    assert [row["gt_path"] for row in rows_of(files["relabel.csv"])] == ["image1.png", "volume.tif"]


# ---------------------------------------------------------------------- a review and its run


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": "image9", "image_index": None}, ["'image9'", "no such image", "names are image"]),
        ({"image_index": 2}, ["image_index is 2", "number 1"]),
        ({"image_index": 400}, ["image_index is 400"]),
        ({"class": 3}, ["no class with the id 3", "0, 1, 2"]),
        ({"class": -1}, ["no class with the id -1"]),
        ({"box": [0, 0, 17, 24]}, ["[0, 0, 17, 24]", "24 x 16 px"]),
        ({"box": [0, 0, 16, 25]}, ["reaches out"]),
    ],
)
def test_an_item_that_the_run_has_no_place_for_is_named(
    run: ReviewedRun, change: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        placed(run, item("image0"), item() | change)
    for word in ["item 2", *words]:
        assert word in str(caught.value)


def test_a_box_may_be_the_whole_image(run: ReviewedRun) -> None:
    assert placed(run, item(box=[0, 0, 16, 24]))[0].item.box == (0, 0, 16, 24)


def test_a_name_may_be_written_as_the_page_shows_it(tmp_path: Path) -> None:
    gt = np.zeros((4, 4), np.uint8)
    names = ["a\u202eb", "a⟨U+202E⟩b", "plain"]
    categories = Categories((Category(0, "zero"), Category(7, "<b>")), (), "two")
    gt_folder, pred_folder = write_masks(tmp_path, dict.fromkeys(names, gt), dict.fromkeys(names, gt))
    inspect_folders(gt_folder, pred_folder, out=tmp_path / "run", categories=categories, settings=SETTINGS)
    run = read_run(tmp_path / "run", visible)
    index = {image.name: image.index for image in run.images}
    shown = item("a⟨U+202E⟩b", image_index=None, **{"class": 7, "class_name": None, "box": None})
    for name in ("a\u202eb", "a⟨U+202E⟩b"):
        (found,) = placed(run, shown | {"image_index": index[name]})
        assert (found.item.image, found.item.class_name) == (name, "<b>")
    with pytest.raises(UsageError, match="say which by image_index"):
        placed(run, shown)


def test_the_identity_is_the_hash_of_the_document(run: ReviewedRun) -> None:
    assert run.identity == run_id(run.folder)


def test_a_folder_that_is_no_whole_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        read_run(tmp_path / "nowhere", visible)
    with pytest.raises(InputError, match=r"there is no inspection\.json"):
        read_run(tmp_path, visible)
    folder = make_run(tmp_path / "a")
    (folder / "images.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match=r"images\.parquet cannot be read"):
        read_run(folder, visible)
    for text, words in (("{", "cannot be read"), ("[]", "schema version"), ('{"schema_version": 2}', "schema version")):
        (folder / "inspection.json").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=words):
            read_run(folder, visible)
    assert read_review(write_review_of(folder, tmp_path / "r.json")).items == ()
