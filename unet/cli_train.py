"""`unet train`: the options, and what is shown while it runs."""

from __future__ import annotations

import signal
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import print_text
from inspector.cli_options import with_options
from inspector.errors import UsageError
from inspector.problems import visible
from unet.cli_options import CLASS_OPTIONS, Option, device_option, precision_option, quiet_option
from unet.training.recipe import Recipe

if TYPE_CHECKING:
    from unet.training.prepare import Request

__all__ = ["train"]

Length = click.IntRange(0)


def _shown(name: str, kind: Any, metavar: str | None, default: object, text: str) -> Option:
    """An option whose default is shown."""
    return click.option(name, type=kind, metavar=metavar, default=default, show_default=True, help=text)


DATA = (
    click.option(
        "--data",
        required=True,
        metavar="DIR|CSV",
        help="Folder with images/ and masks/ (or train/ and val/ that hold both), or a CSV with columns image, mask "
        "and, if you like, split and group.",
    ),
    click.option(
        "--out", required=True, type=click.Path(path_type=Path), metavar="MODEL", help="Folder of the model to write."
    ),
    click.option(
        "--ignore", type=int, multiple=True, metavar="V", help="Mask value that is void; may be given several times."
    ),
    click.option(
        "--val-fraction",
        type=click.FloatRange(0, 0.9),
        default=0.2,
        show_default=True,
        metavar="F",
        help="Share of the images kept for validation where the data has no split of its own; 0: none.",
    ),
)
LENGTH = (
    click.option("--epochs", type=Length, default=0, metavar="N", help="Times every image is seen.  [default: 30]"),
    click.option("--steps", type=Length, default=0, metavar="N", help="… or steps of the optimiser,"),
    click.option("--minutes", type=click.FloatRange(0), default=0.0, metavar="M", help="… or minutes, all in all."),
)
MODEL = (
    click.option(
        "--model",
        default=Recipe.model,
        show_default=True,
        metavar="NAME",
        help="unet, or another library's: smp:Unet:resnet34, smp:DeepLabV3Plus:resnet50, torchvision:NAME, hf:FOLDER "
        "(SegFormer).",
    ),
    _shown("--base", click.IntRange(1, 1024), "N", 32, "Width of the U-Net's first level."),
    _shown("--depth", click.IntRange(1, 7), "N", 4, "How many times it halves the size."),
    _shown("--up", click.Choice(["bilinear", "transposed"]), None, "bilinear", "How its decoder doubles the size."),
    _shown("--norm", click.Choice(["batch", "group"]), None, "batch", "group: for batches of one to three images."),
    _shown("--dilated", click.IntRange(0, 7), "N", 0, "Lowest levels that widen their view instead of halving."),
    click.option("--deep-supervision", is_flag=True, help="A loss on every level of the decoder."),
    click.option(
        "--encoder-weights", metavar="FILE", help="Pretrained encoder of an smp: model, as safetensors on this machine."
    ),
    click.option("--init", metavar="MODEL", help="Begin from the weights of a model that `unet train` wrote."),
)
RECIPE = (
    _shown(
        "--loss",
        str,
        "NAME",
        Recipe.loss,
        "ce, dice, ce+dice, focal, tversky; bce and bce+dice for two classes with one output.",
    ),
    _shown("--dice-weight", click.FloatRange(0), "W", Recipe.dice_weight, "Of the second term of such a sum."),
    _shown(
        "--class-weights",
        str,
        "W",
        "none",
        "none, balanced (by the root of the class shares), or a number for each class: 1,1,5.",
    ),
    click.option(
        "--size",
        type=Length,
        default=0,
        metavar="PX",
        help="Side of the crops.  [default: whole images of one size up to 0.5 Mpx, else their median side, at most "
        "512]",
    ),
    _shown("--batch", click.IntRange(1), "N", Recipe.batch, "Images to a step."),
    _shown("--rate", float, "R", Recipe.rate, "Peak learning rate of AdamW."),
    _shown("--weight-decay", click.FloatRange(0), "D", Recipe.weight_decay, "Of AdamW."),
    _shown("--warmup", float, "F", Recipe.warmup, "Share of the training in which the rate climbs."),
    _shown("--clip", click.FloatRange(0), "NORM", Recipe.clip, "Largest norm of the gradient; 0: any."),
    _shown("--ema", float, "D", Recipe.ema, "Keep an average of the weights that decays so, such as 0.999; 0: none."),
    _shown(
        "--augment",
        click.Choice(["none", "flips", "standard", "strong"]),
        None,
        Recipe.augment,
        "standard: mirrored, turned, scaled and coloured a little; flips: both axes, where up and down are alike.",
    ),
    click.option("--balance", is_flag=True, help="Draw crops around rare classes more often."),
    _shown(
        "--evaluations",
        click.IntRange(1),
        "N",
        Recipe.evaluations,
        "In all; at most one an epoch, where there are epochs.",
    ),
    click.option("--patience", type=Length, default=0, metavar="N", help="Stop after N evaluations without a gain."),
    _shown("--seed", click.IntRange(0), "N", 0, "Of weights, order, crops and augmentation."),
)
MACHINE = (
    device_option,
    precision_option,
    _shown("--compile", click.Choice(["auto", "on", "off"]), None, "auto", "auto: long trainings on a GPU."),
    click.option(
        "--deterministic", is_flag=True, help="Only operations that give the same digits again, also on a GPU."
    ),
    _shown("--workers", Length, "N", 2, "Threads that read ahead."),
    click.option("--tensorboard", is_flag=True, help="Log for TensorBoard too (extra `tensorboard`)."),
    click.option("--resume", is_flag=True, help="Go on with the training in --out."),
    quiet_option,
)
OPTIONS_OF_UNET = ("base", "depth", "up", "norm", "dilated", "deep_supervision")


