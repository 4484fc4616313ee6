"""Proposed gates hold on the run that they come from, and margins are as wide as seeds lie apart."""

from __future__ import annotations

import json
import math
import shutil
import tomllib
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.errors import InputError, UsageError
from inspector.gates.config import Config
from inspector.gates.config_files import read_config
from inspector.gates.margins import calibrate
from inspector.gates.proposals import propose, rounded
from inspector.gates.toml_text import gate_text
from tests.command import inspect
from tests.drawn_runs import predicted, run_of, scenes
from tests.gated_runs import CLASSES, clean_environment, inspected, truths
from tests.mask_folders import document_of, write_masks

SEEDS = ({1: 0.10, 2: 0.2}, {1: 0.13, 2: 0.1}, {1: 0.11, 2: 0.15})


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proposals")
    for index, lost in enumerate(SEEDS):
        assert inspected(folder / f"seed{index}", lost, seed=index).code == 0
    assert inspected(folder / "worse", {1: 0.5, 2: 0.2}, seed=1).code == 0
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    clean_environment(monkeypatch)
    return tmp_path / "work"


def judged(run: str, config: str | Path) -> tuple[int, dict[str, dict[str, Any]]]:
    outcome = inspect("gate", run, "--config", config, "--json")
    assert not outcome.err, outcome.err
    return outcome.code, {check["id"]: check for check in json.loads(outcome.out)["checks"]}


# ---------------------------------------------------------------------- init


def test_what_is_proposed_is_read_and_passes_on_its_run(here: Path) -> None:
    outcome = inspect("gate", "init", "seed0", "-o", "conf/inspect.toml")
    assert (outcome.code, outcome.err) == (0, "") and "conf/inspect.toml (3 gates)" in outcome.out
    config = read_config(Path("conf/inspect.toml")).parsed()
    assert [gate.id for gate in config.gates.gate] == ["miou", "small-objects", "area-ratio"]
    code, checks = judged("seed0", "conf/inspect.toml")
    assert code == 0 and {check["verdict"] for check in checks.values()} == {"pass"}
    (line,), low = checks["miou"]["lines"], checks["miou"]["members"][0]["interval"][0]
    assert line <= low < line + 0.005 and round(line * 200) == pytest.approx(line * 200)
    assert checks["small-objects"]["members"][0]["interval"] == [1, 1]
    assert checks["small-objects"]["lines"] == [0.9]  # 30 images without a miss: 3 / 30 of all may have one
    low, high = checks["area-ratio"]["lines"]
    intervals = [member["interval"] for member in checks["area-ratio"]["members"]]
    assert low <= min(each[0] for each in intervals) < low + 0.05
    assert max(each[1] for each in intervals) <= high == 1.1  # it is 1.05 rounded, and has room all the same
    assert "moon" not in Path("conf/inspect.toml").read_text()  # it is not there, and "*" does not ask for it
    assert config.gates.gate[2].level == "warn" and config.gates.gate[2].classes == "*"


def test_the_comments_say_which_numbers_they_come_from(here: Path) -> None:
    text = inspect("gate", "init", "seed0").out
    _, checks = judged("seed0", _written(here, text))
    member = checks["miou"]["members"][0]
    shown = f"{100 * member['value']:.1f} % ({100 * member['interval'][0]:.1f} to {100 * member['interval'][1]:.1f} %"
    assert f"mean IoU of all classes is {shown}, 30 images)" in " ".join(text.replace("\n# ", " ").split())
    assert "seed0" in text.splitlines()[0]


def _written(folder: Path, text: str) -> Path:
    path = folder / "written.toml"
    path.write_text(text)
    return path


def test_with_a_baseline_every_class_is_held_to_it(here: Path) -> None:
    assert inspect("baseline", "save", "seed0", "-o", "base/main.json").code == 0
    given = ("--baseline", "main=base/main.json")
    assert inspect("gate", "init", "seed0", *given, "-o", "conf/inspect.toml").code == 0
    held = tomllib.loads(Path("conf/inspect.toml").read_text())
    assert held["baselines"] == {"main": "../base/main.json"}
    gate = held["gates"]["gate"][2]
    assert gate == {
        "id": "no-class-regresses", "metric": "iou", "classes": "*", "baseline": "main", "margin": 0.01,
        "correction": "holm",
    }  # fmt: skip
    code, checks = judged("seed0", "conf/inspect.toml")
    assert code == 0 and {check["verdict"] for check in checks.values()} == {"pass"}
    assert judged("worse", "conf/inspect.toml")[0] == 1
    printed = inspect("gate", "init", "seed0", "--baseline", "main=seed1").out
    assert tomllib.loads(printed)["baselines"] == {"main": "seed1"}


