"""`inspect demo`: data of our own making, and what to type to get from there to a report."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from inspector.cli_errors import print_text
from inspector.errors import UsageError
from inspector.problems import visible

__all__ = ["Step", "announced", "draw_street", "learned_road", "make_room", "street_road"]

HEIGHT, WIDTH, CLASSES = 360, 480, 11
STREET = ("gt", "pred", "images", "classes.json", "metadata.csv")
LEARNED = ("shapes", "model", "predictions")
RUN = "run"
MARK = ".inspect-demo"  # of a folder that a demo made: names alone would fit the work of a user, too
NEEDED = ("torch", "safetensors", "kornia")  # of the extra `unet`
BASE, EPOCHS = "16", "20"  # a minute or so on two cores

Step = tuple[str, list[str]]  # a command and its arguments


def make_room(folder: Path) -> None:
    """Remove what an older demo made, or it would be in the way. Raises UsageError for a folder with other things."""
    held = set(os.listdir(folder)) if folder.is_dir() else set()
    is_ours = MARK in held and held <= {MARK, *STREET, *LEARNED, RUN}
    if (folder.exists() and not folder.is_dir()) or (held and not is_ours):
        raise UsageError(f"{folder}: holds other things than a demo; choose another folder with -o", path=str(folder))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    for name in (*STREET, *LEARNED):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def learned_road(folder: Path, seed: int) -> list[Step]:
    """Draw shapes, train a U-Net on them, predict the images it never saw, and inspect the predictions.

    Raises UsageError where the libraries of the U-Net are not installed.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        fix = "pip install 'mask-inspector[unet]'; or `inspect demo --street`, which needs no model"
        raise UsageError(f"the demo trains a U-Net, which needs {', '.join(missing)}: {fix}", fix=fix)
    shapes, model, predictions = folder / "shapes", folder / "model", folder / "predictions"
    classes, test = shapes / "classes.json", shapes / "test"
    return [
        ("unet", ["synth", str(shapes), "--seed", str(seed)]),
        ("unet", ["train", "--data", str(shapes), "--classes", str(classes), "--out", str(model), "--base", BASE,
                  "--epochs", EPOCHS, "--seed", str(seed)]),
        ("unet", ["predict", str(test / "images"), "--model", str(model), "-o", str(predictions)]),
        ("inspect", ["run", str(predictions), "--gt", str(test / "masks"), "--classes", str(classes),
                     "--images", str(test / "images"), "-o", str(folder / RUN)]),
    ]  # fmt: skip


def draw_street(folder: Path, pairs: int, seed: int) -> None:
    """Draw street scenes, predictions that err as models do, pictures, a class list and metadata into `folder`."""
    from inspector.synthetic import write_dataset

    write_dataset(folder, pairs, HEIGHT, WIDTH, CLASSES, seed, images=True, metadata=True)


def street_road(folder: Path) -> list[Step]:
    """Inspect what `draw_street` drew."""
    arguments = [
        "run", str(folder / "pred"), "--gt", str(folder / "gt"), "--classes", str(folder / "classes.json"),
        "--images", str(folder / "images"), "--metadata", str(folder / "metadata.csv"), "-o", str(folder / RUN),
    ]  # fmt: skip
    return [("inspect", arguments)]


def announced(steps: list[Step]) -> Iterator[Step]:
    """Each step, once it has been printed as a person would type it."""
    for command, arguments in steps:
        print_text(f"\n$ {command} {visible(' '.join(arguments))}\n")
        yield command, arguments
