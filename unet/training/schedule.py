"""The learning rate over a training: a linear warm-up, then a cosine down to nothing."""

from __future__ import annotations

import math

__all__ = ["rate_at"]

START = 0.04  # of the peak, where the warm-up begins


def rate_at(progress: float, peak: float, warmup: float) -> float:
    """The learning rate once the fraction `progress` in [0, 1] of the training is done.

    It climbs from START * peak to `peak` over the first fraction `warmup`, and falls to 0 at the end. The end matters
    most: batch normalisation keeps a running mean of the statistics, and while the rate is high the weights move on
    faster than it follows, so that the same weights score .85 in training mode and .4 in evaluation.
    """
    if progress < warmup:
        return peak * (START + (1 - START) * progress / warmup)
    falling = (progress - warmup) / (1 - warmup) if warmup < 1 else 1.0
    return peak * 0.5 * (1 + math.cos(math.pi * min(1.0, falling)))
