"""The Parquet tables of a run folder: read a row group at a time, cut to what a page can hold, handed out as columns.

The one module that knows pyarrow. A table that is not there gives None: the page then shows what the document says.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reports.errors import ReportError
from reports.packing import Column, texts_column

__all__ = [
    "IMAGES_PER_CELL",
    "MOST_CELLS",
    "MOST_CLASS_ROWS",
    "MOST_IMAGES",
    "MOST_OBJECTS",
    "Cells",
    "Images",
    "Objects",
    "Rows",
    "RunTables",
    "Thumb",
]

MOST_IMAGES = 100_000  # rows of a table in the page; of more the worst are shown, and it is said
MOST_CLASS_ROWS = 1_000_000
MOST_OBJECTS = 1_000_000
MOST_CELLS = 5_000
IMAGES_PER_CELL = 48
_HELD_ROWS = 1 << 21  # rows in memory before those that will not be shown are dropped
_BATCH_ROWS = 1 << 17
_ARROW = {
    "u1": pa.uint8(), "u2": pa.uint16(), "u4": pa.uint32(), "i4": pa.int32(), "f4": pa.float32(), "f8": pa.float64(),
}  # fmt: skip
_USER = "user."  # before the name of a column of the user's metadata
_SIZES = ("small", "medium", "large")
_ABOUT = ("image", "image_index", "group", "height", "width")
_MEASURES = {  # of an image: key in the page -> column of images.parquet
    "miou": "mean_iou",
    "pixel_accuracy": "pixel_accuracy",
    "boundary_f1": "mean_boundary_f1",
    "boundary_iou": "mean_boundary_iou",
    "dice": "mean_dice",
}


@dataclass(frozen=True)
class Rows:
    """A packed table of `shown` of `total` rows."""

    total: int
    shown: int
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Cells:
    """The confusions off the diagonal.

    rows    true, pred, image, px: of each cell the images with most pixels, heaviest first
    totals  [true, pred, px, images with it] of the heaviest `MOST_CELLS` cells, heaviest first
    total   how many cells are not zero
    """

    rows: Rows
    totals: tuple[tuple[int, int, int, int], ...]
    total: int


@dataclass(frozen=True)
class Objects:
    """True objects of some images: `missed` are not found, of `total_missed` in the run; background is left out."""

    rows: Rows
    total_missed: int
    missed: int


@dataclass(frozen=True)
class Thumb:
    """Both masks of an image, small, as PNG."""

    image: int
    gt: bytes
    pred: bytes


@dataclass(frozen=True)
class Images:
    """The images of a run, in image order; `keys` name the measures that are known of each."""

    table: Any
    keys: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def worst(self) -> tuple[int, ...]:
        """Image indices by rising mean IoU; those without one last."""
        return tuple(self.table["image_index"].take(self._by_miou).to_pylist())

    @cached_property
    def _by_miou(self) -> Any:
        return pc.sort_indices(self.table, [("miou", "ascending"), ("image_index", "ascending")])

    def worst_rows(self, most: int) -> list[dict[str, Any]]:
        """The worst images: `image` (raw name), `image_index`, height, width and the measures."""
        return list(self.table.take(self._by_miou.slice(0, most)).to_pylist())

    def scores(self) -> Iterator[tuple[int, str, float | None]]:
        """(image index, raw name, mean IoU) of every image, in image order."""
        for batch in self.table.select(["image_index", "image", "miou"]).to_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def indices_of(self, names: Collection[str]) -> dict[str, int]:
        """Raw name -> image index, of those names that there are."""
        wanted = pa.array([name for name in names if _is_text(name)], pa.string())
        held = self.table.filter(pc.is_in(self.table["image"], value_set=wanted)).select(["image", "image_index"])
        return dict(zip(*(column.to_pylist() for column in held.columns), strict=True))

    @cached_property
    def _shown(self) -> Any:
        if len(self) <= MOST_IMAGES:
            return self.table
        return self.table.take(self._by_miou.slice(0, MOST_IMAGES)).sort_by("image_index")

    @property
    def shown(self) -> Sequence[int]:
        """The image index of each of `rows`."""
        return list(self._shown["image_index"].to_pylist())

    def rows(self) -> Rows:
        """`image`, the measures, `group` where it says more than the name, height, width; `index` where images are
        left out."""
        table, is_cut = self._shown, len(self) > MOST_IMAGES
        columns = [texts_column("image", table["image"].to_pylist())]
        columns += [_numbers(key, table[key]) for key in self.keys]
        if pc.any(pc.not_equal(table["group"], table["image"])).as_py():
            columns.append(texts_column("group", table["group"].to_pylist()))
        columns += [_numbers(key, table[key], "u4") for key in ("height", "width")]
        if is_cut or table["image_index"].to_pylist() != list(range(table.num_rows)):
            columns.append(_numbers("index", table["image_index"], "u4"))
        return Rows(len(self), table.num_rows, tuple(columns))


class RunTables:
    """The tables of the run folder `folder`. Raises ReportError for a table that cannot be read."""

    def __init__(self, folder: Path, background: Collection[int] = ()) -> None:
        """`background`: indices of the classes of which no object is counted as missed."""
        self._folder = folder
        self._background = pa.array(sorted(background), pa.int64())

    def has(self, name: str) -> bool:
        """Whether the folder holds the file of a table."""
        path = self._folder / name
        return path.is_file() and not path.is_symlink()

    @cached_property
    def images(self) -> Images | None:
        names = [*_ABOUT, "valid_px", "void_px", "correct_px", *_MEASURES.values()]
        parts = list(self._batches("images.parquet", names))
        if not parts:
            return None
        table = pa.concat_tables(parts)
        columns = {name: table[name] for name in _ABOUT}
        columns |= {key: table[name] for key, name in _MEASURES.items()}
        columns |= {"wrong_px": pc.subtract(table["valid_px"], table["correct_px"]), "void_px": table["void_px"]}
        columns |= self._missed_of(table["image_index"])
        keys = tuple(key for key in columns if key not in _ABOUT)
        return Images(pa.table(columns).sort_by("image_index"), keys)

    def metadata(self, images: Sequence[int]) -> dict[str, list[str]]:
        """Name of a column of the user's metadata, in their order -> text of each of these images, "" where it has
        none. Empty for a run without metadata."""
        names = [name for name in self._columns("metadata.parquet") if name.startswith(_USER)]
        parts = list(self._batches("metadata.parquet", ["image_index", *names])) if names else []
        if not parts:
            return {}
        table = pa.concat_tables(parts)
        places = pc.index_in(pa.array(images, pa.int64()), value_set=table["image_index"].combine_chunks())
        held = table.select(names).take(places)
        return {name.removeprefix(_USER): pc.fill_null(held[name], "").to_pylist() for name in names}

    @property
    def _missed(self) -> int | None:
        """Objects of the run that are not found."""
        if not self.images or "missed" not in self.images.table.column_names:
            return None
        return int(pc.sum(self.images.table["missed"]).as_py() or 0)

    def class_rows(self) -> Rows | None:
        """image, class, gt_px, pred_px, tp_px: a row for each image and class in it. Of too many those with most wrong
        pixels."""
        pixels = ("gt_px", "pred_px", "tp_px")
        held = self._cut(
            self._batches("classes.parquet", ["image_index", "class_index", *pixels]),
            lambda table: _heaviest(table, _wrong(table), MOST_CLASS_ROWS),
        )
        if held is None:
            return None
        total, table = held
        if table.num_rows > MOST_CLASS_ROWS:
            table = _heaviest(table, _wrong(table), MOST_CLASS_ROWS)
        table = table.sort_by([("image_index", "ascending"), ("class_index", "ascending")])
        columns = [_numbers("image", table["image_index"], "u4"), _numbers("class", table["class_index"], "u2")]
        return Rows(total, table.num_rows, (*columns, *(_numbers(name, table[name]) for name in pixels)))

    def cells(self) -> Cells | None:
        """Which class is taken for which, and in which images most."""
        keys = ["true_index", "pred_index"]
        sums: list[Any] = []

        def wrong() -> Iterator[Any]:
            for table in self._batches("confusion.parquet", [*keys, "image_index", "px"]):
                off = table.filter(pc.not_equal(table["true_index"], table["pred_index"]))
                sums.append(off.group_by(keys, use_threads=False).aggregate([("px", "sum"), ("px", "count")]))
                yield off

        held = self._cut(wrong(), _heaviest_of_each_cell)
        if held is None:
            return None
        totals = pa.concat_tables(sums).group_by(keys, use_threads=False)
        totals = totals.aggregate([("px_sum", "sum"), ("px_count", "sum")]).rename_columns([*keys, "px", "images"])
        totals = totals.sort_by([("px", "descending"), *((key, "ascending") for key in keys)])
        shown = totals.slice(0, MOST_CELLS)
        table = _in_order_of(_heaviest_of_each_cell(held[1]), shown)
        columns = [_numbers(name, table[key], "u2") for name, key in zip(("true", "pred"), keys, strict=True)]
        columns += [_numbers("image", table["image_index"], "u4"), _numbers("px", table["px"])]
        cells = zip(*(shown[name].to_pylist() for name in (*keys, "px", "images")), strict=True)
        return Cells(Rows(held[0], table.num_rows, tuple(columns)), tuple(cells), totals.num_rows)

    def objects(self, images: Collection[int]) -> Objects | None:
        """The true objects of the images named; of too many those that lost most pixels."""
        boxes = ("y0", "x0", "y1", "x1")
        names = ["image_index", "class_index", *boxes, "area_px", "recalled_px", "taken_by", "size", "matched"]
        wanted = pa.array(sorted(images), pa.int64())
        held = self._cut(
            (t.filter(pc.is_in(t["image_index"], value_set=wanted)) for t in self._batches("objects.parquet", names)),
            lambda table: _heaviest(table, _lost(table), MOST_OBJECTS),
        )
        if held is None:
            return None
        table = held[1]
        if table.num_rows > MOST_OBJECTS:
            table = _heaviest(table, _lost(table), MOST_OBJECTS)
        missed = table.filter(self._is_missed(table)).num_rows
        sizes = pc.index_in(table["size"], value_set=pa.array(_SIZES))
        columns = (
            _numbers("image", table["image_index"], "u4"),
            _numbers("class", table["class_index"], "u2"),
            *(_numbers(name, table[name], "u4") for name in boxes),
            _numbers("area", table["area_px"], "u4"),
            _numbers("recalled", table["recalled_px"], "u4"),
            _numbers("size", sizes, "u1"),
            _numbers("matched", table["matched"], "u1"),
            _numbers("taken_by", table["taken_by"], "i4"),
        )
        rows = Rows(held[0], table.num_rows, columns)
        return Objects(rows, missed if self._missed is None else self._missed, missed)

    @cached_property
    def _thumbs(self) -> Any:
        """Where both small masks of an image lie, without reading them: image_index, and the bytes of each."""
        parts = list(self._batches("evidence/thumbs.parquet", ["image_index", "gt", "pred"]))
        return pa.concat_tables(parts) if parts else None

    def thumb_sizes(self) -> dict[int, tuple[int, int]]:
        """Image index -> bytes of both small masks."""
        if self._thumbs is None:
            return {}
        sizes = (pc.binary_length(self._thumbs[name]).to_pylist() for name in ("gt", "pred"))
        return dict(zip(self._thumbs["image_index"].to_pylist(), zip(*sizes, strict=True), strict=True))

    def thumbs(self, images: Sequence[int]) -> Iterator[Thumb]:
        """The small masks of these images, in this order."""
        if self._thumbs is None or not images:
            return
        places = pc.index_in(pa.array(images, pa.int64()), value_set=self._thumbs["image_index"].combine_chunks())
        for place, image in zip(places.to_pylist(), images, strict=True):
            row = self._thumbs.slice(place, 1)
            yield Thumb(image, row["gt"][0].as_py(), row["pred"][0].as_py())

    # ------------------------------------------------------------------ reading

    def _missed_of(self, indices: Any) -> Mapping[str, Any]:
        """How many objects of each image are not found, and how many small ones; nothing without the table."""
        sums = []
        for table in self._batches("objects.parquet", ["image_index", "class_index", "size", "matched"]):
            missed = table.filter(self._is_missed(table)).select(["image_index", "size"])
            small = pc.cast(pc.equal(missed["size"], "small"), pa.int64())
            missed = missed.append_column("small", small).group_by("image_index", use_threads=False)
            sums.append(missed.aggregate([("small", "sum"), ("small", "count")]))
        if not sums:
            return {}
        table = pa.concat_tables(sums).group_by("image_index", use_threads=False)
        table = table.aggregate([("small_count", "sum"), ("small_sum", "sum")])
        places = pc.index_in(indices, value_set=table["image_index"].combine_chunks())
        counts = (pc.fill_null(table[name].take(places), 0) for name in ("small_count_sum", "small_sum_sum"))
        return dict(zip(("missed", "missed_small"), counts, strict=True))

    def _is_missed(self, table: Any) -> Any:
        is_background = pc.is_in(table["class_index"], value_set=self._background)
        return pc.and_(pc.invert(table["matched"]), pc.invert(is_background))

    def _cut(self, batches: Iterator[Any], drop: Callable[[Any], Any]) -> tuple[int, Any] | None:
        """(rows read, the table of those that are left): `drop` is asked whenever too many are held."""
        held: list[Any] = []
        total = rows = 0
        for table in batches:
            held.append(table)
            total, rows = total + table.num_rows, rows + table.num_rows
            if rows > _HELD_ROWS:
                held = [drop(pa.concat_tables(held))]
                rows = held[0].num_rows
        return (total, pa.concat_tables(held).combine_chunks()) if held else None

    def _columns(self, name: str) -> list[str]:
        """The names of the columns of a table; none where there is no such file."""
        if not self.has(name):
            return []
        path = self._folder / name
        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, error) from error

    def _batches(self, name: str, columns: list[str]) -> Iterator[Any]:
        """The columns of a table, some row groups at a time: at least one part, though it may hold no row. Nothing
        where there is no such file."""
        if not self.has(name):
            return
        path = self._folder / name
        try:
            with pq.ParquetFile(path) as file:
                lacking = [column for column in columns if column not in file.schema_arrow.names]
                if lacking:
                    raise ReportError(f"{path}: has no column {', '.join(lacking)}; run `inspect` again")
                schema = pa.schema([file.schema_arrow.field(column) for column in columns])
                yield schema.empty_table()
                for batch in file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
                    yield pa.Table.from_batches([batch]).select(columns).cast(schema)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> ReportError:
    return ReportError(f"{path}: not readable as Parquet ({error}); run `inspect` again")


# ---------------------------------------------------------------------- rows and columns


def _wrong(table: Any) -> Any:
    """Pixels of the class that are wrong in the image, on either side."""
    return pc.subtract(pc.add(table["gt_px"], table["pred_px"]), pc.multiply(table["tp_px"], 2))


def _lost(table: Any) -> Any:
    return pc.subtract(table["area_px"], table["recalled_px"])


def _heaviest(table: Any, weights: Any, most: int) -> Any:
    """The rows of most weight, in the order of the table."""
    order = pc.sort_indices(pa.table({"weight": weights}), [("weight", "descending")]).slice(0, most)
    return table.take(order.take(pc.sort_indices(order)))


def _heaviest_of_each_cell(table: Any) -> Any:
    """The rows of most pixels of each cell, cells by their classes, heaviest first within one."""
    by = [("true_index", "ascending"), ("pred_index", "ascending"), ("px", "descending"), ("image_index", "ascending")]
    table = table.sort_by(by)
    counts = table.group_by(["true_index", "pred_index"], use_threads=False).aggregate([("px", "count")])
    parts, start = [table.slice(0, 0)], 0
    for rows in counts["px_count"].to_pylist():
        parts.append(table.slice(start, min(rows, IMAGES_PER_CELL)))
        start += rows
    return pa.concat_tables(parts).combine_chunks()


def _in_order_of(table: Any, cells: Any) -> Any:
    """The rows of those cells, a cell after the other, each as it was ordered."""
    names = [f"{key}_index" for key in ("true", "pred")]
    keys, places = (pc.add(pc.multiply(t[names[0]], 1 << 32), t[names[1]]) for t in (table, cells))
    table = table.append_column("place", pc.index_in(keys, value_set=places.combine_chunks()))
    table = table.filter(pc.is_valid(table["place"]))
    return table.sort_by([("place", "ascending"), ("px", "descending"), ("image_index", "ascending")])


def _numbers(name: str, values: Any, type_: str = "") -> Column:
    """A column of numbers. Without a type: f8 for what is not whole or does not fit u4."""
    if not type_:
        is_whole = pa.types.is_integer(values.type) and (pc.max(values).as_py() or 0) < 1 << 32
        type_ = "u4" if is_whole else "f8"
    array = pc.fill_null(values.cast(_ARROW[type_]), float("nan") if type_[0] == "f" else 0)
    array = pa.concat_arrays(array.chunks) if isinstance(array, pa.ChunkedArray) and array.num_chunks else array
    if not len(array):
        return Column(name, type_, b"")
    width = _ARROW[type_].bit_width // 8
    return Column(name, type_, array.buffers()[1].slice(array.offset * width, len(array) * width).to_pybytes())


def _is_text(name: str) -> bool:
    """Whether a name can stand in a table at all: one with a lone surrogate cannot."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
