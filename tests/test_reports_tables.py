"""The tables in the page hold what the Parquet files hold: decoded by their definition, counted by loops over rows."""

from __future__ import annotations

import math
from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from inspector.tables import schema
from reports import ReportError, tables
from reports.packing import Column, packed
from reports.tables import RunTables
from tests.report_runs import rows_of, unpacked, write_run, write_table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), images=60, classes=6, names=("a<b>", "شجرة", "gnp\u202e.exe"))


def read(folder: Path) -> RunTables:
    return RunTables(folder, background=[0])


def held(rows: Any) -> dict[str, list[Any]]:
    return unpacked(packed(rows.shown, rows.columns))


def same(one: list[Any], other: list[Any]) -> bool:
    """Equal, where undefined is equal to undefined."""
    return len(one) == len(other) and all(
        a == b or (isinstance(a, float) and math.isnan(a) and b is None) for a, b in zip(one, other, strict=True)
    )


def test_the_table_of_images_is_that_of_the_file(folder: Path) -> None:
    rows, objects = rows_of(folder / "images.parquet"), rows_of(folder / "objects.parquet")
    images = read(folder).images
    assert images is not None and len(images) == 60
    columns = held(images.rows())
    assert columns.pop("image") == ["a<b>", "شجرة", "gnp⟨U+202E⟩.exe", *(row["image"] for row in rows[3:])]
    missed = [
        [o for o in objects if o["image_index"] == n and not o["matched"] and o["class_index"]] for n in range(60)
    ]
    expected = {
        "miou": [row["mean_iou"] for row in rows],
        "pixel_accuracy": [row["pixel_accuracy"] for row in rows],
        "boundary_f1": [row["mean_boundary_f1"] for row in rows],
        "boundary_iou": [row["mean_boundary_iou"] for row in rows],
        "dice": [row["mean_dice"] for row in rows],
        "wrong_px": [row["valid_px"] - row["correct_px"] for row in rows],
        "void_px": [row["void_px"] for row in rows],
        "missed": [len(found) for found in missed],
        "missed_small": [sum(o["size"] == "small" for o in found) for found in missed],
        "height": [row["height"] for row in rows],
        "width": [row["width"] for row in rows],
    }
    assert columns.keys() == expected.keys()
    assert {name for name in expected if not same(columns[name], expected[name])} == set()
    assert None in expected["miou"], "the sample has an image without a score"


def test_worst_comes_first_and_what_has_no_score_last(folder: Path) -> None:
    rows = rows_of(folder / "images.parquet")
    images = read(folder).images
    assert images is not None
    by_score = sorted(rows, key=lambda r: (r["mean_iou"] is None, r["mean_iou"] or 0, r["image_index"]))
    assert list(images.worst) == [row["image_index"] for row in by_score]
    assert [row["image_index"] for row in images.worst_rows(7)] == list(images.worst[:7])
    assert images.worst_rows(1)[0]["image"] == by_score[0]["image"]


def test_names_are_found_as_they_are_in_the_files(folder: Path) -> None:
    images = read(folder).images
    assert images is not None
    assert images.indices_of(["gnp\u202e.exe", "val/00007", "gone", "lone\ud800"]) == {
        "gnp\u202e.exe": 2,
        "val/00007": 7,
    }


def test_groups_are_a_column_where_they_say_more_than_names(folder: Path, tmp_path: Path) -> None:
    rows = rows_of(folder / "images.parquet")
    assert "group" not in held(read(folder).images.rows())
    for row in rows:
        row["group"] = f"patient {row['image_index'] // 10}"
    write_table(tmp_path / "images.parquet", rows, schema("images"))
    columns = held(RunTables(tmp_path).images.rows())
    assert columns["group"] == [row["group"] for row in rows]
    assert "missed" not in columns  # there is no table of objects


def test_the_rows_of_classes_are_those_of_the_file(folder: Path) -> None:
    rows = rows_of(folder / "classes.parquet")
    table = read(folder).class_rows()
    assert table is not None and table.total == table.shown == len(rows)
    names = {"image": "image_index", "class": "class_index"}
    assert held(table) == {
        name: [row[names.get(name, name)] for row in rows] for name in ("image", "class", "gt_px", "pred_px", "tp_px")
    }


def test_of_each_confusion_the_images_with_most_pixels_are_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "IMAGES_PER_CELL", 4)
    off = [row for row in rows_of(folder / "confusion.parquet") if row["true_index"] != row["pred_index"]]
    by_cell: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    for row in off:
        by_cell[row["true_index"], row["pred_index"]].append((-row["px"], row["image_index"]))
    totals = sorted((sum(px for px, _ in found), *cell, len(found)) for cell, found in by_cell.items())
    cells = read(folder).cells()
    assert cells is not None and cells.total == len(by_cell)
    assert list(cells.totals) == [(true, pred, -px, images) for px, true, pred, images in totals]
    expected = [
        (true, pred, image, -px) for _, true, pred, _ in totals for px, image in sorted(by_cell[true, pred])[:4]
    ]
    columns = held(cells.rows)
    assert list(zip(*(columns[name] for name in ("true", "pred", "image", "px")), strict=True)) == expected
    assert (cells.rows.total, cells.rows.shown) == (len(off), len(expected))


