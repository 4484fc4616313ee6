"""Intervals: the bootstrap equals a loop over drawn images, keeps groups together, and covers as it says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import inspector.intervals as intervals
from inspector.counts import Counts
from inspector.headlines import HEADLINES, headlines
from inspector.intervals import (
    class_intervals,
    expanded_confidence,
    headline_intervals,
    percentile_interval,
    resample,
)
from inspector.loss import loss_shares
from inspector.metrics import METRICS
from inspector.settings import Settings
from inspector.tables import MemoryTable
from inspector.tally import Tally
from tests.pictures import categories, counts, tally_of_counts


def _random_counts(rng: np.random.Generator, classes: int = 3) -> Counts:
    confusion = rng.integers(0, 40, (classes, classes + 1)) * (rng.random((classes, classes + 1)) < 0.7)
    numbers = {
        name: {c: int(rng.integers(1, 50)) for c in range(classes)}
        for name in ("contour_gt", "contour_pred", "objects_small", "boundary_union_px")
    }
    numbers |= {
        part: {c: int(rng.integers(0, numbers[whole][c] + 1)) for c in range(classes)}
        for part, whole in (
            ("contour_gt_hit", "contour_gt"),
            ("contour_pred_hit", "contour_pred"),
            ("objects_small_recalled", "objects_small"),
            ("boundary_inter_px", "boundary_union_px"),
        )
    }
    return counts(confusion.tolist(), columns=numbers)


def _random_tally(images: int, seed: int = 0, groups: list[str] | None = None, **settings: int) -> Tally:
    rng = np.random.default_rng(seed)
    return tally_of_counts([_random_counts(rng) for _ in range(images)], settings=Settings(**settings), groups=groups)


def _draws(tally: Tally) -> np.ndarray:
    """(R, N) how often each image is drawn, asked for through the public method alone."""
    images = np.arange(tally.n_images)
    return resample(tally).weigh(images, images, [np.ones(len(images))], len(images))[0]


def _kish(px: list[int]) -> float:
    """How many units of equal size decide as much, in plain sums."""
    held = [Fraction(n) for n in px if n]
    return float(max(sum(held) ** 2 / sum(n * n for n in held), Fraction(2)))


def _percents(units: float) -> tuple[float, float]:
    """Which percentiles are the ends of a 95 % interval over so many units."""
    tail = 100 * float(stats.norm.sf(stats.t.ppf(0.975, units - 1) * (units / (units - 1)) ** 0.5))
    return tail, 100 - tail


# ---------------------------------------------------------------- against a loop


def test_sums_equal_a_loop_over_the_drawn_images() -> None:
    tally = _random_tally(9, resamples=20)
    drawn, resamples = _draws(tally), resample(tally)
    for name in ("gt_px", "tp_px", "contour_gt_hit", "objects_small"):
        table = tally.dense(name)
        for r in range(20):
            for c in range(3):
                by_hand = sum(int(drawn[r, i]) * int(table[i, c]) for i in range(9))
                assert resamples.sums(name)[r, c] == by_hand


def test_intervals_equal_percentiles_of_a_loop_over_resamples() -> None:
    tally = _random_tally(12, resamples=40)
    drawn, dense = _draws(tally), {name: tally.dense(name) for name in ("gt_px", "pred_px", "tp_px")}
    ious = []
    for r in range(40):
        by_class = []
        for c in range(3):
            gt, pred, tp = (
                sum(int(drawn[r, i]) * int(dense[name][i, c]) for i in range(12))
                for name in ("gt_px", "pred_px", "tp_px")
            )
            by_class.append(float(Fraction(tp, gt + pred - tp)))
        ious.append(by_class)
    low, high = class_intervals(resample(tally))["iou"]
    for c in range(3):
        ends = _percents(_kish([int(dense["gt_px"][i, c]) for i in range(12)]))
        expected = np.percentile([by_class[c] for by_class in ious], ends)
        assert (low[c], high[c]) == pytest.approx(tuple(expected), abs=5e-4)  # t is a series there


def test_a_mean_over_classes_is_as_uncertain_as_its_rarest_class() -> None:
    """Satterthwaite by hand: three classes in 40, 12 and 3 units, which count as 25, 12 and 2 of equal size; the third
    borrows the spread of the others."""
    rng = np.random.default_rng(5)
    units, effective = np.array([40, 12, 3]), np.array([25.0, 12.0, 2.0])
    drawn = rng.normal([0.8, 0.6, 0.5], [0.02, 0.05, 0.01], (4000, 3))
    mean = drawn.mean(axis=1)
    own = [float(np.var(drawn[:, c])) * n / (n - 1) for c, n in enumerate(effective)]
    lent = (own[0] * 40 + own[1] * 12) / 2
    spread = [own[0], own[1], max(own[2], lent / 3)]
    freedom = [24, 11, 9]
    added = (sum(spread) - sum(float(np.var(drawn[:, c])) for c in range(3))) / 9
    degrees = sum(spread) ** 2 / sum(s**2 / f for s, f in zip(spread, freedom, strict=True))
    factor = float(np.sqrt(1 + added / np.var(mean)) * stats.t.ppf(0.975, degrees) / stats.norm.ppf(0.975))
    assert intervals._widening(mean, drawn, units, effective) == pytest.approx(factor, rel=2e-3)
    assert factor > 1.5


@pytest.mark.parametrize(
    ("unit", "px", "expected"),
    [
        ([0, 1, 2, 3], [5, 5, 5, 5], 4.0),  # alike: as many as there are
        ([0, 1, 1, 2], [6, 2, 4, 6], 3.0),  # two entries of one unit are one
        ([0, 1, 2, 3], [97, 1, 1, 1], 2.0),  # one decides nearly all: as few as there can be
        ([0, 1, 2], [3, 2, 1], 36 / 14),
        ([0, 4], [7, 0], 1.0),
        ([3], [0], 0.0),
    ],
)
def test_units_count_by_how_evenly_the_pixels_lie(unit: list[int], px: list[int], expected: float) -> None:
    assert intervals.effective_units(np.array(unit), np.array(px)) == pytest.approx(expected)


def test_effective_units_of_classes_equal_plain_sums() -> None:
    tally = _random_tally(12, resamples=10)
    dense = tally.dense("gt_px")
    expected = [_kish([int(dense[i, c]) for i in range(12)]) for c in range(3)]
    assert resample(tally).effective_units == pytest.approx(expected)


def test_the_spread_of_the_mean_stays_where_every_class_is_common() -> None:
    tally = _random_tally(300, resamples=400)
    resamples = resample(tally)
    ious = METRICS["iou"].compute(resamples.columns)
    low, high = map(float, resamples.interval(ious.mean(axis=1)))
    assert headline_intervals(resamples)["miou"] == pytest.approx((low, high), abs=0.1 * (high - low))


def test_no_class_no_spread_and_undefined_resamples_widen_nothing() -> None:
    assert intervals._widening(np.full(9, np.nan), np.full((9, 2), np.nan), np.array([0, 0]), np.zeros(2)) == 1.0
    assert intervals._widening(np.full(9, 0.5), np.full((9, 2), 0.5), np.array([4, 4]), np.full(2, 4.0)) == 1.0


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("units", [5, 12, 30, 1000])
def test_percentiles_are_expanded_as_far_as_students_t_asks(units: int, confidence: float) -> None:
    deviations = stats.t.ppf((1 + confidence) / 2, units - 1) * (units / (units - 1)) ** 0.5
    found = stats.norm.ppf((1 + expanded_confidence(confidence, units)) / 2)
    assert found == pytest.approx(deviations, rel=0.06 if units == 5 else 0.004)
    assert expanded_confidence(confidence, 2) <= 1.0


def test_the_mean_over_images_is_resampled_as_a_mean_over_images() -> None:
    tally = _random_tally(7, resamples=30)
    drawn, per_image = _draws(tally), tally.image("mean_iou")
    means = [sum(drawn[r, i] * per_image[i] for i in range(7)) / sum(drawn[r, i] for i in range(7)) for r in range(30)]
    assert headline_intervals(resample(tally))["mean_image_iou"] == pytest.approx(
        np.percentile(means, _percents(7)), abs=1e-4
    )


def test_images_without_a_mean_are_left_out_of_the_mean_over_images() -> None:
    empty = counts([[0, 0], [0, 0]])
    tally = tally_of_counts([counts([[9, 1], [0, 0]]), empty, counts([[5, 5], [0, 0]]), empty] * 3)
    low, high = headline_intervals(resample(tally))["mean_image_iou"]
    assert 0.25 - 1e-9 <= low < 0.35 < high <= 0.45 + 1e-9  # IoU 0.9 or 0.5, and 0; nothing for the empty


def test_every_share_of_the_loss_has_an_interval_around_it() -> None:
    tally = _random_tally(40, resamples=300)
    shares, bounds = loss_shares(tally.total), class_intervals(resample(tally))
    for cause in ("missed_objects", "false_regions", "boundary", "partial_coverage"):
        low, high = bounds[f"loss_{cause}"]
        assert ((low <= shares[cause]) & (shares[cause] <= high)).all()
    assert (bounds["loss_partial_coverage"][0] < bounds["loss_partial_coverage"][1]).all()


@pytest.mark.parametrize("cells", [1, 60, 1 << 21])
def test_blocks_of_units_add_up_to_a_draw_of_all(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "CELLS", cells)
    tally = _random_tally(11, resamples=30)
    drawn = _draws(tally)
    assert (drawn.sum(axis=1) == 11).all()
    assert resample(tally).sums("gt_px") == pytest.approx(drawn @ tally.dense("gt_px"), abs=0)


@pytest.mark.parametrize("cells", [2000 * 4, 1 << 21])
def test_draws_are_those_of_drawing_with_replacement(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "CELLS", cells)
    drawn = _draws(_random_tally(10, resamples=2000))
    assert drawn.mean(axis=0) == pytest.approx(np.ones(10), abs=0.1)  # each once on average …
    assert drawn.var(axis=0) == pytest.approx(np.full(10, 0.9), abs=0.12)  # … binomial(10, 1/10) …
    assert np.corrcoef(drawn.T)[0, 9] == pytest.approx(-1 / 9, abs=0.07)  # … and negatively correlated across blocks


# ---------------------------------------------------------------- seeds, groups, undefined


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_numbers() -> None:
    first, again = (class_intervals(resample(_random_tally(20, resamples=50)))["iou"][0].tobytes() for _ in range(2))
    other = class_intervals(resample(_random_tally(20, resamples=50, seed=1)))["iou"][0].tobytes()
    assert first == again != other


def test_images_of_a_group_are_drawn_together() -> None:
    tally = _random_tally(6, groups=["a", "a", "b", "a", "c", "b"], resamples=50)
    drawn = _draws(tally)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert (drawn[:, 0] == drawn[:, 3]).all()
    assert (drawn[:, 2] == drawn[:, 5]).all()
    assert (drawn[:, [0, 2, 4]].sum(axis=1) == 3).all()
    assert resample(tally).unit == "group"
    assert resample(_random_tally(6)).unit == "image"


def test_a_class_in_one_image_and_a_set_of_one_image_have_no_interval() -> None:
    rare = counts([[5, 1], [2, 8]])
    common = counts([[9, 0], [0, 0]])
    low, high = class_intervals(resample(tally_of_counts([rare] + [common] * 29)))["iou"]
    assert np.isnan([low[1], high[1]]).all()
    assert low[0] < high[0]
    assert np.isnan(headline_intervals(resample(tally_of_counts([rare])))["miou"]).all()


@given(
    st.lists(
        st.lists(st.one_of(st.floats(-5, 5), st.just(float("nan"))), min_size=3, max_size=3), min_size=1, max_size=60
    ),
    st.sampled_from([0.5, 0.9, 0.95]),
)
def test_percentiles_leave_undefined_values_out_up_to_a_limit(rows: list[list[float]], confidence: float) -> None:
    values = np.array(rows)
    low, high = percentile_interval(values, confidence)
    for c in range(3):
        defined = [row[c] for row in rows if row[c] == row[c]]
        if len(defined) < max(1, 0.95 * len(rows)):
            assert np.isnan(low[c]) and np.isnan(high[c])
        else:
            expected = np.percentile(defined, [50 * (1 - confidence), 50 * (1 + confidence)])
            assert (low[c], high[c]) == pytest.approx(tuple(expected), abs=1e-9)


# ---------------------------------------------------------------- what it promises


def test_headlines_of_totals_lie_within_their_intervals() -> None:
    tally = _random_tally(60, resamples=300)
    foreground = np.ones(3, np.bool_)
    point, bounds = headlines(tally.total, foreground), headline_intervals(resample(tally))
    assert set(bounds) == {*HEADLINES, "mean_image_iou"}
    for name, value in point.items():
        assert bounds[name][0] < value < bounds[name][1]


def test_background_is_left_out_of_the_recall_of_small_objects() -> None:
    one = counts([[5, 1], [2, 8]], columns={"objects_small": {0: 10, 1: 4}, "objects_small_recalled": {0: 0, 1: 3}})
    tally = tally_of_counts([one] * 5, background=True)
    assert headline_intervals(resample(tally))["small_object_recall"] == (0.75, 0.75)


def _images(rng: np.random.Generator, images: int) -> dict[str, np.ndarray]:
    """Counts of one class in images of very different size and difficulty."""
    gt = rng.gamma(3.0, 200.0, images).astype(int) + 20
    tp = rng.binomial(gt, rng.beta(8, 2, images))
    return {"gt_px": gt, "pred_px": tp + rng.poisson(30, images), "tp_px": tp}


def _tally_of_columns(columns: dict[str, np.ndarray], settings: Settings) -> Tally:
    images = len(columns["gt_px"])
    index = np.arange(images)
    rows = {"image_index": index, "class_index": np.zeros(images, int), **columns}
    tables = {"images": MemoryTable({"image_index": index, "group": index}), "classes": MemoryTable(rows)}
    nothing = np.zeros((1, 2), np.int64)
    return Tally(categories(["one"]), settings, tables, nothing, nothing)


@pytest.mark.parametrize(("images", "least"), [(15, 0.9), (60, 0.93)])
def test_intervals_cover_the_truth_about_as_often_as_they_say(images: int, least: float) -> None:
    rng = np.random.default_rng(7)
    truth = METRICS["iou"].compute({name: column.sum() for name, column in _images(rng, 200_000).items()})
    covered = 0
    for seed in range(400):
        columns = _images(rng, images)
        resamples = resample(_tally_of_columns(columns, Settings(resamples=400, seed=seed)))
        index = resamples.tally.row("image_index")
        drawn = resamples.weigh(index, np.zeros(images, int), list(columns.values()), 1)
        low, high = resamples.interval(METRICS["iou"].compute(dict(zip(columns, drawn, strict=True))))
        covered += bool(low[0] <= truth <= high[0])
    assert least <= covered / 400 <= 0.975  # plain percentiles: 0.88 with 15 images, 0.94 with 60


def test_weights_never_take_more_than_a_block() -> None:
    tally = _random_tally(50, resamples=100)
    blocks = [weights.size for _, weights in resample(tally)._weights()]
    assert sum(blocks) == 50 * 100
    assert max(blocks) <= intervals.CELLS
