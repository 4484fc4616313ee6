"""`inspect demo`: data of our own making, and what to type to inspect it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from inspector.errors import UsageError

__all__ = ["command_for", "draw_demo", "make_room"]

HEIGHT, WIDTH, CLASSES = 360, 480, 11
DRAWN = frozenset({"gt", "pred", "images", "classes.json", "metadata.csv"})


def make_room(folder: Path) -> None:
    """Remove what an older demo drew, or its images would be inspected as well. Raises UsageError for other things."""
    held = set(os.listdir(folder)) if folder.is_dir() else set()
    if (folder.exists() and not folder.is_dir()) or held - DRAWN - {"run"} or (held and "classes.json" not in held):
        raise UsageError(f"{folder}: holds other things than a demo; choose another folder with -o", path=str(folder))
    for name in ("gt", "pred", "images"):
        shutil.rmtree(folder / name, ignore_errors=True)


def draw_demo(folder: Path, pairs: int, seed: int) -> None:
    """Draw scenes, predictions, pictures, a class list and metadata into `folder`."""
    from inspector.synthetic import write_dataset

    write_dataset(folder, pairs, HEIGHT, WIDTH, CLASSES, seed, images=True, metadata=True)


def command_for(folder: Path) -> list[str]:
    """The arguments of `inspect` for what was drawn there."""
    return [
        "run", str(folder / "pred"), "--gt", str(folder / "gt"), "--classes", str(folder / "classes.json"),
        "--images", str(folder / "images"), "--metadata", str(folder / "metadata.csv"), "-o", str(folder / "run"),
    ]  # fmt: skip
