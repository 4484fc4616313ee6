"""Pictures behind the masks are found by image id, and never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import UsageError
from inspector.pictures import find_pictures


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    return folder


def found(folder: Path, *images: str) -> dict[str, str]:
    return {image: str(Path(path).relative_to(folder)) for image, path in find_pictures(folder, images)[0].items()}


def test_a_picture_has_the_path_of_its_image(tmp_path: Path) -> None:
    write(tmp_path, "a/1.jpg", "b/1.jpg", "2.png")
    assert found(tmp_path, "a/1", "b/1", "2") == {"a/1": "a/1.jpg", "b/1": "b/1.jpg", "2": "2.png"}


def test_words_such_as_left_img_8bit_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "aachen/aachen_0_leftImg8bit.png")
    assert found(tmp_path, "aachen/aachen_0") == {"aachen/aachen_0": "aachen/aachen_0_leftImg8bit.png"}
    assert found(tmp_path, "aachen/aachen_0_gtFine_labelIds") == {
        "aachen/aachen_0_gtFine_labelIds": "aachen/aachen_0_leftImg8bit.png"
    }


def test_a_name_that_is_unique_is_enough_and_one_that_is_not_is_no_name(tmp_path: Path) -> None:
    write(tmp_path, "x/1.jpg", "x/2.jpg", "y/2.jpg")
    assert found(tmp_path, "1", "deep/1", "2") == {"1": "x/1.jpg", "deep/1": "x/1.jpg"}


def test_images_without_a_picture_are_one_note(tmp_path: Path) -> None:
    write(tmp_path, "1.jpg", "notes.txt")
    pictures, notes = find_pictures(tmp_path, ["1", "2", "3", "notes"])
    assert list(pictures) == ["1"]
    assert [(note.kind, note.text) for note in notes] == [("no_picture", "3 of 4 images have no picture there")]
    assert find_pictures(tmp_path, ["1"])[1] == []


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--images: there is no folder"):
        find_pictures(tmp_path / "nowhere", ["1"])
