"""What there is to predict: the images of a folder or a single one, read ahead, and what is wrong with them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.folders import FoundFile, list_folder
from inspector.problems import Problem, shown
from inspector.stems import stem
from unet.data.images import peek_size, read_pixels
from unet.prediction.blocks import TiffBlocks, tiff_shape
from unet.prediction.tiles import ArraySource, PixelSource

__all__ = ["SIDE", "Image", "Loaded", "list_images", "load_ahead"]

SIDE = "images"
BESIDE = (".probabilities", ".confidence")  # ends of the names of folders that a prediction leaves beside its masks
AHEAD = 2  # images in work or waiting to be taken, for each thread
HELD_PX = 1 << 26  # of decoded images that wait: beyond that one image at a time is read ahead
BLOCKS_PX = 1 << 26  # a larger TIFF is read in blocks


@dataclass(frozen=True)
class Image:
    """path: to open it; relative: below the folder given; stem: `relative` without its extension."""

    path: Path
    relative: str
    stem: str

    def problem(self, error: InputError) -> Problem:
        return Problem.of(error, f"{SIDE}/{shown(self.relative)}", SIDE, location=str(self.path), image_id=self.stem)


@dataclass(frozen=True)
class Loaded:
    """An image that is ready to be predicted."""

    image: Image
    source: PixelSource


def list_images(images: Path, without: Path) -> tuple[list[Image], list[Problem]]:
    """The images of a folder (a tree, sorted) or the one image, and the files that cannot be predicted.

    without  the folder of the masks, left out with those beside it where they lie below

    Two images whose masks would have one name are both refused. Raises InputError where no image is there.
    """
    if not images.exists():
        raise InputError("missing_file", "there is no such file or folder", "check the path", path=str(images))
    if images.is_dir():
        listing = list_folder(str(images), SIDE, str(without))
        beside = {f"{without}{ending}" for ending in BESIDE}
        found = [file for file in listing.files if not any(str(p) in beside for p in Path(file.path).parents)]
        problems = listing.problems
    else:
        found, problems = [FoundFile(str(images), images.name, SIDE)], []
    if not found and not problems:
        raise InputError(
            "no_images", "no image is there", "give a folder of PNG, JPEG, TIFF, WebP or NPY files", path=str(images)
        )
    every = [Image(Path(file.path), file.relative, stem(file.relative)) for file in found]
    counts = Counter(image.stem for image in every)
    problems = problems + [_twice(image, every) for image in every if counts[image.stem] > 1]
    return [image for image in every if counts[image.stem] == 1], problems


def _twice(image: Image, every: list[Image]) -> Problem:
    others = ", ".join(shown(other.relative) for other in every if other.stem == image.stem and other is not image)
    reason = f"its mask would have the name of that of {others}"
    return image.problem(InputError("duplicate_stem", reason, "rename one of them, or move it to a folder of its own"))


def load_ahead(images: list[Image], channels: int, jobs: int) -> Generator[Loaded | Problem, None, None]:
    """The images in their order, decoded by `jobs` threads a few ahead of their use, with a bound on the pixels.

    An image that cannot be read, or has another number of channels than `channels`, is a problem.
    """
    with ThreadPoolExecutor(max(jobs, 1), thread_name_prefix="decode") as pool:
        waiting: deque[tuple[Future[Loaded | Problem], int]] = deque()
        try:
            for image in images:
                size = _size(image, channels)
                while waiting and (len(waiting) >= AHEAD * jobs or _held(waiting) + _pixels(size) > HELD_PX):
                    yield waiting.popleft()[0].result()
                waiting.append((pool.submit(_load, image, size), _pixels(size)))
            while waiting:
                yield waiting.popleft()[0].result()
        finally:  # also where the caller stops: what has not begun need not begin
            pool.shutdown(wait=False, cancel_futures=True)


def _held(waiting: deque[tuple[Future[Loaded | Problem], int]]) -> int:
    return sum(pixels for _, pixels in waiting)


def _pixels(size: tuple[int, int, int] | Problem) -> int:
    return 0 if isinstance(size, Problem) else size[0] * size[1]


def _size(image: Image, channels: int) -> tuple[int, int, int] | Problem:
    """(H, W, C), from the header."""
    try:
        size = tiff_shape(image.path) if _is_tiff(image) else peek_size(image.path)
        if size[2] != channels:
            raise InputError(
                "channels",
                f"{_counted(size[2])}, the model was trained on {channels}",
                _channels_fix(size[2], channels),
            )
    except InputError as error:
        return image.problem(error)
    return size


def _is_tiff(image: Image) -> bool:
    return image.path.suffix.lower() in (".tif", ".tiff")


def _counted(channels: int) -> str:
    return f"{channels} channel{'' if channels == 1 else 's'}"


def _channels_fix(found: int, wanted: int) -> str:
    if (found, wanted) == (1, 3):
        return "save it as RGB, with the grey three times, or train on grey images"
    if (found, wanted) == (3, 1):
        return "save it as grey, or train on RGB images"
    return f"save the {wanted} channels that the model knows, in their order"


def _load(image: Image, size: tuple[int, int, int] | Problem) -> Loaded | Problem:
    if isinstance(size, Problem):
        return size
    try:
        if _is_tiff(image) and size[0] * size[1] > BLOCKS_PX:
            return Loaded(image, TiffBlocks(image.path))
        pixels: NDArray[np.generic] = read_pixels(image.path)
    except InputError as error:
        return image.problem(error)
    return Loaded(image, ArraySource(pixels))