def test_the_heaviest_cells_alone_are_kept_where_there_are_many(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(folder).cells()
    monkeypatch.setattr(tables, "MOST_CELLS", 3)
    cut = read(folder).cells()
    assert whole is not None and cut is not None
    assert cut.totals == whole.totals[:3] and cut.total == whole.total > 3
    columns = held(cut.rows)
    assert list(dict.fromkeys(zip(columns["true"], columns["pred"], strict=True))) == [c[:2] for c in whole.totals[:3]]


def test_the_objects_are_those_of_the_images_asked_for(folder: Path) -> None:
    images = {3, 4, 11, 59}
    rows = rows_of(folder / "objects.parquet")
    wanted = [row for row in rows if row["image_index"] in images]
    objects = read(folder).objects(images)
    assert objects is not None
    missed = [row for row in rows if not row["matched"] and row["class_index"] != 0]
    assert (objects.total_missed, objects.missed) == (
        len(missed), len([row for row in missed if row["image_index"] in images]),
    )  # fmt: skip
    names = {"image": "image_index", "class": "class_index", "area": "area_px", "recalled": "recalled_px"}
    expected = {
        name: [row[names.get(name, name)] for row in wanted]
        for name in ("image", "class", "y0", "x0", "y1", "x1", "area", "recalled")
    }
    expected["size"] = [("small", "medium", "large").index(row["size"]) for row in wanted]
    expected["matched"] = [int(row["matched"]) for row in wanted]
    expected["taken_by"] = [row["taken_by"] for row in wanted]
    assert held(objects.rows) == expected and len(wanted) > 5


def test_no_image_has_no_object(folder: Path) -> None:
    objects = read(folder).objects([])
    assert objects is not None and objects.missed == 0 and held(objects.rows)["area"] == []


def test_of_too_many_rows_the_worst_are_kept_and_counted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_IMAGES", 9)
    monkeypatch.setattr(tables, "MOST_CLASS_ROWS", 20)
    monkeypatch.setattr(tables, "_HELD_ROWS", 50)
    run = read(folder)
    assert run.images is not None
    images = run.images.rows()
    assert (images.total, images.shown) == (60, 9)
    assert held(images)["index"] == sorted(run.images.worst[:9])
    rows = rows_of(folder / "classes.parquet")
    wrong = [row["gt_px"] + row["pred_px"] - 2 * row["tp_px"] for row in rows]
    kept = sorted(sorted(range(len(rows)), key=lambda n: (-wrong[n], n))[:20])
    table = run.class_rows()
    assert table is not None and (table.total, table.shown) == (len(rows), 20)
    columns = held(table)
    assert columns["image"] == [rows[n]["image_index"] for n in kept]
    assert columns["tp_px"] == [rows[n]["tp_px"] for n in kept]


def test_rows_that_are_dropped_on_the_way_change_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "IMAGES_PER_CELL", 3)
    cells, objects = read(folder).cells(), read(folder).objects(range(60))
    monkeypatch.setattr(tables, "_HELD_ROWS", 30)
    monkeypatch.setattr(tables, "_BATCH_ROWS", 10)
    assert read(folder).cells() == cells and read(folder).objects(range(60)) == objects


def test_small_masks_come_in_the_order_asked_for(folder: Path) -> None:
    rows = {row["image_index"]: row for row in rows_of(folder / "evidence" / "thumbs.parquet")}
    run, wanted = read(folder), [31, 2, 17]
    assert run.thumb_sizes() == {n: (len(row["gt"]), len(row["pred"])) for n, row in rows.items()}
    found = [(thumb.image, thumb.gt, thumb.pred) for thumb in run.thumbs(wanted)]
    assert found == [(n, rows[n]["gt"], rows[n]["pred"]) for n in wanted]


def test_a_table_that_is_not_there_is_none(tmp_path: Path) -> None:
    run = RunTables(tmp_path)
    assert (run.images, run.class_rows(), run.cells(), run.objects([1]), run.thumb_sizes()) == (
        None,
        None,
        None,
        None,
        {},
    )
    assert list(run.thumbs([])) == [] and not run.has("images.parquet")


def test_a_link_in_place_of_a_table_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.parquet").symlink_to(folder / "classes.parquet")
    assert RunTables(tmp_path).class_rows() is None


def test_empty_tables_are_empty(tmp_path: Path) -> None:
    for name in ("images", "classes", "confusion", "objects"):
        write_table(tmp_path / f"{name}.parquet", [], schema(name))
    run = RunTables(tmp_path)
    assert run.images is not None and run.images.worst == () and run.images.worst_rows(5) == []
    for rows in (run.images.rows(), run.class_rows(), run.cells().rows, run.objects([0]).rows):
        assert rows is not None and rows.shown == 0 and set(map(len, held(rows).values())) == {0}


def test_a_damaged_table_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "classes.parquet").write_bytes((folder / "classes.parquet").read_bytes()[:-40])
    with pytest.raises(ReportError, match=r"classes\.parquet: not readable as Parquet .*run `inspect` again"):
        RunTables(tmp_path).class_rows()


def test_a_table_of_another_version_is_named_with_what_it_lacks(folder: Path, tmp_path: Path) -> None:
    table = pq.read_table(folder / "confusion.parquet").drop_columns(["px"])
    pq.write_table(table, tmp_path / "confusion.parquet")
    with pytest.raises(ReportError, match=r"confusion\.parquet: has no column px; run `inspect` again"):
        RunTables(tmp_path).cells()


def test_counts_beyond_32_bits_are_kept(tmp_path: Path, folder: Path) -> None:
    rows = rows_of(folder / "classes.parquet")[:3]
    rows[1]["gt_px"] = 1 << 40
    write_table(tmp_path / "classes.parquet", rows, schema("classes"))
    table = RunTables(tmp_path).class_rows()
    assert held(table)["gt_px"] == [row["gt_px"] for row in rows]
    assert [column.type for column in table.columns] == ["u4", "u2", "f8", "u4", "u4"]


def test_a_column_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="column x: 3 bytes for 2 rows of u2"):
        packed(2, [Column("x", "u2", b"abc")])
