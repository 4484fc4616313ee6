"""The four tables: the columns that others rely on, a row for each thing that occurs, however they are flushed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from inspector import tables
from inspector.categories import numbered
from inspector.counting import count_pair
from inspector.counts import Counts
from inspector.masks import Mask
from inspector.settings import Settings
from inspector.tables import TABLES, FileTable, ImageInfo, TableBuilder, TableWriter, memory_table, schema

CLASSES = numbered(4).with_ignored([255])

#: design.md, the run folder
PROMISED = {
    "classes": "image class_id gt_px pred_px tp_px contour_gt contour_gt_hit contour_pred contour_pred_hit "
    "boundary_inter_px boundary_union_px trimap_inter_px trimap_union_px fp_boundary_px fn_boundary_px fp_extent_px "
    "fn_extent_px fp_segment_px fn_segment_px nsd hd95_px assd_px",
    "images": "image height width valid_px correct_px pixel_accuracy mean_iou gt_path pred_path gt_hash",
    "confusion": "image true_id pred_id px",
    "objects": "image class_id y0 x0 y1 x1 area_px recalled_px best_iou matched",
}


def counted(seed: int) -> Counts:
    rng = np.random.default_rng(seed)
    gt = np.kron(rng.integers(0, 3, (3, 4)), np.ones((5, 5), int))
    pred = np.where(rng.random(gt.shape) < 0.2, rng.integers(0, 4, gt.shape), gt)
    gt[0, :2], pred[-1, :3] = 255, 255
    return count_pair(Mask.from_labels(gt), Mask.from_labels(pred), CLASSES, Settings())


def written(folder: Path, images: int) -> dict[str, FileTable]:
    folder.mkdir(parents=True)
    writer = TableWriter(folder, CLASSES, Settings())
    for index in range(images):
        writer.add(
            index, ImageInfo(f"image {index}", f"{index}.png", f"p{index}.png", f"unit {index // 2}"), counted(index)
        )
    return writer.close()


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_that_others_rely_on_are_there_even_without_a_row(tmp_path: Path, name: str) -> None:
    empty, some = written(tmp_path / "a", 0)[name], written(tmp_path / "b", 2)[name]
    assert (len(empty), len(some) > 0) == (0, True)
    for folder in ("a", "b"):
        assert set(PROMISED[name].split()) <= set(pq.read_schema(tmp_path / folder / f"{name}.parquet").names)
    assert pq.read_schema(tmp_path / "a" / f"{name}.parquet") == pq.read_schema(tmp_path / "b" / f"{name}.parquet")


def test_how_often_rows_are_flushed_changes_no_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = written(tmp_path / "whole", 9)
    monkeypatch.setattr(tables, "ROWS_PER_GROUP", 5)
    parts = written(tmp_path / "parts", 9)
    assert pq.ParquetFile(tmp_path / "parts/classes.parquet").num_row_groups > 1
    for name in TABLES:
        for column in schema(name).names:
            assert str(whole[name].column(column).tolist()) == str(parts[name].column(column).tolist())


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    written(tmp_path / "a", 3)
    written(tmp_path / "b", 3)
    for name in TABLES:
        assert (tmp_path / f"a/{name}.parquet").read_bytes() == (tmp_path / f"b/{name}.parquet").read_bytes()


def test_the_rows_of_an_image_add_up_to_its_counts(tmp_path: Path) -> None:
    held = written(tmp_path / "run", 3)
    for index in range(3):
        counts = counted(index)
        matrix = np.zeros((4, 5), np.int64)
        of_image = held["confusion"].column("image_index") == index
        for true, pred, px in zip(
            *(held["confusion"].column(c)[of_image] for c in ("true_index", "pred_index", "px")), strict=True
        ):
            assert px > 0
            matrix[true, pred] = px
        assert (matrix == counts.confusion).all()
        rows = held["classes"].column("image_index") == index
        assert held["classes"].column("gt_px")[rows].sum() == counts.valid_px
        assert held["images"].column("correct_px")[index] == counts.correct_px
        assert held["images"].column("void_px")[index] == counts.void_px == 2
        objects = held["objects"].column("image_index") == index
        assert held["objects"].column("area_px")[objects].sum() == counts.valid_px


def test_a_prediction_outside_the_class_list_has_no_id(tmp_path: Path) -> None:
    held = written(tmp_path / "run", 1)["confusion"]
    outside = held.column("pred_index") == 4
    assert outside.any()
    assert np.isnan(held.column("pred_id")[outside]).all() and not np.isnan(held.column("pred_id")[~outside]).any()


def test_a_class_that_occurs_on_neither_side_has_no_row(tmp_path: Path) -> None:
    held = written(tmp_path / "run", 4)["classes"]
    assert ((held.column("gt_px") > 0) | (held.column("pred_px") > 0)).all()


def test_an_object_is_matched_from_half_of_its_pixels_on() -> None:
    gt = np.ones((1, 10), np.uint8)
    for right, matched in ((4, False), (5, True)):
        pred = np.where(np.arange(10) < right, 1, 0)[None]
        counts = count_pair(Mask.from_labels(gt), Mask.from_labels(pred), CLASSES, Settings())
        block = tables.object_block(0, ImageInfo("a", "a", "a", "a"), counts, CLASSES, Settings())
        assert block["matched"].tolist() == [matched] and block["recalled_px"].tolist() == [right]
        assert block["best_iou"].tolist() == [right / 10] and block["size"] == ["small"]


def test_columns_are_kept_up_to_a_limit_and_read_again_beyond_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = written(tmp_path / "run", 3)["classes"]
    size = table.column("gt_px").nbytes
    monkeypatch.setattr(tables, "KEPT_BYTES", 2 * size)
    first = table.column("gt_px")
    assert table.column("gt_px") is first
    table.column("pred_px")
    table.column("tp_px")
    again = table.column("gt_px")
    assert again is not first and (again == first).all()
    monkeypatch.setattr(tables, "KEPT_BYTES", 0)
    assert len(table.column("tp_px")) == len(first)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_in_memory_without_a_row_has_its_columns(name: str) -> None:
    table = memory_table(name, TableBuilder())
    assert len(table) == 0
    assert all(len(table.column(column)) == 0 for column in schema(name).names)


def test_text_of_any_kind_is_kept(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    writer = TableWriter(tmp_path / "run", CLASSES, Settings())
    names = ["日本 é", "=SUM(A1)", "a\nb\t\x1b", "x" * 300]
    for index, name in enumerate(names):
        writer.add(index, ImageInfo(name, name, name, name), counted(index))
    assert writer.close()["images"].column("image").tolist() == names
