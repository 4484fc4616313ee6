"""Folders of small images and masks on disk, for tests of what a training reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["draw_pair", "write_dataset"]


def draw_pair(
    seed: int, shape: tuple[int, int] = (24, 32), classes: int = 3
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """(H, W, 3) noise about a colour for each class, and (H, W) rectangles of classes."""
    rng = np.random.default_rng(seed)
    mask = np.zeros(shape, np.uint8)
    for value in range(1, classes):
        y, x = rng.integers(0, shape[0] // 2), rng.integers(0, shape[1] // 2)
        mask[y : y + shape[0] // 3, x : x + shape[1] // 3] = value
    image = rng.integers(0, 60, (*shape, 3)) + 60 * mask[:, :, None]
    return image.astype(np.uint8), mask


def write_dataset(
    folder: Path, masks: Mapping[str, NDArray[np.integer]], images: Mapping[str, NDArray[np.integer]] | None = None
) -> Path:
    """Write images/NAME.png and masks/NAME.png; images are drawn at the size of their masks unless given."""
    for side in ("images", "masks"):
        (folder / side).mkdir(parents=True, exist_ok=True)
    for index, (name, mask) in enumerate(masks.items()):
        image = images[name] if images else draw_pair(index, mask.shape)[0]
        Image.fromarray(mask.astype(np.uint8)).save(folder / "masks" / f"{name}.png")
        Image.fromarray(image.astype(np.uint8)).save(folder / "images" / f"{name}.png")
    return folder
