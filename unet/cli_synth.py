"""`unet synth`: data to try everything on."""

from __future__ import annotations

from pathlib import Path

import click

from inspector.cli_errors import print_text
from inspector.problems import visible

__all__ = ["synth"]


@click.command(short_help="Draw images and masks to try everything on.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--train", "train_count", type=click.IntRange(1), default=200, show_default=True, metavar="N")
@click.option("--val", "val_count", type=click.IntRange(0), default=50, show_default=True, metavar="N")
@click.option("--test", "test_count", type=click.IntRange(0), default=100, show_default=True, metavar="N")
@click.option(
    "--size", default="64", show_default=True, metavar="PX|HxW", help="Of the images, at least 16: 64 or 120x160."
)
@click.option(
    "--kind",
    type=click.Choice(["shapes", "binary"]),
    default="shapes",
    show_default=True,
    help="shapes: circles and squares on a coloured background; binary: spots that cover 5 % of the pixels.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed draws other images.")
def synth(folder: Path, train_count: int, val_count: int, test_count: int, size: str, kind: str, seed: int) -> int:
    """Draw images and masks into DIR/train, DIR/val and DIR/test; the same options always draw the same ones.

    \b
    Example:
        unet synth shapes/ --train 200 --val 50 --test 100 --size 64
    """
    from unet.shapes import write_shapes

    counts = {"train": train_count, "val": val_count, "test": test_count}
    write_shapes(
        folder, {name: count for name, count in counts.items() if count}, size=_size(size), seed=seed, kind=kind
    )
    where = visible(str(folder))
    print_text(
        f"{train_count} images to train on, {val_count} to validate on, {test_count} to test on: {where}\n"
        f"next: unet train --data {where} --classes {where}/classes.json --out model --epochs 30\n"
    )
    return 0


def _size(text: str) -> tuple[int, int]:
    parts = text.lower().split("x")
    if len(parts) not in (1, 2) or not all(part.isdecimal() and 16 <= int(part) <= 16384 for part in parts):
        raise click.BadParameter(f"--size {text}: expected px from 16 to 16384: 64, or height x width such as 120x160")
    return int(parts[0]), int(parts[-1])
