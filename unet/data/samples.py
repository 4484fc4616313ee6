"""What the training loop draws: batches that are a pure function of the seed and the step, decoded ahead by threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.errors import InputError
from inspector.readers import read_masks
from inspector.scoring import codes_of
from inspector.workers import default_jobs, mapper
from unet.data.checks import Facts
from unet.data.images import Pixels, read_pixels
from unet.data.layouts import Example

__all__ = ["Samples", "default_crop", "load_example", "loader"]

WHOLE_PIXELS = 1 << 19  # images of one size up to this are trained on whole
LARGEST_CROP = 512  # px
STEP = 32  # px: crops are a multiple of it, so that every usual network takes them as they are
ORDER, DRAW = 1, 2  # of what a random number is for, so that no two uses share one

Batch = tuple[Tensor, Tensor]
Codes = NDArray[Any]  # uint8 or int16


def default_crop(facts: Facts) -> tuple[int, int] | None:
    """(height, width) px to train on, None for whole images.

    Whole, where all images have one size of at most 2^19 px (1024 x 512). Else the median height and width, rounded
    up to multiples of 32, and at most 512.
    """
    (height, width), *others = facts.sizes
    if not others and height * width <= WHOLE_PIXELS:
        return None
    sizes = np.array([size for size, count in facts.sizes.items() for _ in range(count)])
    tall, wide = (min(LARGEST_CROP, -(-int(middle) // STEP) * STEP) for middle in np.median(sizes, axis=0))
    return tall, wide


def load_example(example: Example, facts: Facts) -> tuple[Pixels, Codes]:
    """(H, W, C) pixels as stored and (H, W) class indices, uint8 or int16, K where void.

    Raises InputError for a file that cannot be decoded or is no longer what it was when it was checked.
    """
    pixels = read_pixels(example.image_path)
    codes = codes_of(read_masks(example.mask_path, categories=facts.categories)[0], facts.categories, in_place=True)
    seen, k = facts.seen[example], len(facts.categories)
    same = codes.shape == (seen.height, seen.width) and pixels.shape == (*codes.shape, facts.channels)
    if not same or pixels.dtype != facts.dtype or (np.bincount(codes.ravel(), minlength=k + 1) != seen.pixels).any():
        reason = "the image or its mask is no longer what it was when the data was checked"
        raise InputError("changed", reason, "leave the data alone while it is trained on", path=str(example.image_path))
    return pixels, codes


class Samples:
    """Batches of `batch` crops of the examples, the same for the same seed and step whatever was drawn before.

    crop     (height, width) px; None: whole images, which must then all have one size
    balance  every second sample is drawn for a class: the class with a probability of 1 / sqrt(its share of the
             pixels), then an image that has it, then a pixel of it that the crop contains. The other samples, or
             without balance all, go through the images in an order drawn anew for each epoch
    cache_bytes  decoded images that are kept in memory; those beyond it are decoded each time

    Samples are numbered 0, 1, … over the whole training: sample i is row i mod `batch` of batch i // `batch`, so that
    every batch is full and every image seen once before any is seen twice. Where a crop lies depends on the seed and
    the number of the sample. Images smaller than the crop are put into it at random: pixels go on by reflection,
    labels as void. Raises ValueError for no examples, or sizes that differ without a crop.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        facts: Facts,
        crop: tuple[int, int] | None,
        batch: int,
        seed: int = 0,
        balance: bool = False,
        cache_bytes: int = 2 << 30,
    ) -> None:
        if not examples or batch < 1:
            raise ValueError(f"{len(examples)} examples and a batch of {batch}: at least one of each is needed")
        if crop is None and len({(facts.seen[e].height, facts.seen[e].width) for e in examples}) > 1:
            raise ValueError("images of different sizes cannot be put into a batch whole: give a crop")
        self.examples, self.facts, self.crop, self.batch, self.seed = tuple(examples), facts, crop, batch, seed
        self._cache = _Cache(cache_bytes)
        self._order = lru_cache(maxsize=4)(partial(_order, seed, len(examples)))
        self._classes = _Classes(self.examples, facts) if balance else None

    @property
    def steps_per_epoch(self) -> int:
        """Batches in which every image is drawn once, the last one rounded up."""
        return -(-len(self.examples) // self.batch)

    def batch_of(self, step: int, rank: int = 0, world: int = 1) -> Batch:
        """((N, C, h, w) uint8 or float32 in stored units, (N, h, w) int64 class indices, K where void) of a step.

        Rows rank, rank + world, … of the batch: those of all ranks together are the batch. Images of 16 bits come as
        float32, which holds them exactly. Raises InputError for a file that cannot be decoded.
        """
        drawn = [self._draw(step * self.batch + row) for row in range(rank, self.batch, world)]
        pixels = np.stack([np.moveaxis(image, -1, 0) for image, _ in drawn])  # (N, C, h, w)
        labels = np.stack([codes for _, codes in drawn]).astype(np.int64)  # (N, h, w)
        return torch.from_numpy(pixels if pixels.dtype == np.uint8 else pixels.astype(np.float32)), torch.from_numpy(
            labels
        )

    def _draw(self, sample: int) -> tuple[Pixels, Codes]:
        """The crop that the sample of this number is: (h, w, C) and (h, w)."""
        rng = np.random.default_rng((self.seed, DRAW, sample))
        wanted = None
        if self._classes and sample % 2:
            index, wanted = self._classes.draw(rng)
        else:
            place = sample // 2 if self._classes else sample
            index = int(self._order(place // len(self.examples))[place % len(self.examples)])
        pixels, codes = self._cache.get(index, partial(load_example, self.examples[index], self.facts))
        if self.crop is None:
            return pixels, codes
        corner = _corner(rng, codes, self.crop, wanted)
        return _cut(pixels, codes, corner, self.crop, len(self.facts.categories))


def loader(
    samples: Samples, first_step: int, last_step: int, rank: int = 0, world: int = 1, workers: int | None = None
) -> Iterator[Batch]:
    """The batches of the steps from `first_step` to before `last_step`, drawn ahead by threads.

    workers  threads, two batches ahead for each; 0 or 1: draw in the calling thread, none ahead; None: one for each
             processor, at least two and at most eight. They change nothing but the time
    """
    jobs = min(8, max(2, default_jobs())) if workers is None else workers
    with mapper(jobs) as threads:
        yield from threads(partial(samples.batch_of, rank=rank, world=world), range(first_step, last_step))


class _Classes:
    """Draws a class, rare ones more often than their share, and an image that has it."""

    def __init__(self, examples: Sequence[Example], facts: Facts) -> None:
        table = np.stack([facts.seen[example].pixels[:-1] for example in examples])  # (n, K) px
        share = table.sum(axis=0) / max(1, table.sum())
        weight = np.divide(1, np.sqrt(share), out=np.zeros_like(share), where=share > 0)
        self.probability = weight / weight.sum()
        self.holders = [np.flatnonzero(column) for column in table.T]

    def draw(self, rng: np.random.Generator) -> tuple[int, int]:
        """(place of the example, class index)."""
        wanted = int(rng.choice(len(self.probability), p=self.probability))
        return int(rng.choice(self.holders[wanted])), wanted


class _Cache:
    """Decoded examples, kept until the bytes are used up: in a training that goes round, the first to come are as good
    as any, and none is thrown out just before it is needed again."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._kept: dict[int, tuple[Pixels, Codes]] = {}
        self._lock = threading.Lock()

    def get(self, index: int, load: partial[tuple[Pixels, Codes]]) -> tuple[Pixels, Codes]:
        kept = self._kept.get(index)
        if kept is not None:
            return kept
        loaded = load()
        size = sum(array.nbytes for array in loaded)
        with self._lock:
            if index not in self._kept and size <= self._free:
                self._free -= size
                self._kept[index] = loaded
        return loaded


def _order(seed: int, count: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, ORDER, epoch)).permutation(count)


def _corner(rng: np.random.Generator, codes: Codes, crop: tuple[int, int], wanted: int | None) -> tuple[int, int]:
    """(y, x) of the first pixel of the crop in the image, negative where the crop is larger than the image.

    Any place is as likely as another, or of those that contain a random pixel of the class `wanted`.
    """
    low = [min(0, size - length) for size, length in zip(codes.shape, crop, strict=True)]
    high = [max(0, size - length) for size, length in zip(codes.shape, crop, strict=True)]
    if wanted is not None:
        places = np.flatnonzero(codes.ravel() == wanted)
        pixel = np.unravel_index(int(rng.choice(places)), codes.shape)
        low = [max(least, int(at) - length + 1) for least, at, length in zip(low, pixel, crop, strict=True)]
        high = [min(most, int(at)) for most, at in zip(high, pixel, strict=True)]
    y, x = (int(rng.integers(least, most + 1)) for least, most in zip(low, high, strict=True))
    return y, x


def _cut(
    pixels: Pixels, codes: Codes, corner: tuple[int, int], crop: tuple[int, int], void: int
) -> tuple[Pixels, Codes]:
    """(h, w, C) and (h, w): where the crop is larger than the image, pixels are mirrored and labels void."""
    inside, around = _overlap(codes.shape, corner, crop)
    if not any(map(any, around)):
        return pixels[inside], codes[inside]
    mirrored = np.pad(pixels[inside], (*around, (0, 0)), mode="reflect")
    return mirrored, np.pad(codes[inside], around, constant_values=void)


def _overlap(
    size: tuple[int, ...], corner: tuple[int, int], crop: tuple[int, int]
) -> tuple[tuple[slice, ...], list[tuple[int, int]]]:
    """What of an image the crop holds, and by how much the crop goes beyond it (before, after) on each axis."""
    inside, around = [], []
    for length, start, wanted in zip(size, corner, crop, strict=True):
        stop = start + wanted
        inside.append(slice(max(0, start), min(length, stop)))
        around.append((max(0, -start), max(0, stop - length)))
    return tuple(inside), around
