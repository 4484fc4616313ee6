"""Where the tiles of an image lie, what each counts at each pixel, and how their probabilities become one image.

Tiles lie at multiples of the network's stride, so that each pools the same groups of pixels as the whole image would,
and as evenly as that allows. Weights fall off towards the edges that a tile shares with a neighbour, and are exactly
zero next to such an edge, where the network saw too little. Where tiles overlap by twice its reach, all that the edge
could have changed is cut off, and the result is that of the whole image.

Blocks of the image leave as soon as no later tile touches them; what stays in memory is one tile and the rows that
the next row of tiles overlaps.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Axis", "Block", "Grid", "Place", "Stitcher"]


class Place(NamedTuple):
    """A tile by its number in its column and in its row."""

    row: int
    column: int


class Block(NamedTuple):
    """A finished part of an image: probabilities (K, h, w) float32 whose first pixel is (y, x)."""

    y: int
    x: int
    probabilities: Tensor


@dataclass(frozen=True)
class Axis:
    """The tiles along one side of an image.

    length    px of the image along this side
    tile      px of each tile, or more than the image has
    overlap   px that neighbours share at least, below `tile`
    multiple  of the network: sizes and places of tiles are multiples of it, and so is the image once it is mirrored
    reach     px, where it is known
    """

    length: int
    tile: int
    overlap: int
    multiple: int = 1
    reach: int | None = None

    @property
    def padded(self) -> int:
        return _up(self.length, self.multiple)

    @property
    def size(self) -> int:
        """px of every tile: an image that is smaller is one tile."""
        return min(_up(self.tile, self.multiple), self.padded)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first pixel of each tile: spread evenly, so that no tile is cut and no overlap is below the least."""
        free = (self.padded - self.size) // self.multiple
        stride = max(1, (self.size - self.overlap) // self.multiple)
        count = math.ceil(free / stride)  # tiles after the first
        return tuple(free * index // max(count, 1) * self.multiple for index in range(count + 1))

    @cached_property
    def ends(self) -> tuple[int, ...]:
        """Where what each tile finishes ends: the next tile begins there, or the image ends."""
        return (*self.starts[1:], self.length)

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """(tiles, size) float32 in [0, 1]; over the tiles that cover a pixel they add up to 1."""
        raised = np.ones((len(self.starts), self.size))
        for index in range(1, len(self.starts)):
            shared = self.starts[index - 1] + self.size - self.starts[index]
            ramp = _ramp(shared, self.reach)
            raised[index, :shared] *= ramp
            raised[index - 1, -shared or self.size :] *= ramp[::-1]
        total = np.zeros(self.padded)
        for start, row in zip(self.starts, raised, strict=True):
            total[start : start + self.size] += row
        for start, row in zip(self.starts, raised, strict=True):
            row /= total[start : start + self.size]
        return raised.astype(np.float32)


def _up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple


def _ramp(shared: int, reach: int | None) -> NDArray[np.float64]:
    """(shared,) from a tile's edge inwards: zero where the edge can be felt, then half a cosine up to 1.

    Where the overlap is too short for the reach, the outer quarter is cut off: about what a gaussian of an eighth
    of the tile leaves of it, without letting through the rest.
    """
    cut = reach if reach is not None and 2 * reach <= shared else shared // 4
    rise = shared - 2 * cut
    middle = np.sin((np.arange(rise) + 0.5) / max(rise, 1) * (math.pi / 2)) ** 2
    return np.concatenate([np.zeros(cut), middle, np.ones(cut)])


@dataclass(frozen=True)
class Grid:
    """The tiles of an image, row by row."""

    vertical: Axis
    horizontal: Axis

    def __iter__(self) -> Iterator[Place]:
        for row in range(len(self.vertical.starts)):
            for column in range(len(self.horizontal.starts)):
                yield Place(row, column)

    def __len__(self) -> int:
        return len(self.vertical.starts) * len(self.horizontal.starts)

    @property
    def tile(self) -> tuple[int, int]:
        """(height, width) px of every tile."""
        return self.vertical.size, self.horizontal.size

    def window(self, place: Place) -> tuple[int, int, int, int]:
        """(top, bottom, left, right) px of the part of a tile that lies in the image."""
        top, left = self.vertical.starts[place.row], self.horizontal.starts[place.column]
        bottom, right = top + self.vertical.size, left + self.horizontal.size
        return top, min(bottom, self.vertical.length), left, min(right, self.horizontal.length)


class Stitcher:
    """Takes the probabilities of the tiles of a grid, in its order, and gives a finished block for each."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self._below: Tensor | None = None  # (K, rows shared with the next row of tiles, W)
        self._right: Tensor | None = None  # (K, tile height, columns shared with the next tile)

    def add(self, place: Place, probabilities: Tensor) -> Block:
        """The block that the tile at `place`, (K, h, w) float32, finishes. The tile's memory is used up by it."""
        vertical, horizontal = self.grid.vertical, self.grid.horizontal
        y, x = vertical.starts[place.row], horizontal.starts[place.column]
        if len(self.grid) == 1:
            return Block(0, 0, probabilities[:, : vertical.length, : horizontal.length])
        probabilities *= self._weights(place, probabilities.device)  # (K, h, w)
        if place.column and self._right is not None:
            probabilities[:, :, : self._right.shape[2]] += self._right
        columns = min(
            horizontal.ends[place.column] - x, probabilities.shape[2]
        )  # that no later tile of the row touches
        self._right = probabilities[:, :, columns:].clone()  # (K, h, w - columns)
        finished = probabilities[:, :, :columns]  # (K, h, columns)
        rows = vertical.ends[place.row] - y
        self._pass_down(place, finished, rows, x)
        return Block(y, x, finished[:, :rows])

    def _weights(self, place: Place, device: torch.device) -> Tensor:
        """(h, w)"""
        down = torch.from_numpy(self.grid.vertical.weights[place.row]).to(device)
        across = torch.from_numpy(self.grid.horizontal.weights[place.column]).to(device)
        return down[:, None] * across

    def _pass_down(self, place: Place, finished: Tensor, rows: int, x: int) -> None:
        """Add what the row above left for these columns, and leave what the row below will need."""
        starts, size = self.grid.vertical.starts, self.grid.vertical.size
        across = slice(x, x + finished.shape[2])
        if place.row and self._below is not None:
            above = starts[place.row - 1] + size - starts[place.row]  # rows shared with the row above
            finished[:, :above] += self._below[:, :above, across]
        if place.row + 1 < len(starts):
            if self._below is None:
                most = max(a + size - b for a, b in pairwise(starts))
                self._below = finished.new_zeros(finished.shape[0], most, self.grid.horizontal.padded)
            self._below[:, : size - rows, across] = finished[:, rows:]
