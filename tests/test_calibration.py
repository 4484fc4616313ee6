"""Calibration: the counts equal plain loops over pixels, in any order and form; bad files are named, pairs are kept."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inspector.arrays import inspect_arrays
from inspector.calibration import BINS, BinCounts, calibration_record, count_bins
from inspector.categories import numbered
from inspector.errors import InputError, UsageError
from inspector.pipeline import Inspection, inspect_folders
from inspector.readers.probabilities import UNIT, read_confidence
from inspector.results import to_json
from inspector.settings import Settings
from tests.command import inspect
from tests.mask_folders import DRAWN, write_masks
from tests.readers_support import png

FEW = Settings(resamples=50, min_images=2)
K = 3


def _case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """gt and pred with void and no class among them, confidence on bin edges and at both ends more often than not."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, 2))
    edges = np.array(
        [0, UNIT, UNIT // 2, *(-(-UNIT * i // BINS) for i in range(BINS)), *(UNIT * i // BINS for i in range(BINS))]
    )
    sure = np.where(rng.random(shape) < 0.5, rng.choice(edges, shape), rng.integers(0, UNIT + 1, shape))
    return rng.integers(0, K + 1, shape), rng.integers(0, K + 1, shape), sure.astype(np.uint32)


def _by_loops(cases: list[tuple[np.ndarray, np.ndarray, np.ndarray]], only: int | None = None) -> tuple[Fraction, int]:
    """(expected calibration error, pixels) over the pixels predicted as `only`, by its definition, in fractions."""
    bins: dict[int, list[tuple[Fraction, bool]]] = {}
    for gt, pred, sure in cases:
        for y in range(gt.shape[0]):
            for x in range(gt.shape[1]):
                if gt[y, x] < K and only in (None, pred[y, x]):
                    confidence = Fraction(int(sure[y, x]), UNIT)
                    place = min(math.floor(confidence * BINS), BINS - 1)
                    bins.setdefault(place, []).append((confidence, bool(gt[y, x] == pred[y, x])))
    n = sum(map(len, bins.values()))
    gaps = (abs(sum(c for c, _ in held) - sum(right for _, right in held)) for held in bins.values())
    return (sum(gaps, Fraction(0)) / n if n else Fraction(-1)), n


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=3))
def test_the_error_is_its_definition(seeds: list[int]) -> None:
    cases = [_case(seed) for seed in seeds]
    total = BinCounts.zeros(K)
    for case in cases:
        total += count_bins(*case, K)
    record = calibration_record(total, numbered(K), len(cases), 9)
    for only, ece, n in [(None, record["ece"], sum(b["n"] for b in record["bins"]))] + [
        (k, c["ece"], c["n"]) for k, c in enumerate(record["classes"])
    ]:
        expected, pixels = _by_loops(cases, only)
        assert n == pixels
        assert math.isnan(ece) if not pixels else ece == pytest.approx(float(expected), abs=1e-12)


@given(st.permutations(range(4)))
def test_the_order_of_images_changes_no_digit(order: list[int]) -> None:
    def record(places: list[int]) -> str:
        total = BinCounts.zeros(K)
        for place in places:
            total += count_bins(*_case(place), K)
        return to_json(calibration_record(total, numbered(K), 4, 4))

    assert record(order) == record([0, 1, 2, 3])


def test_large_images_are_counted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    case = _case(8)
    whole = count_bins(*case, K)
    monkeypatch.setattr("inspector.calibration.PX_AT_ONCE", 1)
    parts = count_bins(*case, K)
    assert np.array_equal(whole.n, parts.n) and np.array_equal(whole.confidence, parts.confidence)


# ---------------------------------------------------------------------- files

PROBABILITIES = np.random.default_rng(4).dirichlet(np.ones(K), (6, 7)).transpose(2, 0, 1)  # (K, 6, 7)
HIGHEST = PROBABILITIES.max(axis=0)


