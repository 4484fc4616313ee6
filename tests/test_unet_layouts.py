"""Images find their masks in every common layout; whatever is amiss is said with names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import InputError, UsageError
from unet.data.examples import Found, divide
from unet.data.layouts import Example, Layout, find_examples


def touch(folder: Path, names: Sequence[str]) -> Path:
    """Empty files: no layout opens one."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def pairs(examples: Sequence[Example], below: Path) -> list[tuple[str, str]]:
    return [(str(e.image_path.relative_to(below)), str(e.mask_path.relative_to(below))) for e in examples]


def table(folder: Path, text: str) -> Path:
    (folder / "data.csv").write_text(text, encoding="utf-8")
    return folder / "data.csv"


def numbered(count: int, image: str = "images/{}.jpg", mask: str = "masks/{}.png") -> list[str]:
    return [name.format(i) for i in range(count) for name in (image, mask)]


# ---------------------------------------------------------------------- folders


def test_two_folders_are_paired_by_name_and_a_share_is_drawn_for_validation(tmp_path: Path) -> None:
    layout = find_examples(touch(tmp_path, numbered(10)), 0.2)
    assert len(layout.train) == 8 and len(layout.val) == 2
    assert sorted(pairs(layout.train + layout.val, tmp_path)) == [
        (f"images/{i}.jpg", f"masks/{i}.png") for i in range(10)
    ]


@pytest.mark.parametrize("mask", ["masks/{}_mask.png", "labels/mask_{}.tif", "Annotations/{}.npy", "gt/{}_gt.png"])
def test_words_for_mask_around_a_name_do_not_matter(tmp_path: Path, mask: str) -> None:
    layout = find_examples(touch(tmp_path, numbered(3, mask=mask)))
    assert len(layout.train) + len(layout.val) == 3
    assert all(e.image_path.stem in e.mask_path.stem for e in layout.train)


@pytest.mark.parametrize(
    ("image", "mask"),
    [("{0}/images/{0}1.png", "{0}/masks/{0}1.png"), ("images/{0}/{0}1.png", "masks/{0}/{0}1.png"),
     ("imgs/{0}/{0}1.png", "gt/{0}/{0}1_mask.png")],
)  # fmt: skip
@pytest.mark.parametrize("val", ["val", "valid", "Validation"])
def test_split_folders_are_kept_and_test_is_left_alone(tmp_path: Path, image: str, mask: str, val: str) -> None:
    names = [form.format(split) for split in ("train", val, "test") for form in (image, mask)]
    layout = find_examples(touch(tmp_path, names))
    assert pairs(layout.train, tmp_path) == [(image.format("train"), mask.format("train"))]
    assert pairs(layout.val, tmp_path) == [(image.format(val), mask.format(val))]
    assert [note.kind for note in layout.notes] == ["test_apart"]


def test_a_test_folder_without_masks_does_no_harm(tmp_path: Path) -> None:
    touch(
        tmp_path,
        ["train/images/a.png", "train/masks/a.png", "val/images/b.png", "val/masks/b.png", "test/images/c.png"],
    )
    assert len(find_examples(tmp_path).train) == 1


def test_split_folders_without_val_give_a_share_of_train(tmp_path: Path) -> None:
    touch(tmp_path, [*numbered(5, "train/images/{}.png", "train/masks/{}.png"), "test/images/x.png"])
    layout = find_examples(tmp_path)
    assert (len(layout.train), len(layout.val)) == (4, 1)
    assert all("test/" not in str(e.image_path) for e in layout.train + layout.val)


def test_one_name_in_train_and_val_gives_two_image_ids(tmp_path: Path) -> None:
    layout = find_examples(touch(tmp_path, [f"{s}/{k}/a.png" for s in ("train", "val") for k in ("images", "masks")]))
    assert [e.image_id for e in layout.train + layout.val] == ["train/a", "val/a"]


def test_cityscapes_as_it_is_unpacked(tmp_path: Path) -> None:
    names = []
    for split, city in (("train", "ulm"), ("train", "bonn"), ("val", "bremen"), ("test", "berlin")):
        names.append(f"leftImg8bit/{split}/{city}/{city}_0_leftImg8bit.png")
        names += [f"gtFine/{split}/{city}/{city}_0_gtFine_{kind}.png" for kind in ("labelIds", "color", "instanceIds")]
    layout = find_examples(touch(tmp_path, names))
    assert [e.mask_path.name for e in layout.train] == ["bonn_0_gtFine_labelIds.png", "ulm_0_gtFine_labelIds.png"]
    assert [e.image_path.name for e in layout.val] == ["bremen_0_leftImg8bit.png"]


