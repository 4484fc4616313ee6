"""The action, the template of GitLab and the hook of pre-commit: their own steps are run, in a shell, as CI does."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_manifest

from tests.mask_folders import document_of, random_labels, write_masks

ROOT = Path(__file__).resolve().parents[1]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TEMPLATE: dict[str, Any] = yaml.safe_load((ROOT / "templates/gitlab-ci.yml").read_text(encoding="utf-8"))
EVIL = 'x"; touch stolen; echo $(touch stolen2) `touch stolen3` #'


@dataclass
class Runner:
    """Runs the steps of a composite action in `folder`, as far as this action asks for."""

    folder: Path
    inputs: Mapping[str, str]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    log: str = ""
    kept: dict[str, str] = field(default_factory=dict)

    def run(self) -> int:
        """The exit code of the action: that of the first step that fails; later ones run only if they say always()."""
        failed = 0
        for step in ACTION["runs"]["steps"]:
            condition = step.get("if", "${{ success() }}")
            if self.value(condition, failed) != "true" or (failed and "always()" not in condition):
                continue
            if "uses" in step:
                self.kept = {key: self.value(value, failed) for key, value in step["with"].items()}
                continue
            failed = failed or self.step(step)
        return failed

    def step(self, step: Mapping[str, Any]) -> int:
        assert step["shell"] == "bash" and "${{" not in step["run"]
        output = self.folder / "github-output"
        output.write_text("")
        environ = {key: self.value(value, 0) for key, value in step.get("env", {}).items()}
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ran = subprocess.run(
            shell, cwd=self.folder, env={**environment(self.folder), **environ}, capture_output=True, text=True
        )
        self.log += ran.stdout + ran.stderr
        held = dict(line.split("=", 1) for line in output.read_text().splitlines())
        self.outputs[step.get("id", step["name"])] = held
        self.codes[step["name"]] = ran.returncode
        return ran.returncode

    def value(self, text: str, failed: int) -> str:
        """A text with its expressions replaced."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: self.expression(found[1].strip(), failed), text)

    def expression(self, text: str, failed: int) -> str:
        for sign, joined in (("||", any), ("&&", all)):
            if sign in text:
                held = [self.expression(part.strip(), failed) for part in text.split(sign)]
                if joined is any:
                    return next((each for each in held if each not in ("", "false")), held[-1])
                return next((each for each in held if each in ("", "false")), held[-1])
        for sign in ("==", "!="):
            if sign in text:
                one, other = (self.expression(part.strip(), failed) for part in text.split(sign))
                return str((one == other) == (sign == "==")).lower()
        if text[0] == "'":
            return text.strip("'")
        if text in ("always()", "success()"):
            return str(text == "always()" or not failed).lower()
        if text == "github.action_path":
            return str(ROOT)
        names = text.split(".")
        if names[0] == "inputs":
            return self.inputs[names[1]]
        assert names[0] == "steps" and names[2] == "outputs", text
        return self.outputs.get(names[1], {}).get(names[3], "")


def environment(folder: Path) -> dict[str, str]:
    held = {key: value for key, value in os.environ.items() if not key.startswith(("INSPECT_", "GITHUB_"))}
    (folder / "step-summary").touch()
    return {
        **held, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(folder / "github-output"), "RUNNER_TEMP": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "step-summary"), "GITHUB_WORKSPACE": str(folder), "PYTHONPATH": str(ROOT),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    names = [f"i{n}" for n in range(25)]
    gt = {name: random_labels(n) for n, name in enumerate(names)}
    write_masks(tmp_path, gt, gt)
    return tmp_path


def runner(folder: Path, **inputs: str) -> Runner:
    """The action with its own defaults; the program is not installed, as it is here."""
    defaults = {name: str(entry.get("default", "")) for name, entry in ACTION["inputs"].items()}
    given = {"predictions": "pred", "masks": "gt", "install": "false", "python": sys.executable}
    return Runner(folder, {**defaults, **given, **{name.replace("_", "-"): value for name, value in inputs.items()}})


# ---------------------------------------------------------------------- GitHub


