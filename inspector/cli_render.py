"""`inspect render`: the report of a run folder drawn again, as one file, as a folder, or printed; and what of this the
main job may be asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.cli_options import with_options
from inspector.errors import InputError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from reports import Size

__all__ = ["check_report", "draw_report", "render", "report_options"]

PDF = "report.pdf"


def _size(ctx: click.Context, option: click.Parameter, value: str | None) -> Size | None:
    """Callback: a size such as 15MB; None where it is not given."""
    if value is None:
        return None
    from reports import ReportError, size_of

    try:
        return size_of(value)
    except ReportError as error:
        raise click.BadParameter(str(error)) from None


SIZE = click.option(
    "--report-size",
    metavar="SIZE",
    callback=_size,
    help="Largest report, such as 4MB: tables and charts are always in, then masks to look at, worst first.  "
    "[default: 15MB]",
)


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator: the options of the main job that say how its report is written."""
    folder = click.option(
        "--report-folder",
        is_flag=True,
        help="Write the report as a page and a folder report_files/ beside it: no mask is left out of it.",
    )
    return with_options(command, (SIZE, folder))


def draw_report(run_folder: Path, size: Size | None, is_folder: bool) -> Path:
    """Draw the report of a run folder; its path. Raises UsageError where a folder is asked to have a size, InputError
    where there is no run in it."""
    from reports import ReportError, write_report, write_report_folder

    check_report(size, is_folder, "--folder")
    try:
        if is_folder:
            return write_report_folder(run_folder)
        return write_report(run_folder, size) if size else write_report(run_folder)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None


def check_report(size: Size | None, is_folder: bool, folder_option: str, is_written: bool = True) -> None:
    """Raise UsageError for options of the report that do not go together."""
    if size and is_folder:
        raise UsageError(
            f"--report-size is of a report in one file; {folder_option} leaves nothing out: take one of them"
        )
    if (size or is_folder) and not is_written:
        raise UsageError("--report-size and --report-folder are of the report, which --json writes only with -o")


@click.command(epilog=EPILOG, short_help="Draw the report of a run folder again.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@SIZE
@click.option("--folder", "is_folder", is_flag=True, help="Write a page and report_files/ beside it: nothing left out.")
@click.option(
    "--pdf",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Print the report through your own Chromium, Chrome or Edge instead.  [default: RUN/report.pdf]",
)
@click.option("--browser", type=click.Path(path_type=Path), help="The browser for --pdf, where it is not on PATH.")
def render(run_folder: Path, report_size: Size | None, is_folder: bool, pdf: str | None, browser: Path | None) -> int:
    """Draw report.html of the run folder RUN again; no mask is read.

    \b
    Examples:
        inspect render inspection/
        inspect render inspection/ --report-size 4MB
        inspect render inspection/ --folder
        inspect render inspection/ --pdf paper/report.pdf
    """
    if not run_folder.is_dir():
        raise UsageError(f"there is no folder {run_folder}", path=str(run_folder))
    if pdf is not None and (report_size or is_folder):
        raise UsageError("--pdf prints the whole report as paper shows it: leave --report-size and --folder out")
    if browser and pdf is None:
        raise UsageError("--browser is for --pdf")
    if pdf is None:
        path = draw_report(run_folder, report_size, is_folder)
    else:
        from inspector.cli_pdf import print_report

        path = print_report(run_folder, Path(pdf) if pdf else run_folder / PDF, browser)
    print_text(f"report: {visible(str(path))}\n")
    return 0
