"""The files of one image that is kept as evidence: its masks whole, what a viewer needs, and pictures for the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.label_png import encode_labels
from inspector.overlays import draw_errors, draw_image, draw_labels, window_errors
from inspector.png_writer import encode_indexed_png, encode_rgb_png
from inspector.views import Save, write_view
from inspector.windows import Window, whole, window_around

__all__ = ["FOLDER", "Example", "ImageFiles", "Wanted"]

FOLDER = "evidence"
_LARGEST_IMAGE_SIDE = 2048
_FAST = 1  # zlib level of whole masks and images: half the time of the usual one; what the page holds is squeezed
_LUMA = np.array([77, 150, 29], np.uint16)  # ITU-R BT.601, in 1/256

Box = tuple[int, int, int, int]  # y0, x0, y1, x1, half-open
Example = tuple[int | None, Box | None]  # class index and box: what a drawing depends on


@dataclass(frozen=True)
class Wanted:
    """What to write of one image: its masks and its view always; the rest where `is_drawn`.

    slug      what its file names begin with
    is_drawn  the picture behind it too, lossless, and pictures of `examples`
    is_page   and pictures of the whole
    places    boxes that a view that had to be shrunk shows at full resolution, the most important first
    """

    slug: str
    is_drawn: bool = True
    is_page: bool = True
    examples: Sequence[Example] = ()
    places: Sequence[Box] = ()


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Writes the files of images into `run_folder`/evidence; `colors` (K, 3) uint8 are those of the classes."""

    run_folder: Path
    colors: NDArray[np.uint8]

    def write(
        self, pair: tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.uint8] | None], wanted: Wanted
    ) -> tuple[dict[str, Any], dict[Example, dict[str, Any]]]:
        """The record of the image, but for its name, and that of each example drawn from it."""
        gt, pred, image = pair
        save = partial(self._save, wanted.slug)
        masks = {"gt": gt, "pred": pred}
        files = {side: save(f"{side}.png", encode_labels(codes, self.colors, _FAST)) for side, codes in masks.items()}
        view = write_view(pair, files, wanted.places, self.colors, save)
        pictures, crops = {}, {}
        if wanted.is_drawn:
            if image is not None:
                kept = draw_image(image, whole(image.shape[:2], _LARGEST_IMAGE_SIDE))
                files["image"] = save("image.png", encode_rgb_png(kept, _FAST))
            scene = _Scene(gt, pred, None if image is None else _fitted(image, gt.shape), self.colors)
            pictures = self._draw(scene, save, "page", whole(gt.shape), None, None) if wanted.is_page else {}
            crops = {each: self._crop(scene, save, number, *each) for number, each in enumerate(wanted.examples)}
        record = {"slug": wanted.slug, "files": files, "pictures": pictures, "view": view}
        return {**record, "height": int(gt.shape[0]), "width": int(gt.shape[1])}, crops

    def _crop(self, scene: _Scene, save: Save, number: int, class_index: int | None, box: Box | None) -> dict[str, Any]:
        window = window_around(box, scene.gt.shape)
        return {
            "window": [window.y0, window.x0, window.y1, window.x1],
            "scale": [window.enlarge, window.shrink],
            "pictures": self._draw(scene, save, f"crop{number}", window, box, class_index),
        }

    def _draw(
        self, scene: _Scene, save: Save, part: str, window: Window, box: Box | None, focus: int | None
    ) -> dict[str, str]:
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
        return {name: save(f"{part}.{name}.png", data) for name, data in encoded.items()}

    def _save(self, slug: str, end: str, data: bytes) -> str:
        name = f"{FOLDER}/{slug}.{end}"
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
