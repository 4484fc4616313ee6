"""`profile_of`: shares, medians and rules over all images; the tables of the research on the sets that are at hand."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from inspector.categories import Categories, Category, load_categories, numbered
from inspector.label_profile import LabelProfile, evenly_spaced, measure_mask, profile_folder, profile_of
from inspector.label_profile.panoptic import coco_mask, read_panoptic_file
from inspector.masks import Mask, Segments
from tests.label_maps import CodePair, code_pairs
from tests.label_profiles import objects_by_definition

Map = NDArray[Any]


def _profile(*maps: Map, kind: str = "classes", categories: Categories | None = None, **more: Any) -> LabelProfile:
    counts = [measure_mask(Mask.from_labels(each), kind, categories=categories, **more) for each in maps]
    return profile_of(counts, kind=kind, categories=categories)


def _close(value: float, expected: float, by: float) -> bool:
    return abs(value - expected) <= by


def _discs(centres: Sequence[tuple[int, int]], radius: float, shape: tuple[int, int] = (100, 160)) -> Map:
    """An id for each disc; later ones over earlier ones."""
    ids, (y, x) = np.zeros(shape, np.uint8), np.mgrid[: shape[0], : shape[1]]
    for number, (cy, cx) in enumerate(centres, 1):
        ids[np.hypot(y - cy, x - cx) <= radius] = number
    return ids


# ---------------------------------------------------------------------- sums, shares and medians


@given(st.lists(code_pairs(st.just((20, 30))), min_size=1, max_size=3))
@settings(max_examples=40)
def test_shares_and_medians_are_those_of_all_pixels_and_components_together(pairs: list[CodePair]) -> None:
    maps = [np.where(pair.gt == pair.k, 99, pair.gt).astype(np.uint8) for pair in pairs]
    profile = _profile(*maps, categories=numbered(9).with_ignored([99]), ignore=())
    background = {0} if profile.background_id == 0 else set()
    valid = sum(int((each != 99).sum()) for each in maps)
    foreground = sum(int(((each != 99) & ~np.isin(each, sorted(background))).sum()) for each in maps)
    assert profile.coverage == foreground / (600 * len(maps))
    assert math.isnan(profile.foreground_share) if not valid else profile.foreground_share == foreground / valid
    assert [each.id for each in profile.classes] == sorted(
        {int(v) for m in maps for v in np.unique(m)} - {99} - background
    )
    for each in profile.classes:
        assert each.share == sum(int((m == each.id).sum()) for m in maps) / valid
        shapes = [shape for m in maps for shape in objects_by_definition(m, each.id)]
        if shapes:
            assert each.solidity_median == np.median([area / hull for area, hull, _ in shapes])
            by_pixel = np.repeat([a / (math.pi * r) for a, _, r in shapes], [a for a, _, _ in shapes])
            assert _close(each.thinness_median, float(np.quantile(by_pixel, 0.5, method="inverted_cdf")), 1e-9)


def test_areas_are_percentiles_of_the_objects_without_specks() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[:2, :2] = 1  # a speck
    labels[10:14, 10:20], labels[20:30, 10:20], labels[35:55, 10:60] = 1, 1, 1
    (only,) = _profile(labels).classes
    assert only.components == 3
    assert only.area_px == {"p5": pytest.approx(46.0), "median": 100.0, "p95": pytest.approx(910.0)}
    assert (only.side_px_median, only.small_share) == (10.0, 1.0)


def test_specks_are_objects_where_a_class_is_drawn_in_them() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[::6, ::6] = 1
    (only,) = _profile(labels).classes
    assert (only.components, only.area_px["median"]) == (100, 1.0)
    assert math.isnan(only.solidity_median) and math.isnan(only.thinness_median)


@given(st.permutations(range(5)))
@settings(max_examples=20)
def test_the_order_of_the_images_changes_nothing(order: list[int]) -> None:
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 4, (12, 15 + i)).astype(np.uint8).repeat(4, axis=1) for i in range(5)]
    assert _profile(*(maps[i] for i in order)).as_json() == _profile(*maps).as_json()


def test_the_record_is_plain_json_with_null_for_what_is_not_defined() -> None:
    record = _profile(np.zeros((4, 5), np.uint8)).as_json()
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["classes"], record["background_id"], record["empty_images"]) == ([], 0, 1)
    assert (record["rarest"], record["imbalance"], record["merged"], record["coverage"]) == (None, None, None, 0.0)
    void = _profile(np.full((4, 5), 9, np.uint8), ignore=[9]).as_json()
    assert json.loads(json.dumps(void, allow_nan=False)) == void and void["foreground_share"] is None


def test_empty_images_imbalance_and_the_rarest_class() -> None:
    labels = np.zeros((10, 100), np.uint8)
    labels[2:8, 2:12], labels[2:8, 50:52] = 1, 2
    record = _profile(labels, np.zeros_like(labels)).as_json()
    assert (record["empty_images"], record["imbalance"]) == (1, 5.0)
    assert record["rarest"] == {"id": 2, "name": "class 2", "share": 12 / 2000}
    assert (record["image_height_px"], record["image_width_px"], record["largest_image_px"]) == (10, 100, 1000)


def test_no_image_is_refused() -> None:
    with pytest.raises(ValueError, match="no image"):
        profile_of([], kind="ids")


# ---------------------------------------------------------------------- rules


def test_0_is_background_where_it_surrounds_the_others_or_stands_beside_one() -> None:
    around = np.zeros((40, 40), np.uint8)
    around[10:20, 10:20], around[22:30, 10:20] = 1, 2
    below = np.ones((40, 40), np.uint8)  # a road: the largest, but half of the frame's edge is sky and wall
    below[15:], below[:15, 30:] = 0, 2
    assert _profile(around).background_id == 0
    assert _profile(below).background_id is None
    assert _profile(np.where(below == 0, 0, 1).astype(np.uint8)).background_id == 0
    assert _profile(around + 1).background_id is None


def test_a_class_list_decides_what_the_background_is() -> None:
    around = np.zeros((40, 40), np.uint8)
    around[10:20, 10:20], around[22:30, 10:20] = 1, 2
    soil = Categories.of([Category(0, "soil"), Category(1, "a"), Category(2, "b")], "test")
    told = Categories.of([Category(0, "soil"), Category(1, "a"), Category(2, "b", background=True)], "test")
    assert _profile(around, categories=soil).background_id is None
    assert _profile(around, categories=told).background_id == 2
    assert _profile(around, categories=numbered(3)).background_id == 0


def _street(objects: int) -> Mask:
    """Sky (7) above, `objects` cars (8) inside, each with an id."""
    ids = np.zeros((60, 100), np.int32)
    ids[:20] = 1
    for i in range(objects):
        ids[30:40, 5 + 15 * i : 15 + 15 * i] = 2 + i
    table = np.arange(2 + objects)
    category = np.where(table == 1, 7, 8)
    return Mask(ids, Segments(table, category, np.ones(len(table), bool), np.zeros(len(table), bool)))


def _panoptic(*masks: Mask, categories: Categories | None = None) -> LabelProfile:
    return profile_of([measure_mask(mask, "panoptic") for mask in masks], kind="panoptic", categories=categories)


def test_a_region_is_large_runs_out_of_the_frame_and_never_has_two_ids() -> None:
    above, car = _panoptic(_street(3), _street(1)).classes
    assert (above.region, above.countable) == (True, False)
    assert (car.region, car.countable, car.most_segments_per_image) == (False, True, 3)
    sky = _street(0)
    sky.ids[:20, :50] = 2  # a second piece, with an id of its own
    no = np.zeros(3, bool)
    halves = Mask(sky.ids, Segments(np.arange(3), np.array([0, 7, 7]), no, no))
    assert [each.region for each in _panoptic(halves).classes] == [False]
    _, single = _panoptic(_street(1)).classes
    assert (single.region, single.countable) == (False, None)  # one car in all images: it may be counted or not


def test_a_class_list_that_tells_things_from_stuff_decides_what_a_region_is() -> None:
    both = Categories.of([Category(7, "kite", isthing=True), Category(8, "wall")], "test")
    assert [each.region for each in _panoptic(_street(1), categories=both).classes] == [False, True]
    all_things = Categories.of([Category(7, "kite", isthing=True), Category(8, "car", isthing=True)], "test")
    assert [each.region for each in _panoptic(_street(1), categories=all_things).classes] == [True, False]


def test_merged_split_and_f1_leave_regions_out() -> None:
    profile = _panoptic(_street(3))
    assert (profile.merged, profile.split, profile.cc_f1) == (0.0, 0.0, 1.0)
    mask = _street(3)
    mask.ids[30:40, 15:20] = 2  # the first car reaches the second
    profile = _panoptic(mask)
    assert profile.merged == 2 / 3 and profile.cc_f1 == 2 * 2 / (3 + 2)  # and is most of what they make together


def test_one_component_that_holds_most_of_a_class_is_not_counted() -> None:
    discs = _discs([(20, 20), (20, 60), (20, 100), (60, 20)], 8)
    assert _profile((discs > 0).astype(np.uint8)).classes[0].countable is True
    organ = _discs([(50, 80)], 40)
    organ[2:6, 2:6] = 1
    assert _profile(organ).classes[0].countable is None


def test_fewer_than_two_components_an_image_may_be_one_thing_in_each() -> None:
    """Large and small ones, so that none dominates: 5 and 6 components in three images."""
    one, many = np.zeros((80, 80), np.uint8), np.zeros((80, 80), np.uint8)
    one[10:14, 10:14] = 1
    many[10:30, 10:30], many[10:30, 40:60], many[40:60, 10:30] = 1, 1, 1
    assert _profile(one, one, many).classes[0].countable is None
    two = one.copy()
    two[20:24, 20:24] = 1
    assert _profile(one, two, many).classes[0].countable is True


def test_a_class_is_drawn_in_specks_where_a_tenth_of_it_lies_in_them() -> None:
    labels = np.zeros((60, 60), np.uint8)
    labels[:20, :20], labels[30::3, ::3] = 1, 1  # 200 dots beside 400 px
    assert _profile(labels).classes[0].components == 201
    labels[30:, :] = 0
    labels[30, ::3] = 1  # 20 dots
    assert _profile(labels).classes[0].components == 1


def test_round_components_with_a_waist_are_likely_merged() -> None:
    apart = [(20, 20), (20, 60), (20, 100), (60, 20), (60, 60)]
    joined = _profile((_discs([*apart, (60, 100), (60, 118)], 12) > 0).astype(np.uint8))
    told = joined.likely_merged
    assert told is not None and (told["share"], told["components"]) == (1 / 6, 6)
    alone = _profile((_discs(apart, 12) > 0).astype(np.uint8)).likely_merged
    assert alone is not None and alone["share"] == 0


def test_nothing_is_said_of_merging_where_shapes_are_not_round_or_too_few() -> None:
    stars = np.kron(np.eye(9, dtype=np.uint8), np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8))
    assert _profile(np.pad(stars.repeat(5, 0).repeat(5, 1), 3)).likely_merged is None
    assert _profile(np.pad(stars.repeat(5, 0).repeat(5, 1), 3)).merging_untold == "shape"
    few = _profile((_discs([(20, 20), (60, 60)], 12) > 0).astype(np.uint8))
    assert (few.likely_merged, few.merging_untold) == (None, "few")
    many = _profile((_discs([(20, 20), (60, 60), (20, 90)], 12) > 0).astype(np.uint8))
    assert many.likely_merged is not None and many.merging_untold is None
    specks = np.zeros((60, 60), np.uint8)
    specks[::6, ::6] = 1
    assert _profile(specks).merging_untold == "few"
    assert _profile(_discs([(20, 20), (60, 60), (20, 90)], 12), kind="ids").likely_merged is None


@given(st.integers(0, 500), st.integers(1, 80))
def test_chosen_images_are_few_evenly_spaced_and_each_once(n: int, most: int) -> None:
    chosen = evenly_spaced(n, most)
    assert len(chosen) == min(n, most) and sorted(set(chosen)) == list(chosen)
    steps = np.diff(chosen)
    assert not len(steps) or steps.max() - steps.min() <= 1
    assert not chosen or (chosen[0] >= 0 and abs(chosen[0] - (n - 1 - chosen[-1])) <= 1)


def test_at_least_one_image_is_chosen() -> None:
    assert evenly_spaced(101, 1) == (50,)
    with pytest.raises(ValueError, match="at least one"):
        evenly_spaced(5, 0)


# ---------------------------------------------------------------------- the tables of the research


def test_nuclei_touch_as_the_research_found(shared: Path) -> None:
    """DSB2018, 80 of its images; the research had 133: coverage .14, 31 objects, merged .275, split 0, F1 .88."""
    profile = profile_folder(shared / "data/dsb2018/instances")
    assert profile.kind == "ids" and profile.kind_sure and profile.images == 80
    assert profile.segments_per_image == {"median": 28.5, "max": 313}
    assert profile.merged == pytest.approx(0.2702, abs=1e-4) and profile.split == 1 / 3852
    assert profile.cc_f1 == pytest.approx(0.880, abs=5e-4)
    assert profile.coverage == pytest.approx(0.1445, abs=5e-5)


def test_class_maps_of_nuclei_betray_that_they_touch(shared: Path) -> None:
    """Held against the true ids: precision and recall of "this component holds several nuclei" (research: .87, .73)."""
    profile = profile_folder(shared / "data/dsb2018/masks")
    assert profile.likely_merged is not None and profile.likely_merged["share"] == pytest.approx(0.096, abs=5e-4)
    area, solidity, several = [], [], []
    for path in sorted((shared / "data/dsb2018/instances").iterdir()):
        ids = np.array(Image.open(path))
        labels = ndimage.label(ids > 0, np.ones((3, 3)))[0]
        pairs = np.unique(np.stack([labels[ids > 0], ids[ids > 0]]), axis=1)
        held = np.bincount(pairs[0])[1:]
        counts = measure_mask(Mask.from_labels((ids > 0).astype(np.uint8)), "classes")
        kept = np.bincount(labels.ravel())[1:] >= 10
        _, px, hull, _ = counts.objects[counts.objects[:, 0] == 1].T
        area.append(px / np.median(px))
        solidity.append(px / hull)
        several.append(held[kept] > 1)
    areas, solidities, truth = np.concatenate(area), np.concatenate(solidity), np.concatenate(several)
    said = (solidities < 0.9) & (areas > 1.3)
    assert said.mean() == profile.likely_merged["share"]
    assert _close((said & truth).sum() / said.sum(), 0.91, 0.005)
    assert _close((said & truth).sum() / truth.sum(), 0.71, 0.005)


def test_cells_cut_out_by_membranes_hardly_touch(shared: Path) -> None:
    """ISBI 2012; ids from the drawn membranes. Research: coverage .78, 114 objects, merged .009, split 0, F1 1.00."""
    counts = []
    for path in sorted((shared / "data/isbi2012/masks").iterdir()):
        ids = ndimage.label(np.array(Image.open(path)) == 0)[0]  # 4-connected: a membrane of one pixel holds
        counts.append(measure_mask(Mask.from_labels(ids.astype(np.uint16)), "ids"))
    profile = profile_of(counts, kind="ids")
    assert profile.coverage == pytest.approx(0.78, abs=5e-3)
    assert profile.segments_per_image is not None and _close(profile.segments_per_image["median"], 114, 8)
    assert profile.merged is not None and profile.merged < 0.06 and profile.split == 0
    assert profile.cc_f1 is not None and profile.cc_f1 > 0.96


def test_people_and_horses_of_coco_touch_as_the_research_found(shared: Path) -> None:
    """The two panoptic samples. Research, regions and crowds taken along: coverage .98, 25 segments, merged .52,
    split .28, F1 .49, persons .79."""
    folder = shared / "oracles/panoptic-sample/panoptic_examples"
    document = read_panoptic_file(folder.with_suffix(".json"))
    counts = []
    for name, table in document.segments.items():
        mask = coco_mask(np.array(Image.open(folder / name).convert("RGB")), table)
        no_crowd = Segments(table.original_id, table.category_id, table.isthing, np.zeros(len(table), bool))
        counts.append(measure_mask(Mask(mask.ids, no_crowd), "panoptic"))
    total = {name: sum(int(c.column(name).sum()) for c in counts) for name in ("segments", "merged", "split", "found")}
    components = sum(int(c.column("components").sum()) for c in counts)
    assert (total["segments"], total["merged"]) == (50, 26)
    assert _close(total["split"] / 50, 0.28, 0.08)  # pieces below 10 px are slips of the pen to us
    assert _close(2 * total["found"] / (50 + components), 0.49, 0.01)
    persons = profile_of(counts, kind="panoptic").classes[0]
    assert persons.id == 1 and persons.merged == pytest.approx(22 / 28)


def test_coco_is_panoptic_by_coverage_regions_and_ids(shared: Path) -> None:
    profile = profile_folder(shared / "oracles/panoptic-sample/panoptic_examples")
    assert profile.kind == "panoptic" and profile.coverage == pytest.approx(0.98, abs=1e-3)
    assert {each.name for each in profile.classes if each.region} == {
        "gravel", "tree-merged", "sky-other-merged", "grass-merged",
    }  # fmt: skip
    measured = _panoptic(*_without_a_list(shared))
    assert {each.id for each in measured.classes if each.region} == {125, 184, 187, 193}
    border = {each.name: each.border_share for each in profile.classes}
    assert border["tree-merged"] > 0.99 and border["grass-merged"] > 0.98 and border["sky-other-merged"] == 1
    assert _close(border["gravel"], 0.87, 0.005) and border["person"] < 0.11 and border["horse"] == border["truck"] == 0


def _without_a_list(shared: Path) -> list[Mask]:
    folder = shared / "oracles/panoptic-sample/panoptic_examples"
    document = read_panoptic_file(folder.with_suffix(".json"))
    pictures = {name: np.array(Image.open(folder / name).convert("RGB")) for name in document.segments}
    return list(starmap(coco_mask, [(pictures[name], table) for name, table in document.segments.items()]))


def test_regions_of_streets_touch_the_border_and_objects_do_not(shared: Path) -> None:
    """CamVid. Research, other 92 images: coverage .96; road 1.00, sky .99, building .77, pavement .75, tree .53 against
    pedestrian .02, sign .10, bicycle .10, pole .24, car .29, fence .33."""
    listed = profile_folder(shared / "data/camvid", match="masks", sample=500, categories=load_categories("camvid"))
    assert listed.images == 468 and listed.kind == "classes" and listed.coverage == pytest.approx(0.965, abs=5e-4)
    border = {each.name: each.border_share for each in listed.classes}
    assert min(border[name] for name in ("sky", "building", "road", "pavement", "tree")) > 0.8
    assert max(border[name] for name in ("pole", "sign", "pedestrian", "bicyclist")) < 0.25
    assert 0.45 < border["car"] < border["fence"] < 0.6
    thin = {each.name: each.thinness_median for each in listed.classes}
    assert thin.pop("pole") > 15 and max(thin.values()) < 4
    by_itself = profile_folder(shared / "data/camvid/val/masks")
    assert by_itself.background_id is None and by_itself.likely_merged is None
    assert {each.id for each in by_itself.classes if each.region} == {0, 1, 3, 4, 5}
