"""The options that commands of `unet` share, and what they mean together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from unet.segmenter import Segmenter

__all__ = [
    "CLASS_OPTIONS",
    "MODEL_OPTIONS",
    "Option",
    "device_option",
    "model_of",
    "precision_option",
    "quiet_option",
]

Command = Callable[..., Any]
Option = Callable[[Command], Command]

device_option = click.option(
    "--device",
    default="auto",
    show_default=True,
    metavar="NAME",
    help="auto (a GPU where there is one), cpu, cuda, cuda:1, mps.",
)
precision_option = click.option(
    "--precision",
    type=click.Choice(["auto", "fp32", "bf16", "fp16"]),
    default="auto",
    show_default=True,
    help="Of the heavy work; auto: bf16 on a GPU that has it, else fp32.",
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")

CLASS_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--classes",
        metavar="FILE|PRESET",
        help="Class list, as `inspect` takes it: a TOML, JSON, CSV or COCO file, or a preset such as camvid.",
    ),
    click.option("--num-classes", type=int, metavar="N", help="Classes 0 to N-1, without names."),
)

#: Of every command that takes a model with its weights; `model_of` loads it.
MODEL_OPTIONS: tuple[Option, ...] = (
    click.option(
        "--model",
        required=True,
        metavar="MODEL",
        help="A folder that `unet train` wrote; smp:FOLDER, smp:ARCH:ENCODER:FILE, hf:FOLDER, torchvision:NAME:FILE; "
        "or a .onnx, .pt2 or TorchScript file.",
    ),
    *CLASS_OPTIONS,
    click.option(
        "--normalisation",
        type=click.Choice(["unit", "imagenet", "none"]),
        help="Of a model of another library that does not say it: to 0-1, ImageNet's, or none.",
    ),
    click.option(
        "--trust", is_flag=True, help="Load formats that can run code (TorchScript, .pt2) from whoever made them."
    ),
)


def model_of(options: Mapping[str, Any], device: str = "cpu") -> Segmenter:
    """The model that the options name. Raises UsageError and InputError as `load_segmenter` does."""
    from inspector.cli_options import categories_from
    from unet.backends import load_segmenter
    from unet.devices import pick_device

    return load_segmenter(
        options["model"],
        device=pick_device(device),
        classes=categories_from(options),
        normalisation=options["normalisation"],
        trust=options["trust"],
    )