@click.command(short_help="Train a model on images and masks.")
@partial(with_options, options=(*DATA, *CLASS_OPTIONS, *LENGTH, *MODEL, *RECIPE, *MACHINE))
@click.pass_context
def train(ctx: click.Context, /, **options: Any) -> int:
    """Train a model on images and masks.

    \b
    Examples:
        unet train --data shapes/ --out model/ --epochs 30
        unet train --data camvid/ --classes camvid --out model/ --minutes 30 --size 256
        unet train --data camvid/ --out model/ --resume
        torchrun --nproc-per-node 4 -m unet train --data city/ --out model/ --steps 80000

    The folder holds best.safetensors and last.safetensors (weights, classes, normalisation: all that `unet predict`
    needs), state.safetensors (for --resume), training.csv, curve.svg and a model card. Ctrl-C leaves all of them good.
    """
    from unet.cli_show import Show, summary
    from unet.cli_signals import graceful_stop
    from unet.training.prepare import train_folder

    given = {name for name in ctx.params if ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE}
    with graceful_stop() as asked, Show(options["quiet"]) as show:
        ended = train_folder(_request(options, given), show.say, show.tell, asked)
    if ended.is_first and not options["quiet"]:
        print_text(summary(ended))
    return 128 + (asked.number or signal.SIGTERM) if ended.how == "stopped" else 0


def _request(options: dict[str, Any], given: set[str]) -> Request:
    from inspector.cli_options import categories_from
    from unet.training.prepare import Request

    return Request(
        data=Path(options["data"]),
        out=options["out"],
        choices=_choices(options, given),
        named=frozenset(given),
        categories=categories_from(options),
        ignore=tuple(sorted(set(options["ignore"]))),
        init=Path(options["init"]) if options["init"] else None,
        device=options["device"],
        workers=options["workers"],
        tensorboard=options["tensorboard"],
        resume=options["resume"],
    )


def _choices(options: dict[str, Any], given: set[str]) -> dict[str, Any]:
    """The fields of a Recipe that the options stand for."""
    is_unet = options["model"] == "unet"
    foreign = [f"--{name.replace('_', '-')}" for name in OPTIONS_OF_UNET if name in given and not is_unet]
    if foreign:
        raise UsageError(
            f"{', '.join(foreign)}: of the built-in U-Net; {visible(options['model'])} has a shape of its own"
        )
    if options["encoder_weights"] and not options["model"].startswith("smp:"):
        raise UsageError("--encoder-weights: only smp: models have an encoder that can be loaded by itself")
    names = {field.name for field in fields(Recipe)}
    choices = {name: value for name, value in options.items() if name in names}
    choices["class_weights"] = _class_weights(options["class_weights"])
    if is_unet:
        choices["options"] = {name: options[name] for name in OPTIONS_OF_UNET}
    elif options["encoder_weights"]:
        choices["options"] = {"encoder_weights": options["encoder_weights"]}
    return choices


def _class_weights(text: str) -> str | tuple[float, ...]:
    if text in ("none", "balanced"):
        return text
    try:
        weights = tuple(float(part) for part in text.split(","))
    except ValueError:
        weights = ()
    if not weights or not all(0 <= weight < float("inf") for weight in weights) or not any(weights):
        raise UsageError(f"--class-weights {text}: expected none, balanced, or numbers such as 1,1,5")
    return weights
