"""The command `unet` as a user types it, also wrongly; and the whole road from nothing to a report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector import cli_demo
from inspector.png_writer import encode_indexed_png, encode_rgb_png
from inspector.readers import read_masks
from tests.command import Outcome, inspect, unet

TINY = ("--base", "4", "--depth", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set and a model."""
    folder = tmp_path_factory.mktemp("made")
    assert unet("synth", folder / "shapes", "--train", "8", "--val", "3", "--test", "4", "--size", "32x48").code == 0
    outcome = unet("train", "--data", folder / "shapes", "--out", folder / "model", "--steps", "4", *TINY)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with copies of both, to work in."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _refused(outcome: Outcome, code: int, *words: str) -> None:
    assert outcome.code == code, (outcome.out, outcome.err)
    assert "Traceback" not in outcome.err and all(word in outcome.err for word in words), outcome.err


# ---------------------------------------------------------------------- the road


def test_synth_says_what_to_type_next(tmp_path: Path) -> None:
    outcome = unet("synth", tmp_path / "s", "--train", "2", "--val", "0", "--test", "0", "--kind", "binary")
    assert outcome.code == 0 and "next: unet train --data" in outcome.out
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["classes.json", "train"]


def test_train_tells_scores_by_class_and_leaves_a_folder_for_people(made: Path, tmp_path: Path) -> None:
    data, classes = made / "shapes", made / "shapes/classes.json"
    outcome = unet("train", "--data", data, "--classes", classes, "--out", tmp_path / "m", "--epochs", "2", *TINY)
    assert outcome.code == 0, outcome.err
    assert "best validation mIoU" in outcome.out and "circle" in outcome.out and "next:  unet predict" in outcome.out
    names = {path.name for path in (tmp_path / "m").iterdir()}
    assert names == {
        "best.safetensors",
        "last.safetensors",
        "state.safetensors",
        "training.csv",
        "curve.svg",
        "README.md",
    }
    assert unet("train", "--data", made / "shapes", "--out", tmp_path / "q", "--steps", "1", "-q", *TINY).out == ""


def test_predict_writes_masks_that_inspect_reads(here: Path) -> None:
    outcome = unet("predict", "shapes/test/images", "--model", "model", "-o", "masks", "--device", "cpu")
    assert outcome.code == 0, outcome.err
    assert "4 images predicted" in outcome.out and "the device worked" in outcome.out
    (mask,) = read_masks(next(Path("masks").glob("*.png")))
    assert mask.shape == (32, 48) and mask.palette is not None
    assert inspect("masks", "--gt", "shapes/test/masks", "--classes", "masks/classes.json", "-o", "run").code == 0
    again = unet("predict", "shapes/test/images", "--model", "model", "-o", "masks", "--device", "cpu")
    assert "0 images predicted, 4 were there already" in again.out


def test_predict_goes_straight_on_to_the_run_folder(here: Path) -> None:
    outcome = unet("predict", "shapes/test/images", "--model", "model", "-o", "masks", "--inspect", "shapes/test/masks")
    assert outcome.code == 0, outcome.err
    document = json.loads(Path("masks.inspection/inspection.json").read_text())
    assert document["inputs"]["pairs"] == 4 and Path("masks.inspection/report.html").stat().st_size > 10_000
    assert "report: masks.inspection/report.html" in outcome.out


