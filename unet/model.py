"""A U-Net that reads from top to bottom.

Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation", 2015 (arXiv
1505.04597), with what has been found better since: padded convolutions, so that logits have the size of the image;
normalisation after each convolution; and bilinear up-sampling, which cannot draw a checkerboard.

With base width B and depth 4 (image H x W, C channels, K outputs):

    image   C    H    x W    ─ DoubleConv ─►  B   ───────────────── skip ─────────────────►  Up ─► head ─► logits K
    pool         H/2  x W/2  ─ DoubleConv ─►  2B  ─────────────── skip ───────────────►  Up
    pool         H/4  x W/4  ─ DoubleConv ─►  4B  ───────────── skip ─────────────►  Up
    pool         H/8  x W/8  ─ DoubleConv ─►  8B  ─────────── skip ───────────►  Up
    pool         H/16 x W/16 ─ DoubleConv ─►  16B ─────────────────────────────►
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

__all__ = ["UNet", "UNetConfig"]

GROUPS = 8  # of group normalisation, or fewer where the width is not divisible by it


@dataclass(frozen=True)
class UNetConfig:
    """Everything that gives a U-Net its shape; it is kept with the weights.

    channels, outputs   of the image and of the logits
    base, depth         width of the first level, and how many times the resolution is halved: level i has base * 2^i
    up                  bilinear: interpolate, then a 1 x 1 convolution halves the width; transposed: a 2 x 2 transposed
                        convolution does both, with weights of its own (and, early in training, a checkerboard)
    norm                batch, or group for batches of one to three images, whose statistics are too noisy
    dilated             how many of the lowest levels keep the resolution and widen their view by dilation instead of
                        pooling: finer detail at the bottom, for more memory and time
    deep_supervision    a head on every decoder level, for training: forward then returns their logits as well
    """

    channels: int = 3
    outputs: int = 2
    base: int = 32
    depth: int = 4
    up: Literal["bilinear", "transposed"] = "bilinear"
    norm: Literal["batch", "group"] = "batch"
    dilated: int = 0
    deep_supervision: bool = False

    def __post_init__(self) -> None:
        if min(self.channels, self.outputs, self.base, self.depth) < 1 or not 0 <= self.dilated <= self.depth:
            raise ValueError(f"no U-Net can be built of {self}: counts start at 1, and dilated is at most depth")


class DoubleConv(nn.Sequential):
    """(convolution 3 x 3, normalisation, ReLU) twice. No bias: the normalisation that follows would take it away."""

    def __init__(self, inputs: int, outputs: int, norm: str, dilation: int = 1) -> None:
        layers: list[nn.Module] = []
        for width in (inputs, outputs):
            layers += [
                nn.Conv2d(width, outputs, 3, padding=dilation, dilation=dilation, bias=False),
                _norm(norm, outputs),
                nn.ReLU(inplace=True),
            ]
        super().__init__(*layers)


def _norm(kind: str, width: int) -> nn.Module:
    if kind == "batch":
        return nn.BatchNorm2d(width)
    groups = max(count for count in range(1, GROUPS + 1) if width % count == 0)
    return nn.GroupNorm(groups, width)


class Up(nn.Module):
    """Bring the lower level to the size of the skip, put the two side by side, and mix them."""

    def __init__(self, inputs: int, skip: int, config: UNetConfig, scale: int) -> None:
        super().__init__()
        self.grow: nn.Module
        if config.up == "transposed":
            self.grow = nn.ConvTranspose2d(inputs, skip, scale, stride=scale)
        else:  # the 1 x 1 convolution commutes with the interpolation: before it, it costs a quarter
            self.grow = nn.Conv2d(inputs, skip, 1)
        self.mix = DoubleConv(2 * skip, skip, config.norm)

    def forward(self, low: Tensor, skip: Tensor) -> Tensor:
        low = self.grow(low)  # bilinear (N, S, h, w); transposed (N, S, 2h, 2w)
        if low.shape[2:] != skip.shape[2:]:  # also an odd size, of which pooling dropped the last row or column
            low = F.interpolate(low, size=skip.shape[2:], mode="bilinear", align_corners=False)  # (N, S, H, W)
        return self.mix(torch.cat([skip, low], dim=1))  # (N, 2S, H, W) -> (N, S, H, W)


class UNet(nn.Module):
    """Images (N, C, H, W) in, logits (N, K, H, W) out, for any H and W of at least 2^(depth - dilated).

    In training with deep supervision: a list of logits, (N, K, H, W) first and then the lower decoder levels, each at
    its own size. Raises ValueError for another number of channels or a smaller image.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.base * 2**level for level in range(config.depth + 1)]  # B, 2B, 4B, …
        pooled = config.depth - config.dilated  # levels below this one keep their resolution
        self.smallest = 2**pooled
        self.scales = [2 if level < pooled else 1 for level in range(config.depth)]  # from a level to the next
        self.first = DoubleConv(config.channels, widths[0], config.norm)
        self.down = nn.ModuleList(
            DoubleConv(widths[level], widths[level + 1], config.norm, 2 ** max(0, level + 1 - pooled))
            for level in range(config.depth)
        )
        self.up = nn.ModuleList(
            Up(widths[level + 1], widths[level], config, self.scales[level]) for level in reversed(range(config.depth))
        )
        self.head = nn.Conv2d(widths[0], config.outputs, 1)
        self.side_heads = (
            nn.ModuleList(  # of the decoder levels below the last, deepest first
                nn.Conv2d(widths[level], config.outputs, 1) for level in reversed(range(1, config.depth))
            )
            if config.deep_supervision
            else nn.ModuleList()
        )
        self.apply(_initialise)

    def forward(self, images: Tensor) -> Tensor | list[Tensor]:
        self._check(images)
        x = self.first(images)  # (N, C, H, W) -> (N, B, H, W)
        skips = []
        for scale, down in zip(self.scales, self.down, strict=True):
            skips.append(x)
            x = down(F.max_pool2d(x, 2) if scale == 2 else x)  # (N, 2B, H/2, W/2), … (N, 16B, H/16, W/16)
        levels = []
        for up in self.up:
            x = up(x, skips.pop())  # (N, 8B, H/8, W/8), … (N, B, H, W)
            levels.append(x)
        logits = self.head(x)  # (N, K, H, W)
        if self.training and len(self.side_heads):
            sides = [head(level) for head, level in zip(self.side_heads, levels, strict=False)]
            return [logits, *reversed(sides)]  # (N, K, H, W), (N, K, H/2, W/2), …
        return logits

    def _check(self, images: Tensor) -> None:
        if torch.compiler.is_compiling() or torch.compiler.is_exporting():
            return  # checked when it is traced; a branch on a free size cannot be exported
        if images.ndim != 4 or images.shape[1] != self.config.channels:
            raise ValueError(
                f"expected images (N, {self.config.channels}, H, W), got {tuple(images.shape)}: this U-Net was built "
                f"for {self.config.channels} channels"
            )
        if min(images.shape[2:]) < self.smallest:
            raise ValueError(f"expected images of at least {self.smallest} px, got {tuple(images.shape[2:])}")

    @property
    def reach(self) -> int | None:
        """px: how far, at most, a pixel of the image can change the logits (the radius of the receptive field).

        None with group normalisation, whose statistics see the whole image.
        """
        if self.config.norm == "group":
            return None
        radius, size = 2, 1  # two convolutions at full resolution; size: of a pixel of the level, in px
        pooled = self.config.depth - self.config.dilated
        for level, scale in enumerate(self.scales):
            radius += size * (scale - 1)  # pooling
            size *= scale
            radius += 2 * size * 2 ** max(0, level + 1 - pooled)  # two convolutions on the way down
        for scale in reversed(self.scales):
            radius += size if scale == 2 else 0  # interpolation looks at the next pixel of the lower level
            size //= scale
            radius += 2 * size  # two convolutions on the way up
        return radius


def _initialise(module: nn.Module) -> None:
    """He et al. 2015 for convolutions that a ReLU follows: the variance of the activations stays the same."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)
