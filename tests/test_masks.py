"""`Mask`: labels of every integer dtype come back as they were, and a label map is the case of one segment a class."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from inspector.masks import Mask, Segments

DTYPES = ("u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", ">u2", ">i4", "?")
SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))


@given(st.sampled_from(DTYPES).flatmap(lambda dtype: arrays.arrays(np.dtype(dtype), SHAPES)))
def test_labels_of_any_integer_dtype_come_back(labels: np.ndarray) -> None:
    if labels.dtype == np.uint64:
        labels = labels >> np.uint64(1)  # beyond int64 there is no id
    mask = Mask.from_labels(labels)
    assert mask.shape == labels.shape
    assert mask.values().tolist() == labels.astype(np.int64).tolist()
    assert mask.ids.dtype in (np.uint8, np.uint16, np.int32) and mask.ids.flags.c_contiguous
    assert mask.ids.min() >= 0 and mask.ids.max() < len(mask.segments)


def test_views_and_reversed_arrays_are_read_as_they_look() -> None:
    labels = np.arange(24, dtype=np.uint8).reshape(4, 6)
    for view in (labels[::2], labels[:, ::-1], labels.T, np.asfortranarray(labels)):
        mask = Mask.from_labels(view)
        assert (mask.values() == view).all() and mask.ids.flags.c_contiguous


@pytest.mark.parametrize(
    "labels",
    [np.zeros((2, 2, 1), int), np.zeros(4, int), np.zeros((2, 2)), np.array([["a"]]), np.zeros((0, 5), int)],
)
def test_what_is_no_label_map_is_refused(labels: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"expected an \(H, W\) integer array"):
        Mask.from_labels(labels)


def test_a_label_that_would_become_negative_is_refused() -> None:
    assert Mask.from_labels(np.array([[2**63 - 1]], np.uint64)).values().tolist() == [[2**63 - 1]]
    with pytest.raises(ValueError, match="9223372036854775808 does not fit"):
        Mask.from_labels(np.array([[1, 2**63]], np.uint64))


def test_a_label_map_has_one_segment_for_each_value_and_no_things() -> None:
    mask = Mask.from_labels(np.array([[7, -3], [100_000, 7]]))
    assert mask.segments.original_id.tolist() == mask.segments.category_id.tolist() == [-3, 7, 100_000]
    assert not mask.segments.isthing.any() and not mask.segments.iscrowd.any()


def test_several_segments_may_share_a_class() -> None:
    """What other tasks add: two instances of one category, without a change of the representation."""
    no = np.zeros(3, np.bool_)
    segments = Segments(np.array([0, 41, 42]), np.array([0, 5, 5]), ~no, no)
    mask = Mask(np.array([[0, 1], [2, 2]], np.int32), segments)
    assert mask.values().tolist() == [[0, 5], [5, 5]] and len(mask.segments) == 3
