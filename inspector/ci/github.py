"""GitHub Actions: workflow commands that become annotations of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.gates.checks import Check
from inspector.gates.judgement import Judgement
from inspector.problems import visible

__all__ = ["MOST", "muted", "workflow_commands"]

MOST = 10  # annotations of a kind that GitHub shows of one step
LONGEST = 4000  # characters of a message: GitHub cuts longer ones off


def workflow_commands(judgement: Judgement) -> str:
    """A line for each gate that fails (error) or that a person should look at (warning), at most ten of each; where
    there are more, the tenth names the rest. Names cannot end a command or begin another."""
    failing = [check for check in judgement.ordered if judgement.fails(check)]
    doubtful = [check for check in judgement.ordered if not judgement.fails(check) and _is_doubtful(check)]
    lines = [
        *_grouped(judgement, "error", failing, "gates fail as well"),
        *_grouped(judgement, "warning", doubtful, "gates warn as well"),
    ]
    return "".join(f"{line}\n" for line in lines)


def muted(text: str, token: str) -> str:
    """Text that the runner prints and does not obey. `token` is a secret of this moment: no name can hold it."""
    return f"::stop-commands::{token}\n{text}::{token}::\n"


def _is_doubtful(check: Check) -> bool:
    return check.verdict in ("warn", "inconclusive")


def _grouped(judgement: Judgement, level: str, checks: Sequence[Check], others: str) -> list[str]:
    shown = checks if len(checks) <= MOST else checks[: MOST - 1]
    rest = checks[len(shown) :]
    lines = [_command(level, judgement, check, f"Gate {check.id}: {check.verdict}", check.message) for check in shown]
    if rest:
        names = ", ".join(check.id for check in rest)
        lines.append(_command(level, judgement, rest[0], f"{len(rest)} more {others}", names))
    return lines


def _command(level: str, judgement: Judgement, check: Check, title: str, message: str) -> str:
    place = judgement.place(check)
    text = visible(message)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (cut off, the whole is in the summary)"
    return f"::{level} file={_property(place.file)},line={place.line},title={_property(title)}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(visible(text)).replace(":", "%3A").replace(",", "%2C")
