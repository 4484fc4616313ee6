"""`inspect history`: the runs of a project, added one by one, and how their numbers went."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.cli_groups import DefaultGroup
from inspector.problems import visible

__all__ = ["HistoryKeeper", "commit_of", "history"]

COMMITS = ("GITHUB_SHA", "CI_COMMIT_SHA")  # where CI says which commit it builds
GIT_S = 10
FILE = click.option(
    "--history",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The record.  [default: .mask-inspector/history.sqlite]",
)


class HistoryGroup(DefaultGroup):
    """`inspect history` is `inspect history show`."""

    default = "show"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or [self.default])


@click.group(cls=HistoryGroup, epilog=EPILOG, short_help="Keep a record of runs, and show how their numbers went.")
def history() -> None:
    """How the numbers of a project went from run to run. Runs are added to a record and never changed.

    \b
    inspect history add RUN
    inspect history
    inspect predictions/ --gt masks/ --history .mask-inspector/history.sqlite
        Adds the run, and shows the trend in its report.
    """


@history.command(epilog=EPILOG, short_help="Add a run.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@FILE
@click.option("--label", default="", metavar="TEXT", help="What the run is called.  [default: the name of its folder]")
@click.option(
    "--commit",
    default="",
    metavar="SHA",
    help="Of the code that made the model.  [default: GITHUB_SHA, CI_COMMIT_SHA, or HEAD of the repository here]",
)
def add(run_folder: Path, file: Path | None, label: str, commit: str) -> int:
    """Add the run folder RUN to the record. The same run is added once: same masks, same settings, same numbers.

    \b
    Example:
        inspect history add inspection/ --label nightly
    """
    from inspector.history import DEFAULT, add, entry_of

    place = file or DEFAULT
    held = add(place, entry_of(run_folder, label, commit_of(commit, os.environ)))
    if held:
        words = f"{run_folder} is there already, as {held.label} of {held.at}: nothing was added"
    else:
        words = f"{run_folder} was added to {place}"
    print_text(visible(words) + "\n")
    return 0


@history.command(epilog=EPILOG, short_help="Show the last runs; its name may be left out.")
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print all runs as JSON.")
def show(file: Path | None, as_json: bool) -> int:
    """Show the last runs of the record, and how the headline numbers went.

    \b
    Example:
        inspect history
    """
    from inspector.cli_history_text import history_text
    from inspector.history import DEFAULT, entries, history_json

    found = entries(file or DEFAULT)
    print_text(history_json(found, most=None) if as_json else history_text(found))
    return 0


class HistoryKeeper:
    """Adds a run of the main job: what its report shows is written first, the entry when the run lies in its place."""

    def __init__(self, file: Path, label: str | None = None) -> None:
        from inspector.history import check_history

        self._file, self._label = file, label
        check_history(file)

    def write(self, run_folder: Path, place: Path) -> None:
        """Write history.json into the run folder in the making, with this run in it. `place` is where it will lie."""
        from inspector.history import HISTORY_FILE, entries, entry_of, history_json, with_entry

        commit = commit_of("", os.environ)
        self._entry = entry_of(run_folder, self._label or place.name or str(place), commit)
        text = history_json(with_entry(entries(self._file), self._entry))
        (run_folder / HISTORY_FILE).write_text(text, encoding="utf-8", newline="\n")

    def add(self) -> None:
        from inspector.history import add

        add(self._file, self._entry)


def commit_of(given: str, environ: Mapping[str, str]) -> str | None:
    """The commit that was given, that CI names, or that the repository here stands at; None where nobody knows."""
    named = given or next((environ[name] for name in COMMITS if environ.get(name)), "")
    return named or _head() or None


def _head() -> str:
    git = shutil.which("git")
    if git is None:
        return ""
    try:
        found = subprocess.run(  # noqa: S603 - nothing in it comes from elsewhere
            [git, "rev-parse", "--verify", "HEAD"], capture_output=True, text=True, timeout=GIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""
