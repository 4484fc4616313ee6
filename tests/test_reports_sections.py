"""The static sections: next steps, gains, the strip over widths, scores, ratios with intervals, calibration, gates."""

from __future__ import annotations

import json
import math
import random
import re
import statistics
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from markupsafe import Markup

from inspector.arrays import inspect_arrays
from inspector.categories import numbered
from inspector.results import to_json
from inspector.settings import Settings
from reports.charts_scores import histogram_of
from reports.section_calibration import Calibration, calibration_of
from reports.section_distribution import distribution_of
from reports.section_loss import loss_of
from reports.section_next import next_steps
from reports.section_scores import Scores, scores_of
from reports.section_verdict import verdict_of
from reports.text import cleaned
from reports.words import CAUSES
from tests import report_samples as samples

Document = dict[str, Any]


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u2212", "-")


def inspected() -> Document:
    """A run on drawn maps: a class that is shifted, one whose objects are missed, and one that is right."""
    gt = np.zeros((60, 90), np.uint8)
    gt[10:40, 10:40], gt[45:52, 60:67] = 1, 2
    gt[5:9, 60:64] = 2
    pred = np.roll(gt, 2, axis=1)
    pred[45:52] = 0
    settings = Settings(resamples=50, min_images=2)
    document = inspect_arrays(dict.fromkeys("abc", (gt, pred)), categories=numbered(3), settings=settings).document
    return json.loads(to_json(document))


# ---------------------------------------------------------------------- what to do next


def steps(document: Document) -> list[tuple[str, str, str, str]]:
    return [(step.about, step.words, plain(step.worth), step.anchor) for step in next_steps(cleaned(document))]


def finding(advice: str, name: str | None = None, gain: float | None = None) -> Document:
    return {"kind": "x", "severity": "warning", "class_name": name, "title": "t", "advice": advice, "gain": gain}


def test_one_advice_is_one_step_for_all_its_classes() -> None:
    found = [finding("Wait.", "car", 0.02), finding("Look.", None, 0.01), finding("Wait.", "bus", 0.015)]
    assert steps({"overall": {"miou": 0.5}, "findings": found}) == [
        ("car, bus", "Wait.", "worth up to 2.0 points each", "finding-1"),
        ("", "Look.", "worth 1.0 point", "finding-2"),
    ]


def test_there_are_three_steps_at_most_and_input_comes_first() -> None:
    document = samples.partial()
    told = steps(document)
    assert len(told) == 3
    assert told[0] == (
        "9 truncated, for one: the file ends inside chunk IDAT", "Mend the input first: copy or export the file again",
        "", "inputs",
    )  # fmt: skip
    assert [anchor for *_, anchor in told[1:]] == ["finding-1", "finding-2"]


def test_what_was_left_out_by_choice_is_nothing_to_mend() -> None:
    chosen = [{"image": "a.png", "side": "gt", "reason": "blurred"}]
    document = {"overall": {"miou": 0.5}, "partial": False, "inputs": {"excluded_by_choice": chosen}, "findings": []}
    assert [step.anchor for step in next_steps(document)] == [""]


def test_where_nothing_is_to_be_done_that_is_said() -> None:
    assert steps({"overall": {"miou": 0.9}, "findings": []})[0][1].startswith("Nothing stood out")
    assert steps({"overall": {"miou": None}})[0][1:] == (
        "Nothing could be scored: mend the input, and run it again.", "", "inputs",
    )  # fmt: skip


def test_gates_that_failed_come_first_and_many_are_folded() -> None:
    verdicts = ["passed", "cannot tell", "failed", "passed", "failed"]
    checks = [{"id": f"g{n}", "verdict": verdict, "message": ""} for n, verdict in enumerate(verdicts)]
    verdict = verdict_of({**samples.street(), "gates": {"verdict": "failed", "checks": checks}})
    assert [(c.name, c.shape) for c in verdict.checks] == [("g2", "error"), ("g4", "error"), ("g1", "warning")]
    assert [c.name for c in verdict.more_checks] == ["g0", "g3"] and verdict.gate_shape == "error"


# ---------------------------------------------------------------------- loss: gains and widths


