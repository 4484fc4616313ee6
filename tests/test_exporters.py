"""What a tracker gets of a run: every number that is defined, under a name that it takes, and the files."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from inspector import exporters
from inspector.errors import EnvironmentFault, UsageError
from inspector.exporters import Exported, export, exported, to_mlflow, to_wandb
from tests.command import inspect
from tests.gated_runs import clean_environment, inspected
from tests.mask_folders import document_of


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    assert inspected(folder / "good", {1: 0.1, 2: 0.2}, "--gate", "iou.car >= 0.99", "--gate", "miou >= 0.1").code == 1
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(source / "good", tmp_path / "good")
    monkeypatch.chdir(tmp_path)
    clean_environment(monkeypatch)
    return tmp_path


class Recorder:
    """Stands in for a tracker's library: a context that writes down what is done to it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.info, self.id, self.summary = SimpleNamespace(run_id="r1"), "w1", self

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Recorder:
            self.calls.append((name, args, kwargs))
            return self

        return call

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.calls.append(("end", (), {}))

    def named(self, name: str) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        return [(args, kwargs) for called, args, kwargs in self.calls if called == name]


RUN = Exported("nightly", {"iou/car": 0.5}, ("iou/moon",), {"gates_verdict": "fail"}, (Path("a"), Path("b")))


def test_numbers_are_those_of_the_document_and_nothing_undefined_is_among_them(here: Path) -> None:
    run, document = exported(here / "good"), document_of(here / "good")
    assert run.name == "good" and run.scalars["overall/miou"] == document["overall"]["miou"]
    for record in document["classes"]:
        for metric in ("iou", "precision", "boundary_f1", "prediction_ratio"):
            assert run.scalars.get(f"{metric}/{record['name']}") == record[metric]
    assert "iou/moon" in run.missing and "iou/moon" not in run.scalars
    assert set(run.scalars).isdisjoint(run.missing) and all(value == value for value in run.scalars.values())
    assert run.tags == {"gates_verdict": "fail", "gates/iou.car.at-least": "fail", "gates/miou.at-least": "pass"}
    assert [path.name for path in run.files] == ["report.html", "inspection.json"]


def test_no_name_is_the_folder_of_another(here: Path) -> None:
    run = exported(here / "good")
    names = {*run.scalars, *run.missing} | set(run.tags)
    assert not [name for name in names if any(other.startswith(f"{name}/") for other in names)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["road", "traffic light", "a.b-c_d"], ["road", "traffic light", "a.b-c_d"]),
        (["a/b", "../x", "ü<script>"], ["a_b", "x", "script"]),
        (["", "..", "雨"], ["class-0", "class-1", "class-2"]),
        (["Car", "car", "bus"], ["Car-0", "car-1", "bus"]),
        (["a", "A", "a-0"], ["a-0", "A-1", "a-0-2"]),
        (["x" * 300, "x" * 301], ["x" * 200 + "-0", "x" * 200 + "-1"]),
    ],
)
def test_every_class_gets_a_name_of_its_own_that_trackers_take(names: list[str], expected: list[str]) -> None:
    found = exporters._class_names([{"id": index, "name": name} for index, name in enumerate(names)])
    assert found == expected
    assert len({name.lower() for name in found}) == len(found)
    assert all(re.fullmatch(r"[\w. -]{1,250}", name, re.ASCII) and name == name.strip() for name in found)


def test_mlflow_gets_metrics_tags_and_files_in_one_run() -> None:
    library = Recorder()
    assert to_mlflow(library, RUN) == "r1"
    assert [name for name, _, _ in library.calls] == [
        "start_run", "log_metrics", "set_tags", "log_artifact", "log_artifact", "end",
    ]  # fmt: skip
    assert library.named("start_run") == [((), {"run_name": "nightly"})]
    assert library.named("log_metrics") == [(({"iou/car": 0.5},), {})]
    assert library.named("set_tags") == [(({"gates_verdict": "fail"},), {})]
    assert library.named("log_artifact") == [(("a",), {}), (("b",), {})]


def test_wandb_gets_numbers_summary_and_an_artifact_in_one_run() -> None:
    library = Recorder()
    assert to_wandb(library, RUN) == "w1"
    assert [name for name, _, _ in library.calls] == [
        "init", "log", "update", "Artifact", "add_file", "add_file", "log_artifact", "end",
    ]  # fmt: skip
    assert library.named("init")[0][1] == {"name": "nightly", "job_type": "inspection", "tags": ["gates: fail"]}
    assert library.named("log") == [(({"iou/car": 0.5},), {})]
    assert library.named("update") == [(({"gates_verdict": "fail"},), {})]
    assert library.named("Artifact") == [(("inspection-w1",), {"type": "inspection"})]
    assert library.named("add_file") == [(("a",), {}), (("b",), {})]


def installed(name: str, library: Any) -> Any:
    module = ModuleType(name)
    module.__spec__ = mock.Mock()
    module.__getattr__ = library.__getattr__  # type: ignore[method-assign]
    return mock.patch.dict(sys.modules, {name: module})


def test_the_command_says_what_was_sent(here: Path) -> None:
    library = Recorder()
    with installed("mlflow", library):
        outcome = inspect("export", "good", "--to", "mlflow", "--name", "nightly")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("mlflow run r1: ") and "report.html, inspection.json" in outcome.out
    sent = library.named("log_metrics")[0][0][0]
    assert f"{len(sent)} numbers, 3 verdicts" in outcome.out and "undefined numbers were left out" in outcome.out
    assert library.named("start_run")[0][1] == {"run_name": "nightly"}
    json.dumps(sent, allow_nan=False)


def test_without_the_library_it_says_how_to_get_it(here: Path) -> None:
    for tracker in ("mlflow", "wandb"):
        with mock.patch("importlib.util.find_spec", return_value=None):
            outcome = inspect("export", "good", "--to", tracker)
        assert outcome.code == 2 and f"pip install {tracker}" in outcome.err
    with mock.patch("importlib.util.find_spec", return_value=None), pytest.raises(UsageError):
        export("mlflow", RUN)
    assert inspect("export", "good", "--to", "elsewhere").code == 2


def test_a_tracker_that_does_not_answer_is_no_bug_of_ours(here: Path) -> None:
    library = mock.Mock(start_run=mock.Mock(side_effect=ConnectionError("no route")))
    with (
        mock.patch("importlib.util.find_spec", return_value=object()),
        mock.patch("importlib.import_module", return_value=library),
        pytest.raises(EnvironmentFault, match="mlflow: the run was not taken .ConnectionError: no route"),
    ):
        export("mlflow", RUN)


def test_a_folder_without_a_run_is_refused(here: Path) -> None:
    with installed("wandb", Recorder()):
        outcome = inspect("export", "nowhere", "--to", "wandb")
    assert outcome.code == 3 and "not found" in outcome.err