def test_colour_masks_of_cityscapes_are_masks_where_they_are_alone(tmp_path: Path) -> None:
    layout = find_examples(touch(tmp_path, numbered(2, "images/{}_leftImg8bit.png", "masks/{}_gtFine_color.png")))
    assert layout.train[0].mask_path.name.endswith("_color.png")


def test_a_name_that_ends_in_color_is_a_name_like_others(tmp_path: Path) -> None:
    layout = find_examples(
        touch(tmp_path, ["images/a.jpg", "images/a_color.jpg", "masks/a.png", "masks/a_color.png"]), 0
    )
    assert [e.image_id for e in layout.train] == ["a", "a_color"]


def test_pictures_beside_split_folders_are_noted(tmp_path: Path) -> None:
    names = [f"{side}/{split}/a.png" for side in ("images", "masks") for split in ("train", "val")]
    layout = find_examples(touch(tmp_path, [*names, "images/loose.png", "images/README.txt"]))
    assert [note.kind for note in layout.notes] == ["no_split"] and "loose.png" in layout.notes[0].text


def test_masks_without_an_image_are_noted(tmp_path: Path) -> None:
    layout = find_examples(touch(tmp_path, [*numbered(3), "masks/more.png"]))
    assert "masks/more.png" in layout.notes[0].text


