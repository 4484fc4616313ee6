"""What came of gates in the languages of CI: each held to its rules, with names that would break it if they could."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st

from inspector.ci import code_quality, junit_xml, markdown, sarif, workflow_commands
from inspector.ci.github import MOST, muted
from inspector.ci.markdown import COMMENT_CHARACTERS, SUMMARY_BYTES, escaped
from inspector.ci.sarif import MOST as MOST_RESULTS
from inspector.gates.checks import VERDICTS, Check
from inspector.gates.judgement import Judgement
from tests.judgements import EVIL, check_of, judgement_of, member_of

ALL = [check_of(verdict) for verdict in VERDICTS]


def evil(verdict: str = "fail") -> Check:
    """A gate all of whose texts are hostile."""
    member = member_of(verdict, EVIL, evidence=(EVIL,))
    return check_of(verdict, EVIL, members=[member], scope=EVIL, expected=EVIL)


def in_bytes(text: str) -> int:
    return len(text.encode())


# ---------------------------------------------------------------------- JUnit


@pytest.fixture(scope="module")
def junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


@pytest.mark.parametrize("strict", [False, True])
def test_junit_holds_to_its_schema_and_counts_what_it_holds(junit_schema: Any, strict: bool) -> None:
    text = junit_xml(judgement_of(*ALL, evil(), strict=strict))
    junit_schema.validate(text)
    suite = ElementTree.fromstring(text)[0]
    for attribute, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[attribute]) == len(list(suite.iter(tag)))


def test_each_verdict_is_what_ci_takes_it_for() -> None:
    kinds = {"fail": ["failure"], "not-measured": ["error"], "inconclusive": ["skipped"], "waived": ["skipped"]}
    kinds |= {"warn": ["system-out"], "pass": []}
    for verdict in VERDICTS:
        (case,) = ElementTree.fromstring(junit_xml(judgement_of(check_of(verdict)))).iter("testcase")
        assert [child.tag for child in case] == kinds[verdict]
        if verdict in ("fail", "not-measured", "inconclusive", "waived"):
            assert case[0].get("message") == "IoU of person is 51.2 %"
    (case,) = ElementTree.fromstring(junit_xml(judgement_of(check_of("inconclusive"), strict=True))).iter("testcase")
    assert case[0].tag == "failure"


def test_junit_names_what_is_there_without_a_control_character() -> None:
    text = junit_xml(judgement_of(evil()))
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff\u202e]", text)
    (case,) = ElementTree.fromstring(text).iter("testcase")
    assert case.attrib["name"].startswith("a|b</td><script>x\\r\\n::error::y\\x07")


@given(st.lists(st.text(), min_size=3, max_size=3))
def test_junit_of_any_text_is_xml(texts: Sequence[str]) -> None:
    name, scope, message = texts
    member = member_of("fail", scope, message=message)
    text = junit_xml(judgement_of(check_of("fail", name or "x", members=[member], scope=scope), run=scope))
    assert len(list(ElementTree.fromstring(text.encode()).iter("failure"))) == 1


def test_the_schema_sees_a_file_that_is_none(junit_schema: Any) -> None:
    good = junit_xml(judgement_of(*ALL))
    for old, new in (
        ("classname=", "class="),
        ("<testcase ", "<test "),
        ('tests="6" failures', "failures"),
        ("skipped message", "skipt message"),
    ):
        assert old in good
        broken = good.replace(old, new)
        assert not junit_schema.is_valid(broken) if _is_xml(broken) else True
    twice = junit_xml(judgement_of(check_of("pass"), check_of("pass")))
    assert not junit_schema.is_valid(twice)


def _is_xml(text: str) -> bool:
    try:
        ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return False
    return True


# ---------------------------------------------------------------------- GitHub

COMMAND = re.compile(r"::(error|warning) file=([^,:]*),line=([0-9]+),title=([^,:]*)::(.*)")


def commands(judgement: Judgement) -> list[re.Match[str]]:
    """Each line taken apart as the runner does."""
    lines = workflow_commands(judgement).splitlines()
    found = [COMMAND.fullmatch(line) for line in lines]
    assert all(found), lines
    return [each for each in found if each]


def unescaped(text: str) -> str:
    for code, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, sign)
    return text


def test_what_fails_is_an_error_and_what_is_doubtful_a_warning_at_its_line() -> None:
    found = commands(judgement_of(*ALL))
    assert [(each[1], unescaped(each[4])) for each in found] == [
        ("error", "Gate gate-fail: fail"), ("error", "Gate gate-not-measured: not-measured"),
        ("warning", "Gate gate-warn: warn"), ("warning", "Gate gate-inconclusive: inconclusive"),
    ]  # fmt: skip
    assert {each[2] for each in found} == {"conf/inspect.toml"}
    lines = {check.id: 3 + i for i, check in enumerate(ALL)}
    assert [int(each[3]) for each in found] == [
        lines[f"gate-{verdict}"] for verdict in ("fail", "not-measured", "warn", "inconclusive")
    ]
    assert [each[1] for each in commands(judgement_of(check_of("inconclusive"), strict=True))] == ["error"]


def test_a_name_ends_no_command_and_begins_none() -> None:
    text = workflow_commands(judgement_of(evil(), run=EVIL, elsewhere=EVIL))
    assert len(text.splitlines()) == 1 == text.count("\n")
    (found,) = commands(judgement_of(evil()))
    assert unescaped(found[4]).startswith("Gate a|b</td><script>x\\r\\n::error::y") and "%250A" in found[5]


@pytest.mark.parametrize("count", [10, 11, 200])
def test_no_more_than_ten_of_a_kind_and_the_rest_is_named(count: int) -> None:
    failing = [check_of("fail", f"f{i}") for i in range(count)]
    found = commands(judgement_of(*failing, *(check_of("warn", f"w{i}") for i in range(count))))
    assert [each[1] for each in found] == ["error"] * MOST + ["warning"] * MOST
    if count > MOST:
        assert unescaped(found[MOST - 1][4]) == f"{count - 9} more gates fail as well"
        assert unescaped(found[MOST - 1][5]).startswith("f9, f10")


def test_the_runner_is_told_not_to_obey_what_is_printed() -> None:
    text = muted("  ::error::x\n", "secret")
    assert text.splitlines() == ["::stop-commands::secret", "  ::error::x", "::secret::"]


# ---------------------------------------------------------------------- GitLab


def test_a_code_quality_report_has_what_gitlab_asks_for() -> None:
    issues = json.loads(code_quality(judgement_of(*ALL, evil())))
    schema = {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "pattern": "^[^/]"},
                        "lines": {
                            "type": "object", "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }  # fmt: skip
    jsonschema.validate(issues, schema)
    assert [issue["severity"] for issue in issues] == ["critical", "critical", "major", "minor", "info", "info"]
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == 6


def test_a_fingerprint_is_of_the_gate_and_its_scope_never_of_the_number() -> None:
    def prints(value: float, scope: str = "person", name: str = "x") -> list[str]:
        check = check_of("fail", name, members=[member_of("fail", scope, value=value, message=f"is {value}")])
        return [issue["fingerprint"] for issue in json.loads(code_quality(judgement_of(check)))]

    assert prints(0.5) == prints(0.4) != prints(0.5, scope="rider") != prints(0.5, name="y")


def test_a_gate_without_a_number_is_an_issue_too() -> None:
    (issue,) = json.loads(code_quality(judgement_of(check_of("not-measured", members=()))))
    assert issue["severity"] == "major" and "nothing there" in issue["description"]


# ---------------------------------------------------------------------- Markdown


def cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line)[1:-1]


def test_a_table_has_a_row_for_each_gate_the_worst_first() -> None:
    text = markdown(judgement_of(*ALL))
    rows = [cells(line) for line in text.splitlines() if line.startswith("| ")]
    assert [row[0].split()[-1] for row in rows[2:]] == list(reversed(VERDICTS))
    assert {len(row) for row in rows} == {5}
    assert text.count("<details>") == text.count("</details>") == 5
    assert "mean IoU **61.2 % (60.0 to 62.5 %)**" in text


def test_no_name_escapes_its_cell() -> None:
    text = markdown(judgement_of(evil(), run=EVIL, source=EVIL, notes=(EVIL,)))
    (row,) = [cells(line) for line in text.splitlines() if line.startswith("| ✖")]
    assert len(row) == 5
    assert not re.search(r"<(?!/?(details|summary|b)>)", text)
    for sign in ("\r", "\x07", "\u202e", "\ud800", "@team", "://"):
        assert sign not in text
    assert not re.search(r"(?<!\\)`", re.sub("<summary>.*</summary>", "", text))  # Markdown is not read there


@given(st.text())
def test_escaped_text_is_one_line_without_a_bare_sign(text: str) -> None:
    shown = escaped(text)
    assert len(f"{shown}.".splitlines()) == 1
    assert not re.search(r"(?<!\\)(\\\\)*[`*_\[\]|~$]", shown.replace("\\\\", "")) or "\\" in text
    assert "<" not in shown and ">" not in shown


@pytest.mark.parametrize("count", [1, 400, 5000])
@pytest.mark.parametrize(("most", "size"), [(COMMENT_CHARACTERS, len), (SUMMARY_BYTES, in_bytes), (3000, in_bytes)])
def test_a_summary_stays_within_its_limit_and_says_what_it_left_out(count: int, most: int, size: Any) -> None:
    checks = [
        check_of("fail", f"gate{i}-ü", members=[member_of("fail", f"class {i}"), member_of("fail", "ü" * 90)])
        for i in range(count)
    ]
    text = markdown(judgement_of(*checks), most, size)
    assert size(text) <= most
    rows = len([line for line in text.splitlines() if line.startswith("| ✖")])
    told = re.search(
        r"\*\*Left out\*\*.*: (?:([0-9,]+) rows? of the table)?(?: and )?(?:the details of ([0-9,]+) gates?)?\.", text
    )
    left = [int((number or "0").replace(",", "")) for number in told.groups()] if told else [0, 0]
    assert rows + left[0] == count == text.count("<details>") + left[1]
    assert bool(told) == (count > 1 and (count == 5000 or most != SUMMARY_BYTES))


# ---------------------------------------------------------------------- SARIF

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
#: The part of SARIF 2.1.0 that the document uses: what is required, what may be there, of which kind.
SARIF: dict[str, Any] = {
    "type": "object", "required": ["version", "runs"], "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {
            "type": "object", "required": ["tool"], "additionalProperties": False,
            "properties": {
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "tool": {"type": "object", "required": ["driver"], "properties": {"driver": {
                    "type": "object", "required": ["name"], "additionalProperties": False,
                    "properties": {
                        "name": {"type": "string"}, "version": {"type": "string"},
                        "rules": {"type": "array", "uniqueItems": True, "items": {
                            "type": "object", "required": ["id"], "additionalProperties": False,
                            "properties": {
                                "id": {"type": "string"}, "name": {"type": "string"}, "shortDescription": TEXT,
                                "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
                            },
                        }},
                    },
                }}},
                "invocations": {"type": "array", "items": {
                    "type": "object", "required": ["executionSuccessful"], "additionalProperties": False,
                    "properties": {
                        "executionSuccessful": {"type": "boolean"},
                        "toolExecutionNotifications": {"type": "array", "items": {
                            "type": "object", "required": ["message"], "properties": {"message": TEXT, "level": LEVEL},
                        }},
                    },
                }},
                "results": {"type": "array", "items": {
                    "type": "object", "required": ["message"], "additionalProperties": False,
                    "properties": {
                        "ruleId": {"type": "string"}, "ruleIndex": {"type": "integer", "minimum": 0},
                        "level": LEVEL, "message": TEXT,
                        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
                        "suppressions": {"type": "array", "items": {
                            "type": "object", "required": ["kind"], "additionalProperties": False,
                            "properties": {
                                "kind": {"enum": ["inSource", "external"]},
                                "status": {"enum": ["accepted", "underReview", "rejected"]},
                                "justification": {"type": "string"},
                            },
                        }},
                        "locations": {"type": "array", "items": {
                            "type": "object", "additionalProperties": False,
                            "properties": {"physicalLocation": {
                                "type": "object", "required": ["artifactLocation"],
                                "properties": {
                                    "artifactLocation": {"type": "object", "properties": {
                                        "uri": {"type": "string", "pattern": "^[A-Za-z0-9._~%!$&'()*+,;=:@/-]*$"},
                                    }},
                                    "region": {"type": "object", "properties": {
                                        "startLine": {"type": "integer", "minimum": 1},
                                    }},
                                },
                            }},
                        }},
                    },
                }},
            },
        }},
    },
}  # fmt: skip


def test_sarif_holds_to_the_rules_of_its_standard() -> None:
    log = json.loads(sarif(judgement_of(*ALL, evil(), elsewhere="a b/ü.json", places={})))
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    assert len({result["partialFingerprints"]["gate/v1"] for result in run["results"]}) == 6
    assert {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]} == {
        "a%20b/%C3%BC.json"
    }


def test_a_result_points_at_the_line_of_its_gate_and_a_waived_one_is_suppressed() -> None:
    (run,) = json.loads(sarif(judgement_of(*ALL)))["runs"]
    by_rule = {result["ruleId"]: result for result in run["results"]}
    assert "gate-pass" not in by_rule and len(by_rule) == 5
    levels = {"fail": "error", "not-measured": "error", "warn": "warning", "inconclusive": "note", "waived": "error"}
    for i, check in enumerate(ALL[1:], 1):
        result = by_rule[check.id]
        place = result["locations"][0]["physicalLocation"]
        assert place == {"artifactLocation": {"uri": "conf/inspect.toml"}, "region": {"startLine": 3 + i}}
        assert result["level"] == levels[check.verdict]
        assert ("suppressions" in result) == (check.verdict == "waived")


def test_sarif_holds_no_more_results_than_are_read_and_says_so() -> None:
    members = [member_of("fail", f"class {i}") for i in range(MOST_RESULTS + 7)]
    (run,) = json.loads(sarif(judgement_of(check_of("fail", members=members))))["runs"]
    assert len(run["results"]) == MOST_RESULTS
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("7 more results are left out")
