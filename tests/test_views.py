"""What is kept to look at an image in full: masks to the pixel, patches where they matter, a picture that opens."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inspector import views
from inspector.label_png import encode_labels
from inspector.views import MOST_PATCHES, PATCH_SIDE_PX, SHRUNK_PX, WHOLE_PX, patch_windows, view_window, write_view

K = 3
COLORS = np.array([[10, 20, 30], [200, 100, 0], [0, 90, 250]], np.uint8)
FILES = {"gt": "evidence/a.gt.png", "pred": "evidence/a.pred.png"}
SMALL = {"WHOLE_PX": 2000, "SHRUNK_PX": 500, "PATCH_SIDE_PX": 16}  # so that a mask of 60 x 80 px is a large one


def made(
    gt: np.ndarray, pred: np.ndarray, picture: np.ndarray | None = None, boxes: Iterable[Any] = ()
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The record, and the files by the path it names."""
    written: dict[str, bytes] = {}

    def save(end: str, data: bytes) -> str:
        assert end not in written
        written[end] = data
        return end

    return write_view((gt, pred, picture), FILES, boxes, COLORS, save), written


def opened(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


def labels(seed: int, shape: tuple[int, int] = (60, 80)) -> np.ndarray:
    """Class indices, void and what is no class."""
    return np.random.default_rng(seed).integers(-1, K + 2, shape).astype(np.int16)


def known(codes: np.ndarray) -> np.ndarray:
    return np.where((codes >= 0) & (codes < K), codes, K)


# ---------------------------------------------------------------------- class maps


@given(st.integers(0, 99), st.sampled_from([1, 3, 255, 256, 300, 4096]))
def test_a_class_map_comes_back_to_the_pixel_from_another_decoder(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.integers(-2, k + 3, (9, 14))
    colors = rng.integers(0, 256, (k, 3), dtype=np.uint8)
    read = opened(encode_labels(codes, colors, 1)).astype(int)
    found = read if k <= 255 else read[..., 0] + 256 * read[..., 1]
    assert (found == np.where((codes >= 0) & (codes < k), codes, k)).all()


# ---------------------------------------------------------------------- views


def test_masks_of_four_million_pixels_are_looked_at_as_they_are() -> None:
    assert view_window((2048, 2048)).shrink == 1 and WHOLE_PX == 2048 * 2048
    gt = labels(0)
    record, written = made(gt, gt, boxes=[(0, 0, 5, 5)])
    assert record == {"shrink": 1, **FILES, "image": None, "patches": []} and written == {}


@given(st.integers(1, 1 << 14), st.integers(1, 1 << 14))
def test_larger_masks_are_shrunk_by_the_least_whole_number_that_fits(height: int, width: int) -> None:
    window = view_window((height, width))
    assert (window.y0, window.x0, window.y1, window.x1, window.enlarge) == (0, 0, height, width, 1)
    if height * width <= WHOLE_PX and max(height, width) <= 1 << 14:
        assert window.shrink == 1
        return

    def pixels(factor: int) -> int:
        return len(range(0, height, factor)) * len(range(0, width, factor))

    least = next(factor for factor in range(1, 10_000) if pixels(factor) <= SHRUNK_PX)
    assert window.shrink == least


@pytest.mark.parametrize("shape", [(1, 1 << 28), (1 << 27, 2), (3, 5_000_001), (40, 70_000), (1 << 15, 128)])
def test_masks_of_any_shape_are_shrunk_until_they_fit(shape: tuple[int, int]) -> None:
    """Also the long ones of few pixels: a browser draws nothing on a canvas of 65,536 px."""
    shrink = view_window(shape).shrink
    assert -(-shape[0] // shrink) * -(-shape[1] // shrink) <= SHRUNK_PX
    assert -(-max(shape) // shrink) <= 1 << 14
    gt = np.zeros((40, 70_000), np.uint8)
    record, _ = made(gt, gt, boxes=[(0, 60_000, 9, 60_009)])
    assert record["shrink"] == 5 and record["gt"] == "view.gt.png" and len(record["patches"]) == 1


def test_a_shrunk_view_holds_the_middle_pixel_of_each_block(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(views, name, value)
    gt, pred = labels(1), labels(2)
    record, written = made(gt, pred)
    assert record["shrink"] == 4 and set(written) == {record["gt"], record["pred"]}
    for side, codes in (("gt", gt), ("pred", pred)):
        expected = [[known(codes)[min(y + 2, 59), min(x + 2, 79)] for x in range(0, 80, 4)] for y in range(0, 60, 4)]
        assert opened(written[record[side]]).tolist() == np.array(expected).tolist()


def test_patches_are_the_masks_themselves_around_their_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(views, name, value)
    gt, pred = labels(3), labels(4)
    boxes = [(30, 40, 33, 46), (0, 0, 2, 2), (58, 79, 60, 80)]
    record, written = made(gt, pred, boxes=boxes)
    assert [patch["box"] for patch in record["patches"]] == [[23, 35, 39, 51], [0, 0, 16, 16], [44, 64, 60, 80]]
    for patch in record["patches"]:
        y0, x0, y1, x1 = patch["box"]
        assert (opened(written[patch["gt"]]) == known(gt)[y0:y1, x0:x1]).all()
        assert (opened(written[patch["pred"]]) == known(pred)[y0:y1, x0:x1]).all()


@st.composite
def boxes_in_an_image(draw: st.DrawFn) -> tuple[list[tuple[int, int, int, int]], tuple[int, int]]:
    shape = draw(st.integers(1, 5000)), draw(st.integers(1, 5000))
    boxes = []
    for _ in range(draw(st.integers(0, 30))):
        y0, x0 = draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))
        boxes.append((y0, x0, draw(st.integers(y0 + 1, shape[0])), draw(st.integers(x0 + 1, shape[1]))))
    return boxes, shape


@given(boxes_in_an_image())
def test_patches_lie_in_the_image_and_each_box_that_fits_is_whole_in_one(case: tuple[Any, Any]) -> None:
    boxes, (height, width) = case
    patches = patch_windows(boxes, (height, width))
    assert len(patches) <= MOST_PATCHES and len(set(patches)) == len(patches)
    for patch in patches:
        assert 0 <= patch.y0 < patch.y1 <= height and 0 <= patch.x0 < patch.x1 <= width
        assert patch.y1 - patch.y0 == min(PATCH_SIDE_PX, height) and patch.x1 - patch.x0 == min(PATCH_SIDE_PX, width)
        assert patch.shrink == patch.enlarge == 1
    if len(patches) < MOST_PATCHES:  # the places did not run out
        for y0, x0, y1, x1 in boxes:
            if max(y1 - y0, x1 - x0) <= PATCH_SIDE_PX:
                assert any(p.y0 <= y0 and p.x0 <= x0 and y1 <= p.y1 and x1 <= p.x1 for p in patches)
            else:  # its middle, as far as that goes
                middle = (y0 + y1) // 2, (x0 + x1) // 2
                assert any(p.y0 <= middle[0] < p.y1 and p.x0 <= middle[1] < p.x1 for p in patches)


def test_the_first_places_are_kept_and_one_patch_shows_neighbours_together() -> None:
    far = [(600 * n, 0, 600 * n + 9, 9) for n in range(1, 20)]
    patches = patch_windows([far[0], (620, 20, 630, 30), *far[1:]], (20_000, 600))
    assert [patch.y0 for patch in patches] == [600 * n + 4 - 256 for n in range(1, MOST_PATCHES + 1)]


# ---------------------------------------------------------------------- the picture


@pytest.mark.parametrize(("shape", "shown"), [((30, 40), (30, 40)), ((1500, 2048), (750, 1024)), ((7, 1025), (4, 513))])
def test_the_picture_is_a_jpeg_of_a_size_to_look_at(shape: tuple[int, int], shown: tuple[int, int]) -> None:
    y, x = np.indices(shape)
    picture = np.stack([y // 8, x // 8, np.full(shape, 120)], axis=2).astype(np.uint8)
    record, written = made(labels(5), labels(6), picture)
    image = Image.open(io.BytesIO(written[record["image"]]))
    assert image.format == "JPEG" and image.mode == "RGB" and (image.height, image.width) == shown
    expected = np.asarray(Image.fromarray(picture).resize((shown[1], shown[0]), Image.Resampling.BOX), int)
    assert np.abs(np.asarray(image, int) - expected).mean() < 4


def test_the_same_image_gives_the_same_bytes(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 48, 3), dtype=np.uint8)
    assert made(labels(7), labels(8), picture) == made(labels(7), labels(8), picture.copy())
