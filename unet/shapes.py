"""Synthetic images to try a network on: circles and squares on a coloured background, with light and noise.

Form alone tells what a pixel belongs to: colours say nothing, and circles and squares are equally wide. An image
depends on (seed, index, size, kind) and on nothing else, so any part of a set can be made alone, and a held-out set is
another range of indices or another seed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inspector.errors import EnvironmentFault, UsageError
from inspector.png_writer import encode_indexed_png, encode_rgb_png

__all__ = ["KINDS", "make_shapes", "write_shapes"]

Progress = Callable[[str, int, int], None]  # (what is being done, done, total)

SMALLEST = 16  # px: side of an image in which a circle is not yet a square
WIDTHS = (0.16, 0.44)  # of a shape, as a share of the smaller side of the image
SHARES = (0.02, 0.083)  # of the foreground of a binary image: 5 % on average, once shapes have covered each other
CONTRAST = 60  # least difference of two colours of an image, in the channel that tells them best
CLASSES = "classes.json"
PART = ".part"  # ending of a file that is being written


@dataclass(frozen=True)
class Class:
    name: str
    color: tuple[int, int, int]


BACKGROUND = Class("background", (0, 0, 0))
KINDS: dict[str, tuple[Class, ...]] = {  # class i is what a mask calls i
    "shapes": (BACKGROUND, Class("circle", (230, 126, 34)), Class("square", (41, 128, 185))),
    "binary": (BACKGROUND, Class("foreground", (230, 126, 34))),
}


@dataclass(frozen=True)
class Figure:
    """One shape; y, x is its centre, and all lengths are in px."""

    y: float
    x: float
    width: float
    round: bool

    def covers(self, height: int, width: int) -> NDArray[np.bool_]:
        """(height, width) bool: the pixels whose centre lies in the shape."""
        dy = np.abs(np.arange(height)[:, None] - self.y)
        dx = np.abs(np.arange(width)[None, :] - self.x)
        inside = dy * dy + dx * dx if self.round else np.maximum(dy, dx) ** 2
        return inside <= (self.width / 2) ** 2


def make_shapes(
    index: int, size: tuple[int, int], seed: int = 0, kind: str = "shapes"
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Image (H, W, 3) uint8 and mask (H, W) uint8 number `index` of the set of `seed`.

    size  (H, W) px, each of at least 16
    kind  shapes: one to three circles (1) and squares (2), a later one covers an earlier one, at least one is whole
          binary: as many as it takes to cover 2 to 8.3 % of the pixels, 5 % on average, all of them 1

    Raises UsageError for another kind or size, or a negative seed or index.
    """
    _check(size, seed, kind)
    if index < 0:
        raise UsageError(f"expected an index of 0 or more, got {index}")
    rng = np.random.default_rng((seed, index))
    figures = _binary_figures(*size, rng) if kind == "binary" else _figures(*size, rng)
    palette = _colors(1 + len(figures), rng)  # (1 + figures, 3)
    drawn = np.zeros(size, dtype=np.uint8)  # 0: background, i: figure i - 1
    mask = np.zeros(size, dtype=np.uint8)
    for number, figure in enumerate(figures, start=1):
        covered = figure.covers(*size)
        drawn[covered] = number
        mask[covered] = 1 if figure.round or kind == "binary" else 2
    return _photograph(palette[drawn], rng), mask


def _figures(height: int, width: int, rng: np.random.Generator) -> list[Figure]:
    widths = rng.uniform(*WIDTHS, int(rng.integers(1, 4))) * min(height, width)
    return [_placed(max(4.0, each), rng.random() < 0.5, height, width, rng) for each in widths]


def _binary_figures(height: int, width: int, rng: np.random.Generator) -> list[Figure]:
    area = rng.uniform(*SHARES) * height * width
    fit = (0.8 * min(height, width)) ** 2  # px²: what the largest shape may cover, in a long image too
    count = max(int(rng.integers(1, 4)), int(np.ceil(area / fit)))
    count = min(count, max(1, int(area / 9)))  # below 9 px² a shape has no form
    figures = []
    for share in rng.dirichlet(np.full(count, 8.0)):
        is_round = rng.random() < 0.5
        side = np.sqrt(area * share / (np.pi / 4 if is_round else 1))
        figures.append(_placed(max(1.5, side), is_round, height, width, rng))
    return figures


def _placed(side: float, is_round: bool, height: int, width: int, rng: np.random.Generator) -> Figure:
    """A shape of this width at a random place, all of it in the image."""
    side = min(side, min(height, width) - 1.0)
    y, x = (rng.uniform(side / 2, length - 1 - side / 2) for length in (height, width))
    return Figure(float(y), float(x), float(side), is_round)


