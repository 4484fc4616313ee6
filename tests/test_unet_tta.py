"""Test-time augmentation is the mean of predictions that were turned back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from inspector.errors import UsageError
from tests.tiny_nets import fixed, unet
from unet.prediction.tiles import ArraySource, Tiling, predict_blocks
from unet.prediction.tta import NO_TTA, averaged, parse_tta


def lopsided(images: Tensor) -> Tensor:
    """(N, C, H, W) -> (N, 2, H, W): each pixel, and its neighbours to the left and above: flips change it."""
    left = F.pad(images[:, :1], (1, 0))[:, :, :, :-1]
    above = F.pad(images[:, :1], (0, 0, 1, 0))[:, :, :-1]
    return torch.cat([images[:, :1] + left, images[:, :1] - 2 * above], dim=1)


def test_flips_are_averaged_after_they_are_turned_back() -> None:
    images = torch.rand(2, 1, 5, 7)
    found = averaged(lopsided, parse_tta("flips"))(images)
    expected = np.zeros((2, 2, 5, 7))
    for down in (1, -1):
        for across in (1, -1):
            turned = torch.from_numpy(images.numpy()[:, :, ::down, ::across].copy())
            expected += lopsided(turned).numpy()[:, :, ::down, ::across] / 4
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-6)
    assert not torch.allclose(found, lopsided(images), atol=1e-2)


@pytest.mark.parametrize(("text", "axis"), [("hflip", 3), ("vflip", 2)])
def test_one_flip_is_one_more_prediction(text: str, axis: int) -> None:
    images = torch.rand(1, 1, 4, 6)
    expected = (lopsided(images) + lopsided(images.flip(axis)).flip(axis)) / 2
    torch.testing.assert_close(averaged(lopsided, parse_tta(text))(images), expected)


def test_scales_are_rounded_to_the_multiple_and_brought_back() -> None:
    seen = []

    def note(images: Tensor) -> Tensor:
        seen.append(tuple(images.shape[2:]))
        return images.new_ones(1, 2, *images.shape[2:])

    found = averaged(note, parse_tta("0.5,1.5"), multiple=8)(torch.rand(1, 3, 40, 64))
    assert seen == [(40, 64), (16, 32), (64, 96)]
    assert found.shape == (1, 2, 40, 64)


def test_scaling_keeps_a_smooth_image_in_its_place() -> None:
    ramp = torch.linspace(0, 1, 64)[None, None, None].expand(1, 1, 64, 64)
    found = averaged(lambda images: images, parse_tta("0.5,2"))(ramp)
    torch.testing.assert_close(found[..., 4:-4, 4:-4], ramp[..., 4:-4, 4:-4], atol=2e-3, rtol=0)


def test_averaged_probabilities_add_up_to_one() -> None:
    segmenter = unet()
    blocks = list(
        predict_blocks(
            segmenter,
            ArraySource(np.random.default_rng(0).integers(0, 256, (50, 60, 3), np.uint8)),
            Tiling((32, 32), 8),
            tta=parse_tta("flips,0.75"),
        )
    )
    assert len(blocks) > 4
    for block in blocks:
        torch.testing.assert_close(block.probabilities.sum(dim=0), torch.ones(block.probabilities.shape[1:]))


def test_a_net_that_flips_with_its_image_is_not_changed_by_flips() -> None:
    segmenter = fixed(lambda x: torch.cat([x, -x], dim=1), 2, 1)
    images = torch.rand(1, 1, 9, 11) * 255
    torch.testing.assert_close(
        averaged(segmenter.probabilities, parse_tta("flips"))(images), segmenter.probabilities(images)
    )


def test_nothing_asked_for_is_the_function_itself() -> None:
    assert averaged(lopsided, NO_TTA) is lopsided
    assert parse_tta("") == parse_tta("none") == parse_tta("1") == NO_TTA


def test_words_and_scales_are_combined_once_each() -> None:
    tta = parse_tta("hflip, flips,0.75,1.25,0.75")
    assert len(tta.poses) == 4 and tta.scales == (1.0, 0.75, 1.25) and len(tta) == 12


@pytest.mark.parametrize("text", ["turn", "0.1", "9", "nan", "hflip,,", "1e400"])
def test_what_is_not_known_is_refused_with_what_is(text: str) -> None:
    with pytest.raises(UsageError, match="hflip, vflip, flips"):
        parse_tta(text)
