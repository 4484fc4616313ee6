"""`Segmenter`: any network with its description; stored pixels in, logits or probabilities of the same size out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unet.description import Description

__all__ = ["Segmenter"]


class Segmenter(nn.Module):
    """Whatever the network wants, its user gives images as they are stored and gets their size back.

    net       maps normalised images (N, C, H, W) to logits (N, K, h, w); K = 1 for the activation sigmoid
    multiple  what H and W must be divisible by: others are padded by reflection, and the logits cropped
    reach     px: radius of the receptive field, where it is known: tiles that overlap by twice as much give the
              digits of the whole image
    """

    def __init__(self, net: nn.Module, description: Description, multiple: int = 1, reach: int | None = None) -> None:
        super().__init__()
        self.net, self.description, self.multiple, self.reach = net, description, multiple, reach

    def forward(self, images: Tensor) -> Tensor:
        """Logits (N, K, H, W) of images (N, C, H, W) in stored units. Raises ValueError for another C."""
        return self.levels(images)[0]

    def levels(self, images: Tensor) -> list[Tensor]:
        """Logits (N, K, H, W), and in training with deep supervision those (N, K, h, w) of the lower levels."""
        if images.ndim != 4 or images.shape[1] != self.description.channels:
            raise ValueError(
                f"expected images (N, {self.description.channels}, H, W), got {tuple(images.shape)}: the model was "
                f"trained on {self.description.channels} channels"
            )
        height, width = images.shape[2:]
        x = self.description.normalisation.apply(images.float())  # (N, C, H, W)
        x = _padded(x, self.multiple)  # (N, C, H', W')
        logits, *lower = _as_list(self.net(x))  # (N, K, h, w)
        if logits.shape[2:] != x.shape[2:]:
            logits = F.interpolate(logits.float(), size=x.shape[2:], mode="bilinear", align_corners=False)
        return [_unpadded(each, x, height, width) for each in (logits, *lower)]  # (N, K, H, W), (N, K, H/2, W/2), …

    def probabilities(self, images: Tensor) -> Tensor:
        """(N, K, H, W) float32 in [0, 1], K the number of classes, summing to 1 over K."""
        logits = self(images).float()
        if self.description.activation == "sigmoid":
            return torch.cat([torch.sigmoid(-logits), torch.sigmoid(logits)], dim=1)  # (N, 1, H, W) -> (N, 2, H, W)
        return logits.softmax(dim=1)


def _as_list(logits: Tensor | list[Tensor]) -> list[Tensor]:
    return logits if isinstance(logits, list) else [logits]


def _unpadded(logits: Tensor, padded: Tensor, height: int, width: int) -> Tensor:
    """Logits (N, K, h, w) of `padded` images without those of the padding."""
    rows = -(-height * logits.shape[2] // padded.shape[2])
    columns = -(-width * logits.shape[3] // padded.shape[3])
    return logits[:, :, :rows, :columns]


def _padded(images: Tensor, multiple: int) -> Tensor:
    """`images` (N, C, H, W) with rows and columns mirrored at the end until both sizes are multiples."""
    height, width = images.shape[2:]
    below, right = -height % multiple, -width % multiple
    if below or right:
        mode = "reflect" if below < height and right < width else "replicate"  # too small to mirror that much
        images = F.pad(images, (0, right, 0, below), mode=mode)
    return images