def test_a_gain_is_told_for_the_mean_and_for_the_class() -> None:
    document = inspected()
    rows = {row.name.name: row for row in loss_of(document).gains.rows}
    n = document["overall"]["classes_in_mean"]
    for record in document["classes"]:
        cells = rows[record["name"]].cells
        for cause, cell in zip(CAUSES, cells, strict=True):
            gain = record["gains"][cause.key]
            assert _points(cell.miou) == pytest.approx(100 * gain, abs=0.051)
            assert _points(cell.iou) == pytest.approx(100 * gain * n, abs=0.051)
        best = max(record["gains"], key=lambda cause: record["gains"][cause])
        marked = [cause.key for cause, cell in zip(CAUSES, cells, strict=True) if cell.first]
        assert marked == ([best] if record["gains"][best] else [])


def _points(text: str) -> float:
    """A shown number; "<+0.1" is less than shown."""
    text = plain(text)
    return 0.05 if text.startswith("<") else float(text)


def test_gains_come_with_their_rules_and_old_documents_have_none() -> None:
    gains = loss_of(inspected()).gains
    assert any("1 % of the image diagonal wide" in plain(rule) for rule in gains.rules)
    assert any("mean is over 3 classes" in rule for rule in gains.rules)
    old = loss_of(samples.street())
    assert old.rows and not old.gains.rows and old.sensitivity is None


def test_a_strip_stands_for_the_whole_loss_at_each_width() -> None:
    document = inspected()
    moved = loss_of(document).sensitivity
    assert moved is not None and [plain(head) for head in moved.heads] == ["0.5 ×", "1 ×", "2 ×", "4 ×"]
    assert moved.of == "on all 3 images"
    for strip in moved.strips:
        heights: dict[str, float] = {}
        for rect in ET.fromstring(str(strip.chart)).iter("rect"):
            column = rect.get("x", "")
            heights[column] = heights.get(column, 0) + float(rect.get("height", ""))
        assert len(heights) == 4 and all(height == pytest.approx(68, abs=0.1) for height in heights.values())


def test_the_boundary_share_of_the_strip_is_that_of_the_document() -> None:
    document = inspected()
    moved = loss_of(document).sensitivity
    assert moved is not None
    by_name = {row.name.name: row for row in moved.rows}
    for record, held in zip(document["classes"], document["sensitivity"]["classes"], strict=True):
        lost = 1 - record["iou"]
        expected = [100 * share / lost for share in held["loss"]["boundary"]]
        shown = [float(text) for text in by_name[record["name"]].boundary]
        assert shown == pytest.approx(expected, abs=0.051)


def test_a_class_whose_main_cause_hangs_on_the_width_is_named() -> None:
    document = inspected()
    record = document["sensitivity"]
    record |= {"images": 2}
    steady = {
        "missed_objects": [0.3] * 4,
        "false_regions": [0.0] * 4,
        "boundary": [0.1] * 4,
        "partial_coverage": [0.1] * 4,
    }
    moving = {
        **steady,
        "missed_objects": [0.0] * 4,
        "boundary": [0.1, 0.2, 0.4, 0.5],
        "partial_coverage": [0.4, 0.3, 0.1, 0],
    }
    absent = {cause: [None] * 4 for cause in steady}
    for held, loss in zip(record["classes"], (steady, moving, absent), strict=True):
        held["loss"] = loss
    moved = loss_of(document).sensitivity
    assert moved is not None and moved.of == "on 2 of 3 images, evenly spaced"
    name = document["classes"][1]["name"]
    assert moved.said == (
        "The main cause is the same at every width for 1 of 2 classes.",
        f"It depends on the width for {name}: do not lean on the split between causes there.",
    )


# ---------------------------------------------------------------------- scores


def told(values: list[float | None], **rest: bool) -> Scores:
    section = scores_of(((n, f"image {n}", value) for n, value in enumerate(values)), **rest)
    assert section is not None
    return section


def test_scores_are_counted_and_the_worst_are_marked() -> None:
    rng = random.Random(2)
    values: list[float | None] = [rng.uniform(0.31, 0.99) for _ in range(400)]
    values += [None, math.nan]
    section, known = told(values), [v for v in values if v is not None and v == v]
    svg = ET.fromstring(str(section.chart))
    titles = [rect.findtext("title", "") for rect in svg.iter("rect")]
    assert sum(int(re.findall(r"(\d+) image", title)[0]) for title in titles) == 400
    worst = sorted(range(400), key=lambda n: known[n])[:5]
    assert [row.image for row in section.worst] == [f"image {n}" for n in worst]
    assert [m.findtext("title", "").split(":")[0] for m in svg.iter("path")] == [f"image {n}" for n in worst]
    assert f"{100 * statistics.median(known):.1f} %" in plain(section.said)
    assert section.unscored == "2 without a score: no class could be scored in them."


