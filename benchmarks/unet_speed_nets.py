"""The networks that are timed against each other, and the loops that train them."""

from __future__ import annotations

import importlib.util
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from inspector.categories import numbered
from unet.backends import build_net
from unet.description import Description, Normalisation
from unet.devices import Place, autocast, pick_precision
from unet.losses import make_loss
from unet.segmenter import Segmenter
from unet.training.learner import Learner
from unet.training.recipe import Recipe

__all__ = ["CONTENDERS", "Contender", "Load", "OurLoop", "PlainLoop", "Timed", "Work", "gflop", "segmenter_of", "wait"]

LEARNED = 1e-3  # the rate of the steps, which matters to no clock


@dataclass(frozen=True)
class Work:
    """`batch` random images of `size` x `size` px in `classes` classes."""

    size: int = 256
    batch: int = 4
    classes: int = 12
    device: str = "cpu"
    precision: str = "auto"

    def images(self) -> Tensor:
        """(N, 3, H, W) float32, as if normalised."""
        return torch.randn(self.batch, 3, self.size, self.size, device=self.device)

    def labels(self) -> Tensor:
        """(N, H, W) int64."""
        return torch.randint(0, self.classes, (self.batch, self.size, self.size), device=self.device)


@dataclass(frozen=True)
class Contender:
    """A network and the loop it is trained by, "ours" or "plain"; `needs` a package that may be missing."""

    name: str
    build: Callable[[int], nn.Module]  # of the number of classes
    loop: str
    needs: str = ""

    def is_here(self) -> bool:
        return not self.needs or importlib.util.find_spec(self.needs) is not None


class Timed(Protocol):
    """What is timed: a training step, and a forward pass."""

    net: nn.Module

    def step(self) -> None: ...

    def forward(self) -> None: ...


@dataclass
class Load:
    """Seconds of every step and forward pass so far; the first is warm-up."""

    contender: Contender
    loop: Timed
    steps: list[float] = field(default_factory=list)
    forwards: list[float] = field(default_factory=list)

    def once(self, device: str) -> None:
        self.steps.append(_seconds(self.loop.step, device))
        self.forwards.append(_seconds(self.loop.forward, device))


def _seconds(work: Callable[[], None], device: str) -> float:
    """CPU seconds on a processor, which others on the machine disturb little; seconds by the clock on a GPU."""
    clock = time.perf_counter if device.startswith("cuda") else time.process_time
    wait(device)
    began = clock()
    work()
    wait(device)
    return clock() - began


