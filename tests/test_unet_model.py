"""The U-Net: shapes, sizes, what it refuses, and a figure drawn from the paper."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from unet.model import UNet, UNetConfig

SMALL = {"channels": 3, "outputs": 4, "base": 4, "depth": 3}


def _logits(net: UNet, *shape: int) -> torch.Tensor:
    out = net.eval()(torch.rand(*shape))
    assert isinstance(out, torch.Tensor)
    return out


@given(
    height=st.integers(16, 70), width=st.integers(16, 70), up=st.sampled_from(["bilinear", "transposed"]),
    dilated=st.integers(0, 2), norm=st.sampled_from(["batch", "group"]),
)  # fmt: skip
def test_any_size_gets_logits_of_its_size(height: int, width: int, up: str, dilated: int, norm: str) -> None:
    net = UNet(UNetConfig(**SMALL, up=up, dilated=dilated, norm=norm))  # type: ignore[arg-type]
    assert _logits(net, 1, 3, height, width).shape == (1, 4, height, width)


def test_the_levels_are_those_of_the_figure() -> None:
    """64, 128, 256, 512, 1024 features at 1, 1/2, 1/4, 1/8, 1/16 of the size (Ronneberger 2015, figure 1)."""
    net = UNet(UNetConfig(base=64)).eval()
    seen: list[tuple[int, ...]] = []
    for block in (net.first, *net.down):
        block.register_forward_hook(lambda _, __, out: seen.append(tuple(out.shape[1:])))
    _logits(net, 1, 3, 32, 48)
    assert seen == [(64, 32, 48), (128, 16, 24), (256, 8, 12), (512, 4, 6), (1024, 2, 3)]


@pytest.mark.parametrize(("up", "million"), [("bilinear", 7.24), ("transposed", 7.76)])
def test_it_has_the_parameters_that_the_arithmetic_gives(up: str, million: float) -> None:
    b = 32
    widths = [b * 2**i for i in range(5)]
    double = lambda i, o: 9 * i * o + 9 * o * o + 4 * o  # noqa: E731 - two convolutions without bias, two norms
    grow = (lambda i, o: i * o + o) if up == "bilinear" else (lambda i, o: 4 * i * o + o)
    expected = double(3, b) + sum(double(i, o) for i, o in pairwise(widths))
    expected += sum(grow(i, o) + double(2 * o, o) for o, i in pairwise(widths)) + 2 * b + 2
    found = sum(value.numel() for value in UNet(UNetConfig(up=up)).parameters())  # type: ignore[arg-type]
    assert found == expected
    assert found / 1e6 == pytest.approx(million, abs=0.01)


def test_dilated_levels_keep_their_resolution() -> None:
    net = UNet(UNetConfig(base=4, depth=4, dilated=2)).eval()
    sizes: list[int] = []
    for block in net.down:
        block.register_forward_hook(lambda _, __, out: sizes.append(out.shape[2]))
    _logits(net, 1, 3, 64, 64)
    assert sizes == [32, 16, 16, 16]
    assert [m.dilation[0] for m in net.down[3].modules() if isinstance(m, nn.Conv2d)] == [4, 4]


def test_deep_supervision_gives_a_head_to_each_level_and_only_in_training() -> None:
    net = UNet(UNetConfig(**SMALL, deep_supervision=True))
    levels = net.train()(torch.rand(2, 3, 33, 40))
    assert [tuple(each.shape) for each in levels] == [(2, 4, 33, 40), (2, 4, 16, 20), (2, 4, 8, 10)]
    assert isinstance(net.eval()(torch.rand(1, 3, 33, 40)), torch.Tensor)


def test_a_channel_mismatch_is_loud() -> None:
    with pytest.raises(ValueError, match=r"\(N, 3, H, W\), got \(1, 1, 32, 32\).*built for 3 channels"):
        UNet(UNetConfig(**SMALL))(torch.rand(1, 1, 32, 32))


def test_an_image_too_small_to_halve_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 px"):
        UNet(UNetConfig(**SMALL))(torch.rand(1, 3, 7, 32))


@pytest.mark.parametrize("wrong", [{"base": 0}, {"depth": 2, "dilated": 3}, {"outputs": 0}])
def test_a_shape_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no U-Net"):
        UNetConfig(**wrong)


@pytest.mark.parametrize("up", ["bilinear", "transposed"])
@pytest.mark.parametrize("dilated", [0, 1])
def test_no_pixel_beyond_the_reach_changes_the_logits(up: str, dilated: int) -> None:
    net = UNet(UNetConfig(base=2, depth=2, up=up, dilated=dilated)).double().eval()  # type: ignore[arg-type]
    images = torch.rand(1, 3, 96, 96, dtype=torch.double)
    other = images.clone()
    at = 40
    other[:, :, at, at] += 100
    changed = (net(images) != net(other)).any(dim=1)[0].nonzero()
    far = int((changed - at).abs().max())
    assert net.reach is not None and 0 < far <= net.reach < 96 // 2


def test_group_norm_sees_the_whole_image() -> None:
    torch.manual_seed(0)
    net = UNet(UNetConfig(base=8, depth=1, norm="group")).double().eval()
    images = torch.rand(1, 3, 64, 64, dtype=torch.double)
    other = images.clone()
    other[:, :, 0, 0] += 100
    assert net.reach is None and not torch.equal(net(images)[:, :, 63, 63], net(other)[:, :, 63, 63])


def test_the_first_convolution_commutes_with_the_interpolation() -> None:
    """Why the 1 x 1 convolution may stand before the interpolation: bilinear weights sum to 1."""
    conv, x = nn.Conv2d(6, 3, 1).double(), torch.rand(1, 6, 5, 7, dtype=torch.double)
    grow = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
    assert torch.allclose(conv(grow(x)), grow(conv(x)), atol=1e-12)


def test_it_learns_to_tell_the_left_half_from_the_right() -> None:
    torch.manual_seed(0)
    net = UNet(UNetConfig(outputs=2, base=4, depth=2)).train()
    labels = torch.zeros(4, 16, 16, dtype=torch.long)
    labels[:, :, 8:] = 1
    images = labels[:, None].float().repeat(1, 3, 1, 1) + 0.3 * torch.randn(4, 3, 16, 16)
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(30):
        loss = nn.functional.cross_entropy(net(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert (net(images).argmax(1) == labels).float().mean() > 0.98
