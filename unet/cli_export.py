"""`unet export` and `unet bench`: a model as a file for other programs, and how fast it is here."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from inspector.cli_errors import print_text
from inspector.cli_options import with_options
from inspector.problems import visible
from unet.cli_options import MODEL_OPTIONS, device_option, model_of, precision_option

__all__ = ["bench", "export"]


@click.command(short_help="Write a model for other programs: torch.export or ONNX.")
@partial(with_options, options=MODEL_OPTIONS)
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="model.pt2 or model.onnx."
)
@click.option("--format", "kind", type=click.Choice(["pt2", "onnx"]), help="[default: by the suffix of FILE]")
def export(output: Path, kind: str | None, **options: Any) -> int:
    """Write a model for other programs, and compare the file with the model.

    \b
    Examples:
        unet export --model model/ -o model.onnx
        unet export --model model/ -o model.pt2

    The file takes images in stored units (0 to 255 for 8 bits), any number of them, of sizes that are multiples of
    what the model asks for, and gives logits. It is compared with the model on random images before it is kept.
    """
    from unet.export import export_model

    written = export_model(model_of(options), output, kind, lambda text: print_text(f"{text}\n"))
    sizes = ", ".join(f"{height} x {width}" for height, width in written.sizes)
    print_text(
        f"{visible(str(written.path))}: its logits differ from the model's by at most {written.difference:.1e} "
        f"(of {written.largest:.1f}; images of {sizes} px)\n"
    )
    return 0


@click.command(short_help="Measure how fast a model trains and predicts here.")
@click.option(
    "--model",
    "models",
    multiple=True,
    default=("unet",),
    show_default=True,
    metavar="NAME",
    help="unet, smp:Unet:resnet18, …; several are measured in turns, so that they share the noise of the machine.",
)
@click.option("--base", type=click.IntRange(1), default=32, show_default=True, help="Width of the U-Net.")
@click.option("--size", type=click.IntRange(32), default=256, show_default=True, help="px: side of the images.")
@click.option("--batch", type=click.IntRange(1), default=4, show_default=True)
@click.option("--classes", type=click.IntRange(2), default=12, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="For each model.")
@device_option
@precision_option
def bench(models: tuple[str, ...], base: int, size: int, batch: int, classes: int, seconds: float, device: str,
          precision: str) -> int:  # fmt: skip
    """Measure a training step and a prediction of each model, on random images.

    \b
    Example:
        unet bench --model unet --model smp:Unet:resnet18 --size 256
    """
    from unet.bench import Work, measure

    work = Work(size, batch, classes, base, seconds, device, precision)
    print_text(
        f"{'model':28} {'M params':>9} {'step ms':>9} {'forward ms':>11} {'images/s trained':>17} {'predicted':>10}\n"
    )
    for row in measure(models, work):
        print_text(
            f"{visible(row.model):28} {row.parameters / 1e6:9.2f} {1e3 * row.step:9.1f} {1e3 * row.forward:11.1f} "
            f"{batch / row.step:17.1f} {batch / row.forward:10.1f}\n"
        )
    return 0
