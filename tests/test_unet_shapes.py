"""Synthetic shapes: what is drawn is what the mask says, it follows from the seed alone, and nothing is overwritten."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from inspector import load_categories
from inspector.errors import EnvironmentFault, UsageError
from unet import shapes
from unet.shapes import KINDS, make_shapes, write_shapes

SIZES = st.tuples(st.integers(16, 90), st.integers(16, 90))


@given(index=st.integers(0, 10**9), size=SIZES, seed=st.integers(0, 2**40), kind=st.sampled_from(list(KINDS)))
@settings(max_examples=60)
def test_an_image_of_any_size_shows_at_least_one_shape(index: int, size: tuple[int, int], seed: int, kind: str) -> None:
    image, mask = make_shapes(index, size, seed, kind)
    assert image.shape == (*size, 3) and image.dtype == np.uint8
    assert mask.shape == size and mask.dtype == np.uint8
    assert mask.any() and not mask.all()
    assert mask.max() < len(KINDS[kind])


def test_an_image_follows_from_seed_index_and_size_alone() -> None:
    one, again = make_shapes(7, (64, 48), 3), make_shapes(7, (64, 48), 3)
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    for other in (make_shapes(8, (64, 48), 3), make_shapes(7, (64, 48), 4), make_shapes(7, (64, 48), 3, "binary")):
        assert not np.array_equal(one[0], other[0]) and not np.array_equal(one[1], other[1])


def test_no_two_images_of_a_set_are_alike() -> None:
    pairs = [make_shapes(index, (64, 64), seed) for seed in (0, 1) for index in range(100)]
    assert len({image.tobytes() for image, _ in pairs}) == len({mask.tobytes() for _, mask in pairs}) == 200


def _form(region: NDArray[np.bool_]) -> tuple[float, float]:
    """Share of its bounding box that a region fills, and the ratio of the sides of that box."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    box = (rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    return region.sum() / (box[0] * box[1]), box[0] / box[1]


def test_class_1_is_round_and_class_2_is_square() -> None:
    fills: dict[int, list[float]] = {1: [], 2: []}
    for index in range(150):
        _, mask = make_shapes(index, (96, 96))
        regions, count = ndimage.label(mask > 0)
        for region in (regions == n for n in range(1, count + 1)):
            classes = set(mask[region].tolist())
            fill, ratio = _form(region)
            if len(classes) == 1 and abs(ratio - 1) < 0.12:  # shapes that run into others have any form
                fills[classes.pop()].append(fill)
    assert min(map(len, fills.values())) > 50
    assert np.median(fills[1]) == pytest.approx(math.pi / 4, abs=0.03)
    assert np.median(fills[2]) == 1
    assert np.quantile(fills[2], 0.2) > 0.9 > np.quantile(fills[1], 0.8)


def test_there_are_one_to_three_shapes_of_varied_width() -> None:
    masks = [make_shapes(index, (64, 64), 5)[1] for index in range(200)]
    counts = [ndimage.label(mask > 0)[1] for mask in masks]
    assert set(counts) == {1, 2, 3}
    single = [math.sqrt(float((mask > 0).sum())) for mask, count in zip(masks, counts, strict=True) if count == 1]
    assert min(single) < 14 and max(single) > 26
    assert 0.1 < np.mean([mask > 0 for mask in masks]) < 0.22


def test_a_shape_can_be_told_from_the_background_and_colours_say_nothing_of_its_class() -> None:
    colors: dict[int, list[NDArray[np.float64]]] = {1: [], 2: []}
    for index in range(150):
        image, mask = make_shapes(index, (64, 64), 6)
        regions, count = ndimage.label(mask > 0)
        background = image[mask == 0].mean(axis=0)
        for region in (regions == n for n in range(1, count + 1)):
            if len(set(mask[region].tolist())) == 1:
                color = image[region].mean(axis=0)
                assert np.abs(color - background).max() > 25  # of 60 that light takes at most 40 away from
                colors[int(mask[region][0])].append(color)
    means = [np.mean(colors[k], axis=0) for k in (1, 2)]
    assert np.abs(means[0] - means[1]).max() < 25
    assert all(np.std(colors[k], axis=0).min() > 35 for k in (1, 2))


def test_an_image_is_noisy_and_unevenly_lit() -> None:
    image, mask = make_shapes(0, (128, 128), 1)
    background = np.where(mask == 0, image[:, :, 0].astype(float), np.nan)
    assert 5 < np.nanmedian(np.abs(np.diff(background, axis=1))) < 20
    corners = [np.nanmean(background[rows, columns]) for rows in (slice(16), slice(-16, None))
               for columns in (slice(16), slice(-16, None))]  # fmt: skip
    assert max(corners) - min(corners) > 5


