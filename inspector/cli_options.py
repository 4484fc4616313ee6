"""The options that `inspect run` and `inspect lint` share, and what they mean together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from inspector.errors import UsageError
from inspector.settings import Settings

if TYPE_CHECKING:
    from inspector.categories import Categories

__all__ = ["counting_options", "settings_from"]


def _length(ctx: click.Context, option: click.Parameter, value: float) -> float:
    if not value > 0 or value == float("inf"):
        raise click.BadParameter(f"{value} is no length: give px (1 or more) or a fraction of the diagonal (below 1)")
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


OPTIONS = (
    click.option("--gt", required=True, metavar="MASKS", help="Folder of the true masks (or one file)."),
    click.option(
        "--classes",
        metavar="FILE|PRESET",
        help="Class list: TOML, JSON, CSV, COCO, or a preset (cityscapes-trainids, cityscapes-ids, pascal-voc, ade20k, camvid, binary). [default: the values found]",
    ),
    click.option("--num-classes", type=int, metavar="N", help="Classes 0 to N-1, without names."),
    click.option(
        "--ignore",
        type=int,
        multiple=True,
        metavar="V",
        help="Value of the truth that is not scored (void); repeatable.",
    ),
    click.option(
        "--match", metavar="REGEX", help="Its first group is the part of a path that pairs, such as '(\\d+)'."
    ),
    click.option(
        "--missing",
        type=click.Choice(["error", "empty", "skip"]),
        default="error",
        show_default=True,
        help="A mask without a partner: listed and exit 3; scored as predicting nothing; or left out.",
    ),
    click.option(
        "--unknown",
        type=click.Choice(["error", "wrong"]),
        default="error",
        show_default=True,
        help="A predicted value outside the class list: leave the pair out, or count it as wrong.",
    ),
    click.option(
        "--tolerance",
        type=float,
        default=Settings.tolerance,
        show_default=True,
        callback=_length,
        metavar="LENGTH",
        help="Of boundary F1 and surface Dice: px, or a fraction of the image diagonal if below 1.",
    ),
    click.option(
        "--boundary-width",
        type=float,
        default=Settings.boundary_width,
        show_default=True,
        callback=_length,
        metavar="LENGTH",
        help="Band of boundary IoU and trimap IoU; px or fraction as above.",
    ),
    click.option(
        "--min-images",
        type=click.IntRange(1),
        default=Settings.min_images,
        show_default=True,
        metavar="N",
        help="Fewer images of a class or slice than this: cannot tell.",
    ),
    click.option(
        "--spacing",
        callback=_spacing,
        metavar="MM[,MM]",
        help="Size of a pixel (rows,columns): distances in mm as well.",
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
        type=click.IntRange(0),
        default=Settings.seed,
        show_default=True,
        metavar="N",
        help="Of the resamples: same seed, same bytes.",
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(1),
        default=Settings.max_pixels,
        show_default=True,
        metavar="N",
        help="Refuse larger masks from their header.",
    ),
    click.option(
        "--jobs",
        "-j",
        type=click.IntRange(1),
        metavar="N",
        help="Threads; the result does not depend on it. [default: all processors]",
    ),
)


def counting_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the options of everything that reads masks."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def settings_from(options: dict[str, Any]) -> tuple[Settings, Categories | None]:
    """The settings and the class list that the options ask for; None: take the values found."""
    from inspector.categories import load_categories, numbered

    if options["classes"] is not None and options["num_classes"] is not None:
        spec = load_categories(options["classes"])
        if len(spec) + len(spec.ignored) != options["num_classes"] and len(spec) != options["num_classes"]:
            raise UsageError(
                f"--classes {options['classes']} lists {len(spec)} classes, --num-classes says {options['num_classes']}: "
                "leave one of them out"
            )
    settings = Settings(
        ignore=tuple(sorted(set(options["ignore"]))),
        tolerance=options["tolerance"],
        boundary_width=options["boundary_width"],
        min_images=options["min_images"],
        resamples=options["resamples"],
        seed=options["seed"],
        missing=options["missing"],
        unknown=options["unknown"],
        spacing=options["spacing"],
        max_pixels=options["max_pixels"],
    )
    if options["classes"] is not None:
        return settings, load_categories(options["classes"])
    return settings, numbered(options["num_classes"]) if options["num_classes"] is not None else None
