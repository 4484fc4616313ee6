"""Thumbnails: every pixel is that of the mask it stands for, and of many images only the worst keep theirs."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inspector import thumbs
from inspector.categories import Categories, Category, numbered
from inspector.masks import Mask
from inspector.pipeline import inspect_folders
from inspector.settings import Settings
from inspector.thumbs import FILE, Thumb, ThumbMaker, ThumbWriter
from tests.mask_folders import DRAWN, random_labels, write_masks

FEW = Settings(resamples=100, min_images=2, ignore=(255,))
SIDE = 128


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def sampled(labels: np.ndarray, index_of: dict[int, int], nothing: int) -> np.ndarray:
    """The middle pixel of each block as its class index, in plain loops: the least blocks that fit into SIDE."""
    height, width = labels.shape
    step = 1
    while -(-height // step) > SIDE or -(-width // step) > SIDE:
        step += 1
    return np.array(
        [
            [index_of.get(int(labels[min(y + step // 2, height - 1), min(x + step // 2, width - 1)]), nothing)
             for x in range(0, width, step)]
            for y in range(0, height, step)
        ]
    )  # fmt: skip


@given(height=st.integers(1, 300), width=st.integers(1, 300), seed=st.integers(0, 99))
def test_pixels_are_those_in_the_middle_of_their_blocks(height: int, width: int, seed: int) -> None:
    """Against plain loops, decoded by another library: classes 7 and 3, void, and a value outside the list."""
    classes = Categories.of([Category(3, "three"), Category(7, "seven"), Category(255, "void", ignore=True)], "a test")
    rng = np.random.default_rng(seed)
    gt, pred = (rng.choice(np.array([3, 7, 255, 9], np.uint8), (height, width)) for _ in range(2))
    thumb = ThumbMaker(classes).make(Mask.from_labels(gt), Mask.from_labels(pred))
    assert (thumb.height, thumb.width) == (height, width)
    for side, labels in ((thumb.gt, gt), (thumb.pred, pred)):
        assert (opened(side) == sampled(labels, {3: 0, 7: 1}, 2)).all()
        assert max(opened(side).shape) <= SIDE and -(-height // thumb.shrink) == opened(side).shape[0]


def test_the_palette_is_that_of_the_classes_and_black_for_the_rest() -> None:
    classes = Categories.of([Category(0, "a", color=(9, 8, 7)), Category(1, "b", color=(200, 1, 2))], "a test")
    labels = Mask.from_labels(np.array([[0, 1, 5]], np.uint8))
    picture = Image.open(io.BytesIO(ThumbMaker(classes).make(labels, labels).gt))
    assert np.asarray(picture.convert("RGB")).tolist() == [[[9, 8, 7], [200, 1, 2], [0, 0, 0]]]


def test_beyond_255_classes_the_index_is_in_two_channels() -> None:
    labels = np.array([[299, 0, 255, 256, 400]], np.uint16)
    thumb = ThumbMaker(numbered(300)).make(Mask.from_labels(labels), Mask.from_labels(labels))
    channels = opened(thumb.pred).astype(int)
    assert (channels[..., 0] + 256 * channels[..., 1]).tolist() == [[299, 0, 255, 256, 300]]


# ---------------------------------------------------------------------- the file


def thumb_of(index: int) -> Thumb:
    return Thumb(10 + index, 20, 1, bytes([index]), b"pred %d" % index)


def written(folder: Path, scores: list[float]) -> dict[str, list[Any]]:
    folder.mkdir(parents=True)
    writer = ThumbWriter(folder)
    for index in range(len(scores)):
        writer.add(index, thumb_of(index))
    writer.close(np.array(scores))
    assert [path.name for path in (folder / "evidence").iterdir()] == ["thumbs.parquet"]
    return pq.read_table(folder / FILE).to_pydict()


def test_rows_come_back_in_image_order_however_they_are_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(tmp_path / "whole", [0.5] * 7)
    assert whole["image_index"] == list(range(7)) and whole["height"] == list(range(10, 17))
    assert whole["pred"][3] == b"pred 3" and set(whole) == {"image_index", "height", "width", "shrink", "gt", "pred"}
    monkeypatch.setattr(thumbs, "ROWS_PER_GROUP", 3)
    assert written(tmp_path / "parts", [0.5] * 7) == whole
    assert pq.ParquetFile(tmp_path / "parts" / FILE).num_row_groups == 3


def test_the_columns_are_there_without_an_image(tmp_path: Path) -> None:
    assert written(tmp_path / "none", []) == {
        name: [] for name in ("image_index", "height", "width", "shrink", "gt", "pred")
    }


def test_of_many_images_the_worst_are_kept_and_undefined_ones_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbs, "MOST_THUMBS", 4)
    monkeypatch.setattr(thumbs, "ROWS_PER_GROUP", 2)
    scores = [0.9, float("nan"), 0.1, 0.4, 0.4, 0.8, 0.4]
    assert written(tmp_path / "many", scores)["image_index"] == [2, 3, 4, 6]
    assert written(tmp_path / "as many", scores[:4])["image_index"] == [0, 1, 2, 3]
    undefined = [float("nan")] * 3 + [1.0, 1.0]
    assert written(tmp_path / "undefined", undefined)["image_index"] == [0, 1, 3, 4]


# ---------------------------------------------------------------------- a run


def thumbs_of(run: Path) -> dict[str, list[Any]]:
    return pq.read_table(run / FILE).to_pydict()


def test_each_image_of_a_run_has_its_thumbnail_and_so_has_each_page_of_a_volume(tmp_path: Path) -> None:
    gt, pred = write_masks(tmp_path)
    pages = [random_labels(seed, (200, 150)) for seed in range(3)]
    tifffile.imwrite(gt / "volume.tif", np.stack(pages), photometric="minisblack")
    tifffile.imwrite(pred / "volume.tif", np.stack(pages[::-1]), photometric="minisblack")
    (pred / "image2.png").write_bytes(b"")
    inspect_folders(gt, pred, out=tmp_path / "run", categories=numbered(3), settings=FEW)
    images = pq.read_table(tmp_path / "run/images.parquet").to_pydict()
    assert images["image"] == ["image0", "image1", "image3", *(f"volume#{page:04d}" for page in range(3))]
    table = thumbs_of(tmp_path / "run")
    assert table["image_index"] == images["image_index"]
    assert (table["height"], table["width"]) == (images["height"], images["width"])
    assert table["shrink"] == [1, 1, 1, 2, 2, 2]
    truths = [*(DRAWN[f"image{i}"][0] for i in (0, 1, 3)), *pages]
    for data, labels in zip(table["gt"], truths, strict=True):
        assert (opened(data) == sampled(labels, {0: 0, 1: 1, 2: 2}, 3)).all()
    assert (opened(table["pred"][3]) == opened(table["gt"][5])).all()


def test_a_run_of_many_images_keeps_the_thumbnails_of_the_worst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thumbs, "MOST_THUMBS", 3)
    labels = {f"{seed}": random_labels(seed) for seed in range(8)}
    write_masks(
        tmp_path,
        labels,
        {name: np.where(random_labels(50 + i) > 1, 2, m) for i, (name, m) in enumerate(labels.items())},
    )
    inspect_folders(tmp_path / "gt", tmp_path / "pred", out=tmp_path / "run", categories=numbered(3), settings=FEW)
    scores = pq.read_table(tmp_path / "run/images.parquet")["mean_iou"].to_pylist()
    worst = sorted(range(8), key=lambda index: scores[index])[:3]
    assert thumbs_of(tmp_path / "run")["image_index"] == sorted(worst)


def test_a_missing_prediction_is_shown_as_no_class(tmp_path: Path) -> None:
    gt, pred = write_masks(tmp_path)
    (pred / "image1.png").unlink()
    inspect_folders(
        gt, pred, out=tmp_path / "run", categories=numbered(3), settings=Settings(resamples=100, missing="empty")
    )
    assert (opened(thumbs_of(tmp_path / "run")["pred"][1]) == 3).all()
