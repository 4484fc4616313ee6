"""Predict an image of any size: whole where it fits, else in overlapping tiles, finished block by block."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.errors import EnvironmentFault, UsageError
from unet.prediction.batches import Batcher, NoMemory, device_of, predicting
from unet.prediction.memory import bytes_per_pixel, free_bytes
from unet.prediction.stitching import Axis, Block, Grid, Place, Stitcher
from unet.prediction.tta import NO_TTA, Tta, averaged
from unet.segmenter import Segmenter

__all__ = [
    "ArraySource",
    "PixelSource",
    "Tiling",
    "choose_tiling",
    "grid_of",
    "predict_blocks",
    "predict_labels",
    "read_tile",
]

WHOLE_PX = 1 << 22  # larger images are tiled even where they fit: the whole is no faster, and takes gigabytes
SMALL_PX = 1 << 18  # such images are predicted whole without asking what is free
LEAST_TILE = 512  # px, unless memory or the user wants less
OVERLAP = 4  # a quarter of the tile


@dataclass(frozen=True)
class Tiling:
    """tile: (height, width) px, None for the whole image; overlap: px that neighbours share at least."""

    tile: tuple[int, int] | None = None
    overlap: int = 0

    def halved(self, height: int, width: int) -> Tiling:
        """The same with half the tile, for an image of this size."""
        tile = self.tile or (height, width)
        half = max(1, min(tile[0], height) // 2), max(1, min(tile[1], width) // 2)
        return Tiling(half, self.overlap // 2 if self.tile else min(half) // OVERLAP)


class PixelSource(Protocol):
    """An image of which parts can be read."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)"""

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.generic]:
        """(bottom - top, right - left, C) uint8, uint16 or float32."""


@dataclass(frozen=True)
class ArraySource:
    """Pixels (H, W, C) that are in memory."""

    pixels: NDArray[np.generic]

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width, channels = self.pixels.shape
        return height, width, channels

    def read(self, top: int, bottom: int, left: int, right: int) -> NDArray[np.generic]:
        return self.pixels[top:bottom, left:right]


def choose_tiling(
    segmenter: Segmenter,
    height: int,
    width: int,
    tile: int | None = None,
    overlap: int | None = None,
    free: int | None = None,
) -> tuple[Tiling, tuple[str, ...]]:
    """How to predict an image of this size, and what the user should know about that.

    tile     px of the side of the tiles, 0 for the whole image, None to choose: the whole image up to 4 Mpx where half
             of the `free` bytes hold it, else the training crop or 512 px, whatever is more, or less where memory ends
    overlap  px, None to choose: what makes tiles as good as the whole, at most a quarter of the tile

    Raises UsageError for a tile or an overlap that cannot be.
    """
    _check(tile, overlap)
    notes: tuple[str, ...] = ()
    if tile == 0:
        return Tiling(), ()
    if tile is not None:
        sides = (tile, tile)
    elif height * width <= SMALL_PX or (height * width <= WHOLE_PX and _fits(segmenter, height, width, free)):
        return Tiling(), ()
    else:
        sides, notes = _tile(segmenter, free)
    sides = (_up(sides[0], segmenter.multiple), _up(sides[1], segmenter.multiple))
    tiling = Tiling(sides, _overlap(segmenter, sides) if overlap is None else overlap)
    if tiling.overlap >= min(sides):
        raise UsageError(f"--overlap {tiling.overlap}: expected less than the tile, {min(sides)} px")
    return tiling, notes + _below_crop(segmenter, sides, (height, width))


def predict_labels(
    segmenter: Segmenter,
    pixels: NDArray[np.generic],
    tiling: Tiling | None = None,
    precision: torch.dtype = torch.float32,
) -> NDArray[np.generic]:
    """(H, W) class indices of pixels (H, W, C) in stored units: uint8, or int16 for more than 255 classes.

    The digits of `unet predict` with the same tiling; without one it is chosen.
    """
    height, width = pixels.shape[:2]
    if tiling is None:
        tiling, _ = choose_tiling(segmenter, height, width)
    labels = np.empty((height, width), np.uint8 if len(segmenter.description.categories) <= 255 else np.int16)
    for block in predict_blocks(segmenter, ArraySource(pixels), tiling, precision=precision):
        found = block.probabilities.max(dim=0).indices.cpu().numpy()  # (h, w); several times as fast as argmax
        labels[block.y : block.y + found.shape[0], block.x : block.x + found.shape[1]] = found
    return labels


