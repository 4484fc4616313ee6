"""Reads a class list (TOML, JSON or CSV) into plain data, whose meaning `class_records` then checks."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from pathlib import Path
from typing import Any

from inspector.errors import UsageError

__all__ = ["FORMATS", "presets", "read_class_file", "read_preset"]

FORMATS = "TOML, JSON (also COCO JSON with `categories`) or CSV"
MAX_BYTES = 64 << 20  # a COCO file carries its annotations too; a class list alone is a few kB
PRESETS = Path(__file__).parent / "presets"
CSV_LISTS = ("values", "ids")
CSV_FLAGS = ("ignore", "thing", "isthing", "background")
FLAG_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def presets() -> tuple[str, ...]:
    """The names of the class lists that come with the program, sorted."""
    return tuple(sorted(file.stem for file in PRESETS.glob("*.json")))


def read_preset(name: str) -> Any:
    return json.loads((PRESETS / f"{name}.json").read_text(encoding="utf-8"))


def read_class_file(path: Path) -> Any:
    """The document in `path`: a dict or a list, as yet unchecked. Raises UsageError that names the file."""
    readers = {".toml": _toml, ".json": _json, ".csv": _csv}
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml"):
        fix = "write the list as TOML ([[classes]]) or JSON"
        raise UsageError(f"{path}: YAML is not read; expected {FORMATS} ({fix})", kind="class_file_type", fix=fix)
    if suffix not in readers:
        raise UsageError(f"{path}: expected {FORMATS}, by extension; found {suffix!r}", kind="class_file_type")
    return readers[suffix](_text(path), path)


def _text(path: Path) -> str:
    """UTF-8 text of a regular file of bounded size; a byte order mark is dropped."""
    try:
        if not path.is_file():
            raise UsageError(f"{path}: expected a file, found a folder or a special file", kind="class_file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            what = f"more than {MAX_BYTES >> 20} MiB, too large for a class list"
            raise UsageError(f"{path}: {what}", kind="class_file_size", fix="copy its list of classes to a file")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text (byte {error.start})", kind="class_file_encoding") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", kind="class_file") from None


def _toml(text: str, path: Path) -> Any:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}", kind="class_file_syntax") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deep for a class list", kind="json_too_deep") from None


def _json(text: str, path: Path) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        record: dict[str, Any] = {}
        for key, value in pairs:
            if key in record:
                raise UsageError(f"{path}: the key {key!r} stands twice in one object", kind="json_duplicate_key")
            record[key] = value
        return record

    def no_number(word: str) -> None:
        raise ValueError(f"{word} is no number of JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=no_number)
    except RecursionError:
        raise UsageError(f"{path}: nested too deep for a class list", kind="json_too_deep") from None
    except ValueError as error:  # also a whole number of thousands of digits
        raise UsageError(f"{path}: not valid JSON: {error}", kind="class_file_syntax") from None


def _csv(text: str, path: Path) -> list[dict[str, Any]]:
    """One record a row; the header names the keys. Colour: `colour`, or the three columns r, g, b.
    Without an `id` column, as in class_dict.csv, the rows are numbered from 0. An empty cell is not given."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), strict=True) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UsageError(f"{path}: not valid CSV: {error}", kind="class_file_syntax") from None
    if not rows:
        raise UsageError(f"{path}: empty; expected a header line such as id,name,color", kind="class_file_empty")
    header = [cell.strip().lower() for cell in rows[0]]
    if "name" not in header or len(set(header)) < len(header):
        what = f"the first line is {','.join(rows[0])!r}; expected each column once, such as id,name,color"
        raise UsageError(f"{path}: {what}", kind="class_file_syntax")
    return [_csv_record(header, row, number, path) for number, row in enumerate(rows[1:])]


def _csv_record(header: list[str], row: list[str], number: int, path: Path) -> dict[str, Any]:
    if len(row) != len(header):
        what = f"row {number + 1} has {len(row)} cells, the header {len(header)}"
        raise UsageError(f"{path}: {what}", kind="class_file_syntax")
    record = {key: _csv_value(key, cell.strip()) for key, cell in zip(header, row, strict=True) if cell.strip()}
    if {"r", "g", "b"} <= set(record):
        record["color"] = [record.pop(channel) for channel in "rgb"]
    if "id" not in header:
        record["id"] = number
    return record


def _csv_value(key: str, cell: str) -> Any:
    """The cell as JSON would give it; text that does not fit stays text, for the check to name it."""
    if key in CSV_FLAGS:
        return FLAG_WORDS.get(cell.lower(), cell)
    if key in CSV_LISTS or (key in ("color", "colour") and not cell.startswith("#")):
        return [_whole(part) for part in cell.strip("[]()").replace(";", " ").replace(",", " ").split()]
    return _whole(cell) if key in ("id", "r", "g", "b") else cell


def _whole(text: str) -> int | str:
    digits = text[1:] if text[:1] in "+-" else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 20 else text
