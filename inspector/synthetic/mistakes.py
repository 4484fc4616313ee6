"""Predictions: a truth, wrong in the ways in which real models are wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inspector.synthetic.noise import displaced, smooth_noise
from inspector.synthetic.objects import REFERENCE_HEIGHT
from inspector.synthetic.regions import Regions, find_regions
from inspector.synthetic.street import SCENE_CLASSES, VOID, scene_class

__all__ = ["ErrorModel", "disturb", "street_model"]

SMALL_PX, LARGE_PX = 32 * 32, 96 * 96  # object sizes in an image of REFERENCE_HEIGHT; areas scale with it


@dataclass(frozen=True)
class ErrorModel:
    """How a model errs. Distances are px in an image 360 px high and grow with the square root of its height.

    classes       number of classes; predictions lie in [0, classes)
    mistaken_for  (classes,) what each class is taken for when a region is misread
    jitter_px     wander of borders over tens of px;  ragged_px  over a few px
    dropped       probability that a small region is missed: it takes the label beside it
    swapped       probability that a medium or large region is read as another class, up to a tenth of the image
    partial       probability that a part of a large region is read as another class
    thinned       classes that lose `thinned_px` of their left and right sides: under-predicted
    false_blobs   mean number of regions invented in an image
    salt          share of pixels with a random class
    """

    classes: int
    mistaken_for: tuple[int, ...]
    jitter_px: float = 1.6
    ragged_px: float = 1.1
    dropped: float = 0.2
    swapped: float = 0.05
    partial: float = 0.05
    thinned: tuple[int, ...] = ()
    thinned_px: float = 2.0
    false_blobs: float = 3.0
    salt: float = 0.0003

    def worsened(self, factor: float) -> ErrorModel:
        """The same model on images that are `factor` times as hard."""
        return replace(
            self,
            jitter_px=self.jitter_px * factor,
            ragged_px=self.ragged_px * factor,
            dropped=min(1.0, self.dropped * factor),
            swapped=min(1.0, self.swapped * factor),
            partial=min(1.0, self.partial * factor),
            false_blobs=self.false_blobs * factor,
            salt=min(1.0, self.salt * factor),
        )


def street_model(classes: int) -> ErrorModel:
    """The usual errors on scenes of `classes` classes: likely confusions, and traffic signs under-predicted."""
    index = {scene_class(i).name: i for i in range(classes)}
    mistaken_for = tuple(
        next((index[name] for name in scene_class(i).mistaken_for if name in index), (i + 1) % classes)
        for i in range(classes)
    )
    sign = next(i for i, known in enumerate(SCENE_CLASSES) if known.name == "traffic sign")
    return ErrorModel(classes, mistaken_for, thinned=(sign,) if sign < classes else ())


def disturb(gt: NDArray[np.uint8], rng: np.random.Generator, model: ErrorModel) -> NDArray[np.uint8]:
    """(H, W) uint8 in [0, model.classes): what such a model predicts where the truth is `gt`.

    gt  (H, W) uint8: class indices, and VOID (255), over which a class is predicted all the same

    The same state of `rng` gives the same prediction. Raises ValueError when `gt` holds another value.
    """
    if bool(((gt >= model.classes) & (gt != VOID)).any()):
        raise ValueError(f"expected values below {model.classes} or {VOID} in the truth, found {int(gt.max())}")
    scale = gt.shape[0] / REFERENCE_HEIGHT
    model = model.worsened(float(np.exp(rng.normal(-0.05, 0.3))))  # no two images are equally hard
    regions = find_regions(_without_void(gt))
    pred = regions.painted(_misread(regions, rng, model, scale))
    _misread_parts(pred, regions, rng, model, scale)
    for index in model.thinned:
        pred = _thinned(pred, index, max(1, round(model.thinned_px * scale**0.5)))
    pred = displaced(pred, model.jitter_px * scale**0.5, 22 * scale**0.5, rng)
    pred = displaced(pred, model.ragged_px * scale**0.5, 4 * scale**0.5, rng)
    _invent(pred, rng, model, scale)
    _salt(pred, rng, model)
    return pred


def _without_void(gt: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The truth with each void pixel filled from above, below, left or right; with class 0 when all is void."""
    filled = gt
    for turns in (0, 2, 3, 1):
        if not (filled == VOID).any():
            return filled
        filled = np.rot90(_filled_from_above(np.rot90(filled, turns)), -turns)
    return np.where(filled == VOID, np.uint8(0), filled)


