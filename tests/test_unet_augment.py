"""Augmentation moves image and labels together, depends on its seed alone and works for any number of channels."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inspector.errors import UsageError
from unet.data.augment import AUGMENTATIONS, Augmentation, make_augment

VOID = 5


def blobs(seed: int, shape: tuple[int, ...] = (4, 1, 33, 46), classes: int = VOID) -> tuple[Tensor, Tensor]:
    """(N, C, H, W) float images that equal their labels (N, H, W), in squares of 8 px."""
    n, channels, height, width = shape
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randint(classes, (n, height // 8 + 1, width // 8 + 1), generator=generator)
    labels = coarse.repeat_interleave(8, 1).repeat_interleave(8, 2)[:, :height, :width]
    return labels[:, None].float().expand(-1, channels, -1, -1).contiguous(), labels.contiguous()


def photos(seed: int, channels: int, count: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    coarse = 255 * torch.rand((count, channels, 4, 5), generator=generator)
    images = torch.nn.functional.interpolate(coarse, size=(24, 30), mode="bilinear")
    return images, torch.randint(3, (count, 24, 30), generator=generator)


def geometry(name: str) -> Augmentation:
    return replace(AUGMENTATIONS[name], colour=0.0, blur=0.0, noise=0.0)


# ---------------------------------------------------------------------- geometry


@given(st.integers(0, 1 << 40), st.sampled_from(["flips", "standard", "strong"]))
@settings(max_examples=60)
def test_image_and_labels_move_together(seed: int, name: str) -> None:
    images, labels = blobs(seed % 97)
    moved, told = geometry(name)(images, labels, VOID, seed)
    inside = told != VOID
    flat = _flat(moved[:, 0]) & inside  # away from borders, where the image is mixed of several labels
    assert inside.float().mean() > 0.2
    assert flat.float().mean() > 0.1
    assert torch.allclose(moved[:, 0][flat], told[flat].float(), atol=1e-3)
    between = (moved[:, 0] - told)[inside].abs().max()
    assert between <= 0.75 * (VOID - 1) + 1e-3  # the nearest of four pixels has at least a quarter of the weight


def _flat(images: Tensor) -> Tensor:
    """(N, H, W) bool: the 3 x 3 px around are of one whole value."""
    low = -torch.nn.functional.max_pool2d(-images, 3, 1, 1)
    high = torch.nn.functional.max_pool2d(images, 3, 1, 1)
    return (high - low < 1e-3) & ((images - images.round()).abs() < 1e-3)


@given(st.integers(0, 1 << 40))
@settings(max_examples=20)
def test_flips_lose_no_pixel(seed: int) -> None:
    images, labels = torch.rand(3, 2, 5, 7), torch.randint(3, (3, 5, 7))
    flipped, told = make_augment("flips")(images, labels, VOID, seed)
    for n in range(3):
        same = [
            (torch.equal(flipped[n], images[n].flip(axes)), torch.equal(told[n], labels[n].flip([a - 1 for a in axes])))
            for axes in ([], [1], [2], [1, 2])
        ]
        assert (True, True) in same


def test_all_four_flips_occur_and_each_image_has_its_own() -> None:
    images = torch.arange(4.0).reshape(1, 1, 2, 2).expand(8, 1, 2, 2)
    seen = {
        tuple(flipped.ravel().tolist())
        for seed in range(4)
        for flipped in make_augment("flips")(images, torch.zeros(8, 2, 2).long(), VOID, seed)[0]
    }
    assert seen == {(0, 1, 2, 3), (1, 0, 3, 2), (2, 3, 0, 1), (3, 2, 1, 0)}


def test_outside_is_void_for_labels_and_a_reflection_for_pixels() -> None:
    """A shift by nearly half the width, measured on a ramp."""
    ramp = torch.arange(40.0).expand(64, 1, 40, 40)
    only_shift = Augmentation(warp=1.0, shift=0.45)
    moved, told = only_shift(ramp, torch.ones(64, 40, 40).long(), VOID, 0)
    by = moved[:, 0, 20, 20] - 20  # what lies in the middle now
    for n in range(64):
        source = torch.arange(40.0) + by[n]
        mirrored = source.abs()
        mirrored = 39 - (39 - mirrored).abs()
        assert torch.allclose(moved[n, 0, 20], mirrored, atol=1e-3)
        rows = (told[n] != VOID).any(dim=1)  # the others lie above or below the image
        assert (told[n][rows][:, (source > -0.49) & (source < 39.49)] == 1).all()
        assert (told[n][:, (source < -0.51) | (source > 39.51)] == VOID).all()
    assert by.min() < -15 and by.max() > 15


def test_the_turn_and_the_scale_stay_within_their_bounds() -> None:
    """Where four pixels about the middle come from tells the turn and the scale."""
    ys, xs = torch.meshgrid(torch.arange(41.0), torch.arange(61.0), indexing="ij")
    places = torch.stack([xs, ys]).expand(200, 2, 41, 61)
    standard = replace(geometry("standard"), hflip=0.0, shift=0.0)
    moved, _ = standard(places, torch.zeros(200, 41, 61).long(), VOID, 3)
    step = (moved[:, :, 20, 31] - moved[:, :, 20, 29]) / 2  # (N, 2): one px to the right, in px of the source
    scale, angle = 1 / step.norm(dim=1), torch.rad2deg(torch.atan2(step[:, 1], step[:, 0]))
    assert torch.allclose(moved[:, :, 20, 30], torch.tensor([30.0, 20.0]), atol=1e-3)  # about the middle
    still = (scale - 1).abs() + angle.abs() < 1e-3
    assert still.float().mean() == pytest.approx(0.3, abs=0.1)
    assert 0.74 < scale.min() < 0.8 and 1.25 < scale.max() < 1.35
    assert -10.1 < angle.min() < -8 and 8 < angle.max() < 10.1
    assert (scale[~still] > 1).float().mean() == pytest.approx(0.5, abs=0.12)


# ---------------------------------------------------------------------- colour


@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_any_number_of_channels(name: str, channels: int) -> None:
    images, labels = photos(0, channels)
    moved, told = make_augment(name)(images, labels, 3, 1)
    assert moved.shape == images.shape and moved.dtype == torch.float32 and torch.isfinite(moved).all()
    assert told.shape == labels.shape and told.dtype == torch.int64
    assert set(told.unique().tolist()) <= {0, 1, 2, 3}


def test_none_changes_nothing() -> None:
    images, labels = photos(0, 3)
    moved, told = make_augment("none")(images, labels, 3, 1)
    assert torch.equal(moved, images) and torch.equal(told, labels)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_what_is_given_stays_as_it_was(name: str) -> None:
    images, labels = photos(0, 3)
    before = images.clone(), labels.clone()
    for seed in range(5):
        make_augment(name)(images, labels, 3, seed)
    assert torch.equal(images, before[0]) and torch.equal(labels, before[1])


def colour(**more: float) -> Augmentation:
    return Augmentation(colour=1.0, **more)


def test_brightness_is_measured_in_deviations() -> None:
    images, labels = photos(0, 3, 100)
    moved, _ = colour(brightness=0.4)(images, labels, 3, 0)
    lift = (moved - images).flatten(1)
    assert torch.allclose(lift, lift[:, :1].expand_as(lift), atol=1e-2)  # the same for all pixels
    share = lift[:, 0] / images.flatten(2).std(dim=2).pow(2).mean(dim=1).sqrt()
    assert 0.3 < share.max() < 0.5 and -0.5 < share.min() < -0.3


def test_contrast_keeps_the_mean_and_scales_the_rest() -> None:
    images, labels = photos(0, 5, 100)
    moved, _ = colour(contrast=0.25)(images, labels, 3, 0)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    assert torch.allclose(moved.mean(dim=(1, 2, 3), keepdim=True), mean, atol=1e-2)
    factor = (moved - mean).flatten(1).norm(dim=1) / (images - mean).flatten(1).norm(dim=1)
    assert torch.allclose(moved - mean, factor[:, None, None, None] * (images - mean), atol=1e-2)
    assert 0.79 < factor.min() < 0.85 and 1.2 < factor.max() < 1.26


def test_saturation_and_hue_leave_grey_and_brightness_alone() -> None:
    weights = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    changed = colour(saturation=0.5, hue=30)
    images, labels = photos(0, 3, 20)
    moved, _ = changed(images, labels, 3, 0)
    assert not torch.allclose(moved, images, atol=1)
    assert torch.allclose((moved * weights).sum(dim=1), (images * weights).sum(dim=1), atol=0.2)
    grey = images[:, :1].expand(-1, 3, -1, -1)
    assert torch.allclose(changed(grey, labels, 3, 0)[0], grey, atol=0.2)


def test_a_saturation_of_nothing_but_factor_one_changes_nothing() -> None:
    images, labels = photos(0, 3)
    assert torch.allclose(colour()(images, labels, 3, 0)[0], images, atol=1e-2)


@pytest.mark.parametrize(("scale", "offset"), [(1 / 255, 0.0), (257.0, 0.0), (1.0, -128.0), (4.0, -1024.0)])
def test_any_unit_gives_the_same_up_to_the_unit(scale: float, offset: float) -> None:
    """8 bits, 16 bits, 0 to 1, or a scanner's own: no range is assumed, and nothing is clipped."""
    images, labels = photos(0, 3)
    for name in ("standard", "strong"):
        plain = make_augment(name)(images, labels, 3, 4)[0]
        other = make_augment(name)(images * scale + offset, labels, 3, 4)[0]
        assert torch.allclose((other - offset) / scale, plain, atol=0.3)