def predict_blocks(
    segmenter: Segmenter,
    source: PixelSource,
    tiling: Tiling,
    *,
    batch: int = 1,
    tta: Tta = NO_TTA,
    precision: torch.dtype = torch.float32,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Block]:
    """The probabilities of an image as finished blocks, row by row; together they cover each pixel once.

    At most K x (overlap x W + a few tiles) floats are held. Raises EnvironmentFault where not even one tile fits
    into memory, ValueError for another number of channels than the model's.
    """
    height, width, _ = source.shape
    grid = grid_of(segmenter, height, width, tiling)
    stitcher, done = Stitcher(grid), deque[Block]()

    def receiver(place: Place) -> Callable[[Tensor], None]:
        return lambda probabilities: done.append(stitcher.add(place, probabilities))

    device = device_of(segmenter)
    batcher = Batcher(averaged(segmenter.probabilities, tta, segmenter.multiple), device, batch, say=say)
    try:
        for place in grid:
            with predicting(segmenter, precision):
                batcher.put(read_tile(source, grid, place), receiver(place))
            while done:
                yield done.popleft()
        with predicting(segmenter, precision):
            batcher.flush()
        yield from done
    except NoMemory as error:
        raise EnvironmentFault(f"{error}; give a smaller --tile") from None


def grid_of(segmenter: Segmenter, height: int, width: int, tiling: Tiling) -> Grid:
    """The tiles of an image of this size."""
    tile = tiling.tile or (height, width)
    vertical, horizontal = (
        Axis(length, side, tiling.overlap, segmenter.multiple, segmenter.reach)
        for length, side in zip((height, width), tile, strict=True)
    )
    return Grid(vertical, horizontal)


def read_tile(source: PixelSource, grid: Grid, place: Place) -> NDArray[np.generic]:
    """(h, w, C): the pixels of a tile, mirrored where it reaches over the end of the image."""
    pixels = source.read(*grid.window(place))
    below, right = grid.tile[0] - pixels.shape[0], grid.tile[1] - pixels.shape[1]
    if below or right:  # as the segmenter would pad the whole image
        mirrored = below < pixels.shape[0] and right < pixels.shape[1]
        pixels = np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="reflect" if mirrored else "edge")
    return pixels


def _check(tile: int | None, overlap: int | None) -> None:
    if tile is not None and tile < 0:
        raise UsageError(f"--tile {tile}: expected a size in px, or 0 for the whole image")
    if overlap is not None and overlap < 0:
        raise UsageError(f"--overlap {overlap}: expected a number of px, 0 or more")


def _fits(segmenter: Segmenter, height: int, width: int, free: int | None) -> bool:
    """Whether half of what is free holds an image of this size while it is predicted."""
    free = free_bytes(device_of(segmenter)) if free is None else free
    return height * width * bytes_per_pixel(segmenter) <= free // 2


def _tile(segmenter: Segmenter, free: int | None) -> tuple[tuple[int, int], tuple[str, ...]]:
    """(height, width) px, and a note where memory asked for less than is good."""
    crop = segmenter.description.crop
    best = height, width = max(LEAST_TILE, crop[0]), max(LEAST_TILE, crop[1])
    while not _fits(segmenter, height, width, free) and min(height, width) >= 2 * max(32, segmenter.multiple):
        height, width = height // 2, width // 2
    if (height, width) == best:
        return best, ()
    return (height, width), (f"memory is short: tiles of {height} x {width} px instead of {best[0]} x {best[1]}",)


def _overlap(segmenter: Segmenter, sides: tuple[int, int]) -> int:
    quarter = min(sides) // OVERLAP
    least = quarter if segmenter.reach is None else min(quarter, 2 * segmenter.reach)
    return min(_up(least, segmenter.multiple), min(sides) - 1)


def _below_crop(segmenter: Segmenter, sides: tuple[int, int], image: tuple[int, int]) -> tuple[str, ...]:
    """The model has learnt from more context than such tiles show it."""
    crop = segmenter.description.crop
    if all(side >= min(c, px) for side, c, px in zip(sides, crop, image, strict=True)):
        return ()
    what = f"tiles of {sides[0]} x {sides[1]} px are smaller than the training crops, {crop[0]} x {crop[1]} px"
    return (f"{what}: expect worse masks than in training; give a larger --tile",)


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
