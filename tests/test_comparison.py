"""compare.json: every number against plain loops over the masks, corrections by hand, words that fit the numbers."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from scipy import stats

from inspector.compare_runs import difference_of, pair_runs
from inspector.comparison import Choices, compare
from inspector.errors import InputError
from inspector.intervals import expanded_confidence
from inspector.measures import MEASURES
from inspector.results import to_json
from inspector.runs import Run
from inspector.settings import SIZES, Settings
from tests.drawn_runs import Pairs, predicted, run_of, scenes
from tests.pictures import NAMES

ROOT = Path(__file__).resolve().parents[1]
IMAGES = 24
GROUND, CAR, PERSON, POLE, SIGN, TREE = range(6)
CHOICES = Choices(resamples=300, min_images=10)
WEATHER = ["sun", "rain", "rain", "sun", "fog", "rain"] * 4  # 8, 12 and 4 images


@cache
def masks() -> tuple[Pairs, Pairs]:
    """Cars got worse, trees better, signs are seldom; image 0 was all wrong and is right now."""
    truths = scenes(IMAGES)
    for truth in truths[4:]:
        truth[truth == SIGN] = GROUND
    a = list(predicted(truths, {CAR: 0.2, TREE: 0.4, PERSON: 0.2, SIGN: 0.3}, seed=1))
    b = list(predicted(truths, {CAR: 0.6, TREE: 0.1, PERSON: 0.2, SIGN: 0.4}, seed=2))
    a[0], b[0] = (truths[0], np.zeros_like(truths[0])), (truths[0], truths[0].copy())
    return a, b


@cache
def runs() -> tuple[Run, Run]:
    a, b = masks()
    return run_of(a, "old"), run_of(b, "new", metadata={"weather": WEATHER})


@cache
def document() -> dict[str, Any]:
    return json.loads(to_json(compare(*runs(), CHOICES)[0]))


def iou(pairs: Pairs, c: int) -> float:
    union = sum(int(((t == c) | (p == c)).sum()) for t, p in pairs)
    return sum(int(((t == c) & (p == c)).sum()) for t, p in pairs) / union if union else math.nan


def miou(pairs: Pairs) -> float:
    return float(np.nanmean([iou(pairs, c) for c in range(len(NAMES))]))


def accuracy(pairs: Pairs) -> float:
    return sum(int((t == p).sum()) for t, p in pairs) / sum(t.size for t, _ in pairs)


def holm_by_hand(p_values: list[float]) -> list[float]:
    ordered = sorted(p_values)
    return [
        max(min(1.0, (len(ordered) - k) * ordered[k]) for k in range(ordered.index(p) + 1)) for p in p_values
    ]  # fmt: skip


def test_the_numbers_are_those_of_plain_loops() -> None:
    a, b = masks()
    rows = {row["metric"]: row for row in document()["overall"]}
    for name, count in (("miou", miou), ("pixel_accuracy", accuracy)):
        assert (rows[name]["a"], rows[name]["b"]) == pytest.approx((count(a), count(b)))
        assert rows[name]["delta"] == pytest.approx(count(b) - count(a))
    for c, row in enumerate(document()["classes"]):
        assert (row["a"], row["b"]) == pytest.approx((iou(a, c), iou(b, c)))
        assert row["images"] == sum(bool((t == c).any()) for t, _ in a)
        assert (row["id"], row["name"], row["metric"]) == (c, NAMES[c], "iou")


def test_an_interval_is_that_of_loops_over_the_same_draws() -> None:
    a, b = masks()
    paired = pair_runs(*runs(), Settings(resamples=300))
    images = np.arange(IMAGES)
    drawn = paired.a.weigh(images, images, [np.ones(IMAGES)], IMAGES)[0].astype(int)
    deltas = []
    for row in drawn:
        chosen = [i for i, times in enumerate(row) for _ in range(times)]
        deltas.append(accuracy([b[i] for i in chosen]) - accuracy([a[i] for i in chosen]))
    row = next(row for row in document()["overall"] if row["metric"] == "pixel_accuracy")
    tail = 50 * (1 - expanded_confidence(0.95, IMAGES))
    assert row["interval"] == pytest.approx(np.percentile(deltas, [tail, 100 - tail]).tolist())
    t = row["delta"] / np.std(deltas) * math.sqrt((IMAGES - 1) / IMAGES)
    beyond = min(sum(d >= 0 for d in deltas), sum(d <= 0 for d in deltas))
    by_rank = 2 * (1 + beyond) / (1 + len(deltas)) if beyond else 0
    assert row["p"] == pytest.approx(max(2 * stats.t.sf(abs(t), IMAGES - 1), by_rank), abs=4e-3)


def test_p_is_corrected_by_holm_over_what_is_looked_at() -> None:
    first, *others = document()["overall"]
    assert first["metric"] == "miou" and first["p_adjusted"] == first["p"]  # the verdict is one test
    assert [row["p_adjusted"] for row in others] == pytest.approx(holm_by_hand([row["p"] for row in others]))
    paired = pair_runs(*runs(), Settings(resamples=300))
    classes = {row["id"]: row for row in document()["classes"]}
    looked_at = [c for c, row in classes.items() if row["images"] >= 10]
    found = [difference_of(paired, MEASURES["iou"], c) for c in looked_at]
    p_values = [min(1.0, 2 * min(each.p_worse, each.p_better)) for each in found]
    assert [classes[c]["p_adjusted"] for c in looked_at] == pytest.approx(holm_by_hand(p_values))
    assert SIGN not in looked_at and classes[SIGN]["p_adjusted"] is None


def test_verdicts_follow_interval_p_margin_and_the_number_of_images() -> None:
    said = {row["name"]: row["verdict"] for row in document()["classes"]}
    assert (said["car"], said["tree"], said["person"], said["sign"]) == (
        "worse", "better", "no difference shown", "cannot tell",
    )  # fmt: skip
    for row in document()["classes"] + document()["overall"]:
        if row["verdict"] in ("better", "worse"):
            low, high = row["interval"]
            assert (low > 0) if row["verdict"] == "better" else (high < 0)
            assert row["p_adjusted"] < 0.05
    car = abs(next(row["delta"] for row in document()["classes"] if row["name"] == "car"))
    for margin, expected in ((car * 0.99, "worse"), (car * 1.01, "no difference shown")):
        rows = compare(*runs(), Choices(resamples=300, min_images=10, margin=margin))[0]["classes"]
        assert rows[CAR]["verdict"] == expected


def test_causes_are_the_loss_and_sizes_are_counted_objects() -> None:
    a, b = masks()
    for c in range(len(NAMES)):
        rows = [row for row in document()["causes"] if row["class_id"] == c]
        assert len(rows) == 4
        for side, pairs in (("a", a), ("b", b)):
            assert sum(row[side] for row in rows) == pytest.approx(1 - iou(pairs, c))
    old, new = (run.tables["objects"] for run in runs())
    for row in document()["sizes"]:
        held = [np.asarray(table.column("size")) == row["size"] for table in (old, new)]
        assert row["n"] == held[0].sum()
        for side, table, of_size in (("a", old, held[0]), ("b", new, held[1])):
            found = np.asarray(table.column("matched"))[of_size]
            assert row[side] == (pytest.approx(found.mean()) if len(found) else None)
    assert [row["size"] for row in document()["sizes"]] == list(SIZES)


def test_a_slice_is_what_a_gate_on_it_says() -> None:
    rows = {row["value"]: row for row in document()["slices"]}
    assert {value: row["n"] for value, row in rows.items()} == {"sun": 8, "rain": 12, "fog": 4}
    paired = pair_runs(*runs(), Settings(resamples=300), "weather=rain")
    found = difference_of(paired, MEASURES["miou"], None)
    rain = rows["rain"]
    assert (rain["a"], rain["b"], rain["delta"]) == (found.a, found.b, found.difference)
    assert rain["interval"] == list(found.interval)
    assert rain["p_adjusted"] == min(1.0, 2 * min(found.p_worse, found.p_better))  # the only one with ten images
    a, b = masks()
    fog = [i for i, weather in enumerate(WEATHER) if weather == "fog"]
    assert (rows["fog"]["a"], rows["fog"]["b"]) == pytest.approx((miou([a[i] for i in fog]), miou([b[i] for i in fog])))
    assert rows["fog"]["interval"] is None and rows["fog"]["verdict"] == "cannot tell"
    assert compare(*runs()[::-1], CHOICES)[0]["slices"] == []  # the newer one has no metadata


def test_images_are_fixed_and_broken_by_their_own_mean_iou() -> None:
    a, b = masks()
    own = [(miou([one]), miou([other])) for one, other in zip(a, b, strict=True)]
    delta = np.array([y - x for x, y in own])
    held, places = document()["images"], compare(*runs(), CHOICES)[1]
    for name, rise in (("fixed", delta), ("broken", -delta)):
        expected = [int(i) for i in np.argsort(-rise, kind="stable") if rise[i] >= 0.05]
        assert [row["image_index"] for row in held[name]] == expected and held[f"{name}_total"] == len(expected)
        assert places[name] == [(i, i) for i in expected]
        for row in held[name]:
            i = row["image_index"]
            assert row["image"] == f"image {i}" and (row["a"], row["b"]) == pytest.approx(own[i])
    assert held["fixed"][0]["image_index"] == 0 and held["broken"]
    assert held["unchanged"] == sum(abs(d) < 0.05 for d in delta)
    assert held["shown"] == len(held["fixed"]) + len(held["broken"])


def test_five_points_are_five_points_whatever_the_float() -> None:
    """0.35 - 0.3 is a little less than 0.05."""
    a, b = runs()
    tables = [dict(run.tables) for run in (a, b)]
    for held, value in zip(tables, (0.3, 0.35), strict=True):
        images = held["images"]
        columns = {name: images.column(name) for name in images.names()} | {"mean_iou": np.full(IMAGES, value)}
        held["images"] = type(images)(columns)
    changed = compare(Run("a", a.document, tables[0]), Run("b", b.document, tables[1]), CHOICES)[0]["images"]
    assert changed["fixed_total"] == IMAGES and changed["shown"] == 24


def test_the_sentence_says_what_the_numbers_say() -> None:
    text = document()["sentence"]
    first = document()["overall"][0]
    assert f"mean IoU is {100 * first['b']:.1f} %, was {100 * first['a']:.1f} %" in text
    assert "Worse for sure: car; better for sure: tree" in text and "1 class in fewer than 10 images is not" in text
    a, b = runs()
    for older, newer in ((a, b), (b, a)):
        told = compare(older, newer, CHOICES)[0]
        begins = {
            "better": f"{newer.name} is better than {older.name}", "worse": f"{newer.name} is worse than {older.name}",
            "no difference shown": f"No difference is shown between {newer.name} and {older.name}",
            "cannot tell": f"It cannot be told whether {newer.name} is better than {older.name}",
        }[told["verdict"]]  # fmt: skip
        assert told["sentence"].startswith(begins) and told["verdict"] == told["overall"][0]["verdict"]


def test_all_verdicts_and_their_words() -> None:
    truths = scenes(IMAGES)
    good, bad = (
        run_of(predicted(truths, dict.fromkeys(range(1, 6), w)), name) for w, name in ((0.1, "good"), (0.5, "bad"))
    )
    told = {pair: compare(*pair_of, CHOICES)[0] for pair, pair_of in {"up": (bad, good), "down": (good, bad)}.items()}
    assert told["up"]["verdict"] == "better" and told["down"]["verdict"] == "worse"
    few = compare(good, bad, Choices(resamples=100, min_images=30))[0]
    assert few["verdict"] == "cannot tell" and f"{IMAGES} images, fewer than 30" in few["sentence"]
    same = compare(good, good, CHOICES)[0]
    assert same["verdict"] == "no difference shown" and same["overall"][0]["p"] == 1
    assert {row["verdict"] for row in same["overall"]} == {"no difference shown"}
    within = compare(good, bad, Choices(resamples=100, min_images=10, margin=0.9))[0]
    assert within["verdict"] == "no difference shown" and "within the margin of 90 points" in within["sentence"]


def test_one_group_is_no_ground_for_a_verdict() -> None:
    truths = scenes(IMAGES)
    sides = [run_of(predicted(truths, {CAR: w}), groups=["one"] * IMAGES) for w in (0.1, 0.5)]
    told = compare(*sides, CHOICES)[0]
    assert told["paired"]["groups"] == 1 and told["overall"][0]["interval"] is None
    assert told["verdict"] == "cannot tell" and "too few images or groups for an interval" in told["sentence"]


def test_images_of_another_truth_are_left_out_and_told() -> None:
    a, b = masks()
    changed = [(t.copy(), p) for t, p in b]
    changed[3][0][:2] = POLE
    told = compare(run_of(a), run_of(changed), CHOICES)[0]
    assert told["paired"]["images"] == IMAGES - 1 and told["paired"]["overlap_fraction"] == (IMAGES - 1) / IMAGES
    assert told["notes"] == ["1 image that both have with another truth is left out: image 3"]
    with pytest.raises(InputError, match="cannot be compared"):
        compare(run_of(a[:4]), run_of(b), CHOICES)


def test_the_same_runs_give_the_same_bytes_and_another_seed_others() -> None:
    texts = [to_json(compare(*runs(), CHOICES)[0]) for _ in range(2)]
    assert texts[0] == texts[1] == json.dumps(document(), indent=1) + "\n"
    assert to_json(compare(*runs(), Choices(resamples=300, min_images=10, seed=1))[0]) != texts[0]


def test_the_document_keeps_the_contract_of_the_report() -> None:
    schema = ROOT / "reports" / "compare.schema.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))
    for told in (document(), json.loads(to_json(compare(*runs()[::-1], Choices(resamples=100, min_images=30))[0]))):
        assert list(validator.iter_errors(told)) == []
