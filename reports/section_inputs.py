"""What went in: files used and left out, notes, settings, definitions, versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.formats import count, plain
from reports.words import HEADLINES, METRICS, SETTINGS, Term, title_of

__all__ = ["FileList", "FileRow", "Inputs", "Note", "inputs_of", "run_of"]

_MOST_FILES = 200  # in each list


@dataclass(frozen=True)
class FileRow:
    """One file that is in no number."""

    file: str
    side: str
    kind: str
    reason: str
    fix: str


@dataclass(frozen=True)
class FileList:
    """Files left out for one cause."""

    title: str
    n: str
    rows: tuple[FileRow, ...]
    shown: str


@dataclass(frozen=True)
class Note:
    """Something a careful user wants to hear of one file."""

    kind: str
    path: str
    text: str


@dataclass(frozen=True)
class Inputs:
    """The section."""

    counts: tuple[tuple[str, str], ...]
    lists: tuple[FileList, ...]
    notes: tuple[Note, ...]
    notes_shown: str
    settings: tuple[tuple[str, str], ...]
    headlines: tuple[tuple[str, Term], ...]
    metrics: tuple[tuple[str, Term], ...]


def inputs_of(document: Mapping[str, Any]) -> Inputs:
    inputs = document.get("inputs") or {}
    lists = (
        ("Missing predictions", "missing"), ("Predictions without a true mask", "extra"),
        ("Could not be used", "excluded"), ("Skipped by choice", "skipped"),
    )  # fmt: skip
    notes = [note for note in inputs.get("notes") or [] if isinstance(note, Mapping)]
    return Inputs(
        counts=tuple(_counts(inputs)),
        lists=tuple(_list(title, inputs[key]) for title, key in lists if inputs.get(key)),
        notes=tuple(
            Note(*(str(note.get(key) or "") for key in ("kind", "path", "text"))) for note in notes[:_MOST_FILES]
        ),
        notes_shown=f"showing {_MOST_FILES} of {count(len(notes))}" if len(notes) > _MOST_FILES else "",
        settings=tuple(_settings(document.get("settings") or {})),
        headlines=tuple(HEADLINES.items()),
        metrics=tuple(METRICS.items()),
    )


def run_of(run: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """(name, text) of what changes from run to run, nested names joined."""
    return tuple((title_of(name), text) for name, text in _leaves(run))


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{name} {key}".strip())
    elif isinstance(value, list):
        yield name, " ".join(str(item) for item in value)
    elif value is not None:
        yield name, str(value)


def _counts(inputs: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    found = inputs.get("found") or {}
    for name, value in (("True masks found", found.get("gt")), ("Predictions found", found.get("pred")),
                        ("Pairs scored", inputs.get("pairs"))):  # fmt: skip
        if value is not None:
            yield name, count(value)
    for name, key in (("Without a prediction", "missing"), ("Without a true mask", "extra"),
                      ("Could not be used", "excluded"), ("Skipped by choice", "skipped")):  # fmt: skip
        yield name, count(len(inputs.get(key) or []))


def _list(title: str, records: Sequence[Any]) -> FileList:
    rows = tuple(_file(record) for record in records[:_MOST_FILES])
    shown = f"showing {_MOST_FILES} of {count(len(records))}" if len(records) > _MOST_FILES else ""
    return FileList(title, count(len(records)), rows, shown)


def _file(record: Any) -> FileRow:
    if not isinstance(record, Mapping):
        return FileRow(str(record), "", "", "", "")
    return FileRow(*(str(record.get(key) or "") for key in ("file", "side", "kind", "reason", "fix")))


def _settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        yield SETTINGS.get(key, title_of(key)), _setting(key, value)


def _setting(key: str, value: Any) -> str:
    if value is None or value == [] or value == "":
        return "none"
    if key in ("tolerance", "boundary_width", "error_width") and value < 1:
        return f"{100 * value:g}\u202f% of the image diagonal"
    if isinstance(value, list):
        return ", ".join(_setting("", item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{100 * value:g}\u202f%" if key in ("confidence", "object_recall_threshold") else plain(value)
