"""From two folders to a run folder: nothing vanishes, nothing depends on what it should not, whole or not at all."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tifffile
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from inspector.categories import numbered
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.pipeline import Inspection, inspect_folders, profiled
from inspector.results import to_json
from inspector.scoring import Scored
from inspector.settings import Settings
from tests.command import inspect_in_a_process
from tests.mask_folders import DRAWN, document_of, png, random_labels, run_files, write_masks

FEW = Settings(resamples=100, min_images=2)
CLASSES = numbered(3)


def inspected(folder: Path, **more: Any) -> Inspection:
    return inspect_folders(folder / "gt", folder / "pred", **{"settings": FEW, "categories": CLASSES, **more})


def write_volume(path: Path, pages: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.stack(pages), photometric="minisblack")


# ---------------------------------------------------------------------- the same bytes


def mixed_folder(folder: Path) -> Path:
    """Pictures, a volume, a broken file, a lonely one, several sizes: all that could come in another order."""
    write_masks(folder)
    for index in range(9):
        gt = random_labels(index, (11 + index, 30 - index))
        write_masks(folder, {f"more/{index}": gt}, {f"more/{index}": np.roll(gt, 2, axis=1)})
    write_volume(folder / "gt/volume.tif", [random_labels(s) for s in range(5)])
    write_volume(folder / "pred/volume.tif", [random_labels(s + 50) for s in range(5)])
    (folder / "pred/more/4.png").write_bytes(b"")
    (folder / "pred/more/7.png").unlink()
    return folder


@pytest.mark.parametrize("missing", ["error", "empty", "skip"])
def test_the_number_of_jobs_changes_no_byte(tmp_path: Path, missing: str) -> None:
    mixed_folder(tmp_path)
    settings = Settings(resamples=100, min_images=2, missing=missing)
    for jobs in (1, 2, 4, 7):
        inspected(tmp_path, out=tmp_path / f"run{jobs}", jobs=jobs, settings=settings)
    first = run_files(tmp_path / "run1")
    assert {"inspection.json", "classes.parquet"} <= first.keys() and any(name.startswith("evidence") for name in first)
    assert all(run_files(tmp_path / f"run{jobs}") == first for jobs in (2, 4, 7))


SURROUNDINGS = {
    "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "1",
    "COLUMNS": "20", "OPENBLAS_NUM_THREADS": "2",
}  # fmt: skip


def test_zone_locale_hash_seed_optimisation_and_terminal_change_no_byte(tmp_path: Path) -> None:
    write_masks(tmp_path)
    for name, surroundings in (("usual", {"PYTHONHASHSEED": "1"}), ("other", SURROUNDINGS)):
        arguments = (tmp_path / "pred", "--gt", tmp_path / "gt", "-q", "-o", tmp_path / name)
        assert inspect_in_a_process(*arguments, folder=tmp_path, env=surroundings).code == 0
    assert run_files(tmp_path / "usual") == run_files(tmp_path / "other")


def test_no_time_path_or_worker_count_is_in_the_document(tmp_path: Path) -> None:
    mixed_folder(tmp_path)
    inspected(tmp_path, out=tmp_path / "run", jobs=3)
    text = (tmp_path / "run/inspection.json").read_text(encoding="utf-8")
    assert str(tmp_path) not in text and "jobs" not in json.loads(text)["settings"]


def test_an_older_run_is_replaced_whole(tmp_path: Path) -> None:
    write_masks(tmp_path)
    inspected(tmp_path, out=tmp_path / "run")
    (tmp_path / "run/evidence/stale.png").write_bytes(b"")
    (tmp_path / "run/report.html").write_text("stale", encoding="utf-8")
    inspected(tmp_path, out=tmp_path / "fresh")
    inspected(tmp_path, out=tmp_path / "run")
    assert run_files(tmp_path / "run") == run_files(tmp_path / "fresh")
    assert not (tmp_path / "run/report.html").exists()


# ---------------------------------------------------------------------- nothing vanishes

FAULTS = ("good", "no_pred", "no_gt", "empty_pred", "empty_gt", "both_empty", "size", "unknown_pred", "unknown_gt",
          "all_void", "text", "double", "hidden", "bad_volume", "volume")  # fmt: skip


def write_faulty(folder: Path, name: str, fault: str, seed: int) -> None:
    gt, pred = random_labels(seed), random_labels(seed + 1)
    files = {"gt": {f"{name}.png": png(gt)}, "pred": {f"{name}.png": png(pred)}}
    if fault == "no_pred":
        files["pred"] = {}
    elif fault == "no_gt":
        files["gt"] = {}
    elif fault in ("empty_pred", "both_empty"):
        files["pred"] = {f"{name}.png": b""}
    if fault in ("empty_gt", "both_empty"):
        files["gt"] = {f"{name}.png": b"\x89PNG"}
    elif fault == "size":
        files["pred"] = {f"{name}.png": png(pred[:-1])}
    elif fault == "unknown_pred":
        files["pred"] = {f"{name}.png": png(pred + 50)}
    elif fault == "unknown_gt":
        files["gt"] = {f"{name}.png": png(gt + 50)}
    elif fault == "all_void":
        files["gt"] = {f"{name}.png": png(np.full_like(gt, 255))}
    elif fault == "text":
        files["gt"][f"{name}.txt"] = b"a note"
    elif fault == "double":
        files["pred"][f"{name}.npy"] = b"another claim on the same image"
    elif fault == "hidden":
        files["pred"][f".{name}.png"] = b""
    for side, held in files.items():
        (folder / side).mkdir(parents=True, exist_ok=True)
        for file, content in held.items():
            (folder / side / file).write_bytes(content)
    if fault in ("volume", "bad_volume"):
        for side in ("gt", "pred"):
            (folder / side / f"{name}.png").unlink()
            pages = [random_labels(seed + page) for page in range(3)]
            if fault == "bad_volume" and side == "pred":
                pages[2] = pages[2] + 50
            write_volume(folder / side / f"{name}.tif", pages)


@hypothesis_settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(st.sampled_from(FAULTS), min_size=1, max_size=8),
    missing=st.sampled_from(["error", "empty", "skip"]),
    seed=st.integers(0, 1000),
)
def test_every_file_found_is_scored_listed_or_skipped_by_choice(
    tmp_path_factory: pytest.TempPathFactory, faults: list[str], missing: str, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("faulty")
    for index, fault in enumerate(["good", *faults]):
        write_faulty(folder, f"{index}", fault, seed + index)
    settings = Settings(resamples=100, missing=missing, ignore=(255,))
    result = inspected(folder, settings=settings, out=folder / "run", jobs=2)
    document = json.loads(to_json(result.document))
    inputs = document["inputs"]
    for side in ("gt", "pred"):
        on_disk = {f"{side}/{path.name}" for path in (folder / side).iterdir()}
        listed = Counter(record["file"] for key in ("excluded", "partners") for record in inputs[key])
        assert all(count == 1 for count in listed.values())
        bad = {file for file in listed if file.startswith(f"{side}/")}
        skipped = sum(record["count"] for record in inputs["skipped"] if record["side"] == side)
        alone = {record["file"] for record in inputs["missing" if side == "gt" else "extra"]}
        left_out = alone if missing == "skip" else set()
        scored = {
            f"{side}/{path}"
            for path in pq.read_table(folder / "run/images.parquet")[f"{side}_path"].to_pylist()
            if path
        }
        assert len(on_disk) == inputs["found"][side] == sum(inputs["account"][side].values())
        assert len(on_disk) == len(scored) + len(bad) + len(left_out) + skipped
        assert scored | bad | left_out <= on_disk and not scored & bad and not (scored | bad) & left_out
        assert inputs["account"][side]["scored"] == len(scored)
    images = pq.read_table(folder / "run/images.parquet").to_pydict()
    assert inputs["pairs"] == len(set(images["gt_path"]))
    assert document["overall"]["images"] == len(images["image"])
    pixels = sum(height * width for height, width in zip(images["height"], images["width"], strict=True))
    assert sum(map(sum, document["confusion"]["matrix"])) + document["overall"]["void_px"] == pixels
    assert document["partial"] == bool(inputs["excluded"]) == result.partial


def test_a_pair_that_does_not_come_back_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)

    def forgetful(task: Any, **_: Any) -> Scored:
        return Scored(task)

    monkeypatch.setattr("inspector.pipeline.score", forgetful)
    with pytest.raises(EnvironmentFault, match="4 pairs were sent to be counted, 0 came back"):
        inspected(tmp_path, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_pixels_that_are_counted_nowhere_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from inspector import scoring

    write_masks(tmp_path)
    count = scoring.count_pair

    def careless(*args: Any, **more: Any) -> Any:
        counts = count(*args, **more)
        counts.confusion[0, 0] -= 1
        return counts

    monkeypatch.setattr(scoring, "count_pair", careless)
    with pytest.raises(EnvironmentFault, match="do not add up"):
        inspected(tmp_path, out=tmp_path / "run", jobs=1)


# ---------------------------------------------------------------------- volumes, groups, slices


def test_the_slices_of_a_volume_are_images_of_one_unit(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_volume(tmp_path / f"gt/{name}.tif", [random_labels(s) for s in range(3)])
        write_volume(tmp_path / f"pred/{name}.tif", [random_labels(s + 9) for s in range(3)])
    (tmp_path / "meta.csv").write_text("image,scanner\none,a\ntwo,b\n", encoding="utf-8")
    inspected(tmp_path, out=tmp_path / "run", metadata=tmp_path / "meta.csv")
    document = document_of(tmp_path / "run")
    assert (document["inputs"]["pairs"], document["overall"]["images"]) == (2, 6)
    assert (document["resampling"]["unit"], document["resampling"]["units"]) == ("group", 2)
    images = pq.read_table(tmp_path / "run/images.parquet").to_pydict()
    assert images["image"] == [f"{name}#{page:04d}" for name in ("one", "two") for page in range(3)]
    assert images["group"] == ["one"] * 3 + ["two"] * 3
    assert {(s["value"], s["images"]) for s in document["slices"]} == {("a", 3), ("b", 3)}


def test_one_bad_page_takes_the_whole_volume_out(tmp_path: Path) -> None:
    write_masks(tmp_path)
    write_volume(tmp_path / "gt/volume.tif", [random_labels(s) for s in range(3)])
    write_volume(tmp_path / "pred/volume.tif", [random_labels(0), random_labels(1), random_labels(2) + 9])
    document = inspected(tmp_path).document
    assert (document["inputs"]["pairs"], document["overall"]["images"]) == (4, 4)
    assert [record["file"] for record in document["inputs"]["excluded"]] == ["pred/volume.tif"]
    assert [record["file"] for record in document["inputs"]["partners"]] == ["gt/volume.tif"]


def test_a_volume_of_fewer_pages_is_not_paired_page_by_page(tmp_path: Path) -> None:
    write_masks(tmp_path)
    write_volume(tmp_path / "gt/volume.tif", [random_labels(s) for s in range(3)])
    write_volume(tmp_path / "pred/volume.tif", [random_labels(s) for s in range(2)])
    document = inspected(tmp_path).document
    assert [record["kind"] for record in document["inputs"]["excluded"]] == ["page_count"]


# ---------------------------------------------------------------------- missing predictions


def test_a_missing_prediction_counts_like_one_of_no_class(tmp_path: Path) -> None:
    """Against the same folder with a prediction of an unknown value there."""
    void = np.where(random_labels(70) == 2, 255, DRAWN["image1"][0])
    for name in ("missing", "unknown"):
        write_masks(tmp_path / name, {**{k: v[0] for k, v in DRAWN.items()}, "image1": void})
    (tmp_path / "missing/pred/image1.png").unlink()
    (tmp_path / "unknown/pred/image1.png").write_bytes(png(np.full((16, 24), 77)))
    one = inspected(tmp_path / "missing", settings=Settings(resamples=100, missing="empty", ignore=(255,))).document
    two = inspected(tmp_path / "unknown", settings=Settings(resamples=100, unknown="wrong", ignore=(255,))).document
    for key in ("overall", "classes", "confusion"):
        assert to_json(one[key]) == to_json(two[key])


def test_a_broken_truth_without_a_prediction_is_listed_once(tmp_path: Path) -> None:
    write_masks(tmp_path)
    (tmp_path / "pred/image1.png").unlink()
    (tmp_path / "gt/image1.png").write_bytes(b"")
    document = inspected(tmp_path, settings=Settings(resamples=100, missing="empty")).document
    assert [(r["file"], r["kind"]) for r in document["inputs"]["excluded"]] == [("gt/image1.png", "empty_file")]


# ---------------------------------------------------------------------- the run folder


def test_without_a_place_only_the_document_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_masks(tmp_path)
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    result = inspected(tmp_path)
    assert result.run_folder is None and result.document["inputs"]["pairs"] == 4
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_finish_adds_appears_with_the_rest_and_its_failure_leaves_the_old_run(tmp_path: Path) -> None:
    write_masks(tmp_path)
    place = tmp_path / "run"

    def add(folder: Path, result: Inspection) -> None:
        assert folder != place and (folder / "inspection.json").exists() and result.document["inputs"]["pairs"] == 4
        (folder / "report.html").write_text("a page", encoding="utf-8")

    assert inspected(tmp_path, out=place, finish=add).run_folder == place
    before = run_files(place)

    def fail(folder: Path, result: Inspection) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspected(tmp_path, out=place, finish=fail, settings=Settings(resamples=200))
    assert run_files(place) == before
    assert {path.name for path in tmp_path.iterdir()} == {"gt", "pred", "run"}


def test_progress_is_told_pair_by_pair(tmp_path: Path) -> None:
    write_masks(tmp_path)
    seen: list[tuple[str, int, int]] = []
    inspected(tmp_path, progress=lambda *told: seen.append(told))
    assert seen == [("counting", 1, 4), ("counting", 2, 4), ("counting", 3, 4), ("explaining", 4, 4)]


def test_classes_that_nobody_listed_are_those_found_on_either_side(tmp_path: Path) -> None:
    gt, pred = np.zeros((8, 8), np.uint8), np.zeros((8, 8), np.uint8)
    gt[:4], pred[:, :4], gt[0, 0] = 7, 9, 255
    write_masks(tmp_path, {"a": gt}, {"a": pred})
    document = inspected(tmp_path, categories=None, settings=Settings(ignore=(255,))).document
    assert document["confusion"]["ids"] == [0, 7, 9]
    assert document["settings"]["classes_source"].startswith("values found")
    assert document["overall"]["void_px"] == 1


@pytest.mark.parametrize(
    ("more", "error"),
    [({"group": "patient"}, UsageError), ({"images": "nowhere"}, UsageError), ({"match": "x"}, UsageError)],
)
def test_wrong_arguments_are_told_before_anything_is_written(
    tmp_path: Path, more: dict[str, Any], error: type[Exception]
) -> None:
    write_masks(tmp_path)
    with pytest.raises(error):
        inspected(tmp_path, out=tmp_path / "run", **more)
    assert {path.name for path in tmp_path.iterdir()} == {"gt", "pred"}


def test_folders_that_share_no_name_and_no_class_list_cannot_be_inspected(tmp_path: Path) -> None:
    write_masks(tmp_path, pred={"other": DRAWN["image0"][1]})
    with pytest.raises(InputError, match="no prediction could be paired"):
        inspected(tmp_path, categories=None)


@pytest.mark.parametrize(
    ("sizes", "measured"),
    [
        ([], 0),
        ([1000] * 5, 5),
        ([172_800] * 900, 64),
        ([2048 * 1024] * 900, 16),
        ([1 << 24] * 900, 8),  # never fewer, or nothing could be said
        ([(1 << 24) + 1] * 9, 0),
        ([1000] * 3 + [(1 << 24) + 1], 3),
    ],
)
def test_the_labels_are_profiled_on_few_masks_and_fewer_large_ones(sizes: list[int], measured: int) -> None:
    chosen = profiled(sizes)
    assert len(chosen) == measured
    assert all(sizes[index] <= 1 << 24 for index in chosen)
