"""`inspect pick` as a user types it, also wrongly."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import click
import numpy as np
import pytest
from PIL import Image

from prompts.answer import Answer
from tests.chat_server import ANSWER, Says, chat_server, fails, says
from tests.command import Outcome, inspect

LEAVES = "What share of the leaf area is diseased?"
NUCLEI = "Count the nuclei one by one, they touch"


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Class maps of two round blobs that touch, and ids of the same."""
    y, x = np.mgrid[:64, :96]
    blobs = [np.hypot(y - 32, x - centre) < 15 for centre in (30, 58)]
    for name, values in (("classes", (1, 1)), ("pred", (1, 1)), ("ids", (1, 2))):
        folder = tmp_path / name
        folder.mkdir()
        image = np.zeros((64, 96), np.uint8)
        for blob, value in zip(blobs, values, strict=True):
            image[blob] = value
        for number in range(3):
            Image.fromarray(image).save(folder / f"{number}.png")
    return tmp_path


@pytest.fixture
def run(masks: Path) -> Path:
    assert inspect(masks / "pred", "--gt", masks / "classes", "-o", masks / "run", "-q").code == 0
    return masks / "run"


def test_a_sentence_gets_an_answer_with_its_reasons() -> None:
    ran = inspect("pick", LEAVES)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("semantic segmentation")
    assert "share of" in ran.out
    assert "U-Net" in ran.out
    assert "[[gates.gate]]" in ran.out


def test_words_need_no_quotes() -> None:
    assert inspect("pick", *LEAVES.split()).out == inspect("pick", LEAVES).out


def test_json_is_the_answer_and_more() -> None:
    found = json.loads(inspect("pick", NUCLEI, "--json").out)
    assert found["task"] == "instance"
    Answer.model_validate({name: found[name] for name in Answer.model_fields})


def test_a_file_and_standard_input_are_read(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(NUCLEI, encoding="utf-8")
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(NUCLEI.encode()))):
        piped = inspect("pick", "-")
    assert piped.out == inspect("pick", "--file", tmp_path / "text.txt").out == inspect("pick", NUCLEI).out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--file", "nowhere.txt"], 2, "nowhere.txt: No such file"),
        (["x", "--file", "nowhere.txt"], 2, "leave one of them out"),
        (["x", "--masks", "nowhere"], 2, "there is no folder nowhere"),
        (["x", "--run", "nowhere"], 2, "--run takes a folder that `inspect` wrote"),
        (["x", "--masks", "a", "--run", "b"], 2, "--masks and --run were given: leave one of them out"),
        (["x", "--labels", "ids"], 2, "--labels is for --masks"),
        (["x", "--classes", "camvid", "--run", "b"], 2, "--classes is for --masks"),
        (["x", "--ignore", "3"], 2, "--ignore is for --masks"),
        (["x", "--timeout", "5"], 2, "--timeout is for --llm"),
        (["x", "--key-env", "K"], 2, "--key-env is for --llm"),
        (["x", "--llm", "http://localhost:1", "--model", "m", "--timeout", "nan"], 2, "nan is no time"),
        (["x", "--llm", "http://localhost:1", "--model", "m", "--key-env", "NO_SUCH"], 2, "no such variable"),
        (["x", "--print-prompt", "--json"], 2, "--print-prompt and --json were given"),
        (["x", "--evaluate", "f"], 2, "--evaluate and a description were given"),
        (["--masks", "m", "--evaluate", "f"], 2, "--evaluate and --masks were given"),
        (["x", "--llm", "http://localhost:1"], 2, "--llm needs --model"),
        (["x", "--model", "m"], 2, "--model is for --llm"),
        (["--evaluate", "nowhere.jsonl"], 2, "nowhere.jsonl: No such file"),
        (["x", "--at-least", "strict=0.9"], 2, "--at-least is for --evaluate"),
        (["x", "--at-most", "asked=0.1"], 2, "--at-most is for --evaluate"),
        (["--evaluate", "x", "--at-least", "beauty=0.9"], 2, "for one of strict"),
        (["--evaluate", "x", "--at-least", "strict"], 2, "expected NAME=SHARE"),
        (["x", "--labels", "boxes"], 2, "boxes"),
    ],
)
def test_a_wrong_use_is_told_in_a_sentence(arguments: list[str], code: int, told: str) -> None:
    ran = inspect("pick", *arguments)
    assert ran.code == code
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_nothing_given_and_no_terminal_says_what_to_give() -> None:
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(b""))):
        ran = inspect("pick")
    assert ran.code == 2
    assert "say what the result is for" in ran.err