def _write(folder: Path, name: str, values: np.ndarray) -> Path:
    path = folder / name
    if name.endswith(".npy"):
        np.save(path, values)
    elif name.endswith(".npz"):
        np.savez_compressed(path, values)
    else:
        Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "values", "step"),
    [
        ("a.npy", PROBABILITIES.astype(np.float32), 2**-16),
        ("a.npy", PROBABILITIES.astype(np.float16), 2**-11),
        ("a.npy", HIGHEST, 2**-16),
        ("a.npy", np.asfortranarray(HIGHEST), 2**-16),
        ("a.npz", PROBABILITIES.astype(np.float16), 2**-11),
        ("a.npy", np.rint(PROBABILITIES * 255).astype(np.uint8), 1 / 255),
        ("a.npy", np.rint(HIGHEST * 65535).astype(np.uint16), 2**-16),
        ("a.png", np.rint(HIGHEST * 255).astype(np.uint8), 1 / 255),
        ("a.tif", np.rint(HIGHEST * 255).astype(np.uint8), 1 / 255),
        ("a.tif", HIGHEST.astype(np.float32), 2**-16),
    ],
)
def test_every_form_gives_the_highest_probability(tmp_path: Path, name: str, values: np.ndarray, step: float) -> None:
    read = read_confidence(_write(tmp_path, name, values), (6, 7), K)
    assert read.shape == (6, 7) and read.dtype == np.uint32
    assert np.abs(read / UNIT - HIGHEST).max() <= step


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_png_of_few_bits_holds_shares_of_their_largest_value(tmp_path: Path, depth: int) -> None:
    full = 2**depth - 1
    values = np.array([[0, full, full // 2 + 1]])
    (tmp_path / "a.png").write_bytes(png(values, depth))
    read = read_confidence(tmp_path / "a.png", (1, 3), K) / UNIT
    assert np.abs(read - values / full).max() <= 2**-17 and read[0, 1] == 1


@pytest.mark.parametrize(
    "full", [np.ones((1, 1), np.float16), np.full((1, 1), 255, np.uint8), np.full((1, 1), 65535, np.uint16)]
)
def test_sure_is_exactly_one(tmp_path: Path, full: np.ndarray) -> None:
    assert read_confidence(_write(tmp_path, "a.npy", full), (1, 1), K).tolist() == [[UNIT]]
    assert read_confidence(_write(tmp_path, "a.npy", 0 * full), (1, 1), K).tolist() == [[0]]


@pytest.mark.parametrize(
    ("name", "values", "kind", "words"),
    [
        ("a.npy", np.zeros((6, 8)), "probability_shape", "(6, 8), expected (6, 7) or (3, 6, 7)"),
        ("a.npy", np.zeros((4, 6, 7)), "probability_shape", "(4, 6, 7), expected (6, 7) or (3, 6, 7)"),
        ("a.npy", np.zeros((6, 7, 3)), "probability_shape", "(6, 7, 3), expected"),
        ("a.png", np.zeros((6, 7, 3), np.uint8), "probability_shape", "(6, 7, 3), expected (6, 7) for this mask"),
        ("a.npy", 4 * PROBABILITIES, "probability_range", "expected [0, 1]"),
        ("a.npy", PROBABILITIES - 0.5, "probability_range", "expected [0, 1]"),
        ("a.npy", np.where(PROBABILITIES > 0.9, np.nan, PROBABILITIES), "probability_range", "NaN"),
        ("a.npy", np.full((6, 7), np.inf), "probability_range", "infinite"),
        ("a.npy", np.zeros((6, 7), np.int32), "probability_type", "int32 numbers are no probabilities"),
        ("a.npy", np.asfortranarray(PROBABILITIES), "wrong_order", "Fortran"),
    ],
)
def test_what_is_no_probability_is_refused(
    tmp_path: Path, name: str, values: np.ndarray, kind: str, words: str
) -> None:
    path = _write(tmp_path, name, values)
    with pytest.raises(InputError) as caught:
        read_confidence(path, (6, 7), K)
    assert caught.value.kind == kind and words in str(caught.value) and str(path) in str(caught.value)


def test_a_mask_is_no_map_of_probabilities(tmp_path: Path) -> None:
    image = Image.fromarray(np.zeros((6, 7), np.uint8), "P")
    image.putpalette([0, 0, 0] * 256)
    image.save(tmp_path / "a.png")
    with pytest.raises(InputError, match="palette"):
        read_confidence(tmp_path / "a.png", (6, 7), K)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bitspersample": 4}, "samples of 4 bits, expected 8 or more"),
        ({"photometric": "miniswhite"}, "tagged WhiteIsZero"),
        ({"photometric": "palette", "colormap": np.zeros((3, 256), np.uint16)}, "tagged a palette"),
    ],
)
def test_a_tiff_whose_numbers_mean_something_else_is_refused(tmp_path: Path, options: Any, words: str) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((6, 7), np.uint8), **options)
    with pytest.raises(InputError, match=words):
        read_confidence(tmp_path / "a.tif", (6, 7), K)


