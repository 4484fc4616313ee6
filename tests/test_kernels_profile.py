"""Runs, components, pieces, hulls and inner circles of id maps: those of numpy, scipy and scikit-image, one for one."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.measure import label, regionprops

from inspector.kernels.profile import class_components, encode_ids, region_pieces, region_shapes
from tests.label_maps import CodePair, code_pairs

Map = NDArray[Any]


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """Blobs of several sizes, stripes, noise, painted rectangles; wider than a strip of the search at times."""
    height, width = draw(st.integers(1, 40)), draw(st.sampled_from([1, 7, 30, 127, 128, 129, 300]))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    values = draw(st.integers(2, 4))
    how = draw(st.sampled_from(["noise", "blobs", "stripes"]))
    if how == "noise":
        return rng.integers(0, values, (height, width)).astype(np.uint8)
    if how == "blobs":
        smooth = ndimage.gaussian_filter(rng.random((height, width)), draw(st.sampled_from([1.0, 3.0, 8.0])))
        return np.digitize(smooth, np.quantile(smooth, np.arange(1, values) / values)).astype(np.uint8)
    y, x = np.mgrid[:height, :width]
    slope, period = draw(st.integers(-3, 3)), draw(st.integers(2, 40))
    return ((y * slope + x) // period % values).astype(np.uint8)


def _drawn(row: Map, x0: Map, x1: Map, value: Map, shape: tuple[int, int]) -> Map:
    drawn = np.full(shape, -9, np.int64)
    for y in range(shape[0]):
        for i in range(row[y], row[y + 1]):
            drawn[y, x0[i] : x1[i]] = value[i]
    return drawn


def _components(ids: Map, skip: int) -> tuple[Any, ...]:
    row, x0, x1, value = encode_ids(ids)
    return class_components(row, x0, x1, value.astype(np.int16), skip)


def _shapes_agree(ids: Map) -> None:
    row, x0, x1, _, component, _, boxes = _components(ids, 99)
    hull, radius_sq = region_shapes(row, x0, x1, component, len(boxes), ids.shape[1])
    drawn = _drawn(row, x0, x1, component, ids.shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-image finds hulls of lines degenerate, and counts them all the same
        theirs = [(each.area_convex, each.image) for each in regionprops((drawn + 1).astype(np.int32))]
    assert len(theirs) == len(boxes)
    for ours, (area, image) in zip(zip(hull, radius_sq, strict=True), theirs, strict=True):
        inside = ndimage.distance_transform_edt(np.pad(image, 1))
        assert ours == (area, round(float(inside.max()) ** 2))


@given(maps(), st.sampled_from([np.uint8, np.uint16, np.int32]))
@settings(max_examples=60)
def test_runs_draw_the_map_again_and_no_two_of_one_id_touch(ids: Map, dtype: type) -> None:
    row, x0, x1, value = encode_ids(ids.astype(dtype))
    assert (_drawn(row, x0, x1, value, ids.shape) == ids).all()
    same_row = np.repeat(np.arange(len(ids)), np.diff(row))
    assert not ((value[1:] == value[:-1]) & (same_row[1:] == same_row[:-1])).any()


@given(maps())
@settings(max_examples=60)
def test_components_are_those_of_scikit_image(ids: Map) -> None:
    row, x0, x1, code, component, joined, boxes = _components(ids, 0)
    theirs = label(ids, connectivity=2, background=0)
    assert (_drawn(row, x0, x1, component, ids.shape) == theirs - 1).all()  # both number in raster order
    assert (_drawn(row, x0, x1, code, ids.shape) == ids).all()
    assert len(boxes) == theirs.max() and (np.sort(joined) == joined).all()


@given(code_pairs())
@settings(max_examples=60)
def test_pieces_of_regions_are_those_of_scikit_image(pair: CodePair) -> None:
    ids = pair.gt.astype(np.uint8)
    row, x0, x1, value = encode_ids(ids)
    pieces = region_pieces(row, x0, x1, value - 1)  # 0 is no region
    theirs = regionprops(label(ids, connectivity=2, background=0), intensity_image=ids)
    assert sorted((int(p[0]), int(p[5])) for p in pieces) == sorted(
        (int(each.intensity_max) - 1, int(each.area)) for each in theirs
    )


@given(maps())
@settings(max_examples=150)
def test_hulls_and_inner_circles_are_those_of_scikit_image_and_scipy(ids: Map) -> None:
    _shapes_agree(ids)


@pytest.mark.parametrize("size", [(60, 400), (400, 60), (150, 150)])
def test_hulls_and_inner_circles_of_large_regions(size: tuple[int, int]) -> None:
    """Regions far larger than a cell of the search, whose middle lies in another strip than their longest run."""
    y, x = np.mgrid[: size[0], : size[1]]
    _shapes_agree((np.hypot(y - size[0] / 2, (x - size[1] / 2) / 2) < 45).astype(np.uint8))
    _shapes_agree(((y + 2 * x) // 90 % 2).astype(np.uint8))


def test_hulls_and_inner_circles_of_real_masks(shared: Path) -> None:
    for folder, step in (("data/camvid/val/masks", 40), ("data/dsb2018/masks", 27), ("data/isbi2012/masks", 20)):
        for path in sorted((shared / folder).iterdir())[::step]:
            _shapes_agree(np.array(Image.open(path)))


def test_a_region_of_several_pieces_has_one_hull_and_its_largest_circle() -> None:
    ids = np.zeros((9, 20), np.uint8)
    ids[2:7, 2:7] = 1
    ids[4, 15] = 1
    row, x0, x1, value = encode_ids(ids)
    hull, radius_sq = region_shapes(row, x0, x1, value - 1, 1, 20)
    assert radius_sq.tolist() == [9]
    assert hull.tolist() == [regionprops(ids.astype(np.int32))[0].area_convex]


def test_the_image_of_one_pixel_is_one_run_with_a_circle_of_one() -> None:
    row, x0, x1, component, _, _, boxes = _components(np.ones((1, 1), np.uint8), 0)
    assert row.tolist() == [0, 1] and (x0[0], x1[0], boxes[0, 5]) == (0, 1, 1)
    hull, radius_sq = region_shapes(row, x0, x1, np.zeros(1, np.int32), 1, 1)
    assert (hull[0], radius_sq[0]) == (1, 1) and len(component) == 1