@pytest.mark.parametrize(
    ("gates", "code", "annotation"),
    [
        ("miou >= 0.9\niou.* >= 0.9\n", 0, ""),
        ("miou >= 0.9\niou.class 9 >= 0.9", 3, "::error file="),  # neither true nor predicted
        ("miou <= 0.2", 1, "::error file=inspection/inspection.json,line=1,title=Gate miou.at-most%3A fail::mean IoU"),
        ("miou >= nowhere", 3, "::error file=inspection/inspection.json,line=1,title=Gate miou.against-nowhere"),
    ],
)
def test_the_action_ends_as_its_gates_do_and_says_so(masks: Path, gates: str, code: int, annotation: str) -> None:
    held = runner(masks, gates=gates, arguments="--resamples=100\n--num-classes=10")
    assert held.run() == code, held.log
    assert held.value(ACTION["outputs"]["exit-code"]["value"], 0) == str(code)
    assert annotation in held.log
    tokens = re.findall("::stop-commands::([0-9a-f]{32})\n", held.log)
    assert len(tokens) == 2 and all(held.log.count(f"::{token}::\n") == 1 for token in tokens)
    summary = (masks / "step-summary").read_text(encoding="utf-8")
    assert summary == (masks / "inspection/summary.md").read_text(encoding="utf-8")
    assert held.kept == {"name": "mask-inspection", "path": "inspection", "if-no-files-found": "ignore"}


def test_the_action_takes_every_input(masks: Path) -> None:
    (masks / "conf.toml").write_text('[[gates.gate]]\nid = "own"\nmetric = "iou"\nclasses = "*"\nbaseline = "main"\n')
    assert runner(masks, run_folder="first", gates="miou >= 0.1", upload="false").run() == 0
    held = runner(
        masks, run_folder="second run", gates="miou >= 0.1", baselines="main=first", config="conf.toml",
        preset="strict", strict="true", artifact="other",
    )  # fmt: skip
    assert held.run() == 0, held.log
    gates = document_of(masks / "second run")["gates"]
    assert gates["strict"] and {"own", "miou.at-least", "no-weak-class"} <= {check["id"] for check in gates["checks"]}
    assert held.kept["name"] == "other" and held.kept["path"] == "second run"


def test_the_action_hands_changes_of_gates_to_both_of_its_judgements(masks: Path) -> None:
    (masks / "conf.toml").write_text('[[gates.gate]]\nid = "x"\nmetric = "miou"\nfail_below = 0.0\n')
    inputs = {"config": "conf.toml", "arguments": "--resamples=100\n--num-classes=10"}
    assert runner(masks, **inputs).run() == 0
    held = runner(masks, set="x.fail_above=0.5\nx.statistic=point\n", **inputs)
    assert held.run() == 1
    assert "::error" in held.log


def test_the_action_hands_waivers_to_both_of_its_judgements(masks: Path) -> None:
    """One image without a hit fails the gate alone; the report is judged a second time for its annotations."""
    write_masks(masks, {"i0": random_labels(0)}, {"i0": (random_labels(0) + 1) % 3})
    gate = '[[gates.gate]]\nid = "x"\nmetric = "pixel_accuracy"\nfail_below = 0.99\nstatistic = "point"\n'
    (masks / "conf.toml").write_text(gate)
    inputs = {"config": "conf.toml", "arguments": "--resamples=100\n--num-classes=10"}
    assert runner(masks, **inputs).run() == 1
    waiver = '[[waivers]]\nimage = "i0"\nreason = "r"\nowner = "o"\nuntil = 2999-01-01\n'
    (masks / "waivers.toml").write_text(waiver)
    held = runner(masks, waivers="waivers.toml", **inputs)
    assert held.run() == 0, held.log
    assert "waived by o until 2999-01-01 for 1 image (i0)" in (masks / "step-summary").read_text(encoding="utf-8")


def test_without_a_gate_the_summary_says_so(masks: Path) -> None:
    held = runner(masks, upload="false")
    assert held.run() == 0 and held.kept == {}
    assert (masks / "step-summary").read_text() == "No gate is configured. The report is in the run folder.\n"


