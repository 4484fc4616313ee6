"""The record of runs: added to and never changed, one entry a run, safe with many writers, and told in three places."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from multiprocessing.dummy import Pool
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from inspector import history
from inspector.cli_history import commit_of
from inspector.cli_history_text import BARS, history_text, sparkline
from inspector.errors import EnvironmentFault, InputError
from inspector.history import Entry, add, entries, entry_of, history_json, with_entry
from tests.command import inspect
from tests.gated_runs import clean_environment, inspected
from tests.mask_folders import document_of

#: What the report asks of history.json (reports/history.schema.json), written down a second time.
FRACTION = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
CONTRACT = {
    "type": "object",
    "required": ["schema_version", "runs"],
    "properties": {
        "schema_version": {"const": 1},
        "runs": {
            "type": "array",
            "maxItems": 50,
            "items": {
                "required": ["at", "label", "commit", "headlines", "gates"],
                "properties": {
                    "at": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$"},
                    "label": {"type": "string"},
                    "commit": {"type": ["string", "null"]},
                    "headlines": {"type": "object", "additionalProperties": FRACTION},
                    "gates": {
                        "type": "object",
                        "required": ["verdict"],
                        "properties": {"verdict": {"enum": ["none", "passed", "failed"]}},
                    },
                },
            },
        },
    },
}


def made(number: int = 0, **changed: Any) -> Entry:
    held = Entry(
        identity=f"{number:064x}",
        at=f"2030-01-01T00:{number // 60:02}:{number % 60:02}+00:00",
        label=f"run {number}",
        commit=None,
        images=30,
        partial=False,
        verdict="pass",
        failed=False,
        headlines={"miou": 0.5 + number / 1000, "small_object_recall": None},
    )
    return replace(held, **changed)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("histories")
    assert inspected(folder / "good", {1: 0.1, 2: 0.2}).code == 0
    assert inspected(folder / "worse", {1: 0.4, 2: 0.2}).code == 0
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    clean_environment(monkeypatch)
    return tmp_path / "work"


def git(*arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    return subprocess.run(["git", *who, *arguments], check=True, capture_output=True, text=True).stdout.strip()


# ---------------------------------------------------------------------- the file


def test_nothing_is_ever_changed_or_removed(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "h.sqlite"
    assert add(path, made(1)) is None and add(path, made(2)) is None
    with sqlite3.connect(path) as connection:
        columns = ", ".join(row[1] for row in connection.execute("PRAGMA table_info(runs)"))
        for statement in (
            "UPDATE runs SET label = 'x'",
            "UPDATE OR REPLACE runs SET number = 1 WHERE number = 2",
            "DELETE FROM runs",
            "DELETE FROM runs WHERE number = 1",
            f"INSERT OR REPLACE INTO runs SELECT {columns} FROM runs",
            f"REPLACE INTO runs ({columns}) SELECT {columns} FROM runs WHERE number = 2",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="only added to"):
                connection.execute(statement)
    assert entries(path) == [made(1), made(2)]


def test_the_same_run_is_one_entry_and_the_first_stays(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    add(path, made(1))
    assert add(path, made(1, label="again", verdict="fail")) == made(1)
    assert entries(path) == [made(1)]


def test_entries_come_by_time_whenever_they_were_added(tmp_path: Path) -> None:
    for number in (3, 1, 2):
        add(tmp_path / "h", made(number))
    assert [entry.label for entry in entries(tmp_path / "h")] == ["run 1", "run 2", "run 3"]
    assert with_entry([made(1), made(3)], made(2)) == [made(1), made(2), made(3)]
    assert with_entry([made(1), made(2)], made(1, label="again")) == [made(1), made(2)]


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    with Pool(8) as pool:  # each makes the file if it is the first
        pool.map(lambda number: add(path, made(number % 30)), range(60))
    assert entries(path) == [made(number) for number in range(30)]


def test_another_process_waits_for_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "h.sqlite"
    add(path, made(1))
    script = (
        "import sys; from tests.test_history import made; from inspector.history import add; from pathlib import Path; "
        "print('ready', flush=True); add(Path(sys.argv[1]), made(2))"
    )
    root = Path(__file__).resolve().parents[1]
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE, cwd=root) as process:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.5)
            connection.execute("COMMIT")
            assert process.wait(60) == 0
    assert entries(path) == [made(1), made(2)]


def test_what_is_no_history_is_refused_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "h.sqlite"
    with pytest.raises(InputError, match="inspect history add RUN"):
        entries(path)
    assert not path.exists()
    path.write_text("my notes, which are longer than the head of a database has to be to be read as one" * 9)
    with pytest.raises(InputError, match="is no history"):
        add(path, made())
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()
    for call in (lambda: add(path, made()), lambda: entries(path), lambda: history.check_history(path)):
        with pytest.raises(InputError, match="database of something else"):
            call()
    assert path.read_bytes() == before
    with pytest.raises(EnvironmentFault, match="cannot be made"):
        add(path / "below a file", made())
    monkeypatch.setattr(history, "VERSION", 2)
    add(tmp_path / "newer", made())
    monkeypatch.setattr(history, "VERSION", 1)
    with pytest.raises(InputError, match="version 2 found, 1 expected"):
        entries(tmp_path / "newer")


# ---------------------------------------------------------------------- entries


def test_an_entry_holds_what_the_document_does(here: Path) -> None:
    document = document_of(here / "good")
    entry = entry_of(here / "good", "nightly", "abc")
    assert (entry.label, entry.commit, entry.images, entry.verdict) == ("nightly", "abc", 30, "none")
    assert entry.headlines["miou"] == document["overall"]["miou"] and len(entry.headlines) == 9
    assert entry.at == json.loads((here / "good/run.json").read_text())["started"]
    assert inspect("gate", "good", "--gate", "iou.car >= 0.99").code == 1
    judged = entry_of(here / "good")
    assert judged.identity == entry.identity and (judged.verdict, judged.failed) == ("fail", True)
    assert entry_of(here / "worse").identity != entry.identity
    (here / "good/run.json").write_text("{}")
    with pytest.raises(InputError, match="does not say when"):
        entry_of(here / "good")
    (here / "good/run.json").unlink()
    assert entry_of(here / "good").at > entry.at[:10]


@pytest.mark.parametrize(
    ("gates", "strict", "verdict", "failed"),
    [
        (["iou.car >= 0.1"], False, "pass", False),
        (["iou.car >= 0.99"], False, "fail", True),
        (["iou.moon >= 0.1"], False, "not-measured", True),
        (["iou.car >= 0.1"], True, "inconclusive", True),
        (["iou.car >= 0.1"], False, "inconclusive", False),
    ],
)
def test_failed_is_what_the_exit_code_said(
    here: Path, gates: list[str], strict: bool, verdict: str, failed: bool
) -> None:
    arguments = [part for each in gates for part in ("--gate", each)] + (["--strict"] if strict else [])
    arguments += ["--min-images", "31"] if verdict == "inconclusive" else []
    code = inspect("gate", "good", *arguments).code
    entry = entry_of(here / "good")
    assert (entry.verdict, entry.failed, bool(code)) == (verdict, failed, failed)
    assert entry.as_json()["gates"] == {"verdict": "failed" if failed else "passed", "worst": verdict}


def test_the_commit_is_given_or_of_ci_or_of_the_repository_here(here: Path) -> None:
    assert commit_of("", {}) is None
    git("init", "-q")
    assert commit_of("", {}) is None  # a repository without a commit
    git("commit", "-q", "--allow-empty", "-m", "x")
    head = git("rev-parse", "HEAD")
    assert commit_of("", {}) == head == commit_of("", {"GITHUB_SHA": ""})
    assert commit_of("", {"CI_COMMIT_SHA": "c"}) == "c"
    assert commit_of("", {"CI_COMMIT_SHA": "c", "GITHUB_SHA": "g"}) == "g"
    assert commit_of("mine", {"GITHUB_SHA": "g"}) == "mine"


# ---------------------------------------------------------------------- the commands


def test_runs_are_added_and_shown(here: Path) -> None:
    assert inspect("history").code == 3
    first = inspect("history", "add", "good", "--label", "[red]nightly[/]\n", "--commit", "0123456789abcdef")
    assert (first.code, first.err) == (0, "") and "was added to .mask-inspector/history.sqlite" in first.out
    again = inspect("history", "add", "good")
    assert again.code == 0 and "nothing was added" in again.out
    inspect("gate", "worse", "--gate", "iou.car >= 0.99")
    assert inspect("history", "add", "worse").code == 0
    out = inspect("history").out
    assert out.startswith("2 runs") and "[red]nightly[/]\\n" in out and " 0123456789 " in out
    assert f"{100 * document_of(here / 'good')['overall']['miou']:.1f} %" in out and "✖ fail" in out
    trend = next(line for line in out.splitlines() if line.startswith("  mean IoU"))
    assert "█▁" in trend and "points" in trend
    held = json.loads(inspect("history", "show", "--json").out)
    jsonschema.validate(held, CONTRACT)
    assert [run["label"] for run in held["runs"]] == ["[red]nightly[/]\n", "worse"]
    assert inspect("history", "--history", "other.sqlite").code == 3
    assert inspect("history", "add", "none").code == 3


def test_the_last_twenty_are_shown() -> None:
    text = history_text([made(number) for number in range(25)])
    assert text.startswith("20 of 25 runs") and "run 5 " in text and "run 4 " not in text
    assert "small objects found" not in text.splitlines()[-1]  # never defined: no trend
    assert "no run as yet" in history_text([])


def test_a_sparkline_has_a_bar_for_each_run() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert sparkline([0.3, 0.3]) == "▅▅" and sparkline([None, 0.2, None]) == "·▅·" and sparkline([]) == ""
    assert sparkline([i / 7 for i in range(8)]) == BARS


# ---------------------------------------------------------------------- the main job


def main_job(lost: str, *arguments: str | Path) -> Any:
    masks = Path(f"{lost}-masks")
    given = ("--classes", masks / "classes.toml", "--resamples", "100", "--history", "h.sqlite")
    return inspect(masks / "pred", "--gt", masks / "gt", *given, *arguments)


def test_the_main_job_adds_the_run_and_its_folder_holds_the_trend(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SHA", "a" * 40)
    assert main_job("good", "-o", "one").code == 0
    assert main_job("worse", "-o", "two", "--gate", "iou.car >= 0.99").code == 1
    held = json.loads((here / "two/history.json").read_text())
    jsonschema.validate(held, CONTRACT)
    assert [(run["label"], run["gates"]["verdict"]) for run in held["runs"]] == [("one", "none"), ("two", "failed")]
    assert {run["commit"] for run in held["runs"]} == {"a" * 40}
    recorded = entries(here / "h.sqlite")
    assert [entry.as_json() for entry in recorded] == held["runs"]
    assert main_job("worse", "-o", "two").code == 0  # an older run with its history.json is replaced
    assert len(entries(here / "h.sqlite")) == 2
    assert entry_of(here / "two").identity == recorded[1].identity


def test_without_a_folder_the_run_is_added_too(here: Path) -> None:
    outcome = main_job("good", "--json")
    assert outcome.code == 0 and [entry.label for entry in entries(here / "h.sqlite")] == ["inspection"]
    assert not (here / "inspection").exists()


def test_a_run_has_the_label_that_it_is_given(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main_job("good", "-o", "one", "--label", "nightly").code == 0
    monkeypatch.setenv("INSPECT_RUN_LABEL", "of the variable")
    assert main_job("worse", "-o", "two", "--label", "").code == 0  # none: that of the folder
    assert main_job("worse", "-o", "three", "--ignore", "9").code == 0
    held = json.loads((here / "three/history.json").read_text())
    labels = ["nightly", "two", "of the variable"]
    assert [run["label"] for run in held["runs"]] == [entry.label for entry in entries(here / "h.sqlite")] == labels


def test_a_label_without_a_record_is_a_mistake_before_a_mask_is_read(here: Path) -> None:
    outcome = inspect("good-masks/pred", "--gt", "good-masks/gt", "-o", "one", "--label", "nightly")
    assert outcome.code == 2 and "--label is what the run is called in the record of --history" in outcome.err
    assert not (here / "one").exists()


def test_a_record_that_cannot_be_used_is_told_before_a_mask_is_read(here: Path) -> None:
    (here / "h.sqlite").write_text("no history" * 100)
    outcome = main_job("good", "-o", "one")
    assert outcome.code == 3 and "is no history" in outcome.err and not (here / "one").exists()


def test_a_run_whose_gates_are_mistaken_is_not_added(here: Path) -> None:
    """It would be there without a verdict, for good."""
    assert main_job("good", "-o", "one", "--gate", "iou.cat >= 0.1").code == 2
    assert entries(here / "h.sqlite") == [] and not (here / "one/history.json").exists()
    assert main_job("good", "-o", "one", "--gate", "iou.car >= 0.1").code == 0
    assert [entry.verdict for entry in entries(here / "h.sqlite")] == ["pass"]


def test_the_record_is_an_option_of_the_file_and_of_the_environment(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "inspect.toml").write_text('[run]\nhistory = "of/file.sqlite"\n')
    masks = Path("good-masks")
    given = (masks / "pred", "--gt", masks / "gt", "--classes", masks / "classes.toml", "-q")
    assert inspect(*given).code == 0 and len(entries(here / "of/file.sqlite")) == 1
    monkeypatch.setenv("INSPECT_RUN_HISTORY", "of/env.sqlite")
    assert inspect(*given).code == 0 and len(entries(here / "of/env.sqlite")) == 1


def test_fifty_runs_are_in_the_folder_and_all_in_the_record() -> None:
    runs = [made(number) for number in range(60)]
    shown = json.loads(history_json(runs))["runs"]
    assert [run["label"] for run in shown] == [f"run {number}" for number in range(10, 60)]
    assert len(json.loads(history_json(runs, most=None))["runs"]) == 60


def test_the_contract_here_is_that_of_the_report() -> None:
    path = Path(__file__).resolve().parents[1] / "reports/history.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(history_json([made(1), made(2, verdict="fail", failed=True)])), schema)


def test_os_is_asked_for_nothing_but_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert commit_of("", {}) is None
