"""Changes to a batch that leave its meaning as it is: flips, small turns and scales, colour, blur and noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from inspector.errors import UsageError
from unet.optional import need

__all__ = ["AUGMENTATIONS", "Augment", "Augmentation", "make_augment"]

#: (images (N, C, H, W) float32 in stored units, labels (N, H, W) int64, void label, seed) -> both, changed
Augment = Callable[[Tensor, Tensor, int, int], tuple[Tensor, Tensor]]

# What makes grey of red, green and blue (ITU-R BT.601), and the plane in which hue is an angle (YIQ).
GREY = (0.299, 0.587, 0.114)
TO_YIQ = (GREY, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


@dataclass(frozen=True)
class Augmentation:
    """How often each change is made, and how large it may be. Every image of a batch has its own.

    hflip, vflip  probability
    warp          probability of a turn by up to `degrees`, a scale of 1 / `zoom` to `zoom` and a shift by up to
                  `shift` of the sides, all at once
    colour        probability of a change of all of: brightness by up to `brightness` deviations of the image; contrast
                  by a factor of 1 / (1 + contrast) to 1 + contrast; in RGB saturation likewise, hue by `hue` degrees
    blur, noise   probability; the blur's sigma is at most `sigma` px, the noise's at most `grain` deviations
    """

    hflip: float = 0.0
    vflip: float = 0.0
    warp: float = 0.0
    degrees: float = 0.0
    zoom: float = 1.0
    shift: float = 0.0
    colour: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    blur: float = 0.0
    sigma: float = 1.0
    noise: float = 0.0
    grain: float = 0.0

    def __call__(self, images: Tensor, labels: Tensor, void: int, seed: int) -> tuple[Tensor, Tensor]:
        """The changed batch; pixels from outside an image are its reflection, labels from there void.

        images (N, C, H, W) float32 in any units: nothing is clipped, so values may leave the range of the stored type.
        labels (N, H, W) int64. All is drawn from `seed` alone: the global generators of torch are not touched.
        """
        draw = _Draw(len(images), seed)
        images, labels = images.clone(), labels.clone()  # what follows works in place
        _flip(images, labels, draw.rows(self.hflip), -1)
        _flip(images, labels, draw.rows(self.vflip), -2)
        self._warp(images, labels, void, draw)
        self._colour(images, draw)
        self._blur(images, draw)
        self._noise(images, draw)
        return images, labels

    def _warp(self, images: Tensor, labels: Tensor, void: int, draw: _Draw) -> None:
        rows, angle = draw.rows(self.warp), draw.between(-self.degrees, self.degrees)
        scale, shift = draw.factor(self.zoom), draw.between(-self.shift, self.shift, 2)  # (N,), (N, 2)
        if not len(rows):
            return
        transform = need("kornia.geometry.transform", "unet", "augmentation")
        height, width = images.shape[2:]
        size = torch.tensor([width, height], dtype=torch.float32)
        centre = ((size - 1) / 2).expand(len(scale), 2)
        matrix = transform.get_affine_matrix2d(shift * size, centre, scale[:, None].expand(-1, 2), angle)  # (N, 3, 3)
        matrix, rows = matrix[rows, :2].to(images.device), rows.to(images.device)  # (n, 2, 3)
        marked = (labels[rows] - void)[:, None].float()  # (n, 1, H, W): void is 0, which is what lies outside
        warp = partial(transform.warp_affine, M=matrix, dsize=(height, width))
        images[rows] = warp(images[rows], mode="bilinear", padding_mode="reflection")
        labels[rows] = warp(marked, mode="nearest", padding_mode="zeros")[:, 0].round().long() + void

    def _colour(self, images: Tensor, draw: _Draw) -> None:
        """Brightness, contrast, saturation and hue are linear in the channels: one matrix and one offset for all."""
        rows, lift = draw.rows(self.colour), draw.between(-self.brightness, self.brightness)
        contrast, saturation = draw.factor(1 + self.contrast), draw.factor(1 + self.saturation)
        angle = draw.between(-self.hue, self.hue)
        if not len(rows):
            return
        channels = images.shape[1]
        matrix = contrast[:, None, None] * torch.eye(channels)  # (N, C, C)
        if channels == 3:
            matrix = matrix @ _hue_and_saturation(angle, saturation)
        matrix, lift = matrix[rows].to(images.device), lift[rows, None, None].to(images.device)
        rows = rows.to(images.device)
        picked = images[rows]  # (n, C, H, W)
        level = picked.mean(dim=(1, 2, 3))[:, None, None].expand(-1, channels, 1)  # (n, C, 1): contrast turns about it
        offset = level - matrix @ level + lift * _deviation(picked)  # (n, C, 1)
        images[rows] = torch.baddbmm(offset, matrix, picked.flatten(2)).view_as(picked)

    def _blur(self, images: Tensor, draw: _Draw) -> None:
        rows, sigma = draw.rows(self.blur), draw.between(0.1, self.sigma)
        if not len(rows):
            return
        filters = need("kornia.filters", "unet", "augmentation")
        side = 2 * math.ceil(2 * self.sigma) + 1  # two deviations to each side
        both = sigma[rows, None].expand(-1, 2).to(images.device)  # (n, 2)
        rows = rows.to(images.device)
        images[rows] = filters.gaussian_blur2d(images[rows], (side, side), both, border_type="replicate")

    def _noise(self, images: Tensor, draw: _Draw) -> None:
        rows, grain = draw.rows(self.noise), draw.between(0, self.grain)
        if not len(rows):
            return
        grain, rows = grain[rows, None, None].to(images.device), rows.to(images.device)
        picked = images[rows]
        strength = (grain * _deviation(picked))[..., None]  # (n, 1, 1, 1)
        images[rows] = picked + strength * draw.normal(picked)


STANDARD = Augmentation(
    hflip=0.5,
    warp=0.7,
    degrees=10,
    zoom=4 / 3,
    shift=0.05,
    colour=0.8,
    brightness=0.4,
    contrast=0.3,
    saturation=0.3,
    hue=10,
)
AUGMENTATIONS = {
    "none": Augmentation(),
    "flips": Augmentation(hflip=0.5, vflip=0.5),
    "standard": STANDARD,
    "strong": Augmentation(
        hflip=0.5,
        warp=0.9,
        degrees=30,
        zoom=2.0,
        shift=0.1,
        colour=0.9,
        brightness=0.8,
        contrast=0.6,
        saturation=0.6,
        hue=25,
        blur=0.3,
        sigma=2.0,
        noise=0.3,
        grain=0.15,
    ),
}


def make_augment(choice: str | Augment) -> Augment:
    """The augmentation of this name, or the callable given. Raises UsageError for a name that there is not."""
    if callable(choice):
        return choice
    if choice not in AUGMENTATIONS:
        message = f"augmentation {choice!r}: expected one of {', '.join(AUGMENTATIONS)}"
        raise UsageError(message, kind="no_such_augmentation")
    return AUGMENTATIONS[choice]


class _Draw:
    """Random numbers for N images from one seed; on the CPU, so that they are the same for every device."""

    def __init__(self, count: int, seed: int) -> None:
        self.count, self.generator = count, torch.Generator().manual_seed(seed)

    def between(self, low: float, high: float, *more: int) -> Tensor:
        """(N,) or (N, more) float32, uniform."""
        return low + (high - low) * torch.rand(self.count, *more, generator=self.generator)

    def factor(self, most: float) -> Tensor:
        """(N,) from 1 / most to most, less than 1 as likely as more."""
        return torch.exp(self.between(-math.log(most), math.log(most)))

    def rows(self, probability: float) -> Tensor:
        """(n,) int64: the images for which a change is to be made."""
        return (self.between(0, 1) < probability).nonzero().ravel()

    def normal(self, like: Tensor) -> Tensor:
        """Of the shape of `like`, drawn on its device: many numbers, and another device gives others."""
        seed = int(torch.randint(1 << 62, (), generator=self.generator))
        return torch.randn(like.shape, generator=torch.Generator(like.device).manual_seed(seed), device=like.device)


def _flip(images: Tensor, labels: Tensor, rows: Tensor, axis: int) -> None:
    """Mirror the images and labels of these rows in place."""
    for row in rows.tolist():
        images[row] = images[row].flip(axis)
        labels[row] = labels[row].flip(axis)


def _deviation(images: Tensor) -> Tensor:
    """(N, 1, 1): of the values of each image about the mean of their channel, from every fourth row and column: it
    only sets the measure for brightness and noise."""
    return images[:, :, ::4, ::4].var(dim=(2, 3), correction=0).mean(dim=1)[:, None, None].sqrt()


def _hue_and_saturation(angle: Tensor, saturation: Tensor) -> Tensor:
    """(N, 3, 3): turns the colours of RGB about grey by `angle` (N,) degrees, and moves them away from it or to it."""
    to_yiq = torch.tensor(TO_YIQ)
    turn = torch.zeros(len(angle), 3, 3)
    cos, sin = saturation * torch.cos(torch.deg2rad(angle)), saturation * torch.sin(torch.deg2rad(angle))
    turn[:, 0, 0] = 1
    turn[:, 1, 1], turn[:, 1, 2] = cos, -sin
    turn[:, 2, 1], turn[:, 2, 2] = sin, cos
    return torch.linalg.inv(to_yiq) @ turn @ to_yiq
