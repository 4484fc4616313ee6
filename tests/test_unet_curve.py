"""The curve of a training: every point stands where its numbers say, in words that are there without a library."""

from __future__ import annotations

import math
import re
import subprocess
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unet.training.curve import curve_svg
from unet.training.plot import linear_axis, step_axis, value_axis

SVG = "{http://www.w3.org/2000/svg}"
NAN = math.nan
Rows = list[dict[str, float]]


def _drawn(rows: Rows) -> ET.Element:
    return ET.fromstring(curve_svg(rows))


def _lines(rows: Rows, of: str) -> list[list[tuple[float, float]]]:
    """The points, px, of the lines whose classes are `of`."""
    found = [line.get("points", "") for line in _drawn(rows).iter(f"{SVG}polyline") if line.get("class") == of]
    return [[(float(x), float(y)) for x, y in (place.split(",") for place in points.split())] for points in found]


def _texts(rows: Rows) -> list[str]:
    return ["".join(text.itertext()) for text in _drawn(rows).iter(f"{SVG}text")]


def _place(rows: Rows, words: str) -> tuple[float, float]:
    """px of a number of the first axis that says it, where its middle is 4.5 px above the baseline."""
    text = next(each for each in _drawn(rows).iter(f"{SVG}text") if each.text == words)
    return float(text.get("x", "")), float(text.get("y", "")) - 4.5


def _rows(count: int, classes: tuple[str, ...] = (), every: int = 1) -> Rows:
    rows: Rows = []
    for step in range(1, count + 1):
        row = {"step": float(step), "loss": 1 / step, "miou": NAN}
        if step % every == 0:
            row |= {"miou": step / count} | {f"iou {name}": 0.5 * step / count for name in classes}
        rows.append(row)
    return rows


def test_a_loss_stands_where_the_axes_say() -> None:
    rows = [{"step": 50.0, "loss": 1.5}, {"step": 100.0, "loss": 2.0}]
    (line,) = _lines(rows, "main bold")
    (_, two), (_, zero) = _place(rows, "2"), _place(rows, "0")
    assert line[1][1] == pytest.approx(two, abs=0.11)
    assert line[0][1] == pytest.approx(zero + 0.75 * (two - zero), abs=0.11)
    steps = {float(text.text or ""): float(text.get("x", "")) for text in _drawn(rows).iter(f"{SVG}text")
             if text.text in ("50", "100") and float(text.get("x", "")) < 480}  # fmt: skip
    assert [x for x, _ in line] == pytest.approx([steps[50], steps[100]], abs=0.11)


def test_losses_that_differ_much_have_a_logarithmic_axis() -> None:
    rows = [{"step": float(n), "loss": 10.0**-n} for n in range(4)]
    (line,) = _lines(rows, "main bold")
    gaps = [after[1] - before[1] for before, after in pairwise(line)]
    assert gaps == pytest.approx([gaps[0]] * 3, abs=0.15) and gaps[0] > 10
    assert any("logarithmic" in text for text in _texts(rows))
    assert not any("logarithmic" in text for text in _texts(rows[:2]))


def test_scores_at_evaluations_only_are_joined() -> None:
    rows = _rows(12, ("sky",), every=3)
    (_, mean), (sky,) = _lines(rows, "main bold"), _lines(rows, "c0")
    assert len(mean) == len(sky) == 4
    assert all(before[0] < after[0] and before[1] > after[1] for before, after in pairwise(mean))


@pytest.mark.parametrize("odd", [NAN, math.inf])
def test_a_loss_that_is_not_finite_is_a_gap(odd: float) -> None:
    rows = _rows(9)
    rows[4]["loss"] = odd
    parts = [line for line in _lines(rows, "main bold") if line[0][0] < 480]
    assert [len(part) for part in parts] == [4, 4]
    assert "nan" not in curve_svg(rows) and "inf" not in curve_svg(rows)


def test_a_long_line_is_smoothed_and_its_rows_stay_visible() -> None:
    rows = [{"step": float(n), "loss": 1 + 0.5 * (-1) ** n} for n in range(400)]
    (raw,), (smooth,) = _lines(rows, "main faint"), _lines(rows, "main bold")
    spread = [max(y for _, y in line[20:-20]) - min(y for _, y in line[20:-20]) for line in (raw, smooth)]
    assert len(raw) == len(smooth) == 400
    assert spread[0] > 10 * spread[1]
    assert not _lines(rows[:30], "main faint")


def test_the_best_evaluation_is_marked() -> None:
    rows = _rows(10)
    rows[6]["miou"] = 0.98765
    rows[9]["miou"] = 0.5
    ring = next(each for each in _drawn(rows).iter(f"{SVG}circle") if "ring" in each.get("class", ""))
    mean = _lines(rows, "main bold")[1]
    assert (float(ring.get("cx", "")), float(ring.get("cy", ""))) == mean[6]
    assert "best mean 0.988 at step 7" in _texts(rows)


def test_each_class_is_named_at_the_end_of_its_line() -> None:
    texts = _texts(_rows(5, ("background", "a & b <c>", "a name that is far too long")))
    assert {"1.00 mean", "0.50 background", "0.50 a & b <c>", "0.50 a name that is…"} <= set(texts)


