"""`inspect gate`: may this model ship? The gates of a run judged, in words, for CI and for the run's report."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import EPILOG, print_text
from inspector.cli_gate_options import all_gate_options, configuration_from
from inspector.cli_gate_propose import calibrate, init
from inspector.cli_groups import DefaultGroup
from inspector.errors import EnvironmentFault, UsageError

if TYPE_CHECKING:
    from inspector.gates.judgement import Judgement

__all__ = ["gate"]

FORMATS = ("text", "markdown", "github", "gitlab", "junit", "sarif")
SUMMARY_FILE = "GITHUB_STEP_SUMMARY"  # GitHub names the file in this variable


class GateGroup(DefaultGroup):
    """`inspect gate RUN` is `inspect gate check RUN`."""

    default = "check"


@click.group(cls=GateGroup, epilog=EPILOG, short_help="Hold a run to thresholds and to a baseline; for CI.")
def gate() -> None:
    """May this model ship? Holds a run to thresholds and to a baseline, with the uncertainty of its numbers.

    \b
    inspect gate RUN
        The gates of inspect.toml or pyproject.toml; `inspect gate check --help` lists its options.
    inspect gate RUN --gate 'iou.person >= 0.6' --gate 'iou.* >= main - 1%'
        Gates in one line each.
    inspect gate metrics
        What a gate can be about.
    inspect gate init RUN
        Gates to begin with, from the run's own intervals.

    A gate fails where the number is beyond its threshold for sure, and warns where only the number itself is. A number
    that is not there never passes.
    """


@gate.command(epilog=EPILOG, short_help="Judge the gates of a run; its name may be left out.")
@click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
@all_gate_options
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    help="What is printed: a table; Markdown for a pull request; workflow commands and a job summary of GitHub; the "
    "code quality report of GitLab; JUnit XML; or SARIF.  [default: text]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the gates as JSON, as the document holds them.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the format to this file instead.")
def check(run_folder: Path, kind: str | None, as_json: bool, output: Path | None, **options: Any) -> int:
    """Judge the gates of the run folder RUN, without reading a mask.

    \b
    Examples:
        inspect gate inspection/
        inspect gate inspection/ --gate 'iou.person >= 0.6' --strict
        inspect gate inspection/ --preset recommended --baseline main=baseline.json
        inspect gate inspection/ --format gitlab -o gl-code-quality.json

    The result goes into the run folder too: its document, junit.xml, summary.md and report.
    """
    from inspector.cli_judge import judge_folder, publish

    _check_together(kind, as_json, output)
    configuration = configuration_from(click.get_current_context(), options)
    if not configuration.gates.gate:
        raise UsageError(_no_gates(configuration.file.name), kind="no_gates")
    judgement = judge_folder(run_folder, configuration)
    publish(run_folder, judgement)
    text = _json(judgement) if as_json else _told(judgement, kind or "text")
    if output:
        _write(output, text)
    else:
        print_text(text)
    return judgement.exit_code


@gate.command(epilog=EPILOG, short_help="List what a gate can be about.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def metrics(as_json: bool) -> int:
    """List the metrics of gates, with their units and what is good.

    \b
    Example:
        inspect gate metrics
    """
    from inspector.cli_gate_metrics import metric_records, metrics_text

    print_text(json.dumps(metric_records(), indent=1) + "\n" if as_json else metrics_text())
    return 0


@gate.command(epilog=EPILOG, short_help="Print the schema of the configuration, for editors.")
def schema() -> int:
    """Print the JSON Schema of inspect.toml, and of [tool.mask-inspector] in pyproject.toml: editors check with it.

    \b
    Example:
        inspect gate schema > inspect.schema.json
    """
    from inspector.gates.schema import schema_text

    print_text(schema_text())
    return 0


gate.add_command(init)
gate.add_command(calibrate)


def _check_together(kind: str | None, as_json: bool, output: Path | None) -> None:
    if as_json and kind:
        raise UsageError(f"--json is a format of its own: leave it or --format {kind} out")
    if kind == "github" and output:
        raise UsageError("--format github prints what GitHub reads from the output of a step: leave -o out")


def _no_gates(file: str) -> str:
    found = f"{file} has none" if file else "no inspect.toml and no [tool.mask-inspector] was found here or above"
    return f"there are no gates: {found}; give --gate 'miou >= 0.6' or --preset recommended"


def _json(judgement: Judgement) -> str:
    from inspector.results import to_json

    return to_json(judgement.as_json())


def _told(judgement: Judgement, kind: str) -> str:
    if kind == "text":
        from inspector.cli_gate_text import gates_text

        return gates_text(judgement)
    if kind == "github":
        return _for_github(judgement)
    from inspector import ci

    formats = {"markdown": ci.markdown, "gitlab": ci.code_quality, "junit": ci.junit_xml, "sarif": ci.sarif}
    return formats[kind](judgement)


def _for_github(judgement: Judgement) -> str:
    """The table, which the runner is told not to obey, and annotations; the summary goes where GitHub says."""
    from inspector.ci.github import muted, workflow_commands
    from inspector.ci.markdown import SUMMARY_BYTES, markdown
    from inspector.cli_gate_text import gates_text

    place = os.environ.get(SUMMARY_FILE)
    if place:
        path = Path(place)
        held = path.stat().st_size if path.exists() else 0  # other commands of the step may have written there
        summary = markdown(judgement, SUMMARY_BYTES - held, lambda text: len(text.encode()))
        with path.open("a", encoding="utf-8") as file:
            file.write(summary)
    return muted(gates_text(judgement), secrets.token_hex(16)) + workflow_commands(judgement)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be written ({error.strerror}); choose another -o") from error