def test_a_regression_that_would_fail_today_only_warns_and_says_so(here: Path) -> None:
    text = inspect("gate", "init", "worse", "--baseline", "main=seed0").out
    gate = tomllib.loads(text)["gates"]["gate"][2]
    assert gate["level"] == "warn" and "it would fail today for road, car" in text.replace("\n# ", " ")
    code, checks = judged("worse", _written(here, text))
    assert code == 0 and checks["no-class-regresses"]["verdict"] == "warn"


def test_a_class_that_only_one_run_invents_does_not_stop_the_gates(here: Path) -> None:
    """Its IoU is 0 in the one and not known in the other: no gate on `*` asks for the difference."""
    masks = truths()
    made = {name: labels.copy() for name, labels in masks.items()}
    for labels in made.values():
        labels[0, 0] = 3  # predicted, and never true
    gt, pred = write_masks(here / "two", masks, made)
    classes = here / "two/classes.toml"
    classes.write_text(CLASSES)
    assert inspect(pred, "--gt", gt, "--classes", classes, "-o", "moons", "--resamples", "100").code == 0
    text = inspect("gate", "init", "moons", "--baseline", "main=seed0").out
    gates = {gate["id"]: gate for gate in tomllib.loads(text)["gates"]["gate"]}
    assert gates["no-class-regresses"]["classes"] == gates["area-ratio"]["classes"] == "*"
    assert "Not in the truth, so not asked: moon." in " ".join(text.replace("\n#", " ").split())
    code, checks = judged("moons", _written(here, text))
    assert code == 0 and checks["no-class-regresses"]["verdict"] == "pass"


def test_where_no_class_is_true_there_is_no_gate_on_classes_that_become_worse() -> None:
    void = [(np.full((9, 9), 255, np.uint8), np.ones((9, 9), np.uint8))] * 25
    run = run_of(void, "void")
    found = propose(run, "main", lambda _: run)
    assert [each.reason for each in found if "no class is true" in each.reason] and not found[2].gate


def test_too_few_images_give_no_gate_and_the_reason() -> None:
    run = run_of(predicted(scenes(8), {1: 0.2}), "few")
    found = propose(run, None, lambda _: run)
    assert [bool(each.gate) for each in found] == [False, False, False]
    assert "8 images are too few to tell" in found[0].reason
    with_baseline = propose(run, "main", lambda _: run)[2]
    assert "In too few images to tell as yet" in with_baseline.reason and with_baseline.gate["classes"] == "*"


def test_a_class_far_off_sets_no_bounds_for_the_others() -> None:
    run = run_of(predicted(scenes(30), {1: 0.8}), "far")
    found = propose(run, None, lambda _: run)[-1]
    assert found.gate["classes"] == ("person", "pole", "sign", "tree")
    assert "not surely within 0.5 to 2 today: ground, car" in found.reason
    assert (found.gate["warn_below"], found.gate["warn_above"]) == (0.9, 1.1)  # the others are drawn without a fault


def test_a_baseline_that_is_not_there_or_is_of_other_images_is_an_error(here: Path) -> None:
    missing = inspect("gate", "init", "seed0", "--baseline", "main=none.json")
    assert missing.code == 3 and "none.json: not found" in missing.err
    assert inspect("gate", "init", "seed0", "--baseline", "main").code == 2
    few, other = (run_of(predicted(scenes(22, seed=seed), {1: 0.2}), "x") for seed in (0, 1))
    with pytest.raises(InputError, match="cannot be compared"):
        propose(few, "main", lambda _: other)


def test_no_file_is_replaced(here: Path) -> None:
    Path("inspect.toml").write_text("# mine\n")
    refused = inspect("gate", "init", "seed0", "-o", "inspect.toml")
    assert refused.code == 2 and "is there" in refused.err and Path("inspect.toml").read_text() == "# mine\n"
    assert inspect("gate", "init", "seed0", "-o", "sub/pyproject.toml").code == 2 and not Path("sub").exists()
    assert inspect("gate", "init", "gt", "-o", "new.toml").code == 3 and not Path("new.toml").exists()


