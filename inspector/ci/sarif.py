"""SARIF 2.1.0: for code scanning that shows findings beside the lines of a repository."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from inspector.gates.checks import Check, Member
from inspector.gates.judgement import Judgement
from inspector.problems import visible
from inspector.results import TOOL, tool_version

__all__ = ["MOST", "sarif"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 5000  # results of a file that GitHub keeps
LEVELS = {"fail": "error", "not-measured": "error", "warn": "warning", "inconclusive": "note", "waived": "error"}


def sarif(judgement: Judgement) -> str:
    """A rule for each gate and a result for each of its numbers that does not pass, at the line where the gate is
    written. What is waived is suppressed, with the reason. Beyond 5,000 results the least bad are left out, and a
    notification says how many."""
    rules = list(judgement.outcome.checks)
    index = {check.id: place for place, check in enumerate(rules)}
    results = [
        _result(judgement, check, index[check.id], member) for check in judgement.ordered for member in _told(check)
    ]
    run = {
        "tool": {"driver": {"name": TOOL, "version": tool_version(), "rules": [_rule(check) for check in rules]}},
        "results": results[:MOST],
        "invocations": [{"executionSuccessful": True, **_left_out(len(results) - MOST)}],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _told(check: Check) -> Iterator[Member | None]:
    """The numbers that do not pass; None where the gate has no number at all."""
    yield from (member for member in check.members if member.verdict != "pass")
    if not check.members:
        yield None


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": visible(check.id),
        "name": visible(check.metric),
        "shortDescription": {"text": visible(f"{check.metric} of {check.scope}: {check.expected}")},
        "defaultConfiguration": {"level": "warning" if check.level == "warn" else "error"},
    }


def _result(judgement: Judgement, check: Check, index: int, member: Member | None) -> dict[str, Any]:
    place, verdict = judgement.place(check), member.verdict if member else check.verdict
    scope = member.scope if member else check.scope
    level = "error" if judgement.strict and check.is_open and verdict == "inconclusive" else LEVELS[verdict]
    result: dict[str, Any] = {
        "ruleId": visible(check.id),
        "ruleIndex": index,
        "level": level,
        "message": {"text": visible(f"{verdict}: {member.message if member else check.message}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(visible(place.file))},
                    "region": {"startLine": place.line},
                }
            }
        ],
        "partialFingerprints": {"gate/v1": hashlib.sha256(f"{check.id}\0{scope}".encode(errors="replace")).hexdigest()},
    }
    if member and member.verdict == "waived":
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": visible(member.waiver)}]
    return result


def _left_out(count: int) -> dict[str, Any]:
    if count <= 0:
        return {}
    text = f"{count:,} more results are left out: at most {MOST:,} are read; inspection.json holds all of them"
    return {"toolExecutionNotifications": [{"level": "warning", "message": {"text": text}}]}
