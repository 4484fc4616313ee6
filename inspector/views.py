"""What a viewer needs to show one image in full: its masks at a size a browser can hold, and the picture behind them.

Large masks are shrunk by a whole number; what is lost by that is kept in patches of full resolution around the places
that matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.label_png import encode_labels
from inspector.overlays import draw_image
from inspector.windows import Window, around, whole

__all__ = [
    "MOST_PATCHES",
    "PATCH_SIDE_PX",
    "SHRUNK_PX",
    "WHOLE_PX",
    "WHOLE_SIDE_PX",
    "Save",
    "is_whole",
    "patch_windows",
    "view_window",
    "write_view",
]

WHOLE_PX = 1 << 22  # masks up to this size are looked at as they are
WHOLE_SIDE_PX = 1 << 14  # … where no side is longer: a browser draws nothing on a canvas that is
SHRUNK_PX = 1 << 20  # … larger ones at this size or below
PATCH_SIDE_PX = 512
MOST_PATCHES = 8
_PICTURE_SIDE_PX = 1024
_JPEG_QUALITY = 85
_FAST = 1  # zlib level

Box = tuple[int, int, int, int]  # y0, x0, y1, x1, half-open
Save = Callable[[str, bytes], str]  # (end of the file name, content) -> path in the run folder


def write_view(
    pair: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.uint8] | None],
    files: Mapping[str, str],
    boxes: Iterable[Box],
    colors: NDArray[np.uint8],
    save: Save,
) -> dict[str, Any]:
    """`view` of an image in the document: {shrink, gt, pred, image, patches}.

    pair    truth and prediction (H, W) as class indices, and the picture (h, w, 3) uint8 or None
    files   paths of `gt` and `pred` in full, which masks that are looked at whole are shown by
    boxes   what patches of larger masks are to lie around, the most important first
    colors  (K, 3) uint8
    """
    gt, pred, picture = pair
    window = view_window(gt.shape)
    masks = {"gt": gt, "pred": pred}

    def saved(part: str, window: Window) -> dict[str, str]:
        return {
            side: save(f"{part}.{side}.png", encode_labels(window.sample(codes), colors, _FAST))
            for side, codes in masks.items()
        }

    shown_whole = is_whole(gt.shape)
    patches = [] if shown_whole else patch_windows(boxes, gt.shape)
    return {
        "shrink": window.shrink,
        **({side: files[side] for side in masks} if shown_whole else saved("view", window)),
        "image": None if picture is None else save("view.jpg", _jpeg(picture)),
        "patches": [
            {"box": [patch.y0, patch.x0, patch.y1, patch.x1], **saved(f"patch{number}", patch)}
            for number, patch in enumerate(patches)
        ],
    }


def is_whole(shape: tuple[int, int]) -> bool:
    """Whether masks of (H, W) px are looked at as they are."""
    height, width = shape
    return height * width <= WHOLE_PX and max(shape) <= WHOLE_SIDE_PX


def view_window(shape: tuple[int, int]) -> Window:
    """The whole of masks of (H, W) px: as they are up to WHOLE_PX and WHOLE_SIDE_PX, else shrunk by the least whole
    number that brings them to SHRUNK_PX or below, and each side to WHOLE_SIDE_PX."""
    height, width = shape
    shrink = 1
    if not is_whole(shape):
        shrink = max(math.isqrt(height * width // SHRUNK_PX), -(-max(shape) // WHOLE_SIDE_PX))
        while -(-height // shrink) * -(-width // shrink) > SHRUNK_PX:
            shrink += 1
    return Window(0, 0, height, width, shrink=shrink)


def patch_windows(boxes: Iterable[Box], shape: tuple[int, int]) -> list[Window]:
    """At most MOST_PATCHES windows of full resolution, no side above PATCH_SIDE_PX, in the order of `boxes`.

    Each has a box in its middle as far as the image of (H, W) px allows; of a box that is larger than a patch it shows
    the middle. A box that an earlier window shows whole needs no other.
    """
    windows: list[Window] = []
    for box in boxes:
        if len(windows) == MOST_PATCHES:
            break
        window = around(box, shape, PATCH_SIDE_PX)
        if window not in windows and not any(shown.holds(box) for shown in windows):
            windows.append(window)
    return windows


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    import imagecodecs

    small = draw_image(picture, whole(picture.shape[:2], _PICTURE_SIDE_PX))
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(small), level=_JPEG_QUALITY))
