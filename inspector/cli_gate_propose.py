"""`inspect gate init` and `inspect gate calibrate`: gates and margins from the user's own runs, as a file to keep."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.gates.margins import Apart, Calibration
    from inspector.gates.proposals import Proposal
    from inspector.runs import Run

__all__ = ["calibrate", "init"]


@click.command(epilog=EPILOG, short_help="Propose gates from the intervals of a run.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--baseline", metavar="NAME=PATH", help="What gates compare with: a baseline file or a run folder.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write inspect.toml (or another name) instead.")
def init(run_folder: Path, baseline: str | None, output: Path | None) -> int:
    """Propose gates that the run folder RUN passes, from its own intervals, and print them as TOML.

    \b
    Examples:
        inspect gate init inspection/
        inspect gate init inspection/ --baseline main=baseline.json -o inspect.toml

    Thresholds are the lower ends of intervals: what the model holds today, with room for chance. A file that is there
    is never replaced.
    """
    from inspector.gates.proposals import propose
    from inspector.runs import read_run

    name, path = _named(baseline)
    if output:
        _check_place(output)
    run = read_run(run_folder)
    if not run.image_ids:
        raise InputError("empty_run", f"{run_folder}: nothing was scored, so there is nothing to propose")
    found = propose(run, name, lambda _: _baseline(path))
    text = _file(run, found, (name, _from(output, path)) if name else None)
    if output is None:
        print_text(text)
        return 0
    _write(output, text)
    count = sum(bool(each.gate) for each in found)
    again = f"`inspect gate {run_folder} --config {output}`"
    print_text(visible(f"gates: {output} ({count} gate{'' if count == 1 else 's'}); judge them with {again}") + "\n")
    return 0


@click.command(epilog=EPILOG, short_help="Margins from runs of one model with other seeds.")
@click.argument("run_folders", metavar="RUN RUN [RUN]...", type=click.Path(), nargs=-1, required=True)
def calibrate(run_folders: tuple[str, ...]) -> int:
    """How far apart do runs of one model lie, trained with other seeds? Less than that is no regression. Prints gates
    with these margins as TOML.

    \b
    Example:
        inspect gate calibrate seed-0/ seed-1/ seed-2/
    """
    from inspector.gates.margins import calibrate as held_against_each_other
    from inspector.gates.margins import check_runs
    from inspector.runs import read_run

    check_runs(run_folders)
    print_text(_margins(held_against_each_other([read_run(folder) for folder in run_folders])))
    return 0


# ---------------------------------------------------------------------- init


def _named(baseline: str | None) -> tuple[str | None, Path]:
    if baseline is None:
        return None, Path()
    name, equals, path = baseline.partition("=")
    if not (equals and name and path):
        raise UsageError(f"--baseline {baseline!r}: expected NAME=PATH, such as main=baseline.json")
    return name, Path(path)


def _baseline(path: Path) -> Run:
    from inspector.baselines import read_baseline
    from inspector.runs import read_run

    return read_run(path) if path.is_dir() else read_baseline(path)


def _check_place(output: Path) -> None:
    if os.path.lexists(output):
        what = f"{output}: is there, and a configuration is yours: leave -o out, and copy from what is printed"
        raise UsageError(what, path=str(output))
    if output.name == "pyproject.toml":
        what = f"{output}: there our tables lie below [tool.mask-inspector]; write inspect.toml instead"
        raise UsageError(what, path=str(output))


def _from(output: Path | None, path: Path) -> str:
    """The path as the file names it: from its own folder."""
    return Path(os.path.relpath(path, output.parent if output else Path())).as_posix()


def _file(run: Run, found: Sequence[Proposal], baseline: tuple[str, str] | None) -> str:
    from inspector.gates.config import Gates
    from inspector.gates.toml_text import comment_text, gate_text, table_text

    partial = " The run had to leave input out." if run.document["partial"] else ""
    head = (
        f"Proposed by `inspect gate init` from the run {run.name}: {len(run.image_ids):,} images, intervals of "
        f"{Gates().confidence * 100:.0f} %.{partial} A gate fails where its number lies beyond the threshold for sure. "
        "Change what you know better; raise the numbers as the model gets better."
    )
    parts = [comment_text(head)]
    if baseline:
        parts.append(table_text("baselines", dict([baseline])))
    return "\n".join([*parts, *(gate_text(each.gate, each.reason) for each in found)])


def _write(path: Path, text: str) -> None:
    """Whole or not at all, and never over what came there meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
            except BaseException:
                path.unlink()
                raise
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be written ({error.strerror}); choose another -o") from error


# ---------------------------------------------------------------------- calibrate


def _margins(found: Calibration) -> str:
    from inspector.gates.toml_text import comment_text

    pairs = f"{found.pairs} pair{'' if found.pairs == 1 else 's'}"
    head = f"From {found.runs} runs of one model, {pairs}: the largest difference, rounded up to a tenth of a point."
    if found.runs == 2:
        head += " Two runs give a lower bound: the next seed may well lie further away. Three or more say more."
    rare = f"No word on classes in fewer than {found.least} images: {', '.join(found.rare)}." if found.rare else ""
    overall = {"id": "overall-regresses", "metric": "miou", "baseline": "main"}
    classes = {"id": "no-class-regresses", "metric": "iou", "classes": "*", "baseline": "main"}
    parts = [
        comment_text(head),
        _gate(overall, "mean IoU", found.overall, "No two runs have a mean IoU."),
        _gate(classes, "IoU", found.classes, f"No class is in {found.least} images or more."),
        comment_text(rare) if rare else "",
    ]
    return "\n".join(filter(None, parts))


def _gate(gate: Mapping[str, Any], title: str, apart: Apart | None, nothing: str) -> str:
    """A gate whose margin is as large as what was seen, and where it was."""
    from inspector.gates.toml_text import comment_text, gate_text
    from inspector.gates.words import change

    if apart is None:
        return comment_text(nothing)
    of = f" of {apart.class_name}, which decides" if apart.class_name else ""
    moved = change(apart.difference, "fraction", apart.margin).lstrip("+")
    where = f"{apart.runs[0]} and {apart.runs[1]}, {apart.images:,} shared images"
    return gate_text({**gate, "margin": apart.margin}, f"{title}{of}: {moved} apart in {where}.")
