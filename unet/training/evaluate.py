"""Scores of a model on labelled images, by the inspector's own counts: what `inspect` will say of its predictions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.counting import count_pair
from inspector.masks import Mask
from inspector.metrics import METRICS, mean_defined
from inspector.readers import read_masks
from inspector.settings import Settings
from unet.data.images import read_pixels
from unet.data.layouts import Example
from unet.devices import Place
from unet.prediction.tiles import predict_labels
from unet.segmenter import Segmenter

__all__ = ["Scores", "evaluate"]

COLUMNS = ("gt_px", "pred_px", "tp_px")


@dataclass(frozen=True)
class Scores:
    """IoU over a set of images: pixels are summed first, then divided.

    iou   (K,) float64 in [0, 1]; NaN for a class that is neither true nor predicted anywhere
    miou  their mean over the classes that are defined; NaN where none is
    """

    iou: NDArray[np.float64]
    miou: float


def evaluate(segmenter: Segmenter, examples: Sequence[Example], place: Place, precision: torch.dtype) -> Scores:
    """Predict every image as `unet predict` does, whole or in tiles, and count it against its mask.

    The processes of a training share the images among them. Raises InputError for a file that cannot be read.
    """
    categories = segmenter.description.categories
    totals = np.zeros((len(COLUMNS), len(categories)), np.int64)
    was_training = segmenter.training
    segmenter.eval()
    for example in examples[place.rank :: place.world]:
        totals += _counted(segmenter, example, precision)
    segmenter.train(was_training)
    totals = place.summed(torch.from_numpy(totals)).numpy()
    iou = METRICS["iou"].compute(dict(zip(COLUMNS, totals, strict=True)))
    return Scores(iou, float(mean_defined(iou)))


def _counted(segmenter: Segmenter, example: Example, precision: torch.dtype) -> NDArray[np.int64]:
    """(3, K) int64: the true, predicted and common pixels of one image."""
    categories = segmenter.description.categories
    (gt,) = read_masks(example.mask_path, categories=categories)
    labels = predict_labels(segmenter, read_pixels(example.image_path), precision=precision)  # (H, W)
    values = np.array([category.values[0] for category in categories.classes])  # as `unet predict` writes them
    counts = count_pair(gt, Mask.from_labels(values[labels]), categories, Settings())
    return np.stack([counts.column(name) for name in COLUMNS])
