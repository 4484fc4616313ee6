"""Metadata of images: a CSV with a row for each, matched to the images of a tally."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from inspector.errors import InputError, UsageError

__all__ = ["Metadata", "read_metadata"]

KEY = "image"  # the column that names the image; the first column where there is none of this name
MAX_NAMED = 5  # images named in a message


@dataclass(frozen=True)
class Metadata:
    """Columns of metadata for N images.

    columns  name -> (N,) text, stripped; "" where the file says nothing
    missing  image_ids without a row
    notes    (kind, text) of what a careful user wants to hear
    """

    columns: dict[str, tuple[str, ...]]
    missing: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = field(default=())

    def group(self, column: str) -> tuple[str, ...]:
        """(N,) the resampling unit of each image. Raises UsageError for an unknown column, InputError where the
        unit of an image is not known."""
        if column not in self.columns:
            known = ", ".join(self.columns) or "none"
            raise UsageError(f"--group {column}: the metadata has no such column (it has {known})", kind="no_column")
        values = self.columns[column]
        if "" in values:
            without = values.count("")
            raise InputError(
                "group_unknown",
                f"images without a value in the column {column!r} that --group asks for: {without} of {len(values)}",
                "add the missing rows or values: an image without a group cannot be resampled",
            )
        return values


def read_metadata(path: str | Path, image_ids: Sequence[str]) -> Metadata:
    """The metadata of `image_ids` in a UTF-8 CSV with a header.

    The column "image" (or the first one) holds image ids or file names, with or without folder and extension as
    long as that is unambiguous. Raises InputError for an unreadable file, a row of the wrong length, a column
    without a name or named twice, or two rows for one image. Unknown and missing images are notes.
    """
    header, rows = _read(Path(path))
    key = header.index(KEY) if KEY in header else 0
    names = _names(image_ids)
    found: dict[str, list[str]] = {}
    unknown = []
    for line, row in rows:
        image = next((names[form] for form in _forms(row[key].strip()) if form in names), None)
        if image is None:
            unknown.append(row[key])
        elif image in found:
            raise _bad(path, "duplicate_row", f"line {line}: a second row for the image {image}", "keep one of them")
        else:
            found[image] = row
    columns = {
        name: tuple(found[image][i].strip() if image in found else "" for image in image_ids)
        for i, name in enumerate(header)
        if i != key
    }
    missing = tuple(image for image in image_ids if image not in found)
    return Metadata(columns, missing, tuple(_notes(unknown, missing)))


def _read(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """(header, [(line number, row)]); blank lines are skipped."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(reader.line_num, row) for reader in [csv.reader(file, strict=True)] for row in reader if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _bad(path, "metadata_unreadable", f"is no UTF-8 CSV: {error}", "save it as UTF-8 CSV") from error
    if not lines:
        raise _bad(path, "metadata_empty", "holds no line", "give it a header and a row for each image")
    header = [name.strip() for name in lines[0][1]]
    if "" in header or len(set(header)) < len(header):
        raise _bad(path, "metadata_header", f"column names must be unique and not empty, found {header}", "rename them")
    for line, row in lines[1:]:
        if len(row) != len(header):
            reason = f"line {line} has {len(row)} fields, the header has {len(header)}"
            raise _bad(path, "metadata_row", reason, "quote values that hold a comma")
    return header, lines[1:]


def _bad(path: str | Path, kind: str, reason: str, fix: str) -> InputError:
    return InputError(kind, reason, fix, path=str(path))


def _forms(name: str) -> list[str]:
    """Ways to write one image, the most exact first: as it is, without extension, the bare name, its stem."""
    path = PurePosixPath(name.replace("\\", "/"))
    return list(dict.fromkeys((str(path), str(path.with_suffix("")) if path.name else "", path.name, path.stem)))


def _names(image_ids: Sequence[str]) -> dict[str, str]:
    """Written form -> image id; a form that two images share stands for neither, an exact id always for itself."""
    claims: dict[str, set[str]] = {}
    for image in image_ids:
        for form in _forms(image):
            claims.setdefault(form, set()).add(image)
    unambiguous = {form: next(iter(images)) for form, images in claims.items() if len(images) == 1}
    return unambiguous | {image: image for image in image_ids}


def _notes(unknown: Sequence[str], missing: Sequence[str]) -> list[tuple[str, str]]:
    notes = []
    if unknown:
        notes.append(
            (
                "metadata_unknown_image",
                f"rows of the metadata that name no image here: {len(unknown)} ({_some(unknown)})",
            )
        )
    if missing:
        notes.append(
            ("metadata_missing_image", f"images without a row in the metadata: {len(missing)} ({_some(missing)})")
        )
    return notes


def _some(names: Sequence[str]) -> str:
    left = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {left} more" if left > 0 else "")
