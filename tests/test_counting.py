"""`count_pair`: equal to the definitions on drawn maps, and to what must hold for any pair."""

from __future__ import annotations

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inspector.categories import Categories, Category, numbered
from inspector.counting import count_pair
from inspector.counts import CLASS_COLUMNS, DISTANCES, OBJECT_COLUMNS, Counts
from inspector.errors import InputError
from inspector.masks import Mask
from inspector.settings import Settings
from tests.brute_force import confusion, count_by_definition, distances, surface
from tests.label_maps import CodePair, categories_of, code_pairs, mask_of

# Widths that matter on maps of a few pixels; a length of 0.3 is 0.3 px x the diagonal.
CHOICES = st.builds(
    Settings,
    tolerance=st.sampled_from([0.0075, 1.0, math.sqrt(2), 1.5, 2.0, 5.0, 40.0]),
    boundary_width=st.sampled_from([0.02, 0.1, 0.3, 1, 2, 3, 30]),
    error_width=st.sampled_from([0.01, 0.1, 0.3, 1, 2, 3, 5, 40]),
    object_edges_px=st.sampled_from([(4, 9), (1, 2), (1024, 9216)]),
    object_recall_threshold=st.sampled_from([0.5, 0.1, 1.0]),
)
# Each pair of types is compiled when it is first met, so not all sixteen are.
STORED = [(np.uint8, np.uint16), (np.uint16, np.uint8), (np.int64, np.uint8), (np.uint16, np.int32)]
# Elements of a class within 5 px are 0.95 of its length to the last digit: sums of roots may round below.
ON_THE_EDGE = CodePair(
    3,
    np.array([[0, 2, 0, 1, 0, 2, 0, 2, 1, 2], [2, 1, 3, 3, 0, 3, 1, 1, 2, 0], [1, 2, 0, 1, 2, 1, 0, 3, 0, 2]]),
    np.array([[3, 2, 2, 1, 3, 0, 2, 2, 3, 2], [1, 1, 1, 1, 2, 3, 0, 3, 2, 1], [2, 2, 1, 1, 2, 2, 2, 1, 3, 1]]),
)
KINDS = [f"{role}_{kind}_px" for role in ("fp", "fn") for kind in ("boundary", "extent", "segment")]
FOLLOWS_VOID = {  # what a prediction over void may change: its bands, its pieces, its objects and its runs
    "boundary_inter_px", "boundary_union_px", *KINDS, *(f"fn_segment_{s}_px" for s in ("small", "medium", "large")),
    "thin_pred", "edges_pred",
}  # fmt: skip


def _count(pair: CodePair, choices: Settings = Settings()) -> Counts:  # noqa: B008
    return count_pair(mask_of(pair.gt), mask_of(pair.pred), categories_of(pair.k), choices)


def _same(one: Counts, other: Counts, but: frozenset[str] | set[str] = frozenset()) -> None:
    for field in dataclasses.fields(Counts):
        if field.name not in but:
            assert np.array_equal(getattr(one, field.name), getattr(other, field.name)) or (
                field.name == "distances" and np.array_equal(one.distances, other.distances, equal_nan=True)
            ), field.name


@given(pair=code_pairs(), choices=CHOICES)
def test_every_class_column_and_object_is_what_its_definition_says(pair: CodePair, choices: Settings) -> None:
    counts = _count(pair, choices)
    columns, objects = count_by_definition(
        pair.gt, pair.pred, pair.k, choices.widths(*pair.gt.shape), choices.object_edges_px,
        choices.object_recall_threshold,
    )  # fmt: skip
    assert set(columns) == set(CLASS_COLUMNS)
    for name, values in columns.items():
        assert counts.column(name).tolist() == values, name
    assert counts.objects.tolist() == [[each[name] for name in OBJECT_COLUMNS] for each in objects]


@given(pair=code_pairs(), choices=CHOICES)
def test_pixels_by_class_row_and_column(pair: CodePair, choices: Settings) -> None:
    counts, valid = _count(pair, choices), pair.gt < pair.k
    wrong = valid & (pair.gt != pair.pred)
    assert counts.shape == pair.gt.shape
    assert np.array_equal(counts.confusion, confusion(pair.gt, pair.pred, pair.k))
    assert counts.void_px == (~valid).sum() and counts.valid_px == valid.sum()
    assert counts.ignored_px == (valid & (pair.pred == pair.k)).sum()
    assert np.array_equal(counts.wrong_by_row, wrong.sum(axis=1))
    assert np.array_equal(counts.wrong_by_column, wrong.sum(axis=0))
    assert np.array_equal(counts.valid_by_row, valid.sum(axis=1))
    assert np.array_equal(counts.valid_by_column, valid.sum(axis=0))