@pytest.mark.parametrize(("data", "told"), [(b"a\0b", "no text"), (b"a" * (10 << 20) + b"bc", "MiB")])
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "text").write_bytes(data)
    ran = inspect("pick", "--file", tmp_path / "text")
    assert ran.code == 3
    assert told in ran.err


def test_masks_are_measured_and_a_disagreement_is_told(masks: Path) -> None:
    ran = inspect("pick", NUCLEI, "--masks", masks / "classes")
    assert ran.code == 0
    assert "3 masks measured" in ran.out
    assert "careful" in ran.out
    assert "no ids" in " ".join(ran.out.split())
    with_ids = json.loads(inspect("pick", NUCLEI, "--masks", masks / "ids", "--labels", "ids", "--json").out)
    assert with_ids["disagreements"] == []
    assert with_ids["facts"]["touching"] == {"value": "much", "source": "masks"}
    assert with_ids["masks"]["fit"]["verdict"] == "fits"
    assert any("3 masks measured" in statement["text"] for statement in with_ids["masks"]["statements"])


def test_a_run_gets_the_answer_into_its_report(run: Path) -> None:
    before = json.loads((run / "task.json").read_text(encoding="utf-8"))
    assert before["answer"] is None
    assert before["fit"]["task"] == "semantic"
    document = (run / "inspection.json").read_bytes()
    ran = inspect("pick", LEAVES, "--run", run)
    assert ran.code == 0
    assert f"report: {run / 'report.html'}" in ran.out
    after = json.loads((run / "task.json").read_text(encoding="utf-8"))
    assert after["answer"]["task"] == "semantic"
    assert after["description"] == LEAVES
    assert LEAVES in (run / "report.html").read_text(encoding="utf-8")
    assert (run / "inspection.json").read_bytes() == document


@pytest.mark.parametrize("labels", [None, {"images": 3}, "missing"])
def test_a_run_without_measured_masks_says_what_to_do(run: Path, labels: object) -> None:
    document = json.loads((run / "inspection.json").read_text(encoding="utf-8"))
    document.pop("labels") if labels == "missing" else document.update(labels=labels)
    (run / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    ran = inspect("pick", LEAVES, "--run", run)
    assert ran.code == 3
    assert ("with --masks" if labels is None else "inspect the masks again") in ran.err
    assert "bug" not in ran.err


def test_the_prompt_holds_text_and_measurements(masks: Path) -> None:
    ran = inspect("pick", NUCLEI, "--masks", masks / "ids", "--labels", "ids", "--print-prompt")
    assert ran.code == 0
    assert NUCLEI in ran.out
    assert "3 masks measured" in ran.out
    assert '"evidence_quotes"' in ran.out


class _Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


def _asked(monkeypatch: pytest.MonkeyPatch, answers: list[int], *arguments: str) -> Outcome:
    """The command at a terminal whose user types these numbers, then only Enter."""
    given: Iterator[int] = iter(answers)

    monkeypatch.setattr(sys, "stdin", _Terminal(io.BytesIO(b"")))
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(given, 0))
    return inspect("pick", *arguments)


def test_an_interview_asks_what_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _asked(monkeypatch, [1, 1, 1])  # masks; they stay two; areas too
    assert ran.code == 0
    assert ran.out.startswith("panoptic segmentation")
    assert "Must two touching objects of the same kind stay two?" in ran.err


def test_an_interview_asks_no_sister_where_masks_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "What then?" not in _asked(monkeypatch, [1, 2]).err
    assert "What then?" in _asked(monkeypatch, [2, 1]).err


def test_an_interview_asks_nothing_that_the_text_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _asked(monkeypatch, [], "--interview", "A bounding box around each car is enough.")
    assert "What must come out?" not in ran.err
    assert "Must two touching" not in ran.err


