"""Mean and standard deviation of the channels of the training images, in the units in which they are stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.workers import default_jobs, mapper
from unet.data.examples import Example
from unet.data.images import read_pixels

__all__ = ["image_statistics"]

SAMPLE = 256  # images that the statistics are taken from
BLOCK = 1 << 20  # px that are turned into float64 at once

Moments = tuple[int, NDArray[np.float64], NDArray[np.float64]]  # (count, mean (C,), squared distances from it (C,))


def image_statistics(examples: Sequence[Example]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(mean, std) of each channel, in stored units, over all pixels of the images.

    Exact up to 256 examples; of more, 256 at equal distances in the order given, the same each time. A constant
    channel gets the deviation 1. Raises InputError for an image that cannot be decoded.
    """
    places = np.unique(np.linspace(0, len(examples) - 1, min(SAMPLE, len(examples))).round().astype(int))
    total: Moments = (0, np.zeros(1), np.zeros(1))
    with mapper(default_jobs()) as threads:
        for moments in threads(_moments, [examples[place].image_path for place in places]):
            total = _joined(total, moments)
    count, mean, squares = total
    std = np.sqrt(squares / count)
    return tuple(mean.tolist()), tuple(np.where(std > 0, std, 1.0).tolist())


def _moments(path: Path) -> Moments:
    """Of one image, in blocks of rows, so that a large one needs no large copy."""
    pixels = read_pixels(path)
    rows = max(1, BLOCK // pixels.shape[1])
    total: Moments = (0, np.zeros(1), np.zeros(1))
    for y in range(0, len(pixels), rows):
        block = pixels[y : y + rows].reshape(-1, pixels.shape[2]).astype(np.float64)  # (px, C)
        mean = block.mean(axis=0)
        total = _joined(total, (len(block), mean, ((block - mean) ** 2).sum(axis=0)))
    return total


def _joined(one: Moments, other: Moments) -> Moments:
    """Chan, Golub and LeVeque 1979: the moments of both sets together, without their data."""
    count, apart = one[0] + other[0], other[1] - one[1]
    mean = one[1] + apart * (other[0] / count)
    return count, mean, one[2] + other[2] + apart**2 * (one[0] * other[0] / count)
