"""A run folder read back: its document, and its tables as a tally that can be resampled, cut down and compared."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories, Category
from inspector.counts import CLASS_COLUMNS
from inspector.errors import InputError, UsageError
from inspector.run_folder import DOCUMENT
from inspector.settings import Settings
from inspector.slices import slices_of
from inspector.tables import METADATA, TABLES, USER, FileTable, Table
from inspector.tally import Tally

__all__ = ["SCHEMA_VERSION", "Run", "part_of", "read_document", "read_run", "tally_of"]

SCHEMA_VERSION = 1  # of the documents that can be read back


@dataclass(frozen=True)
class Run:
    """What an inspection left behind. `name` says which run it is, for people."""

    name: str
    document: Mapping[str, Any]
    tables: Mapping[str, Table]

    @cached_property
    def categories(self) -> Categories:
        return _categories(self.document)

    @cached_property
    def settings(self) -> Settings:
        return _settings(self.document)

    @cached_property
    def image_ids(self) -> list[str]:
        return [str(image) for image in self.tables["images"].column("image")]

    @cached_property
    def metadata(self) -> dict[str, list[str]]:
        """Column of the user's metadata -> (N,) text of each image, "" where it has none; empty without metadata."""
        table = self.tables.get(METADATA)
        if table is None:
            return {}
        names = [name for name in table.names() if name.startswith(USER)]
        return {name.removeprefix(USER): [str(value) for value in table.column(name)] for name in names}

    def slice(self, name: str) -> NDArray[np.int64]:
        """Places in `images` of a slice "column=value", as the report names slices. Raises UsageError for another."""
        parts = slices_of(self.metadata)
        column, equals, value = name.partition("=")
        held = parts.get((column.strip(), value.strip()))
        if held is None or not equals:
            known = ", ".join(f"{column}={value}" for column, value in parts) or "none: the run has no metadata"
            raise UsageError(f"there is no slice {name!r}; there are {known}", kind="gate_slice")
        return np.flatnonzero(held)

    def tally(self, settings: Settings | None = None) -> Tally:
        """All images. `settings` takes the place of the run's own where another number of resamples is asked for."""
        return tally_of(self.tables, self.categories, settings or self.settings)


class _Part(Table):
    """Some rows of a table, in the order given; `image_index` counts anew where `renumbered` says how."""

    def __init__(self, table: Table, rows: NDArray[np.int64], renumbered: NDArray[np.int64]) -> None:
        self._table, self._rows, self._renumbered = table, rows, renumbered

    def names(self) -> list[str]:
        return self._table.names()

    def column(self, name: str) -> NDArray[Any]:
        values = self._table.column(name)[self._rows]
        return self._renumbered[values] if name == "image_index" else values


def read_run(folder: str | Path) -> Run:
    """The run in a folder that `inspect` has written.

    Raises InputError `no_run` where there is none, or one of another schema version, or without its tables.
    """
    folder = Path(folder)
    document = read_document(folder)
    missing = [f"{name}.parquet" for name in TABLES if not (folder / f"{name}.parquet").is_file()]
    if missing:
        what = f"{folder}: {', '.join(missing)} not found, so there is nothing to resample; run `inspect` again"
        raise InputError("no_run", what)
    names = [*TABLES, METADATA] if (folder / f"{METADATA}.parquet").is_file() else TABLES
    return Run(folder.name or str(folder), document, {name: FileTable(folder / f"{name}.parquet") for name in names})


def read_document(folder: Path) -> dict[str, Any]:
    """inspection.json of a run folder. Raises InputError `no_run`."""
    path = folder / DOCUMENT
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("no_run", f"{path}: not found; expected a folder that `inspect` has written") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError("no_run", f"{path}: not readable as JSON ({error}); run `inspect` again") from error
    found = document.get("schema_version") if isinstance(document, dict) else None
    if found != SCHEMA_VERSION:
        raise InputError(
            "no_run",
            f"{path}: schema_version {found!r} found, {SCHEMA_VERSION} expected; "
            "use the version of the tool that wrote it",
        )
    return document


def tally_of(tables: Mapping[str, Table], categories: Categories, settings: Settings) -> Tally:
    """The sums of tables, and the tables: what metrics and intervals are made of. No pixel profile, no second look."""
    k = len(categories)
    cells, held = tables["confusion"], tables["classes"].column("class_index")
    place = cells.column("true_index") * (k + 1) + cells.column("pred_index")
    totals = np.stack([_sum(held, tables["classes"].column(name), k) for name in CLASS_COLUMNS], axis=1)
    confusion = _sum(place, cells.column("px"), k * (k + 1)).reshape(k, k + 1)
    return Tally(categories, settings, tables, confusion, totals)


def part_of(tables: Mapping[str, Table], images: Sequence[int] | NDArray[np.int64]) -> dict[str, Table]:
    """The rows of some images, numbered in the order given. `images` are different places in the table of images."""
    chosen = np.asarray(images, np.int64)
    renumbered = np.full(len(tables["images"]), -1, np.int64)
    renumbered[chosen] = np.arange(len(chosen))
    return {name: _Part(table, _rows(table, renumbered), renumbered) for name, table in tables.items()}


def _rows(table: Table, renumbered: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows of the chosen images, by their new number."""
    place = renumbered[table.column("image_index")]
    kept = np.flatnonzero(place >= 0)
    return kept[np.argsort(place[kept], kind="stable")]


def _sum(place: NDArray[np.int64], values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """(size,) int64, exact: sums of whole numbers by place."""
    sums = np.zeros(size, np.int64)
    np.add.at(sums, place, values)
    return sums


def _categories(document: Mapping[str, Any]) -> Categories:
    recorded = document["settings"]["categories"]
    kept, ignored = (
        tuple(_category(record, ignore=ignore) for record in recorded[key])
        for key, ignore in (("classes", False), ("ignored", True))
    )
    return Categories(kept, ignored, str(recorded["source"]))


def _category(record: Mapping[str, Any], ignore: bool) -> Category:
    color = record.get("color")
    return Category(
        id=int(record["id"]),
        name=str(record["name"]),
        color=tuple(color) if color else None,
        values=tuple(record["values"]),
        ignore=ignore,
        isthing=bool(record["isthing"]),
        background=bool(record["background"]),
    )


def _settings(document: Mapping[str, Any]) -> Settings:
    held = document["settings"]
    known = {field.name: held[field.name] for field in fields(Settings) if field.name in held}
    lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    return replace(Settings(), **(known | lists))
