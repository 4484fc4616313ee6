"""The library, as its docstring says: arrays in, numbers out, and the same numbers as from files."""

from __future__ import annotations

import inspect as python_inspect
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import inspector
from inspector import (
    METRICS,
    InputError,
    Mask,
    Settings,
    Tally,
    analyze_all,
    count_pair,
    inspect_arrays,
    inspect_folders,
    numbered,
    resample,
)
from inspector.results import to_json
from tests.mask_folders import DRAWN, write_masks

FEW = Settings(resamples=100, min_images=2)


def test_the_steps_of_the_docstring_work_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every indented line of the package's docstring is run, with masks of that name there."""
    write_masks(tmp_path)
    (tmp_path / "gt").rename(tmp_path / "masks")
    (tmp_path / "pred").rename(tmp_path / "predictions")
    monkeypatch.chdir(tmp_path)
    lines = [line[4:] for line in (inspector.__doc__ or "").splitlines() if line.startswith("    ")]
    names: dict[str, object] = dict(zip(("gt", "pred"), DRAWN["image0"], strict=True))
    exec("\n".join(lines), names)
    assert (tmp_path / "run/inspection.json").exists()
    assert isinstance(names["findings"], tuple) and names["tally"].n_images == 1  # type: ignore[attr-defined]


def test_every_public_name_is_there_and_documented() -> None:
    for name in inspector.__all__:
        assert getattr(inspector, name) is not None
        if python_inspect.isclass(getattr(inspector, name)) or python_inspect.isfunction(getattr(inspector, name)):
            assert python_inspect.getdoc(getattr(inspector, name)), f"{name} says nothing of itself"
    assert sorted(inspector.__all__, key=lambda n: (not n.isupper(), not n[0].isupper(), n)) == inspector.__all__
    assert set(dir(inspector)) == set(inspector.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        inspector.nothing  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = "import sys, inspector; print([m for m in ('numpy', 'numba', 'pyarrow', 'torch') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_arrays_and_files_give_the_same_document(tmp_path: Path) -> None:
    gt, pred = write_masks(tmp_path)
    filed = json.loads(to_json(inspect_folders(gt, pred, categories=numbered(3), settings=FEW).document))
    held = json.loads(to_json(inspect_arrays(DRAWN, categories=numbered(3), settings=FEW).document))
    for key in ("settings", "overall", "classes", "confusion", "slices", "resampling", "partial"):
        assert filed[key] == held[key]
    for one, other in zip(filed["findings"], held["findings"], strict=True):
        assert {k: v for k, v in one.items() if k != "images"} == {k: v for k, v in other.items() if k != "images"}
        assert [i["image"] for i in one["images"]] == [i["image"] for i in other["images"]]
    assert (held["inputs"]["pairs"], held["inputs"]["excluded"]) == (4, [])


def test_arrays_of_any_integer_type_count_alike() -> None:
    reference = to_json(inspect_arrays(DRAWN, settings=FEW).document)
    for dtype in (np.int64, np.uint16, ">i4"):
        pairs = {name: (gt.astype(dtype), pred) for name, (gt, pred) in DRAWN.items()}
        assert to_json(inspect_arrays(pairs, settings=FEW).document) == reference


def test_groups_are_resampled_together() -> None:
    units = {"image0": "a", "image1": "a", "image2": "b", "image3": "b"}
    resampling = inspect_arrays(DRAWN, settings=FEW, groups=units).document["resampling"]
    assert (resampling["unit"], resampling["units"]) == ("group", 2)


@pytest.mark.parametrize(
    ("gt", "pred", "kind"),
    [
        (np.zeros((4, 4), int), np.zeros((4, 5), int), "size_mismatch"),
        (np.zeros((4, 4)), np.zeros((4, 4), int), "wrong_array"),
        (np.zeros((4, 4), int), np.full((4, 4), 9), "label_out_of_range"),
        (np.full((4, 4), 255), np.zeros((4, 4), int), "no_valid_pixels"),
    ],
)
def test_arrays_that_cannot_be_compared_are_an_error_that_names_the_image(
    gt: np.ndarray, pred: np.ndarray, kind: str
) -> None:
    with pytest.raises(InputError) as caught:
        inspect_arrays({"street 7": (gt, pred)}, categories=numbered(3), settings=Settings(ignore=(255,)))
    assert caught.value.kind == kind and str(caught.value).startswith("street 7: ")


def test_no_arrays_are_an_error() -> None:
    with pytest.raises(InputError, match="no pair"):
        inspect_arrays({})


def test_one_image_has_counts_metrics_and_findings() -> None:
    gt, pred = DRAWN["image0"]
    counts = count_pair(Mask.from_labels(gt), Mask.from_labels(pred), numbered(3))
    for c in range(3):
        for p in range(3):
            assert counts.confusion[c, p] == sum(
                g == c and q == p for g, q in zip(gt.ravel().tolist(), pred.ravel().tolist(), strict=True)
            )
    tally = Tally.from_counts(numbered(3), Settings(), [("a", counts)])
    iou = METRICS["iou"].compute(tally.total)
    for c in range(3):
        assert iou[c] == np.logical_and(gt == c, pred == c).sum() / np.logical_or(gt == c, pred == c).sum()
    assert {finding.kind for finding in analyze_all(tally, resample(tally))} >= {"cannot-tell"}
