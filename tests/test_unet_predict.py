"""A folder is predicted whole or in parts, by any number of threads, with the same files at the end."""

from __future__ import annotations

import contextlib
import errno
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import PIL.Image
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from torch import Tensor

import unet.prediction.blocks as blocks
import unet.prediction.predict as predict
import unet.prediction.worklist as worklist
from inspector.categories import Categories, Category, load_categories
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.pipeline import inspect_folders
from tests.tiny_nets import fixed, unet
from unet.data.images import read_pixels
from unet.prediction.predict import Predicted, PredictSettings, predict_folder
from unet.prediction.tiles import ArraySource, Tiling, choose_tiling, predict_blocks, predict_labels
from unet.segmenter import Segmenter

ONE_THREAD = PredictSettings(jobs=1)


def blocky(height: int, width: int, seed: int) -> NDArray[np.uint8]:
    """(H, W, 3) with regions of 8 px."""
    small = np.random.default_rng(seed).integers(0, 256, (-(-height // 8), -(-width // 8), 3), np.uint8)
    return np.kron(small, np.ones((8, 8, 1), np.uint8))[:height, :width].copy()


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Seven images of three sizes, in a folder with another one in it."""
    folder = tmp_path / "images"
    (folder / "north").mkdir(parents=True)
    for number in range(7):
        size = [(40, 56), (61, 33), (40, 56)][number % 3]
        name = f"north/{number}.v1.png" if number % 3 == 0 else f"{number}.png"
        (folder / name).write_bytes(imagecodecs.png_encode(blocky(*size, number)))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def masks(out: Path) -> dict[str, bytes]:
    return {name: data for name, data in contents(out).items() if not name.endswith(".json")}


def run(images: Path, out: Path, segmenter: Segmenter | None = None, **settings: Any) -> Predicted:
    return predict_folder(images, segmenter or unet(), out, PredictSettings(**{"jobs": 2, **settings}))


def test_every_image_gets_a_mask_with_the_labels_of_predict_labels(images: Path, tmp_path: Path) -> None:
    segmenter, out = unet(), tmp_path / "out"
    predicted = run(images, out, segmenter)
    assert (predicted.images, predicted.predicted, predicted.skipped, predicted.problems) == (7, 7, 0, ())
    assert sorted(masks(out)) == sorted(str(p.relative_to(images)) for p in images.rglob("*.png"))
    for path in images.rglob("*.png"):
        with PIL.Image.open(out / path.relative_to(images)) as mask:
            assert mask.mode == "P"
            assert (np.array(mask) == predict_labels(segmenter, read_pixels(path))).all()
    assert predicted.megapixels == pytest.approx(
        sum(np.prod(read_pixels(p).shape[:2]) for p in images.rglob("*.png")) / 1e6
    )


def test_the_masks_and_their_class_file_are_what_inspect_reads(images: Path, tmp_path: Path) -> None:
    classes = [
        Category(0, "ground", background=True),
        Category(1, "tree", (0, 90, 0), (40, 41)),
        Category(2, "car", None, (90,)),
    ]
    categories = Categories.of([*classes, Category(3, "nothing", ignore=True, values=(200,))], "test")
    run(images, tmp_path / "out", unet(categories))
    run(images, tmp_path / "gt", unet(categories))
    for name in ("predict.json", "classes.json"):
        (tmp_path / "gt" / name).unlink()
    read = load_categories(tmp_path / "out/classes.json")
    inspection = inspect_folders(tmp_path / "gt", tmp_path / "out", categories=read)
    assert inspection.document["inputs"]["pairs"] == 7
    assert not inspection.partial


@pytest.mark.parametrize("tile", [None, 32])
def test_the_files_do_not_depend_on_the_number_of_threads(images: Path, tmp_path: Path, tile: int | None) -> None:
    kept = {"tile": tile, "overlap": 8 if tile else None, "batch": 3, "confidence": True, "probabilities": "float16"}
    for jobs in (1, 2, 5):
        run(images, tmp_path / str(jobs) / "out", jobs=jobs, **kept)
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "5")
    assert len(contents(tmp_path / "1")) == 3 * 7 + 2


def test_one_image_may_be_given_instead_of_a_folder(images: Path, tmp_path: Path) -> None:
    assert run(images / "1.png", tmp_path / "out").predicted == 1
    assert list(masks(tmp_path / "out")) == ["1.png"]


def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_files(images: Path, tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        predict_folder(images, unet(), tmp_path / "out", ONE_THREAD, progress=stop)
    left = contents(tmp_path / "out")
    assert not [name for name in left if ".part" in name]
    assert 0 < len(left) - 2 < 7
    whole = run(images, tmp_path / "whole")
    again = run(images, tmp_path / "out")
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")
    assert (again.skipped, again.predicted) == (len(left) - 2, whole.predicted - len(left) + 2)
    assert {name: contents(tmp_path / "out")[name] for name in left} == left


def test_what_is_there_and_whole_is_not_predicted_again(images: Path, tmp_path: Path) -> None:
    run(images, tmp_path / "out", confidence=True)
    (tmp_path / "out.confidence/1.png").unlink()
    os.utime(images / "2.png", ns=(2**62, 2**62))  # the image has changed since
    again = run(images, tmp_path / "out", confidence=True)
    assert (again.predicted, again.skipped) == (2, 5)
    assert np.isnan(run(images / "4.png", tmp_path / "out", confidence=True).device_busy_fraction)


def test_masks_of_another_model_are_not_mixed_with_those_of_this_one(images: Path, tmp_path: Path) -> None:
    run(images, tmp_path / "out")
    other = unet()
    next(other.net.parameters()).data += 0.5
    with pytest.raises(UsageError, match="another model"):
        run(images, tmp_path / "out", other)
    with pytest.raises(UsageError, match="tile None is now 32"):
        run(images, tmp_path / "out", tile=32)
    assert run(images, tmp_path / "out", other, overwrite=True).predicted == 7
    assert run(images, tmp_path / "out", other).skipped == 7
    run(images, tmp_path / "fresh", other)
    assert contents(tmp_path / "out") == contents(tmp_path / "fresh")


def test_masks_never_replace_images(images: Path) -> None:
    before = contents(images)
    for given in (images, images / "1.png"):
        with pytest.raises(UsageError, match="folder of the images"):
            run(given, images, overwrite=True)
    assert contents(images) == before


def test_masks_below_the_images_are_not_predicted_in_their_turn(images: Path) -> None:
    for _ in range(2):
        assert run(images, images / "out", confidence=True).images == 7


def test_what_cannot_be_predicted_is_a_problem_and_the_rest_is_predicted(images: Path, tmp_path: Path) -> None:
    (images / "broken.png").write_bytes((images / "1.png").read_bytes()[:200])
    (images / "grey.png").write_bytes(imagecodecs.png_encode(np.zeros((9, 9), np.uint8)))
    (images / "2.jpg").write_bytes(imagecodecs.jpeg8_encode(blocky(40, 40, 1)))
    (images / "notes.txt").write_bytes(b"")
    predicted = run(images, tmp_path / "out")
    kinds = {problem.path: problem.kind for problem in predicted.problems}
    assert kinds.pop("images/broken.png") != ""
    assert kinds == {"images/grey.png": "channels", "images/2.jpg": "duplicate_stem", "images/2.png": "duplicate_stem"}
    assert (predicted.images, predicted.predicted) == (10, 6)
    fixes = {problem.path: problem.fix for problem in predicted.problems}
    assert "RGB" in fixes["images/grey.png"]
    assert len(masks(tmp_path / "out")) == 6


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_no_image_at_all_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no such|no image"):
        run(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_masks_of_other_images_are_told_of(images: Path, tmp_path: Path) -> None:
    run(images, tmp_path / "out")
    (images / "1.png").unlink()
    assert "1 masks of other images than these: 1.png" in run(images, tmp_path / "out").notes[0]


def test_a_full_disk_stops_the_run_and_names_the_file(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(path: Path, data: Any) -> int:
        if "2.png" in path.name:
            write(path, data[:10])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(EnvironmentFault, match=r"2.png: cannot be written \(No space left"):
        run(images, tmp_path / "out")
    assert not [name for name in contents(tmp_path / "out") if "2.png" in name]
    monkeypatch.undo()
    assert run(images, tmp_path / "out").skipped > 0


def test_probabilities_and_confidence_lie_beside_the_masks(images: Path, tmp_path: Path) -> None:
    segmenter, out = unet(), tmp_path / "out"
    run(images, out, segmenter, confidence=True, probabilities="uint8")
    pixels = read_pixels(images / "north/3.v1.png")
    (block,) = predict_blocks(segmenter, ArraySource(pixels), Tiling())
    p = block.probabilities.numpy()
    found = np.load(tmp_path / "out.probabilities/north/3.v1.npy")
    assert found.dtype == np.uint8 and np.abs(found - 255 * p).max() <= 0.5001
    with PIL.Image.open(tmp_path / "out.confidence/north/3.v1.png") as confidence:
        assert np.abs(np.array(confidence) - 255 * p.max(axis=0)).max() <= 0.5001
    assert all(name.endswith((".png", ".json")) for name in contents(out))


def test_probabilities_as_zarr(images: Path, tmp_path: Path) -> None:
    import zarr

    run(images, tmp_path / "out", probabilities="float16", as_zarr=True, tile=32, overlap=8)
    found = zarr.open_array(str(tmp_path / "out.probabilities/1.zarr"), mode="r")[:]
    assert np.asarray(found).dtype == np.float16
    np.testing.assert_allclose(np.asarray(found).astype(float).sum(axis=0), 1, atol=5e-3)
    assert run(images, tmp_path / "out", probabilities="float16", as_zarr=True, tile=32, overlap=8).skipped == 7


def test_pseudo_labels_are_void_where_the_model_is_not_sure(images: Path, tmp_path: Path) -> None:
    segmenter = unet()
    run(images, tmp_path / "out", segmenter, pseudo_labels=0.6)
    pixels = read_pixels(images / "1.png")
    (block,) = predict_blocks(segmenter, ArraySource(pixels), Tiling())
    p = block.probabilities.numpy()
    expected = np.where(p.max(axis=0) < 0.6, 255, p.argmax(axis=0))
    with PIL.Image.open(tmp_path / "out/1.png") as mask:
        assert (np.array(mask) == expected).all()
    assert 0 < (expected == 255).mean() < 1
    assert load_categories(tmp_path / "out/classes.json").ignore_values == {255}


@pytest.mark.parametrize("settings", [{"pseudo_labels": 0.0}, {"pseudo_labels": 1.5}, {"batch": 0}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--pseudo-labels|--batch"):
        PredictSettings(**settings)


def _short(most: int) -> Segmenter:
    """A segmenter of two classes that has memory for `most` px."""

    def run(x: Tensor) -> Tensor:
        if x.shape[0] * x.shape[2] * x.shape[3] > most:
            raise torch.OutOfMemoryError("out of memory")
        return torch.cat([x[:, :1], -x[:, :1]], dim=1)

    return fixed(run, 2)


def test_out_of_memory_halves_the_batch_and_then_the_tile(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predict, "choose_tiling", lambda *_: (Tiling(), ()))
    predicted = run(images, tmp_path / "out", _short(33 * 33), batch=4)
    assert predicted.predicted == 7
    assert "tiles of 40 x 56 px at once: going on with 2" in predicted.notes[0]
    assert any(
        "a tile of 40 x 56 px does not fit into memory: going on with 20 x 28" in note for note in predicted.notes
    )
    run(images, tmp_path / "free", _short(1 << 40))
    assert masks(tmp_path / "out") == masks(tmp_path / "free")


def test_too_little_memory_for_any_tile_is_said(images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "choose_tiling", lambda *_: (Tiling(), ()))
    with pytest.raises(EnvironmentFault, match="does not fit into memory; use"):
        run(images, tmp_path / "out", _short(5))


def test_nan_stops_the_run_and_names_the_image(images: Path, tmp_path: Path) -> None:
    def broken(x: Tensor) -> Tensor:
        return torch.cat([x[:, :1], x[:, :1] * float("nan")], dim=1)

    with pytest.raises(EnvironmentFault, match="png: the model gives NaN"):
        run(images, tmp_path / "out", fixed(broken, 2))
    assert masks(tmp_path / "out") == {}


def test_the_device_is_told_busy_where_it_is_the_slower_part(images: Path, tmp_path: Path) -> None:
    import time

    def slow(x: Tensor) -> Tensor:
        time.sleep(0.1)
        return torch.cat([x[:, :1], -x[:, :1]], dim=1)

    assert run(images, tmp_path / "out", fixed(slow, 2)).device_busy_fraction > 0.9


def test_augmentation_and_precision_change_what_is_computed(images: Path, tmp_path: Path) -> None:
    probabilities = {}
    for name, settings in {"plain": {}, "flips": {"tta": "flips"}, "half": {"precision": "bf16"}}.items():
        run(images / "1.png", tmp_path / name, probabilities="float16", **settings)
        probabilities[name] = np.load(tmp_path / f"{name}.probabilities/1.npy").astype(float)
    assert np.abs(probabilities["flips"] - probabilities["plain"]).max() > 1e-3
    assert 1e-4 < np.abs(probabilities["half"] - probabilities["plain"]).max() < 0.2


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Images above 1000 px are large."""

    def apply() -> None:
        monkeypatch.setattr(predict, "LARGE_PX", 1000)
        monkeypatch.setattr(worklist, "BLOCKS_PX", 1000)

    return apply


def test_a_large_tiff_goes_block_by_block_to_a_tiff_with_the_same_labels(
    tmp_path: Path, large: Callable[[], None]
) -> None:
    (tmp_path / "images").mkdir()
    for name, size in {"a": (300, 420), "b": (600, 90)}.items():
        tifffile.imwrite(
            tmp_path / f"images/{name}.tif", blocky(*size, 3), tile=(64, 64), compression="zlib", photometric="rgb"
        )
    kept = {"tile": 64, "overlap": 16, "confidence": True, "probabilities": "uint8", "batch": 3, "jobs": 1}
    run(tmp_path / "images", tmp_path / "whole", **kept)
    large()
    run(tmp_path / "images", tmp_path / "out", **kept)
    for name in "ab":
        with PIL.Image.open(tmp_path / f"whole/{name}.png") as mask:
            assert (tifffile.imread(tmp_path / f"out/{name}.tif") == np.array(mask)).all()
        with PIL.Image.open(tmp_path / f"whole.confidence/{name}.png") as confidence:
            assert (tifffile.imread(tmp_path / f"out.confidence/{name}.tif") == np.array(confidence)).all()
        assert (tmp_path / f"out.probabilities/{name}.npy").read_bytes() == (
            tmp_path / f"whole.probabilities/{name}.npy"
        ).read_bytes()
    assert run(tmp_path / "images", tmp_path / "out", **kept).skipped == 2


def test_damage_in_the_middle_of_a_large_tiff_leaves_no_mask_and_the_others_are_predicted(
    images: Path, tmp_path: Path, large: Callable[[], None]
) -> None:
    path = images / "big.tif"
    tifffile.imwrite(path, blocky(300, 420, 3), tile=(64, 64), compression="zlib", photometric="rgb")
    with tifffile.TiffFile(path) as file:
        offset = file.pages[0].dataoffsets[20]
    data = bytearray(path.read_bytes())
    data[offset : offset + 30] = bytes(30)
    path.write_bytes(data)
    large()
    predicted = run(images, tmp_path / "out", tile=64, overlap=16, jobs=1)
    assert [(p.path, p.kind) for p in predicted.problems] == [("images/big.tif", "corrupt")]
    assert predicted.predicted == 7 and not [name for name in contents(tmp_path / "out") if "big" in name]


def test_out_of_memory_begins_a_large_image_again(
    tmp_path: Path, large: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images/a.tif", blocky(300, 420, 3), tile=(64, 64), photometric="rgb")
    large()
    predicted = run(tmp_path / "images", tmp_path / "out", _short(80 * 80), tile=128, overlap=16)
    assert predicted.predicted == 1 and "going on with 64 x 64" in predicted.notes[0]
    run(tmp_path / "images", tmp_path / "free", _short(1 << 40), tile=64, overlap=8)
    assert masks(tmp_path / "out") == masks(tmp_path / "free")


def test_a_full_disk_stops_a_large_image_at_once(
    tmp_path: Path, large: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images/a.tif", blocky(2000, 600, 3), tile=(64, 64), photometric="rgb")
    large()
    monkeypatch.setattr(tifffile.TiffWriter, "write", full)
    with pytest.raises(EnvironmentFault, match="a.tif: cannot be written"):
        run(tmp_path / "images", tmp_path / "out", _short(1 << 40), tile=64, overlap=0)
    assert masks(tmp_path / "out") == {}


def test_a_large_image_is_predicted_in_a_part_of_its_own_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tiled TIFF of 6000 x 2000 px, 36 MB of pixels: what numpy holds at once is a small part of it."""
    (tmp_path / "images").mkdir()
    tile = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    pixels = np.tile(tile, (60, 20, 1))
    tifffile.imwrite(tmp_path / "images/a.tif", pixels, tile=(256, 256), compression="zlib", photometric="rgb")
    del pixels
    monkeypatch.setattr(predict, "LARGE_PX", 1 << 20)
    monkeypatch.setattr(worklist, "BLOCKS_PX", 1 << 20)
    monkeypatch.setattr(blocks, "KEPT_BYTES", 1 << 20)
    with _traced() as peak:
        run(tmp_path / "images", tmp_path / "out", fixed(lambda x: x, 3), tile=512, overlap=0)
    assert (tifffile.imread(tmp_path / "out/a.tif") == np.tile(tile.argmax(axis=2), (60, 20))).all()
    assert peak[0] < 18e6


@contextlib.contextmanager
def _traced() -> Any:
    peak = [0]
    tracemalloc.start()
    try:
        yield peak
    finally:
        peak[0] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


def test_notes_about_tiles_are_given_once(images: Path, tmp_path: Path) -> None:
    said: list[str] = []
    segmenter = unet(crop=(64, 64))
    note = choose_tiling(segmenter, 400, 400, 32, 8)[1]
    predicted = predict_folder(images, segmenter, tmp_path / "out", PredictSettings(tile=32, overlap=8), said.append)
    assert tuple(said) == predicted.notes == note
