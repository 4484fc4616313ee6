"""JUnit XML: a test case for each gate, as Jenkins, GitLab and most other CI read it."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring  # only writes

from inspector.gates.checks import Check
from inspector.gates.judgement import Judgement
from inspector.problems import visible

__all__ = ["junit_xml"]

SUITE = "inspect gate"


def junit_xml(judgement: Judgement) -> str:
    """The document. A gate that fails is a failure, one that was not measured an error; what is inconclusive (a failure
    where strict) or waived is skipped, with its reason; what warns passes and says so in its output.

    No time and no host is in it, so that the same run gives the same bytes. Control characters and lone surrogates,
    which XML cannot hold, are spelled out.
    """
    checks = judgement.outcome.checks
    kinds = [_kind(judgement, check) for check in checks]
    counts = {
        "tests": str(len(checks)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
    }
    totals = {key: value for key, value in counts.items() if key != "skipped"}  # which the outer element does not have
    root = Element("testsuites", {"name": SUITE, **totals})
    suite = SubElement(root, "testsuite", {"name": visible(f"{SUITE} {judgement.run}"), **counts})
    for check, kind in zip(checks, kinds, strict=True):
        _add(suite, check, kind)
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _kind(judgement: Judgement, check: Check) -> str:
    """The element that tells of a check; "" where it passes."""
    if check.verdict == "not-measured":
        return "error"
    if judgement.fails(check):
        return "failure"
    return {"inconclusive": "skipped", "waived": "skipped", "warn": "system-out"}.get(check.verdict, "")


def _add(suite: Element, check: Check, kind: str) -> None:
    case = SubElement(suite, "testcase", {"classname": f"gates.{check.metric}", "name": visible(check.id)})
    if not kind:
        return
    message = visible(check.message)
    if kind == "system-out":
        SubElement(case, kind).text = f"{check.verdict}: {message}\n{_details(check)}"
        return
    told = SubElement(case, kind, {"message": message})
    if kind != "skipped":  # whose text most readers drop
        told.set("type", check.verdict)
        told.text = visible(f"expected {check.expected}, {check.scope}") + f"\n{_details(check)}"


def _details(check: Check) -> str:
    """Each number that does not pass, a line each."""
    told = [member for member in check.members if member.verdict != "pass"]
    return "\n".join(visible(f"{member.verdict}: {member.message}") for member in told)
