"""Smooth random fields and coarse-to-fine stretching: what gives synthetic borders their shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["displaced", "rough_noise", "smooth_noise", "stretch"]


def smooth_noise(shape: tuple[int, int], cell_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """(H, W) float32 in [-1, 1]: value noise whose bumps are about `cell_px` pixels wide.

    Only sums and products of float32 are used, so the same generator state gives the same field on every machine.
    """
    cells = (int(shape[0] / cell_px) + 2, int(shape[1] / cell_px) + 2)
    grid = rng.random(cells, dtype=np.float32) * 2 - 1
    return _interpolate(_interpolate(grid, shape[1], cell_px, axis=1, ease=True), shape[0], cell_px, axis=0, ease=True)


def rough_noise(
    shape: tuple[int, int], cell_px: float, rng: np.random.Generator, octaves: int = 3
) -> NDArray[np.float32]:
    """(H, W) float32 in about [-1, 1]: smooth noise plus finer noise, each octave a third as wide and half as high."""
    field = smooth_noise(shape, cell_px, rng)
    for octave in range(1, octaves):
        field += smooth_noise(shape, max(1.5, cell_px / 3**octave), rng) * np.float32(0.5**octave)
    return field * np.float32(0.7)


def stretch(grid: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) float32: `grid` (h, w) resized bilinearly, its corners on the corners."""
    for axis in (1, 0):
        spacing = max(1, shape[axis] - 1) / max(1, grid.shape[axis] - 1)
        grid = _interpolate(grid, shape[axis], spacing, axis=axis, ease=False)
    return grid


def displaced(
    labels: NDArray[np.uint8], distance_px: float, cell_px: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """(H, W) uint8: each pixel read from up to `distance_px` away, in directions that vary over `cell_px`."""
    height, width = labels.shape
    source = np.zeros((height, width), dtype=np.int32)
    for axis, stride in ((0, width), (1, 1)):
        offset = smooth_noise(labels.shape, cell_px, rng)
        offset *= np.float32(distance_px)
        np.rint(offset, out=offset)
        position = np.arange(labels.shape[axis], dtype=np.float32)
        offset += position[:, None] if axis == 0 else position[None, :]
        np.clip(offset, 0, labels.shape[axis] - 1, out=offset)
        source += offset.astype(np.int32) * np.int32(stride)
    return labels.ravel().take(source)


def _interpolate(
    grid: NDArray[np.float32], length: int, cell_px: float, *, axis: int, ease: bool
) -> NDArray[np.float32]:
    """`grid` sampled `length` times along `axis`, its samples `cell_px` apart; `ease` flattens it at each sample."""
    position = np.arange(length, dtype=np.float64) / cell_px
    index = np.minimum(position.astype(np.int64), grid.shape[axis] - 1)
    after = np.minimum(index + 1, grid.shape[axis] - 1)
    t = (position - index).astype(np.float32)
    t = t * t * (3 - 2 * t) if ease else t
    low = grid.take(index, axis=axis)
    high = grid.take(after, axis=axis)
    high -= low
    high *= t[:, None] if axis == 0 else t[None, :]
    low += high
    return low
