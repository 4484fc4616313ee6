"""Files that grow block by block: masks and confidence, as PNG or as tiled TIFF."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from inspector.errors import EnvironmentFault
from inspector.png_writer import encode_indexed_png
from unet.prediction.outputs import MaskCode, cannot_write, part_of, write_whole

__all__ = ["LARGE_PX", "Output", "Part", "PngPlane", "TiffPlane", "confidence_values", "given", "mask_values", "save"]

LARGE_PX = 1 << 27  # larger images are written as TIFF, whose tiles need not be in memory together
TIFF_TILE = 512  # px
LEVEL = 6  # of deflate

Pixels = NDArray[np.generic]


class Part(NamedTuple):
    """A finished block of one image, reduced to what is written, in the memory of the processor once `ready` returns.

    labels (h, w) class indices, K for void; confidence (h, w) uint8; probabilities (K, h, w) uint8 or float16;
    finite () bool: False where the model gave something else than numbers
    """

    y: int
    x: int
    labels: Pixels | None
    confidence: Pixels | None = None
    probabilities: Pixels | None = None
    finite: Pixels | None = None
    ready: Callable[[], object] = lambda: None


class Output(Protocol):
    """A file in the making: it takes blocks, row by row, and appears at its path when it is finished."""

    @property
    def path(self) -> Path: ...

    def write(self, part: Part) -> None: ...

    def finish(self) -> None: ...

    def abort(self) -> None: ...


def save(parts: Iterable[Part], outputs: Sequence[Output]) -> None:
    """Write the parts of one image to all its files; none of them appears unless all could be written.

    Raises EnvironmentFault, naming the file, where the disk is full or cannot be written.
    """
    try:
        for part in parts:
            part.ready()
            if part.finite is not None and not part.finite:
                fix = "give --precision fp32; if it stays, the model is broken"
                raise EnvironmentFault(f"{outputs[-1].path}: the model gives NaN for this image ({fix})")
            for output in outputs:
                output.write(part)
        for output in outputs:
            output.finish()
    except BaseException:
        for output in outputs:
            output.abort()
        raise


def mask_values(code: MaskCode) -> Callable[[Part], Pixels]:
    """From a part to the file values of its mask."""
    return lambda part: code.values[given(part.labels)]


def confidence_values(part: Part) -> Pixels:
    return given(part.confidence)


def given(pixels: Pixels | None) -> Pixels:
    """What a part must have for the file at hand. Raises ValueError where it was not asked for."""
    if pixels is None:
        raise ValueError("a block without what this file is to hold")
    return pixels


class PngPlane:
    """An image that is encoded in one go: `values` of the parts, with a palette, or grey of 8 or 16 bits."""

    def __init__(
        self, path: Path, shape: tuple[int, int], values: Callable[[Part], Pixels], palette: NDArray[np.uint8] | None
    ) -> None:
        self.path, self._shape, self._values, self._palette = path, shape, values, palette
        self._pixels: Pixels | None = None

    def write(self, part: Part) -> None:
        values = self._values(part)
        if self._pixels is None:
            self._pixels = np.empty(self._shape, values.dtype)
        self._pixels[part.y : part.y + values.shape[0], part.x : part.x + values.shape[1]] = values

    def finish(self) -> None:
        if self._pixels is None:
            raise ValueError(f"{self.path}: no part was written")
        if self._palette is None:
            data = bytes(imagecodecs.png_encode(self._pixels, level=LEVEL))
        else:
            data = encode_indexed_png(self._pixels.astype(np.uint8, copy=False), self._palette, LEVEL)
        write_whole(self.path, data)

    def abort(self) -> None:
        self._pixels = None


class TiffPlane:
    """An image of any size: tiles of a deflate TIFF are written as soon as the rows that they need are there."""

    def __init__(
        self,
        path: Path,
        shape: tuple[int, int],
        values: Callable[[Part], Pixels],
        palette: NDArray[np.uint8] | None,
        dtype: np.dtype[Any],
    ) -> None:
        self.path, self._shape, self._values, self._palette, self._dtype = path, shape, values, palette, dtype
        self._band = np.zeros((0, shape[1]), dtype)  # rows that are not in a tile yet
        self._row: list[Pixels] = []  # blocks of the row of blocks at hand
        self._tiles: queue.Queue[Pixels | None] = queue.Queue(maxsize=4)
        self._fault: BaseException | None = None
        self._aborted = False
        self._thread = threading.Thread(target=self._run, name="tiff", daemon=True)  # from the first block on

    def write(self, part: Part) -> None:
        if self._thread.ident is None:
            self._thread.start()
        self._row.append(self._values(part).astype(self._dtype, copy=False))
        if part.x + self._row[-1].shape[1] < self._shape[1]:
            return
        self._band = np.concatenate([self._band, np.concatenate(self._row, axis=1)])
        self._row = []
        while len(self._band) >= TIFF_TILE:
            self._cut(self._band[:TIFF_TILE])
            self._band = self._band[TIFF_TILE:]

    def finish(self) -> None:
        if len(self._band):
            self._cut(self._band)
        self._put(None)
        self._thread.join()
        self._raise()
        try:
            os.replace(part_of(self.path), self.path)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def abort(self) -> None:
        self._aborted = True
        while self._thread.is_alive():
            with contextlib.suppress(queue.Full):
                self._tiles.put(None, timeout=0.1)
            self._thread.join(timeout=0.1)
        part_of(self.path).unlink(missing_ok=True)

    def _cut(self, rows: Pixels) -> None:
        rows = np.pad(rows, ((0, TIFF_TILE - len(rows)), (0, -rows.shape[1] % TIFF_TILE)))
        for x in range(0, rows.shape[1], TIFF_TILE):
            self._put(np.ascontiguousarray(rows[:, x : x + TIFF_TILE]))

    def _put(self, tile: Pixels | None) -> None:
        while True:
            self._raise()
            with contextlib.suppress(queue.Full):
                self._tiles.put(tile, timeout=0.5)
                return

    def _raise(self) -> None:
        if isinstance(self._fault, OSError):
            raise cannot_write(self.path, self._fault) from self._fault
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        """In a thread of its own: tifffile asks for tiles, and we are given them."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tifffile.TiffWriter(part_of(self.path), bigtiff=self._is_big()) as file:
                file.write(self._pulled(), shape=self._shape, dtype=self._dtype, **self._options())
        except BaseException as error:
            self._fault = error

    def _is_big(self) -> bool:
        return self._shape[0] * self._shape[1] * self._dtype.itemsize >= 1 << 31  # compressed, it may still be smaller

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {"tile": (TIFF_TILE, TIFF_TILE), "compression": "zlib", "metadata": None}
        if self._palette is None:
            return {**options, "photometric": "minisblack"}
        colours = np.zeros((3, 256), np.uint16)
        colours[:, : len(self._palette)] = self._palette.T.astype(np.uint16) * 257  # 255 becomes 65535
        return {**options, "photometric": "palette", "colormap": colours}

    def _pulled(self) -> Iterator[Pixels]:
        while (tile := self._tiles.get()) is not None:
            yield tile
        if self._aborted:
            raise InterruptedError("stopped")
