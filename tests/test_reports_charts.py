"""Charts say what their numbers say."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from markupsafe import Markup

from reports.charts import dumbbell, interval_bar, patterns, share_bar, stacked_bar
from reports.charts_lines import Curve, line_chart
from reports.charts_matrix import heat_map
from reports.svg import el
from reports.words import CAUSES


def parsed(svg: Markup) -> ET.Element:
    return ET.fromstring(str(svg))


def percents(svg: Markup, attribute: str, class_: str) -> list[float]:
    return [float(e.get(attribute, "").rstrip("%")) for e in parsed(svg).iter() if e.get("class") == class_]


def test_what_goes_into_an_element_is_escaped() -> None:
    made = el("text", "<b>&", class_='x" onload="1', font_size=1.50)
    assert made == '<text class="x&#34; onload=&#34;1" font-size="1.5">&lt;b&gt;&amp;</text>'


def test_stacked_parts_follow_each_other_and_sum_to_the_whole() -> None:
    bar = stacked_bar([("kept", 0.5, "right"), ("boundary", 0.2, "b"), ("none", 0.0, "n"), ("partial", 0.3, "p")], "x")
    rects = parsed(bar).findall("rect")
    assert [r.get("class") for r in rects] == ["kept", "boundary", "partial"]
    assert [(r.get("x"), r.get("width")) for r in rects] == [("0%", "50%"), ("50%", "20%"), ("70%", "30%")]


def test_a_value_and_its_interval_stand_at_their_places() -> None:
    bar = interval_bar(0.25, [0.2, 0.4], "IoU")
    assert percents(bar, "width", "fill") == [25]
    assert percents(bar, "x1", "whisker") == [20, 20, 40] and percents(bar, "x2", "whisker") == [40, 20, 40]


@pytest.mark.parametrize("bounds", [None, [None, None], [0.2, None]])
def test_without_an_interval_there_is_no_whisker(bounds: list[float | None] | None) -> None:
    assert "whisker" not in interval_bar(0.5, bounds, "IoU")


def test_what_is_undefined_has_no_bar() -> None:
    assert 'class="fill"' not in interval_bar(None, None, "IoU") + share_bar(None, "recall")


def test_truth_and_prediction_stand_on_a_logarithmic_axis() -> None:
    bar = dumbbell(0.1, 0.001, "x")
    assert percents(bar, "cx", "truth") == [77] and percents(bar, "x", "prediction") == [41]
    assert "circle" not in dumbbell(0, 0.5, "x") and "prediction" not in dumbbell(0.5, 0, "x")


def test_every_cause_has_a_texture_of_its_own() -> None:
    drawn = {p.get("id"): [path.get("d") for path in p.iter("path")] for p in parsed(patterns()).iter("pattern")}
    textures = [str(drawn[f"fill-{cause.key}"]) for cause in CAUSES]
    assert len(set(textures)) == len(textures) == 4 and "fill-gap" in drawn


def test_a_line_skips_what_is_undefined() -> None:
    chart = parsed(
        line_chart([Curve("a", (0.5, 1, 2), (0.1, None, 0.3), rank=0), Curve("b", (0.5,), (None,))], "x", "y")
    )
    lines = [line.get("points", "").split() for line in chart.findall("polyline")]
    assert sorted(map(len, lines)) == [0, 2]
    assert "a from 10.0 to 30.0 %" in chart.get("aria-label", "")


def test_names_at_the_ends_of_lines_do_not_touch() -> None:
    curves = [Curve(f"class {n}", (1, 2), (0.5, 0.5 + n / 1000), rank=n) for n in range(4)]
    chart = parsed(line_chart(curves, "x", "y"))
    places = sorted(float(t.get("y", "")) for t in chart.iter("text") if t.get("class", "").startswith("name"))
    assert all(b - a >= 15 - 1e-6 for a, b in pairwise(places)) and places[-1] <= 300


def test_no_curve_is_no_chart() -> None:
    assert line_chart([], "x", "y") == ""


def test_each_cell_of_the_heat_map_says_its_numbers_and_its_side() -> None:
    chart = parsed(heat_map(["a", "b"], ["a", "b", "out"], [[90, 10, 0], [0, 0, 1]]))
    said = {rect.findtext("title"): rect.get("class") for rect in chart.iter("rect") if rect.find("title") is not None}
    plain = {title.replace("\u202f", " "): class_ for title, class_ in said.items() if title}
    assert plain == {
        "true a, predicted a: 90 px, 90.0 % of row": "hit s8",
        "true a, predicted b: 10 px, 10.0 % of row": "miss s3",
        "true b, predicted out: 1 px, 100 % of row": "miss s8",
    }


def test_a_heat_map_of_many_classes_has_every_cell_and_stays_small() -> None:
    names = [f"class {n}" for n in range(150)]
    matrix = [[1000 if row == column else (row * column) % 3 for column in range(151)] for row in range(150)]
    svg = heat_map(names, [*names, "out"], matrix)
    drawn = svg.count("<title>") + svg.count("h5v5h-5z")
    assert drawn == sum(value > 0 for row in matrix for value in row)
    assert len(svg) < 500_000 and "class 7<" not in svg
