"""How long a training step and a forward pass of a network take here, several networks in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from inspector.categories import numbered
from unet.backends import as_segmenter, build_net
from unet.description import Description, Normalisation
from unet.devices import Place, autocast, pick_device
from unet.losses import make_loss
from unet.training.learner import Learner
from unet.training.recipe import Recipe

__all__ = ["Row", "Work", "measure"]

CHANNELS = 3


@dataclass(frozen=True)
class Work:
    """What is measured: `batch` random images of `size` x `size` px in `classes` classes, `seconds` for each model."""

    size: int = 256
    batch: int = 4
    classes: int = 12
    base: int = 32
    seconds: float = 10.0
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class Row:
    """Median seconds of a training step and of a forward pass of one batch."""

    model: str
    parameters: int
    step: float
    forward: float


@dataclass
class _Runner:
    model: str
    learner: Learner
    images: torch.Tensor
    labels: torch.Tensor
    steps: list[float] = field(default_factory=list)
    forwards: list[float] = field(default_factory=list)

    def once(self) -> None:
        self.steps.append(_timed(lambda: self.learner.learn(self.images, self.labels, 1e-3), self.learner.place))
        self.forwards.append(_timed(self._forward, self.learner.place))

    def _forward(self) -> None:
        with torch.inference_mode(), autocast(self.learner.place.device, self.learner.precision):
            self.learner.segmenter.eval()(self.images)
        self.learner.segmenter.train()

    def row(self) -> Row:
        parameters = sum(value.numel() for value in self.learner.segmenter.parameters())
        return Row(self.model, parameters, statistics.median(self.steps[1:]), statistics.median(self.forwards[1:]))


def measure(models: Sequence[str], work: Work) -> list[Row]:
    """A row for each model. They take turns, so that noise of the machine hits all alike; the first turn is warm-up.

    Raises UsageError for a model that cannot be built.
    """
    runners = [_runner(model, work) for model in models]
    until = time.monotonic() + work.seconds * len(runners)
    while time.monotonic() < until or len(runners[0].steps) < 3:
        for runner in runners:
            runner.once()
    return [runner.row() for runner in runners]


def _runner(model: str, work: Work) -> _Runner:
    place = Place(pick_device(work.device))
    torch.manual_seed(0)
    options = {"base": work.base} if model == "unet" else {}
    net = build_net(model, options, CHANNELS, work.classes)
    description = Description(model, options, numbered(work.classes), Normalisation((127.0,) * 3, (64.0,) * 3))
    recipe = Recipe(model=model, steps=1, precision=work.precision)
    loss = make_loss(recipe.loss, ignore=(work.classes,))
    learner = Learner(as_segmenter(net, description), loss, recipe, place, False, lambda text: None)
    images = 255 * torch.rand(work.batch, CHANNELS, work.size, work.size, device=place.device)
    labels = torch.randint(0, work.classes, (work.batch, work.size, work.size), device=place.device)
    # In the order in which `unet predict` hands images over; the learner takes them in its own
    return _Runner(model, learner, images.contiguous(memory_format=torch.channels_last), labels)


def _timed(work: Callable[[], object], place: Place) -> float:
    _wait(place)
    began = time.perf_counter()
    work()
    _wait(place)
    return time.perf_counter() - began


def _wait(place: Place) -> None:
    if place.device.type == "cuda":
        torch.cuda.synchronize(place.device)