@example(pair=ON_THE_EDGE, choices=Settings(), spacing=(1.0, 1.0))
@given(pair=code_pairs(), choices=CHOICES, spacing=st.sampled_from([(1.0, 1.0), (0.5, 0.5), (2.5, 0.7), (0.3, 4.0)]))
def test_distances_are_what_their_definition_says(
    pair: CodePair, choices: Settings, spacing: tuple[float, float]
) -> None:
    """In px and in mm, where rows and columns may lie at different distances."""
    ours = _count(pair, dataclasses.replace(choices, spacing=spacing)).distances
    tolerance, void = choices.widths(*pair.gt.shape).tolerance, pair.gt == pair.k
    for c in range(pair.k):
        px = distances(*(surface(side == c, void, (1.0, 1.0)) for side in (pair.gt, pair.pred)), tolerance)
        mm = distances(*(surface(side == c, void, spacing) for side in (pair.gt, pair.pred)), tolerance)
        assert np.allclose(ours[c], [*px, *mm[1:]], rtol=1e-9, atol=1e-9, equal_nan=True)


@given(pair=code_pairs())
def test_no_distance_in_mm_without_a_spacing(pair: CodePair) -> None:
    mm = [DISTANCES.index(name) for name in ("hd95_mm", "assd_mm")]
    assert np.isnan(_count(pair).distances[:, mm]).all()


@given(pair=code_pairs(), choices=CHOICES)
def test_a_perfect_prediction_has_no_error_and_no_distance(pair: CodePair, choices: Settings) -> None:
    counts = _count(CodePair(pair.k, pair.gt, pair.gt), choices)
    assert counts.correct_px == counts.valid_px and not counts.wrong_by_row.any()
    for name in KINDS:
        assert not counts.column(name).any()
    pairs = {
        "contour_gt_hit": "contour_gt",
        "contour_pred_hit": "contour_pred",
        "tp_px": "gt_px",
        "boundary_inter_px": "boundary_union_px",
        "trimap_inter_px": "trimap_union_px",
    }
    for inter, union in pairs.items():
        assert np.array_equal(counts.column(inter), counts.column(union)), inter
    assert np.isin(counts.distances[:, 0], [1.0]).tolist() == (~np.isnan(counts.distances[:, 0])).tolist()
    assert not np.nan_to_num(counts.distances[:, 1:]).any()
    assert np.array_equal(counts.objects[:, 5], counts.objects[:, 6])
    assert counts.gt_hash == counts.pred_hash


@given(pair=code_pairs(), choices=CHOICES)
def test_shares_of_the_loss_sum_to_it(pair: CodePair, choices: Settings) -> None:
    """1 - IoU = sum of the six shares, in whole numbers."""
    counts = _count(pair, choices)
    union = counts.column("gt_px") + counts.column("pred_px") - counts.column("tp_px")
    assert np.array_equal(union - counts.column("tp_px"), sum(counts.column(name) for name in KINDS))
    by_size = sum(counts.column(f"fn_segment_{size}_px") for size in ("small", "medium", "large"))
    assert np.array_equal(by_size, counts.column("fn_segment_px"))


@given(pair=code_pairs(), at=st.integers(0, 40))
def test_halves_add_up_to_the_whole(pair: CodePair, at: int) -> None:
    cut = at % pair.gt.shape[1]
    if cut == 0:
        return
    left, right = (CodePair(pair.k, pair.gt[:, part], pair.pred[:, part]) for part in (slice(cut), slice(cut, None)))
    one, other, whole = _count(left), _count(right), _count(pair)
    assert np.array_equal(one.confusion + other.confusion, whole.confusion)
    assert np.array_equal(one.wrong_by_row + other.wrong_by_row, whole.wrong_by_row)
    assert [*one.wrong_by_column, *other.wrong_by_column] == whole.wrong_by_column.tolist()


