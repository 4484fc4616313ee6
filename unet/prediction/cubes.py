"""Probabilities (K, H, W) on the disk, written block by block: as NPY, which numpy can map into memory, or as Zarr."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from unet.optional import need
from unet.prediction.outputs import cannot_write, part_of
from unet.prediction.writers import Part, given

__all__ = ["NpyCube", "ZarrCube"]

CHUNK = 512  # px of Zarr, in both directions


class NpyCube:
    """Probabilities (K, H, W) as NPY; its room is made before the first block, so that a full disk is found then."""

    def __init__(self, path: Path, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> None:
        self.path, self._shape, self._dtype = path, shape, dtype
        self._cube: np.memmap[Any, Any] | None = None

    def write(self, part: Part) -> None:
        probabilities = given(part.probabilities)
        if self._cube is None:
            self._cube = self._new()
        _, height, width = probabilities.shape
        self._cube[:, part.y : part.y + height, part.x : part.x + width] = probabilities

    def finish(self) -> None:
        try:
            if self._cube is not None:
                self._cube.flush()
            self._cube = None
            os.replace(part_of(self.path), self.path)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def abort(self) -> None:
        self._cube = None
        part_of(self.path).unlink(missing_ok=True)

    def _new(self) -> np.memmap[Any, Any]:
        part = part_of(self.path)
        try:
            part.parent.mkdir(parents=True, exist_ok=True)
            cube = np.lib.format.open_memmap(part, mode="w+", dtype=self._dtype, shape=self._shape)
            _reserve(part)
        except OSError as error:
            raise cannot_write(self.path, error) from error
        return cube


def _reserve(path: Path) -> None:
    """Give a sparse file its blocks: a full disk would otherwise end the process where a page is written."""
    with path.open("r+b") as file:
        size = path.stat().st_size
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
            return
        start = file.seek(0, os.SEEK_SET)  # past the header, everything is zero: writing zeros changes nothing
        header = file.read(1 << 12)
        file.seek(start + len(header))
        for _ in range(len(header), size, 1 << 20):
            file.write(bytes(min(1 << 20, size - file.tell())))


class ZarrCube:
    """Probabilities (K, H, W) as a Zarr array in chunks of 512 x 512 px of all classes."""

    def __init__(self, path: Path, shape: tuple[int, int, int], dtype: np.dtype[Any]) -> None:
        self.path, self._shape, self._dtype = path, shape, dtype
        self._zarr = need("zarr", "zarr", "probabilities as Zarr")
        self._array: Any = None

    def write(self, part: Part) -> None:
        probabilities = given(part.probabilities)
        try:
            if self._array is None:
                self._array = self._new()
            _, height, width = probabilities.shape
            self._array[:, part.y : part.y + height, part.x : part.x + width] = probabilities
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def finish(self) -> None:
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            os.replace(part_of(self.path), self.path)
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def abort(self) -> None:
        shutil.rmtree(part_of(self.path), ignore_errors=True)

    def _new(self) -> Any:
        part = part_of(self.path)
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        chunks = (self._shape[0], min(CHUNK, self._shape[1]), min(CHUNK, self._shape[2]))
        return self._zarr.create_array(store=str(part), shape=self._shape, chunks=chunks, dtype=self._dtype)
