"""Class maps as lossless PNG files: the value of a pixel is its class index, and K is void or no class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.png_writer import encode_indexed_png, encode_rgb_png

__all__ = ["MOST_INDEXED_CLASSES", "encode_labels"]

MOST_INDEXED_CLASSES = 255  # an indexed PNG holds 256 values, one of them is void


def encode_labels(codes: NDArray[np.integer], colors: NDArray[np.uint8], level: int) -> bytes:
    """The bytes of a PNG that holds a class map exactly.

    codes   (H, W) class indices of any integer dtype, at least one pixel; what is not in [0, K) becomes K
    colors  (K, 3) uint8: the palette, followed by black for K
    level   zlib level, 0 to 9

    Up to 255 classes the PNG is indexed and the value is the index; beyond, the index is red + 256 x green of a colour
    PNG. The same input gives the same bytes.
    """
    k = len(colors)
    known = codes
    if codes.min() < 0 or codes.max() > k:  # a copy only where one is needed: these may be huge
        known = np.where((codes >= 0) & (codes < k), codes, k)
    if k <= MOST_INDEXED_CLASSES:
        palette = np.concatenate([colors, np.zeros((1, 3), np.uint8)])
        return encode_indexed_png(known.astype(np.uint8, copy=False), palette, level)
    return encode_rgb_png(np.stack([known & 255, known >> 8, np.zeros_like(known)], axis=2).astype(np.uint8), level)
