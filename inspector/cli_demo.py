"""`inspect demo`: data of our own making, and the main job on it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from inspector.errors import UsageError

__all__ = ["run_demo"]

HEIGHT, WIDTH, CLASSES = 360, 480, 11
KNOWN = frozenset({"gt", "pred", "images", "classes.json", "metadata.csv", "run"})


def run_demo(folder: Path, pairs: int, seed: int, cli: click.Group) -> int:
    """Draw the data into `folder`, run the main job on it as a user would, and say how; its exit code."""
    from inspector.synthetic import write_dataset

    if folder.exists() and (not folder.is_dir() or set(os.listdir(folder)) - KNOWN):
        raise UsageError(f"{folder}: holds other things than a demo; choose another folder with -o", path=str(folder))
    click.echo(f"drawing {pairs} street scenes, and what a model with real faults makes of them, into {folder}/")
    write_dataset(folder, pairs, HEIGHT, WIDTH, CLASSES, seed, images=True, metadata=True)
    arguments = [
        str(folder / "pred"), "--gt", str(folder / "gt"), "--classes", str(folder / "classes.json"),
        "--images", str(folder / "images"), "--metadata", str(folder / "metadata.csv"), "-o", str(folder / "run"),
    ]  # fmt: skip
    click.echo(f"\n$ inspect {' '.join(arguments)}\n")
    try:
        cli.main(arguments, standalone_mode=False)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0
