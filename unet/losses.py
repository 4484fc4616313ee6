"""Losses of a segmentation: cross-entropy, focal, Dice and Tversky, with any number of ignored values.

Each works on log-probabilities log p (N, K, H, W) in float32 and on the true class of each pixel; a network with one
output channel is the case K = 2 with log p = (logsigmoid(-x), logsigmoid(x)). A pixel is void where its label is
ignored: it is in no sum, no mean and no denominator, and its logits, whatever they hold, get a gradient of exactly 0.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from inspector.errors import UsageError

__all__ = ["LOSSES", "Loss", "is_binary", "make_loss"]

SMOOTH = 1e-5  # px: below any count of pixels, above 0


@dataclass(frozen=True)
class Pixels:
    """A batch as every term sees it.

    log_p    (N, K, H, W) float: log-probabilities
    labels   (N, H, W) int64 in [0, K): the true class, 0 at void pixels
    valid    (N, H, W) bool: False at void pixels
    weights  (K,) float, or None where every class weighs 1
    scored   the first class that Dice and Tversky score: 0, or 1 (the foreground alone) for a binary loss
    """

    log_p: Tensor
    labels: Tensor
    valid: Tensor
    weights: Tensor | None
    scored: int

    def log_p_true(self) -> Tensor:
        """(N, H, W): log-probability of the true class; not F.nll_loss, which has no deterministic form on CUDA."""
        return self.log_p.gather(1, self.labels[:, None])[:, 0]

    def weight(self) -> Tensor:
        """(N, H, W): weight of the true class, 0 at void pixels."""
        return self.valid.to(self.log_p.dtype) * (1 if self.weights is None else self.weights[self.labels])


@dataclass(frozen=True)
class Settings:
    """The numbers that make_loss explains."""

    dice_weight: float = 1.0
    gamma: float = 2.0
    alpha: float = 0.5
    beta: float = 0.5
    smooth: float = SMOOTH

    def __post_init__(self) -> None:
        if min(self.dice_weight, self.gamma, self.alpha, self.beta) < 0 or self.alpha + self.beta <= 0:
            raise ValueError(f"expected numbers of 0 or more, and alpha or beta above 0, got {self}")
        if not self.smooth > 0:
            raise ValueError(
                f"expected smooth above 0, or a class that nothing is predicted as divides by 0; got {self}"
            )


# ---- the terms ------------------------------------------------------------------------------------------------------


def _cross_entropy(pixels: Pixels, settings: Settings) -> Tensor:
    """Mean of -log p of the true class; with class weights, divided by the sum of the weights of the true classes."""
    weight = pixels.weight()
    return _ratio((weight * -pixels.log_p_true()).sum(), weight.sum())


def _focal(pixels: Pixels, settings: Settings) -> Tensor:
    """Lin et al. 2017 (arXiv 1708.02002): mean over valid pixels of -weight (1 - p)^gamma log p of the true class."""
    log_p = pixels.log_p_true()
    missed = -torch.expm1(log_p)  # 1 - p, exact where p is nearly 1
    missed = missed.clamp_min(torch.finfo(missed.dtype).tiny)  # for gamma < 1 the slope of the power is infinite at 0
    return _ratio((pixels.weight() * missed**settings.gamma * -log_p).sum(), pixels.valid.sum())


def _dice(pixels: Pixels, settings: Settings) -> Tensor:
    """Milletari et al. 2016 (arXiv 1606.04797) with plain sums: 1 - 2 sum(p g) / (sum(p) + sum(g))."""
    return _overlap(pixels, 0.5, 0.5, settings.smooth)


def _tversky(pixels: Pixels, settings: Settings) -> Tensor:
    """Salehi et al. 2017 (arXiv 1706.05721): 1 - TP / (TP + alpha FP + beta FN), all three of them soft counts."""
    return _overlap(pixels, settings.alpha, settings.beta, settings.smooth)


def _overlap(pixels: Pixels, alpha: float, beta: float, smooth: float) -> Tensor:
    """1 - Tversky index of each scored class, counted over the whole batch; then the mean over the classes whose truth
    is in the batch: of a class without truth there is nothing to overlap with.

    `smooth` px is added above and below: an exact prediction has loss 0, and there is no division by 0.
    """
    p = pixels.log_p.exp() * pixels.valid[:, None]  # (N, K, H, W)
    classes = torch.arange(p.shape[1], device=p.device)[:, None, None]  # (K, 1, 1)
    truth = (pixels.labels[:, None] == classes) & pixels.valid[:, None]  # (N, K, H, W)
    true_px = truth.sum(dim=(0, 2, 3))  # (K,) int64, exact
    hit = torch.where(truth, p, 0).sum(dim=(0, 2, 3))  # (K,) soft true positives
    false = p.sum(dim=(0, 2, 3)) - hit  # (K,)
    missed = true_px - hit  # (K,)
    index = (hit + smooth) / (hit + alpha * false + beta * missed + smooth)
    present = (true_px > 0)[pixels.scored :]
    return _ratio(((1 - index[pixels.scored :]) * present).sum(), present.sum())


def _ratio(total: Tensor, count: Tensor) -> Tensor:
    """total / count, and 0 with zero gradients where there is nothing to count."""
    return total / torch.where(count > 0, count, 1)


# ---- by name --------------------------------------------------------------------------------------------------------

Term = Callable[[Pixels, Settings], Tensor]

# a + dice_weight * b. Those that begin with "bce" want one output channel, the others one for each class
LOSSES: dict[str, tuple[Term, ...]] = {
    "ce": (_cross_entropy,),
    "dice": (_dice,),
    "ce+dice": (_cross_entropy, _dice),
    "bce": (_cross_entropy,),
    "bce+dice": (_cross_entropy, _dice),
    "focal": (_focal,),
    "tversky": (_tversky,),
}
WEIGHTED = (_cross_entropy, _focal)


def is_binary(name: str) -> bool:
    """Whether the loss wants one output channel, for the foreground of two classes. Raises UsageError: no such loss."""
    if name not in LOSSES:
        near = difflib.get_close_matches(name.lower(), LOSSES, n=1)
        fix = f"did you mean {near[0]}?" if near else "bce… are for two classes and one output channel"
        raise UsageError(
            f"no loss is called {name!r}; there are {', '.join(LOSSES)} ({fix})", kind="no_such_loss", fix=fix
        )
    return name.startswith("bce")


def make_loss(
    name: str,
    *,
    ignore: Collection[int] = (),
    class_weights: Tensor | None = None,
    dice_weight: float = 1.0,
    gamma: float = 2.0,
    alpha: float = 0.5,
    beta: float = 0.5,
    smooth: float = SMOOTH,
) -> Loss:
    """The loss of this name in LOSSES.

    ignore         label values of void pixels, also one that would be a class otherwise
    class_weights  (K,), two for a binary loss: of cross-entropy and focal loss. Dice and Tversky weigh classes alike
    dice_weight    of the second term of ce+dice and bce+dice
    gamma          of focal loss: how little a pixel counts that is right already; 0 is cross-entropy
    alpha, beta    of Tversky: what a false positive and a false negative cost; 0.5 and 0.5 is Dice
    smooth         px: see Dice and Tversky

    Raises UsageError for another name and for weights that nothing would use, ValueError for impossible numbers.
    """
    is_binary(name)
    if class_weights is not None and not set(WEIGHTED) & set(LOSSES[name]):
        fix = "leave the weights out, or take a loss with ce, bce or focal in it"
        raise UsageError(f"the loss {name} weighs every class alike: class weights would do nothing ({fix})", fix=fix)
    return Loss(name, ignore, class_weights, Settings(dice_weight, gamma, alpha, beta, smooth))


class Loss(nn.Module):
    """forward(logits (N, K, H, W), labels (N, H, W) int64) -> float32 scalar, float64 for float64 logits.

    Logits may be of any floating type, under autocast or not: the arithmetic is in float32. A batch of void pixels
    alone has loss 0 and zero gradients.

    A label that is neither a class nor ignored is a ValueError that names it. On a CPU every batch is looked at, for
    about a thousandth of a step; elsewhere the first alone, since a look makes the host wait for the device. Training
    has checked its masks by then, and a later stray label still fails in the kernel that looks its class up.
    """

    def __init__(self, name: str, ignore: Collection[int], class_weights: Tensor | None, settings: Settings) -> None:
        super().__init__()
        self.name, self.ignore, self.settings = name, tuple(sorted(ignore)), settings
        self.terms, self.binary = LOSSES[name], is_binary(name)
        self.class_weights: Tensor | None
        self.register_buffer("class_weights", _checked_weights(class_weights), persistent=False)
        self.looked = False

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        self._check_shapes(logits, labels)
        void = torch.zeros_like(labels, dtype=torch.bool)
        for value in self.ignore:
            void |= labels == value
        labels = labels.masked_fill(void, 0)
        self._check_values(labels, 2 if self.binary else logits.shape[1])
        logits = logits if logits.dtype == torch.float64 else logits.float()
        logits = logits.masked_fill(void[:, None], 0)  # not a product with 0, which keeps NaN and infinity
        pixels = Pixels(self._log_p(logits), labels, ~void, self.class_weights, scored=int(self.binary))
        loss = self.terms[0](pixels, self.settings)
        for term in self.terms[1:]:
            loss = loss + self.settings.dice_weight * term(pixels, self.settings)
        return loss

    def _log_p(self, logits: Tensor) -> Tensor:
        if self.binary:
            return torch.cat([F.logsigmoid(-logits), F.logsigmoid(logits)], dim=1)  # (N, 1, H, W) -> (N, 2, H, W)
        return logits.log_softmax(dim=1)  # (N, K, H, W)

    def _check_shapes(self, logits: Tensor, labels: Tensor) -> None:
        if logits.ndim != 4 or (logits.shape[1] != 1 if self.binary else logits.shape[1] < 2):
            channels = "1 channel" if self.binary else "K >= 2 channels, one a class"
            raise ValueError(f"the loss {self.name} wants logits (N, K, H, W) of {channels}, got {tuple(logits.shape)}")
        if labels.dtype != torch.int64 or labels.shape != (len(logits), *logits.shape[2:]):
            size = (len(logits), *logits.shape[2:])
            raise ValueError(f"expected labels {size} int64 for these logits, got {tuple(labels.shape)} {labels.dtype}")
        classes = 2 if self.binary else logits.shape[1]
        if self.class_weights is not None and len(self.class_weights) != classes:
            raise ValueError(f"expected {classes} class weights, one a class, got {len(self.class_weights)}")

    def _check_values(self, labels: Tensor, classes: int) -> None:
        """`labels` with 0 at void pixels."""
        if torch.compiler.is_compiling() or (self.looked and labels.device.type != "cpu") or not labels.numel():
            return
        low, high = labels.aminmax()
        if low < 0 or high >= classes:
            stray = sorted(set(labels[(labels < 0) | (labels >= classes)].tolist()))
            found = ", ".join(map(str, stray[:8])) + (" …" if len(stray) > 8 else "")
            ignored = f", and {', '.join(map(str, self.ignore))} is ignored" if self.ignore else ""
            raise ValueError(f"labels hold {found}: expected 0 to {classes - 1}, one of {classes} classes{ignored}")
        self.looked = True


def _checked_weights(weights: Tensor | None) -> Tensor | None:
    if weights is None:
        return None
    weights = torch.as_tensor(weights, dtype=torch.float32)
    if weights.ndim != 1 or not bool((weights.isfinite() & (weights >= 0)).all()) or not bool((weights > 0).any()):
        raise ValueError(
            f"expected class weights (K,), finite and not below 0, one of them above, got {weights.tolist()}"
        )
    return weights
