"""The causes of loss at several widths: equal to their definition at each, and to the document's own at the first."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.arrays import inspect_arrays
from inspector.categories import numbered
from inspector.counting import count_pair
from inspector.counts import Counts
from inspector.settings import ERROR_MULTIPLES, Settings
from inspector.width_sensitivity import MOST_PAIRS, MOST_PX, WidthCounts, sensitivity_record, width_sampled
from tests.brute_force import partition
from tests.label_maps import CodePair, categories_of, code_pairs, mask_of

FEW = Settings(resamples=50, min_images=2)
WIDTHS = st.sampled_from([0.01, 0.1, 0.3, 1.0, 2.0, 3.0, 5.5])


def _counted(pair: CodePair, settings: Settings) -> Counts:
    return count_pair(mask_of(pair.gt), mask_of(pair.pred), categories_of(pair.k), settings, all_widths=True)


def _width(settings: Settings, multiple: float, shape: tuple[int, int]) -> int:
    w = settings.error_width
    return round(multiple * (w * math.hypot(*shape) if w < 1 else w))


@given(pair=code_pairs(), width=WIDTHS)
def test_the_kinds_at_each_width_are_what_their_definition_says(pair: CodePair, width: float) -> None:
    settings = Settings(error_width=width)
    found, valid = _counted(pair, settings).kinds_by_width, pair.gt < pair.k
    assert found is not None and found.shape == (len(ERROR_MULTIPLES), 2, pair.k, 3)
    for m, multiple in enumerate(ERROR_MULTIPLES):
        w = _width(settings, multiple, pair.gt.shape)
        for c in range(pair.k):
            for side, (own, other) in enumerate(((pair.gt, pair.pred), (pair.pred, pair.gt))):
                kinds = partition(own == c, other == c, w)
                assert found[m, side, c].tolist() == [int((kind & valid).sum()) for kind in kinds]


@given(pair=code_pairs(), width=WIDTHS)
def test_no_other_count_depends_on_whether_all_widths_are_counted(pair: CodePair, width: float) -> None:
    settings = Settings(error_width=width)
    plain = count_pair(mask_of(pair.gt), mask_of(pair.pred), categories_of(pair.k), settings)
    every = _counted(pair, settings)
    assert plain.kinds_by_width is None
    for field in dataclasses.fields(Counts):
        if field.name != "kinds_by_width":
            one, other = getattr(plain, field.name), getattr(every, field.name)
            assert np.array_equal(one, other, equal_nan=field.name == "distances"), field.name


def _scenes(count: int, size: int = 40) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(5)
    pairs = {}
    for n in range(count):
        gt = np.kron(rng.integers(0, 3, (5, 5)), np.ones((size // 5, size // 5), int)).astype(np.uint8)
        pred = np.roll(gt, int(rng.integers(1, 4)), axis=1)
        pred[rng.random(gt.shape) < 0.02] = 1
        pairs[f"image {n:03}"] = gt, pred
    return pairs


def test_on_all_images_the_value_at_one_is_the_loss_of_the_class_exactly() -> None:
    document = inspect_arrays(_scenes(MOST_PAIRS), categories=numbered(4), settings=FEW).document
    held, one = document["sensitivity"], ERROR_MULTIPLES.index(1.0)
    assert (held["images"], held["of"], held["multiples"]) == (MOST_PAIRS, MOST_PAIRS, list(ERROR_MULTIPLES))
    for record, moved in zip(document["classes"][:3], held["classes"], strict=False):
        assert {cause: shares[one] for cause, shares in moved["loss"].items()} == record["loss"]
        for m in range(len(ERROR_MULTIPLES)):
            assert sum(shares[m] for shares in moved["loss"].values()) == pytest.approx(1 - record["iou"], abs=1e-12)
    assert all(math.isnan(share) for share in held["classes"][3]["loss"]["boundary"])  # never true, never predicted


@pytest.mark.parametrize("place", range(len(ERROR_MULTIPLES)))
def test_a_multiple_is_what_a_run_with_that_width_says(place: int) -> None:
    pairs, multiple = _scenes(5), ERROR_MULTIPLES[place]
    held = inspect_arrays(pairs, categories=numbered(3), settings=dataclasses.replace(FEW, error_width=4))
    wide = inspect_arrays(pairs, categories=numbered(3), settings=dataclasses.replace(FEW, error_width=4 * multiple))
    for moved, record in zip(held.document["sensitivity"]["classes"], wide.document["classes"], strict=True):
        assert {cause: shares[place] for cause, shares in moved["loss"].items()} == record["loss"]


def test_more_pairs_are_sampled_and_the_sample_is_summed_in_whole_numbers() -> None:
    pairs = _scenes(60, size=20)
    document = inspect_arrays(pairs, categories=numbered(3), settings=FEW).document
    chosen = sorted(width_sampled([400] * 60))
    assert len(chosen) == document["sensitivity"]["images"] == MOST_PAIRS and document["sensitivity"]["of"] == 60
    wrong = union = 0
    for gt, pred in (list(pairs.values())[i] for i in chosen):
        union += int(((gt == 1) | (pred == 1)).sum())
        wrong += int(partition(pred == 1, gt == 1, 1)[0].sum()) + int(partition(gt == 1, pred == 1, 1)[0].sum())
    at_four = document["sensitivity"]["classes"][1]["loss"]["boundary"][3]  # 0.01 x 28.3 px x 4 is 1 px
    assert at_four == pytest.approx(float(Fraction(wrong, union)), abs=1e-15)


@pytest.mark.parametrize(
    ("sizes", "sampled"),
    [
        ([], 0), ([100] * 7, 7), ([100] * 1000, MOST_PAIRS), ([MOST_PX] * 5, 1), ([MOST_PX + 1] * 5, 0),
        ([MOST_PX // 8] * 1000, 8), ([0] * 3, 3),
    ],
)  # fmt: skip
def test_few_pairs_are_sampled_and_fewer_large_ones(sizes: list[int], sampled: int) -> None:
    chosen = width_sampled(sizes)
    assert len(chosen) == sampled and sum(sizes[i] for i in chosen) <= MOST_PX


def test_the_sample_is_spread_over_the_list() -> None:
    chosen = sorted(width_sampled([10] * 2400))
    assert chosen == [100 * i + 50 for i in range(24)]


def test_without_a_sampled_image_there_is_no_record() -> None:
    assert sensitivity_record(WidthCounts(3), numbered(3), 7) is None
