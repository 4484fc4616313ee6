"""The gates of a run folder: judged, and written into it: the document, junit.xml, summary.md and the report."""

from __future__ import annotations

import datetime
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.errors import EnvironmentFault, InputError
from inspector.run_folder import DOCUMENT

if TYPE_CHECKING:
    from inspector.gates.configuration import Configuration
    from inspector.gates.judgement import Judgement
    from inspector.runs import Run

__all__ = ["judge_folder", "publish", "write_judgement"]

JUNIT, SUMMARY = "junit.xml", "summary.md"


def judge_folder(folder: Path, configuration: Configuration, place: Path | None = None) -> Judgement:
    """The gates against the run in a folder. `place` is where it will lie, if not here.

    Raises InputError where there is no run, UsageError for a gate that names what the run does not have.
    """
    from inspector.gates.config_files import repository_of
    from inspector.gates.judgement import judge_run
    from inspector.gates.named_baselines import baselines_of
    from inspector.runs import read_run

    place = place or folder
    run = replace(read_run(folder), name=place.name or str(place))
    root = os.path.realpath(repository_of(Path.cwd()) or Path.cwd())
    document = Path(os.path.relpath(os.path.realpath(place / DOCUMENT), root)).as_posix()
    baselines = baselines_of(configuration, _read_file)
    return judge_run(configuration, run, baselines, datetime.date.today(), document)


def _read_file(path: Path) -> Run:
    from inspector.baselines import read_baseline

    return read_baseline(path)


def write_judgement(folder: Path, judgement: Judgement) -> None:
    """Write the document with its gates, junit.xml and summary.md into a folder."""
    from inspector.ci.junit import junit_xml
    from inspector.ci.markdown import SUMMARY_BYTES, markdown
    from inspector.results import to_json
    from inspector.runs import read_document

    document = {**read_document(folder), "gates": judgement.as_json()}
    summary = markdown(judgement, SUMMARY_BYTES, lambda text: len(text.encode()))
    for name, text in ((JUNIT, junit_xml(judgement)), (SUMMARY, summary), (DOCUMENT, to_json(document))):
        (folder / name).unlink(missing_ok=True)  # it may be a link to what stays as it was
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def publish(folder: Path, judgement: Judgement) -> None:
    """Write what came of the gates into a run folder and draw its report again, as it was drawn: all of it or nothing.

    Raises EnvironmentFault where that cannot be done; the folder is then as it was.
    """
    from inspector.cli_redraw import rewritten
    from reports import ReportError

    try:
        with rewritten(folder, (JUNIT, SUMMARY), DOCUMENT) as making:
            write_judgement(making, judgement)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None
    except OSError as error:
        what = f"{folder}: the gates could not be written into it ({error.strerror}); it is as it was"
        raise EnvironmentFault(what) from error
