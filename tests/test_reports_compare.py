"""compare.json and history.json: what keeps the contract is shown as it is, what breaks it is told by its place."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from reports import ReportError
from reports.album import Album
from reports.charts_forest import forest_axis, forest_row, reach_of
from reports.charts_sparkline import sparkline
from reports.comparison import pictures_of, read_comparison, read_history
from reports.run_folder import render_printed
from reports.section_compare import Compare, compare_of
from reports.section_history import History, history_of
from tests import compare_samples as samples
from tests import report_samples

READERS = {"compare": (read_comparison, samples.comparison), "history": (read_history, samples.history)}


def schema(name: str) -> dict[str, Any]:
    return json.loads((files("reports") / f"{name}.schema.json").read_text(encoding="utf-8"))


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u2212", "-")


@pytest.mark.parametrize("name", READERS)
def test_the_schema_is_a_schema_and_holds_for_what_is_read(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    read, sample = READERS[name]
    jsonschema.validate(sample(), schema(name))
    read(sample())


BROKEN = [
    ("compare", "verdict", "great", "compare.json: verdict: found 'great', expected 'better' or 'worse'"),
    ("compare", "classes.2.delta", "0.1", "compare.json: classes[2]: delta: found '0.1', expected a number"),
    ("compare", "paired.images", 1.5, "compare.json: paired: images: found 1.5, expected a whole number"),
    ("compare", "paired.images", True, "expected a whole number"),
    ("compare", "overall.0.interval", [0.1], "overall[0]: interval: found [0.1], expected a list of 2"),
    ("compare", "images.fixed", {}, "images: fixed: found {}, expected a list"),
    ("compare", "a", "baseline", "compare.json: a: found 'baseline', expected an object"),
    ("compare", "sentence", None, "compare.json: sentence is missing"),
    ("compare", "images.broken.0.pictures", {"truth": 3}, "pictures.truth: found 3, expected a text"),
    ("history", "runs.1.headlines.miou", "high", "runs[1]: headlines.miou: found 'high', expected a number"),
    ("history", "runs.0.gates", None, "history.json: runs[0]: gates is missing"),
]


@pytest.mark.parametrize(("name", "path", "value", "words"), BROKEN)
def test_what_breaks_the_contract_is_told_by_its_place(name: str, path: str, value: Any, words: str) -> None:
    read, sample = READERS[name]
    document = samples.broken(sample(), path, value)
    with pytest.raises(ReportError, match=re.escape(words)):
        read(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema(name))


@pytest.mark.parametrize("name", READERS)
def test_another_version_is_refused(name: str) -> None:
    read, sample = READERS[name]
    with pytest.raises(ReportError, match="schema_version 2 found, 1 expected"):
        read({**sample(), "schema_version": 2})


def test_keys_of_a_later_version_and_missing_pictures_are_no_error() -> None:
    document = {**samples.comparison(), "later": 1}
    del document["images"]["fixed"][0]["pictures"]
    assert read_comparison(document).images.fixed[0].pictures is None


# ---------------------------------------------------------------------- the section


def compared(document: dict[str, Any] | None = None, **rest: Any) -> Compare:
    section = compare_of(document or samples.comparison(), **rest)
    assert section is not None
    return section


def test_without_a_file_there_is_no_section() -> None:
    assert compare_of(None) is None and history_of(None) is None
    assert history_of({"schema_version": 1, "runs": []}) is None


def test_the_numbers_are_those_of_the_file() -> None:
    section = compared()
    assert (section.verdict.shape, section.verdict.word) == ("good", "better")
    first, *_, undefined = section.overall
    assert [plain(x) for x in (first.name[0], first.a, first.b, first.delta, first.interval, first.p)] == [
        "Mean IoU", "56.1", "58.4", "+2.3", "+0.8 to +3.7", "0.006",
    ]  # fmt: skip
    assert (undefined.a, undefined.delta, undefined.interval, undefined.p) == (
        "undefined",
        "undefined",
        "",
        "undefined",
    )
    assert plain(section.how[0]) == "180 images that both runs scored, in 12 groups, 91.4 % of those of either run"
    assert [(row.name[0], plain(row.delta), row.n) for row in section.sizes] == [
        ("small", "-4.0", "800"), ("medium", "+7.0", "300"), ("large", "+1.0", "80"),
    ]  # fmt: skip


def test_classes_come_from_worse_to_better_and_causes_by_how_much_they_moved() -> None:
    document = samples.comparison()
    document["classes"][4] |= {"delta": None, "a": None, "interval": None}
    section = compared(document)
    deltas = {c["name"]: c["delta"] for c in document["classes"]}
    shown = [deltas[row.name.name] for row in section.classes]
    assert shown[-1] is None and shown[:-1] == sorted(d for d in deltas.values() if d is not None)
    moved = [abs(c["delta"]) for c in document["causes"]]
    assert len(section.causes) == 12 and section.causes_more == "32 more changed less"
    assert abs(float(plain(section.causes[0].delta))) == pytest.approx(100 * max(moved), abs=0.05)


def test_no_correction_is_said() -> None:
    assert (
        compared({**samples.comparison(), "correction": "none"}).how[-1] == "p is not corrected for the number of tests"
    )


def test_images_open_in_the_viewer_only_where_there_is_one() -> None:
    assert compared().fixed[0].look == "#view?view.image=8"
    assert compared(are_linked=False).fixed[0].look == ""


def test_pictures_of_the_first_images_are_taken_from_the_album() -> None:
    document = samples.comparison()
    _, pictures = report_samples.with_pictures(report_samples.street())
    names = pictures_of(document)
    album = Album({name: next(iter(pictures.values())) for name in names})
    section = compared(document, album=album)
    assert [len(row.shots) for row in section.fixed] == [2, 2, 2, 2, 0, 0, 0, 0]
    assert len(names) == 2 * (8 + 5) and pictures_of({"images": [1]}) == pictures_of({}) == []


def test_the_page_of_a_run_folder_shows_both(tmp_path: Path) -> None:
    (tmp_path / "inspection.json").write_text(json.dumps(report_samples.street()), encoding="utf-8")
    assert 'id="compare"' not in render_printed(tmp_path) and 'id="history"' not in render_printed(tmp_path)
    hostile = samples.comparison(report_samples.HOSTILE)
    (tmp_path / "compare.json").write_text(json.dumps(hostile), encoding="utf-8")
    (tmp_path / "history.json").write_text(json.dumps(samples.history()), encoding="utf-8")
    page = render_printed(tmp_path)
    assert 'id="compare"' in page and 'id="history"' in page and 'href="#compare"' in page
    assert "<script>document.title" not in page and "\u202e" not in page
    (tmp_path / "compare.json").write_text('{"schema_version": 1}', encoding="utf-8")
    with pytest.raises(ReportError, match=r"compare.json: a is missing"):
        render_printed(tmp_path)


# ---------------------------------------------------------------------- charts


def test_a_forest_row_stands_about_its_zero() -> None:
    row = ET.fromstring(str(forest_row(0.05, (-0.02, 0.1), 0.1, "better", "x")))
    lines = [(line.get("class"), line.get("x1"), line.get("x2")) for line in row.findall("line")]
    assert lines == [
        ("zero", "50%", "50%"), ("whisker", "40.8%", "96%"), ("whisker", "40.8%", "40.8%"), ("whisker", "96%", "96%"),
    ]  # fmt: skip
    mark = row.find("svg")
    assert mark is not None and mark.get("x") == "73%"


def test_verdicts_differ_in_shape() -> None:
    paths = {re.findall(r' d="([^"]*)"', str(forest_row(0.0, None, 1.0, verdict, "x")))[0]
             for verdict in ("better", "worse", "no difference shown")}  # fmt: skip
    assert len(paths) == 3 and "<path" not in forest_row(None, None, 1.0, "cannot tell", "x")


@pytest.mark.parametrize(("values", "reach"), [([], 0.01), ([0.003, -0.012, None], 0.02), ([-0.5], 0.5), ([0.7], 1.0)])
def test_the_axis_ends_at_a_round_number_beyond_all(values: list[float | None], reach: float) -> None:
    assert reach_of(values) == reach
    assert len(ET.fromstring(str(forest_axis(reach))).findall("text")) == 5


def test_a_sparkline_breaks_at_what_is_undefined_and_crosses_what_failed() -> None:
    line = ET.fromstring(str(sparkline([0.5, 0.6, None, 0.55, 0.7], [False, True, False, False, False], "x")))
    assert [len(part.get("points", "").split()) for part in line.findall("polyline")] == [2, 2]
    (cross,) = line.findall("path")
    assert cross.get("class") == "failed" and cross.get("transform", "").startswith("translate(48 ")
    assert sparkline([None, None], [False, False], "x") == ""


def test_noise_does_not_look_like_a_trend() -> None:
    line = ET.fromstring(str(sparkline([0.5, 0.501], [False, False], "x")))
    (part,) = line.findall("polyline")
    heights = [float(point.split(",")[1]) for point in part.get("points", "").split()]
    assert abs(heights[0] - heights[1]) < 3  # of 28: 0.1 points of a span of 2


# ---------------------------------------------------------------------- history


def told(runs: int = 9) -> History:
    section = history_of(samples.history(runs))
    assert section is not None
    return section


def test_each_headline_has_its_last_value_and_its_change() -> None:
    first, *_ = told().trends
    values = [run["headlines"]["miou"] for run in samples.history()["runs"]]
    assert (first.title, plain(first.last)) == ("Mean IoU", f"{100 * values[-1]:.1f} %")
    assert float(plain(first.change)) == pytest.approx(100 * (values[-1] - values[-2]), abs=0.05)


def test_runs_are_listed_newest_first_and_a_long_list_is_cut() -> None:
    section = told(40)
    assert [row.label for row in section.runs[:2]] == ["run 40", "run 39"] and len(section.runs) == 20
    assert section.shown == "showing 20 of 40, newest first"
    assert [row.shape for row in told().runs if row.label == "run 5"] == ["error"]


def test_one_run_is_no_trend() -> None:
    section = told(1)
    assert section.lead.startswith("The first run") and {trend.change for trend in section.trends} == {""}
