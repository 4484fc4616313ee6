"""Markdown: what came of gates as a table with folded details, for a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from inspector.gates.checks import Check
from inspector.gates.judgement import Judgement, shown_interval, shown_number
from inspector.gates.words import SIGNS
from inspector.problems import visible

__all__ = ["COMMENT_CHARACTERS", "SUMMARY_BYTES", "escaped", "markdown"]

SUMMARY_BYTES = 900_000  # above 1 MiB GitHub drops the summary of a step as a whole
COMMENT_CHARACTERS = 65_536  # of a comment on GitHub
_SPECIAL = re.compile(r"([\\`*_\[\]|~$!#])")
_HEAD = ("| Verdict | Gate | Number | Interval | Expected |", "| --- | --- | ---: | --- | --- |")

Size = Callable[[str], int]


def markdown(judgement: Judgement, most: int = COMMENT_CHARACTERS, size: Size = len) -> str:
    """The text, at most `most` as `size` counts (characters, or bytes of UTF-8). What does not fit is left out from the
    end, details first, and a last line says how much."""
    head, rows = _head(judgement), [_row(judgement, check) for check in judgement.ordered]
    details = [_details(check) for check in judgement.ordered if check.verdict != "pass"]
    tail = _notes(judgement)
    room = most - size(_joined([*head, *_HEAD, *tail])) - 400  # for the line that says what is left out
    kept_rows = _fitting(rows, room, size)
    room -= sum(size(row) + 1 for row in rows[:kept_rows])
    kept_details = _fitting(details, room, size) if kept_rows == len(rows) else 0
    table = [*_HEAD, *rows[:kept_rows]] if rows else []
    left = _left_out(len(rows) - kept_rows, len(details) - kept_details)
    return _joined([*head, *table, "", *details[:kept_details], *left, *tail])


def escaped(text: str) -> str:
    """Text of unknown origin: no markup, no cell, no mention and no link can begin in it."""
    return _SPECIAL.sub(r"\\\1", _plain_html(text))


def _plain_html(text: str) -> str:
    """The same between tags, where Markdown is not read."""
    plain = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "@\u2060").replace("://", ":\u2060//").replace("www.", "www\u2060.")


def _joined(lines: Sequence[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _fitting(blocks: Sequence[str], room: int, size: Size) -> int:
    """How many of the first blocks fit, a line break after each."""
    for count, block in enumerate(blocks):
        room -= size(block) + 1
        if room < 0:
            return count
    return len(blocks)


def _head(judgement: Judgement) -> list[str]:
    verdict = judgement.outcome.verdict
    counts = ", ".join(f"{number} {word}" for word, number in judgement.counts.items()) or "no gate"
    title = f"## {SIGNS.get(verdict, '–')} Gates: {verdict}"
    images = f"{judgement.images:,} image{'' if judgement.images == 1 else 's'}"
    lines = [title, "", f"{counts} · run {escaped(judgement.run)} · {images}", ""]
    if judgement.headlines:
        lines += [" · ".join(f"{name} **{value}**" for name, value in judgement.headlines), ""]
    return lines


def _row(judgement: Judgement, check: Check) -> str:
    verdict = f"{SIGNS[check.verdict]} {check.verdict}"
    if judgement.fails(check) and check.verdict not in ("fail", "not-measured"):
        verdict += " (fails: strict)"
    shown = (check.id, shown_number(check), shown_interval(check), f"{check.scope}: {check.expected}")
    return f"| {' | '.join([verdict, *map(escaped, shown)])} |"


def _details(check: Check) -> str:
    told = [member for member in check.members if member.verdict != "pass"]
    lines = [f"- {SIGNS[member.verdict]} {member.verdict}: {escaped(member.message)}" for member in told]
    lines = lines or [f"- {escaped(check.message)}"]
    summary = f"<summary>{SIGNS[check.verdict]} {check.verdict}: <b>{_plain_html(check.id)}</b></summary>"
    return "\n".join(["<details>", summary, "", *lines, "", "</details>", ""])


def _left_out(rows: int, details: int) -> list[str]:
    if not rows and not details:
        return []
    parts = [f"{rows:,} row{'' if rows == 1 else 's'} of the table" if rows else ""]
    parts += [f"the details of {details:,} gate{'' if details == 1 else 's'}" if details else ""]
    told = " and ".join(filter(None, parts))
    return [f"**Left out** to stay within the limit of this place: {told}. `inspection.json` holds all of it.", ""]


def _notes(judgement: Judgement) -> list[str]:
    proposals = [f"- {escaped(text)}" for text in (*judgement.outcome.proposals, *judgement.notes)]
    shown = proposals[:20]
    if len(proposals) > len(shown):
        shown.append(f"- and {len(proposals) - len(shown)} more")
    source = [f"Gates from {escaped(judgement.source)}."] if judgement.source else []
    return [*shown, *([""] if shown else []), *source]