def test_an_unreadable_image_is_named_and_the_others_are_predicted(here: Path) -> None:
    (here / "shapes/test/images/0011.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    outcome = unet("predict", "shapes/test/images", "--model", "model", "-o", "masks")
    _refused(outcome, 3, "not predicted", "0011.png")
    assert len(list(Path("masks").glob("*.png"))) == 3


def test_options_of_predict_leave_their_files(here: Path) -> None:
    outcome = unet("predict", "shapes/test/images", "--model", "model", "-o", "masks", "--tile", "32", "--tta", "hflip",
                   "--probabilities", "float16", "--confidence", "--pseudo-labels", "0.99")  # fmt: skip
    assert outcome.code == 0, outcome.err
    kept = np.load(next(Path("masks.probabilities").glob("*.npy")))
    assert kept.shape == (3, 32, 48) and kept.dtype == np.float16
    assert len(list(Path("masks.confidence").glob("*.png"))) == 4
    (mask,) = read_masks(next(Path("masks").glob("*.png")))
    assert 255 in np.unique(mask.ids), "a model of four steps is sure of little"


def test_export_says_how_far_the_file_is_from_the_model(here: Path) -> None:
    outcome = unet("export", "--model", "model", "-o", "model.onnx")
    assert outcome.code == 0, outcome.err
    assert "model.onnx: its logits differ from the model's by at most" in outcome.out
    assert unet("predict", "shapes/test/images", "--model", "model.onnx", "-o", "masks").code == 0


def test_bench_prints_a_row_for_each_model() -> None:
    outcome = unet("bench", "--size", "32", "--batch", "1", "--base", "4", "--seconds", "0.1", "--device", "cpu")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[1].split()[0] == "unet"


def test_the_demo_goes_the_whole_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a smaller model and fewer steps than a user gets: the road is what is tested."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cli_demo, "BASE", "4")
    monkeypatch.setattr(cli_demo, "EPOCHS", "1")
    for _ in range(2):  # and once more over its own folder
        outcome = inspect("demo")
        assert outcome.code == 0, outcome.err
        for command in (
            "$ unet synth demo/shapes",
            "$ unet train --data",
            "$ unet predict",
            "$ inspect run demo/predictions",
        ):
            assert command in outcome.out
        assert outcome.out.splitlines()[-1] == "report: demo/run/report.html"
    assert json.loads(Path("demo/run/inspection.json").read_text())["inputs"]["pairs"] == 100


def test_the_demo_touches_no_folder_that_it_did_not_make(tmp_path: Path) -> None:
    """The quick start of the README makes folders of the same names."""
    for name in ("shapes", "model", "predictions"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine").touch()
    _refused(inspect("demo", "-o", tmp_path), 2, "other things than a demo")
    assert len(list(tmp_path.glob("*/mine"))) == 3


def test_pseudo_labels_are_inspected_with_their_void(here: Path) -> None:
    images, masks = "shapes/test/images", "shapes/test/masks"
    outcome = unet("predict", images, "--model", "model", "-o", "p", "--pseudo-labels", "0.9", "--inspect", masks)
    assert outcome.code == 0, outcome.err
    assert json.loads(Path("p.inspection/inspection.json").read_text())["inputs"]["pairs"] == 4


def test_the_demo_without_torch_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_demo, "NEEDED", ("torch", "no_such_library"))
    _refused(inspect("demo", "-o", tmp_path / "d"), 2, "no_such_library", "mask-inspector[unet]", "--street")
    assert not (tmp_path / "d").exists()


# ---------------------------------------------------------------------- asked wrongly


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("train --data nowhere --out m", 2, ["nowhere"]),
        ("train --data shapes --out m --epochs 1 --steps 2", 2, ["--epochs and --steps"]),
        ("train --data shapes --out model --steps 1", 2, ["already holds a model", "--resume"]),
        ("train --data shapes --out m --steps 1 --loss diec", 2, ["diec", "dice"]),
        ("train --data shapes --out m --steps 1 --loss bce", 2, ["two classes"]),
        ("train --data shapes --out m --steps 1 --class-weights 1,x", 2, ["expected none, balanced, or numbers"]),
        ("train --data shapes --out m --steps 1 --class-weights 1,2", 2, ["2 numbers for 3 classes"]),
        ("train --data shapes --out m --steps 1 --model smp:Unet:resnet18 --base 8", 2, ["--base", "built-in U-Net"]),
        ("train --data shapes --out m --steps 1 --model tensorflow", 2, ["tensorflow", "architecture"]),
        ("train --data shapes --out m --steps 1 --encoder-weights x", 2, ["only smp: models"]),
        ("train --data shapes --out m --steps 1 --device tpu", 2, ["--device tpu"]),
        ("train --data shapes --out m --steps 1 --num-classes 2", 3, ["values outside the class list: 2"]),
        ("train --data shapes --out m --steps 1 --loss ce --dice-weight 2", 2, ["--dice-weight", "is one"]),
        ("train --data shapes/train --val-fraction 0 --out m --steps 1 --patience 2", 2, ["--patience"]),
        ("train --data shapes --out model --resume --init model", 2, ["--init and --resume"]),
        ("predict shapes/test/images --model model -o p --num-classes 3", 2, ["this one does"]),
        ("predict shapes/test/images --model model -o p --zarr", 2, ["--zarr"]),
        ("predict shapes/test/images --model model -o p --run r", 2, ["--run"]),
        ("predict shapes/test/images --model model -o p --task instance -j 2", 2, ["--jobs", "semantic"]),
        ("train --data shapes --out m --resume", 2, ["holds no state"]),
        ("train --data shapes --out classes.txt --steps 1", 2, ["found a file"]),
        ("predict shapes/test/images --model nowhere -o p", 2, ["there is no model 'nowhere'"]),
        ("predict shapes/test/images --model shapes -o p", 2, ["shapes"]),
        ("predict shapes/test/images --model model/training.csv -o p", 3, ["training.csv"]),
        ("predict shapes/test/images --model model -o shapes/test/images", 2, ["folder of the images"]),
        ("predict shapes/test/images --model model -o p --tile 32 --overlap 32", 2, ["--overlap 32"]),
        ("predict shapes/test/images --model model -o p --tta turn", 2, ["turn"]),
        ("predict shapes/test/images --model model -o p --task panoptic", 2, ["gives classes, not instances"]),
        ("predict shapes/test/images --model model -o p --task panoptic --tta", 2, ["--tta", "semantic"]),
        ("predict shapes/test/images --model model -o p --pseudo-labels 2", 2, ["--pseudo-labels 2"]),
        ("predict empty --model model -o p", 3, ["empty"]),
        ("export --model model -o model.tflite", 2, ["tflite", "onnx"]),
        ("synth shapes --train 3", 2, ["shapes"]),
        ("synth new --size 8", 2, ["--size 8"]),
    ],
)  # fmt: skip
def test_a_mistake_gets_a_sentence_and_leaves_nothing(here: Path, command: str, code: int, words: list[str]) -> None:
    (here / "classes.txt").touch()
    (here / "empty").mkdir()
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    _refused(unet(*command.split()), code, *words)
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_wrong_channels_get_the_message_a_person_needs(here: Path) -> None:
    (here / "grey").mkdir()
    np.save(here / "grey/a.npy", np.full((32, 32), 9, np.uint8))
    outcome = unet("predict", "grey", "--model", "model", "-o", "p")
    _refused(outcome, 3, "1 channel", "3")


