"""Training: it learns, it goes on digit for digit, it answers a full memory, and it keeps what it says it keeps."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from inspector import inspect_folders, load_categories
from inspector.errors import EnvironmentFault, InputError, UsageError
from unet.backends import load_segmenter
from unet.checkpoints import BEST, LAST, STATE, read_model, read_state
from unet.devices import Place
from unet.shapes import write_shapes
from unet.training.learner import Learner
from unet.training.logs import read_log
from unet.training.prepare import Request, Trained, train_folder
from unet.training.recipe import Recipe
from unet.training.schedule import rate_at

TINY = {"base": 4, "depth": 2, "up": "bilinear", "norm": "batch", "dilated": 0, "deep_supervision": False}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shapes")
    write_shapes(folder, {"train": 10, "val": 4}, size=(32, 32), seed=3)
    return folder


def _request(data: Path, out: Path, **choices: Any) -> Request:
    resume = choices.pop("resume", False)
    more = {name: choices.pop(name) for name in ("categories", "ignore", "init", "workers") if name in choices}
    named = frozenset(choices) if resume else frozenset()
    return Request(
        data=data, out=out, choices={"options": TINY, "steps": 12, "evaluations": 4, **choices}, named=named,
        device="cpu", resume=resume, **more,
    )  # fmt: skip


def _train(request: Request, should_stop: Callable[[], bool] = lambda: False) -> tuple[Trained, list[str]]:
    said: list[str] = []
    return train_folder(request, said.append, lambda news: None, should_stop), said


def _after(calls: int) -> Callable[[], bool]:
    """Asks to stop once it has been asked so often."""
    left = iter(range(calls))
    return lambda: next(left, None) is None


def _same_tensors(one: Path, other: Path) -> bool:
    first, second = load_file(one), load_file(other)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


# ---------------------------------------------------------------------- going on


@pytest.mark.parametrize(
    "choices",
    [
        {},
        {"ema": 0.9, "balance": True, "size": 24, "augment": "strong"},
        {"options": {**TINY, "norm": "group", "deep_supervision": True}, "loss": "focal", "clip": 0.0},
    ],
    ids=["plain", "ema-balance-crops", "group-deep"],
)
def test_a_training_that_was_stopped_goes_on_digit_for_digit(data: Path, tmp_path: Path, choices: Any) -> None:
    whole, _ = _train(_request(data, tmp_path / "whole", **choices))
    stopped, _ = _train(_request(data, tmp_path / "parts", **choices, workers=0), _after(5))
    assert (whole.how, stopped.how, stopped.step) == ("done", "stopped", 6)
    later, said = _train(_request(data, tmp_path / "parts", resume=True, workers=3))
    assert later.how == "done" and "going on at step 6" in said
    for name in (BEST, LAST, STATE):
        assert _same_tensors(tmp_path / "whole" / name, tmp_path / "parts" / name), name
    rows = [read_log(tmp_path / name / "training.csv") for name in ("whole", "parts")]
    for one, other in zip(*rows, strict=True):
        for name in one.keys() - {"images_per_second"}:
            assert one[name] == other[name] or (math.isnan(one[name]) and math.isnan(other[name])), name


def test_a_training_that_was_killed_goes_on_digit_for_digit(data: Path, tmp_path: Path) -> None:
    """SIGKILL at any moment: what is on the disk is whole, and leads to the same weights."""
    common = [
        "--data",
        str(data),
        "--base",
        "4",
        "--depth",
        "2",
        "--steps",
        "300",
        "--evaluations",
        "60",
        "--batch",
        "2",
    ]
    command = [sys.executable, "-m", "unet", "train", *common, "--device", "cpu"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, "--out", str(tmp_path / "killed")], env=environment, stdout=subprocess.PIPE)
    state = tmp_path / "killed" / STATE
    deadline = time.monotonic() + 60
    while not state.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    step = read_state(state)[0]["step"]
    assert 0 < step < 80
    subprocess.run(
        [*command, "--out", str(tmp_path / "killed"), "--resume"], env=environment, check=True, stdout=subprocess.PIPE
    )
    subprocess.run([*command, "--out", str(tmp_path / "whole")], env=environment, check=True, stdout=subprocess.PIPE)
    for name in (BEST, LAST):
        assert _same_tensors(tmp_path / "whole" / name, tmp_path / "killed" / name), name


def test_the_first_signal_saves_and_the_exit_code_names_it(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unet", "train", "--data", str(data), "--out", str(tmp_path / "m"), "--base", "4",
               "--depth", "2", "--steps", "100000", "--evaluations", "5000"]  # fmt: skip
    process = subprocess.Popen(
        command, env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while not (tmp_path / "m" / STATE).exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "stopping after this step" in err and "--resume goes on" in out
    load_segmenter(tmp_path / "m")
    assert (tmp_path / "m" / "curve.svg").exists() and (tmp_path / "m" / "README.md").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"rate": 1e-3}, "rate was 0.002, is 0.001"), ({"steps": 40}, "steps was 12, is 40")],
)
def test_going_on_with_another_recipe_is_refused(data: Path, tmp_path: Path, change: Any, said: str) -> None:
    _train(_request(data, tmp_path / "m"), _after(3))
    with pytest.raises(UsageError, match=f"begun otherwise.*{said}.*--init"):
        _train(_request(data, tmp_path / "m", **change, resume=True))


def test_going_on_with_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    _train(_request(data, tmp_path / "m"), _after(3))
    write_shapes(tmp_path / "other", {"train": 10, "val": 4}, size=(32, 32), seed=4)
    with pytest.raises(UsageError, match="not those it was begun with"):
        _train(_request(tmp_path / "other", tmp_path / "m", resume=True))


def test_a_folder_that_holds_a_model_is_not_written_over(data: Path, tmp_path: Path) -> None:
    _train(_request(data, tmp_path / "m"))
    with pytest.raises(UsageError, match="already holds a model; say --resume"):
        _train(_request(data, tmp_path / "m"))
    with pytest.raises(UsageError, match="nothing to go on with|holds no state"):
        _train(_request(data, tmp_path / "none", resume=True))


# ---------------------------------------------------------------------- what is kept


def test_the_scores_are_those_that_inspect_finds(data: Path, tmp_path: Path) -> None:
    from unet.prediction.predict import PredictSettings, predict_folder

    trained, _ = _train(_request(data, tmp_path / "m", steps=30))
    segmenter = load_segmenter(tmp_path / "m")
    predict_folder(data / "val" / "images", segmenter, tmp_path / "p", PredictSettings())
    inspection = inspect_folders(
        data / "val" / "masks", tmp_path / "p", categories=load_categories(data / "classes.json")
    )
    assert inspection.document["overall"]["miou"] == trained.best_miou
    assert [each["iou"] for each in inspection.document["classes"]] == list(trained.best_iou.values())
    assert segmenter.description.training["scores"]["miou"] == trained.best_miou


def test_one_file_tells_classes_normalisation_sizes_and_versions(data: Path, tmp_path: Path) -> None:
    _train(_request(data, tmp_path / "m", categories=load_categories(data / "classes.json")))
    description, _ = read_model(tmp_path / "m" / BEST)
    assert description.categories.names == ("background", "circle", "square")
    assert description.crop == (32, 32) and description.channels == 3
    assert all(20 < mean < 235 for mean in description.normalisation.mean)
    told = description.training
    assert told["versions"]["torch"] == torch.__version__ and told["recipe"]["steps"] == 12
    assert told["data"]["train_images"] == 10 and math.isclose(sum(told["data"]["class_shares"].values()), 1)
    json.dumps(told, allow_nan=False)


def test_without_validation_images_the_last_model_is_kept(data: Path, tmp_path: Path) -> None:
    write_shapes(tmp_path / "d", 6, size=(32, 32))
    trained, _ = _train(_request(tmp_path / "d", tmp_path / "m", val_fraction=0.0))
    assert math.isnan(trained.best_miou) and not (tmp_path / "m" / BEST).exists()
    assert load_segmenter(tmp_path / "m").description.training["step"] == 12


def test_training_ends_early_when_nothing_is_gained(data: Path, tmp_path: Path) -> None:
    trained, _ = _train(_request(data, tmp_path / "m", steps=400, evaluations=200, rate=1e-9, patience=2))
    assert trained.how == "early" and trained.step < 40


def test_minutes_end_a_training_by_the_clock(data: Path, tmp_path: Path) -> None:
    trained, _ = _train(_request(data, tmp_path / "m", steps=0, minutes=0.03))
    assert trained.how == "done" and 1.8 <= trained.seconds < 30
    rows = read_log(tmp_path / "m" / "training.csv")
    assert rows[-1]["fraction"] == 1


def test_weights_of_another_model_are_taken_where_they_fit(data: Path, tmp_path: Path) -> None:
    _train(_request(data, tmp_path / "a"))
    mapping = data / "classes.json"
    merged = json.loads(mapping.read_text())
    merged["classes"] = [{**merged["classes"][0]}, {**merged["classes"][1], "values": [1, 2]}]
    (tmp_path / "two.json").write_text(json.dumps(merged))
    two = load_categories(tmp_path / "two.json")
    _, said = _train(_request(data, tmp_path / "b", init=tmp_path / "a", categories=two, rate=1e-12, steps=1))
    (line,) = [text for text in said if "tensors taken" in text]
    assert "new from the start: head.bias, head.weight" in line
    one, other = load_file(tmp_path / "a" / BEST), load_file(tmp_path / "b" / BEST)
    assert torch.allclose(one["first.0.weight"], other["first.0.weight"], atol=1e-6)
    assert other["head.weight"].shape[0] == 2


# ---------------------------------------------------------------------- trouble


class Hungry(torch.nn.Module):
    """A network that has memory for so many images at once."""

    def __init__(self, net: torch.nn.Module, most: int, error: Exception) -> None:
        super().__init__()
        self.net, self.most, self.error = net, most, error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) > self.most:
            raise self.error
        return self.net(x)


FULL = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
    ),
]


@pytest.mark.parametrize("error", FULL, ids=["cuda", "cpu"])
def test_a_full_memory_halves_the_batch_and_adds_the_gradients_up(error: Exception) -> None:
    """Group norm and cross-entropy without void: parts of a batch have the gradient of the whole."""
    images, labels = 255 * torch.rand(4, 3, 16, 16), torch.randint(0, 2, (4, 16, 16))
    ends = []
    for most in (4, 1):
        learner, said = _learner(most, error)
        learner.learn(images, labels, 1e-3)
        ends.append({name: value.clone() for name, value in learner.segmenter.net.state_dict().items()})
        assert (learner.parts, len(said)) == ((1, 0) if most == 4 else (4, 2))
    assert all(torch.allclose(ends[0][name], ends[1][name], atol=1e-5) for name in ends[0])


def test_images_lie_in_memory_as_the_weights_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for order in (torch.channels_last, torch.contiguous_format):
        monkeypatch.setattr("unet.training.learner.memory_format", lambda _, order=order: order)
        learner, _ = _learner(2, FULL[0])
        seen: list[torch.Tensor] = []
        learner.segmenter.net.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        for given in (torch.channels_last, torch.contiguous_format):
            images = torch.rand(2, 3, 16, 16).contiguous(memory_format=given)
            learner.learn(images, torch.zeros(2, 16, 16, dtype=torch.long), 1e-3)
        assert len(seen) == 2 and all(images.is_contiguous(memory_format=order) for images in seen)


def test_an_image_that_does_not_fit_says_what_to_do() -> None:
    learner, _ = _learner(0, FULL[0])
    with pytest.raises(EnvironmentFault, match="out of memory on cpu.*--size or --base"):
        learner.learn(torch.rand(2, 3, 16, 16), torch.zeros(2, 16, 16, dtype=torch.long), 1e-3)


def test_another_error_of_the_network_is_not_taken_for_a_full_memory() -> None:
    learner, _ = _learner(0, RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        learner.learn(torch.rand(2, 3, 16, 16), torch.zeros(2, 16, 16, dtype=torch.long), 1e-3)


def _learner(most: int, error: Exception) -> tuple[Learner, list[str]]:
    from inspector.categories import numbered
    from unet.description import Description, Normalisation
    from unet.losses import make_loss
    from unet.model import UNet, UNetConfig
    from unet.segmenter import Segmenter

    torch.manual_seed(0)
    net = Hungry(UNet(UNetConfig(base=8, depth=1, norm="group")), most, error)
    description = Description("unet", {}, numbered(2), Normalisation((127.0,) * 3, (60.0,) * 3))
    said: list[str] = []
    recipe = Recipe(steps=1, clip=0.0)
    place = Place(torch.device("cpu"))
    return Learner(Segmenter(net, description), make_loss("ce", ignore=(2,)), recipe, place, False, said.append), said


def test_a_training_that_diverges_stops_and_keeps_its_files(data: Path, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="diverged.*lower --rate"):
        _train(_request(data, tmp_path / "m", rate=1e30, clip=0.0, options={**TINY, "norm": "group"}, steps=40))


def test_wrong_data_is_named_before_the_first_step(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "d"
    write_shapes(broken, 6, size=(32, 32))
    (broken / "masks" / "0002.png").unlink()
    with pytest.raises(InputError, match="0002"):
        _train(_request(broken, tmp_path / "m"))
    assert not (tmp_path / "m").exists()


def test_bce_is_refused_for_three_classes(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two classes apart, the masks hold 3; use ce"):
        _train(_request(data, tmp_path / "m", loss="bce+dice"))


def test_a_recipe_needs_one_length() -> None:
    with pytest.raises(UsageError, match="found --epochs and --steps"):
        Recipe(epochs=1, steps=2)
    with pytest.raises(UsageError, match="none of them"):
        Recipe()
    assert Recipe.from_json(Recipe(steps=3, class_weights=(1.0, 2.0)).as_json()) == Recipe(
        steps=3, class_weights=(1.0, 2.0)
    )


def test_the_rate_climbs_then_falls_to_nothing() -> None:
    rates = [rate_at(fraction / 100, 1.0, 0.3) for fraction in range(101)]
    assert rates[30] == pytest.approx(1) and rates[100] == pytest.approx(0, abs=1e-12)
    assert rates[:31] == sorted(rates[:31]) and rates[30:] == sorted(rates[30:], reverse=True)
    assert rate_at(0.5, 1.0, 0.0) == pytest.approx(0.5)


# ---------------------------------------------------------------------- several processes


def test_two_processes_train_as_one_does(data: Path, tmp_path: Path) -> None:
    """Each takes half of every batch. With group norm and without void the gradients are those of one process."""
    options = "--base 8 --depth 1 --norm group --loss ce --augment none --steps 6 --evaluations 2 --batch 4 --rate 1e-4"
    common = ["-m", "unet", "train", "--data", str(data), "--device", "cpu", *options.split()]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [sys.executable, *common, "--out", str(tmp_path / "one")], env=environment, check=True, capture_output=True
    )
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    run = subprocess.run(
        [*launcher, *common, "--out", str(tmp_path / "two")], env=environment, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("done after 6 steps") == 1, "only the first process speaks"
    one, two = load_file(tmp_path / "one" / LAST), load_file(tmp_path / "two" / LAST)
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)
    scores = [read_model(tmp_path / name / LAST)[0].training["scores"] for name in ("one", "two")]
    assert scores[0]["miou"] == pytest.approx(scores[1]["miou"], abs=0.02)


def test_a_batch_that_normalisation_cannot_do_says_what_to_do() -> None:
    class Deep(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = torch.nn.Sequential(
                torch.nn.AdaptiveAvgPool2d(1), torch.nn.BatchNorm2d(3), torch.nn.Conv2d(3, 2, 1)
            )

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net(x)

    learner, _ = _learner(1, FULL[0])
    learner.segmenter.net = Deep()
    with pytest.raises(UsageError, match="single pixel: raise --batch"):
        learner.learn(torch.rand(1, 3, 16, 16), torch.zeros(1, 16, 16, dtype=torch.long), 1e-3)


def test_weights_that_are_no_numbers_are_not_saved_over_those_that_were(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two looks at the loss a training may be stopped, or saved by the clock."""
    _train(_request(data, tmp_path / "m", steps=400, evaluations=20), _after(3))
    kept = (tmp_path / "m" / STATE).read_bytes()
    learn = Learner.learn

    def poisoned(self: Learner, *step: Any) -> None:
        learn(self, *step)
        with torch.no_grad():
            next(self.segmenter.parameters()).fill_(math.nan)

    monkeypatch.setattr(Learner, "learn", poisoned)
    with pytest.raises(EnvironmentFault, match="a weight is no number at step 5"):
        _train(_request(data, tmp_path / "m", resume=True, steps=400, evaluations=20), _after(0))
    assert (tmp_path / "m" / STATE).read_bytes() == kept


def test_a_batch_that_processes_cannot_share_is_refused(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(torch.device("cpu"), 0, 3)
    monkeypatch.setattr("unet.training.prepare.joined", lambda name: contextlib.nullcontext(place))
    with pytest.raises(UsageError, match="--batch 4: cannot be shared equally among 3 processes"):
        _train(_request(data, tmp_path / "m"))


def test_a_finished_training_is_not_trained_on(data: Path, tmp_path: Path) -> None:
    choices = {"steps": 400, "evaluations": 200, "rate": 1e-9, "patience": 2}
    _train(_request(data, tmp_path / "m", **choices))
    before = (tmp_path / "m" / STATE).read_bytes()
    again, _ = _train(_request(data, tmp_path / "m", resume=True, **choices))
    assert again.how == "early" and (tmp_path / "m" / STATE).read_bytes() == before
