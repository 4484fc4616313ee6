"""The four tables of a run: what each row holds, written as the images are counted, read a column at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import CLASS_COLUMNS, COLUMN, DISTANCES, OBJECT_COLUMNS, Counts
from inspector.metrics import ROW_METRICS, mean_defined
from inspector.settings import SIZES, Settings

__all__ = [
    "METADATA",
    "TABLES",
    "USER",
    "FileTable",
    "ImageInfo",
    "MemoryTable",
    "Table",
    "TableBuilder",
    "TableWriter",
    "blocks_of",
    "memory_table",
    "schema",
    "write_metadata",
]

TABLES = ("images", "classes", "confusion", "objects")
METADATA = "metadata"  # the table of the user's columns, where there are any
USER = "user."  # before their names: one of them may be called as a column of ours
ROWS_PER_GROUP = 1 << 12  # a row group of `classes` is then about 2 MB in memory, whatever the number of pairs
KEPT_BYTES = 1 << 25  # of the columns of a table that are kept in memory once read

Block = dict[str, Any]  # column name -> array or list, all of one length


@dataclass(frozen=True)
class ImageInfo:
    """What is known of a pair beside its counts. Paths are relative to the two folders, made printable."""

    image: str
    gt_path: str
    pred_path: str
    group: str


def image_block(index: int, info: ImageInfo, counts: Counts) -> Block:
    """The row of `images`: sizes, pixels, per-image scores, content hashes of both masks."""
    columns = {name: counts.classes[:, i] for name, i in COLUMN.items()}
    valid = counts.valid_px
    return {
        "image": [info.image],
        "image_index": np.array([index], np.int64),
        "group": [info.group],
        "gt_path": [info.gt_path],
        "pred_path": [info.pred_path],
        "height": np.array([counts.shape[0]], np.int64),
        "width": np.array([counts.shape[1]], np.int64),
        "valid_px": np.array([valid], np.int64),
        "void_px": np.array([counts.void_px], np.int64),
        "correct_px": np.array([counts.correct_px], np.int64),
        "ignored_px": np.array([counts.ignored_px], np.int64),
        "pixel_accuracy": np.array([counts.correct_px / valid if valid else np.nan]),
        **{f"mean_{name}": np.array([mean_defined(metric(columns))]) for name, metric in ROW_METRICS.items()},
        "gt_hash": [counts.gt_hash],
        "pred_hash": [counts.pred_hash],
    }


def class_block(index: int, info: ImageInfo, counts: Counts, categories: Categories) -> Block:
    """The rows of `classes`: one for each class with a true or predicted pixel in the image."""
    held = np.flatnonzero((counts.column("gt_px") > 0) | (counts.column("pred_px") > 0))
    columns = {name: counts.classes[held, i] for name, i in COLUMN.items()}
    return {
        "image": [info.image] * len(held),
        "image_index": np.full(len(held), index, np.int64),
        "class_id": categories.ids[held],
        "class_index": held.astype(np.int64),
        **columns,
        **{name: counts.distances[held, i] for i, name in enumerate(DISTANCES)},
        **{name: metric(columns) for name, metric in ROW_METRICS.items()},
    }


def confusion_block(index: int, info: ImageInfo, counts: Counts, categories: Categories) -> Block:
    """The rows of `confusion`: one for each non-zero cell; a prediction outside the class list has a null id."""
    true, pred = np.nonzero(counts.confusion)
    ids = [int(i) for i in categories.ids] + [None]
    return {
        "image": [info.image] * len(true),
        "image_index": np.full(len(true), index, np.int64),
        "true_id": categories.ids[true],
        "pred_id": [ids[p] for p in pred],
        "true_index": true.astype(np.int64),
        "pred_index": pred.astype(np.int64),
        "px": counts.confusion[true, pred],
    }


def object_block(index: int, info: ImageInfo, counts: Counts, categories: Categories, settings: Settings) -> Block:
    """The rows of `objects`: one for each true object, in raster order of its first pixel."""
    columns = {name: counts.objects[:, i] for i, name in enumerate(OBJECT_COLUMNS)}
    area, union = columns["area_px"], columns["best_union_px"]
    edges = np.asarray(settings.object_edges_px)
    return {
        "image": [info.image] * len(area),
        "image_index": np.full(len(area), index, np.int64),
        "class_id": categories.ids[columns["class_index"]],
        **columns,
        "size": [SIZES[i] for i in np.searchsorted(edges, area, side="right")],
        "best_iou": np.where(union > 0, columns["best_inter_px"] / np.maximum(union, 1), 0.0),
        "matched": columns["recalled_px"] >= settings.object_recall_threshold * area,
    }


@dataclass
class TableBuilder:
    """Collects blocks of rows; `take` joins and forgets them."""

    blocks: list[Block] = field(default_factory=list)
    rows: int = 0

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.rows += len(next(iter(block.values())))

    def take(self) -> Block:
        joined: Block = {}
        for name, first in self.blocks[0].items():
            parts = [block[name] for block in self.blocks]
            joined[name] = (
                np.concatenate(parts) if isinstance(first, np.ndarray) else [item for part in parts for item in part]
            )
        self.blocks, self.rows = [], 0
        return joined


class Table(ABC):
    """A table read a column at a time."""

    @abstractmethod
    def column(self, name: str) -> NDArray[Any]:
        """One column, a value for each row."""

    @abstractmethod
    def names(self) -> list[str]:
        """Of the columns."""

    def __len__(self) -> int:
        return len(self.column("image_index"))


class MemoryTable(Table):
    """A table that lies in memory, for the library and for tests."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self._columns = columns

    def column(self, name: str) -> NDArray[Any]:
        return np.asarray(self._columns[name])

    def names(self) -> list[str]:
        return list(self._columns)


