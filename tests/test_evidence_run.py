"""The evidence of a whole run: what can be looked at, of how many images, and the same bytes for any number of jobs."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from PIL import Image

from inspector import scoring, views
from inspector.categories import numbered
from inspector.errors import UsageError
from inspector.pipeline import inspect_folders
from inspector.results import to_json
from inspector.settings import Settings
from tests.command import inspect_in_a_process
from tests.mask_folders import document_of, png, random_labels, run_files, write_masks

FEW = Settings(resamples=100, min_images=2, ignore=(255,))
K = 3


def opened(path: Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())))


def drawn(count: int, shape: tuple[int, int] = (20, 24)) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Truths with some void, and predictions with some mistakes, by name."""
    gt, pred = {}, {}
    for n in range(count):
        labels = random_labels(n, shape)
        pred[f"{n:03d}"] = np.where(random_labels(500 + n, shape) == 1, 1, labels).astype(np.uint8)
        labels[0, :3] = 255
        gt[f"{n:03d}"] = labels
    return gt, pred


def inspected(folder: Path, run: str = "run", **more: Any) -> list[dict[str, Any]]:
    """`evidence` of the document."""
    given = {"categories": numbered(K), "settings": FEW, **more}
    inspect_folders(folder / "gt", folder / "pred", out=folder / run, **given)
    return document_of(folder / run)["evidence"]


def test_every_kept_image_can_be_looked_at_to_the_pixel(tmp_path: Path) -> None:
    gt, pred = drawn(40)
    write_masks(tmp_path, gt, pred)
    records = inspected(tmp_path)
    assert len(records) == 32
    rows = pq.read_table(tmp_path / "run/images.parquet")["image"].to_pylist()
    for record in records:
        assert rows[record["image_index"]] == record["image"]
        view = record["view"]
        assert (view["shrink"], view["image"], view["patches"]) == (1, None, [])
        assert {side: view[side] for side in ("gt", "pred")} == {s: record["files"][s] for s in ("gt", "pred")}
        for side, labels in (("gt", gt), ("pred", pred)):
            expected = np.where(labels[record["image"]] == 255, K, labels[record["image"]])
            assert (opened(tmp_path / "run" / view[side]) == expected).all()


def test_pictures_for_the_page_are_those_of_sixteen_images_whatever_is_kept(tmp_path: Path) -> None:
    write_masks(tmp_path, *drawn(40))
    (tmp_path / "images").mkdir()
    for n in range(40):
        Image.fromarray(np.full((20, 24, 3), 5 * n, np.uint8)).save(tmp_path / f"images/{n:03d}.png")
    records = inspected(tmp_path, images=tmp_path / "images")
    whole = {
        name for record in records for name in (record["files"].get("image"), *record["pictures"].values()) if name
    }
    assert [("image" in record["files"]) for record in records] == [True] * 16 + [False] * 16
    assert sum(bool(record["pictures"]) for record in records) <= 8 and whole
    for record in records:
        shown = Image.open(tmp_path / "run" / record["view"]["image"])
        assert shown.format == "JPEG" and shown.size == (24, 20)
        assert np.abs(np.asarray(shown, int) - 5 * int(record["image"])).max() <= 2
    few = inspected(tmp_path, "few", images=tmp_path / "images", evidence=16)
    assert [record["image"] for record in few] == [record["image"] for record in records[:16]]
    assert [record["pictures"] for record in few] == [record["pictures"] for record in records[:16]]


