"""The segmentation models of torchvision, by name: deeplabv3_resnet50, fcn_resnet101, lraspp_mobilenet_v3_large, …

torchvision:NAME                        random weights, for training
torchvision:NAME:WEIGHTS.safetensors    a state dict of such a model
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from inspector.errors import InputError, UsageError
from unet.backends.common import (
    IMAGENET,
    Say,
    Wanted,
    activation_of,
    choose_categories,
    choose_normalisation,
    load_weights,
    one_of,
    read_tensors,
    scaled,
)
from unet.description import Description, Normalisation
from unet.optional import need
from unet.segmenter import Segmenter

__all__ = ["build", "load", "multiple_of", "portable", "pretrained_normalisation"]

HEADS = ("classifier.4.weight", "classifier.low_classifier.weight")  # the last convolution: (K, …, 1, 1)
CHANNELS = 3


class Out(nn.Module):
    """The logits among what the models of torchvision return."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, images: Tensor) -> Tensor:
        return self.net(images)["out"]  # (N, 3, H, W) -> (N, K, H, W)


def build(rest: str, options: Mapping[str, Any], channels: int, outputs: int, say: Say) -> nn.Module:
    """The network NAME with random weights; options are arguments of its function. It takes three channels only."""
    name, _, weights = rest.partition(":")
    if weights:
        raise UsageError(f"torchvision:{rest}: a training starts from random weights; leave {weights!r} away")
    if channels != CHANNELS:
        raise UsageError(f"torchvision:{name} takes images of {CHANNELS} channels, not {channels}; smp models take any")
    return _create(name, options, outputs)


def portable(rest: str, options: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    return rest.partition(":")[0], dict(options)


def multiple_of(net: nn.Module) -> int:
    """Any size is taken, and resized from a stride of 8 to 32 inside; multiples of 32 keep that exact."""
    return 32


def pretrained_normalisation(rest: str, options: Mapping[str, Any], channels: int) -> Normalisation | None:
    return None


def load(rest: str, wanted: Wanted) -> Segmenter:
    """The model of a weights file, normalised as torchvision's own weights are unless the user says otherwise."""
    name, _, weights = rest.partition(":")
    name = _known(name)
    if not weights:
        fix = f"add its weights: torchvision:{name}:WEIGHTS.safetensors"
        raise UsageError(f"torchvision:{rest} has random weights: it can be trained, not used ({fix})", fix=fix)
    path = Path(weights)
    tensors = read_tensors(path)
    head = next((tensors[key] for key in HEADS if key in tensors), None)
    if head is None:
        reason = f"holds no {' or '.join(HEADS)}, as a state dict of torchvision has them"
        raise InputError("other_weights", reason, "give the weights of the whole model", path=str(path))
    outputs = int(head.shape[0])
    options = {"aux_loss": True} if any(key.startswith("aux_classifier.") for key in tensors) else {}
    net = _create(name, options, outputs)
    load_weights(net.net, tensors, path, f"torchvision:{name}")
    description = Description(
        architecture=f"torchvision:{name}",
        options=options,
        categories=choose_categories(outputs, wanted, source=f"torchvision:{name}"),
        normalisation=choose_normalisation(CHANNELS, wanted, scaled(*IMAGENET)),
        activation=activation_of(outputs),
    )
    return Segmenter(net, description, multiple_of(net))


def _known(name: str) -> str:
    models = need("torchvision.models", "smp", "a model torchvision:…")
    return one_of(name, models.list_models(module=models.segmentation), "segmentation model of torchvision")


def _create(name: str, options: Mapping[str, Any], outputs: int) -> Out:
    name = _known(name)
    models = need("torchvision.models", "smp", "a model torchvision:…")
    if refused := [key for key in options if key.startswith("weights")]:
        raise UsageError(f"torchvision:{name}: the option {refused[0]} asks the network and is not taken")
    known = inspect.signature(models.get_model_builder(name)).parameters
    if unknown := [key for key in options if key not in known]:  # torchvision takes any, and drops it
        raise UsageError(f"torchvision:{name} cannot be built: it has no option {unknown[0]}", kind="bad_option")
    try:
        return Out(models.get_model(name, weights=None, weights_backbone=None, num_classes=outputs, **options))
    except (TypeError, ValueError) as error:
        raise UsageError(f"torchvision:{name} cannot be built: {error}", kind="bad_option") from None