def memory_table(name: str, builder: TableBuilder) -> MemoryTable:
    """The table of what a builder collected, with its columns even where that is no row."""
    if builder.rows:
        return MemoryTable(builder.take())
    return MemoryTable({column: values.to_numpy() for column, values in _columns_of(schema(name).empty_table())})


def _columns_of(table: Any) -> Iterable[tuple[str, Any]]:
    return zip(table.column_names, table.columns, strict=True)


class FileTable(Table):
    """A table in a Parquet file: each column is read when it is asked for; those used last are kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: Any = None
        self._kept: OrderedDict[str, NDArray[Any]] = OrderedDict()

    def column(self, name: str) -> NDArray[Any]:
        if name not in self._kept:
            self._kept[name] = self._read(name)
            while len(self._kept) > 1 and sum(column.nbytes for column in self._kept.values()) > KEPT_BYTES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(name)
        return self._kept[name]

    def names(self) -> list[str]:
        return list(self._opened().schema_arrow.names)

    def _read(self, name: str) -> NDArray[Any]:
        return self._opened().read([name], use_threads=False).column(0).to_numpy()

    def _opened(self) -> Any:
        if self._file is None:
            import pyarrow.parquet as pq

            self._file = pq.ParquetFile(self._path, memory_map=True)
        return self._file


class TableWriter:
    """Writes the four tables of a run folder while the images are counted, one row group at a time."""

    def __init__(self, folder: Path, categories: Categories, settings: Settings) -> None:
        self._folder, self._categories, self._settings = folder, categories, settings
        self._builders = {name: TableBuilder() for name in TABLES}
        self._files: dict[str, Any] = {}

    def add(self, index: int, info: ImageInfo, counts: Counts) -> None:
        blocks = blocks_of(index, info, counts, self._categories, self._settings)
        for name, block in blocks.items():
            self._builders[name].add(block)
            if self._builders[name].rows >= ROWS_PER_GROUP:
                self._flush(name)

    def close(self) -> dict[str, FileTable]:
        """Write what is left; the tables, to be read again."""
        for name in TABLES:
            if self._builders[name].rows or name not in self._files:
                self._flush(name)
            self._files.pop(name).close()
        return {name: FileTable(self._folder / f"{name}.parquet") for name in TABLES}

    def _flush(self, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = self._builders[name]
        table = pa.table(rows.take(), schema=schema(name)) if rows.blocks else schema(name).empty_table()
        if name not in self._files:
            self._files[name] = pq.ParquetWriter(self._folder / f"{name}.parquet", table.schema, compression="zstd")
        self._files[name].write_table(table)


def write_metadata(folder: Path, columns: Mapping[str, Sequence[str]]) -> None:
    """The table of the user's metadata: a row for each image in order, a text column USER + name for each of theirs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = len(next(iter(columns.values())))
    held = {"image_index": pa.array(range(rows), pa.int64())} | {
        USER + name: pa.array(list(values), pa.string()) for name, values in columns.items()
    }
    pq.write_table(pa.table(held), folder / f"{METADATA}.parquet", compression="zstd")


def blocks_of(
    index: int, info: ImageInfo, counts: Counts, categories: Categories, settings: Settings
) -> dict[str, Block]:
    """The rows that one image adds to each table."""
    return {
        "images": image_block(index, info, counts),
        "classes": class_block(index, info, counts, categories),
        "confusion": confusion_block(index, info, counts, categories),
        "objects": object_block(index, info, counts, categories, settings),
    }


def schema(name: str) -> Any:
    """The pyarrow schema of a table: names and types are part of the run folder's contract."""
    import pyarrow as pa

    text, whole, real = pa.string(), pa.int64(), pa.float64()
    head = {"image": text, "image_index": whole}
    columns = {
        "images": {
            **head, "group": text, "gt_path": text, "pred_path": text, "height": whole, "width": whole,
            "valid_px": whole, "void_px": whole, "correct_px": whole, "ignored_px": whole, "pixel_accuracy": real,
            **{f"mean_{metric}": real for metric in ROW_METRICS}, "gt_hash": text, "pred_hash": text,
        },
        "classes": {
            **head, "class_id": whole, "class_index": whole, **dict.fromkeys(CLASS_COLUMNS, whole),
            **dict.fromkeys(DISTANCES, real), **dict.fromkeys(ROW_METRICS, real),
        },
        "confusion": {
            **head, "true_id": whole, "pred_id": whole, "true_index": whole, "pred_index": whole, "px": whole,
        },
        "objects": {
            **head, "class_id": whole, **dict.fromkeys(OBJECT_COLUMNS, whole), "size": text, "best_iou": real,
            "matched": pa.bool_(),
        },
    }[name]  # fmt: skip
    return pa.schema(list(columns.items()))