def test_masks_of_0_and_255_train(here: Path) -> None:
    for index in range(4):
        mask = np.zeros((32, 32), np.uint8)
        mask[8:20, 4 * index : 4 * index + 12] = 255
        _write(here / f"d/images/{index}.png", encode_rgb_png(np.repeat(mask[..., None] // 2 + 60, 3, 2)))
        _write(here / f"d/masks/{index}.png", encode_indexed_png(mask, np.zeros((256, 3), np.uint8)))
    outcome = unet(
        "train", "--data", "d", "--out", "m", "--steps", "60", "--loss", "bce+dice", "--augment", "none", *TINY
    )
    assert outcome.code == 0, outcome.err
    assert unet("predict", "d/images", "--model", "m", "-o", "p").code == 0
    (mask,) = read_masks(here / "p/1.png")
    assert set(np.unique(mask.ids)) == {0, 255}, "as the masks it learned from"


def _images(folder: Path, make: Any) -> None:
    for index in range(2):
        _write(
            folder / f"{index}.png",
            encode_indexed_png(make(index), np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)),
        )


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.mark.parametrize("command", ["", "synth", "train", "predict", "export", "bench"])
def test_every_help_has_an_example(command: str) -> None:
    outcome = unet(*command.split(), "--help")
    assert outcome.code == 0 and f"unet {command or 'train'} " in outcome.out
