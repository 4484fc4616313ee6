"""`Run`: a run folder as it was read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.comparison import pictures_of
from reports.errors import ReportError
from reports.tables import RunTables

__all__ = ["DOCUMENT", "Run", "read_run"]

DOCUMENT = "inspection.json"
_SAFE_PICTURE = re.compile(r"evidence/[A-Za-z0-9_][A-Za-z0-9._-]*\.png")  # never a path out of the run folder

Record = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """What lies in a run folder.

    digest     the first 16 hex digits of the SHA-256 of inspection.json
    pictures   path in the folder -> PNG bytes, of every picture that the document names and that is there
    run, task, compare, history   run.json, task.json, compare.json and history.json, where they are there
    """

    folder: Path
    digest: str
    document: Record
    pictures: Mapping[str, bytes]
    run: Record | None
    task: Record | None
    tables: RunTables
    compare: Record | None = None
    history: Record | None = None


def read_run(folder: Path) -> Run:
    """Read a run folder; its tables and masks are read when they are asked for.

    Raises ReportError where the folder holds no readable document.
    """
    document, compare = _read_json(folder / DOCUMENT), _read_optional(folder / "compare.json")
    classes = document.get("classes") or []
    background = [index for index, record in enumerate(classes) if record.get("background")]
    return Run(
        folder,
        _identity(document),
        document,
        _read_pictures(folder, [*_picture_names(document), *pictures_of(compare or {})]),
        _read_optional(folder / "run.json"),
        _read_optional(folder / "task.json"),
        RunTables(folder, background),
        compare,
        _read_optional(folder / "history.json"),
    )


def _identity(document: Record) -> str:
    """What a review knows the run by: 16 hex digits of the SHA-256 of its document without `gates`, keys in order."""
    plain = json.dumps({key: value for key, value in document.items() if key != "gates"}, sort_keys=True)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def _read_optional(path: Path) -> Record | None:
    return _read_json(path) if path.is_file() else None


def _read_json(path: Path) -> Record:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)
    except FileNotFoundError:
        raise ReportError(f"{path}: not found; expected a folder that `inspect` has written") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ReportError(f"{path}: not readable as JSON ({error}); run `inspect` again") from error
    if not isinstance(document, dict):
        raise ReportError(f"{path}: expected a JSON object, found {type(document).__name__}; run `inspect` again")
    return document


def _read_pictures(folder: Path, names: Iterable[str]) -> dict[str, bytes]:
    pictures = {}
    for name in names:
        path = folder / name
        if name not in pictures and _SAFE_PICTURE.fullmatch(name) and path.is_file() and not path.is_symlink():
            pictures[name] = path.read_bytes()
    return pictures


def _picture_names(document: Mapping[str, Any]) -> Iterator[str]:
    shown = [image for finding in document.get("findings") or [] for image in finding.get("images") or []]
    for record in [*shown, *(document.get("evidence") or [])]:
        yield from filter(None, (record.get("pictures") or {}).values())
