"""From decoded images to written masks, with the device always at work: tiles of several images fill its batches, and
what it gives is encoded by threads while it goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.errors import EnvironmentFault, InputError
from unet.prediction.batches import Batcher, NoMemory, Probabilities
from unet.prediction.encoders import WAITING, Channel, Encoders
from unet.prediction.reduction import Meter, Reduction
from unet.prediction.stitching import Grid, Place, Stitcher
from unet.prediction.tiles import PixelSource, Tiling, read_tile
from unet.prediction.writers import Output, Part

__all__ = ["Flow", "Job"]

SMALLEST_TILE = 16  # px: below it, halving the tile would save nothing


@dataclass(eq=False)
class Job:
    """One image on its way.

    outputs  makes its files anew, which a start from the beginning needs; `streamed`: they are written while it is
             predicted, and not afterwards
    failed   hears of an image that cannot be read to its end
    done     is called once the image is predicted
    close    is called when it is not read any more, whatever has become of it
    """

    source: PixelSource
    tiling: Tiling
    outputs: Callable[[], Sequence[Output]]
    streamed: bool
    failed: Callable[[InputError], None]
    done: Callable[[], None]
    close: Callable[[], None]
    parts: list[Part] = field(default_factory=list)
    channel: Channel | None = None
    left: int = 0


class Flow:
    """Predicts one image after the other; all is done when `finish` returns. To be used as a context.

    grid     the tiles of an image of (height, width) with a tiling
    halved   the next smaller tiling, after memory has run out
    """

    def __init__(
        self,
        predict: Probabilities,
        device: torch.device,
        grid: Callable[[int, int, Tiling], Grid],
        reduce: Reduction,
        encoders: Encoders,
        *,
        batch: int,
        multiple: int,
        say: Callable[[str], None],
    ) -> None:
        self.meter = Meter(device)
        self.largest: tuple[int, int] | None = None  # px: a larger tile did not fit into memory
        self._grid, self._reduce, self._encoders = grid, reduce, encoders
        self._multiple, self._say = multiple, say
        self._predict, self._device = predict, device
        self._batcher = Batcher(predict, device, batch, say=say)
        self._active: list[Job] = []

    def __enter__(self) -> Flow:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for job in list(self._active):
            self._leave(job)

    def add(self, job: Job) -> None:
        """Predict an image, as far as it fills whole batches. Raises EnvironmentFault where memory holds no tile."""
        self._active.append(job)
        self._work([job], flush=job.streamed)

    def finish(self) -> None:
        self._work([], flush=True)
        self._encoders.finish()

    def _work(self, jobs: list[Job], *, flush: bool) -> None:
        while True:
            try:
                for job in jobs:
                    self._feed(job)
                if flush:
                    with self.meter:
                        self._batcher.flush()
                self._hand_over()
                return
            except NoMemory as error:
                self._shrink(error)
                jobs = list(self._active)

    def _feed(self, job: Job) -> None:
        """Put every tile of an image into the batches."""
        grid = self._begin(job)
        stitcher = Stitcher(grid)
        try:
            for place, pixels in _tiles(job, grid):
                with self.meter:
                    self._batcher.put(pixels, self._receiver(job, stitcher, place))
                self._pass_on(job)
        except InputError as error:  # damage that no header tells
            self._leave(job)
            job.failed(error)

    def _begin(self, job: Job) -> Grid:
        """Start an image from its first tile."""
        _stop(job)
        height, width, _ = job.source.shape
        grid = self._grid(height, width, self._limited(job.tiling, height, width))
        job.parts, job.left = [], len(grid)
        if job.streamed:
            job.channel = Channel()
            job.channel.written = self._encoders.submit(job.channel, job.outputs())
        return grid

    def _limited(self, tiling: Tiling, height: int, width: int) -> Tiling:
        while self.largest is not None and _area(tiling, height, width) > self.largest[0] * self.largest[1]:
            tiling = tiling.halved(height, width)
        return tiling

    def _receiver(self, job: Job, stitcher: Stitcher, place: Place) -> Callable[[Tensor], None]:
        def receive(probabilities: Tensor) -> None:
            job.parts.append(self._reduce(stitcher.add(place, probabilities)))
            job.left -= 1

        return receive

    def _pass_on(self, job: Job) -> None:
        """The parts of a large image go to its files at once."""
        if job.channel is not None:
            for part in job.parts:
                job.channel.put(part)
            job.parts = []

    def _hand_over(self) -> None:
        """What is complete goes to the encoders."""
        for job in [job for job in self._active if job.left == 0]:
            if job.channel is not None:
                self._pass_on(job)
                job.channel.put(None)
                job.channel = None
            else:
                self._encoders.submit(job.parts, job.outputs())
            self._leave(job)
            job.done()

    def _leave(self, job: Job) -> None:
        _stop(job)
        self._active.remove(job)
        job.close()

    def _shrink(self, error: NoMemory) -> None:
        """Half the tile from now on; every image that is not complete starts again."""
        height, width = error.tile[0] // 2, error.tile[1] // 2
        if min(height, width) < max(SMALLEST_TILE, self._multiple):
            raise EnvironmentFault(f"{error}; use a machine with more memory, or a smaller model") from None
        self._say(f"{error}: going on with {height} x {width} px")
        self.largest = (height, width)
        self._batcher = Batcher(self._predict, self._device, 1, say=self._say)


def _area(tiling: Tiling, height: int, width: int) -> int:
    tile = tiling.tile or (height, width)
    return min(tile[0], height) * min(tile[1], width)


def _stop(job: Job) -> None:
    if job.channel is not None:
        job.channel.stop()
        job.channel = None
    job.parts = []


def _tiles(job: Job, grid: Grid) -> Iterator[tuple[Place, NDArray[np.generic]]]:
    """Each tile with its pixels; those of a large image are read by a thread, a few ahead."""
    if not job.streamed:
        for place in grid:
            yield place, read_tile(job.source, grid, place)
        return
    with ThreadPoolExecutor(1, thread_name_prefix="read") as pool:
        waiting: deque[tuple[Place, Future[NDArray[np.generic]]]] = deque()
        try:
            for place in grid:
                waiting.append((place, pool.submit(read_tile, job.source, grid, place)))
                if len(waiting) >= WAITING:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
