"""Folders of small masks on disk, and what is read back of a run: for tests of the whole way."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["DRAWN", "document_of", "png", "random_labels", "run_files", "write_masks"]

#: image -> (truth, prediction), 16 x 24 px, three classes: enough for every part of a run to have something to do
DRAWN: dict[str, tuple[NDArray[np.uint8], NDArray[np.uint8]]] = {}


def random_labels(seed: int, shape: tuple[int, int] = (16, 24), classes: int = 3) -> NDArray[np.uint8]:
    """Rectangles of class ids."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.uint8)
    for _ in range(6):
        y, x = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        labels[y : y + rng.integers(1, shape[0]), x : x + rng.integers(1, shape[1])] = rng.integers(0, classes)
    return labels


for _index in range(4):
    _gt = random_labels(_index)
    DRAWN[f"image{_index}"] = (_gt, np.where(random_labels(100 + _index) == 1, 1, _gt).astype(np.uint8))


def write_masks(
    folder: Path,
    gt: Mapping[str, NDArray[np.integer]] | None = None,
    pred: Mapping[str, NDArray[np.integer]] | None = None,
) -> tuple[Path, Path]:
    """Write masks as PNG (name -> labels, DRAWN unless given); the folders of the truth and of the predictions."""
    sides = {
        "gt": gt if gt is not None else {name: both[0] for name, both in DRAWN.items()},
        "pred": pred if pred is not None else {name: both[1] for name, both in DRAWN.items()},
    }
    for side, masks in sides.items():
        (folder / side).mkdir(parents=True, exist_ok=True)
        for name, labels in masks.items():
            path = folder / side / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(labels))
    return folder / "gt", folder / "pred"


def png(labels: NDArray[np.integer]) -> bytes:
    """An 8-bit grey PNG."""
    stream = io.BytesIO()
    Image.fromarray(labels.astype(np.uint8)).save(stream, "png")
    return stream.getvalue()


def document_of(run: Path) -> dict[str, Any]:
    return json.loads((run / "inspection.json").read_text(encoding="utf-8"))


def run_files(run: Path) -> dict[str, bytes]:
    """Every file of a run folder but run.json, and what the report says of it."""
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in sorted(run.rglob("*"))
        if path.is_file() and path.name not in ("run.json", "report.html")
    }
