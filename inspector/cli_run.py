"""The main job from its arguments to its exit code: inspect, write, print. `unet predict --inspect` does it too."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import print_text
from inspector.cli_render import check_report, draw_report
from inspector.errors import UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from inspector.gates.configuration import Configuration
    from inspector.gates.judgement import Judgement
    from inspector.pipeline import Inspection
    from reports import Size

__all__ = ["PARTIAL", "main_job", "report_excluded"]

PARTIAL = 3  # exit code of a run that had to leave some input out


@dataclass
class _Gated:
    """The gates of a run: what came of them, or why they could not be judged, which leaves the run as it is."""

    judgement: Judgement | None = None
    mistake: UsageError | None = None

    def judge(self, folder: Path, configuration: Configuration, place: Path) -> None:
        from inspector.cli_judge import judge_folder, write_judgement

        try:
            self.judgement = judge_folder(folder, configuration, place)
        except UsageError as error:
            self.mistake = error
        else:
            write_judgement(folder, self.judgement)

    def document(self, document: dict[str, Any]) -> dict[str, Any]:
        """The document as it was written."""
        return {**document, "gates": self.judgement.as_json()} if self.judgement else document


def main_job(
    gt: str | Path,
    predictions: str | Path,
    place: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    configuration: Configuration | None = None,
    history: Path | None = None,
    label: str | None = None,
    report_size: Size | None = None,
    report_folder: bool = False,
    **asked: Any,
) -> int:
    """Inspect `predictions` against `gt` into the run folder `place`, print what was found, return the exit code.

    report_size, report_folder   how large the report may be, and whether it is a folder (see inspector.cli_render)
    configuration   gates to hold the run to
    history, label  record of runs to add this one to, and what it is called there (as its folder, if None)
    asked   what else `inspect_folders` takes: categories, settings, images, match, metadata, group, evidence, jobs

    Raises UsageError for a gate that names a class or a slice that is not there, after the run is written without it.
    """
    from inspector.cli_history import HistoryKeeper
    from inspector.cli_progress import progress_bar
    from inspector.cli_record import write_run_record
    from inspector.cli_task import write_task
    from inspector.pipeline import inspect_folders

    if label and history is None:
        raise UsageError("--label is what the run is called in the record of --history: give that, too, or neither")
    check_report(report_size, report_folder, "--report-folder", place is not None)
    began, gated = time.time(), _Gated()
    gates = configuration if configuration and configuration.gates.gate else None
    used = configuration.file.name if configuration else ""
    keeper = HistoryKeeper(history, label) if history else None

    def finish(folder: Path, inspection: Inspection) -> None:
        write_run_record(folder, began, used)
        write_task(folder, inspection.document)
        if gates:
            gated.judge(folder, gates, place or Path("inspection"))
        if keeper and not gated.mistake:
            keeper.write(folder, place or Path("inspection"))
        draw_report(folder, report_size, report_folder)

    with progress_bar(quiet) as progress, _folder(place, bool(gates or keeper)) as out:
        inspection = inspect_folders(gt, predictions, out=out, progress=progress, finish=finish, **asked)
    inspection = replace(inspection, document=gated.document(inspection.document), run_folder=place)
    _tell(inspection, gated, used, as_json=as_json, quiet=quiet)
    if gated.mistake:
        raise gated.mistake
    if keeper:
        keeper.add()
    left_out = PARTIAL if inspection.partial or not inspection.document["inputs"]["pairs"] else 0
    failed = gated.judgement.exit_code if gated.judgement else 0
    return failed or left_out


def _tell(inspection: Inspection, gated: _Gated, used: str, *, as_json: bool, quiet: bool) -> None:
    """Print the document, the summary, or nothing; and the files that were left out."""
    from inspector.cli_summary import summary_text
    from inspector.results import to_json

    if as_json:
        print_text(to_json(inspection.document))
    elif not quiet:
        head = f"configuration: {visible(used)}\n" if used else ""
        print_text(head + summary_text(inspection, gated.judgement))
    report_excluded(inspection.document["inputs"], as_json or quiet)


@contextlib.contextmanager
def _folder(place: Path | None, is_needed: bool) -> Iterator[Path | None]:
    """Where the run is written: gates and the record of runs need a folder, be it one that nobody keeps."""
    if place or not is_needed:
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="inspect-") as name:
        yield Path(name) / "inspection"


def report_excluded(inputs: Mapping[str, Any], all_of_them: bool) -> None:
    """Each file that was left out, on stderr, where no summary named them."""
    excluded: Sequence[Mapping[str, str]] = inputs["excluded"] if all_of_them else ()
    for record in excluded:
        fix = f" ({record['fix']})" if record["fix"] else ""
        click.echo(visible(f"excluded {record['file']}: {record['reason']}{fix}"), err=True)