@pytest.mark.parametrize(
    ("inputs", "code"), [({"masks": "none"}, 2), ({"gates": "miou"}, 2), ({"predictions": "-x"}, 2)]
)
def test_a_step_that_goes_wrong_ends_the_action_with_its_code(masks: Path, inputs: dict[str, str], code: int) -> None:
    held = runner(masks, **inputs)
    assert held.run() == code, held.log
    assert "error: " in held.log and "Traceback" not in held.log


def test_an_input_is_never_run_as_a_command(masks: Path) -> None:
    names = (
        "predictions",
        "masks",
        "gates",
        "baselines",
        "config",
        "arguments",
        "run-folder",
        "preset",
        "strict",
        "waivers",
        "set",
    )
    held = runner(masks, **dict.fromkeys(names, EVIL))
    for step in ACTION["runs"]["steps"]:
        if "run" in step and step["name"] not in ("Install", "Verdict"):
            held.step(step)
    assert held.outputs["inspect"] == {"code": "2"}
    assert not list(masks.rglob("stolen*"))


def test_the_program_is_installed_from_where_the_action_lies(tmp_path: Path) -> None:
    """A python that only writes down what it is asked to do."""
    fake = tmp_path / "python"
    fake.write_text(
        '#!/bin/bash\necho "$@" >> asked\nif [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi\n'
        'case "$*" in *secrets*) echo token;; esac\n'
    )
    fake.chmod(0o755)
    held = runner(tmp_path, install="true", python=str(fake))
    assert held.run() == 0, held.log
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == f"-m venv {tmp_path}/mask-inspector"
    assert asked[1].startswith("-m pip install") and asked[1].endswith(f"-c {ROOT}/constraints.txt {ROOT}")
    assert held.outputs["install"] == {"python": f"{tmp_path}/mask-inspector/bin/python"}
    assert "-m inspector run --gt gt -o inspection -- pred" in asked


def test_every_input_is_described_and_used() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, entry in ACTION["inputs"].items():
        assert entry["description"].endswith((".", ")."))
        assert f"inputs.{name}" in text.partition("\nruns:")[2]


# ---------------------------------------------------------------------- GitLab


@pytest.mark.parametrize(
    ("gates", "code"), [("miou >= 0.9; iou.* >= 0.9", 0), ("miou <= 0.2", 1), ("", 0), ("miou", 2)]
)
def test_the_template_of_gitlab_runs_and_writes_what_it_promises(masks: Path, gates: str, code: int) -> None:
    job = TEMPLATE[".inspect-masks"]
    variables = {**job["variables"], "MASKS_PREDICTED": "pred", "MASKS_TRUE": "gt", "INSPECT_GATES_GATE": gates}
    script = "\n".join(job["script"])
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=masks, env={**environment(masks), **variables}, capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == code, ran.stdout + ran.stderr
    reports = job["artifacts"]["reports"]
    for path in (reports["junit"], reports["codequality"]):
        assert (masks / path).is_file() == (gates not in ("", "miou"))
    if code == 1:
        (issue,) = json.loads((masks / reports["codequality"]).read_text())
        assert issue["check_name"] == "miou.at-most"
    (install,) = job["before_script"]
    assert shlex.split(install)[:4] == ["python", "-m", "pip", "install"] and "$MASK_INSPECTOR_PACKAGE" in install


# ---------------------------------------------------------------------- pre-commit


def test_the_hook_of_pre_commit_runs(masks: Path) -> None:
    (hook,) = load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))
    assert hook["id"] == "inspect-lint" and hook["language"] == "python" and not hook["pass_filenames"]

    def run() -> subprocess.CompletedProcess[str]:
        command = [*shlex.split(hook["entry"]), *hook["args"], "pred", "--gt", "gt"]
        return subprocess.run(command, cwd=masks, env=environment(masks), capture_output=True, text=True)

    good = run()
    assert good.returncode == 0 and "25 pairs can be scored" in good.stdout, good.stderr
    (masks / "pred/i3.png").write_bytes(b"no mask")
    bad = run()
    assert bad.returncode == 3 and "pred/i3.png" in bad.stdout