def test_few_scores_are_no_spread() -> None:
    assert scores_of([(n, "x", 0.5) for n in range(4)]) is None and scores_of([]) is None


def test_names_are_made_visible_and_open_only_where_a_viewer_is() -> None:
    assert scores_of((n, "\u202egnp", n / 10) for n in range(6)).worst[0].image == "⟨U+202E⟩gnp"  # type: ignore[union-attr]
    assert told([0.5] * 6).worst[1].look == "#view?view.image=1&view.list=images&view.at=1"
    assert told([0.5] * 6, are_linked=False).worst[1].look == ""


@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0, 1.0], [0.3, 0.6, 0.9], [0.7, 0.70001, 0.85, 1.0], [0.29999999]])
def test_every_score_is_in_one_bin(values: list[float]) -> None:
    histogram = histogram_of(values)
    assert sum(histogram.counts) == len(values) and histogram.low <= min(values)
    for value in values:
        assert any(
            count and low - 1e-9 <= value <= high + 1e-9
            for count, (low, high) in ((c, histogram.edges(p)) for p, c in enumerate(histogram.counts))
        )


# ---------------------------------------------------------------------- ratios


def test_the_ratio_of_areas_has_its_interval() -> None:
    document = samples.sample(("a", "b"))
    document["classes"][0]["intervals"]["prediction_ratio"] = [0.66, 0.994]
    rows = {row.name.name: plain(row.interval) for row in distribution_of(document).rows}
    assert rows == {"a": "0.66–0.99 ×", "b": ""}


def test_a_run_gives_the_ratio_an_interval() -> None:
    assert {row.name.name for row in distribution_of(inspected()).rows if row.interval}


# ---------------------------------------------------------------------- calibration


def calibrated(confidence: float, accuracy: float) -> Calibration:
    empty = {"n": 0, "confidence": None, "accuracy": None}
    bins = [{"low": n / 15, "high": (n + 1) / 15, **empty} for n in range(15)]
    bins[13] |= {"n": 900, "confidence": confidence, "accuracy": accuracy}
    bins[5] |= {"n": 100, "confidence": 0.35, "accuracy": 0.35}
    document = samples.sample(("a", "b"))
    document["calibration"] = {
        "bins": bins, "ece": 0.9 * abs(confidence - accuracy), "images": 3, "of": 4,
        "classes": [{"id": 0, "ece": 0.01, "n": 10}, {"id": 1, "ece": 0.2, "n": 990}, {"id": 9, "ece": None, "n": 0}],
    }  # fmt: skip
    section = calibration_of(document)
    assert section is not None
    return section


def test_a_sure_and_wrong_model_is_said_to_be_so() -> None:
    over, under, even = calibrated(0.9, 0.8), calibrated(0.9, 0.95), calibrated(0.9, 0.902)
    assert [plain(words) for words in over.said] == [
        "The expected calibration error is 9.0 %.",
        "The model is surer than it is right: its mean confidence is 84.5 %, 75.5 % is right.",
        "Measured on 3 of 4 images, 1,000 px.",
    ]
    assert "less sure" in under.said[1] and "about as sure" in even.said[1]
    assert [(row.name.name, row.ece, row.n) for row in over.classes] == [("b", "20.0", "990"), ("a", "1.0", "10")]


def test_bins_stand_at_their_accuracy_and_empty_ones_not_at_all() -> None:
    svg = ET.fromstring(str(calibrated(0.9, 0.8).chart))
    right = [rect for rect in svg.iter("rect") if rect.get("class") == "right"]
    side = 394  # px of the square
    assert [float(rect.get("height", "")) for rect in right] == pytest.approx([0.35 * side, 0.8 * side], abs=0.02)
    gaps = [float(rect.get("height", "")) for rect in svg.iter("rect") if rect.get("class") == "gap"]
    assert gaps == pytest.approx([0, 0.1 * side], abs=0.02)


@pytest.mark.parametrize("record", [None, {}, {"ece": None, "bins": []}])
def test_without_probabilities_there_is_no_section(record: Document | None) -> None:
    assert calibration_of({**samples.street(), "calibration": record}) is None


def test_all_charts_are_markup() -> None:
    assert isinstance(calibrated(0.9, 0.8).chart, Markup) and isinstance(told([0.5] * 6).chart, Markup)
