"""`unet predict`: the options, the road to masks or segments, and on to `inspect`."""

from __future__ import annotations

from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import print_text
from inspector.cli_options import with_options
from inspector.errors import UsageError
from inspector.problems import visible
from unet.cli_options import MODEL_OPTIONS, device_option, model_of, precision_option, quiet_option

if TYPE_CHECKING:
    from unet.prediction.predict import Predicted
    from unet.segmenter import Segmenter

__all__ = ["predict"]

PARTIAL = 3  # exit code where an image could not be predicted
OF_SEGMENTS = frozenset({"model", "output", "task", "classes", "num_classes", "normalisation", "device", "quiet"})
SPELLED = {"masks": "--inspect", "run_folder": "--run", "as_zarr": "--zarr"}
NAMED = 10  # images that could not be predicted, and are named

MAIN = (
    *MODEL_OPTIONS[:1],
    click.option(
        "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT", help="Folder of masks."
    ),
    click.option(
        "--task",
        type=click.Choice(["semantic", "instance", "panoptic"]),
        default="semantic",
        show_default=True,
        help="instance and panoptic need a model with queries (hf: Mask2Former, MaskFormer, OneFormer); COCO panoptic.",
    ),
    click.option(
        "--inspect",
        "masks",
        metavar="MASKS",
        help="Go straight on: inspect the predictions against these true masks, into the run folder --run.",
    ),
    click.option("--run", "run_folder", type=click.Path(path_type=Path), help="… which is.  [default: OUT.inspection]"),
)
TILES = (
    click.option(
        "--tile",
        type=click.IntRange(0),
        metavar="PX",
        help="Side of the tiles; 0: whole images.  [default: as it fits]",
    ),
    click.option(
        "--overlap",
        type=click.IntRange(0),
        metavar="PX",
        help="Of neighbouring tiles.  [default: as far as the model sees]",
    ),
    click.option(
        "--tta",
        is_flag=False,
        flag_value="flips",
        default="",
        metavar="WHAT",
        help="Average over changed images: flips (what a bare --tta means), hflip, vflip and scales: flips,0.75,1.25.",
    ),
    click.option("--batch", type=click.IntRange(1), metavar="N", help="Tiles at once.  [default: by the device]"),
)
KEPT = (
    click.option(
        "--probabilities",
        is_flag=False,
        flag_value="uint8",
        default="",
        type=click.Choice(["", "uint8", "float16"]),
        metavar="uint8|float16",
        help="Keep them too, (K, H, W) of each image, in the folder OUT.probabilities.",
    ),
    click.option("--zarr", "as_zarr", is_flag=True, help="… as Zarr instead of NPY (extra `zarr`)."),
    click.option("--confidence", is_flag=True, help="Keep the highest probability as 8-bit PNG, in OUT.confidence."),
    click.option(
        "--pseudo-labels",
        type=float,
        metavar="T",
        help="Labels to train on: pixels whose highest probability is below T become void.",
    ),
    click.option("--overwrite", is_flag=True, help="Predict anew what another model or other settings wrote there."),
)
OTHERS = (
    *MODEL_OPTIONS[1:],
    device_option,
    precision_option,
    click.option("--jobs", "-j", type=click.IntRange(1, 1024), metavar="N", help="Threads.  [default: all processors]"),
    quiet_option,
)


@click.command(short_help="Predict masks of a folder of images.")
@click.argument("images", type=click.Path(path_type=Path, exists=True))
@partial(with_options, options=(*MAIN, *TILES, *KEPT, *OTHERS))
@click.pass_context
def predict(ctx: click.Context, /, images: Path, **options: Any) -> int:
    """Predict a mask for every image in IMAGES (a folder, a tree of folders, or one file).

    \b
    Examples:
        unet predict images/ --model model/ -o predictions
        unet predict images/ --model model/ -o predictions --inspect masks/
        unet predict slides/ --model model/ -o predictions --tile 1024 --overlap 256 --tta
        unet predict images/ --model smp:FOLDER --classes classes.toml -o predictions
        unet predict images/ --model hf:FOLDER --task panoptic -o segments

    Images may have any size: large ones are predicted in tiles that overlap and blend, and gigapixel TIFFs block by
    block. A run that was stopped goes on when the command is given again.
    """
    given = {name for name in options if ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE}
    _check_choices(options, given)
    segmenter = model_of(options, options["device"])
    if options["task"] != "semantic":
        return _segments(images, segmenter, options)
    code = _masks(images, segmenter, options)
    if options["masks"] is None:
        return code
    return _inspected(images, options) or code


