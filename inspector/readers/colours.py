"""Colour-coded masks: each colour of the class list becomes its file value; no colour is ever guessed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from inspector.errors import InputError
from inspector.masks import Mask, Segments
from inspector.readers.loading import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.categories import Categories

__all__ = ["labels_of_colours", "opaque"]

_KERNELS = "inspector.readers.colour_kernels"


def labels_of_colours(pixels: NDArray[Any], categories: Categories | None, **more: object) -> Mask:
    """The mask of (H, W, 3) or (H, W, 4) uint8 `pixels`; a colour that is not listed is an error, not a guess."""
    if pixels.dtype != np.uint8:
        raise InputError("colour_depth", "colours of 16 bits a channel, expected 8", "save the mask with 8 bits")
    table = categories.color_table() if categories is not None else {}
    if not table:
        raise _no_colour_map(pixels)
    pixels = np.ascontiguousarray(opaque(pixels))
    keys, slots, values = _hash_table(tuple(sorted(table.items())))
    ids = np.empty(pixels.shape[:2], slots.dtype)
    unknown, first = load(_KERNELS).look_up(pixels.reshape(-1, pixels.shape[2]), keys, slots, ids.reshape(-1))
    if unknown:
        raise _unknown_colour(pixels, table, unknown, first)
    return Mask(ids, Segments.of_labels(values), **more)  # type: ignore[arg-type]


def opaque(pixels: NDArray[Any]) -> NDArray[Any]:
    """The (H, W, C) pixels as they are, if their alpha (the last of 2 or 4 channels) is full everywhere."""
    if pixels.shape[2] in (2, 4):
        full = np.iinfo(pixels.dtype).max if pixels.dtype.kind in "iu" else 1
        clear = pixels[:, :, -1] != full
        if clear.any():
            y, x = np.unravel_index(int(clear.argmax()), clear.shape)
            raise InputError(
                "alpha",
                f"{int(clear.sum())} pixels are not opaque (first at x {x}, y {y}): what they mean is not said",
                "save the mask without alpha",
            )
    return pixels


@lru_cache(maxsize=8)
def _hash_table(
    items: tuple[tuple[tuple[int, int, int], int], ...],
) -> tuple[NDArray[np.int32], NDArray[np.unsignedinteger], NDArray[np.int64]]:
    """Open addressing: keys (2^k,) int32 with -1 for empty, slots (2^k,) ids, and values (n,) int64 of the ids."""
    place = load(_KERNELS).place
    values = np.unique(np.array([value for _, value in items], np.int64))
    size = 1 << (4 * len(items)).bit_length()
    keys = np.full(size, -1, np.int32)
    slots: NDArray[np.unsignedinteger] = np.zeros(size, np.uint8 if len(values) <= 256 else np.uint16)
    for (red, green, blue), value in items:
        key = red << 16 | green << 8 | blue
        at = place(keys, key)
        keys[at], slots[at] = key, np.searchsorted(values, value)
    return keys, slots, values


def _unknown_colour(
    pixels: NDArray[Any], table: dict[tuple[int, int, int], int], unknown: int, first: int
) -> InputError:
    used: set[int] = set()
    for start in range(0, len(pixels), 64):  # few rows at a time: three int32 of each pixel are much memory
        wide = pixels[start : start + 64].astype(np.int32)
        used.update(np.unique(wide[:, :, 0] << 16 | wide[:, :, 1] << 8 | wide[:, :, 2]).tolist())
    count = len(used - {red << 16 | green << 8 | blue for red, green, blue in table})
    y, x = divmod(first, pixels.shape[1])
    colour = tuple(int(c) for c in pixels[y, x, :3])
    return InputError(
        "unknown_colour",
        f"{count} colours on {unknown} pixels are in no class, the first is {colour} at x {x}, y {y}; "
        + ("so many colours mean anti-aliased edges, a smooth resize or JPEG" if count > 3 else "expected listed ones"),
        "draw without anti-aliasing, resize by nearest neighbour, save as PNG; or list the colour",
    )


def _no_colour_map(pixels: NDArray[Any]) -> InputError:
    grey = pixels.shape[2] >= 3 and bool(
        (pixels[:, :, 0] == pixels[:, :, 1]).all() and (pixels[:, :, 1] == pixels[:, :, 2]).all()
    )
    hint = "; its colours are all grey, so a single-channel PNG was probably meant" if grey else ""
    return InputError(
        "colour_map_missing",
        f"an RGB picture, and no class has a colour{hint}",
        "give --classes FILE with a color for each class" + (", or save one channel" if grey else ""),
    )