def wait(device: str) -> None:
    """Until a GPU has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def gflop(net: nn.Module, work: Work) -> tuple[float, float]:
    """10^9 multiplications and additions of convolutions, each counted: (forward pass, training step) of a batch."""
    images = work.images()
    net.train()
    with FlopCounterMode(display=False) as forward:
        logits = net(images)
    with FlopCounterMode(display=False) as backward:
        logits.mean().backward()
    net.zero_grad(set_to_none=True)
    return forward.get_total_flops() / 1e9, (forward.get_total_flops() + backward.get_total_flops()) / 1e9


# ---------------------------------------------------------------------- loops


def segmenter_of(net: nn.Module, classes: int) -> Segmenter:
    """A model that takes images as they come."""
    as_they_come = Normalisation((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    return Segmenter(net, Description("unet", {}, numbered(classes), as_they_come))


class OurLoop:
    """The steps of `unet train`: channels last, fused AdamW, clipping; the loss is cross-entropy, as in the other."""

    def __init__(self, net: nn.Module, work: Work, *, channels_last: bool = True) -> None:
        self.net = net
        self.format = torch.channels_last if channels_last else torch.contiguous_format
        recipe = Recipe(loss="ce", steps=1, precision=work.precision)
        place = Place(torch.device(work.device))
        loss = make_loss("ce", ignore=(work.classes,))
        self.learner = Learner(segmenter_of(net, work.classes), loss, recipe, place, False, lambda text: None)
        self.learner.format = self.format
        self.learner.segmenter.to(memory_format=self.format)  # type: ignore[call-overload]  # torch's stubs lack it
        self.images, self.labels = work.images().contiguous(memory_format=self.format), work.labels()

    def step(self) -> None:
        self.learner.learn(self.images, self.labels, LEARNED)

    def forward(self) -> None:
        self.learner.segmenter.eval()
        with torch.inference_mode(), autocast(self.learner.place.device, self.learner.precision):
            self.learner.segmenter(self.images)
        self.learner.segmenter.train()


class PlainLoop:
    """What tutorials write: tensors as they come, AdamW with its defaults, cross-entropy."""

    def __init__(self, net: nn.Module, work: Work) -> None:
        self.net = net.to(work.device).train()
        self.device = torch.device(work.device)
        self.precision = pick_precision(work.precision, self.device)
        self.optimiser = torch.optim.AdamW(net.parameters(), lr=LEARNED)
        self.images, self.labels = work.images(), work.labels()

    def step(self) -> None:
        self.optimiser.zero_grad()
        with autocast(self.device, self.precision):
            loss = F.cross_entropy(self.net(self.images), self.labels)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()

    def forward(self) -> None:
        self.net.eval()
        with torch.no_grad(), autocast(self.device, self.precision):
            self.net(self.images)
        self.net.train()


# ---------------------------------------------------------------------- networks


class PlainUNet(nn.Module):
    """The U-Net as it is mostly written: transposed up-sampling, convolutions with a bias that the norm takes away."""

    def __init__(self, base: int, classes: int) -> None:
        super().__init__()
        widths = [base * 2**level for level in range(5)]
        self.down = nn.ModuleList(map(_double, [3, *widths[:-1]], widths))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[-2::-1])
        self.mix = nn.ModuleList(_double(2 * width, width) for width in widths[-2::-1])
        self.head = nn.Conv2d(base, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level, down in enumerate(self.down):
            x = down(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for grow, mix in zip(self.grow, self.mix, strict=True):
            x = mix(torch.cat([skips.pop(), grow(x)], dim=1))
        return self.head(x)


def _double(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (inputs, outputs):
        layers += [nn.Conv2d(width, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _ours(base: int) -> Callable[[int], nn.Module]:
    return lambda classes: build_net("unet", {"base": base}, 3, classes)


def _smp(encoder: str) -> Callable[[int], nn.Module]:
    return lambda classes: build_net(f"smp:Unet:{encoder}", {}, 3, classes)


def _monai(base: int) -> Callable[[int], nn.Module]:
    def build(classes: int) -> nn.Module:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what MONAI warns of while it loads is not ours to mend
            nets: Any = importlib.import_module("monai.networks.nets")
        widths = (*(base * 2**level for level in range(5)), base)
        return nets.BasicUNet(spatial_dims=2, in_channels=3, out_channels=classes, features=widths)

    return build


def _plain(base: int) -> Callable[[int], nn.Module]:
    return lambda classes: PlainUNet(base, classes)


SMP, MONAI = "segmentation_models_pytorch", "monai"
CONTENDERS = (
    Contender("ours, base 16", _ours(16), "ours"),
    Contender("ours, base 16", _ours(16), "plain"),
    Contender("plain U-Net, base 16", _plain(16), "plain"),
    Contender("MONAI BasicUNet, base 16", _monai(16), "plain", MONAI),
    Contender("MONAI BasicUNet, base 16", _monai(16), "ours", MONAI),
    Contender("smp.Unet resnet18", _smp("resnet18"), "plain", SMP),
    Contender("smp.Unet resnet18", _smp("resnet18"), "ours", SMP),
    Contender("smp.Unet resnet34", _smp("resnet34"), "plain", SMP),
    Contender("ours, base 32", _ours(32), "ours"),
    Contender("plain U-Net, base 32", _plain(32), "plain"),
    Contender("MONAI BasicUNet, base 32", _monai(32), "plain", MONAI),
)