@pytest.mark.parametrize("name", ['a"b\\c', "tab\there", "del\x7f", "line\nbreak", "[x]", "ü 雨 \u202e", "#no", "'"])
def test_every_name_comes_back_from_the_text(name: str) -> None:
    gate = {"id": "g", "metric": "iou", "classes": (name, *"abcdefgh"), "fail_below": 0.1}
    text = gate_text(gate, f"for {name}: it holds {name}")
    assert all(line.isprintable() for line in text.split("\n"))
    held = Config.model_validate(tomllib.loads(text))
    assert held.gates.gate[0].classes == (name, *"abcdefgh") and held.gates.gate[0].fail_below == 0.1


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UsageError, match="half a character"):
        gate_text({"id": "\ud800"}, "")


@pytest.mark.parametrize(
    ("value", "step", "towards", "expected"),
    [
        (0.7, "0.005", ROUND_FLOOR, 0.7),
        (0.6999999999999999, "0.005", ROUND_FLOOR, 0.695),
        (0.007, "0.001", ROUND_CEILING, 0.007),
        (0.0070000001, "0.001", ROUND_CEILING, 0.008),
        (1e-12, "0.001", ROUND_CEILING, 0.001),
        (0.0, "0.001", ROUND_CEILING, 0.0),
    ],
)
def test_rounding_is_of_the_number_that_is_shown(value: float, step: str, towards: str, expected: float) -> None:
    assert rounded(value, Decimal(step), towards) == expected


# ---------------------------------------------------------------------- calibrate


def test_margins_are_the_largest_difference_of_any_two_runs(here: Path) -> None:
    text = inspect("gate", "calibrate", "seed0", "seed1", "seed2").out
    gates = {gate["id"]: gate for gate in tomllib.loads(text)["gates"]["gate"]}
    documents = [document_of(here / f"seed{index}") for index in range(3)]
    overall = max(abs(a["overall"]["miou"] - b["overall"]["miou"]) for a, b in combinations(documents, 2))
    classes = {
        record["name"]: max(abs(a["classes"][k]["iou"] - b["classes"][k]["iou"]) for a, b in combinations(documents, 2))
        for k, record in enumerate(documents[0]["classes"])
        if record["images"] >= 20
    }
    decides = max(classes, key=lambda name: classes[name])
    assert gates["overall-regresses"]["margin"] == math.ceil(overall * 1000) / 1000
    assert gates["no-class-regresses"]["margin"] == math.ceil(classes[decides] * 1000) / 1000
    flat = " ".join(text.replace("\n# ", " ").split())
    assert f"IoU of {decides}, which decides" in flat and "From 3 runs of one model, 3 pairs" in flat
    assert "in fewer than 20 images: moon" in flat and "lower bound" not in flat
    assert Config.model_validate(tomllib.loads(text)).gates.gate[1].classes == "*"


def test_two_runs_give_a_lower_bound_and_one_run_nothing(here: Path) -> None:
    text = inspect("gate", "calibrate", "seed0", "seed1").out
    assert "From 2 runs of one model, 1 pair" in text and "lower bound" in text
    for given in (["seed0"], ["seed0", "./seed0/"]):
        outcome = inspect("gate", "calibrate", *given)
        assert outcome.code == 2 and not outcome.out
    assert inspect("gate", "calibrate").code == 2


def test_a_class_in_few_images_decides_no_margin() -> None:
    """Its IoU hangs on a handful of images; gates call it inconclusive, too."""
    masks = scenes(30)
    for index, truth in enumerate(masks):
        if index >= 5:
            truth[truth == 2] = 0
    runs = [run_of(predicted(masks, {1: 0.2, 2: lost}), f"r{lost}") for lost in (0.1, 0.9)]
    found = calibrate(runs)
    assert "person" in found.rare and found.classes is not None and found.classes.class_name != "person"
    few = calibrate([run_of(predicted(scenes(5), {1: lost}), "x") for lost in (0.1, 0.2)])
    assert few.classes is None and few.overall is not None and few.overall.margin > 0
