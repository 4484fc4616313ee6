"""The options of `inspect run` and `inspect lint`, and what they mean together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from inspector.errors import UsageError
from inspector.settings import Settings

if TYPE_CHECKING:
    from inspector.categories import Categories

__all__ = ["categories_from", "counting_options", "how_many_images", "reading_options", "settings_from", "with_options"]

LONGEST_PX = 100_000


def _length(ctx: click.Context, option: click.Parameter, value: float) -> float:
    if not 0 < value <= LONGEST_PX:
        raise click.BadParameter(
            f"{value} is no length: give px (1 to {LONGEST_PX:,}) or a fraction of the image diagonal (below 1)"
        )
    return value


def _spacing(ctx: click.Context, option: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        sizes = [float(part) for part in value.split(",")]
    except ValueError:
        sizes = []
    if len(sizes) not in (1, 2) or not all(0 < size < float("inf") for size in sizes):
        raise click.BadParameter(f"{value!r}: expected mm per px, one number or two (rows,columns): 0.5 or 0.5,0.7")
    return sizes[0], sizes[-1]


def how_many_images(ctx: click.Context, option: click.Parameter, value: str | None) -> int | str | None:
    """Callback of --evidence: a number of images, "all", or None where it is not given."""
    if value is None or value == "all":
        return value
    try:
        number = int(value)
    except ValueError:
        number = 0
    if number < 1:
        raise click.BadParameter(f"{value!r}: expected a number of images from 1 on, or all")
    return number


READING = (
    click.option("--gt", required=True, metavar="MASKS", help="Folder of the true masks (or one file)."),
    click.option(
        "--classes",
        metavar="FILE|PRESET",
        help="Class list: a TOML, JSON, CSV or COCO file, or a preset (cityscapes-trainids, cityscapes-ids, "
        "pascal-voc, ade20k, camvid, binary).  [default: the values found in the masks]",
    ),
    click.option("--num-classes", type=int, metavar="N", help="Classes 0 to N-1, without names."),
    click.option(
        "--ignore",
        type=click.IntRange(-(2**31), 2**31 - 1),
        multiple=True,
        metavar="V",
        help="Value of the truth that is not scored (void); may be given several times.",
    ),
    click.option(
        "--match",
        metavar="REGEX",
        help="Pairs files by what the first group of this regular expression finds in their paths, such as "
        "'frame_(\\d+)'.  [default: by path without extension]",
    ),
    click.option(
        "--missing",
        type=click.Choice(["error", "empty", "skip"]),
        default="error",
        show_default=True,
        help="A true mask without a prediction: listed, with exit code 3; scored as a prediction of nothing; or "
        "left out by choice.",
    ),
    click.option(
        "--exclude",
        metavar="FILE",
        help="Images to leave out by choice: a CSV with the columns image and reason, or a review.json, of which those "
        "with a label error or to be relabelled are left out. Each is named in the result.",
    ),
    click.option(
        "--unknown",
        type=click.Choice(["error", "wrong"]),
        default="error",
        show_default=True,
        help="A predicted value outside the class list: leave the pair out, with exit code 3; or count it as wrong.",
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(1),
        default=Settings.max_pixels,
        show_default=True,
        metavar="N",
        help="Refuse larger masks before they are decoded.",
    ),
    click.option(
        "--jobs",
        "-j",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="Threads; the result does not depend on it.  [default: all processors]",
    ),
)
COUNTING = (
    click.option(
        "--tolerance",
        type=float,
        default=Settings.tolerance,
        show_default=True,
        callback=_length,
        metavar="LENGTH",
        help="How far a boundary may be off and still count as found (boundary F1, surface Dice): in px, or below 1 "
        "a fraction of the image diagonal.",
    ),
    click.option(
        "--boundary-width",
        type=float,
        default=Settings.boundary_width,
        show_default=True,
        callback=_length,
        metavar="LENGTH",
        help="Width of the bands of boundary IoU and trimap IoU: in px, or below 1 a fraction of the image diagonal.",
    ),
    click.option(
        "--min-images",
        type=click.IntRange(1),
        default=Settings.min_images,
        show_default=True,
        metavar="N",
        help="A class or slice with fewer images than this is not judged.",
    ),
    click.option(
        "--spacing",
        callback=_spacing,
        metavar="MM[,MM]",
        help="Size of a pixel in mm (rows,columns): distances are then given in mm as well.  "
        "[default: what the files say]",
    ),
    click.option(
        "--resamples",
        type=click.IntRange(100, 100_000),
        default=Settings.resamples,
        show_default=True,
        metavar="N",
        help="Bootstrap resamples behind each interval.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0, 2**63 - 1),
        default=Settings.seed,
        show_default=True,
        metavar="N",
        help="Seed of the resamples: the same seed gives the same bytes.",
    ),
)
Command = Callable[..., Any]


def reading_options(command: Command) -> Command:
    """Decorator: the options of everything that reads masks."""
    return with_options(command, READING)


def counting_options(command: Command) -> Command:
    """Decorator: the options of everything that counts."""
    return with_options(command, COUNTING)


def with_options(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    """`command` with `options`, in the order in which help shows them."""
    for option in reversed(options):
        command = option(command)
    return command


def settings_from(options: Mapping[str, Any]) -> Settings:
    """The settings that the options ask for; what they do not name keeps its default."""
    given = {option.name: options[option.name] for option in fields(Settings) if option.name in options}
    return Settings(**{**given, "ignore": tuple(sorted(set(options["ignore"])))})


def categories_from(options: Mapping[str, Any]) -> Categories | None:
    """The class list that the options ask for; None: take the values found. Raises UsageError."""
    from inspector.categories import load_categories, numbered

    spec, number = options["classes"], options["num_classes"]
    if spec is None:
        return numbered(number) if number is not None else None
    categories = load_categories(spec)
    if number not in (None, len(categories), len(categories) + len(categories.ignored)):
        raise UsageError(
            f"--classes {spec} lists {len(categories)} classes, --num-classes says {number}: leave one of them out"
        )
    return categories