def _colors(count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(count, 3) float32 in [30, 225]: random; each can be told from the first, the background, and the last."""
    colors = [rng.integers(30, 226, 3)]
    while len(colors) < count:
        color = rng.integers(30, 226, 3)
        if all(np.abs(color - other).max() >= CONTRAST for other in (colors[0], colors[-1])):
            colors.append(color)
    return np.array(colors, dtype=np.float32)


def _photograph(flat: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: light from one side, and noise; whole numbers and sums, the same on every machine."""
    height, width = flat.shape[:2]
    slopes = rng.uniform(-20, 20, 2).astype(np.float32)
    light = slopes[0] * np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    light = light + slopes[1] * np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    noise = rng.integers(-14, 15, flat.shape, dtype=np.int16) + rng.integers(-14, 15, flat.shape, dtype=np.int16)
    return np.clip(np.rint(flat + light[:, :, None] + noise), 0, 255).astype(np.uint8)


# ---- the folder -----------------------------------------------------------------------------------------------------


def write_shapes(
    folder: Path,
    count: int | Mapping[str, int],
    size: tuple[int, int] = (64, 64),
    seed: int = 0,
    kind: str = "shapes",
    progress: Progress | None = None,
) -> None:
    """Write images/NNNN.png (RGB), masks/NNNN.png (class ids with a palette) and classes.json: what `unet train` reads.

    count  how many, or how many of each split: {"train": 200, "val": 100} makes train/images and so on, numbered
           through, so that no image is in two splits

    The same arguments give the same bytes. Each file appears whole. A call that was interrupted can be repeated: a file
    that holds the bytes it is to hold is no hindrance. Any other is a UsageError, and then nothing is written.
    Raises EnvironmentFault where the folder cannot be written.
    """
    _check(size, seed, kind)
    splits = _numbered(count)
    try:
        _refuse_others(folder, splits, size, seed, kind)
        _write(folder / CLASSES, _class_list(kind))
        for done, (index, split) in enumerate(splits.items(), start=1):
            for name, data in _files(index, split, size, seed, kind).items():
                _write(folder / name, data)
            if progress:
                progress("drawing", done, len(splits))
    except OSError as error:
        what = f"{error.filename or folder}: {error.strerror}"
        raise EnvironmentFault(f"{folder}: the images cannot be written ({what}); choose another folder") from error


def _numbered(count: int | Mapping[str, int]) -> dict[int, str]:
    """The folder of each index: its split and a stroke, or nothing."""
    counts = {f"{name}/": each for name, each in count.items()} if isinstance(count, Mapping) else {"": count}
    if any(each < 0 for each in counts.values()) or not any(counts.values()):
        raise UsageError(f"expected how many images, 1 or more in all, got {count}")
    if not all(name[:-1].isidentifier() for name in counts if name):
        raise UsageError(f"expected names of splits such as train and val, got {count}")
    return dict(enumerate(split for split, each in counts.items() for _ in range(each)))


def _files(index: int, split: str, size: tuple[int, int], seed: int, kind: str) -> dict[str, bytes]:
    """The two files of an index, by their place in the folder."""
    image, mask = make_shapes(index, size, seed, kind)
    palette = np.array([each.color for each in KINDS[kind]], dtype=np.uint8)
    return {
        f"{split}images/{index:04d}.png": encode_rgb_png(image),
        f"{split}masks/{index:04d}.png": encode_indexed_png(mask, palette),
    }


def _class_list(kind: str) -> bytes:
    records = [
        {"id": index, "name": each.name, "color": list(each.color), "background": index == 0}
        for index, each in enumerate(KINDS[kind])
    ]
    return (json.dumps({"classes": records}, indent=1) + "\n").encode()


def _refuse_others(folder: Path, splits: dict[int, str], size: tuple[int, int], seed: int, kind: str) -> None:
    """Nothing that is not ours is overwritten, and nothing that would be taken for ours is left in the folder."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: expected a folder to draw into, found a file", path=str(folder))
    parts = ("images", "masks")
    index_of = {f"{split}{part}/{index:04d}.png": index for index, split in splits.items() for part in parts}
    unfinished = {name + PART for name in (*index_of, CLASSES)}
    for path in folder.rglob("*") if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in unfinished:
            continue
        expected = None
        if name in index_of:
            expected = _files(index_of[name], splits[index_of[name]], size, seed, kind)[name]
        elif name == CLASSES:
            expected = _class_list(kind)
        if expected is None or not path.is_file() or path.read_bytes() != expected:
            what = f"{folder} holds {name}, which is not what would be written there"
            fix = "choose a new folder, or empty it"
            raise UsageError(f"{what} ({fix})", kind="folder_in_use", path=str(path), fix=fix)


def _write(path: Path, data: bytes) -> None:
    """Under another name first: a file with the right name is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + PART)
    part.write_bytes(data)
    os.replace(part, path)


def _check(size: tuple[int, int], seed: int, kind: str) -> None:
    if kind not in KINDS:
        raise UsageError(f"no shapes are called {kind!r}; there are {', '.join(KINDS)}")
    if min(size) < SMALLEST:
        raise UsageError(f"expected images of at least {SMALLEST} px, got {size[0]} x {size[1]}")
    if seed < 0:
        raise UsageError(f"expected a seed of 0 or more, got {seed}")