def test_an_interview_can_be_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*_: object, **__: object) -> int:
        raise click.Abort

    monkeypatch.setattr("click.prompt", leave)
    monkeypatch.setattr(sys, "stdin", _Terminal(io.BytesIO(b"")))
    ran = inspect("pick")
    assert ran.code == 130
    assert "bug" not in ran.err


def test_answers_go_into_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _asked(monkeypatch, [1, 1, 2], "--interview", "--print-prompt", "Photos of a kitchen.")
    assert "answered: separate = yes" in ran.out


def test_an_answer_stands_above_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = _asked(monkeypatch, [1, 2], "--interview", "Photos of a kitchen, cups and plates.")
    assert ran.out.startswith("semantic segmentation")


# ---------------------------------------------------------------------- a language model


def _with_model(reply: Says, *more: str) -> Outcome:
    with chat_server(reply) as server:
        return inspect("pick", NUCLEI, "--llm", server.base_url, "--model", "m", "--timeout", "20", *more)


def test_a_language_model_that_agrees_is_said_to() -> None:
    ran = _with_model(says(ANSWER))
    assert ran.code == 0
    assert ran.out.startswith("instance segmentation")
    assert "the language model agrees" in ran.out


def test_a_language_model_that_differs_is_shown_beside_ours() -> None:
    ran = _with_model(says({**ANSWER, "task": "semantic"}))
    assert ran.out.startswith("instance segmentation")
    assert "the language model DISAGREES: semantic" in ran.out
    found = json.loads(_with_model(says({**ANSWER, "task": "semantic"}), "--json").out)
    assert (found["task"], found["llm"]["answer"]["task"], found["llm"]["agrees"]) == ("instance", "semantic", False)


def test_openai_s_key_goes_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("MY_KEY", "sk-mine")
    for more, sent in (((), None), (("--key-env", "MY_KEY"), "Bearer sk-mine")):
        with chat_server(says(ANSWER)) as server:
            assert inspect("pick", NUCLEI, "--llm", server.base_url, "--model", "m", *more).code == 0
            assert server.requests[0].headers.get("authorization") == sent


def test_a_key_does_not_travel_in_clear_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-mine")
    ran = inspect("pick", NUCLEI, "--llm", "http://example.invalid/v1", "--model", "m", "--key-env", "MY_KEY")
    assert ran.code == 2
    assert "clear text" in ran.err
    assert "sk-mine" not in ran.err


def test_without_a_language_model_s_answer_ours_stands() -> None:
    alone = inspect("pick", NUCLEI).out
    ran = _with_model(fails(401, "wrong key"))
    assert ran.code == 0
    assert ran.out.startswith(alone)
    assert "gave no answer" in ran.out
    assert "401" in ran.out


# ---------------------------------------------------------------------- evaluation


def test_an_evaluation_is_a_gate(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "description": LEAVES, "task": "semantic", "acceptable": ["semantic"]},
        {"id": "b", "description": NUCLEI, "task": "instance", "acceptable": ["instance"]},
    ]
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    good.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    bad.write_text(json.dumps({**lines[0], "task": "none", "acceptable": ["none"]}), encoding="utf-8")
    assert inspect("pick", "--evaluate", good).code == 0
    missed = inspect("pick", "--evaluate", bad)
    assert missed.code == 1
    assert "wrong: a: semantic, expected none" in missed.out
    assert "missed: strict is 0.0%, at least 90.0% is asked for" in missed.out
    assert inspect("pick", "--evaluate", bad, "--at-least", "strict=0").code == 0
    assert json.loads(inspect("pick", "--evaluate", bad, "--json").out)["scores"]["strict"]["hits"] == 0


def test_a_gold_file_with_a_fault_is_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "gold.jsonl").write_text('{"id": "a"}', encoding="utf-8")
    ran = inspect("pick", "--evaluate", tmp_path / "gold.jsonl")
    assert ran.code == 3
    assert "line 1: description: Field required" in ran.err


def test_hostile_words_are_spelled_out() -> None:
    assert "\x1b" not in inspect("pick", "count the \x1b[31mcells\x1b[0m one by one").out
