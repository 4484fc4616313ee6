"""Gates in one line: each form, what it means to the last digit, and sentences for what is none."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import UsageError
from inspector.gates import Gate
from inspector.gates.one_line import parse_gate


def parsed(text: str) -> dict[str, Any]:
    held = parse_gate(text)
    Gate.model_validate(held)
    del held["id"]
    return held


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("miou >= 0.6", {"metric": "miou", "fail_below": 0.6}),
        ("mIoU>=60%", {"metric": "miou", "fail_below": 0.6}),
        ("mean-iou >= 60 %", {"metric": "miou", "fail_below": 0.6}),
        ("iou.person >= 0.6", {"metric": "iou", "classes": ("person",), "fail_below": 0.6}),
        ("iou.* >= .5", {"metric": "iou", "classes": "*", "fail_below": 0.5}),
        ("iou.traffic light >= 0.5", {"metric": "iou", "classes": ("traffic light",), "fail_below": 0.5}),
        ("iou.'a.b >= c@d=e' >= 0.5", {"metric": "iou", "classes": ("a.b >= c@d=e",), "fail_below": 0.5}),
        ("iou.small >= 0.5", {"metric": "iou", "classes": ("small",), "fail_below": 0.5}),
        ("object_recall.small >= 0.5", {"metric": "object_recall", "size": "small", "fail_below": 0.5}),
        (
            "object_recall.small.person@weather=heavy rain >= 40%",
            {
                "metric": "object_recall", "size": "small", "classes": ("person",), "slice": "weather=heavy rain",
                "fail_below": 0.4,
            },
        ),
        ("iou@'x=a>b' >= 0.5", {"metric": "iou", "slice": "x=a>b", "fail_below": 0.5}),
        ("area_ratio.rider <= 1.25", {"metric": "prediction_ratio", "classes": ("rider",), "fail_above": 1.25}),
        ("missed_objects <= 5", {"metric": "missed_objects", "fail_above": 5.0}),
        ("missed_objects < 5", {"metric": "missed_objects", "fail_above": 4.0}),
        ("false_region_px > 4.5", {"metric": "false_region_px", "fail_below": 5.0}),
        ("miou > 0.6", {"metric": "miou", "fail_below": math.nextafter(0.6, 1)}),
        ("loss_boundary.* < 0.3", {"metric": "loss_boundary", "classes": "*", "fail_above": math.nextafter(0.3, 0)}),
        ("iou.person >= main", {"metric": "iou", "classes": ("person",), "baseline": "main", "margin": 0.0}),
        ("iou.* >= main - 0.01", {"metric": "iou", "classes": "*", "baseline": "main", "margin": 0.01}),
        ("miou >= base-2-1%", {"metric": "miou", "baseline": "base-2", "margin": 0.01}),
        ("miou >= 'runs/base-2' - 1%", {"metric": "miou", "baseline": "runs/base-2", "margin": 0.01}),
        ("missed_objects <= main + 5", {"metric": "missed_objects", "baseline": "main", "margin": 5.0}),
    ],
)  # fmt: skip
def test_each_form_is_read(text: str, meant: dict[str, Any]) -> None:
    assert parsed(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("miou", "expected >=, >, <= or <"), ("miou = 0.5", "expected >=, >, <= or <"),
        ("iou.driver's >= 0.1", "other quotes"), ("", "expected >="),
        (">= 0.5", "no metric before"), ("iou. >= 0.5", "missing after the dot"), ("miou >=", "nothing follows"),
        ("object_recall.small. >= 0.5", "missing after the last dot"), ("iou@rain >= 0.5", "column=value"),
        ("iuo >= 0.5", "no metric 'iuo'; expected one of iou"), ("miou >= 0.5 0.6", "neither a number nor a baseline"),
        ("miou >= nan", "neither"), ("miou >= -1", "neither"), ("miou <= main", "expected >= BASELINE - margin"),
        ("miou >= main + 1%", "expected >= BASELINE - margin"), ("missed_objects >= main", "expected <= BASELINE"),
        ("missed_objects <= 5%", "per cent says nothing"), ("prediction_ratio.* >= main", "best at 1"),
        ("missed_objects <= main + 5%", "per cent"), ("iou person >= 0.5", "no metric with a scope"),
        ("iou.'a >= 0.5", "expected >="),
    ],
)  # fmt: skip
def test_what_is_no_gate_is_told_with_an_example(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_gate(text)
    assert said in str(caught.value)
    assert "'iou.person >= 0.6'" in str(caught.value) or "no metric 'iuo'" in str(caught.value)


@given(st.integers(0, 10_000))
def test_per_cent_are_exact(hundredths: int) -> None:
    text = f"{hundredths // 100}.{hundredths % 100:02d}"
    assert parsed(f"miou >= {text}%")["fail_below"] == hundredths / 10_000  # a division is rounded once
    assert parsed(f"prediction_ratio.* >= {text}")["fail_below"] == hundredths / 100


@given(st.floats(0, 1, exclude_min=True, exclude_max=True, allow_subnormal=False))
def test_more_than_fails_at_the_number_itself_and_at_least_does_not(line: float) -> None:
    for sign, holds in (("> ", False), (">=", True), ("< ", False), ("<=", True)):
        held = parsed(f"miou {sign} {line!r}")
        passes = line >= held["fail_below"] if "fail_below" in held else line <= held["fail_above"]
        assert passes == holds


def test_a_gate_keeps_its_id_while_its_number_moves_and_others_have_others() -> None:
    texts = [
        "iou.person >= {}", "iou.rider >= {}", "iou.* >= {}", "iou.person <= {}", "dice.person >= {}",
        "iou.person@a=b >= {}", "object_recall.small.person >= {}", "object_recall.person >= {}", "iou.ü >= {}",
        "iou.ö >= {}", "iou.a.b >= {}", "iou.a|b >= {}", f"iou.{'x' * 300} >= {{}}", "iou.person >= main - {}",
        "iou.person >= other - {}",
    ]  # fmt: skip
    ids = [parse_gate(text.format("0.5"))["id"] for text in texts]
    assert ids == [parse_gate(text.format("60%"))["id"] for text in texts]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "iou.person.at-least" and ids[2] == "iou.each.at-least"


@given(st.text(st.characters(exclude_characters="\"'", exclude_categories=("Cs",)), min_size=1, max_size=400))
def test_any_class_can_be_named_in_quotes(name: str) -> None:
    if name != "*":
        held = parse_gate(f'iou."{name}" >= 0.5')
        assert held["classes"] == (name,)
        Gate.model_validate(held)
