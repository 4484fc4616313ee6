"""Contour points: those of scikit-image, one for one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import find_contours

from inspector.kernels.points import Points, contour_points
from inspector.kernels.runs import encode_pair, merge_side
from tests.label_maps import CodePair, code_pairs

Codes = NDArray[Any]


@numba.njit
def _contour_points(row: Any, x0: Any, x1: Any, code: Any, k: int, void: Any) -> Points:
    """A way into kernels that Python cannot call."""
    return contour_points(merge_side(row, x0, x1, code)[0], k, void)


def _ours(codes: Codes, void: Codes, k: int) -> dict[int, list[tuple[float, float]]]:
    """Points of each class in px; a class in order of its rows."""
    names = np.arange(k + 1, dtype=np.int16)
    ids = codes.astype(np.uint8)
    row, x0, x1, code, _ = encode_pair(ids, ids, names, names)
    points = _contour_points(row, x0, x1, code, k, void if void.any() else np.zeros((0, 0), np.bool_))
    parts = [slice(*ends) for ends in zip(points.start, points.end, strict=True)]
    return {c: list(zip(points.y[part] / 2, points.x[part] / 2, strict=True)) for c, part in enumerate(parts)}


def _theirs(mask: Codes, void: Codes) -> set[tuple[float, float]]:
    if min(mask.shape) < 2:
        return set()  # scikit-image raises there
    paths = find_contours(mask.astype(np.float64), 0.5, mask=~void)
    return {(float(y), float(x)) for path in paths for y, x in path}


def _agree(codes: Codes, void: Codes, k: int) -> None:
    for c, points in _ours(codes, void, k).items():
        assert len(set(points)) == len(points), "each vertex once"
        assert set(points) == _theirs(codes == c, void)
        assert [y for y, _ in points] == sorted(y for y, _ in points), "raster order"


@given(code_pairs())
@settings(max_examples=300)
def test_points_are_the_vertices_that_scikit_image_finds(pair: CodePair) -> None:
    """In the truth, and in a prediction that goes on over the void of the truth."""
    for side in (pair.gt, pair.pred):
        _agree(side, pair.gt == pair.k, pair.k)


@pytest.mark.parametrize("ignored", [11, 255])
def test_points_of_real_masks(shared: Path, ignored: int) -> None:
    names = sorted(path.name for path in (shared / "oracles/A/gt").iterdir())[::20]
    assert len(names) == 10
    for name in names:
        gt, pred = (np.array(Image.open(shared / "oracles/A" / side / name)) for side in ("gt", "pred"))
        for side in (gt, pred):
            _agree(np.minimum(side, 12), gt == ignored, 12)
