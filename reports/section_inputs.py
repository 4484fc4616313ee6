"""What went in: files used and left out, notes, settings, definitions, versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.formats import count, of_diagonal, plain, plural
from reports.language import WORDS
from reports.left_out import chosen_images, masks_found, unusable
from reports.rows import shown_of
from reports.words import HEADLINES, METRICS, SETTINGS, Term, title_of

__all__ = ["FileList", "FileRow", "Inputs", "Notes", "inputs_of", "run_of"]

_MOST_FILES = 200  # in each list
_MOST_NOTES = 20  # of one kind


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
class Notes:
    """What a careful user wants to hear of some files, by kind. `lines` are (path, text)."""

    kind: str
    n: str
    lines: tuple[tuple[str, str], ...]
    shown: str


@dataclass(frozen=True)
class Inputs:
    """The section."""

    counts: tuple[tuple[str, str], ...]
    lists: tuple[FileList, ...]
    others: str
    notes: tuple[Notes, ...]
    n_notes: str
    settings: tuple[tuple[str, str], ...]
    headlines: tuple[tuple[str, Term], ...]
    metrics: tuple[tuple[str, Term], ...]


def inputs_of(document: Mapping[str, Any]) -> Inputs:
    inputs, words = document.get("inputs") or {}, WORDS.inputs
    lists = (
        (words.list_chosen, inputs.get("excluded_by_choice")),
        (words.list_missing, inputs.get("missing")),
        (words.list_extra, inputs.get("extra")),
        (words.list_unusable, unusable(inputs)),
        (words.list_partners, inputs.get("partners")),
    )
    notes = [note for note in inputs.get("notes") or [] if isinstance(note, Mapping)]
    return Inputs(
        counts=tuple(_counts(inputs)),
        lists=tuple(_list(title, records) for title, records in lists if records),
        others=_others(inputs),
        notes=tuple(_notes(notes)),
        n_notes=count(len(notes)),
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
    gt, pred = (masks_found(inputs, side) for side in ("gt", "pred"))
    words = WORDS.inputs
    held = (
        (words.count_gt, gt), (words.count_pred, pred), (words.count_pairs, inputs.get("pairs")),
        (words.count_chosen, len(chosen_images(inputs)) or None),
        (words.count_missing, len(inputs.get("missing") or [])),
        (words.count_extra, len(inputs.get("extra") or [])),
        (words.count_unusable, len(unusable(inputs))),
    )  # fmt: skip
    yield from ((name, count(value)) for name, value in held if value is not None)


def _others(inputs: Mapping[str, Any]) -> str:
    """Files in the two folders that are no masks: "3 × .txt and 1 × hidden"."""
    kinds = Counter[str]()
    for record in inputs.get("skipped") or []:
        kinds[str(record.get("what"))] += record.get("count") or 0
    return ", ".join(WORDS.inputs.kind.format(n=count(n), kind=what) for what, n in kinds.most_common(12))


def _list(title: str, records: Sequence[Any]) -> FileList:
    rows = tuple(_file(record) for record in records[:_MOST_FILES])
    return FileList(title, count(len(records)), rows, shown_of(len(records), WORDS.lists.shown, _MOST_FILES))


def _notes(records: Sequence[Mapping[str, Any]]) -> Iterator[Notes]:
    """One entry a kind, the most frequent first."""
    for kind, n in Counter(str(record.get("kind") or "") for record in records).most_common():
        held = [record for record in records if str(record.get("kind") or "") == kind]
        lines = tuple((str(r.get("path") or ""), str(r.get("text") or "")) for r in held[:_MOST_NOTES])
        yield Notes(title_of(kind), count(n), lines, shown_of(n, WORDS.lists.shown, _MOST_NOTES))


def _file(record: Any) -> FileRow:
    if not isinstance(record, Mapping):
        return FileRow(str(record), "", "", "", "")
    return FileRow(*(str(record.get(key) or "") for key in ("file", "side", "kind", "reason", "fix")))


def _settings(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if key == "categories" and isinstance(value, Mapping):
            yield from _categories(value)
            continue
        yield SETTINGS.get(key, title_of(key)), _setting(key, value)


def _categories(categories: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    ignored = categories.get("ignored") or []
    yield WORDS.inputs.classes, plural(len(categories.get("classes") or []), WORDS.counted.classes)
    yield WORDS.inputs.ignored_classes, ", ".join(str(record.get("name")) for record in ignored) or WORDS.common.none


def _setting(key: str, value: Any) -> str:
    if value is None or value == [] or value == "":
        return str(WORDS.common.none)
    if key in ("tolerance", "boundary_width", "error_width") and value < 1:
        return of_diagonal(value)
    if isinstance(value, list):
        return ", ".join(_setting("", item) for item in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{100 * value:g}\u202f%" if key in ("confidence", "object_recall_threshold") else plain(value)
