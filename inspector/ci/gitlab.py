"""GitLab: a code quality report, which merge requests compare with that of the target branch."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from inspector.gates.checks import Check, Member
from inspector.gates.judgement import Judgement
from inspector.problems import visible

__all__ = ["code_quality"]

SEVERITIES = {"fail": "critical", "not-measured": "major", "warn": "minor", "inconclusive": "info", "waived": "info"}


def code_quality(judgement: Judgement) -> str:
    """A JSON list with an issue for each number that does not pass.

    The fingerprint is made of the gate and of what it looks at, never of the number: an issue stays the same one while
    its number moves, and is called resolved when the gate passes.
    """
    issues = [
        _issue(judgement, check, scope, verdict, message)
        for check in judgement.ordered
        for scope, verdict, message in _told(check)
    ]
    return json.dumps(issues, indent=1) + "\n"


def _told(check: Check) -> list[tuple[str, str, str]]:
    """(scope, verdict, message) of what does not pass; of the check itself where it has no number."""
    members: tuple[Member, ...] = check.members
    told = [(each.scope, each.verdict, each.message) for each in members if each.verdict != "pass"]
    return told if members else [(check.scope, check.verdict, check.message)]


def _issue(judgement: Judgement, check: Check, scope: str, verdict: str, message: str) -> dict[str, Any]:
    place = judgement.place(check)
    return {
        "description": visible(f"{check.id}: {verdict}. {message}"),
        "check_name": visible(check.id),
        "fingerprint": hashlib.sha256(f"{check.id}\0{check.scope}\0{scope}".encode(errors="replace")).hexdigest(),
        "severity": SEVERITIES[verdict],
        "location": {"path": visible(place.file), "lines": {"begin": place.line}},
    }