def _filled_from_above(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    row = np.arange(len(labels), dtype=np.int32)[:, None]
    known = np.where(labels == VOID, np.int32(0), row)
    return np.take_along_axis(labels, np.maximum.accumulate(known, axis=0), axis=0)


def _misread(regions: Regions, rng: np.random.Generator, model: ErrorModel, scale: float) -> NDArray[np.uint8]:
    """(N,) uint8: the label of each region after whole ones were missed or taken for another class."""
    small = regions.area_px < SMALL_PX * scale**2
    huge = regions.area_px > 0.1 * regions.shape[0] * regions.shape[1]
    chance = rng.random(len(regions.label))
    taken_for = np.array(model.mistaken_for, dtype=np.uint8)[regions.label]
    label = np.where(small & (chance < model.dropped), regions.beside, regions.label)
    return np.where(~small & ~huge & (chance < model.swapped), taken_for, label)


def _misread_parts(
    pred: NDArray[np.uint8], regions: Regions, rng: np.random.Generator, model: ErrorModel, scale: float
) -> None:
    """Give a blotch of some large regions to another class, in place."""
    large = np.flatnonzero(regions.area_px > LARGE_PX * scale**2 / 2)
    for region in large[rng.random(len(large)) < model.partial]:
        top, left, bottom, right = regions.box[region]
        label = regions.label[region]
        part = pred[top:bottom, left:right]
        cell_px = max(4.0, float(regions.area_px[region]) ** 0.5 / 3)
        blotch = smooth_noise(part.shape, cell_px, rng) > rng.uniform(0.35, 0.65)
        part[blotch & (part == label)] = model.mistaken_for[label]


def _thinned(pred: NDArray[np.uint8], index: int, distance_px: int) -> NDArray[np.uint8]:
    """`pred` where the outermost pixels of class `index` on each row belong to what lies beside them."""
    thin = pred.copy()
    for here, beside in (
        (slice(distance_px, None), slice(None, -distance_px)),
        (slice(None, -distance_px), slice(distance_px, None)),
    ):
        lost = (pred[:, here] == index) & (pred[:, beside] != index)
        thin[:, here][lost] = pred[:, beside][lost]
    return thin


def _invent(pred: NDArray[np.uint8], rng: np.random.Generator, model: ErrorModel, scale: float) -> None:
    """Draw ragged discs of random classes, in place."""
    for _ in range(rng.poisson(model.false_blobs)):
        radius = rng.uniform(2, 9, 2) * scale
        center = rng.uniform((0, 0), pred.shape)
        top, left = np.maximum(center - radius, 0).astype(int)
        part = pred[top : int(center[0] + radius[0]) + 1, left : int(center[1] + radius[1]) + 1]
        y = (np.arange(top, top + part.shape[0])[:, None] - center[0]) / radius[0]
        x = (np.arange(left, left + part.shape[1])[None, :] - center[1]) / radius[1]
        inside = y * y + x * x + 0.3 * smooth_noise(part.shape, max(2.0, 3 * scale), rng) < 0.9
        part[inside] = rng.integers(model.classes)


def _salt(pred: NDArray[np.uint8], rng: np.random.Generator, model: ErrorModel) -> None:
    """Give single pixels a random class, in place."""
    where = rng.integers(0, pred.size, rng.binomial(pred.size, model.salt))
    pred.ravel()[where] = rng.integers(0, model.classes, len(where), dtype=np.uint8)
