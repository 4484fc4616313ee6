"""Metadata: every image gets its own row, and what does not fit is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.errors import InputError, UsageError
from inspector.metadata import read_metadata

IDS = ("a/001", "a/002", "b/003")


def _write(folder: Path, text: str | bytes) -> Path:
    path = folder / "metadata.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("written", ["a/001", "a/001.png", "001", "001.png", " a\\001.png "])
def test_an_image_is_found_by_id_file_name_or_stem(written: str, tmp_path: Path) -> None:
    metadata = read_metadata(_write(tmp_path, f"image,weather\n{written},rain\n"), IDS)
    assert metadata.columns == {"weather": ("rain", "", "")}
    assert metadata.missing == ("a/002", "b/003")


def test_a_name_that_two_images_share_stands_for_neither(tmp_path: Path) -> None:
    path = _write(tmp_path, "image,weather\n001,rain\nb/001,sun\n")
    metadata = read_metadata(path, ("a/001", "b/001"))
    assert metadata.columns["weather"] == ("", "sun")
    assert [kind for kind, _ in metadata.notes] == ["metadata_unknown_image", "metadata_missing_image"]
    assert "001" in metadata.notes[0][1]


def test_an_id_with_a_dot_is_itself_before_it_is_a_stem(tmp_path: Path) -> None:
    path = _write(tmp_path, "image,n\nframe.1,one\nframe,none\n")
    assert read_metadata(path, ("frame", "frame.1")).columns["n"] == ("none", "one")


def test_the_first_column_is_the_image_where_none_is_called_so(tmp_path: Path) -> None:
    path = _write(tmp_path, b'file,scene\r\na/001.png,"one, two"\r\n\r\n')
    assert read_metadata(path, IDS).columns == {"scene": ("one, two", "", "")}


def test_the_mark_that_spreadsheets_write_at_the_start_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = _write(tmp_path, b"\xef\xbb\xbfscene,image\r\ns1,b/003\r\n")
    assert read_metadata(path, IDS).columns == {"scene": ("", "", "s1")}


def test_the_image_column_may_stand_anywhere(tmp_path: Path) -> None:
    assert read_metadata(_write(tmp_path, "scene,image\ns1,b/003\n"), IDS).columns == {"scene": ("", "", "s1")}


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("image,a\na/001,1\n001.png,2\n", "duplicate_row", "line 3"),
        ("image,a\na/001,1,9\n", "metadata_row", "line 2 has 3 fields"),
        ("image,a,a\n", "metadata_header", "unique"),
        ("image,\n", "metadata_header", "not empty"),
        ("", "metadata_empty", "no line"),
        (b"image,a\n\xff\xfe,1\n", "metadata_unreadable", "UTF-8"),
        ('image,a\na/001,"open', "metadata_unreadable", "CSV"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(text: str | bytes, kind: str, says: str, tmp_path: Path) -> None:
    path = _write(tmp_path, text)
    with pytest.raises(InputError, match=says) as caught:
        read_metadata(path, IDS)
    assert (caught.value.kind, caught.value.path) == (kind, str(path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_metadata(tmp_path / "none.csv", IDS)
    assert caught.value.kind == "metadata_unreadable"


def test_a_group_needs_a_value_for_every_image(tmp_path: Path) -> None:
    metadata = read_metadata(_write(tmp_path, "image,p,q\n001,x,1\n002,x,\n003,y,1\n"), IDS)
    assert metadata.group("p") == ("x", "x", "y")
    with pytest.raises(InputError, match="asks for: 1 of 3"):
        metadata.group("q")
    with pytest.raises(UsageError, match="no such column"):
        metadata.group("patient")
