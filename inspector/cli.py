"""The command `inspect`: parse, call, print, exit. The only place that prints, and that joins the packages."""

from __future__ import annotations

import difflib
import io
import os
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_machine import check_address_space, prepare
from inspector.cli_options import categories_from, counting_options, reading_options, settings_from
from inspector.errors import EnvironmentFault, InputError, InspectorError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from inspector.pipeline import Inspection

__all__ = ["cli", "run_command"]

PARTIAL = 3  # exit code of a run that had to leave some input out
OWN_OPTIONS = frozenset({"--help", "-h", "--version"})  # of `inspect` itself; any other belongs to the main job
EPILOG = """\b
Exit codes: 0 done · 1 a gate failed · 2 wrong usage · 3 bad, missing or
unmeasurable input (what is good is still scored) · 4 the machine or a bug."""


class DefaultGroup(click.Group):
    """A group whose first argument may be a folder: then the command is `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, *OWN_OPTIONS}:
            self._refuse_misspelled(ctx, args[0])
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def _refuse_misspelled(self, ctx: click.Context, word: str) -> None:
        near = difflib.get_close_matches(word, self.commands, n=1)
        if near and not os.path.exists(word):
            ctx.fail(f"there is no command and no folder {visible(word)!r}; did you mean `inspect {near[0]}`?")


@click.group(
    cls=DefaultGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="mask-inspector", prog_name="inspect")
def cli() -> None:
    """Why is this segmentation model bad?

    Reads predicted and true masks, counts them once, and says which classes fail, why, how sure that is, and
    which images prove it.

    \b
    inspect predictions/ --gt masks/
        The main job; `inspect run --help` lists its options.
    inspect predictions/ --gt masks/ --classes camvid -o camvid-run
        With a class list (a preset or a file) and a place for the result.
    inspect demo
        The same on data it makes itself.

    A folder that is called like a command is written with its path: inspect ./lint --gt masks/
    """
    check_address_space()


@cli.command(epilog=EPILOG, short_help="The main job; its name may be left out.")
@click.argument("predictions", type=click.Path())
@reading_options
@counting_options
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run folder to write.  [default: inspection]")
@click.option("--images", type=click.Path(), help="Folder of the pictures behind the masks, shown in the report.")
@click.option(
    "--metadata",
    type=click.Path(),
    help="CSV with a row for each image (column `image`): each other column is looked at slice by slice.",
)
@click.option(
    "--group",
    metavar="COLUMN",
    help="Column of --metadata whose images belong together (patient, scene, video): intervals resample it as one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the document instead; without -o no folder is written.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def run(predictions: str, output: Path | None, as_json: bool, quiet: bool, **options: Any) -> int:
    """Compare the masks in PREDICTIONS with the true ones: the main job. `run` itself may be left out.

    \b
    Examples:
        inspect predictions/ --gt masks/ --classes cityscapes-trainids -o run
        inspect predictions/ --gt masks/ --num-classes 19 --ignore 255 --json
        inspect predictions/ --gt masks/ --metadata images.csv --group patient
    """
    from inspector.cli_progress import progress_bar
    from inspector.cli_summary import summary_text
    from inspector.results import to_json

    place = output or (None if as_json else Path("inspection"))
    inspection = _inspect(predictions, place, quiet, progress_bar, options)
    inputs = inspection.document["inputs"]
    code = PARTIAL if inspection.partial or not inputs["pairs"] else 0
    if as_json:
        _print(to_json(inspection.document))
    elif not quiet:
        _print(summary_text(inspection))
    _report_excluded(inputs, as_json or quiet)
    return code


def _inspect(
    predictions: str, place: Path | None, quiet: bool, progress_bar: Any, options: dict[str, Any]
) -> Inspection:
    from inspector.cli_run import write_run_record
    from inspector.pipeline import inspect_folders
    from reports import write_report

    began = time.time()

    def finish(folder: Path, inspection: Inspection) -> None:
        write_run_record(folder, began)
        write_report(folder)

    with progress_bar(quiet) as progress:
        return inspect_folders(
            options["gt"],
            predictions,
            out=place,
            categories=categories_from(options),
            settings=settings_from(options),
            images=options["images"],
            match=options["match"],
            metadata=options["metadata"],
            group=options["group"],
            jobs=options["jobs"],
            progress=progress,
            finish=finish,
        )


def _print(text: str) -> None:
    """To standard output. A reader that has gone (`| head`) has what it wanted; a disk that is full has not."""
    try:
        if sys.stdout:
            sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python fails once more on its way out
        if not isinstance(error, BrokenPipeError):
            raise EnvironmentFault(f"cannot write to standard output: {error.strerror}") from None


def _report_excluded(inputs: Mapping[str, Any], all_of_them: bool) -> None:
    """Each file that was left out, on stderr, where no summary named them."""
    excluded: Sequence[Mapping[str, str]] = inputs["excluded"] if all_of_them else ()
    for record in excluded:
        fix = f" ({record['fix']})" if record["fix"] else ""
        click.echo(visible(f"excluded {record['file']}: {record['reason']}{fix}"), err=True)


@cli.command(epilog=EPILOG, short_help="Check names, sizes and values; count nothing.")
@click.argument("predictions", type=click.Path())
@reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def lint(predictions: str, as_json: bool, quiet: bool, **options: Any) -> int:
    """Check names, sizes and values of the masks in PREDICTIONS against the true ones, and count nothing.

    \b
    Example:
        inspect lint predictions/ --gt masks/ --num-classes 19 --ignore 255
    """
    from inspector.cli_summary import lint_text
    from inspector.linting import lint_folders
    from inspector.results import to_json

    record, is_partial = lint_folders(
        options["gt"],
        predictions,
        categories=categories_from(options),
        settings=settings_from(options),
        match=options["match"],
        jobs=options["jobs"],
    )
    if as_json:
        _print(to_json({"partial": is_partial, "inputs": record}))
    elif not quiet:
        _print(lint_text(record, is_partial))
    _report_excluded(record, as_json or quiet)
    return PARTIAL if is_partial or not record["pairs"] else 0


@cli.command(epilog=EPILOG, short_help="Draw the report of a run folder again.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
def render(run_folder: Path) -> int:
    """Draw report.html of the run folder RUN again; no mask is read.

    \b
    Example:
        inspect render inspection/
    """
    from reports import ReportError, write_report

    if not run_folder.is_dir():
        raise UsageError(f"there is no folder {run_folder}", path=str(run_folder))
    try:
        path = write_report(run_folder)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None
    _print(f"report: {visible(str(path))}\n")
    return 0


@cli.command(epilog=EPILOG, short_help="Draw data and inspect it: see what you would get.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Folder to make."
)
@click.option(
    "--pairs",
    type=click.IntRange(2, 100_000),
    default=120,
    show_default=True,
    metavar="N",
    help="How many images to draw.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Another seed draws other scenes.",
)
def demo(output: Path, pairs: int, seed: int) -> int:
    """Draw street scenes and the predictions of a model that errs as real ones do, and inspect them.

    \b
    Example:
        inspect demo -o demo
    """
    from inspector.cli_demo import command_for, draw_demo, make_room

    make_room(output)
    where = visible(str(output))
    _print(f"drawing {pairs} street scenes, and what a model with real faults makes of them, into {where}/\n")
    draw_demo(output, pairs, seed)
    arguments = command_for(output)
    _print(f"\n$ inspect {visible(' '.join(arguments))}\n\n")
    return int(cli.main(arguments, prog_name="inspect", standalone_mode=False))


def run_command() -> int:
    """Parse the command line and do what it says; every error becomes a sentence, and the exit code is returned."""
    prepare()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is spelled out, not a crash
            stream.reconfigure(errors="backslashreplace")
    try:
        return int(cli.main(prog_name="inspect", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except InspectorError as error:
        return _explain(error)
    except MemoryError:
        return _say("error: out of memory; try --jobs 1, or smaller masks")
    except OSError as error:
        return _say(f"error: {error.filename or 'the system'}: {error.strerror or error}")
    except Exception as error:
        if os.environ.get("INSPECT_DEBUG"):
            traceback.print_exc()
        return _say(
            f"error: {type(error).__name__}: {error}",
            "  this is a bug in inspect: please report it with the output of INSPECT_DEBUG=1 inspect …",
        )


def _explain(error: InspectorError) -> int:
    lines = [f"error: {error}"]
    if isinstance(error, UsageError) and error.fix and error.fix not in str(error):
        lines.append(f"  {error.fix}")
    return _say(*lines, code=error.exit_code)


def _say(*lines: str, code: int = EnvironmentFault.exit_code) -> int:
    for line in lines:
        click.echo(visible(line), err=True)
    return code
