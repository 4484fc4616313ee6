"""Gates as a user runs them, on runs of real masks: exit codes, what is written where, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import jsonschema
import numpy as np
import pytest

import inspector.cli_judge as cli_judge
from inspector.ci.markdown import SUMMARY_BYTES
from inspector.cli import cli
from inspector.cli_gate_options import ISOLATED
from inspector.measures import MEASURES
from reports import run_folder
from reports.run import Run
from tests.command import Outcome, inspect
from tests.mask_folders import document_of, png, write_masks

CLASSES = '[[classes]]\nid = 0\nname = "road"\n[[classes]]\nid = 1\nname = "car"\n[[classes]]\nid = 2\nname = "dead"\n'
#: As they come out for the run below: car is 0.6 for sure, dead is never found, moon is not there.
PASS, WARN, FAIL = "iou.car >= 0.1", "warn", "iou.car >= 0.99"


def truth(index: int) -> np.ndarray:
    labels = np.zeros((24, 32), np.uint8)
    labels[4:14, 4 + index % 5 : 20] = 1
    labels[16:22, 2:8] = 2
    return labels


def prediction(index: int) -> np.ndarray:
    labels = truth(index)
    labels[labels == 2] = 0
    labels[4 : 7 + index % 3] = 0
    return labels


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with gt/, pred/, a class list, metadata, and run/, a run of them."""
    folder = tmp_path_factory.mktemp("source")
    images = range(30)
    write_masks(folder, {f"i{n}": truth(n) for n in images}, {f"i{n}": prediction(n) for n in images})
    (folder / "classes.toml").write_text(CLASSES + '[[classes]]\nid = 3\nname = "moon"\n')
    rows = [f"i{n},{'day' if n % 2 else 'night'}" for n in images]
    (folder / "meta.csv").write_text("image,light\n" + "\n".join(rows))
    here = ("-o", folder / "run", "--classes", folder / "classes.toml", "--metadata", folder / "meta.csv")
    with mock.patch("os.getcwd", return_value=str(folder)):
        outcome = inspect(folder / "pred", "--gt", folder / "gt", "--resamples", "100", *here)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, to write in and to be in."""
    place = tmp_path / "work"
    shutil.copytree(source, place)
    monkeypatch.chdir(place)
    for name in [name for name in os.environ if name.startswith(("INSPECT_", "GITHUB_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return place


def gate(*arguments: str | Path) -> Outcome:
    return inspect("gate", "run", "--resamples", "200", *arguments)


def gates_of(run: Path) -> dict[str, Any]:
    held: dict[str, Any] = document_of(run)["gates"]
    return held


def held_files(run: Path) -> dict[str, bytes]:
    return {str(path.relative_to(run)): path.read_bytes() for path in sorted(run.rglob("*")) if path.is_file()}


# ---------------------------------------------------------------------- exit codes


@pytest.mark.parametrize(
    ("gates", "verdict", "code", "strict_code"),
    [
        (["iou.car >= 0.1"], "pass", 0, 0),
        (["iou.car >= 0.99"], "fail", 1, 1),
        (["iou.dead >= 0.1"], "fail", 1, 1),  # 0 in every image: as sure as can be
        (["iou.moon >= 0.1"], "not-measured", 3, 3),
        (["iou.car >= nowhere"], "not-measured", 3, 3),
        (["iou.moon >= 0.1", "iou.car >= 0.99"], "fail", 1, 1),
        (["iou.car@light=day >= 0.1"], "inconclusive", 0, 1),  # 15 images
        (["iou.car@light=day >= 0.1", "iou.moon >= 0.1"], "not-measured", 3, 1),
        (["iou.* >= 0.0", "iou.car >= 0.1"], "pass", 0, 0),
    ],
)
def test_exit_codes(here: Path, gates: list[str], verdict: str, code: int, strict_code: int) -> None:
    arguments = [part for each in gates for part in ("--gate", each)]
    outcome = gate(*arguments)
    assert (outcome.code, outcome.err) == (code, "")
    assert gates_of(here / "run")["verdict"] == verdict
    assert gate(*arguments, "--strict").code == strict_code
    assert gate(*arguments, "--strict", "--level", "warn").code == 0


def test_a_warning_exits_0_and_a_waiver_until_its_day(here: Path) -> None:
    text = '[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.99\n'
    (here / "inspect.toml").write_text(text)
    assert gate().code == 1
    (here / "inspect.toml").write_text(text.replace("fail", "warn"))
    assert (gate().code, gates_of(here / "run")["verdict"]) == (0, "warn")
    for until, code, verdict in (("2999-01-01", 0, "waived"), ("2020-01-01", 1, "fail")):
        waiver = f'[[gates.waivers]]\ngate = "car"\nreason = "relabelled in May"\nowner = "Kim"\nuntil = {until}\n'
        (here / "inspect.toml").write_text(text + waiver)
        outcome = gate()
        assert (outcome.code, gates_of(here / "run")["verdict"]) == (code, verdict)
        assert "Kim" in outcome.out and until in outcome.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there are no gates: no inspect.toml and no [tool.mask-inspector] was found here or above"),
        (["--gate", "iou.cat >= 0.1"], "there is no class 'cat'; did you mean 'car'?"),
        (["--gate", "iou@light=dusk >= 0.1"], "there is no slice 'light=dusk'; there are"),
        (["--gate", "uoi >= 0.1"], "there is no metric 'uoi'"),
        (["--gate", "iou >= 50"], "fail_below = 50 was found, but iou is a fraction"),
        (["--gate", "iou >= 0.5", "--json", "--format", "junit"], "--json is a format of its own"),
        (["--gate", "iou >= 0.5", "--format", "github", "-o", "x"], "leave -o out"),
        (["--config", "none.toml"], "none.toml: cannot be read"),
    ],
)
def test_wrong_usage_exits_2_and_leaves_the_run_as_it_was(here: Path, arguments: list[str], said: str) -> None:
    before = held_files(here / "run")
    outcome = gate(*arguments)
    assert outcome.code == 2 and said in outcome.err and "Traceback" not in outcome.err
    assert held_files(here / "run") == before


def test_a_folder_that_holds_no_run_exits_3(here: Path) -> None:
    outcome = inspect("gate", "gt", "--gate", "iou >= 0.5")
    assert outcome.code == 3 and "expected a folder that `inspect` has written" in outcome.err


@pytest.mark.parametrize("name", MEASURES)
def test_nothing_passes_where_nothing_could_be_scored(empty_run: Path, name: str) -> None:
    measure = MEASURES[name]
    scopes = [""] if measure.overall else []
    scopes += [".*", ".car"] if measure.per_class else []
    for scope in [*scopes, *(f".small{scope}" for scope in scopes if measure.sizes)]:
        arguments = ["--gate", f"{name}{scope} >= 0", "--gate", f"{name}{scope} <= 1"]
        outcome = inspect("gate", empty_run, *arguments, "--resamples", "100")
        assert outcome.code == 3, (scope, outcome.out, outcome.err)
        assert {check["verdict"] for check in gates_of(empty_run)["checks"]} == {"not-measured"}


@pytest.fixture(scope="module")
def empty_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    write_masks(folder, {"a": truth(0)}, {"a": prediction(0)})
    (folder / "pred/a.png").write_bytes(b"")
    (folder / "classes.toml").write_text(CLASSES)
    outcome = inspect(
        folder / "pred", "--gt", folder / "gt", "-o", folder / "run", "--classes", folder / "classes.toml"
    )
    assert outcome.code == 3
    return folder / "run"


# ---------------------------------------------------------------------- what is written


def test_the_document_the_report_junit_and_the_summary_tell_of_the_gates_and_nothing_else_changes(here: Path) -> None:
    before = held_files(here / "run")
    outcome = gate("--gate", "iou.car >= 0.99", "--gate", "iou.* >= 0.0")
    after = held_files(here / "run")
    assert set(after) - set(before) == {"junit.xml", "summary.md"}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"inspection.json", "report.html"}
    old, new = (json.loads(held["inspection.json"]) for held in (before, after))
    assert {**old, "gates": new["gates"]} == new
    assert "iou.car.at-least" in after["report.html"].decode() and b"iou.car.at-least" not in before["report.html"]
    schema = json.loads((files("inspector") / "inspection.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(new["gates"], {**schema["properties"]["gates"], "$defs": schema["$defs"]})
    case = ElementTree.fromstring(after["junit.xml"]).find(".//failure")
    assert case is not None and case.attrib["message"] in outcome.out.replace("\n  ", " ")
    assert after["summary.md"].startswith("## ✖ Gates: fail\n".encode())


def test_the_same_gates_write_the_same_bytes(here: Path) -> None:
    gate("--gate", "iou.* >= 0.5")
    first = held_files(here / "run")
    gate("--gate", "iou.* >= 0.5")
    assert held_files(here / "run") == first


STEPS = ("report", "junit.xml", "summary.md", "report.html", "inspection.json")


@pytest.mark.parametrize(
    ("form", "broken"),
    [*(((), step) for step in STEPS), *((("--folder",), step) for step in (*STEPS, "report_files"))],
)
def test_all_is_written_or_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...], broken: str
) -> None:
    """The disk is full while the report is drawn, or a file cannot be moved to its place."""
    gate("--gate", "iou.car >= 0.2")
    assert inspect("render", "run", *form).code == 0
    before = held_files(here / "run")
    real = os.replace

    def replace(source: Path, target: Path) -> None:
        if Path(target) == Path("run") / broken and ".older" not in str(source):
            raise OSError(28, "No space left on device")
        real(source, target)

    def draw(folder: Path, like: Path) -> Path:
        (folder / "report.html").write_text("half")
        raise OSError(28, "No space left on device")

    if broken == "report":
        monkeypatch.setattr("reports.redraw_report", draw)
    else:
        monkeypatch.setattr(cli_judge.os, "replace", replace)
    outcome = gate("--gate", "iou.car >= 0.99")
    assert outcome.code == 4 and "No space left" in outcome.err and "it is as it was" in outcome.err
    assert held_files(here / "run") == before


@pytest.mark.parametrize("form", [("--folder",), ("--report-size", "1MB"), ()])
def test_the_report_keeps_its_form_and_is_drawn_once(
    here: Path, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    inspect("render", "run", *form)
    drawn: list[Path] = []
    real = run_folder.render_interactive

    def draw(run: Run, *rest: Any, **named: Any) -> Any:
        drawn.append(run.folder)
        return real(run, *rest, **named)

    with monkeypatch.context() as watched:
        watched.setattr(run_folder, "render_interactive", draw)
        assert gate("--gate", "iou.car >= 0.1").code == 0
    assert len(drawn) == 1
    after = held_files(here / "run")
    assert b"iou.car.at-least" in after["report.html"]
    inspect("render", "run", *form)  # as a person would have it drawn again
    assert held_files(here / "run") == after


def test_what_is_printed_says_sign_word_number_interval_and_what_to_open(here: Path) -> None:
    out = gate("--gate", "iou.car >= 0.99", "--gate", "iou.car >= 0.1", "--set", "iou.car.at-least.x=1").err
    assert "there is no key 'x'" in out
    out = gate("--gate", "iou.car >= 0.99", "--gate", "dice.car >= 0.1").out
    lines = out.splitlines()
    assert lines[0] == "Gates: ✖ fail · 1 fail, 1 pass (the command line and the environment)"
    assert lines[2].split()[:3] == ["✖", "fail", "iou.car.at-least"] and "at least 99.0 %" in lines[2]
    assert lines[3].split()[:3] == ["✔", "pass", "dice.car.at-least"]
    assert "below 99.0 %, for sure. Open i" in out.replace("\n  ", " ")


def test_json_is_what_the_document_holds(here: Path) -> None:
    outcome = gate("--gate", "iou.* >= 0.5", "--json")
    assert json.loads(outcome.out) == gates_of(here / "run")


@pytest.mark.parametrize("kind", ["text", "markdown", "gitlab", "junit", "sarif"])
def test_a_format_goes_to_a_file(here: Path, kind: str) -> None:
    printed = gate("--gate", "iou.* >= 0.5", "--format", kind)
    written = gate("--gate", "iou.* >= 0.5", "--format", kind, "-o", "out/of.txt")
    assert (written.out, written.code) == ("", printed.code)
    assert (here / "out/of.txt").read_text(encoding="utf-8") == printed.out


def test_the_line_of_a_gate_is_that_of_its_file_in_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".git").mkdir()
    (here / "deep").mkdir()
    (here / "inspect.toml").write_text(
        '# gates\n[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.99\n'
    )
    monkeypatch.chdir(here / "deep")
    outcome = inspect("gate", "../run", "--gate", "dice.car >= 0.99", "--format", "gitlab")
    places = {issue["check_name"]: issue["location"] for issue in json.loads(outcome.out)}
    assert places["car"] == {"path": "inspect.toml", "lines": {"begin": 3}}
    assert places["dice.car.at-least"] == {"path": "run/inspection.json", "lines": {"begin": 1}}
    assert "../inspect.toml and the command line" in gates_of(here / "run")["source"]


def test_metrics_are_listed_with_unit_and_direction(here: Path) -> None:
    outcome = inspect("gate", "metrics")
    records = {record["name"]: record for record in json.loads(inspect("gate", "metrics", "--json").out)}
    assert outcome.code == 0 and set(records) == set(MEASURES)
    assert records["prediction_ratio"]["better"] == "one" and "area_ratio" in records["prediction_ratio"]["also"]
    for name in MEASURES:
        assert f"\n{name} " in outcome.out


def test_the_schema_is_printed() -> None:
    outcome = inspect("gate", "schema")
    assert outcome.code == 0 and json.loads(outcome.out)["properties"].keys() == {"gates", "baselines", "run"}


# ---------------------------------------------------------------------- GitHub


def test_in_github_actions_annotations_are_printed_and_the_summary_is_added(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = here / "step-summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    outcome = gate("--gate", "iou.car >= 0.99", "--gate", "iou.dead >= 0.99", "--format", "github")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("::stop-commands::") and f"::{lines[0].rpartition('::')[2]}::" in lines
    assert len([line for line in lines if line.startswith("::error file=run/inspection.json,line=1,title=")]) == 2
    assert summary.read_text(encoding="utf-8") == "before\n" + (here / "run/summary.md").read_text(encoding="utf-8")
    summary.write_bytes(b"x" * (SUMMARY_BYTES - 1500))
    gate("--gate", "iou.car >= 0.99", "--gate", "iou.* >= 0.99", "--format", "github")
    assert SUMMARY_BYTES - 1500 < summary.stat().st_size <= SUMMARY_BYTES
    assert b"**Left out**" in summary.read_bytes()


# ---------------------------------------------------------------------- the main job


def main_job(*arguments: str | Path) -> Outcome:
    return inspect("pred", "--gt", "gt", "--classes", "classes.toml", "--resamples", "100", *arguments)


def test_the_main_job_judges_the_gates_of_its_flags_and_of_a_file(here: Path) -> None:
    (here / "inspect.toml").write_text(
        '[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.1\n'
    )
    outcome = main_job("-o", "new", "--gate", "dice.car >= 0.99")
    assert outcome.code == 1
    assert outcome.out.startswith("configuration: inspect.toml\n")
    assert outcome.out.splitlines()[-1] == "report: new/report.html"
    assert "✖ fail   dice.car.at-least" in outcome.out and "✔ pass   car " in outcome.out
    held = gates_of(here / "new")
    assert [check["id"] for check in held["checks"]] == ["car", "dice.car.at-least"]
    assert held["source"] == "inspect.toml and the command line and the environment"
    assert (here / "new/junit.xml").is_file() and "dice.car.at-least" in (here / "new/report.html").read_text()
    assert json.loads((here / "new/run.json").read_text())["configuration"] == "inspect.toml"
    again = inspect("gate", "new", "--gate", "dice.car >= 0.99")
    assert again.code == 1 and gates_of(here / "new") == held


@pytest.mark.parametrize(("gates", "code"), [((), 3), (("iou.car >= 0.1",), 3), (("iou.car >= 0.99",), 1)])
def test_a_partial_run_exits_3_unless_a_gate_fails(here: Path, gates: tuple[str, ...], code: int) -> None:
    (here / "pred/i3.png").write_bytes(b"")
    assert main_job("-o", "new", *(part for each in gates for part in ("--gate", each))).code == code
    assert document_of(here / "new")["partial"]


def test_without_a_folder_the_document_holds_the_gates(here: Path) -> None:
    outcome = main_job("--json", "--gate", "iou.car >= 0.99")
    assert outcome.code == 1 and not (here / "inspection").exists()
    assert json.loads(outcome.out)["gates"]["checks"][0]["verdict"] == "fail"


def test_a_gate_on_a_class_that_is_not_there_costs_no_run(here: Path) -> None:
    outcome = main_job("-o", "new", "--gate", "iou.cat >= 0.1")
    assert outcome.code == 2 and "there is no class 'cat'" in outcome.err
    assert gates_of(here / "new") == {"verdict": "none", "checks": []} and (here / "new/report.html").is_file()
    outcome = main_job("-o", "other", "--gate", "uoi.cat >= 0.1")
    assert outcome.code == 2 and not (here / "other").exists()  # known before a mask is read


def test_without_gates_a_run_is_what_it_was(here: Path) -> None:
    outcome = main_job("-o", "new")
    assert outcome.code == 0 and "Gates" not in outcome.out and not (here / "new/junit.xml").exists()
    assert gates_of(here / "new") == {"verdict": "none", "checks": []}


@pytest.mark.parametrize(
    ("flag", "environ", "expected"),
    [
        ((), {}, 3.0),
        ((), {"INSPECT_RUN_TOLERANCE": "4"}, 4.0),
        (("--tolerance", "5"), {"INSPECT_RUN_TOLERANCE": "4"}, 5.0),
    ],
)
def test_options_of_the_main_job_flag_before_environment_before_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, flag: tuple[str, ...], environ: Mapping[str, str], expected: float
) -> None:
    (here / "deep").mkdir()
    (here / ".git").mkdir()
    (here / "inspect.toml").write_text(
        '[run]\ngt = "gt"\nclasses = "classes.toml"\ntolerance = 3\nignore = [2]\nquiet = true\n'
    )
    monkeypatch.chdir(here / "deep")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    outcome = inspect("../pred", "-o", "../new", *flag)
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    settings = document_of(here / "new")["settings"]
    assert (settings["tolerance"], settings["ignore"]) == (expected, [2])
    lint = inspect("lint", "../pred")
    assert (lint.code, lint.out) == (0, "")


def test_options_of_the_main_job_are_none_of_the_gates(here: Path) -> None:
    """Both have a seed, an output and so on."""
    (here / "inspect.toml").write_text(
        '[run]\noutput = "x"\njson = true\nseed = 7\nresamples = 150\nmin_images = 100\n'
    )
    outcome = inspect("gate", "run", "--gate", "iou.car >= 0.1")
    assert outcome.code == 0 and outcome.out.startswith("Gates: ✔ pass") and not (here / "x").exists()


def test_variables_for_json_lists_and_the_file_and_one_that_is_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECT_RUN_JSON", "1")
    monkeypatch.setenv("INSPECT_RUN_IGNORE", "2 3")
    (here / "conf.toml").write_text(
        '[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.99\n'
    )
    monkeypatch.setenv("INSPECT_CONFIG", "conf.toml")
    monkeypatch.setenv("INSPECT_GATES_LEVEL", "warn")
    outcome = main_job()
    document = json.loads(outcome.out)
    assert outcome.code == 0 and document["settings"]["ignore"] == [2, 3]
    assert document["gates"]["checks"][0]["level"] == "warn"
    monkeypatch.setenv("INSPECT_RUN_TOLERENCE", "3")
    outcome = main_job()
    assert outcome.code == 2 and "INSPECT_RUN_TOLERENCE: there is no such option; did you mean" in outcome.err


def test_a_broken_file_is_told_before_a_mask_is_read_but_help_is_shown(here: Path) -> None:
    (here / "inspect.toml").write_text("[run]\ntolerence = 1\n")
    assert inspect("run", "--help").code == 0
    outcome = main_job("-o", "new")
    assert outcome.code == 2 and "inspect.toml, [run]: there is no key 'tolerence'" in outcome.err
    assert not (here / "new").exists()


def test_the_demo_looks_for_no_configuration(here: Path) -> None:
    """It is about data of its own."""
    (here / "inspect.toml").write_text("[run]\nclasses = 'none.toml'\n")
    assert inspect("lint", "pred", "--gt", "gt").code == 2
    assert cli.main(["lint", "pred", "--gt", "gt", "-q"], "inspect", standalone_mode=False, obj=ISOLATED) == 0


def test_a_run_compares_with_a_run_folder_as_its_baseline(here: Path) -> None:
    worse = {f"i{n}": np.where(prediction(n) == 1, 0, prediction(n)) for n in range(30)}
    for name, labels in worse.items():
        (here / "pred" / f"{name}.png").write_bytes(png(labels))
    outcome = main_job("-o", "new", "--gate", "iou.* >= main - 1%", "--baseline", "main=run")
    assert outcome.code == 1
    (check,) = gates_of(here / "new")["checks"]
    verdicts = {member["scope"]: member["verdict"] for member in check["members"]}
    assert verdicts["car"] == "fail" and check["not_asked"] == ["moon"]
    assert "new" not in outcome.err and "not by chance" in outcome.out.replace("\n", " ")
