"""Whether a file that stands among masks is a picture: grey values lie scattered, labels lie in regions."""

from __future__ import annotations

import numpy as np

from inspector.categories import Categories
from inspector.errors import InputError
from inspector.kernels.profile import class_components, encode_ids
from inspector.label_profile.counts import SPECK_PX
from inspector.masks import Mask

__all__ = ["refuse_picture"]

WINDOW_PX = 400  # side of the middle of an image that is looked at: a picture is one everywhere
GREYS = 64  # values in the window: class maps hold a handful there, the darkest pictures about as many
SCATTERED = 0.5  # of the values, in several pieces each: of objects hardly any are, of grey values nearly all
FILLED = 0.5  # of the window: values of a few pixels that fill it are no objects, small ones lie apart
MOST = 32_000  # class indices of runs are 16-bit; more values in a window have fewer than SPECK_PX pixels each


def refuse_picture(mask: Mask, categories: Categories | None = None) -> None:
    """Raises InputError (`looks_like_a_picture`) for a mask whose values, 0 left out, are those of a picture or of a
    probability: many, and most of them in several pieces or of a few pixels each. Values of the class list are fine.
    """
    row, x0, x1, ids = encode_ids(_middle(mask))
    present, at = np.unique(ids, return_inverse=True)
    values = mask.segments.original_id[present]
    listed = {value for each in categories.classes for value in each.values} if categories else set()
    n = int((values != 0).sum())
    if n < GREYS or set(values.tolist()) <= listed:
        return
    px = int((x1 - x0)[values[at] != 0].sum())
    filled = px > FILLED * int((x1 - x0).sum()) and px < SPECK_PX * n
    if n <= MOST and not filled:
        code = np.where(values != 0, np.arange(len(values)), len(values)).astype(np.int16)
        boxes = class_components(row, x0, x1, code[at], len(values))[-1]
        pieces = np.bincount(boxes[:, 0], minlength=len(values))[values != 0]
        if (pieces > 1).mean() <= SCATTERED:
            return
    what = f"it looks like a picture, not labels ({n} values in its middle, scattered as grey values are)"
    fix = "say --labels classes or ids if these are labels"
    raise InputError("looks_like_a_picture", f"{what}: {fix}", "leave it out of the folder")


def _middle(mask: Mask) -> np.ndarray:
    height, width = mask.shape
    y, x = max(height - WINDOW_PX, 0) // 2, max(width - WINDOW_PX, 0) // 2
    return np.ascontiguousarray(mask.ids[y : y + WINDOW_PX, x : x + WINDOW_PX])
