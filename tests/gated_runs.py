"""Run folders for tests of what is done with runs: small masks, inspected as a user would."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.command import Outcome, inspect
from tests.mask_folders import write_masks

__all__ = ["CLASSES", "IMAGES", "clean_environment", "inspected", "predictions", "truths"]

IMAGES = 30
CLASSES = "".join(f'[[classes]]\nid = {k}\nname = "{name}"\n' for k, name in enumerate(("road", "car", "sign", "moon")))


def truths(images: int = IMAGES) -> dict[str, NDArray[np.uint8]]:
    """24 x 32 px: a car in each, a sign in the first 25, never a moon."""
    found = {}
    for n in range(images):
        labels = np.zeros((24, 32), np.uint8)
        labels[4:14, 4 + n % 5 : 20] = 1
        if n < 25:
            labels[16:22, 2 : 8 + n % 3] = 2
        found[f"i{n:02}"] = labels
    return found


def predictions(
    masks: Mapping[str, NDArray[np.uint8]], lost: Mapping[int, float], seed: int = 0
) -> dict[str, NDArray[np.uint8]]:
    """A share of the pixels of classes is predicted as road: {class: share}."""
    rng = np.random.default_rng(seed)
    found = {}
    for name, truth in masks.items():
        labels = truth.copy()
        for k, share in lost.items():
            labels[(truth == k) & (rng.random(truth.shape) < share)] = 0
        found[name] = labels
    return found


def inspected(
    folder: Path,
    lost: Mapping[int, float],
    *arguments: str | Path,
    seed: int = 0,
    masks: Mapping[str, NDArray[np.uint8]] | None = None,
) -> Outcome:
    """Write gt/, pred/ and classes.toml beside `folder` and inspect them into it."""
    masks = truths() if masks is None else masks
    place = folder.parent / f"{folder.name}-masks"
    gt, pred = write_masks(place, masks, predictions(masks, lost, seed))
    (place / "classes.toml").write_text(CLASSES)
    given = ("--classes", place / "classes.toml", "--resamples", "100", "-o", folder)
    return inspect(pred, "--gt", gt, *given, *arguments)


def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine speaks to a command."""
    import os

    for name in [name for name in os.environ if name.startswith(("INSPECT_", "GITHUB_", "CI_", "MLFLOW_", "WANDB_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