@given(pair=code_pairs(classes=4), choices=CHOICES)
def test_ids_are_names_only(pair: CodePair, choices: Settings) -> None:
    """Other ids in the same order, 16-bit and far apart, change nothing but the content hashes."""
    ids = np.array([0, 256, 1000, 65534])[: pair.k]
    renamed = np.append(ids, 65535)
    categories = Categories.of((Category(int(i), str(i), values=(int(i),)) for i in ids), "test").with_ignored([65535])
    other = count_pair(
        mask_of(renamed[pair.gt], np.uint16), mask_of(renamed[pair.pred], np.uint16), categories, choices
    )
    _same(_count(pair, choices), other, {"gt_hash", "pred_hash"})


@given(pair=code_pairs(), choices=CHOICES, seed=st.integers(0, 1000))
def test_classes_in_another_order_give_the_same_rows_in_that_order(
    pair: CodePair, choices: Settings, seed: int
) -> None:
    order = np.append(np.random.default_rng(seed).permutation(pair.k), pair.k)
    one, other = _count(pair, choices), _count(CodePair(pair.k, order[pair.gt], order[pair.pred]), choices)
    ordered = [i for i, name in enumerate(CLASS_COLUMNS) if not name.startswith("thin_")]  # "between" is about order
    assert np.array_equal(one.classes[:, ordered], other.classes[order[:-1]][:, ordered])
    assert np.array_equal(one.distances, other.distances[order[:-1]], equal_nan=True)


@given(pair=code_pairs(), choices=CHOICES, types=st.sampled_from(STORED))
def test_how_labels_are_stored_changes_nothing(pair: CodePair, choices: Settings, types: tuple[type, type]) -> None:
    masks = (mask_of(side, dtype) for side, dtype in zip((pair.gt, pair.pred), types, strict=True))
    _same(_count(pair, choices), count_pair(*masks, categories_of(pair.k), choices))


@given(pair=code_pairs(), choices=CHOICES, seed=st.integers(0, 1000))
def test_predictions_over_void_change_only_what_follows_its_source(
    pair: CodePair, choices: Settings, seed: int
) -> None:
    other = np.random.default_rng(seed).integers(0, pair.k + 1, pair.gt.shape)
    one, two = _count(pair, choices), _count(pair._replace(pred=np.where(pair.gt == pair.k, other, pair.pred)), choices)
    for name in set(CLASS_COLUMNS) - FOLLOWS_VOID:
        assert np.array_equal(one.column(name), two.column(name)), name
    _same(one, two, {"classes", "objects", "pred_hash"})
    fixed = [i for i, name in enumerate(OBJECT_COLUMNS) if not name.startswith(("best_", "swap_"))]
    assert np.array_equal(one.objects[:, fixed], two.objects[:, fixed])


@given(pair=code_pairs(), choices=CHOICES)
def test_a_value_outside_the_list_counts_as_an_ignored_one_where_the_user_says_wrong(
    pair: CodePair, choices: Settings
) -> None:
    unknown = pair._replace(pred=np.where(pair.pred == pair.k, 77, pair.pred))
    wrong = _count(unknown, dataclasses.replace(choices, unknown="wrong"))
    _same(_count(pair, choices), wrong, {"ignored_px"})
    assert wrong.ignored_px == 0


@given(pair=code_pairs(shapes=st.tuples(st.integers(1, 6), st.integers(1, 6)), classes=3))
def test_content_hashes_are_equal_for_equal_labels_only(pair: CodePair) -> None:
    counts = _count(pair)
    assert (counts.gt_hash == counts.pred_hash) == np.array_equal(pair.gt, pair.pred)
    flat = CodePair(pair.k, pair.gt.reshape(1, -1), pair.pred.reshape(1, -1))
    if flat.gt.shape != pair.gt.shape:
        assert _count(flat).gt_hash != counts.gt_hash


def test_content_hash_knows_ids_and_not_their_places_in_the_list() -> None:
    labels = Mask.from_labels(np.array([[3, 5], [5, 5]], np.uint8))
    few = Categories.of((Category(i, str(i), values=(i,)) for i in (3, 5)), "test")
    assert count_pair(labels, labels, few).gt_hash == count_pair(labels, labels, numbered(9)).gt_hash