WRONG = {
    "no mask": (["images/a.jpg", "images/b.jpg", "masks/a.png"], "1 of 2 images have no mask: images/b.jpg"),
    "similar": (["images/a01.jpg", "masks/a1.png"], "masks/a1.png has a name similar to images/a01.jpg"),
    "other names": (["images/a.jpg", "masks/x.png"], "masks without an image: masks/x.png"),
    "two masks": (["images/a.jpg", "masks/a.png", "masks/a.tif"], "masks/a.png and masks/a.tif"),
    "two masks by words": (
        ["images/a.jpg", "masks/a_mask.png", "masks/a_gt.png"],
        "masks/a_gt.png and masks/a_mask.png",
    ),
    "two images": (["images/a.jpg", "images/a.png", "masks/a.png"], "images/a.jpg and images/a.png"),
    "empty images": (["images/readme.txt", "masks/a.png"], "no images here, only: 1 .txt"),
    "empty masks": (["images/a.png", "masks/readme.txt"], "no masks here"),
    "lone images": (["images/a.png"], "no folder for masks; found: images/"),
    "lone masks": (["masks/a.png"], "no folder for images; found: masks/"),
    "loose files": (["a.png", "a_mask.png"], "no folder and 2 pictures"),
    "two folders of masks": (["images/a.png", "masks/a.png", "labels/a.png"], "labels/ and masks/ could each be meant"),
    "val alone": (["images/val/a.png", "masks/val/a.png"], "images holds val, but no train"),
    "masks not split": (["images/train/a.png", "images/val/b.png", "masks/train/a.png"], "no val in masks"),
    "a split twice": (["train/images/a.png", "training/images/a.png"], "mean the same split"),
    "train without masks": (["train/images/a.png"], "no folder for masks"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_amiss_is_named(tmp_path: Path, case: str) -> None:
    names, expected = WRONG[case]
    with pytest.raises(InputError) as error:
        find_examples(touch(tmp_path, names))
    assert expected in str(error.value)
    if error.value.kind == "layout":
        assert "DATA/images/a.jpg" in str(error.value)  # what was expected, as a tree


def test_a_folder_that_is_a_link_is_not_left_out_silently(tmp_path: Path) -> None:
    touch(tmp_path / "data", numbered(2))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data/images/more").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="folder links? are not followed"):
        find_examples(tmp_path / "data")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder"):
        find_examples(tmp_path / "data")


@pytest.mark.parametrize("share", [-0.1, 1.0, float("nan")])
def test_a_share_that_cannot_be(tmp_path: Path, share: float) -> None:
    with pytest.raises(UsageError, match="share"):
        find_examples(tmp_path, share)


# ---------------------------------------------------------------------- tables


def test_a_table_names_files_relative_to_itself(tmp_path: Path) -> None:
    touch(tmp_path, ["x/1.jpg", "y/one.png", "x/2.jpg", "y/two.png"])
    text = "\ufeffImage, MASK ,split,group\nx/1.jpg,y/one.png,train,p\n\nx/2.jpg, y/two.png,val,\n3.jpg,3.png,test,\n"
    layout = find_examples(table(tmp_path, text))
    assert pairs(layout.train, tmp_path) == [("x/1.jpg", "y/one.png")]
    assert pairs(layout.val, tmp_path) == [("x/2.jpg", "y/two.png")]
    assert layout.train[0].group == "p" and layout.train[0].image_id == "x/1"
    assert [note.kind for note in layout.notes] == ["test_apart"]


BAD_TABLES = {
    "columns": ("picture,mask\na.png,b.png\n", "the columns are picture, mask; expected image, mask"),
    "missing file": ("image,mask\na.png,lost.png\n", "line 2: there is no mask"),
    "no name": ("image,mask\na.png,\n", "line 2: no mask is given"),
    "unknown split": ("image,mask,split\na.png,b.png,holdout\n", "line 2: the split 'holdout'"),
    "too long": ("image,mask\na.png,b.png,c\n", "line 2: expected 2 values"),
    "too short": ("image,mask,split\na.png,b.png\n", "line 2: expected 3 values"),
    "twice": ("image,mask\na.png,b.png\na.png,a.png\n", "two rows claim the image a"),
    "some without split": ("image,mask,split\na.png,b.png,train\nb.png,a.png,\n", "1 rows have no split"),
    "nothing to train on": ("image,mask,split\na.png,b.png,val\n", "no row to train on"),
    "test alone": ("image,mask,split\na.png,b.png,test\n", "no row to train on"),
    "empty": ("image,mask\n", "no row to train on"),
    "nothing": ("", "the columns are none"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_table_that_is_wrong_says_where(tmp_path: Path, case: str) -> None:
    text, expected = BAD_TABLES[case]
    touch(tmp_path, ["a.png", "b.png"])
    with pytest.raises(InputError) as error:
        find_examples(table(tmp_path, text))
    assert expected in str(error.value) and "data.csv" in str(error.value)


def test_a_table_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes("image,mask\né.png,b.png\n".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        find_examples(tmp_path / "data.csv")


# ---------------------------------------------------------------------- the share for validation


def examples_of(groups: Sequence[int | None]) -> list[Example]:
    return [
        Example(f"image{i}", Path(f"{i}.png"), Path(f"{i}m.png"), "" if g is None else f"g{g}")
        for i, g in enumerate(groups)
    ]


def split(examples: Sequence[Example], share: float = 0.2, seed: int = 0) -> Layout:
    return divide(Found({"": examples}, "a test"), share, seed)


@given(st.lists(st.none() | st.integers(0, 5), min_size=2, max_size=40), st.floats(0.01, 0.99), st.integers(0, 9))
def test_the_split_keeps_groups_whole_and_loses_nothing(groups: list[int | None], share: float, seed: int) -> None:
    examples = examples_of(groups)
    if len(set(groups)) == 1 and groups[0] is not None:
        with pytest.raises(InputError, match="one group"):
            split(examples, share, seed)
        return
    layout = split(examples, share, seed)
    assert layout.train and layout.val
    assert sorted(layout.train + layout.val, key=str) == sorted(examples, key=str)
    both = {e.group for e in layout.train} & {e.group for e in layout.val}
    assert both <= {""}
    assert split(examples[::-1], share, seed) == layout


def test_the_share_is_met_where_there_are_no_groups() -> None:
    assert [len(split(examples_of([None] * n)).val) for n in (2, 5, 10, 101)] == [1, 1, 2, 20]


def test_an_added_image_moves_no_other_across_but_at_the_edge() -> None:
    before, after = (split(examples_of([None] * n)) for n in (100, 101))
    moved = set(before.val) ^ set(after.val)
    assert len(moved) <= 2


def test_another_seed_draws_others() -> None:
    assert split(examples_of([None] * 50), seed=1).val != split(examples_of([None] * 50), seed=2).val


def test_no_share_for_validation() -> None:
    assert split(examples_of([0, 0]), 0).val == ()


def test_layouts_are_found_without_torch() -> None:
    script = "import sys, unet.data.layouts, unet.data.images, unet.data.checks; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
