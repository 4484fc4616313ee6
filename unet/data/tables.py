"""Examples that a CSV lists: the columns image and mask, and where it has them split and group."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from inspector.errors import InputError
from inspector.problems import Note, shown
from inspector.stems import bare_stem, stem
from unet.data.examples import SPLITS, Example, Found

__all__ = ["read_table"]

COLUMNS = "image, mask[, split][, group]"
Row = dict[str, str]


def read_table(path: Path) -> Found:
    """The examples of a UTF-8 CSV with a header; paths in it are relative to the folder it lies in.

    Rows of the split test are not even looked at. Raises InputError that names the line of a file that is not there,
    an unknown split or a row of the wrong length, and both rows of one image.
    """
    found: dict[str, list[Example]] = {}
    rows, aside = _rows(path), 0
    for line, row in rows:
        name = row.get("split", "").strip().lower()
        if name and name not in SPLITS:
            raise _bad(path, f"line {line}: the split {name!r}, expected train, val or test")
        if SPLITS.get(name) == "test":
            aside += 1
        else:
            found.setdefault(SPLITS.get(name, ""), []).append(_example(path, line, row))
    _check_unique(path, [example for examples in found.values() for example in examples])
    if "" in found and len(found) > 1:
        raise _bad(path, f"{len(found[''])} rows have no split, others have one", "fill the column, or leave it out")
    if not found or ("val" in found and "train" not in found):
        raise _bad(path, "there is no row to train on", "name the rows of the split train")
    apart = Note("test_apart", shown(str(path)), f"{aside} rows of the split test are set apart")
    return Found(found, f"{shown(str(path))}, {len(rows)} rows", [apart] if aside else [])


def _rows(path: Path) -> list[tuple[int, Row]]:
    """[(line number, {column: value})]; blank lines are skipped."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            names = reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise _bad(path, f"the table cannot be read: {error.strerror}", "check its permissions") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(path, f"this is no table in UTF-8: {error}", "save it as CSV, UTF-8") from None
    if not {"image", "mask"} <= set(names):
        found = ", ".join(names) or "none"
        raise _bad(path, f"the columns are {found}; expected {COLUMNS}", "name them in the first line, with commas")
    for line, row in rows:
        if None in row or None in row.values():
            raise _bad(path, f"line {line}: expected {len(names)} values, as the header has")
    return rows


def _example(path: Path, line: int, row: Row) -> Example:
    paths = {}
    for side in ("image", "mask"):
        if not row[side].strip():
            raise _bad(path, f"line {line}: no {side} is given")
        paths[side] = path.parent / row[side].strip()
        if not paths[side].is_file():
            raise _bad(path, f"line {line}: there is no {side} {shown(str(paths[side]))}")
    image_id = shown(bare_stem(stem(row["image"].strip().replace(os.sep, "/"))))
    return Example(image_id, paths["image"], paths["mask"], row.get("group", "").strip())


def _check_unique(path: Path, examples: Iterable[Example]) -> None:
    seen: dict[str, Example] = {}
    for example in examples:
        other = seen.setdefault(example.image_id, example)
        if other is not example:
            names = f"{shown(str(other.image_path))} and {shown(str(example.image_path))}"
            raise _bad(
                path, f"two rows claim the image {example.image_id}: {names}", "keep one of them", "ambiguous_stem"
            )


def _bad(path: Path, reason: str, fix: str = "correct the line", kind: str = "bad_table") -> InputError:
    return InputError(kind, reason, fix, path=shown(str(path)))
