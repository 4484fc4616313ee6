"""`Window`: which part of an image a picture shows, and at what whole-number scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["LARGEST_SIDE_PX", "Window", "around", "whole", "window_around"]

LARGEST_SIDE_PX = 480  # of a picture on the page
_SMALLEST_VIEW_PX = 64  # of the image: an object of 6 px is shown with what is around it, and still seen
_LARGEST_ENLARGEMENT = 8
_MARGIN_FRACTION = 0.4  # of the longer side of the box, on each side
_ASPECT = 4 / 3  # pictures side by side are one shape where the image allows it


@dataclass(frozen=True)
class Window:
    """The half-open box [y0, y1) x [x0, x1) of an image, drawn `enlarge` : `shrink` (one of the two is 1)."""

    y0: int
    x0: int
    y1: int
    x1: int
    enlarge: int = 1
    shrink: int = 1

    def cut(self, array: NDArray[Any]) -> NDArray[Any]:
        """The part of an (H, W, ...) array, a view."""
        return array[self.y0 : self.y1, self.x0 : self.x1]

    def sample(self, array: NDArray[Any]) -> NDArray[Any]:
        """The part of an (H, W) array at the window's scale, nearest pixel: no value is made up."""
        part = self.cut(array)
        rows, columns = (_centres(n, self.shrink) for n in part.shape[:2])
        return self.enlarged(part.take(rows, axis=0).take(columns, axis=1) if self.shrink > 1 else part)

    def enlarged(self, array: NDArray[Any]) -> NDArray[Any]:
        """Each pixel `enlarge` times, down and across."""
        if self.enlarge == 1:
            return array
        return array.repeat(self.enlarge, axis=0).repeat(self.enlarge, axis=1)

    def on_page(self, box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        """A half-open box of the image in pixels of the picture, rounded outwards."""
        y0, x0, y1, x1 = box
        low = ((y0 - self.y0) * self.enlarge // self.shrink, (x0 - self.x0) * self.enlarge // self.shrink)
        high = (-((self.y0 - y1) * self.enlarge // self.shrink), -((self.x0 - x1) * self.enlarge // self.shrink))
        return (*low, *high)

    def is_filled_by(self, box: tuple[int, int, int, int]) -> bool:
        """Whether the box leaves nothing of the window free: a frame would say nothing."""
        return box[0] <= self.y0 and box[1] <= self.x0 and box[2] >= self.y1 and box[3] >= self.x1

    def holds(self, box: tuple[int, int, int, int]) -> bool:
        """Whether the window shows all of the box."""
        return self.y0 <= box[0] and self.x0 <= box[1] and self.y1 >= box[2] and self.x1 >= box[3]


def whole(shape: tuple[int, int], largest_side: int = LARGEST_SIDE_PX) -> Window:
    """The whole of an image of (H, W) px, shrunk (never enlarged) until neither side is over `largest_side`."""
    return Window(0, 0, *shape, shrink=max(1, -(-max(shape) // largest_side)))


def window_around(
    box: tuple[int, int, int, int] | None, shape: tuple[int, int], largest_side: int = LARGEST_SIDE_PX
) -> Window:
    """The window that shows the half-open `box` (y0, x0, y1, x1) of an image of (H, W) px with what is around it.

    A small object is enlarged by a whole number, a large one shrunk by one. None: the whole image.
    """
    if box is None:
        return whole(shape, largest_side)
    height, width = box[2] - box[0], box[3] - box[1]
    margin = 2 * _MARGIN_FRACTION * max(height, width)
    view_width = max(width + margin, (height + margin) * _ASPECT, _SMALLEST_VIEW_PX)
    y0, y1 = _span(box[0], box[2], round(view_width / _ASPECT), shape[0])
    x0, x1 = _span(box[1], box[3], round(view_width), shape[1])
    longest = max(y1 - y0, x1 - x0)
    return Window(
        y0, x0, y1, x1,
        enlarge=max(1, min(_LARGEST_ENLARGEMENT, largest_side // longest)),
        shrink=max(1, -(-longest // largest_side)),
    )  # fmt: skip


def around(box: tuple[int, int, int, int], shape: tuple[int, int], side: int) -> Window:
    """`side` x `side` px as they are (less where the image of (H, W) px is smaller), around the middle of the box."""
    y0, y1 = _span(box[0], box[2], side, shape[0])
    x0, x1 = _span(box[1], box[3], side, shape[1])
    return Window(y0, x0, y1, x1)


def _span(low: int, high: int, length: int, limit: int) -> tuple[int, int]:
    """`length` px around [low, high), moved to lie inside [0, limit)."""
    length = min(length, limit)
    start = min(max((low + high - length) // 2, 0), limit - length)
    return start, start + length


def _centres(n: int, factor: int) -> NDArray[np.int64]:
    """The middle of each block of `factor`; the last block may be shorter."""
    return np.minimum(np.arange(0, n, factor) + factor // 2, n - 1)
