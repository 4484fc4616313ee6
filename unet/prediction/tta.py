"""Test-time augmentation: predict an image in several poses and sizes, undo them, and average the probabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from inspector.errors import UsageError

__all__ = ["NO_TTA", "Tta", "averaged", "parse_tta"]

FLIPS = {  # word -> the axes of (N, C, H, W) that are turned round, one tuple for each pose
    "hflip": ((3,),),
    "vflip": ((2,),),
    "flips": ((3,), (2,), (2, 3)),
}
SMALLEST, LARGEST = 0.25, 4.0
EXPECTED = "expected words of hflip, vflip, flips and scales from 0.25 to 4, such as 'hflip' or 'flips,0.75,1.25'"


@dataclass(frozen=True)
class Tta:
    """Every pose at every scale is predicted; as it is, at scale 1, always is one of them."""

    poses: tuple[tuple[int, ...], ...] = ((),)
    scales: tuple[float, ...] = (1.0,)

    def __len__(self) -> int:
        """Predictions for each image."""
        return len(self.poses) * len(self.scales)


NO_TTA = Tta()


def parse_tta(text: str) -> Tta:
    """What a user writes: hflip, vflip, flips (each and both together) and scales, with commas; "" or "none" for none.

    Raises UsageError for anything else.
    """
    poses: list[tuple[int, ...]] = [()]
    scales = [1.0]
    words = [word.strip() for word in text.split(",")] if text not in ("", "none") else []
    for word in words:
        if word in FLIPS:
            poses += [pose for pose in FLIPS[word] if pose not in poses]
        elif (scale := _scale(word, text)) not in scales:
            scales.append(scale)
    return Tta(tuple(poses), tuple(scales))


def _scale(word: str, text: str) -> float:
    try:
        scale = float(word)
    except ValueError:
        raise UsageError(f"--tta {text!r}: {word!r} is not known; {EXPECTED}") from None
    if not SMALLEST <= scale <= LARGEST:
        raise UsageError(f"--tta {text!r}: a scale of {word}; {EXPECTED}")
    return scale


def averaged(predict: Callable[[Tensor], Tensor], tta: Tta, multiple: int = 1) -> Callable[[Tensor], Tensor]:
    """`predict`, images (N, C, H, W) to probabilities (N, K, H, W), made the mean over all poses and scales.

    multiple  of the network: scaled sizes are rounded to it. Without augmentation `predict` itself is returned.
    """
    if len(tta) == 1:
        return predict

    def mean(images: Tensor) -> Tensor:
        total = torch.zeros((), device=images.device)
        for scale in tta.scales:
            scaled = _resized(images, _size(images, scale, multiple))  # (N, C, h, w)
            for axes in tta.poses:
                found = predict(scaled.flip(axes)).flip(axes)  # (N, K, h, w)
                found = _resized(found, tuple(images.shape[2:]))  # (N, K, H, W)
                total = total + found
        return total / len(tta)

    return mean


def _size(images: Tensor, scale: float, multiple: int) -> tuple[int, ...]:
    if scale == 1.0:
        return tuple(images.shape[2:])
    return tuple(max(multiple, round(side * scale / multiple) * multiple) for side in images.shape[2:])


def _resized(images: Tensor, size: tuple[int, ...]) -> Tensor:
    """(N, C, h, w) float32, bilinear and without aliasing; of the size that it has already, `images` themselves."""
    if tuple(images.shape[2:]) == size:
        return images
    smaller = size[0] < images.shape[2]
    resized: Tensor = F.interpolate(images.float(), size=size, mode="bilinear", align_corners=False, antialias=smaller)
    return resized.to(memory_format=torch.channels_last)
