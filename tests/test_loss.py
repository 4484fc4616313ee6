"""Loss: the shares of a class sum to 1 - IoU, whichever way its wrong pixels fall; gains are what a repair gives."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.causes import cause_table
from inspector.errors import EnvironmentFault
from inspector.intervals import resample
from inspector.loss import (
    CAUSES,
    Exchange,
    check_partition,
    gain_of_wrong_pixels,
    gains,
    iou_of,
    loss_shares,
    lost_to,
    miou_of,
    missed_by_size,
    repaired,
    taken_from,
)
from inspector.metrics import METRICS
from inspector.tally import Tally
from tests.pictures import counts, draw, tally_of_counts, tally_of_masks

KINDS = ("boundary", "extent", "segment")


def _random(seed: int, classes: int = 4, images: int = 3) -> Tally:
    rng = np.random.default_rng(seed)
    counted = []
    for _ in range(images):
        matrix = rng.integers(0, 30, (classes, classes + 1)) * (rng.random((classes, classes + 1)) < 0.8)
        kinds: dict[str, dict[int, int]] = {f"{s}_{k}_px": {} for s in ("fp", "fn") for k in ("boundary", "segment")}
        for c in range(classes):
            wrong = {"fn": int(matrix[c].sum() - matrix[c, c]), "fp": int(matrix[:, c].sum() - matrix[c, c])}
            for side, px in wrong.items():
                kinds[f"{side}_boundary_px"][c] = int(rng.integers(0, px + 1))
                kinds[f"{side}_segment_px"][c] = int(rng.integers(0, px - kinds[f"{side}_boundary_px"][c] + 1))
        counted.append(counts(matrix.tolist(), columns=kinds))
    return tally_of_counts(counted)


@given(st.integers(0, 10_000))
def test_shares_sum_to_the_loss_exactly(seed: int) -> None:
    total = _random(seed).total
    shares, iou = loss_shares(total), METRICS["iou"].compute(total)
    for c in range(4):
        union = int(total["gt_px"][c] + total["pred_px"][c] - total["tp_px"][c])
        wrong = sum(int(total[f"{side}_{kind}_px"][c]) for side in ("fp", "fn") for kind in KINDS)
        if union:
            assert Fraction(wrong, union) == 1 - Fraction(int(total["tp_px"][c]), union)
            assert sum(shares[cause][c] for cause in CAUSES) == pytest.approx(1 - iou[c], abs=1e-12)
        else:
            assert all(np.isnan(shares[cause][c]) for cause in CAUSES)


@given(st.integers(0, 10_000))
def test_gains_are_what_mious_of_repaired_counts_say(seed: int) -> None:
    total = _random(seed).total
    before = [_iou(total, c, 0, 0) for c in range(4)]
    defined = sum(value is not None for value in before)
    for cause, (fp, fn) in CAUSES.items():
        for c in range(4):
            after = _iou(total, c, sum(int(total[n][c]) for n in fp), sum(int(total[n][c]) for n in fn))
            rise = (after - before[c]) / defined if after is not None and before[c] is not None else 0
            assert gains(total)[cause][c] == pytest.approx(float(rise), abs=1e-12)


def _iou(total: dict[str, np.ndarray], c: int, fp_fixed: int, fn_fixed: int) -> Fraction | None:
    gt, pred, tp = (int(total[name][c]) for name in ("gt_px", "pred_px", "tp_px"))
    union = gt + (pred - fp_fixed + fn_fixed) - (tp + fn_fixed)
    return Fraction(tp + fn_fixed, union) if union else None


def test_counts_that_are_no_partition_are_refused() -> None:
    total = {name: column.copy() for name, column in _random(1).total.items()}
    total["fn_segment_px"] = total["fn_segment_px"] + 1
    with pytest.raises(EnvironmentFault, match="do not add up"):
        check_partition(total)
    with pytest.raises(EnvironmentFault, match="do not add up"):
        loss_shares(total)


def test_counted_masks_are_a_partition_and_sizes_sum_to_the_missed() -> None:
    rng = np.random.default_rng(3)
    pairs = [(rng.integers(0, 4, (20, 30)).astype(np.uint8), rng.integers(0, 4, (20, 30)).astype(np.uint8))] * 2
    total = tally_of_masks(pairs, "abcd").total
    check_partition(total)
    assert (sum(missed_by_size(total).values()) == total["fn_segment_px"]).all()


def test_who_lost_and_who_took_is_read_from_rows_and_columns() -> None:
    matrix = np.array([[50, 10, 0, 4], [3, 45, 9, 0], [0, 0, 9, 0]])
    assert lost_to(matrix, 0) == (Exchange(1, 10, 10 / 64), Exchange(None, 4, 4 / 64))
    assert taken_from(matrix, 1) == (Exchange(0, 10, 10 / 57),)  # of its 57 true pixels
    assert lost_to(matrix, 2) == ()


def test_a_repaired_pair_gives_both_sides_their_gain() -> None:
    matrix = np.array([[80, 20, 0], [10, 90, 0]])
    assert iou_of(matrix).tolist() == [80 / 110, 90 / 120]
    mended = repaired(matrix, [(0, 1), (1, 0)])
    assert mended.tolist() == [[100, 0, 0], [0, 100, 0]]
    assert miou_of(mended) - miou_of(matrix) == pytest.approx(1 - (80 / 110 + 90 / 120) / 2)
    assert repaired(matrix, [(0, 0)]).tolist() == matrix.tolist()
    assert matrix[0, 1] == 20  # the matrix given stays as it is


def test_a_part_of_all_wrong_pixels_gives_that_part_of_the_loss() -> None:
    total = tally_of_counts([counts([[80, 20], [10, 90]])]).total
    loss = 1 - (80 / 110 + 90 / 120) / 2
    assert gain_of_wrong_pixels(total, 0.5) == pytest.approx(loss / 2)
    assert gain_of_wrong_pixels(total, 7.0) == pytest.approx(loss)
    assert gain_of_wrong_pixels(total, -1.0) == 0.0


def test_a_drawn_class_that_is_missed_whole_is_missed_objects() -> None:
    gt = draw("......\n.cc...\n.cc...\n......\n......")
    tally = tally_of_masks([(gt, np.zeros_like(gt))] * 4)
    causes = cause_table(tally, resample(tally))
    assert causes.share["missed_objects"][1] == 1.0
    assert causes.part["missed_objects"][1] == 1.0
    assert causes.interval("missed_objects", 1) == (1.0, 1.0)
    assert causes.main("missed_objects", 0.05, 0.5) == [1]
    assert causes.main("boundary", 0.05, 0.5) == []
