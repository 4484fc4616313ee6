"""Reference set A: every number of a pair equals what the reference implementation of its definition gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from inspector.categories import numbered
from inspector.counting import count_pair
from inspector.counts import DISTANCES, Counts
from inspector.masks import Mask
from inspector.metrics import METRICS, mean_defined
from inspector.settings import Settings

CLASSES = numbered(12)
Counted = Callable[[int | None], list[Counts]]
Reference = Callable[[str], Any]


@pytest.fixture(scope="module")
def reference(shared: Path) -> Reference:
    return lambda name: json.loads((shared / "oracles/A/reference" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pairs(shared: Path) -> list[tuple[Mask, Mask]]:
    """Decoded with Pillow, which the project itself does not use."""
    folder = shared / "oracles/A"
    names = sorted(path.name for path in (folder / "gt").iterdir())
    assert len(names) == 200
    return [(_decoded(folder / "gt" / name), _decoded(folder / "pred" / name)) for name in names]


def _decoded(path: Path) -> Mask:
    with Image.open(path) as image:
        return Mask.from_labels(np.array(image))


@pytest.fixture(scope="module")
def counted(pairs: list[tuple[Mask, Mask]]) -> Counted:
    """Counts of all pairs, without an ignore value and with 11 ignored."""
    by_ignore = {
        None: [count_pair(gt, pred, CLASSES) for gt, pred in pairs],
        11: [count_pair(gt, pred, CLASSES.with_ignored([11])) for gt, pred in pairs],
    }
    return by_ignore.__getitem__


def _columns(counts: list[Counts], name: str) -> NDArray[np.int64]:
    """(pairs, K) int64."""
    return np.array([each.column(name) for each in counts])


@pytest.mark.parametrize(("ignore", "name"), [(None, "semantic_A_ignNone.json"), (11, "semantic_A_ign11.json")])
def test_confusion_and_its_ratios(counted: Counted, reference: Reference, ignore: int | None, name: str) -> None:
    oracle, counts = reference(name), counted(ignore)
    matrix = np.array(oracle["confusion_rows_gt_cols_pred_cityscapesScripts_cEvaluatePair"])
    k = counts[0].confusion.shape[0]
    summed = sum(each.confusion for each in counts)
    assert np.array_equal(summed[:, : min(12, k + 1)], matrix[:k])  # ignored: column 11 is our last one
    columns = {each: _columns(counts, each).sum(axis=0) for each in ("gt_px", "pred_px", "tp_px")}
    for metric, field in (
        ("iou", "exact_iou_from_confusion"),
        ("dice", "exact_dice"),
        ("precision", "exact_precision"),
        ("recall", "exact_recall"),
    ):
        assert METRICS[metric].compute(columns) == pytest.approx(oracle[field][:k], abs=1e-9), metric


def test_void_is_counted_apart(counted: Counted, pairs: list[tuple[Mask, Mask]]) -> None:
    for counts, (gt, pred) in zip(counted(11), pairs, strict=True):
        void = gt.ids == 11
        assert counts.void_px == void.sum()
        assert counts.ignored_px == ((pred.ids == 11) & ~void).sum() == counts.confusion[:, 11].sum()


def test_mean_of_image_ious(counted: Counted, reference: Reference) -> None:
    """torchmetrics works in float32 and gives -1 to a class that no image has."""
    counts = counted(None)[:40]
    oracle = next(v for k, v in reference("semantic_A_ignNone.json").items() if "MeanIoU_first40" in k)
    columns = {each: _columns(counts, each) for each in ("gt_px", "pred_px", "tp_px")}
    of_image = METRICS["iou"].compute(columns)
    assert mean_defined(of_image, axis=0) == pytest.approx(oracle["per_class"], abs=1e-6)
    assert mean_defined(mean_defined(of_image)) == pytest.approx(
        oracle[next(k for k in oracle if "per_class" not in k)], abs=1e-6
    )


def test_boundary_iou_without_void(counted: Counted, reference: Reference) -> None:
    oracle = reference("boundary_iou_A.json")
    pairs = oracle["per_pair_[intersection,union]"]
    inter, union = (_columns(counted(None), name) for name in ("boundary_inter_px", "boundary_union_px"))
    assert len(pairs) == 200
    assert inter.tolist() == [[each.get(str(c), [0, 0])[0] for c in range(12)] for each in pairs]
    assert union.tolist() == [[each.get(str(c), [0, 0])[1] for c in range(12)] for each in pairs]
    assert inter.sum(axis=0) / union.sum(axis=0) == pytest.approx(oracle["dataset_level_iou"], abs=1e-9)


def test_boundary_iou_with_void(counted: Counted, reference: Reference) -> None:
    pairs = reference("boundary_iou_A_ign11_edge.json")["pairs"]
    assert len(pairs) == 60
    for field, name in (("biou_inter", "boundary_inter_px"), ("biou_union", "boundary_union_px")):
        assert _columns(counted(11)[:60], name).tolist() == [each[field][:11] for each in pairs], name


@pytest.mark.parametrize(
    ("ignore", "name", "count"), [(None, "beyond_iou_A_none.json", 20), (11, "beyond_iou_A_ign11.json", 60)]
)
def test_error_partition_and_trimap(
    counted: Counted, reference: Reference, ignore: int | None, name: str, count: int
) -> None:
    pairs, counts = reference(name)["pairs"], counted(ignore)[:count]
    assert len(pairs) == count
    kinds = [f"{role}_{kind}" for role in ("FP", "FN") for kind in ("boundary", "extent", "segment")]
    for field in ("TP", *kinds, "trimap_inter", "trimap_union"):
        ours = _columns(counts, f"{field.lower()}_px")
        assert ours.tolist() == [each[field][: ours.shape[1]] for each in pairs], field


@pytest.mark.parametrize(
    ("ignore", "name", "count"), [(None, "contour_bf_A_none.json", 20), (11, "contour_bf_A_ign11.json", 60)]
)
def test_contour_points_and_hits(
    counted: Counted, reference: Reference, ignore: int | None, name: str, count: int
) -> None:
    pairs, counts = reference(name)["pairs"], counted(ignore)[:count]
    assert len(pairs) == count
    for field, column in enumerate(("contour_gt", "contour_gt_hit", "contour_pred", "contour_pred_hit")):
        ours = _columns(counts, column)
        theirs = [
            [each["class:[n_gt,hit_gt,n_pred,hit_pred]"].get(str(c), [0] * 4)[field] for c in range(ours.shape[1])]
            for each in pairs
        ]
        assert ours.tolist() == theirs, column


def _number(value: float | str | None) -> float:
    return np.nan if value is None else float(value)


def _distances(counts: list[Counts], name: str) -> NDArray[np.float64]:
    return np.array([each.distances[:, DISTANCES.index(name)] for each in counts])


def test_hausdorff_distances(counted: Counted, reference: Reference) -> None:
    """Ours is undefined where neither side has the class; there the reference has no entry."""
    pairs = reference("surface_distance_A.json")["pairs"]
    assert len(pairs) == 120
    theirs = [[_number(each[str(c)]["hd95"]) if str(c) in each else np.nan for c in range(12)] for each in pairs]
    assert np.isinf(theirs).any(), "an object missed as a whole is part of the set"
    assert np.allclose(_distances(counted(None)[:120], "hd95_px"), theirs, rtol=0, atol=1e-6, equal_nan=True)


@pytest.mark.parametrize("tolerance", [1, 2, 3])
def test_surface_dice(pairs: list[tuple[Mask, Mask]], reference: Reference, tolerance: int) -> None:
    oracle = reference("surface_distance_A.json")["pairs"]
    theirs = [
        [_number(each[str(c)]["surface_dice"][str(tolerance)]) if str(c) in each else np.nan for c in range(12)]
        for each in oracle
    ]
    counts = [count_pair(gt, pred, CLASSES, Settings(tolerance=tolerance)) for gt, pred in pairs[:120]]
    assert np.allclose(_distances(counts, "nsd"), theirs, rtol=0, atol=1e-6, equal_nan=True)


def test_mean_surface_distances(counted: Counted, reference: Reference) -> None:
    """The file has the two directed means. Their weights, the lengths of the surfaces, follow from its surface Dice,
    which is the mean of the two overlaps with the same weights, wherever the overlaps differ."""
    ours = _distances(counted(None)[:120], "assd_px")
    compared = 0
    for i, each in enumerate(reference("surface_distance_A.json")["pairs"]):
        for c, entry in each.items():
            directed = [_number(entry[name]) for name in ("asd_gt_to_pred", "asd_pred_to_gt")]
            if not np.isfinite(directed).all():
                assert np.isinf(ours[i, int(c)])
                continue
            assert min(directed) - 1e-6 <= ours[i, int(c)] <= max(directed) + 1e-6
            apart, tolerance = max((abs(a - b), t) for t, (a, b) in entry["overlap"].items())
            if apart > 1e-3:
                a, b = entry["overlap"][tolerance]
                share = (entry["surface_dice"][tolerance] - b) / (a - b)
                assert ours[i, int(c)] == pytest.approx(share * directed[0] + (1 - share) * directed[1], abs=1e-6)
                compared += 1
    assert compared > 1000
