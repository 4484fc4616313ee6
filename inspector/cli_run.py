"""The main job from its arguments to its exit code: inspect, write, print. `unet predict --inspect` does it too."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import print_text
from inspector.cli_render import check_report, draw_report
from inspector.problems import visible

if TYPE_CHECKING:
    from inspector.pipeline import Inspection
    from reports import Size

__all__ = ["PARTIAL", "main_job", "report_excluded"]

PARTIAL = 3  # exit code of a run that had to leave some input out


def main_job(
    gt: str | Path,
    predictions: str | Path,
    place: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    report_size: Size | None = None,
    report_folder: bool = False,
    **asked: Any,
) -> int:
    """Inspect `predictions` against `gt` into the run folder `place`, print what was found, return the exit code.

    report_size, report_folder   how large the report may be, and whether it is a folder (see inspector.cli_render)
    asked   what else `inspect_folders` takes: categories, settings, images, match, metadata, group, evidence, jobs
    """
    from inspector.cli_progress import progress_bar
    from inspector.cli_record import write_run_record
    from inspector.cli_summary import summary_text
    from inspector.cli_task import write_task
    from inspector.pipeline import inspect_folders
    from inspector.results import to_json

    check_report(report_size, report_folder, "--report-folder", place is not None)
    began = time.time()

    def finish(folder: Path, inspection: Inspection) -> None:
        write_run_record(folder, began)
        write_task(folder, inspection.document)
        draw_report(folder, report_size, report_folder)

    with progress_bar(quiet) as progress:
        inspection = inspect_folders(gt, predictions, out=place, progress=progress, finish=finish, **asked)
    inputs = inspection.document["inputs"]
    if as_json:
        print_text(to_json(inspection.document))
    elif not quiet:
        print_text(summary_text(inspection))
    report_excluded(inputs, as_json or quiet)
    return PARTIAL if inspection.partial or not inputs["pairs"] else 0


def report_excluded(inputs: Mapping[str, Any], all_of_them: bool) -> None:
    """Each file that was left out, on stderr, where no summary named them."""
    excluded: Sequence[Mapping[str, str]] = inputs["excluded"] if all_of_them else ()
    for record in excluded:
        fix = f" ({record['fix']})" if record["fix"] else ""
        click.echo(visible(f"excluded {record['file']}: {record['reason']}{fix}"), err=True)
