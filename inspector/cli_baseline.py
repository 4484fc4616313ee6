"""`inspect baseline`: what later runs are compared with, as one small file to commit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.errors import InputError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from inspector.runs import Run

__all__ = ["baseline"]

PARTIAL = click.option("--partial", is_flag=True, help="Take a run that had to leave input out, too.")


@click.group(epilog=EPILOG, short_help="Save, update and show what later runs are compared with.")
def baseline() -> None:
    """What later runs are compared with: one small file to commit, with the counts of each image and without masks.

    \b
    inspect baseline save RUN -o baseline.json
    inspect baseline update baseline.json RUN
    inspect gate RUN --baseline main=baseline.json --gate 'iou.* >= main - 1%'
    """


@baseline.command(epilog=EPILOG, short_help="Write the baseline of a run.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("baseline.json"),
    show_default=True,
    help="File to write; one that is there is never replaced.",
)
@PARTIAL
def save(run_folder: Path, output: Path, partial: bool) -> int:
    """Write the baseline of the run folder RUN.

    \b
    Example:
        inspect baseline save inspection/ -o baseline.json
    """
    from inspector.baselines import baseline_of, write_baseline
    from inspector.results import to_json

    run = _run(run_folder, partial)
    record = baseline_of(run)
    _check_place(output, run_folder)
    if output.exists():
        if _text(output) != to_json(record):
            fix = f"`inspect baseline update {output} {run_folder}` shows what changes and replaces it"
            raise UsageError(f"{output}: is there, and is not of this run; {fix}", path=str(output), fix=fix)
        print_text(f"baseline: {visible(str(output))} is this very one already\n")
        return 0
    write_baseline(output, record)
    print_text(f"baseline: {visible(str(output))} ({_size(output)}, {len(run.image_ids):,} images)\n")
    return 0


@baseline.command(epilog=EPILOG, short_help="Replace a baseline, and say what changes.")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@PARTIAL
def update(file: Path, run_folder: Path, partial: bool) -> int:
    """Replace the baseline FILE with that of the run folder RUN, and say what changes.

    \b
    Example:
        inspect baseline update baseline.json inspection/
    """
    from inspector.baseline_changes import update_of
    from inspector.baselines import baseline_of, read_baseline, read_record, write_baseline
    from inspector.cli_baseline_text import update_text

    before = read_record(file), read_baseline(file)
    run = _run(run_folder, partial)
    after = baseline_of(run), run
    _check_place(file, run_folder)
    write_baseline(file, after[0])
    print_text(update_text(str(file), before[1].name, run.name, update_of(before, after)))
    return 0


@baseline.command(epilog=EPILOG, short_help="Show what a baseline holds.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, without the counts of each image.")
def show(file: Path, as_json: bool) -> int:
    """Show the numbers in the baseline FILE, and what they mean.

    \b
    Example:
        inspect baseline show baseline.json
    """
    from inspector.baselines import read_baseline, read_record
    from inspector.cli_baseline_text import baseline_text
    from inspector.results import to_json

    run, record = read_baseline(file), read_record(file)  # the whole of it: what is damaged is not shown as good
    if as_json:
        print_text(to_json({key: value for key, value in record.items() if key != "data"}))
    else:
        print_text(baseline_text(str(file), record, run))
    return 0


def _run(folder: Path, partial: bool) -> Run:
    """The run. Raises InputError for one that says too little to be held against others."""
    from inspector.runs import read_run

    run = read_run(folder)
    if not run.image_ids:
        raise InputError("empty_run", f"{folder}: nothing was scored, so there is nothing to compare with")
    if run.document["partial"] and not partial:
        left: list[Any] = run.document["inputs"]["excluded"]
        what = f"{folder}: the run had to leave {len(left):,} file{'' if len(left) == 1 else 's'} out"
        raise InputError("partial_run", what, "mend them and run again, or say --partial")
    return run


def _check_place(file: Path, run_folder: Path) -> None:
    if file.parent.resolve() == run_folder.resolve():
        raise UsageError(f"{file}: lies in the run folder, which the next run replaces; keep it elsewhere")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); choose another -o", path=str(path)) from None


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1000:,.0f} kB"
