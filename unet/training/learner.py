"""One step of a training: forward, backward, update, in less memory if it must be; and the state the next one needs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from inspector.errors import EnvironmentFault, UsageError
from unet.devices import Place, autocast, is_out_of_memory, memory_format, pick_precision
from unet.losses import Loss
from unet.segmenter import Segmenter
from unet.training.recipe import Recipe

__all__ = ["Learner"]

SIDE_WEIGHT = 0.5  # of the loss of each lower level of deep supervision, against that of the level above it


class Learner:
    """The model in training: its optimiser, the average of its weights, and what the last steps lost.

    segmenter  on the device of `place`; trained in place
    loss       of logits (N, K, H, W) and labels (N, H, W)
    compiled   whether the network is compiled before its first step
    """

    def __init__(
        self, segmenter: Segmenter, loss: Loss, recipe: Recipe, place: Place, compiled: bool, say: Callable[[str], None]
    ) -> None:
        self.recipe, self.place, self.say = recipe, place, say
        self.precision = pick_precision(recipe.precision, place.device)
        self.segmenter = segmenter.to(place.device).train()
        self.format = memory_format(place.device)  # of the weights and the images
        segmenter.to(memory_format=self.format)  # type: ignore[call-overload]  # torch's stubs lack it
        self.average = copy.deepcopy(segmenter).requires_grad_(False) if recipe.ema else None
        self.loss = loss.to(place.device)
        self.optimiser = torch.optim.AdamW(_groups(segmenter, recipe.weight_decay), lr=recipe.rate, fused=True)
        self.scaler = torch.amp.GradScaler(place.device.type, enabled=self.precision == torch.float16)
        self.parts = 1  # that a batch is worked on in
        self.loss_sum, self.loss_count = torch.zeros((), device=place.device), 0
        self._levels = _runner(segmenter, place, compiled)

    @property
    def result(self) -> Segmenter:
        """The model to evaluate and to keep: the average of the weights where there is one."""
        return self.segmenter if self.average is None else self.average

    def learn(self, images: Tensor, labels: Tensor, rate: float) -> None:
        """One step at the learning rate `rate`. images (N, C, H, W) in stored units, labels (N, H, W) class indices.

        Where the memory runs out the batch is halved, and the gradients of its parts are added up. Raises
        EnvironmentFault where not even one image fits.
        """
        images = images.contiguous(memory_format=self.format)
        while not self._accumulated(images, labels):
            self._halve(len(images))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.scaler.unscale_(self.optimiser)
        if self.recipe.clip:
            nn.utils.clip_grad_norm_(self.segmenter.parameters(), self.recipe.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.average is not None:
            _move(self.average, self.segmenter, self.recipe.ema)

    def is_finite(self) -> bool:
        """Whether every weight is a number: what is not must not be saved over what was."""
        return all(bool(value.isfinite().all()) for value in self.segmenter.parameters())

    def mean_loss(self) -> float:
        """Of the steps since it was last asked for: seldom, as it waits for the device."""
        mean = float(self.place.summed(self.loss_sum.clone())) / max(1, self.loss_count) / self.place.world
        self.loss_sum.zero_()
        self.loss_count = 0
        return mean

    def _accumulated(self, images: Tensor, labels: Tensor) -> bool:
        """Gradients of the whole batch; False, and none of them, where the memory does not suffice."""
        self.optimiser.zero_grad(set_to_none=True)
        total = torch.zeros_like(self.loss_sum)
        try:
            for some, truth in zip(images.chunk(self.parts), labels.chunk(self.parts), strict=True):
                with autocast(self.place.device, self.precision):
                    levels = self._levels(some)
                loss = self._loss_of(levels, truth) * (len(some) / len(images))
                self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
                total += loss.detach()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            return False
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            what = f"one image of {images.shape[2]} x {images.shape[3]} px leaves batch normalisation a single pixel"
            raise UsageError(f"{what}: raise --batch or --size, or take --norm group (of the U-Net)") from None
        self.loss_sum += total
        self.loss_count += 1
        return True

    def _loss_of(self, levels: list[Tensor], labels: Tensor) -> Tensor:
        """The weighted mean of the losses of the logits and, with deep supervision, of the levels below them."""
        weights = [SIDE_WEIGHT**depth for depth in range(len(levels))]
        losses = [self.loss(logits, _resized(labels, logits)) for logits in levels]
        return torch.stack([w * loss for w, loss in zip(weights, losses, strict=True)]).sum() / sum(weights)

    def _halve(self, batch: int) -> None:
        self.optimiser.zero_grad(set_to_none=True)
        self.parts = next((parts for parts in range(2 * self.parts, batch + 1) if batch % parts == 0), batch + 1)
        if self.parts > batch or self.place.world > 1:
            smaller = "--batch, --size or --base" if self.place.world > 1 else "--size or --base"
            raise EnvironmentFault(f"out of memory on {self.place.device} while training: try a smaller {smaller}")
        if self.place.device.type == "cuda":
            torch.cuda.empty_cache()
        self.say(
            f"out of memory: from here on each batch of {batch} is worked on in {self.parts} equal parts, and their "
            "gradients are added up (batch normalisation sees one part at a time; --norm group does not mind)"
        )

    # ------------------------------------------------------------------ state

    def state(self) -> tuple[dict[str, Any], dict[str, Tensor]]:
        """(plain facts, tensors): all that `restore` needs to go on as if nothing had happened."""
        tensors = {f"net.{name}": value for name, value in self.segmenter.net.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in self.average.net.state_dict().items()}
        for index, held in self.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{index}.{name}": value for name, value in held.items()}
        tensors["loss_sum"] = self.loss_sum
        return {"loss_count": self.loss_count, "parts": self.parts, "scaler": self.scaler.state_dict()}, tensors

    def restore(self, facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        """Take over what `state` gave."""
        self.segmenter.net.load_state_dict(_below("net.", tensors))
        if self.average is not None:
            self.average.net.load_state_dict(_below("average.", tensors))
        held: dict[int, dict[str, Tensor]] = {}
        weights = [weight for group in self.optimiser.param_groups for weight in group["params"]]
        for name, value in _below("optimiser.", tensors).items():
            index, _, key = name.partition(".")
            held.setdefault(int(index), {})[key] = _laid_out_as(weights[int(index)], value)
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": held})
        self.scaler.load_state_dict(dict(facts["scaler"]))
        self.loss_sum.copy_(tensors["loss_sum"])
        self.loss_count, self.parts = facts["loss_count"], facts["parts"]


class _Levels(nn.Module):
    """`Segmenter.levels` as a forward: what several processes share their gradients through."""

    def __init__(self, segmenter: Segmenter) -> None:
        super().__init__()
        self.segmenter = segmenter

    def forward(self, images: Tensor) -> list[Tensor]:
        return self.segmenter.levels(images)


def _runner(segmenter: Segmenter, place: Place, compiled: bool) -> Callable[[Tensor], list[Tensor]]:
    if place.world > 1 and place.device.type == "cuda":  # processors have no such thing: each keeps its own statistics
        segmenter.net = nn.SyncBatchNorm.convert_sync_batchnorm(segmenter.net)  # type: ignore[no-untyped-call]
    module = _Levels(segmenter)
    if compiled:
        module.compile()
    return DistributedDataParallel(module) if place.world > 1 else module


def _groups(segmenter: Segmenter, decay: float) -> list[dict[str, Any]]:
    """Weights decay; biases and the scales of normalisation, which have one axis, do not."""
    trained = [value for value in segmenter.parameters() if value.requires_grad]
    if not trained:
        raise UsageError(f"{segmenter.description.architecture} has no weights to train")
    return [
        {"params": [value for value in trained if value.ndim > 1], "weight_decay": decay},
        {"params": [value for value in trained if value.ndim <= 1], "weight_decay": 0.0},
    ]


@torch.no_grad()
def _move(average: Segmenter, segmenter: Segmenter, decay: float) -> None:
    """Bring the average closer to the weights; running statistics too."""
    theirs = segmenter.net.state_dict()
    for name, mine in average.net.state_dict().items():
        if mine.is_floating_point():
            mine.lerp_(theirs[name], 1 - decay)
        else:
            mine.copy_(theirs[name])


def _resized(labels: Tensor, logits: Tensor) -> Tensor:
    """Labels (N, H, W) at the size of the logits, by nearest neighbour."""
    size = logits.shape[2:]
    if labels.shape[1:] == size:
        return labels
    return F.interpolate(labels[:, None].float(), size=size, mode="nearest")[:, 0].long()


def _laid_out_as(weight: Tensor, value: Tensor) -> Tensor:
    """`value` in the memory order of `weight`: a fused optimiser goes through both as they lie, and files are plain."""
    return torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value


def _below(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