@pytest.mark.parametrize("size", [(64, 64), (16, 16), (256, 192), (16, 800)])
def test_the_foreground_of_a_binary_set_is_five_per_cent(size: tuple[int, int]) -> None:
    shares = [make_shapes(index, size, 2, "binary")[1].mean() for index in range(200)]
    assert 0.04 < np.mean(shares) < 0.06
    assert 0.01 < min(shares) < 0.03 and 0.075 < max(shares) < 0.11
    assert {int(make_shapes(index, size, 2, "binary")[1].max()) for index in range(20)} == {1}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "stars"}, "there are shapes, binary"),
        ({"size": (15, 64)}, "at least 16 px, got 15 x 64"),
        ({"seed": -1}, "a seed of 0 or more"),
        ({"index": -1}, "an index of 0 or more"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_shapes(**{"index": 0, "size": (64, 64), **arguments})


def test_drawing_loads_no_torch() -> None:
    script = "import sys, unet.shapes; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False"]


# ---- the folder -----------------------------------------------------------------------------------------------------


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_hold_what_was_drawn(tmp_path: Path, kind: str) -> None:
    write_shapes(tmp_path / "a/b", 3, (20, 30), 4, kind)
    files = _files(tmp_path / "a/b")
    names = [f"{part}/{index:04d}.png" for part in ("images", "masks") for index in range(3)]
    assert sorted(files) == ["classes.json", *names]
    colors = np.array([each.color for each in KINDS[kind]])
    for index in range(3):
        image, mask = make_shapes(index, (20, 30), 4, kind)
        with Image.open(tmp_path / f"a/b/images/{index:04d}.png") as picture:
            assert picture.mode == "RGB" and np.array_equal(np.asarray(picture), image)
        with Image.open(tmp_path / f"a/b/masks/{index:04d}.png") as picture:
            assert picture.mode == "P" and np.array_equal(np.asarray(picture), mask)
            assert np.array_equal(np.asarray(picture.convert("RGB")), colors[mask])


@pytest.mark.parametrize(("kind", "names"), [("shapes", ("circle", "square")), ("binary", ("foreground",))])
def test_the_class_file_is_one_of_the_inspector(tmp_path: Path, kind: str, names: tuple[str, ...]) -> None:
    write_shapes(tmp_path, 1, kind=kind)
    categories = load_categories(tmp_path / "classes.json")
    assert categories.names == ("background", *names)
    assert categories.background == (0,)
    assert [category.values for category in categories.classes] == [(n,) for n in range(1 + len(names))]
    assert len({category.color for category in categories.classes}) == 1 + len(names)


def test_splits_have_folders_of_their_own_and_share_no_image(tmp_path: Path) -> None:
    write_shapes(tmp_path, {"train": 3, "val": 2, "test": 0}, (16, 16), 1)
    found = sorted(name for name in _files(tmp_path) if "masks" in name)
    assert found == [f"{split}/masks/{index:04d}.png" for index, split in enumerate(["train"] * 3 + ["val"] * 2)]
    with Image.open(tmp_path / "val/masks/0003.png") as picture:
        assert np.array_equal(np.asarray(picture), make_shapes(3, (16, 16), 1)[1])


def test_an_interrupted_call_can_be_repeated(tmp_path: Path) -> None:
    write_shapes(tmp_path / "whole", 4, (16, 16))
    write_shapes(tmp_path / "torn", 4, (16, 16))
    (tmp_path / "torn/masks/0001.png").rename(tmp_path / "torn/masks/0001.png.part")
    (tmp_path / "torn/masks/0001.png.part").write_bytes(b"torn")
    (tmp_path / "torn/images/0003.png").unlink()
    write_shapes(tmp_path / "torn", 4, (16, 16))
    assert _files(tmp_path / "torn") == _files(tmp_path / "whole")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.txt", b"mine"),
        ("images/0000.png", b"my photograph"),
        ("masks/0002.png", b"one more than is to be written"),
        ("classes.json", b"[]"),
        ("empty", b""),
    ],
)
def test_a_folder_that_holds_other_things_is_left_as_it_is(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=f"holds {name}.*choose a new folder") as caught:
        write_shapes(tmp_path, 2, (16, 16))
    assert caught.value.kind == "folder_in_use"
    assert _files(tmp_path) == {name: data}


def test_another_seed_does_not_overwrite(tmp_path: Path) -> None:
    write_shapes(tmp_path, 2, (16, 16), seed=0)
    before = _files(tmp_path)
    with pytest.raises(UsageError, match="is not what would be written there"):
        write_shapes(tmp_path, 2, (16, 16), seed=1)
    assert _files(tmp_path) == before


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(UsageError, match="expected a folder"):
        write_shapes(tmp_path / "taken", 1)


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EnvironmentFault, match="cannot be written.*No space left"):
        write_shapes(tmp_path, 1)
    assert not [name for name in _files(tmp_path) if not name.endswith(shapes.PART)]


@pytest.mark.parametrize("count", [0, -1, {}, {"train": 0}, {"train": 3, "val": -1}, {"../up": 2}, {"": 2}])
def test_a_count_that_makes_no_set_is_refused_before_anything_is_written(tmp_path: Path, count: object) -> None:
    with pytest.raises(UsageError, match="expected"):
        write_shapes(tmp_path / "new", count)  # type: ignore[arg-type]
    assert not (tmp_path / "new").exists()


def test_progress_is_told_after_each_image(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    write_shapes(tmp_path, 3, (16, 16), progress=lambda *news: told.append(news))
    assert told == [("drawing", done, 3) for done in (1, 2, 3)]
