"""Instances and panoptic segments of a folder of images, written as COCO panoptic."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from inspector.problems import Problem
from unet.backends.queries import panoptic_segments
from unet.prediction.batches import device_of
from unet.prediction.blocks import TiffBlocks
from unet.prediction.panoptic import Panoptic, write_panoptic
from unet.prediction.worklist import Loaded, list_images, load_ahead
from unet.segmenter import Segmenter

__all__ = ["predict_segments"]

THREADS = 2  # that decode ahead: these models take much longer than a decoder


def predict_segments(
    images: Path, segmenter: Segmenter, out: Path, task: Literal["instance", "panoptic"]
) -> tuple[Path, int, tuple[Problem, ...]]:
    """(the JSON, images written, images that could not be predicted). Each image is worked on whole.

    Raises InputError where there is no image, UsageError for a model without queries, EnvironmentFault where a file
    cannot be written.
    """
    found, problems = list_images(images, out)
    written = 0

    def items() -> Iterator[tuple[str, Panoptic]]:
        nonlocal written
        for loaded in load_ahead(found, segmenter.description.channels, THREADS):
            if isinstance(loaded, Problem):
                problems.append(loaded)
                continue
            yield loaded.image.stem, _segments(loaded, segmenter, task)
            written += 1

    path = write_panoptic(out, items(), segmenter.description.categories)
    return path, written, tuple(problems)


def _segments(loaded: Loaded, segmenter: Segmenter, task: Literal["instance", "panoptic"]) -> Panoptic:
    height, width, _ = loaded.source.shape
    pixels = loaded.source.read(0, 0, height, width)  # (H, W, C)
    if isinstance(loaded.source, TiffBlocks):
        loaded.source.close()
    values = np.ascontiguousarray(np.moveaxis(pixels, -1, 0), np.float32)[None]  # (1, C, H, W)
    (segments,) = panoptic_segments(segmenter, torch.from_numpy(values).to(device_of(segmenter)), task)
    return segments
