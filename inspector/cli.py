"""The command `inspect`: parse, call, print, exit. The only place that prints, and that joins the packages."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from inspector.cli_options import counting_options, settings_from
from inspector.errors import EnvironmentFault, InputError, InspectorError, UsageError

if TYPE_CHECKING:
    from inspector.pipeline import Inspection

__all__ = ["cli", "main"]

PARTIAL = 3  # exit code of a run that had to leave some input out
EPILOG = """\b
Exit codes: 0 done · 1 a gate failed · 2 wrong usage · 3 bad, missing or
unmeasurable input (what is good is still scored) · 4 the machine or a bug."""


class DefaultGroup(click.Group):
    """A group whose first argument may be a folder: then the command is `run`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        first = next((arg for arg in args if not arg.startswith("-")), None)
        own = {"--help", "-h", "--version"}
        if args and first not in self.commands and args[0] not in own:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=DefaultGroup, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="mask-inspector", prog_name="inspect")
def cli() -> None:
    """Why is this segmentation model bad?

    Reads predicted and true masks, counts them once, and says which classes fail, why, how sure that is, and
    which images prove it.

    \b
        inspect predictions/ --gt masks/                     the main job; `inspect run --help` has its options
        inspect predictions/ --gt masks/ --classes camvid    with a class list: a preset or a file
    """


@cli.command(epilog=EPILOG)
@click.argument("predictions", type=click.Path())
@counting_options
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Run folder to write.  [default: inspection]")
@click.option("--images", type=click.Path(), help="Folder of the pictures behind the masks, shown in the report.")
@click.option("--metadata", type=click.Path(), help="CSV with a row for each image (column `image`): slices, groups.")
@click.option(
    "--group", metavar="COLUMN", help="Column of the metadata that is resampled as one: patient, scene, video."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print the document instead of the summary (no folder without -o)."
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def run(predictions: str, output: Path | None, as_json: bool, quiet: bool, **options: Any) -> None:
    """Compare the masks in PREDICTIONS with the true ones: the main job.

    \b
    Example:  inspect predictions/ --gt masks/ --classes cityscapes-trainids -o run
    """
    from inspector.cli_summary import print_summary, progress_bar
    from inspector.results import to_json

    place = output or (None if as_json else Path("inspection"))
    inspection = _inspect(predictions, place, quiet, progress_bar, options)
    if as_json:
        click.echo(to_json(inspection.document), nl=False)
    elif not quiet:
        print_summary(inspection)
    _report_excluded(inspection, quiet or as_json)
    sys.exit(PARTIAL if inspection.partial or not inspection.document["inputs"]["pairs"] else 0)


def _inspect(
    predictions: str, place: Path | None, quiet: bool, progress_bar: Any, options: dict[str, Any]
) -> Inspection:
    from inspector.cli_run import write_run_record
    from inspector.pipeline import inspect_folders
    from reports import write_report

    def finish(folder: Path, inspection: Inspection) -> None:
        write_run_record(folder)
        write_report(folder)

    settings, categories = settings_from(options)
    with progress_bar(quiet) as progress:
        return inspect_folders(
            options["gt"],
            predictions,
            out=place,
            categories=categories,
            settings=settings,
            images=options["images"],
            match=options["match"],
            metadata=options["metadata"],
            group=options["group"],
            jobs=options["jobs"],
            progress=progress,
            finish=finish,
        )


def _report_excluded(inspection: Inspection, all_of_them: bool) -> None:
    """Each file that was left out, on stderr: all of them where the summary did not name them."""
    excluded = inspection.document["inputs"]["excluded"]
    for record in excluded if all_of_them else ():
        fix = f" ({record['fix']})" if record["fix"] else ""
        click.echo(f"excluded {visible(record['file'])}: {visible(record['reason'])}{visible(fix)}", err=True)


@cli.command(epilog=EPILOG)
@click.argument("predictions", type=click.Path())
@counting_options
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
def lint(predictions: str, as_json: bool, **options: Any) -> None:
    """Check names, sizes and values of the masks in PREDICTIONS against the true ones, and count nothing.

    \b
    Example:  inspect lint predictions/ --gt masks/ --num-classes 19 --ignore 255
    """
    from inspector.cli_summary import print_lint
    from inspector.linting import lint_folders
    from inspector.results import to_json

    settings, categories = settings_from(options)
    record, is_partial = lint_folders(
        options["gt"],
        predictions,
        categories=categories,
        settings=settings,
        match=options["match"],
        jobs=options["jobs"],
    )
    if as_json:
        click.echo(to_json({"partial": is_partial, "inputs": record}), nl=False)
    else:
        print_lint(record, is_partial)
    sys.exit(PARTIAL if is_partial or not record["pairs"] else 0)


@cli.command()
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
def render(run_folder: Path) -> None:
    """Draw report.html of a run folder again; no mask is read.

    \b
    Example:  inspect render inspection/
    """
    from reports import ReportError, write_report

    try:
        click.echo(f"report: {visible(str(write_report(run_folder)))}")
    except ReportError as error:
        raise InputError("no_run", str(error)) from None


@cli.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), default=Path("demo"), show_default=True, help="Folder to make."
)
@click.option(
    "--pairs", type=click.IntRange(2, 100_000), default=60, show_default=True, help="How many images to draw."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Other data for another seed.")
def demo(output: Path, pairs: int, seed: int) -> None:
    """Draw street scenes and the predictions of a model that errs as real ones do, and inspect them.

    \b
    Example:  inspect demo -o demo
    """
    from inspector.cli_demo import run_demo

    sys.exit(run_demo(output, pairs, seed, cli))


def visible(text: str) -> str:
    """Text of unknown origin for a terminal: control and direction characters are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _stop(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


def main() -> NoReturn:
    """Entry point: every error becomes a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        cli.main(standalone_mode=False)
        code = 0
    except click.exceptions.Exit as leaving:
        code = leaving.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        click.echo("interrupted: nothing was written", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except InspectorError as error:
        code = _explain(error)
    except MemoryError:
        click.echo("error: out of memory; try --jobs 1, or smaller masks", err=True)
        code = EnvironmentFault.exit_code
    except BrokenPipeError:  # the reader of our output has gone; that is its choice
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        code = _confess(error)
    sys.exit(code)


def _explain(error: InspectorError) -> int:
    click.echo(f"error: {visible(str(error))}", err=True)
    if isinstance(error, UsageError) and error.fix and error.fix not in str(error):
        click.echo(f"  {visible(error.fix)}", err=True)
    return error.exit_code


def _confess(error: Exception) -> int:
    """A bug of ours: say so in a line; the traceback is for those who ask for it."""
    if os.environ.get("INSPECT_DEBUG"):
        traceback.print_exc()
    click.echo(f"error: {type(error).__name__}: {visible(str(error))}", err=True)
    click.echo("  this is a bug in inspect: please report it with the output of INSPECT_DEBUG=1 inspect …", err=True)
    return EnvironmentFault.exit_code