def test_of_many_classes_the_worst_and_the_best_are_named() -> None:
    rows = _rows(5, tuple(f"class {n}" for n in range(11)))
    for row in rows:
        row |= {f"iou class {n}": n / 20 for n in range(11)}
    assert len(_lines(rows, "many")) == 11
    named = [text for text in _texts(rows) if "class" in text or text.endswith(" mean")]
    assert named == ["1.00 mean", "0.50 class 10", "0.10 class 2", "0.05 class 1", "0.00 class 0"]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_names_do_not_touch_and_stay_in_the_picture(last: list[float]) -> None:
    rows = [{"step": 1.0, "loss": 1.0, "miou": sum(last) / len(last)} | {f"iou {n}": v for n, v in enumerate(last)}]
    names = [each for each in _drawn(rows).iter(f"{SVG}text") if re.fullmatch(r"\d\.\d\d \w+", each.text or "")]
    places = sorted(float(each.get("y", "")) for each in names)
    assert len(places) == len(last) + 1
    assert all(after - before >= 15.9 for before, after in pairwise(places))
    assert places[0] > 60 and places[-1] < 345


@pytest.mark.parametrize("rows", [[], [{"step": 1.0, "loss": NAN}]])
def test_without_a_number_the_picture_says_so(rows: Rows) -> None:
    assert {"no loss is logged yet", "no evaluation is logged yet"} <= set(_texts(rows))
    assert _drawn(rows).get("aria-label") == "Training: nothing is logged yet"


def test_one_row_alone_is_a_dot() -> None:
    svg = _drawn([{"step": 1.0, "loss": 0.5}])
    assert [each.get("class") for each in svg.iter(f"{SVG}circle")] == ["main bold dot"]


def test_the_picture_is_said_in_words() -> None:
    said = _drawn(_rows(1500, every=100)).get("aria-label")
    assert said == "Training over 1\u202f500 steps: loss from 1 to 0.000667; best mean IoU 1.000"


def test_the_picture_stands_alone_in_light_and_dark() -> None:
    svg = curve_svg(_rows(10, ("sky",)))
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"<script|<image|@import|url\(|href", svg)
    assert re.findall(r"https?://[^\"]+", svg) == ["http://www.w3.org/2000/svg"]
    assert svg == curve_svg(_rows(10, ("sky",)))


@given(values=st.lists(st.floats(-1e6, 1e6), max_size=5) | st.lists(st.floats(1e-9, 1e9), max_size=5))
def test_an_axis_holds_every_value_between_its_ticks(values: list[float]) -> None:
    axis = value_axis(values, 300, 100)
    assert axis.low == axis.ticks[0] and axis.high == axis.ticks[-1]
    assert 2 <= len(axis.ticks) <= 20 and list(axis.ticks) == sorted(set(axis.ticks))
    slack = 1e-6 * (axis.high - axis.low)  # also of values twelve decades below the largest
    assert all(axis.low - slack <= value <= axis.high + slack for value in values)
    assert all(99.999 <= axis.at(value) <= 300.001 for value in [*values, -1e12, 1e12])
    assert (axis.at(axis.low), axis.at(axis.high)) == pytest.approx((300, 100))


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.3, 0.9], (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([-0.1, 0.3], (-0.1, 0, 0.1, 0.2, 0.3)),
        ([], (0, 0.2, 0.4, 0.6, 0.8, 1)),
        ([0.0, 1e-40], (0, 1)),
        ([0.03, 1.0], (0.02, 0.05, 0.1, 0.2, 0.5, 1)),
        ([0.04, 70.0], (0.01, 0.1, 1, 10, 100)),
        ([0.99999999999999999e-3, 1.0], (1e-3, 0.01, 0.1, 1)),
        ([999999999.9999999, 1.0000000000000003e-09], tuple(10.0**n for n in range(-4, 10))),  # the least is off it
    ],
)
def test_an_axis_has_these_ticks(values: list[float], ticks: tuple[float, ...]) -> None:
    assert value_axis(values, 300, 100).ticks == pytest.approx(ticks)


@given(last=st.integers(1, 10**7))
def test_steps_are_whole_round_numbers_from_0(last: int) -> None:
    axis = step_axis(last, 0, 100)
    assert axis.ticks[0] == 0 and axis.ticks[-1] <= last and 2 <= len(axis.ticks) <= 6
    assert all(tick == int(tick) for tick in axis.ticks)


def test_an_axis_of_one_value_has_a_length() -> None:
    assert linear_axis(0, 0, 0, 100).ticks[:2] == (0, 1)


def test_a_browser_draws_it(chromium: Path, tmp_path: Path) -> None:
    """The paper is there, with ink of the line's colour on it."""
    (tmp_path / "curve.svg").write_text(curve_svg(_rows(50, ("sky",))), encoding="utf-8")
    subprocess.run(
        [
            str(chromium), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--window-size=960,400",
            f"--screenshot={tmp_path / 'seen.png'}", str(tmp_path / "curve.svg"),
        ],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    from PIL import Image

    with Image.open(tmp_path / "seen.png") as picture:
        colors = {color: count for count, color in picture.convert("RGB").getcolors(1 << 24)}
    assert colors[255, 255, 255] > 300_000 and colors[0x1B, 0x5F, 0xAE] > 500
