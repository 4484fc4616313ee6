"""Small label maps to draw from: blobs and specks, a prediction that errs, void, values outside the class list."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.categories import Categories, numbered
from inspector.masks import Mask

__all__ = ["CodePair", "categories_of", "code_pairs", "mask_of"]


class CodePair(NamedTuple):
    """k classes; gt and pred (H, W) int64 with codes 0 .. k; k is void in gt and an ignore value in pred."""

    k: int
    gt: NDArray[np.int64]
    pred: NDArray[np.int64]


SHAPES = st.one_of(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.sampled_from([(1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (2, 2), (3, 150), (30, 4), (20, 20), (9, 70)]),
)


def _painted(draw: st.DrawFn, codes: NDArray[np.int64], highest: int, most: int) -> NDArray[np.int64]:
    """The map with up to `most` rectangles painted over it."""
    height, width = codes.shape
    painted = codes.copy()
    for _ in range(draw(st.integers(0, most))):
        y, x = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        tall, wide = draw(st.integers(1, height)), draw(st.integers(1, width))
        painted[y : y + tall, x : x + wide] = draw(st.integers(0, highest))
    return painted


def _specked(draw: st.DrawFn, codes: NDArray[np.int64], highest: int) -> NDArray[np.int64]:
    share = draw(st.sampled_from([0.0, 0.0, 0.05, 0.3, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 20)))
    return np.where(rng.random(codes.shape) < share, rng.integers(0, highest + 1, codes.shape), codes)


@st.composite
def code_pairs(draw: st.DrawFn, shapes: st.SearchStrategy[tuple[int, int]] = SHAPES, classes: int = 4) -> CodePair:
    """The prediction is the truth disturbed, or drawn without regard to it."""
    k = draw(st.integers(1, classes))
    highest = k if draw(st.booleans()) else k - 1  # with void, or without
    gt = np.full(draw(shapes), draw(st.integers(0, highest)), np.int64)
    gt = _specked(draw, _painted(draw, gt, highest, 6), highest)
    start = gt if draw(st.integers(0, 4)) else np.full(gt.shape, draw(st.integers(0, k)), np.int64)
    start = np.where(start == k, draw(st.integers(0, k - 1)), start) if draw(st.booleans()) else start
    pred = _specked(draw, _painted(draw, np.asarray(start), k, 5), k)
    return CodePair(k, gt, pred)


def categories_of(k: int) -> Categories:
    """Classes 0 .. k - 1; k is ignored."""
    return numbered(k).with_ignored([k])


def mask_of(codes: NDArray[np.int64], dtype: type = np.uint8) -> Mask:
    return Mask.from_labels(codes.astype(dtype))
