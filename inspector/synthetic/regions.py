"""Connected regions of a label map, as runs along its rows: cheap to list, to change whole and to paint back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Regions", "find_regions"]


@dataclass(frozen=True)
class Regions:
    """The 4-connected regions of an (H, W) label map; R runs, N regions numbered by their first run.

    run_length   (R,) int64  px, in row-major order; they add up to H x W
    run_region   (R,) int64  region of each run
    label        (N,) uint8  value of each region
    area_px      (N,) int64
    box          (N, 4) int64  top, left, bottom, right; the last two exclusive
    beside       (N,) uint8  what lies left of the region's first run (right of it at the image edge)
    """

    shape: tuple[int, int]
    run_length: NDArray[np.int64]
    run_region: NDArray[np.int64]
    label: NDArray[np.uint8]
    area_px: NDArray[np.int64]
    box: NDArray[np.int64]
    beside: NDArray[np.uint8]

    def painted(self, label: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W) uint8: the map with region i filled with `label[i]`, (N,) uint8."""
        return np.repeat(label[self.run_region], self.run_length).reshape(self.shape)


def find_regions(labels: NDArray[np.uint8]) -> Regions:
    """The regions of an (H, W) uint8 label map of at least one pixel."""
    height, width = labels.shape
    starts_run = np.ones((height, width), dtype=np.bool_)
    np.not_equal(labels[:, 1:], labels[:, :-1], out=starts_run[:, 1:])
    start = np.flatnonzero(starts_run)
    length = np.diff(start, append=height * width)
    run_of_pixel = np.cumsum(starts_run.ravel(), dtype=np.int64).reshape(height, width) - 1
    # two runs on neighbouring rows touch first where one of them starts
    touching = (labels[1:] == labels[:-1]) & (starts_run[1:] | starts_run[:-1])
    root = _join(len(start), run_of_pixel[:-1][touching], run_of_pixel[1:][touching])
    first_run, region = np.unique(root, return_inverse=True)
    run_label = labels.ravel()[start]
    row, column = np.divmod(start, width)
    return Regions(
        shape=(height, width),
        run_length=length,
        run_region=region,
        label=run_label[first_run],
        area_px=np.bincount(region, weights=length).astype(np.int64),
        box=_boxes(len(first_run), region, row, column, length),
        beside=_beside(run_label, first_run, column),
    )


def _join(count: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """(count,) int64: the smallest member of the set each item falls in when the pairs (one, other) are joined."""
    root = np.arange(count)
    while True:
        low = np.minimum(root[one], root[other])
        before = root.copy()
        np.minimum.at(root, before[one], low)
        np.minimum.at(root, before[other], low)
        while not np.array_equal(shorter := root[root], root):
            root = shorter
        if np.array_equal(root, before):
            return root


def _boxes(
    count: int,
    region: NDArray[np.int64],
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    length: NDArray[np.int64],
) -> NDArray[np.int64]:
    box = np.empty((count, 4), dtype=np.int64)
    box[:, :2] = np.iinfo(np.int64).max
    box[:, 2:] = 0
    np.minimum.at(box[:, 0], region, row)
    np.minimum.at(box[:, 1], region, column)
    np.maximum.at(box[:, 2], region, row + 1)
    np.maximum.at(box[:, 3], region, column + length)
    return box


def _beside(run_label: NDArray[np.uint8], first_run: NDArray[np.int64], column: NDArray[np.int64]) -> NDArray[np.uint8]:
    left = np.maximum(first_run - 1, 0)
    right = np.minimum(first_run + 1, len(run_label) - 1)
    return run_label[np.where(column[first_run] > 0, left, right)]
