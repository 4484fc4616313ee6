"""Analyzers of what the model gets wrong: each finds its cause, with its numbers, and is silent without it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from inspector.analyzers import (
    boundary_blurred,
    class_confused,
    class_imbalance,
    false_regions,
    never_predicted,
    over_predicted,
    partial_coverage,
    small_objects_missed,
    under_predicted,
)
from inspector.counts import Counts
from inspector.intervals import resample
from inspector.settings import Settings
from inspector.tally import Tally
from tests.pictures import counts, draw, enlarge, tally_of_counts, tally_of_masks, told


def repeated(one: Counts, *, images: int = 25, names: Sequence[str] | None = None, background: bool = False) -> Tally:
    return tally_of_counts([one] * images, names, background=background)


# ---------------------------------------------------------------- too little, too much


def test_a_class_on_half_of_its_area_is_under_predicted_and_its_takers_are_named() -> None:
    one = counts([[900, 0, 10], [60, 100, 30], [0, 0, 500]], columns={"fn_segment_px": {1: 80}})
    (finding,) = told(under_predicted, repeated(one))
    assert finding.class_index == 1
    assert finding.measures["prediction_ratio"] == pytest.approx(100 / 190)
    assert finding.measures["lost_to_ground_fraction"] == pytest.approx(60 / 190)
    assert finding.measures["lost_to_person_fraction"] == pytest.approx(30 / 190)
    assert finding.gain == pytest.approx((190 - 100) / 190 / 3)
    assert finding.title.startswith("car: predicted on only 53 % of its true area (interval 53-53 %)")
    assert "mostly because whole objects are missed;" in finding.title
    assert finding.title.endswith("taken by ground and person")
    assert [each.px for each in finding.evidence] == [80] * 6  # those of the objects missed whole, as the title says


def test_a_class_that_is_drawn_too_small_everywhere_is_told_from_one_that_is_missing() -> None:
    thin = counts([[900, 0], [60, 100]], columns={"fn_boundary_px": {1: 50}})
    (finding,) = told(under_predicted, repeated(thin))
    assert "found but drawn too small in 25 of 25 images" in finding.title
    assert "threshold" in finding.advice
    assert [each.px for each in finding.evidence] == [60] * 6  # along outlines and in parts
    whole, gone = counts([[900, 0], [0, 160]]), counts([[900, 0], [160, 0]], columns={"fn_segment_px": {1: 160}})
    (finding,) = told(under_predicted, tally_of_counts([whole, gone] * 15))
    assert "mostly because whole objects are missed, all of them in 15 of 30 images" in finding.title
    assert finding.measures["images_absent_count"] == 15


def _by_hand(tally: Tally) -> tuple[set[int], set[int]]:
    """The classes that are under- and over-predicted: beyond a tenth, and beyond 1 in 95 % of the drawn data sets."""
    place = np.arange(tally.n_images)
    drawn = resample(tally).weigh(place, place, [np.ones(len(place))], len(place))[0].astype(int).tolist()
    gt, pred = tally.dense("gt_px").tolist(), tally.dense("pred_px").tolist()
    under, over = set(), set()
    for c in range(len(tally.categories)):
        ratio = Fraction(sum(row[c] for row in pred), sum(row[c] for row in gt))
        ratios = [
            sum(n * row[c] for n, row in zip(times, pred, strict=True))
            / sum(n * row[c] for n, row in zip(times, gt, strict=True))
            for times in drawn
        ]
        units = sum(row[c] for row in gt) ** 2 / sum(row[c] ** 2 for row in gt)  # of equal size
        tail = 100 * stats.norm.sf(stats.t.ppf(0.975, units - 1) * (units / (units - 1)) ** 0.5)
        low, high = np.percentile(ratios, [tail, 100 - tail])
        under |= {c} if ratio < Fraction(9, 10) and high < 1 else set()
        over |= {c} if ratio > Fraction(11, 10) and low > 1 else set()
    return under, over


def test_under_and_over_predicted_are_ratios_beyond_a_tenth_that_no_draw_of_images_undoes() -> None:
    under, over, unsure = 0, 0, 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        matrices = rng.integers(1, 60, (8, 3, 3)) * rng.integers(0, 3, (8, 3, 3)) * rng.random((3, 3))
        matrices[:, np.arange(3), np.arange(3)] += rng.integers(20, 200, (8, 3))
        tally = tally_of_counts([counts(m.astype(int).tolist()) for m in matrices], settings=Settings(resamples=60))
        expected = _by_hand(tally)
        assert {f.class_index for f in told(under_predicted, tally)} == expected[0]
        assert {f.class_index for f in told(over_predicted, tally)} == expected[1]
        under, over = under + len(expected[0]), over + len(expected[1])
        ratios = tally.total["pred_px"] / tally.total["gt_px"]
        unsure += int((np.abs(ratios - 1) > 0.1).sum()) - len(expected[0]) - len(expected[1])
    assert min(under, over, unsure) > 5  # each case occurs: else nothing was tested


def test_a_ratio_that_depends_on_one_image_is_not_told() -> None:
    fine, off = counts([[900, 0], [0, 100]]), counts([[900, 0], [900, 100]])
    assert told(under_predicted, tally_of_counts([fine] * 10 + [off])) == []


def test_a_class_on_twice_its_area_is_over_predicted() -> None:
    one = counts([[800, 100, 0], [0, 100, 0], [0, 5, 500]])
    (finding,) = told(over_predicted, repeated(one))
    assert finding.class_index == 1
    assert finding.measures["prediction_ratio"] == pytest.approx(2.05)
    assert finding.gain == pytest.approx((100 / 100 - 100 / 205) / 3)
    assert finding.title == "car: predicted on 205 % of its true area (interval 205-205 %); taken from ground"
    (far,) = told(over_predicted, repeated(counts([[800, 900], [0, 100]])))
    assert far.title.startswith("car: predicted on 10.0 times its true area (interval 10.0-10.0); taken from ground")


def test_a_drawn_class_without_its_rim_is_under_predicted() -> None:
    gt = enlarge(draw("........\n..cccc..\n..cccc..\n........"), 6)
    pred = enlarge(draw("........\n...cc...\n...cc...\n........"), 6)
    (finding,) = told(under_predicted, tally_of_masks([(gt, pred)] * 4))
    assert finding.measures["prediction_ratio"] == 0.5
    assert finding.measures["images_too_little_count"] == 4


def test_never_predicted_says_who_stands_in_its_place_and_what_it_would_give() -> None:
    (finding,) = told(never_predicted, repeated(counts([[90, 0, 0], [8, 0, 2], [0, 0, 50]])))
    assert finding.class_index == 1
    assert finding.title == (
        "car: never predicted, though it is true in 25 images (6.7 % of the pixels); taken by ground and person"
    )
    before, after = (90 / 98 + 0 + 50 / 52) / 3, 1.0
    assert finding.gain == pytest.approx(after - before)
    assert told(under_predicted, repeated(counts([[90, 0, 0], [8, 0, 2], [0, 0, 50]]))) == []  # said already
    assert told(never_predicted, repeated(counts([[90, 0], [9, 1]]))) == []
    assert told(never_predicted, repeated(counts([[90, 0], [0, 0]]))) == []


def test_values_of_no_class_are_named_as_such_where_they_take_the_pixels() -> None:
    none = counts([[900, 0, 0], [20, 50, 30]])
    (finding,) = told(under_predicted, repeated(none))
    assert finding.title.endswith("taken by ignored or unknown values and ground")
    (never,) = told(never_predicted, repeated(counts([[90, 0, 0], [0, 0, 10]])))
    assert never.title.endswith("taken by ignored or unknown values")


# ---------------------------------------------------------------- where in the object


def _blurred(hits: int, *, boundary_px: int = 80, steps: dict[int, int] | None = None) -> Counts:
    curve = {f"contour_{side}_hit_c{i}": {1: px} for i, px in (steps or {}).items() for side in ("gt", "pred")}
    columns = {"fn_boundary_px": {1: boundary_px}, "band_gt_px": {1: 150}, **curve}
    columns |= {"contour_gt": {1: 100}, "contour_pred": {1: 100}}
    columns |= {"contour_gt_hit": {1: hits}, "contour_pred_hit": {1: hits}}
    return counts([[900, 0], [100, 900]], columns=columns)


def test_a_blurred_outline_is_told_with_the_tolerance_that_it_needs() -> None:
    (finding,) = told(boundary_blurred, repeated(_blurred(60, steps={4: 60, 5: 80, 6: 92, 7: 99})))
    assert finding.class_index == 1
    assert finding.title == (
        "car: 80 % of its lost IoU (interval 80-80 %) lies along its outline; "
        "boundary F1 is 60 % and reaches 90 % at 1.92 x the tolerance"
    )
    assert finding.gain == pytest.approx(80 / 1000 / 2)
    assert finding.measures["tolerance_at_90_ratio"] == pytest.approx(1.5 + 0.5 * 10 / 12)  # as in the curve
    (never,) = told(boundary_blurred, repeated(_blurred(60)))
    assert "does not reach 90 % at 3 x the tolerance" in never.title
    assert np.isnan(never.measures["tolerance_at_90_ratio"])


def test_a_sharp_outline_or_another_loss_is_not_blurred() -> None:
    assert told(boundary_blurred, repeated(_blurred(85))) == []
    assert told(boundary_blurred, repeated(_blurred(60, boundary_px=40))) == []


def test_a_thin_class_is_told_even_within_the_tolerance_and_said_to_be_thin() -> None:
    columns = {"fn_boundary_px": {1: 30}, "band_gt_px": {1: 100}, "contour_gt": {1: 9}, "contour_gt_hit": {1: 9}}
    columns |= {"contour_pred": {1: 9}, "contour_pred_hit": {1: 9}}
    (finding,) = told(boundary_blurred, repeated(counts([[900, 0], [30, 70]], columns=columns)))
    assert finding.title.endswith("is within the tolerance (boundary F1 100 %), yet costs much in a class so thin")
    far = columns | {"contour_gt_hit": {1: 3}, "contour_pred_hit": {1: 3}}
    (finding,) = told(boundary_blurred, repeated(counts([[900, 0], [30, 70]], columns=far)))
    assert finding.title.endswith("(so thin that its boundary IoU is nearly its IoU)")
    thick = columns | {"band_gt_px": {1: 40}}
    (finding,) = told(boundary_blurred, repeated(counts([[900, 0], [30, 70]], columns=thick)))
    assert finding.title.endswith("most of the outline is within the tolerance (boundary F1 100 %)")


def test_drawn_wobbling_outlines_are_blurred_and_shifted_centres_are_not() -> None:
    y, x = np.mgrid[:150, :150]
    gt = ((y - 75) ** 2 + (x - 75) ** 2 < 40**2).astype(np.uint8)
    angle = np.arctan2(y - 75, x - 75)
    wobbling = ((y - 75) ** 2 + (x - 75) ** 2 < (40 + 4 * np.sin(9 * angle)) ** 2).astype(np.uint8)
    kinds = Settings(min_images=3, error_width=5.0)
    finding = told(boundary_blurred, tally_of_masks([(gt, wobbling)] * 4, "ab", settings=kinds))[-1]
    assert finding.class_index == 1
    assert finding.measures["boundary_part_fraction"] > 0.9
    assert told(boundary_blurred, tally_of_masks([(gt, gt)] * 4, "ab", settings=kinds)) == []


def test_false_regions_say_where_they_are_invented() -> None:
    with_car = counts([[900, 10], [0, 100]])
    without = counts([[900, 100], [0, 0]], columns={"fp_segment_px": {1: 100}})
    (finding,) = told(false_regions, tally_of_counts([with_car, without] * 15))
    assert finding.class_index == 1
    assert finding.title.startswith("car: 91 % of its lost IoU (interval 81-96 %) is regions that are not there")
    assert finding.title.endswith("in 15 images, 15 of them without any car; taken from ground")
    assert finding.measures["images_without_class_count"] == 15
    assert {each.image_index for each in finding.evidence} <= set(range(1, 30, 2))
    assert finding.gain == pytest.approx((100 / 110 - 100 / 210) / 2)
    assert told(false_regions, repeated(with_car)) == []
    beside = counts([[900, 100], [0, 100]], columns={"fp_segment_px": {1: 100}})
    (beside_car,) = told(false_regions, repeated(beside))
    assert beside_car.title.endswith("is regions that are not there, in 25 images; taken from ground")


def test_a_class_that_is_true_nowhere_is_not_called_false_regions() -> None:
    assert told(false_regions, repeated(counts([[900, 60], [0, 0]], columns={"fp_segment_px": {1: 60}}))) == []


def test_false_regions_name_every_class_that_they_are_taken_from() -> None:
    """The first of three equal givers is not where they "mostly" are."""
    one = counts(
        [[900, 40, 0, 0], [0, 100, 0, 0], [0, 40, 300, 0], [0, 40, 0, 300]], columns={"fp_segment_px": {1: 120}}
    )
    (finding,) = told(false_regions, repeated(one))
    assert finding.title.endswith("; taken from ground, person and pole")


def test_a_drawn_region_where_nothing_is_is_false() -> None:
    gt = enlarge(draw("..........\n.cc.......\n.cc.......\n.........."), 5)
    pred = enlarge(draw("..........\n.cc...ccc.\n.cc...ccc.\n.........."), 5)
    (finding,) = told(false_regions, tally_of_masks([(gt, pred)] * 4))
    assert (finding.class_index, finding.measures["false_regions_px"]) == (1, 4 * 150)


def test_partial_coverage_is_told_where_it_dominates() -> None:
    (finding,) = told(partial_coverage, repeated(counts([[9000, 5], [60, 100]])))
    assert finding.class_index == 1
    assert "mostly by leaving parts out" in finding.title
    assert (finding.measures["left_out_px"], finding.measures["spilled_px"]) == (1500, 125)
    spilled = told(partial_coverage, repeated(counts([[9000, 60], [5, 100]])))
    assert [f.class_index for f in spilled if "spilling" in f.title] == [1]
    missed = counts([[9000, 5], [60, 100]], columns={"fn_segment_px": {1: 50}})
    assert [f.class_index for f in told(partial_coverage, repeated(missed))] == []


# ---------------------------------------------------------------- by size, by partner, by rarity


def _sizes(small: tuple[int, int], large: tuple[int, int], missed_px: int = 0, specks: int = 0) -> Counts:
    columns = {
        "objects_small": {1: small[0]},
        "objects_small_recalled": {1: small[1]},
        "objects_large": {1: large[0]},
        "objects_large_recalled": {1: large[1]},
        "fn_segment_px": {1: missed_px},
        "fn_segment_small_px": {1: missed_px},
        "specks_gt": {1: specks},
    }
    return counts([[900, 0], [100, 900]], columns=columns)


def test_small_objects_that_are_missed_are_told_with_the_part_of_the_loss_that_they_are() -> None:
    (finding,) = told(small_objects_missed, repeated(_sizes((10, 2), (4, 4), missed_px=61)))
    assert finding.title == (
        "car: 61 % of its lost IoU (interval 61-61 %) is small objects missed whole; "
        "20 % of its 250 small objects are found, 100 % of the larger ones"
    )
    assert finding.gain == pytest.approx(61 / 1000 / 2)
    (light,) = told(small_objects_missed, repeated(_sizes((10, 2), (4, 4), missed_px=5)))
    assert light.title == ("car: 20 % of its 250 small objects are found (interval 20-20 %), 100 % of the larger ones")


@pytest.mark.parametrize(
    ("why", "one"),
    [
        ("most are found", _sizes((10, 8), (4, 4), missed_px=50)),
        ("size is not the reason", _sizes((10, 2), (4, 1), missed_px=50)),
        ("they are specks", _sizes((10, 2), (4, 4), missed_px=50, specks=6)),
        ("they are found in part", _sizes((10, 2), (4, 4), missed_px=1)),
        ("there are none", _sizes((0, 0), (4, 4))),
    ],
)
def test_small_objects_are_not_blamed_where(why: str, one: Counts) -> None:
    assert told(small_objects_missed, repeated(one)) == []


def test_small_things_of_the_background_are_no_objects() -> None:
    columns = {"objects_small": {0: 10}, "fn_segment_px": {0: 90}, "fn_segment_small_px": {0: 90}}
    one = counts([[900, 100], [0, 900]], columns=columns)
    assert told(small_objects_missed, repeated(one, background=True)) == []
    assert len(told(small_objects_missed, repeated(one))) == 1


def test_drawn_small_objects_that_are_missed_are_shown_with_their_box() -> None:
    gt = enlarge(draw("c....c....c...\n..........ccc.\n...c...c..ccc.\n.c...c....ccc."), 12)
    pred = enlarge(draw("..........c...\n..........ccc.\n..........ccc.\n..........ccc."), 12)
    settings = Settings(min_images=3, object_edges_px=(200, 100_000))
    (finding,) = told(small_objects_missed, tally_of_masks([(gt, pred)] * 4, settings=settings))
    assert finding.measures["small_count"] == 6 * 4
    assert finding.measures["small_recall_fraction"] == 0.0
    assert finding.evidence[0].box == (0, 0, 12, 12)
    assert [each.image_index for each in finding.evidence] == [0, 1, 2, 3]


def test_confused_classes_are_told_once_with_both_directions_and_the_gain_of_both() -> None:
    (finding,) = told(class_confused, repeated(counts([[900, 0, 0], [0, 70, 30], [0, 10, 190]])))
    assert finding.class_index == 1
    assert (
        finding.title
        == "car: 30 % of its pixels are predicted as person (interval 30-30 %), and 5.0 % of person as car"
    )
    assert finding.gain == pytest.approx(1 - (1 + 70 / 110 + 190 / 230) / 3)
    assert finding.measures["partner_id"] == 2
    assert [each.px for each in finding.evidence] == [30] * 6


@pytest.mark.parametrize(
    ("why", "tally"),
    [
        ("one of them is background", repeated(counts([[300, 20], [30, 70]]), background=True)),
        ("little is taken", repeated(counts([[900, 0, 0], [0, 92, 8], [0, 0, 100]]))),
        ("it is a blurred border", repeated(counts([[70, 30], [0, 300]], columns={"fn_boundary_px": {0: 20}}))),
        ("it is swallowed by what surrounds it", repeated(counts([[90_000, 0], [300, 700]]))),
    ],
)
def test_classes_are_not_confused_where(why: str, tally: Tally) -> None:
    assert told(class_confused, tally) == []


def test_a_large_class_is_confused_too_where_objects_keep_their_outline() -> None:
    swallowed = {"class_index": 1, "area_px": 300, "taken_by": 0, "swap_class": 0, "swap_inter_px": 300}
    renamed = [swallowed | {"swap_union_px": 400}]
    (finding,) = told(class_confused, repeated(counts([[90_000, 0], [300, 700]], objects=renamed)))
    assert (finding.class_index, finding.measures["objects_taken_count"]) == (1, 25)
    around = [swallowed | {"swap_union_px": 90_300}]
    assert told(class_confused, repeated(counts([[90_000, 0], [300, 700]], objects=around))) == []


def test_a_drawn_object_with_another_name_is_confused_and_shown() -> None:
    gt = enlarge(draw("..........\n.cc....pp.\n.cc....pp.\n.cc....pp."), 8)
    pred = enlarge(draw("..........\n.pp....pp.\n.pp....pp.\n.pp....pp."), 8)
    (finding,) = told(class_confused, tally_of_masks([(gt, pred), (gt, gt), (gt, gt)] * 4))
    assert (finding.class_index, finding.measures["partner_id"]) == (1, 2)
    assert finding.measures["objects_taken_count"] == 4
    assert finding.evidence[0].box == (8, 8, 32, 24)


def test_rare_classes_that_are_lost_are_one_finding_about_the_worst() -> None:
    matrix = [[99_000, 0, 0, 0], [300, 200, 0, 0], [250, 0, 250, 0], [0, 0, 0, 900]]
    (finding,) = told(class_imbalance, repeated(counts(matrix)))
    assert finding.class_index == 1
    assert finding.title.startswith("car: rare in the truth, 0.5 % of the pixels, and lost (so is person); IoU 40 %")
    assert finding.measures["person_iou_fraction"] == 0.5
    assert finding.gain == pytest.approx((300 / 500 + 250 / 500) / 4)


def test_rare_but_found_and_lost_but_common_are_no_imbalance() -> None:
    assert told(class_imbalance, repeated(counts([[99_000, 0], [100, 400]]))) == []
    assert told(class_imbalance, repeated(counts([[900, 0], [300, 200]]))) == []
    all_poor = counts([[60_000, 0, 40_000], [100, 200, 0], [40_000, 0, 60_000]])  # as bad as the rest
    assert told(class_imbalance, repeated(all_poor)) == []
    invented = counts([[99_000, 600], [0, 500]])  # a low IoU, but nothing of it is lost
    assert told(class_imbalance, repeated(invented)) == []


def test_a_background_only_mirrors_what_the_others_lose() -> None:
    one = counts([[300, 200], [0, 900]], columns={"fn_boundary_px": {0: 150}})
    for background, expected in ((False, {0, 1}), (True, {1})):
        tally = repeated(one, background=background)
        assert {f.class_index for a in (boundary_blurred, partial_coverage) for f in told(a, tally)} == expected


def test_a_part_that_depends_on_one_image_is_not_told() -> None:
    fine, off = counts([[9000, 1], [3, 100]]), counts([[9000, 0], [60, 100]])
    boundary = counts([[9000, 0], [3, 100]], columns={"fn_boundary_px": {1: 3}})
    assert [f.class_index for f in told(partial_coverage, tally_of_counts([fine] * 10 + [off]))] == [1]
    assert told(partial_coverage, tally_of_counts([boundary] * 10 + [off])) == []
