"""Read a run folder, and write its report whole or not at all."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from reports.errors import ReportError
from reports.render import render

__all__ = ["write_report"]

REPORT = "report.html"
_SAFE_PICTURE = re.compile(r"evidence/[A-Za-z0-9_][A-Za-z0-9._-]*\.png")  # never a path out of the run folder


def write_report(run_folder: Path) -> Path:
    """Draw `report.html` of a run folder from its inspection.json, evidence/, and run.json and task.json if there.

    Returns the path of the report. Raises ReportError where the folder holds no readable document.
    """
    document = _read_json(run_folder / "inspection.json")
    run, task = _read_optional(run_folder / "run.json"), _read_optional(run_folder / "task.json")
    page = render(document, _read_pictures(run_folder, document), run, task)
    return _write_whole(run_folder / REPORT, page)


def _read_optional(path: Path) -> dict[str, Any] | None:
    return _read_json(path) if path.is_file() else None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None)
    except FileNotFoundError:
        raise ReportError(f"{path}: not found; expected a folder that `inspect` has written") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ReportError(f"{path}: not readable as JSON ({error}); run `inspect` again") from error
    if not isinstance(document, dict):
        raise ReportError(f"{path}: expected a JSON object, found {type(document).__name__}; run `inspect` again")
    return document


def _read_pictures(run_folder: Path, document: Mapping[str, Any]) -> dict[str, bytes]:
    """Path in the run folder -> PNG bytes, of every picture that the document names and that is there."""
    pictures = {}
    for name in _picture_names(document):
        path = run_folder / name
        if name not in pictures and _SAFE_PICTURE.fullmatch(name) and path.is_file() and not path.is_symlink():
            pictures[name] = path.read_bytes()
    return pictures


def _picture_names(document: Mapping[str, Any]) -> Iterator[str]:
    shown = [image for finding in document.get("findings") or [] for image in finding.get("images") or []]
    for record in [*shown, *(document.get("evidence") or [])]:
        yield from filter(None, (record.get("pictures") or {}).values())


def _write_whole(path: Path, text: str) -> Path:
    """Write beside, then rename: a reader sees the old report or the new one."""
    handle, name = tempfile.mkstemp(prefix=".report-", suffix=".html", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, 0o644)  # mkstemp makes it readable by the owner alone
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return path
