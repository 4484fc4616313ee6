"""The data of the page, as a whole against a golden file, and promise by promise."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from reports import ReportError
from reports.album import Album
from reports.view import page_of
from tests import report_samples as samples

GOLD = Path(__file__).parent / "gold"


def plain(value: Any) -> Any:
    """Page data as JSON holds it; a chart by its kind, a picture by its size."""
    if isinstance(value, Markup):
        return f"<svg> {re.sub('<[^>]*>', '', value)[:80]}".strip() if value else ""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value[:22] + "…" if isinstance(value, str) and value.startswith("data:") else value


def check_gold(name: str, actual: Any) -> None:
    """Compare with the golden file; UPDATE_GOLD=1 writes it, for a person to look at the difference."""
    path, text = GOLD / name, json.dumps(actual, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("UPDATE_GOLD") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", ["partial", "empty"])
def test_the_page_data_is_golden(name: str) -> None:
    document, pictures = samples.with_pictures(getattr(samples, name)())
    check_gold(
        f"report_{name}.json", plain(page_of(document, pictures, {"started": "2030-01-01", "versions": {"x": "1"}}))
    )


def test_the_document_is_left_as_it_was() -> None:
    document = samples.hostile()
    before = copy.deepcopy(document)
    page_of(document, {})
    assert document == before


def test_another_schema_version_is_refused_with_both_numbers() -> None:
    with pytest.raises(ReportError, match="schema_version 2 found, 1 expected"):
        page_of({**samples.street(), "schema_version": 2}, {})


def test_findings_keep_the_order_of_the_document_as_in_the_terminal() -> None:
    """It is errors, warnings, notes: a note of a rare class may be worth more than a warning, and yet comes last."""
    document = samples.partial()
    document["findings"][-1] |= {"severity": "note", "gain": 0.3, "title": "a costly note"}
    document["findings"].append({"kind": "x", "severity": "note", "title": "null gain", "gain": None, "images": []})
    findings = page_of(document, {}).findings
    cards = [*findings.cards, *findings.folded]
    assert [card.title.replace("\u202f", " ") for card in cards] == [f["title"] for f in document["findings"]]
    assert (cards[0].severity, cards[0].number, cards[0].gain) == ("error", 1, "11.0 points")
    assert (cards[-2].title, cards[-2].gain, cards[-1].gain) == ("a costly note", "30.0 points", "")


def test_the_worst_images_have_pictures_however_many_the_findings_have() -> None:
    document, pictures = samples.with_pictures(samples.street())
    heavy = {name: data + bytes(150_000) for name, data in pictures.items()}
    page = page_of(document, heavy)
    assert page.images.cards and page.findings.cards[0].examples and page.pictures_left_out


def test_slices_with_too_few_images_are_named_without_rows_of_undefined_numbers() -> None:
    judged = {"column": "weather", "value": "night", "images": 30, "difference": -0.1, "verdict": "worse"}
    few = [{"column": "scene", "value": f"s{i}", "images": 3, "difference": None} for i in range(14)]
    slices = page_of({**samples.street(), "slices": [*few, judged]}, {}).slices
    assert [row.value for row in slices.rows] == ["night"]
    assert slices.not_judged == (("scene", ", ".join(f"s{i} (3)" for i in range(12)) + " and 2 more"),)


def test_few_groups_are_said_to_be_few_groups() -> None:
    document = samples.partial()
    document["resampling"] |= {"unit": "group", "units": 7}
    said = page_of(document, {}).verdict.sure
    assert any("resamples of 7 groups" in words for words in said)
    assert any("below 20 groups an interval" in words for words in said)


def test_predictions_of_no_class_have_one_name() -> None:
    """They are ignored values as often as unknown ones: "outside the class list" would be wrong for void."""
    document = samples.partial()
    document["classes"][0]["lost_to"] = [{"id": None, "name": "outside the class list", "px": 9, "fraction_of_gt": 0.5}]
    held = {name for row in page_of(document, {}).loss.rows for name, _ in row.lost_to}
    assert "no class" in held and "outside the class list" not in held


def test_findings_beyond_the_twelfth_are_folded_not_lost() -> None:
    document = samples.street()
    document["findings"] *= 4
    findings = page_of(document, {}).findings
    assert (len(findings.cards), len(findings.folded), findings.total) == (12, 24, "36 findings")


def test_the_loss_of_a_class_is_exactly_its_parts() -> None:
    for row, record in zip(
        page_of(samples.street(), {}).loss.rows,
        sorted(samples.street()["classes"], key=lambda c: c["iou"]),
        strict=True,
    ):
        widths = [float(w) for w in re.findall(r'width="([0-9.]+)%"', row.bar)]
        assert sum(widths) == pytest.approx(100, abs=0.05)
        assert widths[0] == pytest.approx(100 * record["iou"], abs=0.01)


def test_a_class_that_does_not_occur_says_so_instead_of_nine_times_undefined() -> None:
    rows = page_of(samples.empty(), {}).classes.rows
    assert {row.absent for row in rows} == {"undefined: never true and never predicted"}


@pytest.mark.parametrize(
    ("changes", "column", "words"),
    [
        ({"gt_px": 0, "recall": None}, 2, "never true"),
        ({"pred_px": 0, "precision": None}, 1, "never predicted"),
        ({"gt_px": 0, "prediction_ratio": None}, 0, "never true"),
        ({"hd95_px": None, "hd95_infinite_images": 12}, 6, "in 12 images, finite in none"),
        ({"boundary_f1": None}, 3, "no boundary to compare"),
    ],
)
def test_an_undefined_number_says_why(changes: dict[str, Any], column: int, words: str) -> None:
    document = samples.sample(("a", "b"))
    for record in document["classes"]:
        record |= changes
    cell = page_of(document, {}).classes.rows[0].cells[column]
    assert not cell.defined and cell.note == words


def test_a_mean_distance_says_in_how_many_images_it_is_infinite() -> None:
    document = samples.sample(("a", "b"))
    document["classes"][0]["hd95_infinite_images"] = 1234
    cells = [row.cells[6] for row in page_of(document, {}).classes.rows]
    assert {cell.note for cell in cells} == {"infinite in 1,234", "infinite in 3"}


def test_worst_images_say_of_how_many_they_are() -> None:
    images = page_of(samples.sample(("a", "b"), images=10_000), {}).images
    assert images.shown == "showing 24 of 10,000, worst first" and len(images.rows) == 24


def test_thousands_of_classes_are_cut_and_it_is_said() -> None:
    document = samples.sample(tuple(f"c{n}" for n in range(330)))
    page = page_of(document, {})
    assert len(page.classes.rows) == 300 and page.classes.shown == "showing 300 of 330, worst first"
    assert page.confusion.picture == "" and len(page.confusion.heaviest) == 15


def test_reasons_for_leaving_files_out_are_counted_by_kind() -> None:
    rows = page_of(samples.partial(), {}).verdict.left_out
    assert [(row.n, row.what) for row in rows] == [
        ("4", "true masks without a prediction"),
        ("9", "truncated, for one: the file ends inside chunk IDAT"),
    ]


@pytest.mark.parametrize(
    ("policy", "words"),
    [("error", ""), ("skip", ", skipped by choice"), ("empty", ", by choice scored as if nothing was predicted")],
)
def test_what_became_of_missing_predictions_is_said(policy: str, words: str) -> None:
    document = samples.partial()
    document["inputs"] |= {"missing_policy": policy, "excluded": []}
    assert [row.what for row in page_of(document, {}).verdict.left_out] == ["true masks without a prediction" + words]


def test_many_reasons_are_cut_on_the_first_screen_alone() -> None:
    document = samples.street()
    document["inputs"]["excluded"] = [{"file": f"{n}", "side": "gt", "kind": f"kind_{n}"} for n in range(9)]
    page = page_of(document, {})
    assert [row.what for row in page.verdict.left_out][-1] == "more reasons, listed under Inputs"
    assert page.verdict.left_out[-1].n == "4" and len(page.inputs.lists[0].rows) == 9


def test_files_that_are_no_masks_are_not_counted_as_masks() -> None:
    page = page_of(samples.partial(), {})
    assert dict(page.inputs.counts)["True masks found"] == "200"
    assert page.verdict.partial.startswith("187 of 200 true masks could be scored")
    assert page.inputs.others == "2 × .txt, 2 × hidden"


def test_an_interval_of_few_images_is_not_to_be_relied_on() -> None:
    few, many = (page_of(samples.sample(("a", "b"), images=n), {}).verdict.sure for n in (3, 20))
    assert any("below 20 images" in words for words in few) and not any("below" in words for words in many)


def test_examples_are_those_that_have_pictures() -> None:
    document, pictures = samples.with_pictures(samples.street())
    images = document["findings"][0]["images"]
    images[:2], images[7:9] = images[7:9], images[:2]
    card = page_of(document, pictures).findings.cards[0]
    assert [example.image for example in card.examples] == [image["image"] for image in images[7:9]]
    assert images[0]["image"] in card.also


def test_gates_are_shown_only_where_checks_exist() -> None:
    document = samples.street()
    assert page_of(document, {}).verdict.gate == ""
    document["gates"] = {"verdict": "fail", "checks": [{"id": "overall", "verdict": "fail", "message": "0.5 < 0.7"}]}
    verdict = page_of(document, {}).verdict
    assert verdict.gate == "fail" and verdict.checks[0].message == "0.5 < 0.7"


def test_pictures_beyond_the_budget_are_left_out_and_counted() -> None:
    document, pictures = samples.with_pictures(samples.street())
    names = document["evidence"][0]["pictures"]
    size = sum(len(pictures[name]) * 4 // 3 for name in names.values())
    album = Album(pictures, left=size)
    assert [shot.layer for shot in album.take(names)] == ["image", "truth", "prediction", "errors"]
    assert album.take(names) == () and album.left_out == 4
    assert album.take(None) == () and album.take({"truth": "evidence/gone.png"}) == () and album.left_out == 4


def test_a_picture_that_is_no_png_is_not_shown() -> None:
    assert Album({"evidence/a.png": b"<svg onload=alert(1)>" + bytes(40)}).take({"truth": "evidence/a.png"}) == ()


def test_a_colour_that_is_none_cannot_enter_the_page() -> None:
    document = samples.sample(("a", "b"))
    document["classes"][0]["color"] = 'red" onload="1'
    assert {row.name.color for row in page_of(document, {}).classes.rows} == {
        "#808080",
        document["classes"][1]["color"],
    }