@pytest.mark.parametrize(("height", "width"), [(3, 40_000), (40_000, 3), (1, 70_000), (70_000, 1)])
def test_long_narrow_images(height: int, width: int) -> None:
    """Columns and rows beyond 16 bits. Blocks far apart: the last one is shifted by one pixel."""
    gt = np.zeros((height, width), np.int64)
    long = gt if width > height else gt.T
    for start in (5, 32_760, long.shape[1] - 60):
        long[:, start : start + 20] = 1
    pred = np.roll(gt, 1, axis=int(width > height))
    counts = _count(CodePair(2, gt, pred), Settings(tolerance=2, boundary_width=3, error_width=2))
    depth = min(height, width)
    assert counts.confusion.tolist() == [[height * width - 63 * depth, 3 * depth, 0], [3 * depth, 57 * depth, 0]]
    assert counts.objects[:, 5].sum() == height * width and len(counts.objects) == 7
    assert counts.column("fn_boundary_px").tolist() == counts.column("fp_boundary_px").tolist() == [3 * depth] * 2
    assert counts.column("contour_gt_hit").tolist() == counts.column("contour_gt").tolist()
    assert counts.distances[1, 0] == 1.0
    assert counts.column("trimap_union_px").tolist() == [(6 * 3 + 3) * depth] * 2  # six edges, three of them taken
    assert counts.column("boundary_inter_px")[1] == 57 * depth  # all is band


def test_many_classes() -> None:
    """150 classes in blocks of 2 x 3, a prediction moved by one column: every class against the definition."""
    gt = np.kron(np.random.default_rng(1).permutation(150).reshape(10, 15), np.ones((2, 3), np.int64))
    pair = CodePair(150, gt, np.roll(gt, 1, axis=1))
    choices = Settings(tolerance=1, boundary_width=2, error_width=1, object_edges_px=(4, 7))
    counts = _count(pair, choices)
    columns, objects = count_by_definition(gt, pair.pred, 150, choices.widths(*gt.shape), (4, 7), 0.5)
    for name, values in columns.items():
        assert counts.column(name).tolist() == values, name
    assert counts.objects.tolist() == [[each[name] for name in OBJECT_COLUMNS] for each in objects]


def test_all_void_gives_zeros() -> None:
    counts = _count(CodePair(3, np.full((5, 7), 3), np.random.default_rng(0).integers(0, 3, (5, 7))))
    assert counts.void_px == 35 and counts.valid_px == 0
    assert not np.delete(counts.classes, [CLASS_COLUMNS.index(n) for n in ("thin_pred", "edges_pred")], axis=1).any()
    assert np.isnan(counts.distances).all() and counts.objects.shape == (0, len(OBJECT_COLUMNS))


def test_a_missed_class_is_infinitely_far() -> None:
    gt = np.zeros((9, 9), np.int64)
    gt[3:6, 3:6] = 1
    counts = _count(CodePair(2, gt, np.zeros((9, 9), np.int64)))
    assert counts.distances[1, :3].tolist() == [0.0, math.inf, math.inf]
    assert counts.column("fn_segment_px").tolist() == [0, 9]


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match=r"prediction is 4 x 3, truth is 5 x 2") as caught:
        count_pair(mask_of(np.zeros((2, 5))), mask_of(np.zeros((3, 4))), numbered(2))
    assert caught.value.kind == "size_mismatch"


@pytest.mark.parametrize(("side", "unknown"), [("gt", "error"), ("gt", "wrong"), ("pred", "error")])
def test_a_value_outside_the_list_is_refused(side: str, unknown: str) -> None:
    zeros, other = np.zeros((2, 3), np.int64), np.array([[0, 0, 9], [0, 0, 0]])
    gt, pred = (other, zeros) if side == "gt" else (zeros, other)
    with pytest.raises(InputError) as caught:
        count_pair(mask_of(gt), mask_of(pred), numbered(2), Settings(unknown=unknown))
    assert (caught.value.kind, caught.value.side) == ("label_out_of_range", side)


def test_pairs_counted_side_by_side_in_threads_equal_pairs_counted_in_turn() -> None:
    rng = np.random.default_rng(5)
    maps: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = [
        tuple(np.kron(rng.integers(0, 4, (12, 9)), np.ones((5, 7), np.int64)) for _ in range(2)) for _ in range(12)
    ]  # type: ignore[misc]
    pairs = [CodePair(4, gt, pred) for gt, pred in maps]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(map(_count, pairs), pool.map(_count, pairs), strict=True):
            _same(one, other)
