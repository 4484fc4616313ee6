"""The files of one image that is kept as evidence: its masks whole, and pictures that a page can show as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.overlays import draw_errors, draw_image, draw_labels, window_errors
from inspector.png_writer import encode_indexed_png, encode_rgb_png
from inspector.windows import Window, whole, window_around

__all__ = ["FOLDER", "Example", "ImageFiles"]

FOLDER = "evidence"
_MOST_INDEXED_CLASSES = 255  # an indexed PNG holds 256 values, one of them is void
_LARGEST_IMAGE_SIDE = 2048
_FAST = 1  # zlib level of whole masks and images: half the time of the usual one; what the page holds is squeezed
_LUMA = np.array([77, 150, 29], np.uint16)  # ITU-R BT.601, in 1/256

Box = tuple[int, int, int, int]  # y0, x0, y1, x1, half-open
Example = tuple[int | None, Box | None]  # class index and box: what a drawing depends on


@dataclass(frozen=True)
class ImageFiles:
    """Writes the files of one image into `run_folder`/evidence, all named by its slug."""

    run_folder: Path
    slug: str
    image_id: str
    categories: Categories

    def write(
        self,
        pair: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.uint8] | None],
        examples: Sequence[Example],
        whole_too: bool = True,
    ) -> tuple[dict[str, Any], dict[Example, dict[str, Any]]]:
        """The record of the image, and of each example drawn from it. `whole_too`: draw the whole image as well."""
        gt, pred, image = pair
        fitted = None if image is None else _fitted(image, gt.shape)
        scene = _Scene(gt, pred, fitted, self.categories.colors_rgb())
        files = {"gt": self._save("gt", self._label_png(gt)), "pred": self._save("pred", self._label_png(pred))}
        if image is not None:
            kept = draw_image(image, whole(image.shape[:2], _LARGEST_IMAGE_SIDE))
            files["image"] = self._save("image", encode_rgb_png(kept, _FAST))
        pictures = self._draw(scene, "page", whole(gt.shape), None, None) if whole_too else {}
        record = {"image": self.image_id, "slug": self.slug, "files": files, "pictures": pictures}
        crops = {example: self._crop(scene, number, *example) for number, example in enumerate(examples)}
        return {**record, "height": int(gt.shape[0]), "width": int(gt.shape[1])}, crops

    def _crop(self, scene: _Scene, number: int, class_index: int | None, box: Box | None) -> dict[str, Any]:
        window = window_around(box, scene.gt.shape)
        return {
            "window": [window.y0, window.x0, window.y1, window.x1],
            "scale": [window.enlarge, window.shrink],
            "pictures": self._draw(scene, f"crop{number}", window, box, class_index),
        }

    def _draw(self, scene: _Scene, part: str, window: Window, box: Box | None, focus: int | None) -> dict[str, str]:
        """The page-ready pictures of one window: paths in the run folder, by what they show."""
        colors = scene.colors
        errors = window_errors(scene.gt, scene.pred, len(colors), focus, window)
        drawings = {
            "truth": draw_labels(scene.gt, colors, window, box),
            "prediction": draw_labels(scene.pred, colors, window, box),
            "errors": draw_errors(errors, scene.behind(window), window, box, focused=focus is not None),
        }
        encoded = {name: encode_indexed_png(drawing.ids, drawing.palette) for name, drawing in drawings.items()}
        if scene.image is not None:
            encoded["image"] = encode_rgb_png(draw_image(scene.image, window, box))
        return {name: self._save(f"{part}.{name}", data) for name, data in encoded.items()}

    def _label_png(self, codes: NDArray[np.integer]) -> bytes:
        """Value = class index, K = void or no class. Beyond 255 classes: red + 256 x green of a colour PNG."""
        colors = self.categories.colors_rgb()
        k = len(colors)
        known = codes
        if codes.min() < 0 or codes.max() > k:  # a copy only where one is needed: these may be huge
            known = np.where((codes >= 0) & (codes < k), codes, k)
        if k <= _MOST_INDEXED_CLASSES:
            palette = np.concatenate([colors, np.zeros((1, 3), np.uint8)])
            return encode_indexed_png(known.astype(np.uint8, copy=False), palette, _FAST)
        return encode_rgb_png(np.stack([known & 255, known >> 8, np.zeros_like(known)], axis=2).astype(np.uint8), _FAST)

    def _save(self, part: str, data: bytes) -> str:
        name = f"{FOLDER}/{self.slug}.{part}.png"
        (self.run_folder / name).write_bytes(data)
        return name


@dataclass(frozen=True, eq=False)
class _Scene:
    """One pair, and the image at the size of its masks."""

    gt: NDArray[np.integer]
    pred: NDArray[np.integer]
    image: NDArray[np.uint8] | None
    colors: NDArray[np.uint8]

    def behind(self, window: Window) -> NDArray[np.uint8]:
        """(h', w') uint8: what lies behind the errors at the window's scale, the image in grey, else the truth."""
        if self.image is not None:
            return _grey(draw_image(self.image, window))
        shades = _grey(np.concatenate([self.colors, np.zeros((1, 3), np.uint8)]))
        codes = window.sample(self.gt)
        return shades[np.where((codes >= 0) & (codes < len(self.colors)), codes, len(self.colors))]


def _grey(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(...,) uint8 luminance of (..., 3) uint8."""
    return ((rgb.astype(np.uint16) * _LUMA).sum(axis=-1, dtype=np.uint16) >> 8).astype(np.uint8)


def _fitted(image: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """The image at the size of its mask, nearest pixel: it is only looked at."""
    if image.shape[:2] == tuple(shape):
        return image
    rows, columns = (np.arange(n) * m // n for n, m in zip(shape, image.shape[:2], strict=True))
    return image[np.ix_(rows, columns)]
