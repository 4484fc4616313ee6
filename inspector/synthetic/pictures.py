"""Photographs of scenes that were never there: colours, light, texture and noise for a label map."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.synthetic.noise import rough_noise, smooth_noise
from inspector.synthetic.street import VOID, scene_class

__all__ = ["palette", "photograph"]


def palette() -> NDArray[np.uint8]:
    """(256, 3) uint8: the colour of each class index; VOID is black."""
    colors = np.array([scene_class(index).color for index in range(VOID)] + [(0, 0, 0)])
    return colors.astype(np.uint8)


def photograph(gt: NDArray[np.uint8], rng: np.random.Generator, brightness: float = 1.0) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: a picture in which the regions of `gt`, (H, W) uint8, can be told by a person.

    brightness  1 is daylight, 0 is black
    """
    greyed = 0.55 * palette().astype(np.float32) + np.float32(50)  # muted: a picture, not the mask once more
    rgb = greyed[gt]
    light = 1 + 0.18 * rough_noise(gt.shape, max(8.0, gt.shape[0] / 4), rng)
    light += 0.10 * smooth_noise(gt.shape, 3, rng)
    light += np.linspace(0.12, -0.12, gt.shape[0], dtype=np.float32)[:, None]
    rgb *= (brightness * light).astype(np.float32)[:, :, None]
    rgb += rng.integers(-6, 7, gt.shape, dtype=np.int8)[:, :, None]
    return np.clip(rgb, 0, 255).astype(np.uint8)
