"""Small networks, and segmenters around them, for the tests of prediction."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from inspector.categories import Categories, numbered
from unet.description import Description, Normalisation
from unet.model import UNet, UNetConfig
from unet.segmenter import Segmenter

__all__ = ["Lambda", "description", "fixed", "unet"]


def description(classes: int | Categories, channels: int = 3, crop: tuple[int, int] = (0, 0)) -> Description:
    categories = numbered(classes) if isinstance(classes, int) else classes
    return Description("unet", {}, categories, Normalisation((100.0,) * channels, (50.0,) * channels), crop)


def unet(classes: int | Categories = 3, channels: int = 3, depth: int = 2, crop: tuple[int, int] = (0, 0)) -> Segmenter:
    """A U-Net with weights of some seed, and running statistics as a training would leave them."""
    torch.manual_seed(7)
    told = description(classes, channels, crop)
    net = UNet(UNetConfig(channels, told.outputs, base=4, depth=depth))
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return Segmenter(net, told, 2**depth, net.reach).eval()


class Lambda(nn.Module):
    """A network that is one function of the normalised images (N, C, H, W)."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.scale = nn.Parameter(torch.ones(()))  # something with a device, as networks have

    def forward(self, images: Tensor) -> Tensor:
        return self.function(images) * self.scale


def fixed(function: Callable[[Tensor], Tensor], classes: int | Categories, channels: int = 3) -> Segmenter:
    """A segmenter around a function that looks at one pixel at a time."""
    return Segmenter(Lambda(function), description(classes, channels), 1, 0).eval()
