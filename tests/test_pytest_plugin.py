"""A model's test in three lines: it passes, or it fails with the sentences of its gates and no more."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.gated_runs import CLASSES, predictions, truths
from tests.mask_folders import write_masks

pytest_plugins = ["pytester"]
ROOT = Path(__file__).resolve().parents[1]
PLUGIN = ("-p", "inspector.pytest_plugin", "-p", "no:cacheprovider")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A user's project with masks/ and predictions/."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the plugin may be installed, too
    monkeypatch.setenv("INSPECT_GATES_LEVEL", "off")
    masks = truths(22)
    write_masks(pytester.path / "x", masks, predictions(masks, {1: 0.3, 2: 0.1}))
    (pytester.path / "x/gt").rename(pytester.path / "masks")
    (pytester.path / "x/pred").rename(pytester.path / "predictions")
    (pytester.path / "classes.toml").write_text(CLASSES)
    return pytester


def run(project: pytest.Pytester, body: str) -> pytest.RunResult:
    project.makepyfile(f"def test_model(inspect_masks, tmp_path):\n    {body}\n")
    return project.runpytest_inprocess(*PLUGIN, "--basetemp", str(project.path / "tmp"))


def text_of(result: pytest.RunResult) -> str:
    return "\n".join(result.outlines)


def test_three_lines_are_enough(project: pytest.Pytester) -> None:
    result = run(project, 'inspect_masks("predictions/", gt="masks/").assert_gates("miou >= 0.5", "iou.* >= 0.2")')
    result.assert_outcomes(passed=1)
    folder = project.path / "tmp/test_model0/inspection"
    document = json.loads((folder / "inspection.json").read_text())
    assert document["gates"]["verdict"] == "pass" and (folder / "report.html").is_file()


def test_a_failure_is_the_sentences_of_the_gates_and_the_run(project: pytest.Pytester) -> None:
    result = run(
        project,
        'inspect_masks("predictions/", gt="masks/", classes="classes.toml").assert_gates('
        '"iou.car >= 0.9", "iou.sign >= 0.1", "iou.moon >= 0.1")',
    )
    result.assert_outcomes(failed=1)
    text = text_of(result)
    assert "AssertionError: 2 of 3 gates failed:" in text
    assert "✖ fail iou.car.at-least: IoU of car is 7" in text and "below 90.0 %, for sure. Open i" in text
    assert "! not-measured iou.moon.at-least" in text and "iou.sign" not in text.replace('"iou.sign >= 0.1"', "")
    assert str(project.path / "tmp/test_model0/inspection") in text
    assert "pytest_plugin.py" not in text and "cli_judge.py" not in text  # frames that are ours
    assert sum(line.startswith("E ") for line in result.outlines) == 4


def test_no_variable_of_the_environment_switches_a_gate_off(project: pytest.Pytester) -> None:
    run(project, 'inspect_masks("predictions/", gt="masks/").assert_gates("miou >= 0.99")').assert_outcomes(failed=1)


def test_a_mistake_is_one_sentence(project: pytest.Pytester) -> None:
    mistakes = {
        'inspect_masks("predictions/", gt="masks/").assert_gates("miou")': "gate 'miou': expected >=",
        'inspect_masks("predictions/", gt="masks/").assert_gates()': "has no gates",
        'inspect_masks("nowhere/", gt="masks/")': "there is no folder nowhere",
        'inspect_masks("predictions/", gt="masks/", tolerence=3)': "no option 'tolerence'; it has boundary_width",
    }
    project.makepyfile("\n".join(f"def test_{n}(inspect_masks):\n    {body}" for n, body in enumerate(mistakes)))
    result = project.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(failed=4)
    raised = [line for line in result.outlines if line.startswith("E ")]
    assert all(said in line for said, line in zip(mistakes.values(), raised, strict=True))
    for ours in ("pytest_plugin.py", "one_line.py", "pairing.py"):
        assert ours not in text_of(result)


def test_what_was_left_out_fails_unless_that_is_accepted(project: pytest.Pytester) -> None:
    (project.path / "predictions/i00.png").write_bytes(b"")
    body = (
        'made = inspect_masks("predictions/", gt="masks/"); made.assert_gates("miou >= 0.5", partial=True); '
        'made.assert_gates("miou >= 0.5")'
    )
    result = run(project, body)
    result.assert_outcomes(failed=1)
    raised = [line for line in result.outlines if line.startswith("E ")]
    assert "1 file could not be used" in raised[0] and "pred/i00.png" in raised[1] and len(raised) == 3


def test_gates_of_a_file_baselines_and_strictness(project: pytest.Pytester) -> None:
    (project.path / "inspect.toml").write_text(
        '[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.99\n'
    )
    (project.path / "few.toml").write_text("[gates]\nmin_images = 1000\n")
    masks = truths(22)
    write_masks(project.path / "y", masks, predictions(masks, {1: 0.1, 2: 0.1}))
    project.makepyfile("""
        import pytest

        def test_model(inspect_masks, tmp_path):
            made = inspect_masks("predictions", gt="masks", classes="classes.toml", resamples=100, ignore=[7])
            assert made.document["settings"]["resamples"] == 100 and made.document["settings"]["ignore"] == [7]
            made.assert_gates("miou >= 0.5")  # no file is looked for
            with pytest.raises(AssertionError, match="fail car: IoU of car"):
                made.assert_gates(config="inspect.toml")
            made.assert_gates("iou.car >= 0.1", config="few.toml")
            with pytest.raises(AssertionError, match="inconclusive iou.car"):
                made.assert_gates("iou.car >= 0.1", config="few.toml", strict=True)
            better = inspect_masks("y/pred", gt="masks", classes="classes.toml", ignore=[7])
            assert better.folder == tmp_path / "inspection-2"
            better.assert_gates("iou.* >= main", baselines={"main": made.folder})
            with pytest.raises(AssertionError, match="iou.each.against-main: .* not by chance"):
                made.assert_gates("iou.* >= main - 1%", baselines={"main": better.folder})
    """)
    project.runpytest_inprocess(*PLUGIN).assert_outcomes(passed=1)


def test_it_is_there_where_the_package_is_installed_and_can_be_switched_off(pytester: pytest.Pytester) -> None:
    entry = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert entry == {"mask-inspector": "inspector.pytest_plugin"}
    installed = pytester.mkdir("site") / "masks_of_a_test-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: masks-of-a-test\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[pytest11]\nmask-inspector = inspector.pytest_plugin\n")
    pytester.makepyfile("def test_model(inspect_masks):\n    assert callable(inspect_masks)\n")
    pytester._monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{installed.parent}")
    given = ("-p", "no:cacheprovider", "-p", "no:xdist")
    pytester.runpytest_subprocess(*given).assert_outcomes(passed=1)
    off = pytester.runpytest_subprocess(*given, "-p", "no:mask-inspector")
    off.assert_outcomes(errors=1)
    assert "fixture 'inspect_masks' not found" in text_of(off)


def test_loading_it_loads_nothing_else() -> None:
    script = (
        "import sys, pytest; before = set(sys.modules); import inspector.pytest_plugin; "
        "print(*sorted(name for name in set(sys.modules) - before if not name.startswith('_')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["inspector", "inspector.pytest_plugin"]
