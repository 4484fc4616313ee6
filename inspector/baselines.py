"""A baseline: what a later run is compared with, as one small file to commit."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from inspector.counts import CLASS_COLUMNS
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.headlines import HEADLINES
from inspector.intervals import RESAMPLED
from inspector.results import to_json
from inspector.runs import Run
from inspector.tables import METADATA, MemoryTable, Table, schema
from inspector.whole_files import write_whole

__all__ = ["BASELINE_VERSION", "Change", "baseline_of", "changes", "read_baseline", "read_record", "write_baseline"]

BASELINE_VERSION = 1
KIND = "mask-inspector baseline"
LEVEL = 19  # of zstd: written seldom, kept in a repository for long
IMAGE_COLUMNS = ("image", "image_index", "group", "height", "width", "mean_iou", "gt_hash")
CLASS_TABLE = ("image_index", "class_index", *dict.fromkeys(RESAMPLED))
#: What of the document a comparison reads, beside what a person wants to see in a diff.
KEPT = ("schema_version", "task", "partial", "tool", "settings")

Record = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """A number before and after. `scope` is "all classes" or the name of a class; None is undefined."""

    metric: str
    scope: str
    before: float | None
    after: float | None


def baseline_of(run: Run) -> Record:
    """The file of a run: its numbers for people, and the counts of each image that metrics are made of."""
    document = run.document
    overall = document["overall"]
    return {
        "kind": KIND,
        "baseline_version": BASELINE_VERSION,
        "run": run.name,
        "images": len(run.image_ids),
        "headlines": {name: overall[name] for name in (*HEADLINES, "mean_image_iou") if name in overall},
        "classes": [{key: record[key] for key in ("id", "name", "iou", "images")} for record in document["classes"]],
        **{key: document[key] for key in KEPT},
        "data": {name: _packed(columns) for name, columns in _tables(run).items()},
    }


def write_baseline(path: Path, record: Mapping[str, Any]) -> None:
    """Write the file whole or not at all. Raises EnvironmentFault where the disk does not allow it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, to_json(record).encode())
    except OSError as error:
        raise EnvironmentFault(f"{path}: could not be written ({error.strerror}); choose another -o") from error


def read_baseline(path: str | Path) -> Run:
    """The run in a baseline file: images, counts and settings, as `pair_runs` takes it.

    It holds the counts of MEASURES, and no confusion, objects or curves: these are empty or 0 here, and what a
    comparison says of them needs the run folder.
    Raises InputError `no_baseline` for a file that is none, that is damaged, or of another version.
    """
    path = Path(path)
    record = read_record(path)
    try:
        images, classes = (_unpacked(record["data"][name]) for name in ("images", "classes"))
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError("no_baseline", f"{path}: damaged ({error}); save the baseline again") from error
    zero = np.zeros(len(classes["image_index"]), np.int64)
    absent = {name: zero for name in CLASS_COLUMNS if name not in classes}
    tables: dict[str, Table] = {"images": MemoryTable(images), "classes": MemoryTable(classes | absent)}
    for name in ("confusion", "objects"):
        tables[name] = MemoryTable({field.name: np.zeros(0, np.int64) for field in schema(name)})
    if "metadata" in record["data"]:
        tables[METADATA] = MemoryTable(_unpacked(record["data"][METADATA]))
    document = {**{key: record[key] for key in KEPT}, "overall": record["headlines"], "classes": record["classes"]}
    return Run(str(record["run"]), document, tables)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two baseline files, headlines first, then the IoU of classes; a class that came or went has
    None on the side without it."""
    found = [
        Change(name, "all classes", before["headlines"].get(name), after["headlines"].get(name))
        for name in dict.fromkeys([*before["headlines"], *after["headlines"]])
    ]
    sides = [{record["name"]: record["iou"] for record in side["classes"]} for side in (before, after)]
    found += [
        Change("iou", name, *(side.get(name) for side in sides)) for name in dict.fromkeys([*sides[0], *sides[1]])
    ]
    return [change for change in found if change.before != change.after]


def read_record(path: Path) -> Record:
    """The whole file, for those that show it or hold two against each other. Raises InputError `no_baseline`."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            "no_baseline", f"{path}: not found", "write one with `inspect baseline save RUN -o FILE`"
        ) from None
    except IsADirectoryError:
        raise UsageError(f"{path}: is a folder; a baseline is one file", path=str(path)) from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError("no_baseline", f"{path}: not readable as JSON ({error})") from error
    if not isinstance(record, dict) or record.get("kind") != KIND:
        raise InputError("no_baseline", f"{path}: is no baseline; `inspect baseline save RUN -o FILE` writes one")
    if record.get("baseline_version") != BASELINE_VERSION:
        found = record.get("baseline_version")
        raise InputError("no_baseline", f"{path}: version {found!r} found, {BASELINE_VERSION} expected; save it again")
    return record


def _tables(run: Run) -> dict[str, dict[str, Any]]:
    held = {
        "images": {name: run.tables["images"].column(name) for name in IMAGE_COLUMNS},
        "classes": {name: run.tables["classes"].column(name) for name in CLASS_TABLE},
    }
    if METADATA in run.tables:
        table = run.tables[METADATA]
        held[METADATA] = {name: table.column(name) for name in table.names()}
    return held


def _packed(columns: Mapping[str, Any]) -> str:
    """Parquet in base64: the same columns give the same text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    written = BytesIO()
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    pq.write_table(table, written, compression="zstd", compression_level=LEVEL, write_statistics=False)
    return base64.b64encode(written.getvalue()).decode("ascii")


def _unpacked(text: str) -> dict[str, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(BytesIO(base64.b64decode(text, validate=True)), use_threads=False)
    except pa.ArrowException as error:
        raise ValueError(str(error)) from error
    return {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}
