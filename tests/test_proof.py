"""Proof: the images shown are those with most of a finding's pixels, and the box is around its largest part."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inspector.findings import Evidence
from inspector.proof import MAX_EVIDENCE, from_cells, from_images, from_objects, from_rows
from inspector.tally import Tally
from tests.pictures import draw, tally_of_masks

CLEAR = draw("cc....pp\ncc....pp\n....c...\n........")
NOTHING = np.zeros_like(CLEAR)


def _tally() -> Tally:
    half = CLEAR.copy()
    half[:2, 0] = 0  # a column of the first car is missed
    renamed = np.where(CLEAR == 1, 2, CLEAR).astype(np.uint8)
    return tally_of_masks([(CLEAR, CLEAR), (CLEAR, half), (CLEAR, renamed), (CLEAR, NOTHING)])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), max_size=40))
def test_images_are_added_up_and_the_worst_come_first(entries: list[tuple[int, int]]) -> None:
    totals = {i: sum(px for image, px in entries if image == i) for i in range(10)}
    expected = sorted((i for i in totals if totals[i] > 0), key=lambda i: (-totals[i], i))[:MAX_EVIDENCE]
    images, px = (np.array([each[side] for each in entries], np.int64) for side in (0, 1))
    assert from_images(images, px) == tuple(Evidence(i, None, totals[i]) for i in expected)


def test_rows_come_with_the_box_of_the_largest_loss() -> None:
    missed = from_rows(_tally(), 1, "fn_boundary_px", "fn_extent_px", "fn_segment_px")
    assert missed == (Evidence(2, (0, 0, 2, 2), 5), Evidence(3, (0, 0, 2, 2), 5), Evidence(1, (0, 0, 2, 2), 2))
    invented = from_rows(_tally(), 2, "fp_boundary_px", "fp_extent_px", "fp_segment_px")
    assert invented == (Evidence(2, None, 5),)


def test_loss_along_outlines_is_shown_on_an_object_that_is_found() -> None:
    gt = draw("cccc....cccccc\n" * 4)
    pred = gt.copy()
    pred[:, 8:] = 0  # the larger car is missed whole
    pred[0, :4] = 0  # a rim of the other one is
    tally = tally_of_masks([(gt, pred)])
    (rim,) = from_rows(tally, 1, "fn_boundary_px", "fn_extent_px")
    assert rim.box == (0, 0, 4, 4)
    (all_of_it,) = from_rows(tally, 1, "fn_boundary_px", "fn_extent_px", "fn_segment_px")
    assert all_of_it.box == (0, 8, 4, 14)


def test_cells_come_with_the_box_of_the_object_that_was_taken() -> None:
    assert from_cells(_tally(), 1, 2) == (Evidence(2, (0, 0, 2, 2), 5),)
    assert from_cells(_tally(), 2, 1) == ()


def test_the_box_of_a_cell_is_not_that_of_a_larger_loss_to_another_class() -> None:
    both = CLEAR.copy()
    both[:2, :2] = 0  # the large car is swallowed, the small one renamed
    both[2, 4] = 2
    assert from_cells(tally_of_masks([(CLEAR, both)]), 1, 2) == (Evidence(0, (2, 4, 3, 5), 1),)


def test_an_image_is_shown_once_with_its_worst_object() -> None:
    tally = _tally()
    lost = np.flatnonzero(tally.object("recalled_px") < tally.object("area_px"))
    shown = from_objects(tally, lost, (tally.object("area_px") - tally.object("recalled_px"))[lost])
    assert shown == (Evidence(2, (0, 0, 2, 2), 4), Evidence(3, (0, 0, 2, 2), 4), Evidence(1, (0, 0, 2, 2), 2))
