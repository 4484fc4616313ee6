"""How much of a checkerboard a decoder draws by itself: what it answers to an image without any content.

Far from its edges such an image is the same everywhere, so whatever pattern the logits have there comes from the
up-sampling (Odena et al. 2016, "Deconvolution and checkerboard artifacts", distill.pub). Its periods are those of the
levels: 2 px from the last up-sampling, then 4, 8 and 16.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from unet.data.images import read_pixels
from unet.data.layouts import Example
from unet.segmenter import Segmenter

__all__ = ["PERIODS", "checkerboard"]

PERIODS = (2, 4, 8, 16)  # px
SIDE = 320  # px: 144 on each side of the middle, more than a U-Net of depth 4 reaches (137)
MIDDLE = slice(SIDE // 2 - PERIODS[-1] // 2, SIDE // 2 + PERIODS[-1] // 2)
GREYS = (-1.0, 0.0, 1.0)  # deviations from the mean of the training images
REAL = 20  # images that say how far apart the logits of the classes are


@torch.inference_mode()
def checkerboard(segmenter: Segmenter, examples: Sequence[Example]) -> dict[str, float]:
    """Root mean square of the pattern in the logits, by period in px, as a share of the spread of the class logits.

    The spread is the deviation of the logits about their mean over the classes, over real images: what a pattern
    would have to reach to change a class. 0 where the logits are constant.
    """
    was_training = segmenter.training
    segmenter.eval()
    patterns = [_pattern(segmenter, grey) for grey in GREYS]
    spread = _spread(segmenter, examples[:REAL])
    segmenter.train(was_training)
    power = torch.stack(patterns).square().mean(dim=(0, 1))  # (16, 16): of frequencies k / 16 on both axes
    shares = {str(period): math.sqrt(float(power[_has_period(period)].sum())) / spread for period in PERIODS}
    return {**shares, "all": math.sqrt(sum(share**2 for share in shares.values()))}


def _pattern(segmenter: Segmenter, grey: float) -> Tensor:
    """(K, 16, 16) float64: amplitudes of one period of the logits."""
    normal = segmenter.description.normalisation
    device = next(segmenter.parameters()).device
    color = torch.tensor(normal.mean) + grey * torch.tensor(normal.std)  # (C,)
    image = color[None, :, None, None].expand(1, -1, SIDE, SIDE).to(device)
    logits = segmenter(image)[0, :, MIDDLE, MIDDLE].double()  # (K, 16, 16)
    return (torch.fft.fft2(logits) / PERIODS[-1] ** 2).abs()


def _has_period(period: int) -> Tensor:
    """(16, 16) bool: the frequencies of patterns that repeat after `period` px, and after no power of two below it."""
    k = torch.arange(PERIODS[-1])
    shortest = PERIODS[-1] // torch.gcd(torch.gcd(k[:, None], k[None, :]), torch.tensor(PERIODS[-1]))
    return shortest == period


def _spread(segmenter: Segmenter, examples: Sequence[Example]) -> float:
    total, count = 0.0, 0
    device = next(segmenter.parameters()).device
    for example in examples:
        pixels = torch.from_numpy(read_pixels(example.image_path)).permute(2, 0, 1)[None]  # (1, C, H, W)
        logits = segmenter(pixels.to(device).float())[0].double()  # (K, H, W)
        total += float((logits - logits.mean(dim=0)).square().sum())
        count += logits.numel()
    return math.sqrt(total / count)
