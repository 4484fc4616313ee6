"""Windows of a TIFF that is too large to decode whole: only the tiles or strips that a window crosses are decoded."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from os import PathLike
from types import TracebackType
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.readers import read_with
from inspector.readers.source import Source, open_source
from inspector.readers.tiff import as_seen, full_pages, peek_channels
from inspector.readers.tiff_checks import check_segments, count_directories
from unet.data.images import plain_type

__all__ = ["TiffBlocks", "tiff_shape"]

KEPT_BYTES = 256 << 20  # decoded tiles or strips that are kept for the next window
SEGMENT_PX = 1 << 26  # a larger tile or strip cannot be decoded in a part of the memory that the image would take

Pixels = NDArray[np.generic]


def tiff_shape(path: str | PathLike[str]) -> tuple[int, int, int]:
    """(H, W, C) of a TIFF of any size, from its directories. Raises InputError."""
    height, width, channels, _ = read_with(path, peek_channels)
    return height, width, channels


class TiffBlocks:
    """A `PixelSource` over a TIFF: one page of C channels, side by side or in planes, or pages of one channel each.

    Samples are as `unet.data.images.read_pixels` gives them: alpha is dropped, a palette becomes its colours, integers
    of other than 8 or 16 bits become float32. Raises InputError for a file that is damaged, or whose single strip is as
    large as the image.
    """

    def __init__(self, path: str | PathLike[str], kept_bytes: int | None = None) -> None:
        self._shape = tiff_shape(path)
        self._path, self._kept_bytes = path, KEPT_BYTES if kept_bytes is None else kept_bytes
        self._opened = open_source(path)
        self._source: Source = self._opened.__enter__()
        self._lock = threading.Lock()
        self._decoded: OrderedDict[tuple[int, int], Pixels] = OrderedDict()
        try:
            count = count_directories(self._source)
            self._source.file.seek(0)
            self._file = tifffile.TiffFile(self._source.file, name="image.tif")
            self._pages = full_pages(self._file, count)
            for page in self._pages:
                check_segments(page, self._source.size)
            self._mapped = {number: _mapped(path, page) for number, page in enumerate(self._pages)}
            self._check_sizes()
        except BaseException:
            self.close()
            raise

    @property
    def shape(self) -> tuple[int, int, int]:
        """(H, W, C)"""
        return self._shape

    def __enter__(self) -> TiffBlocks:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._decoded.clear()
        self._opened.__exit__(None, None, None)

    def read(self, top: int, bottom: int, left: int, right: int) -> Pixels:
        """(bottom - top, right - left, C) uint8, uint16 or float32. Raises InputError where a segment is damaged."""
        with self._lock:
            window = (top, bottom, left, right)
            pixels = np.concatenate([self._of_page(number, window) for number in range(len(self._pages))], axis=2)
        return np.ascontiguousarray(pixels, plain_type(pixels.dtype))

    def _of_page(self, number: int, window: tuple[int, int, int, int]) -> Pixels:
        """(h, w, channels of the page) as they are to be seen."""
        page = self._pages[number]
        return as_seen(page, self._samples(number, page, window))

    def _samples(self, number: int, page: Any, window: tuple[int, int, int, int]) -> Pixels:
        """(h, w, samples) as they are stored."""
        top, bottom, left, right = window
        if (mapped := self._mapped[number]) is not None:
            return mapped[top:bottom, left:right]
        height, width = _segment_size(page)
        samples = np.empty((bottom - top, right - left, page.samplesperpixel), page.dtype)
        crossed = [
            _Place(plane, y, x)
            for plane in range(page.samplesperpixel if page.planarconfig == 2 else 1)
            for y in range(top // height, -(-bottom // height))
            for x in range(left // width, -(-right // width))
        ]
        for place in crossed:
            segment = self._segment(number, page, place.index(page))  # (h, w, samples of the plane)
            y, x = place.y * height, place.x * width
            down = slice(max(top, y), min(bottom, y + segment.shape[0]))
            across = slice(max(left, x), min(right, x + segment.shape[1]))
            planes = slice(place.plane, place.plane + 1) if page.planarconfig == 2 else slice(None)
            samples[down.start - top : down.stop - top, across.start - left : across.stop - left, planes] = segment[
                down.start - y : down.stop - y, across.start - x : across.stop - x
            ]
        self._forget(len(self._pages) * len(crossed))
        return samples

    def _segment(self, number: int, page: Any, index: int) -> Pixels:
        """(h, w, samples) of one tile or strip, edge tiles whole."""
        key = (number, index)
        if key in self._decoded:
            self._decoded.move_to_end(key)
            return self._decoded[key]
        self._source.file.seek(page.dataoffsets[index])
        data = self._source.file.read(page.databytecounts[index])
        options = {}
        if page.compression in (6, 7, 34892, 33007):  # kinds of JPEG, whose tables stand in the directory
            options = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
        try:
            decoded, _, size = page.decode(data, index, _fullsize=page.is_tiled, **options)
        except Exception as error:
            raise self._damaged(page, index, f"{type(error).__name__}: {error}") from error
        if decoded is None or decoded.shape[0] != 1 or decoded.shape[1] < size[1] or decoded.shape[2] < size[2]:
            raise self._damaged(page, index, "it is shorter than its size says")
        self._decoded[key] = decoded[0]
        return self._decoded[key]

    def _forget(self, least: int) -> None:
        """Drop what was not used for longest; the segments of the last window stay, for its neighbours share them."""
        held = sum(segment.nbytes for segment in self._decoded.values())
        while held > self._kept_bytes and len(self._decoded) > least:
            held -= self._decoded.popitem(last=False)[1].nbytes

    def _damaged(self, page: Any, index: int, why: str) -> InputError:
        what = "tile" if page.is_tiled else "strip"
        reason = f"{what} {index} does not decode: {why}"[:300]
        return InputError("corrupt", reason, "export the file again", path=str(self._path))

    def _check_sizes(self) -> None:
        for number, page in enumerate(self._pages):
            height, width = _segment_size(page)
            if self._mapped[number] is None and height * width > SEGMENT_PX:
                what = f"a {'tile' if page.is_tiled else 'strip'} of {height} x {width} px must be decoded whole"
                fix = "write the image in tiles, such as: tiffcp -t -w 512 -l 512 -c deflate IN OUT"
                raise InputError("too_large", what, fix, path=str(self._path))


def _mapped(path: str | PathLike[str], page: Any) -> Pixels | None:
    """(H, W, samples) of a page that lies in the file as it is, to be read where it is looked at; else None."""
    if not page.is_memmappable:
        return None
    dtype = page.dtype.newbyteorder(page.parent.byteorder)
    pixels = np.memmap(path, dtype, "r", page.dataoffsets[0], page.shape)
    if pixels.ndim == 2:
        return pixels[:, :, None]
    return np.moveaxis(pixels, 0, -1) if page.planarconfig == 2 else pixels


class _Place:
    """A tile or strip by its plane, row and column."""

    def __init__(self, plane: int, y: int, x: int) -> None:
        self.plane, self.y, self.x = plane, y, x

    def index(self, page: Any) -> int:
        height, width = _segment_size(page)
        rows, columns = math.ceil(page.imagelength / height), math.ceil(page.imagewidth / width)
        return (self.plane * rows + self.y) * columns + self.x


def _segment_size(page: Any) -> tuple[int, int]:
    """(height, width) px of a tile, or of a strip."""
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth
