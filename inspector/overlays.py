"""Truth, prediction and errors drawn as small pictures: arrays in, at most 256 colours out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.windows import Window

__all__ = [
    "CORRECT",
    "FALSE",
    "MISSED",
    "VOID",
    "WRONG",
    "Picture",
    "draw_errors",
    "draw_image",
    "draw_labels",
    "error_map",
    "shrink_errors",
    "window_errors",
]

#: Codes of an error map. MISSED and FALSE speak of the class in focus, WRONG of any other wrong pixel.
CORRECT, MISSED, FALSE, WRONG, VOID = range(5)

# Blue and orange differ for every kind of colour vision; FALSE is striped as well, so that it also differs in grey.
# The page's legend shows the same colours (reports/assets/report.css: --missed, --false, --wrong, --other).
_MISSED, _FALSE, _FALSE_STRIPE = (86, 180, 255), (255, 159, 28), (214, 122, 0)
_WRONG, _OTHER = (255, 122, 182), (132, 106, 150)
_HATCH = ((66, 70, 78), (92, 97, 106))  # void, and values outside the class list
_FRAME = ((10, 12, 16), (255, 255, 255))  # around the object, dark outside light: seen on any ground
_GREYS = 64  # steps of the dimmed picture behind an error map
_SPECIAL = 4  # palette rows 0..3: two of the hatch, two of the frame
_BAND_PX = 1 << 22  # pixels of an error map that are in memory at once
_MOST_CLASSES = 256 - _SPECIAL
_CUBE = np.array([(r, g, b) for r in range(0, 256, 51) for g in range(0, 256, 51) for b in range(0, 256, 51)], np.uint8)


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawing: `ids` (h, w) uint8 into `palette` (n, 3) uint8."""

    ids: NDArray[np.uint8]
    palette: NDArray[np.uint8]

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """(h, w, 3) uint8."""
        return self.palette[self.ids]


def error_map(
    gt: NDArray[np.integer], pred: NDArray[np.integer], n_classes: int, focus: int | None = None
) -> NDArray[np.uint8]:
    """(H, W) uint8: CORRECT, MISSED, FALSE, WRONG or VOID for each pixel.

    gt, pred   (H, W) class indices; anything outside [0, n_classes) is void in `gt` and wrong in `pred`
    focus      class index that MISSED (true, not predicted) and FALSE (predicted, not true) speak of;
               None: every wrong pixel is WRONG
    """
    errors = np.where(gt == pred, np.uint8(CORRECT), np.uint8(WRONG))
    if focus is not None:
        wrong = errors == WRONG
        errors[wrong & (gt == focus)] = MISSED
        errors[wrong & (pred == focus)] = FALSE
    errors[(gt < 0) | (gt >= n_classes)] = VOID
    return errors


def window_errors(
    gt: NDArray[np.integer], pred: NDArray[np.integer], n_classes: int, focus: int | None, window: Window
) -> NDArray[np.uint8]:
    """The `error_map` of the part in `window`, shrunk to its scale; made in bands of rows, since it may be huge."""
    gt, pred = window.cut(gt), window.cut(pred)
    rows = window.shrink * max(1, _BAND_PX // (window.shrink * gt.shape[1]))
    bands = [
        shrink_errors(error_map(gt[y : y + rows], pred[y : y + rows], n_classes, focus), window.shrink)
        for y in range(0, len(gt), rows)
    ]
    return np.concatenate(bands)


def draw_labels(
    codes: NDArray[np.integer], colors: NDArray[np.uint8], window: Window, box: tuple[int, int, int, int] | None = None
) -> Picture:
    """A class-index map in its colours, the part in `window`; what is no class is hatched; `box` is framed.

    codes    (H, W) class indices
    colors   (K, 3) uint8 RGB; beyond 252 classes, each is drawn in the nearest of 216 colours
    """
    lut, palette = _class_palette(colors)
    codes = window.sample(codes)
    known = (codes >= 0) & (codes < len(colors))
    ids = np.where(known, lut[np.where(known, codes, 0)], _hatch(codes.shape))
    return Picture(_framed(ids.astype(np.uint8), window, box), palette)


def draw_errors(
    errors: NDArray[np.uint8],
    behind: NDArray[np.uint8],
    window: Window,
    box: tuple[int, int, int, int] | None = None,
    focused: bool = True,
) -> Picture:
    """An error map over a dimmed grey picture, the part in `window`; no wrong pixel is lost by shrinking.

    errors    (h', w') uint8 of `window_errors`: at the window's scale
    behind    (h', w') uint8 luminance of what lies behind, at the window's scale
    focused   the map speaks of one class: the other wrong pixels stay quiet
    """
    colours = np.array([_MISSED, _FALSE, _FALSE_STRIPE, _OTHER if focused else _WRONG], np.uint8)
    greys = np.repeat(np.linspace(24, 138, _GREYS).round().astype(np.uint8)[:, None], 3, axis=1)
    palette = np.concatenate([np.array(_HATCH + _FRAME, np.uint8), colours, greys])
    ids = _SPECIAL + len(colours) + behind // (256 // _GREYS)
    drawn = window.enlarged(errors)
    for code, row in ((MISSED, 0), (WRONG, 3)):
        ids[drawn == code] = _SPECIAL + row
    ids = np.where(drawn == FALSE, _SPECIAL + 1 + _stripes(ids.shape), ids)
    ids = np.where(drawn == VOID, _hatch(ids.shape), ids)
    return Picture(_framed(ids.astype(np.uint8), window, box), palette)


def draw_image(
    image: NDArray[np.uint8], window: Window, box: tuple[int, int, int, int] | None = None
) -> NDArray[np.uint8]:
    """(h, w, 3) uint8: the part of an (H, W, 3) uint8 image in `window`, means of blocks where it shrinks."""
    rgb = window.enlarged(_block_means(window.cut(image), window.shrink))
    if box is None:
        return rgb
    frame = _framed(np.full(rgb.shape[:2], _SPECIAL, np.uint8), window, box)
    return np.where((frame == _SPECIAL)[..., None], rgb, np.array((*_HATCH, *_FRAME, (0, 0, 0)), np.uint8)[frame])


def shrink_errors(errors: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """(ceil(h / factor), ceil(w / factor)) uint8: each block takes its most frequent error, if it holds any.

    MISSED and FALSE go before WRONG, MISSED before FALSE where they are equally frequent. A block without an
    error takes its middle pixel.
    """
    if factor == 1:
        return errors
    height, width = errors.shape
    shrunk = Window(0, 0, height, width, shrink=factor).sample(errors)
    shrunk = np.where(shrunk == VOID, np.uint8(VOID), np.uint8(CORRECT))
    wrong_y, wrong_x = np.nonzero((errors != CORRECT) & (errors != VOID))  # few: counting them alone is fast
    blocks = wrong_y // factor * shrunk.shape[1] + wrong_x // factor
    kinds = np.bincount(errors[wrong_y, wrong_x].astype(np.int64) * shrunk.size + blocks, minlength=VOID * shrunk.size)
    missed, false, wrong = kinds.reshape(VOID, *shrunk.shape)[[MISSED, FALSE, WRONG]]
    shrunk[wrong > 0] = WRONG
    shrunk[false > 0] = FALSE
    shrunk[(missed > 0) & (missed >= false)] = MISSED
    return shrunk


def _block_means(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    if factor == 1:
        return image
    rows, columns = np.arange(0, image.shape[0], factor), np.arange(0, image.shape[1], factor)
    sums = np.add.reduceat(np.add.reduceat(image.astype(np.int64), rows, axis=0), columns, axis=1)
    heights, widths = np.diff([*rows, image.shape[0]]), np.diff([*columns, image.shape[1]])
    return (sums // (heights[:, None] * widths[None, :])[..., None]).astype(np.uint8)


def _class_palette(colors: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Class index -> palette row, and the palette."""
    special = np.array(_HATCH + _FRAME, np.uint8)
    if len(colors) <= _MOST_CLASSES:
        return np.arange(_SPECIAL, _SPECIAL + max(len(colors), 1), dtype=np.uint8), np.concatenate([special, colors])
    steps = (colors.astype(np.int64) + 25) // 51
    return (_SPECIAL + steps @ (36, 6, 1)).astype(np.uint8), np.concatenate([special, _CUBE])


def _hatch(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(h, w) palette rows 0 and 1 in diagonal stripes, in pixels of the page."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return ((x + y) // 2 % 4 == 0).astype(np.uint8)


def _stripes(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """(h, w) 0 and 1 in diagonals that run against those of the hatch."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return ((x - y) % 4 == 0).astype(np.uint8)


def _framed(ids: NDArray[np.uint8], window: Window, box: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    """Draw the frame of `box` into `ids`, just outside of it: the object itself stays as it is."""
    if box is None or window.is_filled_by(box):
        return ids
    y0, x0, y1, x1 = window.on_page(box)
    for gap, row in ((1, 3), (2, 2)):
        top, bottom, left, right = y0 - gap, y1 - 1 + gap, x0 - gap, x1 - 1 + gap
        rows, columns = slice(max(top, 0), bottom + 1), slice(max(left, 0), right + 1)
        for y in (top, bottom):
            if 0 <= y < ids.shape[0]:
                ids[y, columns] = row
        for x in (left, right):
            if 0 <= x < ids.shape[1]:
                ids[rows, x] = row
    return ids
