"""Scores of the picker on descriptions with answers; and the descriptions of our own as a gate."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from scipy.stats import binomtest

from prompts.answer import Answer
from prompts.errors import PromptsError
from prompts.evaluate import Bar, evaluate, read_gold, wilson
from prompts.picker import pick
from tests.chat_server import ANSWER

LINE = {"id": "a", "description": "d", "task": "none", "acceptable": ["none", "semantic"], "more": 1}
GOLD = Path(__file__).resolve().parents[1] / "benchmarks" / "picker"


def test_a_gold_file_may_hold_more_and_blank_lines() -> None:
    (item,) = read_gold(f"\n{json.dumps(LINE)}\n\n", "gold.jsonl")
    assert (item.id, item.task, item.acceptable) == ("a", "none", ("none", "semantic"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "line 2: the line: Invalid JSON"),
        (json.dumps({**LINE, "task": "both"}), "line 2: task: Input should be 'semantic'"),
        (json.dumps({**LINE, "acceptable": []}), "line 2: acceptable: Tuple should have at least 1 item"),
        (json.dumps({**LINE, "acceptable": ["instance"]}), "line 2: acceptable: instance does not hold the task none"),
        (json.dumps({**LINE, "description": ""}), "line 2: description: String should have at least 1"),
    ],
)
def test_a_wrong_line_is_told_with_its_number_and_field(line: str, told: str) -> None:
    with pytest.raises(PromptsError, match=f"gold.jsonl: {told}"):
        read_gold(f"{json.dumps(LINE)}\n{line}", "gold.jsonl")


def test_an_empty_gold_file_is_refused() -> None:
    with pytest.raises(PromptsError, match="there is no item"):
        read_gold("\n\n", "gold.jsonl")


def _answer(task: str, ask: str | None = None) -> Answer:
    return Answer.model_validate({**ANSWER, "task": task, "ask_user": ask})


def test_scores_are_as_counted_by_hand() -> None:
    both = ["instance", "panoptic"]
    rows = [  # task, acceptable, cue, what is answered, architectures
        ("semantic", ["semantic"], "explicit", "semantic", []),
        ("semantic", ["semantic"], "implicit", "instance?", []),
        ("instance", both, "", "panoptic", ["maskrcnn"]),
        ("instance", ["instance"], "", "instance", ["stardist"]),
    ]
    names = ("task", "acceptable", "cue", "description", "architectures")
    lines = [{"id": str(number), **dict(zip(names, row, strict=True))} for number, row in enumerate(rows)]
    items = read_gold("\n".join(map(json.dumps, lines)), "gold")
    found = evaluate(items, lambda text: _answer(text.rstrip("?"), "what?" if text.endswith("?") else None))
    hits = {name: (score.hits, score.items) for name, score in found.scores.items()}
    assert hits["strict"] == (2, 4)
    assert hits["lenient"] == (3, 4)
    assert hits["semantic"] == (1, 2)
    assert hits["explicit"] == (1, 1)
    assert hits["implicit"] == (0, 1)
    assert hits["asked"] == (1, 4)
    assert hits["settled"] == (2, 3)
    assert hits["architecture"] == (1, 2)
    assert math.isclose(found.balanced, (1 / 2 + 1 / 2) / 2)  # only the tasks that occur


def test_a_score_without_items_reaches_no_bar() -> None:
    items = read_gold(json.dumps({**LINE, "description": "none"}), "gold")
    found = evaluate(items, lambda text: _answer("none"))
    assert Bar({"strict": 1.0}).missed(found) == ()
    assert len(Bar({"panoptic": 0.0}).missed(found)) == 1


@pytest.mark.parametrize(("hits", "items"), [(0, 5), (5, 5), (86, 114), (1, 3)])
def test_the_interval_is_wilsons(hits: int, items: int) -> None:
    expected = binomtest(hits, items).proportion_ci(0.95, method="wilson")
    assert wilson(hits, items) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_no_items_are_no_knowledge() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_our_own_descriptions_are_answered_well_enough() -> None:
    """Read while the rules were made, so this only holds what was reached: see benchmarks/picker/README.md."""
    items = [
        item for path in sorted(GOLD.glob("fresh*.jsonl")) for item in read_gold(path.read_text("utf-8"), path.name)
    ]
    found = evaluate(items, lambda text: pick(text).answer)
    assert len(items) > 1000
    assert Bar({"strict": 0.92, "lenient": 0.93, "balanced": 0.90}).missed(found) == ()


def test_the_descriptions_for_development_are_answered(shared: Path) -> None:
    items = read_gold((shared / "picker" / "dev.jsonl").read_text("utf-8"), "dev.jsonl")
    found = evaluate(items, lambda text: pick(text).answer)
    assert Bar({"strict": 0.94, "lenient": 0.96, "balanced": 0.94, "architecture": 0.94}).missed(found) == ()
