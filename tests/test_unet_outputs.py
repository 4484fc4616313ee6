"""Masks are coded as the class list says, and files appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import tifffile
import zarr

import unet.prediction.cubes as cubes
from inspector.categories import Categories, Category, load_categories, numbered
from inspector.class_files import presets
from inspector.errors import EnvironmentFault, UsageError
from inspector.readers import read_masks
from tests.tiny_nets import unet
from unet.prediction.cubes import NpyCube, ZarrCube
from unet.prediction.manifest import fingerprint, open_folder
from unet.prediction.outputs import MaskCode, class_document, mask_code, write_json, write_whole
from unet.prediction.writers import Part, PngPlane, TiffPlane, confidence_values, mask_values, save

RED, BLUE = (255, 0, 0), (0, 0, 255)


def two(*ignored: int, values: tuple[int, ...] = (7,)) -> Categories:
    classes = [Category(0, "background", background=True), Category(3, "cell", RED, values)]
    return Categories.of(classes + [Category(v, f"void {v}", ignore=True) for v in ignored], "test")


def parts(labels: np.ndarray[Any, Any], step: int = 5) -> list[Part]:
    """`labels` (H, W) in blocks, row by row."""
    height, width = labels.shape
    return [
        Part(
            y,
            x,
            labels[y : y + step, x : x + step],
            confidence=labels[y : y + step, x : x + step],
            probabilities=np.stack([labels[y : y + step, x : x + step]] * 2),
        )
        for y in range(0, height, step)
        for x in range(0, width, step)
    ]


def test_classes_are_written_as_their_first_file_value_in_their_colour() -> None:
    code = mask_code(two(values=(7, 9)))
    assert code.values.tolist()[:2] == [0, 7] and code.void is None
    assert code.palette is not None
    assert code.palette[7].tolist() == list(RED) and code.palette[0].tolist() == [0, 0, 0]


def test_void_is_the_ignored_value_of_the_list_or_else_255() -> None:
    assert mask_code(two(), with_void=True).values.tolist() == [0, 7, 255]
    assert mask_code(two(11), with_void=True).values.tolist() == [0, 7, 11]
    assert mask_code(two(60000, 12), with_void=True).values.tolist() == [0, 7, 12]


def test_void_takes_the_colour_of_its_entry() -> None:
    categories = Categories.of([*two().classes, Category(11, "void", BLUE, ignore=True)], "test")
    palette = mask_code(categories, with_void=True).palette
    assert palette is not None and palette[11].tolist() == list(BLUE)


def test_255_as_a_class_leaves_no_value_for_void() -> None:
    with pytest.raises(UsageError, match="255 is a class"):
        mask_code(two(values=(255,)), with_void=True)
    assert mask_code(two(values=(255,))).values.tolist()[1] == 255


def test_values_above_255_are_written_with_16_bits() -> None:
    code = mask_code(two(values=(1000,)))
    assert code.values.dtype == np.uint16 and code.palette is None


def test_a_class_that_no_mask_can_hold_is_named() -> None:
    with pytest.raises(UsageError, match="'cell'"):
        mask_code(two(values=(-1, 70000)))


@pytest.mark.parametrize("categories", [two(), two(11), two(values=(7, 9)), numbered(12), load_categories("camvid")])
@pytest.mark.parametrize("with_void", [False, True])
def test_the_class_file_is_read_again_as_the_classes_of_the_masks(
    tmp_path: Path, categories: Categories, with_void: bool
) -> None:
    code = mask_code(categories, with_void=with_void)
    write_json(tmp_path / "classes.json", class_document(categories, code))
    read = load_categories(tmp_path / "classes.json")
    assert [(c.id, c.name, c.values, c.background, c.isthing) for c in read.classes] == [
        (c.id, c.name, c.values, c.background, c.isthing) for c in categories.classes
    ]
    assert read.ignore_values == categories.ignore_values | ({code.void} - {None})
    assert code.palette is not None
    for index, category in enumerate(read.classes):
        assert category.color is None or category.color == tuple(code.palette[code.values[index]])


@pytest.mark.parametrize("preset", presets())
def test_the_class_file_of_every_preset_is_valid_whatever_colours_it_shares(tmp_path: Path, preset: str) -> None:
    categories = load_categories(preset)
    write_json(tmp_path / "classes.json", class_document(categories, mask_code(categories)))
    read = load_categories(tmp_path / "classes.json")
    assert read.names == categories.names and read.ignore_values == categories.ignore_values


@pytest.mark.parametrize("values", [(7,), (1000,)])
def test_a_mask_as_png_holds_file_values_and_colours(tmp_path: Path, values: tuple[int, ...]) -> None:
    code = mask_code(two(values=values))
    labels = np.random.default_rng(0).integers(0, 2, (13, 17), np.uint8)
    save(parts(labels), [PngPlane(tmp_path / "a/b.png", (13, 17), mask_values(code), code.palette)])
    with PIL.Image.open(tmp_path / "a/b.png") as image:
        assert (np.array(image) == labels.astype(int) * values[0]).all()
        if values == (7,):
            assert image.mode == "P"
            assert (np.array(image.convert("RGB"))[labels == 1] == RED).all()
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["b.png"]


@pytest.mark.parametrize("values", [(7,), (1000,)])
@pytest.mark.parametrize("size", [(1100, 700), (512, 1024), (3, 5)])
def test_a_mask_as_tiff_holds_the_same_and_is_tiled(
    tmp_path: Path, values: tuple[int, ...], size: tuple[int, int]
) -> None:
    code = mask_code(two(values=values))
    labels = np.random.default_rng(0).integers(0, 2, size, np.uint8)
    plane = TiffPlane(tmp_path / "a/b.tif", size, mask_values(code), code.palette, code.values.dtype)
    save(parts(labels, 200), [plane])
    (mask,) = read_masks(tmp_path / "a/b.tif", categories=two(values=values))
    assert (mask.segments.category_id[mask.ids] == labels.astype(int) * values[0]).all()
    with tifffile.TiffFile(tmp_path / "a/b.tif") as file:
        page = file.pages[0]
        assert page.is_tiled and page.compression == 8
        assert (page.asarray() == labels.astype(int) * values[0]).all()
        if values == (7,):
            assert page.colormap is not None and (page.colormap[:, 7] >> 8).tolist() == list(RED)


@pytest.mark.parametrize("dtype", [np.uint8, np.float16])
def test_probabilities_as_npy_and_zarr_hold_every_block(tmp_path: Path, dtype: type) -> None:
    labels = np.random.default_rng(0).integers(0, 256, (13, 17), np.uint8)
    shape = (2, 13, 17)
    npy, grown = (
        NpyCube(tmp_path / "a.npy", shape, np.dtype(dtype)),
        ZarrCube(tmp_path / "a.zarr", shape, np.dtype(dtype)),
    )
    save(parts(labels), [npy, grown])
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    opened = zarr.open_array(str(tmp_path / "a.zarr"), mode="r")
    for found in (np.asarray(mapped), np.asarray(opened[:])):
        assert found.dtype == dtype and (found == np.stack([labels] * 2)).all()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npy", "a.zarr"]


def _planes(folder: Path) -> list[Any]:
    code = mask_code(two())
    return [
        NpyCube(folder / "p/x.npy", (2, 20, 20), np.dtype(np.uint8)),
        ZarrCube(folder / "p/x.zarr", (2, 20, 20), np.dtype(np.uint8)),
        PngPlane(folder / "c.png", (20, 20), confidence_values, None),
        TiffPlane(folder / "m.tif", (20, 20), mask_values(code), code.palette, code.values.dtype),
        PngPlane(folder / "m.png", (20, 20), mask_values(code), code.palette),
    ]


def test_nothing_is_left_of_an_image_that_fails_half_way(tmp_path: Path) -> None:
    def broken() -> Any:
        yield parts(np.zeros((20, 20), np.uint8))[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(broken(), _planes(tmp_path))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_nan_is_not_written_as_a_mask(tmp_path: Path) -> None:
    part = parts(np.zeros((20, 20), np.uint8), 20)[0]._replace(finite=np.array(False))
    with pytest.raises(EnvironmentFault, match="m.png: the model gives NaN .*fp32"):
        save([part], _planes(tmp_path))
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("number", range(5))
def test_a_full_disk_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def full(*_: object, **__: object) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    plane = _planes(tmp_path)[number]
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(EnvironmentFault, match=rf"{plane.path.name}: cannot be written \(No space left"):
        save(parts(np.zeros((20, 20), np.uint8)), [plane])
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_tiff_on_a_full_disk_is_an_error_and_not_a_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    labels = np.zeros((6000, 600), np.uint8)
    plane = TiffPlane(tmp_path / "m.tif", labels.shape, mask_values(mask_code(two())), None, np.dtype(np.uint8))
    with pytest.raises(EnvironmentFault, match="m.tif: cannot be written"):
        save(parts(labels, 600), [plane])


def test_room_for_probabilities_is_made_before_the_first_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cube = NpyCube(tmp_path / "x.npy", (2, 900, 1000), np.dtype(np.uint8))
    cube.write(Part(0, 0, None, probabilities=np.ones((2, 1, 1), np.uint8)))
    assert os.stat(tmp_path / ".x.npy.part").st_blocks * 512 >= 2 * 900 * 1000
    cube.abort()
    monkeypatch.delattr(os, "posix_fallocate")  # as on systems without it
    place = tmp_path / "y.npy"
    np.save(place, np.zeros((3, 2000)))
    before = place.read_bytes()
    cubes._reserve(place)
    assert place.read_bytes() == before


def test_a_file_that_cannot_be_written_leaves_the_older_one(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.png", b"old")
    (tmp_path / ".a.png.part").mkdir()
    with pytest.raises(EnvironmentFault, match="a.png"):
        write_whole(tmp_path / "a.png", b"new")
    assert (tmp_path / "a.png").read_bytes() == b"old"


def test_a_fingerprint_changes_with_a_weight_and_with_the_classes() -> None:
    first = fingerprint(unet())
    assert first == fingerprint(unet()) and len(first) == 32
    other = unet()
    next(other.net.parameters()).data.view(-1)[3] += 1e-3
    assert first != fingerprint(other) and first != fingerprint(unet(4))


def test_a_folder_is_gone_on_with_only_by_the_same_model_and_settings(tmp_path: Path) -> None:
    out = tmp_path / "out"
    since = open_folder(out, "a", {"tile": 512})
    assert open_folder(out, "a", {"tile": 512}) == since
    with pytest.raises(UsageError, match="tile 512 is now 256"):
        open_folder(out, "a", {"tile": 256})
    with pytest.raises(UsageError, match="another model"):
        open_folder(out, "b", {"tile": 512})
    assert open_folder(out, "b", {"tile": 512}, overwrite=True) > since
    assert open_folder(out, "b", {"tile": 512}) > since


def test_a_folder_that_holds_other_things_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(UsageError, match="photo.jpg"):
        open_folder(tmp_path, "a", {})
    assert os.listdir(tmp_path) == ["photo.jpg"]
    with pytest.raises(UsageError, match="found a file"):
        open_folder(tmp_path / "photo.jpg", "a", {})


def test_palette_and_values_fit_each_other() -> None:
    code = mask_code(load_categories("camvid"), with_void=True)
    assert isinstance(code, MaskCode) and code.palette is not None
    assert len(code.palette) == int(code.values.max()) + 1
