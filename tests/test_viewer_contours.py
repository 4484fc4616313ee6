"""What the viewer computes in the browser against scikit-image, SciPy and the toolkit's own error map."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours, label, regionprops

from inspector import overlays
from inspector.settings import Settings

SOURCES = Path(__file__).resolve().parents[1] / "reports" / "viewer"
SETTINGS = (0.01, 0.0075, 0.5, 2.5, 3.5, 4, 1)  # widths that oracle.ts derives
REACH = 6  # px that oracle.ts looks for another class

Maps = NDArray[np.int64]


def _task(gt: Maps, pred: Maps, classes: int, rng: np.random.Generator) -> dict[str, Any]:
    """One set of maps with random choices; classes are 0..K-1, K is void or no class."""
    return {
        "gt": gt.tolist(),
        "pred": pred.tolist(),
        "background": [bool(index == 0 and rng.random() < 0.6) for index in range(classes)],
        "focus": None if rng.random() < 0.5 else int(rng.integers(classes)),
        "shown": [bool(index == 0) for index in range(classes + 1)],  # one class: scikit-image sees one
        "tile": int(rng.choice([3, 8, 64])),
        "band": int(rng.integers(5)),
    }


def _maps(shape: tuple[int, int], classes: int, void: float, smooth: float, rng: np.random.Generator) -> Maps:
    """Blobs (smooth > 0) or noise, with some void."""
    fields = rng.normal(size=(classes, *shape))
    if smooth:
        fields = np.stack([ndimage.gaussian_filter(field, smooth) for field in fields])
    maps = fields.argmax(axis=0)
    maps[rng.random(shape) < void] = classes
    return maps


@pytest.fixture(scope="module")
def tasks() -> list[dict[str, Any]]:
    rng = np.random.default_rng(11)
    made = []
    for _ in range(60):
        shape = (int(rng.integers(2, 40)), int(rng.integers(2, 40)))
        classes = int(rng.integers(2, 5))
        void, smooth = float(rng.choice([0, 0.05])), float(rng.choice([0, 0.8, 3]))
        made.append(
            _task(_maps(shape, classes, void, smooth, rng), _maps(shape, classes, void, smooth, rng), classes, rng)
        )
    one = np.zeros((5, 7), np.int64)
    return [*made, _task(one, one, 2, rng), _task(one[:1], one[:1] + 1, 2, rng)]


@pytest.fixture(scope="module")
def said(npm: Path, tasks: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the viewer's own functions answer, run by Node.js."""
    folder = SOURCES
    if not (SOURCES / "node_modules" / "esbuild").is_dir():
        folder = tmp_path_factory.mktemp("oracle") / "viewer"
        shutil.copytree(SOURCES, folder)
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, timeout=300, check=True)
    script = tmp_path_factory.mktemp("oracle") / "oracle.mjs"
    build = ["node_modules/.bin/esbuild", "test/oracle.ts", "--bundle", "--platform=node", "--format=esm"]
    subprocess.run([*build, f"--outfile={script}", "--log-level=error"], cwd=folder, timeout=120, check=True)
    done = subprocess.run(
        ["node", script], input=json.dumps(tasks), capture_output=True, text=True, timeout=120, check=True
    )
    return json.loads(done.stdout)


def _segments(pred: Maps, valid: NDArray[np.bool_]) -> set[frozenset[tuple[float, float]]]:
    """Steps of the contours of class 0, as sets of two vertices (x, y) in the viewer's frame: centres at one half."""
    if min(pred.shape) < 2:
        return set()
    lines = find_contours((pred == 0).astype(float), 0.5, mask=valid)
    return {
        frozenset((float(x) + 0.5, float(y) + 0.5) for y, x in pair)
        for line in lines
        for pair in itertools.pairwise(line)
    }


def test_contours_are_those_of_scikit_image(tasks: list[dict[str, Any]], said: dict[str, Any]) -> None:
    seen = 0
    for task, answer in zip(tasks, said["answers"], strict=True):
        gt, pred = np.array(task["gt"]), np.array(task["pred"])
        expected = _segments(pred, gt < len(task["background"]))
        found = [frozenset([(x0, y0), (x1, y1)]) for x0, y0, x1, y1 in answer["contours"]]
        assert set(found) == expected and len(found) == len(expected)
        seen += len(found)
    assert seen > 5000


def _to_another(codes: Maps) -> NDArray[np.float64]:
    """Distance of each pixel to the nearest of another code; inf where there is none."""
    distances = np.full(codes.shape, np.inf)
    for code in np.unique(codes):
        own = codes == code
        if not own.all():
            distances[own] = ndimage.distance_transform_edt(own)[own]
    return distances


