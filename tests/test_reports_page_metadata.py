"""The user's columns in the table of images: whole, harmless, told apart from ours, never too large for the page."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from inspector.tables import write_metadata
from reports import ReportError, Size, render_run, tables
from reports.page_metadata import metadata_of
from reports.tables import RunTables
from tests import report_samples as samples
from tests.report_runs import blocks_of, page_data, rows_of, unpacked, write_run

NUMBERS = ["1", "-2.50", "", "0", "1e-05", "1E3", "123456789012345.5"]
NO_NUMBERS = ["007", "1_0", "1,5", "+1", "12345678901234567890", "1e999", "NaN", "½", "٣", " 1", ".5", "5.", "1\n"]


def columns_of(page: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Key -> the user's columns of a page."""
    return {column["key"]: column for column in page["image_columns"] if column["key"].startswith("user.")}


def test_every_image_of_the_page_has_its_metadata(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path, images=40)
    written = {
        "weather": [f"w{n % 3}" for n in range(40)],
        "altitude": [f"{n / 4:g}" if n % 5 else "" for n in range(40)],
    }
    write_metadata(folder, written)
    html = render_run(folder)
    data, held = page_data(html), unpacked(blocks_of(html)["table-images"])
    assert {key: held[f"user.{key}"] for key in written} == written
    assert {key: (c["title"], c["short"], c["kind"], c["shown"]) for key, c in columns_of(data).items()} == {
        "user.weather": ("weather", "weather", "text", False),
        "user.altitude": ("altitude", "altitude", "number", False),
    }
    assert data["missing_columns"] == ""
    monkeypatch.setattr(tables, "MOST_IMAGES", 9)
    html = render_run(folder)
    rows = sorted(
        rows_of(folder / "images.parquet"), key=lambda r: (r["mean_iou"] is None, r["mean_iou"] or 0, r["image_index"])
    )
    worst, held = sorted(row["image_index"] for row in rows[:9]), unpacked(blocks_of(html)["table-images"])
    assert held["index"] == worst
    assert {key: held[f"user.{key}"] for key in written} == {k: [v[n] for n in worst] for k, v in written.items()}


def test_a_run_without_metadata_has_no_such_column(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5)
    assert columns_of(page_data(render_run(folder))) == {} == RunTables(folder).metadata([0, 1])


def test_an_image_that_the_metadata_does_not_know_has_none(tmp_path: Path) -> None:
    held = {"image_index": pa.array([2, 0]), "user.a": pa.array(["two", None]), "other": pa.array([1, 2])}
    pq.write_table(pa.table(held), tmp_path / "metadata.parquet")
    assert RunTables(tmp_path).metadata([2, 1, 0]) == {"a": ["two", "", ""]}


def test_metadata_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1 damaged")
    with pytest.raises(ReportError, match=r"metadata.parquet: not readable as Parquet .*run `inspect` again"):
        RunTables(tmp_path).metadata([0])


@pytest.mark.parametrize("text", NUMBERS)
def test_a_column_of_numbers_is_one(text: str) -> None:
    held = metadata_of({"a": [text, "", "3"]}, 1e9)
    assert held.columns[0]["kind"] == "number" and held.packed[0].data.decode() == f"{text}\n\n3"


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_plain_number_makes_a_column_of_texts(text: str) -> None:
    assert metadata_of({"a": ["3", text]}, 1e9).columns[0]["kind"] == "text"


def test_a_column_that_says_nothing_is_one_of_texts() -> None:
    assert metadata_of({"a": ["", ""]}, 1e9).columns[0]["kind"] == "text"
    assert metadata_of({}, 1e9) == metadata_of({}, -1.0)


def test_hostile_names_and_values_are_text_in_the_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=12)
    hostile = [text for text in samples.HOSTILE if not re.search("[\ud800-\udfff]", text)]
    write_metadata(folder, {name or "blank": [(name + "\u202e\n</script>")[:80]] * 12 for name in hostile})
    html = render_run(folder)
    assert html.count("<script") == html.count("</script>") == len(blocks_of(html)) + 3  # words, data, script
    data, held = page_data(html), unpacked(blocks_of(html)["table-images"])
    columns = columns_of(data)
    assert len(columns) == len(set(hostile)) and columns.keys() <= held.keys()
    hidden = re.compile("[\u0000-\u001f\u200b\u202e\u2066\u2069\ufeff]")
    for key, column in columns.items():
        assert re.fullmatch(r"user\.\w+", key) and not hidden.search(column["title"] + "".join(held[key]))
        assert len(held[key]) == 12 and len(column["short"]) <= 40


def test_a_name_of_ours_or_twice_the_same_name_hides_nothing(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=6)
    names = [
        "miou",
        "image",
        "index",
        "height",
        "group",
        "a b",
        "a_b",
        "A-B",
        "a b_2",
        "ab",
        "%%",
        "&&",
        "x" * 60,
        "x" * 61,
    ]
    write_metadata(folder, {name: [f"{place} {n}" for n in range(6)] for place, name in enumerate(names)})
    html = render_run(folder)
    data, held = page_data(html), unpacked(blocks_of(html)["table-images"])
    columns = columns_of(data)
    assert [column["title"] for column in columns.values()] == names
    assert [held[key][2] for key in columns] == [f"{place} 2" for place in range(len(names))]
    searched = [re.sub(r"[\W_]", "", key).lower() for key in columns]
    assert len(set(searched)) == len(names)
    assert held["image"] == [row["image"] for row in rows_of(folder / "images.parquet")]
    keys = [column["key"] for column in data["image_columns"]]
    assert len(keys) == len(set(keys)) and keys[-len(names) :] == list(columns)


def test_metadata_takes_no_more_than_its_share_of_the_page(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=300, kept=100, picture_bytes=8_000)
    rng = random.Random(3)
    noise = {f"uuid {n}": [rng.randbytes(120).hex() for _ in range(300)] for n in range(20)}
    write_metadata(folder, {"weather": ["fog"] * 300, **noise, "camera": ["left"] * 300})
    html = render_run(folder, Size(1_500_000))
    data, whole = page_data(html), page_data(render_run(folder, Size(None)))
    assert 0.97 * 1_500_000 < len(html.encode()) <= 1_500_000 and len(data["views"]) > 10
    kept = [column["title"] for column in columns_of(data).values()]
    assert len(columns_of(whole)) == 22 and whole["missing_columns"] == ""
    assert kept[0] == "weather" and kept[-1] == "camera" and 2 < len(kept) < 22
    gone = [name for name in noise if name not in kept]
    assert data["missing_columns"] == (
        f"Columns of the metadata that the page has no room for: {', '.join(gone[:5])} and {len(gone) - 5} more; "
        "`inspect render RUN --folder` leaves none out."
    )


def test_many_columns_that_say_nothing_have_their_price() -> None:
    held = metadata_of({f"column {n}": [""] for n in range(2_000)}, 100_000)
    assert len(json.dumps(held.columns)) < 100_000 and len(held.columns) < 1_000
