"""How the causes of loss move with the width of the boundary cause: the error partition at several widths.

Only some pairs are counted so, evenly spaced ones; the document says of how many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import Counts
from inspector.label_profile import evenly_spaced
from inspector.loss import CAUSES, loss_shares
from inspector.settings import ERROR_MULTIPLES

__all__ = ["MOST_PAIRS", "MOST_PX", "WidthCounts", "sensitivity_record", "width_sampled"]

MOST_PAIRS, MOST_PX = 24, 1 << 23  # counted at all widths: about 3 % of the time of a run of 200 pairs
SIDES, KINDS, PIXELS = ("fn", "fp"), ("boundary", "extent", "segment"), ("gt_px", "pred_px", "tp_px")


def width_sampled(pixels: Sequence[int]) -> frozenset[int]:
    """Which of the pairs, of so many pixels a side each, are counted at every width: evenly spaced ones, at most
    MOST_PAIRS and MOST_PX together. Pairs beyond MOST_PX are left out, so there may be none."""
    small = [index for index, size in enumerate(pixels) if size <= MOST_PX]
    if not small:
        return frozenset()
    most = MOST_PX // max(1, max(pixels[index] for index in small))
    return frozenset(small[place] for place in evenly_spaced(len(small), min(MOST_PAIRS, most)))


@dataclass(eq=False)
class WidthCounts:
    """The sums over the pairs that were counted at every width, for K classes. Adding is exact, in any order.

    images    how many
    kinds     (M, 2, K, 3) int64, see `Counts.kinds_by_width`
    pixels    (3, K) int64: gt_px, pred_px, tp_px
    """

    k: int
    images: int = 0
    kinds: NDArray[np.int64] = field(init=False)
    pixels: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = np.zeros((len(ERROR_MULTIPLES), len(SIDES), self.k, len(KINDS)), np.int64)
        self.pixels = np.zeros((len(PIXELS), self.k), np.int64)

    def add(self, counts: Counts) -> None:
        """Add one image; one that was counted at a single width adds nothing."""
        if counts.kinds_by_width is not None:
            self.images += 1
            self.kinds += counts.kinds_by_width
            self.pixels += np.stack([counts.column(name) for name in PIXELS])

    def columns(self, width: int) -> dict[str, NDArray[np.int64]]:
        """The (K,) columns that `loss_shares` is made of, at the width ERROR_MULTIPLES[width]."""
        kinds = {
            f"{side}_{kind}_px": self.kinds[width, s, :, i]
            for s, side in enumerate(SIDES)
            for i, kind in enumerate(KINDS)
        }
        return {**dict(zip(PIXELS, self.pixels, strict=True)), **kinds}


def sensitivity_record(counted: WidthCounts, categories: Categories, of: int) -> dict[str, Any] | None:
    """`sensitivity` of the document: loss shares by cause, one for each of ERROR_MULTIPLES, of the sampled images among
    `of`; None where there are none. NaN for a class that these images do not hold."""
    if not counted.images:
        return None
    shares = [loss_shares(counted.columns(width)) for width in range(len(ERROR_MULTIPLES))]
    return {
        "multiples": list(ERROR_MULTIPLES),
        "images": counted.images,
        "of": of,
        "classes": [
            {"id": category.id, "loss": {cause: [float(share[cause][k]) for share in shares] for cause in CAUSES}}
            for k, category in enumerate(categories.classes)
        ],
    }
