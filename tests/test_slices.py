"""Slices: a part that is worse is found, parts that are not are left in peace, and few images are not judged."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from inspector.hypotheses import holm
from inspector.intervals import resample
from inspector.settings import Settings
from inspector.slices import slice_results, slices_of
from inspector.tally import Tally
from tests.pictures import counts, tally_of_counts


def _tally(rng: np.random.Generator, hard: np.ndarray, groups: list[str] | None = None, **settings: int) -> Tally:
    """Two classes; images where `hard` are wrong twice as often."""
    counted = []
    for is_hard in hard:
        missed, invented = rng.poisson(60 if is_hard else 30, 2)
        counted.append(counts([[400, int(invented)], [int(missed), 200]]))
    return tally_of_counts(counted, settings=Settings(resamples=300, **settings), groups=groups)


def test_a_worse_part_is_found_and_its_numbers_are_those_of_its_summed_matrix() -> None:
    night = np.arange(60) % 3 == 0
    tally = _tally(np.random.default_rng(0), night, min_images=20)
    weather = ["night" if is_night else "day" for is_night in night]
    results = slice_results(resample(tally), slices_of({"weather": weather}))
    day, dark = results
    assert (day.value, day.images, day.verdict) == ("day", 40, "better")
    assert (dark.value, dark.images, dark.verdict) == ("night", 20, "worse")
    gt, pred, tp = (tally.dense(name)[night].sum(axis=0).tolist() for name in ("gt_px", "pred_px", "tp_px"))
    by_hand = sum(Fraction(tp[c], gt[c] + pred[c] - tp[c]) for c in (0, 1)) / 2
    assert dark.miou == pytest.approx(float(by_hand), abs=1e-12)
    assert dark.difference == pytest.approx(-day.difference)
    assert dark.interval[0] < dark.difference < dark.interval[1] < 0
    assert day.p_adjusted == pytest.approx(2 * min(day.p_value, dark.p_value))  # Holm over two looks
    assert (dark.miou, dark.miou_rest) == (day.miou_rest, day.miou)


def test_many_looks_at_nothing_find_nothing_most_of_the_time() -> None:
    """40 sets, 12 slices each, nothing in them: a false alarm in 5 % of the sets, within chance."""
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        tally = _tally(rng, np.zeros(80), min_images=10)
        columns = {f"c{i}": [f"v{v}" for v in rng.integers(0, 3, 80)] for i in range(4)}
        results = slice_results(resample(tally), slices_of(columns))
        assert [r.p_adjusted for r in results] == holm([r.p_value for r in results])
        alarms += any(result.verdict in ("worse", "better") for result in results)
    assert alarms <= 6


def test_many_looks_at_few_groups_find_nothing_either() -> None:
    """The same, 7 groups a slice: a normal p-value cries wolf here."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        hard = np.repeat(rng.random(20) < 0.2, 4)  # some groups are hard as a whole
        tally = _tally(rng, hard, [f"g{i // 4:02d}" for i in range(80)], min_images=5)
        columns = {f"c{i}": [f"v{v}" for v in np.repeat(rng.integers(0, 3, 20), 4)] for i in range(4)}
        results = slice_results(resample(tally), slices_of(columns))
        alarms += any(result.verdict in ("worse", "better") for result in results)
    assert alarms <= 6


def test_few_images_or_few_groups_are_not_judged() -> None:
    rng, hard = np.random.default_rng(1), np.arange(50) < 10
    columns = {"kind": ["few" if each else "many" for each in hard]}
    few = slice_results(resample(_tally(rng, hard, min_images=20)), slices_of(columns))
    assert [result.verdict for result in few] == ["not judged", "not judged"]
    assert [result.images for result in few] == [10, 40]
    assert math.isnan(few[0].miou) and math.isnan(few[0].p_adjusted)
    grouped = _tally(rng, hard, [str(i // 10) for i in range(50)], min_images=5)
    assert slice_results(resample(grouped), slices_of(columns))[0].verdict == "not judged"


def test_classes_that_a_slice_lacks_do_not_make_it_look_better() -> None:
    with_hard = [counts([[400, 10, 0], [10, 200, 0], [80, 0, 20]])] * 10
    without = [counts([[400, 10, 0], [10, 200, 0], [0, 0, 0]])] * 10
    tally = tally_of_counts(with_hard + without, settings=Settings(min_images=5))
    has = ["yes"] * 10 + ["no"] * 10
    yes = next(r for r in slice_results(resample(tally), slices_of({"hard": has})) if r.value == "yes")
    assert yes.difference == pytest.approx(400 / 500 / 2 - 400 / 420 / 2)


def test_numbers_are_cut_at_quartiles_and_every_number_falls_in_one_part() -> None:
    values = [str(i) for i in range(40)] + [""]
    slices = slices_of({"speed": values})
    named = ["0 to below 9.75", "9.75 to below 19.5", "19.5 to below 29.25", "29.25 to 39"]
    assert [value for _, value in slices] == named
    held = np.array(list(slices.values()))
    assert (held[:, :40].sum(axis=0) == 1).all()
    assert not held[:, 40].any()


def test_a_few_numbers_are_values_and_many_words_are_names() -> None:
    assert list(slices_of({"camera": ["1", "2", "1", ""]})) == [("camera", "1"), ("camera", "2")]
    assert slices_of({"name": [f"n{i}" for i in range(60)], "same": ["x"] * 60}) == {}
    assert len(slices_of({"mixed": ["1", "2", "3", "4", "5", "six"]})) == 6
    assert len(slices_of({"not finite": ["1", "2", "3", "4", "5", "inf"]})) == 6