def test_a_file_that_ends_early_is_said_to(tmp_path: Path) -> None:
    path = _write(tmp_path, "a.npy", PROBABILITIES)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError) as caught:
        read_confidence(path, (6, 7), K)
    assert caught.value.kind == "truncated"


# ---------------------------------------------------------------------- a run


def _probabilities(pred: np.ndarray, seed: int) -> np.ndarray:
    """(K, H, W) float32 whose highest class is the prediction."""
    rng = np.random.default_rng(seed)
    planes = rng.dirichlet(np.ones(K), pred.shape)
    planes.sort(axis=-1)
    order = np.stack([(pred + 1) % K, (pred + 2) % K, pred], axis=-1)
    out = np.empty_like(planes)
    np.put_along_axis(out, order, planes, axis=-1)
    return np.ascontiguousarray(out.transpose(2, 0, 1), np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_masks(tmp_path)
    (tmp_path / "sure").mkdir()
    for seed, (name, (_, pred)) in enumerate(DRAWN.items()):
        np.save(tmp_path / f"sure/{name}.npy", _probabilities(pred, seed))
    return tmp_path


def _run(folder: Path, jobs: int = 2, **rest: Any) -> Inspection:
    sides = folder / "gt", folder / "pred"
    return inspect_folders(
        *sides, categories=numbered(K), settings=FEW, probabilities=folder / "sure", jobs=jobs, **rest
    )


def test_a_run_is_calibrated_by_its_definition_whatever_the_number_of_jobs(folder: Path) -> None:
    document = _run(folder).document
    cases = []
    for seed, (gt, pred) in enumerate(DRAWN.values()):
        assert np.array_equal(_probabilities(pred, seed).argmax(axis=0), pred)
        sure = np.rint(_probabilities(pred, seed).max(axis=0).astype(np.float64) * UNIT).astype(np.uint32)
        cases.append((gt, pred, sure))
    record = document["calibration"]
    assert (record["images"], record["of"]) == (len(DRAWN), len(DRAWN))
    expected, n = _by_loops(cases)
    assert record["ece"] == pytest.approx(float(expected), abs=1e-12) and sum(b["n"] for b in record["bins"]) == n
    assert to_json(_run(folder, jobs=1).document) == to_json(document)


def test_bad_and_missing_files_are_named_and_their_pairs_are_scored(folder: Path) -> None:
    names = list(DRAWN)
    (folder / f"sure/{names[0]}.npy").unlink()
    np.save(folder / f"sure/{names[1]}.npy", np.zeros((3, 5, 5), np.float32))
    inspection = _run(folder)
    document = inspection.document
    assert inspection.partial and document["inputs"]["pairs"] == len(DRAWN)
    assert document["calibration"]["images"] == len(DRAWN) - 2
    told = {r["file"]: (r["side"], r["kind"]) for r in document["inputs"]["excluded"]}
    assert told == {
        f"probabilities/{names[0]}": ("probabilities", "no_probabilities"),
        f"probabilities/{names[1]}.npy": ("probabilities", "probability_shape"),
    }
    reasons = " ".join(r["reason"] for r in document["inputs"]["excluded"])
    assert "(3, 5, 5), expected (16, 24) or (3, 16, 24)" in reasons
    schema = json.loads((Path(__file__).parents[1] / "inspector/inspection.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(to_json(document)), schema)


def test_without_the_option_nothing_is_measured(folder: Path) -> None:
    assert inspect_arrays(DRAWN, categories=numbered(K), settings=FEW).document["calibration"] is None
    with pytest.raises(UsageError, match="--probabilities: there is no folder"):
        inspect_folders(folder / "gt", folder / "pred", categories=numbered(K), probabilities=folder / "nowhere")


def test_the_command_measures_and_says_what_is_missing(folder: Path) -> None:
    arguments = [
        folder / "pred",
        "--gt",
        folder / "gt",
        "--num-classes",
        K,
        "--probabilities",
        folder / "sure",
        "--json",
    ]
    done = inspect(*arguments)
    assert done.code == 0 and json.loads(done.out)["calibration"]["images"] == len(DRAWN)
    (folder / f"sure/{next(iter(DRAWN))}.npy").unlink()
    done = inspect(*arguments)
    assert done.code == 3 and f"probabilities/{next(iter(DRAWN))}" in done.err