def test_distances_are_those_of_scipy(tasks: list[dict[str, Any]], said: dict[str, Any]) -> None:
    for task, answer in zip(tasks, said["answers"], strict=True):
        expected = _to_another(np.array(task["gt"])).ravel()
        squares = np.array(answer["squares"], float)
        assert np.array_equal(np.where(squares == 2**31 - 1, np.inf, squares), np.round(expected**2))


def test_the_band_is_as_wide_as_the_inspection_has_it(tasks: list[dict[str, Any]], said: dict[str, Any]) -> None:
    for task, answer in zip(tasks, said["answers"], strict=True):
        gt = np.array(task["gt"])
        distances = _to_another(gt)
        expected = np.where(np.isfinite(distances), np.round(distances), np.inf) <= task["band"]
        whole, part = answer["band"]
        assert np.array_equal(np.array(whole).reshape(gt.shape), expected)
        rows, columns = gt.shape[0] // 3, gt.shape[1] // 3
        assert np.array_equal(np.array(part), expected[rows:, columns:].ravel())
    sizes = [(30, 40), (3, 4)]
    widths = [Settings(error_width=width).widths(*size).error for width in SETTINGS for size in sizes]
    assert said["widths"] == widths


def test_the_probe_finds_the_nearest_boundary_or_says_how_far_it_looked(
    tasks: list[dict[str, Any]], said: dict[str, Any]
) -> None:
    for task, answer in zip(tasks, said["answers"], strict=True):
        expected = _to_another(np.array(task["gt"])).ravel()
        found = np.array([np.inf if distance is None else distance for distance in answer["nearest"]])
        assert np.allclose(found, np.where(expected <= REACH, expected, np.inf))


def test_in_a_part_the_probe_promises_nothing_beyond_its_edge(
    tasks: list[dict[str, Any]], said: dict[str, Any]
) -> None:
    """The map is cut out of a larger one: what is answered holds for every continuation."""
    for task, answer in zip(tasks, said["answers"], strict=True):
        gt = np.array(task["gt"])
        others = _to_another(np.pad(gt, REACH, constant_values=99))[REACH:-REACH, REACH:-REACH].ravel()
        alone = _to_another(gt).ravel()
        for part, nearest_of_any, nearest in zip(answer["part"], others, alone, strict=True):
            if part["distance"] is None:
                assert nearest_of_any > part["limit"]
            else:
                assert part["distance"] == pytest.approx(nearest) and part["distance"] <= part["limit"]


def _expected_errors(task: dict[str, Any]) -> Maps:
    gt, pred = np.array(task["gt"]), np.array(task["pred"])
    classes = len(task["background"])
    if task["focus"] is not None:
        return overlays.error_map(gt, pred, classes, task["focus"]).astype(np.int64)
    is_background = np.array([*task["background"], False])
    errors = overlays.error_map(gt, pred, classes).astype(np.int64)
    wrong = errors == overlays.WRONG
    errors[wrong & is_background[pred]] = overlays.MISSED
    errors[wrong & is_background[gt] & (pred < classes)] = overlays.FALSE
    return errors


def test_errors_are_those_of_the_toolkit(tasks: list[dict[str, Any]], said: dict[str, Any]) -> None:
    kinds: set[int] = set()
    for task, answer in zip(tasks, said["answers"], strict=True):
        expected = _expected_errors(task)
        assert np.array_equal(np.array(answer["errors"]).reshape(expected.shape), expected)
        kinds |= set(answer["errors"])
    assert kinds == {overlays.CORRECT, overlays.MISSED, overlays.FALSE, overlays.WRONG, overlays.VOID}


def test_a_confusion_is_opened_at_its_largest_region(tasks: list[dict[str, Any]], said: dict[str, Any]) -> None:
    for task, answer in zip(tasks, said["answers"], strict=True):
        regions = regionprops(label((np.array(task["gt"]) == 0) & (np.array(task["pred"]) == 1), connectivity=2))
        if not regions:
            assert answer["region"] is None
            continue
        largest = max(region.area for region in regions)
        assert tuple(answer["region"]) in {region.bbox for region in regions if region.area == largest}


def test_errors_have_the_colours_of_the_pictures_in_the_page(said: dict[str, Any]) -> None:
    inks = {name: [tuple(colour) for colour in ink.values()] for name, ink in said["inks"].items()}
    assert inks["missed"] == [overlays._MISSED] and inks["false"] == [overlays._FALSE, overlays._FALSE_STRIPE]
    assert inks["wrong"][0] == overlays._WRONG and inks["other"] == [overlays._OTHER]
    assert inks["void"] == list(overlays._HATCH)