def test_noise_has_the_strength_that_is_said_and_blur_smooths() -> None:
    images, labels = photos(0, 1, 50)
    noisy, _ = Augmentation(noise=1.0, grain=0.2)(images, labels, 3, 0)
    strength = (noisy - images).flatten(1).std(dim=1) / images.flatten(1).std(dim=1)
    assert 0.15 < strength.max() < 0.25 and strength.min() < 0.05
    sharp = torch.rand(50, 2, 24, 30)
    soft, _ = Augmentation(blur=1.0, sigma=2.0)(sharp, labels, 3, 0)
    assert (soft.flatten(1).std(dim=1) <= sharp.flatten(1).std(dim=1)).all()
    assert torch.allclose(soft.mean(), sharp.mean(), atol=0.02)


# ---------------------------------------------------------------------- chance


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_seed_alone_decides(name: str) -> None:
    images, labels = photos(0, 3)
    augment = make_augment(name)
    torch.manual_seed(1)
    one = augment(images, labels, 3, 7)
    torch.manual_seed(2)
    torch.rand(5)
    other = augment(images, labels, 3, 7)
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])
    if name != "none":
        assert any(not torch.equal(augment(images, labels, 3, seed)[0], one[0]) for seed in range(8, 16))


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_the_global_generator_is_left_alone(name: str) -> None:
    images, labels = photos(0, 3)
    before = torch.get_rng_state()
    make_augment(name)(images, labels, 3, 7)
    assert torch.equal(torch.get_rng_state(), before)


def test_importing_what_it_needs_warns_of_nothing() -> None:
    script = (
        "import torch; from unet.data.augment import make_augment; "
        "make_augment('strong')(torch.rand(16, 3, 8, 8), torch.zeros(16, 8, 8).long(), 2, 0)"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert run.stderr == ""


# ---------------------------------------------------------------------- which one


def test_a_function_of_ones_own_is_taken_as_it_is() -> None:
    def own(images: Tensor, labels: Tensor, void: int, seed: int) -> tuple[Tensor, Tensor]:
        return images + seed, labels

    assert make_augment(own) is own


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="none, flips, standard, strong"):
        make_augment("heavy")


def test_a_missing_library_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kornia.geometry.transform", None)
    with pytest.raises(UsageError, match="pip install 'mask-inspector"):
        make_augment("standard")(*photos(0, 3), 3, 1)
