"""Losses: the numbers of plain loops and of other libraries, void pixels that do not exist, finite gradients."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from inspector.errors import UsageError
from tests.torchvision_cpu import monai_losses_or_skip, smp_or_skip
from unet.losses import LOSSES, is_binary, make_loss

IGNORE = (255, 11)
GAMMA, ALPHA, BETA, DICE_WEIGHT, SMOOTH = 1.5, 0.3, 0.8, 0.7, 0.25
SETTINGS = {"gamma": GAMMA, "alpha": ALPHA, "beta": BETA, "dice_weight": DICE_WEIGHT, "smooth": SMOOTH}
WEIGHTED = [name for name in LOSSES if name not in ("dice", "tversky")]
SOFTMAX = [name for name in LOSSES if not name.startswith("bce")]


def _drawn(name: str, seed: int, size: tuple[int, int] = (5, 7), classes: int = 4) -> tuple[Tensor, Tensor]:
    """Logits and labels, a quarter of them void."""
    rng = torch.Generator().manual_seed(seed)
    channels, classes = (1, 2) if is_binary(name) else (classes, classes)
    logits = torch.randn(3, channels, *size, generator=rng) * 3
    labels = torch.randint(0, classes, (3, *size), generator=rng)
    draw = torch.rand(labels.shape, generator=rng)
    return logits, labels.masked_fill(draw < 0.15, IGNORE[0]).masked_fill(draw > 0.9, IGNORE[1])


# ---- plain loops ----------------------------------------------------------------------------------------------------


def _probabilities(logits: NDArray[np.float64], binary: bool) -> NDArray[np.float64]:
    """(K,) from the logits of one pixel."""
    if binary:
        foreground = 1 / (1 + math.exp(-logits[0]))
        return np.array([1 - foreground, foreground])
    powers = np.array([math.exp(x - logits.max()) for x in logits])
    return powers / powers.sum()


def _by_hand(name: str, logits: Tensor, labels: Tensor, ignore: Collection[int], weights: list[float] | None) -> float:
    """The loss one pixel after the other, in float64."""
    binary = name.startswith("bce")
    pixels = []
    for image, row, column in np.ndindex(*labels.shape):
        label = int(labels[image, row, column])
        if label not in ignore:
            found = logits[image, :, row, column].double().numpy()
            pixels.append((label, _probabilities(found, binary)))
    classes = 2 if binary else logits.shape[1]
    weight = weights or [1.0] * classes
    parts = {
        "ce": lambda: sum(-weight[g] * math.log(p[g]) for g, p in pixels) / sum(weight[g] for g, _ in pixels),
        "focal": lambda: sum(-weight[g] * (1 - p[g]) ** GAMMA * math.log(p[g]) for g, p in pixels) / len(pixels),
        "dice": lambda: _overlap_by_hand(pixels, range(int(binary), classes), 0.5, 0.5),
        "tversky": lambda: _overlap_by_hand(pixels, range(int(binary), classes), ALPHA, BETA),
    }
    first, _, second = name.replace("bce", "ce").partition("+")
    return parts[first]() + (DICE_WEIGHT * parts[second]() if second else 0)


def _overlap_by_hand(pixels: list, classes: range, alpha: float, beta: float) -> float:
    losses = []
    for k in classes:
        hit = sum(p[k] for g, p in pixels if g == k)
        false = sum(p[k] for g, p in pixels if g != k)
        missed = sum(1 - p[k] for g, p in pixels if g == k)
        if any(g == k for g, _ in pixels):
            losses.append(1 - (hit + SMOOTH) / (hit + alpha * false + beta * missed + SMOOTH))
    return sum(losses) / len(losses) if losses else 0.0


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_that_of_plain_loops(name: str) -> None:
    for seed in range(3):
        logits, labels = _drawn(name, seed)
        found = make_loss(name, ignore=IGNORE, **SETTINGS)(logits, labels)
        assert found.dtype == torch.float32 and found.shape == ()
        assert found.item() == pytest.approx(_by_hand(name, logits, labels, IGNORE, None), rel=2e-6)


@pytest.mark.parametrize("name", WEIGHTED)
def test_class_weights_are_those_of_plain_loops(name: str) -> None:
    logits, labels = _drawn(name, 1)
    weights = [0.3, 2.5] if is_binary(name) else [0.3, 2.5, 0.0, 1.0]
    found = make_loss(name, ignore=IGNORE, class_weights=torch.tensor(weights), **SETTINGS)(logits, labels)
    assert found.item() == pytest.approx(_by_hand(name, logits, labels, IGNORE, weights), rel=2e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_a_class_that_the_truth_lacks_does_not_enter_an_overlap(name: str) -> None:
    logits, labels = _drawn(name, 2)
    labels[labels == 1] = 0
    found = make_loss(name, ignore=IGNORE, **SETTINGS)(logits, labels)
    assert found.item() == pytest.approx(_by_hand(name, logits, labels, IGNORE, None), rel=2e-6)


def test_a_class_can_be_ignored() -> None:
    for name in SOFTMAX:
        logits, labels = _drawn(name, 3)
        found = make_loss(name, ignore=(0, 2, *IGNORE), **SETTINGS)(logits, labels)
        assert found.item() == pytest.approx(_by_hand(name, logits, labels, (0, 2, *IGNORE), None), rel=2e-6)


def test_a_large_image_is_summed_exactly_enough() -> None:
    logits, labels = _drawn("ce+dice", 4, size=(300, 400))
    loss = make_loss("ce+dice", ignore=IGNORE)
    assert loss(logits, labels).item() == pytest.approx(loss(logits.double(), labels).item(), rel=1e-6)


# ---- other libraries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, [0.3, 2.5, 0.0, 1.0]])
def test_cross_entropy_and_its_gradient_are_those_of_torch(weights: list[float] | None) -> None:
    logits, labels = _drawn("ce", 5)
    labels[labels == IGNORE[1]] = IGNORE[0]
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    weight = None if weights is None else torch.tensor(weights)
    found = make_loss("ce", ignore=(255,), class_weights=weight)(ours, labels)
    expected = F.cross_entropy(theirs, labels, weight=weight, ignore_index=255)
    found.backward()
    expected.backward()
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_binary_cross_entropy_is_that_of_torch() -> None:
    logits, labels = _drawn("bce", 6)
    valid = labels < 2
    expected = F.binary_cross_entropy_with_logits(logits[:, 0][valid], labels[valid].float())
    torch.testing.assert_close(make_loss("bce", ignore=IGNORE)(logits, labels), expected)


def test_dice_and_tversky_are_those_of_smp() -> None:
    losses = smp_or_skip().losses
    logits, labels = _drawn("dice", 7)  # every class is there: smp divides by all classes, present or not
    labels[labels == IGNORE[1]] = IGNORE[0]
    dice = losses.DiceLoss("multiclass", ignore_index=255)
    torch.testing.assert_close(make_loss("dice", ignore=(255,))(logits, labels), dice(logits, labels))
    tversky = losses.TverskyLoss("multiclass", ignore_index=255, alpha=0.3, beta=0.8)
    found = make_loss("tversky", ignore=(255,), alpha=0.3, beta=0.8)(logits, labels)
    torch.testing.assert_close(found, tversky(logits, labels))


def test_binary_dice_and_focal_loss_are_those_of_smp() -> None:
    losses = smp_or_skip().losses
    logits, labels = _drawn("bce+dice", 8)
    labels[labels == IGNORE[1]] = IGNORE[0]
    dice = losses.DiceLoss("binary", ignore_index=255)
    both = make_loss("bce+dice", ignore=(255,))(logits, labels) - make_loss("bce", ignore=(255,))(logits, labels)
    torch.testing.assert_close(both, dice(logits, labels))
    focal = losses.FocalLoss("binary", gamma=1.5, ignore_index=255)
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)  # softmax of (0, x) is sigmoid of x
    torch.testing.assert_close(make_loss("focal", ignore=(255,), gamma=1.5)(two, labels), focal(logits, labels))


def test_dice_and_focal_loss_are_those_of_monai() -> None:
    losses = monai_losses_or_skip()
    logits, labels = _drawn("dice", 9)
    labels = labels.remainder(4)  # MONAI knows no void
    dice = losses.DiceLoss(softmax=True, to_onehot_y=True, batch=True)
    torch.testing.assert_close(make_loss("dice")(logits, labels), dice(logits, labels[:, None]))
    focal = losses.FocalLoss(use_softmax=True, to_onehot_y=True, gamma=1.5)  # the mean of MONAI is over K as well
    torch.testing.assert_close(make_loss("focal", gamma=1.5)(logits, labels), 4 * focal(logits, labels[:, None]))


# ---- special values of the settings ---------------------------------------------------------------------------------


def test_tversky_with_two_halves_is_dice_and_focal_without_gamma_is_cross_entropy() -> None:
    logits, labels = _drawn("ce", 10)
    for one, other in (
        (make_loss("tversky", ignore=IGNORE), make_loss("dice", ignore=IGNORE)),
        (make_loss("focal", ignore=IGNORE, gamma=0), make_loss("ce", ignore=IGNORE)),
    ):
        torch.testing.assert_close(one(logits, labels), other(logits, labels))


def test_alpha_weighs_false_positives_and_beta_false_negatives() -> None:
    truth = torch.zeros(1, 8, 8, dtype=torch.int64)
    truth[:, 2:6, 2:6] = 1
    grown = truth.clone()
    grown[:, 1, 2:6] = 1  # four false positives of class 1, which are four false negatives of class 0
    logits = 40.0 * F.one_hot(grown, 2).permute(0, 3, 1, 2)
    found = make_loss("tversky", alpha=0.9, beta=0.2)(logits, truth).item()
    assert found == pytest.approx((1 - 16 / (16 + 0.9 * 4) + 1 - 44 / (44 + 0.2 * 4)) / 2, abs=1e-6)


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_an_exact_prediction_has_no_overlap_loss(name: str) -> None:
    _, labels = _drawn(name, 11)
    logits = 60.0 * F.one_hot(labels.clamp(max=3), 4).permute(0, 3, 1, 2)
    assert make_loss(name, ignore=IGNORE)(logits, labels).item() == pytest.approx(0, abs=1e-6)


# ---- void pixels ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("held", [1e4, -1e30, math.inf, -math.inf, math.nan])
def test_void_pixels_may_hold_anything_and_have_no_gradient(name: str, held: float) -> None:
    logits, labels = _drawn(name, 12)
    void = (labels >= 11)[:, None].expand_as(logits)
    plain, odd = logits.clone().requires_grad_(), logits.masked_fill(void, held).requires_grad_()
    loss = make_loss(name, ignore=IGNORE)
    one, other = loss(plain, labels), loss(odd, labels)
    one.backward()
    other.backward()
    assert one.item() == other.item()
    assert torch.equal(plain.grad, odd.grad)
    assert (odd.grad[void] == 0).all() and (odd.grad[~void] != 0).any()


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_of_void_alone_has_loss_and_gradient_zero(name: str, weighted: bool) -> None:
    logits, labels = _drawn(name, 13)
    weights = torch.ones(2 if is_binary(name) else 4) if weighted and name in WEIGHTED else None
    logits.requires_grad_()
    loss = make_loss(name, ignore=IGNORE, class_weights=weights)(logits, labels.clamp(min=255))
    loss.backward()
    assert loss.item() == 0
    assert (logits.grad == 0).all()


@pytest.mark.parametrize("name", ["ce", "focal", "ce+dice"])
def test_classes_of_weight_zero_alone_give_no_nan(name: str) -> None:
    logits, labels = _drawn(name, 14)
    loss = make_loss(name, ignore=IGNORE, class_weights=torch.tensor([0.0, 1, 1, 1]))(logits, labels * 0)
    assert math.isfinite(loss.item())


def test_dice_of_a_batch_without_foreground_leaves_it_to_cross_entropy() -> None:
    logits, labels = _drawn("bce", 15)
    empty = labels.masked_fill(labels == 1, 0)
    both, alone = (make_loss(name, ignore=IGNORE)(logits, empty).item() for name in ("bce+dice", "bce"))
    assert both == alone > 0


# ---- what changes nothing -------------------------------------------------------------------------------------------


@given(name=st.sampled_from(list(LOSSES)), seed=st.integers(0, 2**31))
@settings(max_examples=60)
def test_the_order_of_pixels_does_not_matter(name: str, seed: int) -> None:
    logits, labels = _drawn(name, seed)
    order = torch.randperm(35, generator=torch.Generator().manual_seed(seed))
    moved = logits.flatten(2)[:, :, order].reshape(logits.shape), labels.flatten(1)[:, order].reshape(labels.shape)
    loss = make_loss(name, ignore=IGNORE, **SETTINGS)
    assert loss(logits, labels).item() == pytest.approx(loss(*moved).item(), rel=1e-5, abs=1e-7)


@given(name=st.sampled_from(SOFTMAX), order=st.permutations(range(4)), seed=st.integers(0, 2**31))
@settings(max_examples=60)
def test_the_numbers_of_the_classes_do_not_matter(name: str, order: list[int], seed: int) -> None:
    logits, labels = _drawn(name, seed)
    weights = torch.tensor([0.5, 1, 2, 3]) if name in WEIGHTED else None
    one = make_loss(name, ignore=IGNORE, class_weights=weights, **SETTINGS)
    other = make_loss(name, ignore=IGNORE, class_weights=None if weights is None else weights[order], **SETTINGS)
    renumbered = torch.full((256,), 255)
    renumbered[order] = torch.arange(4)
    assert one(logits, labels).item() == pytest.approx(
        other(logits[:, order], renumbered[labels]).item(), rel=1e-5, abs=1e-7
    )


@given(name=st.sampled_from(list(LOSSES)), seed=st.integers(0, 2**31))
@settings(max_examples=40)
def test_a_loss_is_never_below_zero_and_an_overlap_at_most_one(name: str, seed: int) -> None:
    found = make_loss(name, ignore=IGNORE)(*_drawn(name, seed)).item()
    assert 0 <= found <= (1 if name in ("dice", "tversky") else 100)


# ---- gradients and number formats -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_finite_differences(name: str) -> None:
    logits, labels = _drawn(name, 16, size=(2, 3))
    loss = make_loss(name, ignore=IGNORE, **SETTINGS)
    assert torch.autograd.gradcheck(lambda x: loss(x, labels), logits.double().requires_grad_(), atol=1e-7)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_gradients_are_finite_in_every_format(name: str, dtype: torch.dtype, scale: float) -> None:
    logits, labels = _drawn(name, 17)
    leaf = (logits.sign() * scale if scale > 1 else logits).to(dtype).requires_grad_()
    for gamma in (0.0, 0.5, 2.0):
        loss = make_loss(name, ignore=IGNORE, gamma=gamma)(leaf, labels)
        loss.backward()
        assert loss.dtype == torch.float32 and math.isfinite(loss.item())
        assert leaf.grad is not None and leaf.grad.dtype == dtype and leaf.grad.isfinite().all()


@pytest.mark.parametrize("name", LOSSES)
def test_autocast_changes_nothing(name: str) -> None:
    logits, labels = _drawn(name, 18)
    loss = make_loss(name, ignore=IGNORE)
    expected = loss(logits, labels)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(loss(logits, labels), expected)
    rounded = logits.bfloat16()
    assert torch.equal(loss(rounded, labels), loss(rounded.float(), labels))


def test_weights_go_where_the_module_goes_and_not_into_its_state() -> None:
    loss = make_loss("ce", class_weights=torch.tensor([1.0, 2]))
    assert loss.to("meta").class_weights.device.type == "meta"
    assert not loss.state_dict()


# ---- wrong use ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOSSES)
def test_a_label_that_is_no_class_is_named(name: str) -> None:
    logits, labels = _drawn(name, 19)
    labels[0, 0, :3] = torch.tensor([77, -1, 1000])
    with pytest.raises(ValueError, match=r"labels hold -1, 77, 1000: expected 0 to \d, .*11, 255 is ignored"):
        make_loss(name, ignore=IGNORE)(logits, labels)


@pytest.mark.parametrize("stray", [4, -100])  # torch ignores -100 unasked
def test_a_label_is_looked_at_in_every_batch_on_a_cpu(stray: int) -> None:
    logits, labels = _drawn("ce", 20)
    loss = make_loss("ce", ignore=IGNORE)
    loss(logits, labels)
    labels[0, 0, 0] = stray
    with pytest.raises(ValueError, match=f"labels hold {stray}: expected 0 to 3"):
        loss(logits, labels)


@pytest.mark.parametrize(
    ("name", "shape", "labels", "message"),
    [
        ("bce", (1, 2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int64), "of 1 channel"),
        ("ce", (1, 1, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int64), "K >= 2 channels"),
        ("ce", (2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.int64), r"\(N, K, H, W\)"),
        ("ce", (1, 2, 4, 4), torch.zeros(1, 4, 5, dtype=torch.int64), r"labels \(1, 4, 4\) int64"),
        ("ce", (1, 2, 4, 4), torch.zeros(1, 4, 4, dtype=torch.uint8), "int64.*uint8"),
    ],
)
def test_shapes_and_types_that_do_not_fit_are_refused(
    name: str, shape: tuple[int, ...], labels: Tensor, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make_loss(name)(torch.zeros(shape), labels)


@pytest.mark.parametrize("weights", [[], [1.0, -1], [0.0, 0], [1.0, math.nan], [1.0, math.inf], [[1.0, 2]]])
def test_weights_that_are_none_are_refused(weights: list) -> None:
    with pytest.raises(ValueError, match="class weights"):
        make_loss("ce", class_weights=torch.tensor(weights))


def test_weights_for_another_number_of_classes_are_refused() -> None:
    logits, labels = _drawn("ce", 21)
    with pytest.raises(ValueError, match="expected 4 class weights, one a class, got 3"):
        make_loss("ce", ignore=IGNORE, class_weights=torch.ones(3))(logits, labels)


@pytest.mark.parametrize("name", ["dice", "tversky"])
def test_weights_that_would_do_nothing_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} weighs every class alike"):
        make_loss(name, class_weights=torch.ones(4))


@pytest.mark.parametrize("wrong", [{"gamma": -1}, {"alpha": 0, "beta": 0}, {"beta": -0.1}, {"smooth": 0}])
def test_impossible_numbers_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        make_loss("tversky", **wrong)


def test_an_unknown_loss_is_answered_with_the_list_and_a_guess() -> None:
    with pytest.raises(UsageError, match=r"'CE\+Dic'; there are ce, dice, .*tversky \(did you mean ce\+dice\?\)"):
        make_loss("CE+Dic")
    with pytest.raises(UsageError, match="no loss is called 'hinge'"):
        is_binary("hinge")


def test_binary_losses_are_those_with_bce() -> None:
    assert [name for name in LOSSES if is_binary(name)] == ["bce", "bce+dice"]