def _check_choices(options: dict[str, Any], given: set[str]) -> None:
    """Raise UsageError for options that would do nothing."""
    if options["as_zarr"] and not options["probabilities"]:
        raise UsageError("--zarr: of --probabilities, which was not asked for")
    if options["run_folder"] and not options["masks"]:
        raise UsageError("--run: of --inspect, which was not asked for")
    if options["task"] != "semantic" and (asked := sorted(given - OF_SEGMENTS)):
        flags = ", ".join(SPELLED.get(name, f"--{name.replace('_', '-')}") for name in asked)
        raise UsageError(f"{flags}: of --task semantic; segments are neither averaged nor tiled nor inspected")


def _masks(images: Path, segmenter: Segmenter, options: dict[str, Any]) -> int:
    from inspector.cli_progress import progress_bar
    from unet.prediction.predict import PredictSettings, predict_folder

    settings = PredictSettings(**{each.name: options[each.name] for each in fields(PredictSettings)})
    quiet = options["quiet"]
    say = _silent if quiet else _note
    with progress_bar(quiet, what="images", first="getting ready") as progress:
        predicted = predict_folder(images, segmenter, options["output"], settings, say, progress or _silent)
    if not quiet:
        print_text(_summary(predicted, options["output"]))
    for problem in predicted.problems[:NAMED]:
        fix = f" ({problem.fix})" if problem.fix else ""
        click.echo(visible(f"not predicted: {problem.path}: {problem.reason}{fix}"), err=True)
    if len(predicted.problems) > NAMED:
        click.echo(f"… and {len(predicted.problems) - NAMED} more images that were not predicted", err=True)
    return PARTIAL if predicted.problems else 0


def _note(text: str) -> None:
    print_text(f"note: {visible(text)}\n")


def _silent(*_: object) -> None:
    """What --quiet hears."""


def _summary(predicted: Predicted, out: Path) -> str:
    counts = [f"{predicted.predicted} images predicted"]
    if predicted.skipped:
        counts.append(f"{predicted.skipped} were there already")
    if predicted.problems:
        counts.append(f"{len(predicted.problems)} could not be predicted")
    lines = [", ".join(counts)]
    if predicted.predicted:
        rate = predicted.predicted / predicted.seconds
        pixels = predicted.megapixels / predicted.seconds
        busy = predicted.device_busy_fraction
        lines.append(f"{rate:.1f} images/s, {pixels:.2f} Mpx/s; the device worked {busy:.0%} of the time")
    where = visible(str(out))
    return "\n".join(
        [*lines, f"masks: {where}", f"next:  inspect {where} --gt MASKS --classes {where}/classes.json", ""]
    )


def _inspected(images: Path, options: dict[str, Any]) -> int:
    from inspector.categories import load_categories
    from inspector.cli_run import main_job
    from unet.prediction.outputs import CLASSES

    out: Path = options["output"]
    return main_job(
        options["masks"],
        out,
        options["run_folder"] or out.with_name(f"{out.name}.inspection"),
        categories=load_categories(out / CLASSES),
        images=images if images.is_dir() else images.parent,
        jobs=options["jobs"],
        as_json=False,
        quiet=options["quiet"],
    )


def _segments(images: Path, segmenter: Segmenter, options: dict[str, Any]) -> int:
    """Instances or panoptic segments, as COCO panoptic."""
    from unet.prediction.segments import predict_segments

    path, count, problems = predict_segments(images, segmenter, options["output"], options["task"])
    for problem in problems:
        click.echo(visible(f"not predicted: {problem.path}: {problem.reason} ({problem.fix})"), err=True)
    if not options["quiet"]:
        print_text(f"{count} images: {visible(str(path))}, and the ids of their segments beside it\n")
    return PARTIAL if problems else 0
