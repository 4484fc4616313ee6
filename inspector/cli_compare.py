"""`inspect compare`: is the newer of two runs better, where, and on which images? No mask is read."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.errors import InputError, UsageError

if TYPE_CHECKING:
    from inspector.comparison_images import Evidence
    from inspector.runs import Run

__all__ = ["compare"]


def _share(zero: bool = False, one: bool = False) -> Callable[[click.Context, click.Parameter, str], float]:
    """A callback that reads 0.05 or 5%: between 0 and 1, which themselves are taken where that is said."""

    def read(ctx: click.Context, option: click.Parameter, text: str) -> float:
        try:
            share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            share = math.nan
        if not (0 < share < 1 or (share == 0 and zero) or (share == 1 and one)):
            raise click.BadParameter(f"{text!r}: expected a share of 1, such as 0.05 or 5%")
        return share

    return read


@click.command(epilog=EPILOG, short_help="Is a newer run better than an older one, and where?")
@click.argument("older", metavar="A", type=click.Path(path_type=Path))
@click.argument("newer", metavar="B", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="New run folder for a copy of B with the comparison; B then stays as it is.  [default: into B]",
)
@click.option(
    "--confidence",
    metavar="SHARE",
    callback=_share(),
    default="0.95",
    show_default=True,
    help="Of intervals; tests are made at the level that it leaves.",
)
@click.option(
    "--resamples",
    type=click.IntRange(100, 100_000),
    default=2000,
    show_default=True,
    metavar="N",
    help="Bootstrap resamples behind each interval.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the resamples: the same seed gives the same bytes.",
)
@click.option(
    "--min-images",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    metavar="N",
    help="A class or slice in fewer images than this is not judged.",
)
@click.option(
    "--margin",
    metavar="SHARE",
    callback=_share(zero=True),
    default="0",
    show_default=True,
    help="A difference of at most this much is none, such as 0.01 or 1%.",
)
@click.option(
    "--least-change",
    metavar="SHARE",
    callback=_share(one=True),
    default="0.05",
    show_default=True,
    help="An image is fixed or broken where its own mean IoU rose or fell by so much.",
)
@click.option("--fail-on", type=click.Choice(["worse"]), help="Exit 1 where B is worse; for scripts.")
@click.option("--json", "as_json", is_flag=True, help="Print compare.json instead of the table.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def compare(
    older: Path, newer: Path, output: Path | None, fail_on: str | None, as_json: bool, quiet: bool, **chosen: Any
) -> int:
    """Compare the newer run B with the older run A, which may be a baseline file, on the images that both scored.

    \b
    Examples:
        inspect compare runs/main runs/wider-crops
        inspect compare baseline.json inspection/ --margin 1% --fail-on worse
        inspect compare runs/main runs/wider-crops --json | jq .verdict

    Both are resampled together, so differences are far surer than the numbers themselves. The result goes into B too:
    compare.json, pictures of what changed, and a section of its report. Runs with other classes, other definitions or
    another truth are refused, with exit code 3.
    """
    from inspector.cli_compare_folder import publish
    from inspector.cli_compare_text import comparison_text
    from inspector.comparison import Choices
    from inspector.comparison import compare as compared
    from inspector.comparison_images import draw_changes
    from inspector.results import to_json

    a, b, kept = _read(older, newer)
    place = _place(older, newer, output)
    document, places = compared(a, b, Choices(**chosen))
    changed = [pair for pairs in places.values() for pair in pairs]
    records, pictures = draw_changes(*kept, b, changed)
    for image, names in zip([*document["images"]["fixed"], *document["images"]["broken"]], records, strict=True):
        image["pictures"] = names
    text = to_json(document)
    publish(newer, place, text, pictures)
    if as_json:
        print_text(text)
    elif not quiet:
        print_text(comparison_text(document, place))
    return 1 if fail_on == document["verdict"] else 0


def _read(older: Path, newer: Path) -> tuple[Run, Run, tuple[Evidence, Evidence]]:
    """Both runs, by names that tell them apart, and what they keep to look at."""
    from inspector.baselines import read_baseline
    from inspector.comparison_images import Evidence
    from inspector.runs import read_run

    for path in (older, newer):
        if not path.exists():
            raise InputError("no_run", f"{path}: not found; expected a folder that `inspect` has written")
    if not newer.is_dir():
        raise UsageError(f"{newer}: B is the newer run, a folder; a baseline file goes first", path=str(newer))
    runs = [read_run(path) if path.is_dir() else read_baseline(path) for path in (older, newer)]
    names = [path.resolve().name if path.is_dir() else run.name for path, run in zip((older, newer), runs, strict=True)]
    if names[0] == names[1]:
        names = [str(older), str(newer)]
    a, b = (replace(run, name=name) for run, name in zip(runs, names, strict=True))
    return a, b, (Evidence(older, a.document), Evidence(newer, b.document))


def _place(older: Path, newer: Path, output: Path | None) -> Path:
    """The run folder to write. Raises UsageError where that would replace A."""
    from inspector.run_folder import check_place

    if output is None or output.resolve() == newer.resolve():
        return newer
    if output.resolve() == older.resolve():
        raise UsageError(f"{output}: is A, which would be replaced; choose another -o", path=str(output))
    check_place(output)
    return output
