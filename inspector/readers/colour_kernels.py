"""Look up 24-bit colours in a small hash table, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["look_up", "place"]


@njit(nogil=True, cache=True)
def place(keys, key):
    """Where `key` lies in (2^k,) int32 `keys`, or the empty place (-1) where it would."""
    last = len(keys) - 1
    at = ((key * 0x9E3779B1) >> 12) & last
    while keys[at] != key and keys[at] != -1:
        at = (at + 1) & last
    return at


@njit(nogil=True, cache=True)
def look_up(pixels, keys, slots, out):
    """Write the slot of each (N, 3 or 4) uint8 pixel into (N,) `out`; (pixels of no slot, index of the first)."""
    unknown, first = 0, -1
    previous = np.int64(-1)
    slot = slots[0]
    for i in range(len(pixels)):
        key = np.int64(pixels[i, 0]) << 16 | np.int64(pixels[i, 1]) << 8 | np.int64(pixels[i, 2])
        if key != previous:
            at = place(keys, key)
            if keys[at] != key:
                if unknown == 0:
                    first = i
                unknown += 1
                continue
            slot = slots[at]
            previous = key
        out[i] = slot
    return unknown, first