def test_the_document_names_every_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_limits(monkeypatch)
    write_masks(tmp_path, *drawn(20, (40, 60)))
    inspected(tmp_path, evidence="all", images=tmp_path / "gt")
    document = document_of(tmp_path / "run")
    schema = json.loads((files("inspector") / "inspection.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, schema)
    named = [name for record in document["evidence"] for name in _paths(record)]
    named += [name for finding in document["findings"] for example in finding["images"] for name in _paths(example)]
    written = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run/evidence").iterdir()}
    assert set(named) | {"evidence/thumbs.parquet"} == written


def _paths(value: Any) -> list[str]:
    """Every path of a file in a record."""
    if isinstance(value, dict):
        return [name for item in value.values() for name in _paths(item)]
    if isinstance(value, list):
        return [name for item in value for name in _paths(item)]
    return [value] if isinstance(value, str) and value.endswith((".png", ".jpg")) else []


# ---------------------------------------------------------------------- large masks


def shrink_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Masks of more than 1000 px are large ones."""
    for name, value in {"WHOLE_PX": 1000, "SHRUNK_PX": 300, "PATCH_SIDE_PX": 24}.items():
        monkeypatch.setattr(views, name, value)


def test_missed_objects_of_large_masks_are_kept_at_full_resolution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink_limits(monkeypatch)
    gt = np.zeros((120, 160), np.uint8)
    corners = [(10, 10), (10, 70), (10, 130), (60, 10), (60, 130), (100, 10), (100, 70), (100, 130), (55, 75), (35, 40)]
    for n, (y, x) in enumerate(corners):
        gt[y : y + 3 + n // 3, x : x + 5] = 1 + n % 2
    pred = np.where(gt == 1, 0, gt).astype(np.uint8)  # every object of class 1 is missed
    pred[100:120, 60:90] = 0
    write_masks(tmp_path, {"large": gt, "small": gt[:20, :30]}, {"large": pred, "small": pred[:20, :30]})
    records = {record["image"]: record for record in inspected(tmp_path)}
    assert records["small"]["view"]["patches"] == []
    view = records["large"]["view"]
    assert view["shrink"] == 8 and view["gt"] != records["large"]["files"]["gt"]
    assert (opened(tmp_path / "run" / records["large"]["files"]["gt"]) == gt).all()
    assert (opened(tmp_path / "run" / view["pred"]) == pred[4::8, 4::8]).all()
    assert 1 <= len(view["patches"]) <= 8
    for patch in view["patches"]:
        y0, x0, y1, x1 = patch["box"]
        assert (y1 - y0, x1 - x0) == (24, 24)
        assert (opened(tmp_path / "run" / patch["gt"]) == gt[y0:y1, x0:x1]).all()
        assert (opened(tmp_path / "run" / patch["pred"]) == pred[y0:y1, x0:x1]).all()
        assert (gt[y0:y1, x0:x1] != pred[y0:y1, x0:x1]).any()
    objects = pq.read_table(tmp_path / "run/objects.parquet").to_pylist()
    missed = [o for o in objects if o["image"] == "large" and not o["matched"]]
    largest = sorted(missed, key=lambda o: -o["area_px"])[:3]
    for o in largest:
        boxes = [patch["box"] for patch in view["patches"]]
        assert any(y0 <= o["y0"] and x0 <= o["x0"] and o["y1"] <= y1 and o["x1"] <= x1 for y0, x0, y1, x1 in boxes)


def test_masks_of_more_than_255_classes_are_shrunk_and_cut_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shrink_limits(monkeypatch)
    rng = np.random.default_rng(0)
    for side in ("gt", "pred"):
        (tmp_path / side).mkdir()
        labels = np.kron(rng.integers(0, 300, (5, 6)), np.ones((12, 12), int)).astype(np.uint16)
        np.save(tmp_path / side / "a.npy", labels)
    (record,) = inspected(tmp_path, categories=numbered(300), settings=Settings(resamples=100, min_images=1))
    for side in ("gt", "pred"):
        labels = np.load(tmp_path / side / "a.npy")
        shrunk = opened(tmp_path / "run" / record["view"][side]).astype(int)
        assert (shrunk[..., 0] + 256 * shrunk[..., 1] == labels[2::4, 2::4]).all()
        for patch in record["view"]["patches"]:
            y0, x0, y1, x1 = patch["box"]
            cut = opened(tmp_path / "run" / patch[side]).astype(int)
            assert (cut[..., 0] + 256 * cut[..., 1] == labels[y0:y1, x0:x1]).all()
    assert record["view"]["patches"]


# ---------------------------------------------------------------------- how many


@pytest.mark.parametrize(("asked", "kept"), [(1, 1), (7, 7), (36, 36), (99, 36), ("all", 36), (None, 32)])
def test_so_many_images_are_kept_as_were_asked_for(tmp_path: Path, asked: Any, kept: int) -> None:
    write_masks(tmp_path, *drawn(36, (6, 7)))
    records = inspected(tmp_path, evidence=asked)
    assert len(records) == kept and len({record["image_index"] for record in records}) == kept


def test_a_number_that_means_nothing_stops_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="evidence 0"):
        inspect_folders(tmp_path / "nowhere", tmp_path / "nowhere", evidence=0)


def test_the_command_takes_a_number_or_all(tmp_path: Path) -> None:
    write_masks(tmp_path)
    usual = (tmp_path / "pred", "--gt", tmp_path / "gt", "--num-classes", "3", "-q", "-o", tmp_path / "run")
    for asked, kept in (("2", 2), ("all", 4)):
        assert inspect_in_a_process(*usual, "--evidence", asked, folder=tmp_path).code == 0
        assert len(document_of(tmp_path / "run")["evidence"]) == kept
    for asked in ("0", "-1", "some", "1.5", "9" * 5000):
        ran = inspect_in_a_process(*usual, "--evidence", asked, folder=tmp_path)
        assert ran.code == 2 and "from 1 on, or all" in ran.err and "Traceback" not in ran.err


# ---------------------------------------------------------------------- volumes, jobs


def test_a_volume_is_read_once_for_all_of_its_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for side in ("gt", "pred"):
        (tmp_path / side).mkdir()
        for name in ("one", "two"):
            seeds = range(5) if side == "gt" else range(50, 55)
            pages = np.stack([random_labels(seed) for seed in seeds])
            tifffile.imwrite(tmp_path / side / f"{name}.tif", pages, photometric="minisblack")
    (tmp_path / "images").mkdir()
    (tmp_path / "images/one.png").write_bytes(png(np.full((16, 24), 90)))
    read: list[str] = []
    original = scoring.read_pair
    monkeypatch.setattr(scoring, "read_pair", lambda task, *more: read.append(task.image_id) or original(task, *more))
    monkeypatch.setattr("inspector.pipeline._second_look", lambda *_: None)
    records = inspected(tmp_path, images=tmp_path / "images", jobs=1)
    assert sorted(read) == ["one", "one", "two", "two"]  # to be counted, and to be kept
    names = [f"{name}#{page:04d}" for name in ("one", "two") for page in range(5)]
    assert sorted(record["image"] for record in records) == names
    for record in records:
        page = int(record["image"][-4:])
        assert record["image_index"] == names.index(record["image"])
        assert (opened(tmp_path / "run" / record["view"]["gt"]) == random_labels(page)).all()
        assert (opened(tmp_path / "run" / record["view"]["pred"]) == random_labels(50 + page)).all()
        assert (record["view"]["image"] is not None) == (record["image"] == "one#0000")


def test_the_number_of_jobs_changes_no_byte_of_the_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shrink_limits(monkeypatch)
    gt, pred = drawn(24, (30, 44))
    write_masks(tmp_path, gt, pred)
    for side, seed in (("gt", 0), ("pred", 30)):
        pages = np.stack([random_labels(seed + page, (40, 40)) for page in range(4)])
        tifffile.imwrite(tmp_path / side / "volume.tif", pages, photometric="minisblack")
    for jobs in (1, 3, 5):
        inspected(tmp_path, f"run{jobs}", evidence=26, images=tmp_path / "gt", jobs=jobs)
    first = run_files(tmp_path / "run1")
    assert {"evidence/thumbs.parquet", "inspection.json"} <= first.keys()
    assert any(".patch0." in name for name in first) and any(name.endswith(".view.jpg") for name in first)
    assert run_files(tmp_path / "run3") == first == run_files(tmp_path / "run5")


def test_a_run_without_a_folder_says_the_same(tmp_path: Path) -> None:
    write_masks(tmp_path, *drawn(6))
    kept = inspected(tmp_path)
    result = inspect_folders(tmp_path / "gt", tmp_path / "pred", categories=numbered(K), settings=FEW)
    assert json.loads(to_json(result.document))["evidence"] == kept
