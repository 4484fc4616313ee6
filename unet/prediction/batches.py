"""Tiles in, probabilities out, several at a time: tiles of one size wait for each other, whatever image they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from unet.devices import autocast, is_out_of_memory
from unet.segmenter import Segmenter

__all__ = ["Batcher", "NoMemory", "Probabilities", "device_of", "predicting"]

Probabilities = Callable[[Tensor], Tensor]  # images (N, C, H, W) in stored units -> (N, K, H, W) float32


def device_of(module: nn.Module) -> torch.device:
    """Where the module computes; the processor for one without weights."""
    first = next(chain(module.parameters(), module.buffers()), None)
    return first.device if first is not None else torch.device("cpu")


class NoMemory(Exception):
    """Not even one tile of this size, (height, width) px, fits into memory."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__(f"a tile of {height} x {width} px does not fit into memory")
        self.tile = (height, width)


@contextmanager
def predicting(segmenter: Segmenter, precision: torch.dtype = torch.float32) -> Iterator[None]:
    """No gradients, no dropout, no batch statistics, and the arithmetic asked for; afterwards all is as before."""
    training = segmenter.training
    segmenter.eval()
    try:
        with torch.inference_mode(), autocast(device_of(segmenter), precision):
            yield
    finally:
        segmenter.train(training)


class Batcher:
    """Collects tiles of equal size until `batch` of them can be predicted at once.

    predict  images (N, C, h, w) on the device to probabilities (N, K, h, w)
    most     tiles that may wait, of whatever sizes, by default two batches; one more sends the longest queue off
    say      hears of a batch that did not fit into memory and was halved

    `put` and `flush` raise NoMemory where a single tile does not fit.
    """

    def __init__(
        self,
        predict: Probabilities,
        device: torch.device,
        batch: int = 1,
        *,
        most: int | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.batch = batch
        self._predict, self._device, self._most, self._say = predict, device, most or 2 * batch, say
        self._waiting: dict[tuple[int, ...], list[tuple[Tensor, Callable[[Tensor], None]]]] = {}

    def put(self, pixels: NDArray[np.generic], receive: Callable[[Tensor], None]) -> None:
        """`receive` is called with the probabilities (K, h, w) of `pixels` (h, w, C); for equal sizes in order."""
        tile = _tensor(pixels)  # (C, h, w)
        queue = self._waiting.setdefault(tuple(tile.shape), [])
        queue.append((tile, receive))
        if len(queue) >= self.batch:
            self._send(tuple(tile.shape))
        elif sum(map(len, self._waiting.values())) > self._most:
            self._send(max(self._waiting, key=lambda size: len(self._waiting[size])))

    def flush(self) -> None:
        """Predict all that still waits."""
        while self._waiting:
            self._send(next(iter(self._waiting)))

    def _send(self, size: tuple[int, ...]) -> None:
        queue = self._waiting.pop(size)
        while queue:
            part = queue[: self.batch]
            try:
                results = self._predict(self._moved([tile for tile, _ in part]))  # (N, K, h, w)
            except RuntimeError as error:  # torch.OutOfMemoryError is one
                if not is_out_of_memory(error):
                    raise
                results = None
            if results is None:  # outside the handler, whose traceback would keep the memory
                self._halve(len(part), size)
                continue
            for (_, receive), result in zip(part, results, strict=True):
                receive(result)
            del queue[: len(part)]

    def _halve(self, tried: int, size: tuple[int, ...]) -> None:
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        if tried == 1:
            raise NoMemory(size[1], size[2])
        self.batch = tried // 2
        self._say(f"out of memory with {tried} tiles of {size[1]} x {size[2]} px at once: going on with {self.batch}")

    def _moved(self, tiles: list[Tensor]) -> Tensor:
        """(N, C, h, w) on the device, with the channels of a pixel side by side."""
        images = torch.stack(tiles)
        if self._device.type == "cuda":
            images = images.pin_memory().to(self._device, non_blocking=True)
        return images.contiguous(memory_format=torch.channels_last)


def _tensor(pixels: NDArray[np.generic]) -> Tensor:
    """(C, h, w): bytes as they are, a quarter of what floats would take to move; other numbers as float32."""
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1)
