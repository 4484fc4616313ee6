"""How the headline numbers went over the runs of a project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts_sparkline import sparkline
from reports.comparison import HistoryRun, read_history
from reports.formats import count, percent, signed_points
from reports.language import WORDS
from reports.rows import shown_of
from reports.words import HEADLINES, title_of

__all__ = ["History", "RunRow", "Trend", "history_of"]

_MOST_RUNS = 60  # in a sparkline
_LISTED = 20  # runs in the table
_SHAPES = {"passed": "good", "failed": "error"}  # of the badge of gates; else a warning


@dataclass(frozen=True)
class Trend:
    """One headline number over the runs: its line, its last value, and the change since the run before."""

    title: str
    line: Markup
    last: str
    change: str


@dataclass(frozen=True)
class RunRow:
    """One run, newest first; `values` follow the trends. `shape` is that of its gates' badge, "" without gates."""

    at: str
    label: str
    commit: str
    values: tuple[str, ...]
    gate: str
    shape: str


@dataclass(frozen=True)
class History:
    """The section."""

    lead: str
    trends: tuple[Trend, ...]
    runs: tuple[RunRow, ...]
    shown: str


def history_of(document: Mapping[str, Any] | None) -> History | None:
    """The section of a parsed history.json whose texts are clean; None without one, or without a run in it.

    Raises ReportError where the file breaks its contract (see `reports.comparison`).
    """
    runs = read_history(document).runs[-_MOST_RUNS:] if document is not None else ()
    if not runs:
        return None
    named = {key for run in runs for key, value in run.headlines.items() if value is not None}
    keys = [key for key in HEADLINES if key in named] + sorted(named - HEADLINES.keys())
    lead = WORDS.history.lead.format(n=count(len(runs))) if len(runs) > 1 else WORDS.history.lead_one
    shown = shown_of(len(runs), WORDS.lists.newest_first, _LISTED)
    rows = tuple(_row(run, keys) for run in runs[::-1][:_LISTED])
    return History(lead, tuple(_trend(key, runs) for key in keys), rows, shown)


def _title(key: str) -> str:
    return HEADLINES[key].title if key in HEADLINES else title_of(key)


def _trend(key: str, runs: Sequence[HistoryRun]) -> Trend:
    values = [run.headlines.get(key) for run in runs]
    failed = [run.gates.verdict == "failed" for run in runs]
    known = [value for value in values if value is not None]
    label = WORDS.history.spoken.format(
        title=_title(key), n=count(len(runs)), first=percent(known[0]), last=percent(known[-1])
    )
    last, before = values[-1], values[-2] if len(values) > 1 else None
    change = signed_points(last - before) if last is not None and before is not None else ""
    return Trend(_title(key), sparkline(values, failed, label), percent(last), change)


def _row(run: HistoryRun, keys: Sequence[str]) -> RunRow:
    gate = "" if run.gates.verdict in ("", "none") else run.gates.verdict
    return RunRow(
        at=run.at,
        label=run.label,
        commit=(run.commit or "")[:12],
        values=tuple(percent(run.headlines.get(key)) for key in keys),
        gate=gate,
        shape=_SHAPES.get(gate, "warning") if gate else "",
    )
