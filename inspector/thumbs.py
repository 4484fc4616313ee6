"""Thumbnails of both masks of each image, made while the images are counted: `evidence/thumbs.parquet`.

One row for each image: `image_index`, `height` and `width` of its masks, `shrink` (every how manieth pixel is shown),
`gt` and `pred` (PNG as `inspector.label_png` writes them). Of more than MOST_THUMBS images only the worst keep theirs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.evidence_files import FOLDER
from inspector.label_png import encode_labels
from inspector.masks import Mask
from inspector.windows import Window, whole

__all__ = ["FILE", "LARGEST_SIDE_PX", "MOST_THUMBS", "Thumb", "ThumbMaker", "ThumbWriter"]

FILE = f"{FOLDER}/thumbs.parquet"
LARGEST_SIDE_PX = 128
MOST_THUMBS = 10_000
ROWS_PER_GROUP = 1 << 10  # about 2 MB: what is in memory, whatever the number of images
_LEVEL = 4  # of zlib: masks of street scenes take a fifth less than at level 1, for half a hundredth of a run


@dataclass(frozen=True)
class Thumb:
    """One pair of masks made small: the size they had, the factor they were shrunk by, and a PNG of each."""

    height: int
    width: int
    shrink: int
    gt: bytes
    pred: bytes


@dataclass(frozen=True)
class ThumbMaker:
    """Makes thumbnails of masks of one class list."""

    categories: Categories
    colors: NDArray[np.uint8] = field(init=False)  # (K, 3), worked out once for all images

    def __post_init__(self) -> None:
        object.__setattr__(self, "colors", self.categories.colors_rgb())

    def make(self, gt: Mask, pred: Mask) -> Thumb:
        """The thumbnail of a pair of one size: the nearest pixel of each block, no side above LARGEST_SIDE_PX."""
        window = whole(gt.shape, LARGEST_SIDE_PX)
        return Thumb(*gt.shape, window.shrink, self._png(gt, window), self._png(pred, window))

    def _png(self, mask: Mask, window: Window) -> bytes:
        codes = self.categories.lut(mask.segments).take(window.sample(mask.ids))
        return encode_labels(codes, self.colors, _LEVEL)


class ThumbWriter:
    """Writes the thumbnails into a run folder as they come, some rows at a time."""

    def __init__(self, run_folder: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = run_folder / FILE
        self._path.parent.mkdir(exist_ok=True)
        whole_number, file = pa.int64(), pa.binary()
        numbers = dict.fromkeys(("image_index", "height", "width", "shrink"), whole_number)
        self._schema = pa.schema(list({**numbers, "gt": file, "pred": file}.items()))
        self._file = pq.ParquetWriter(self._path, self._schema, compression="zstd")  # palettes repeat from row to row
        self._rows: list[dict[str, Any]] = []
        self._images = 0

    def add(self, index: int, thumb: Thumb) -> None:
        self._rows.append({"image_index": index, **vars(thumb)})
        self._images += 1
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def close(self, scores: NDArray[np.float64]) -> None:
        """Write what is left, and keep the worst MOST_THUMBS by `scores` ((N,), by image_index; NaN counts as best)."""
        self._flush()
        self._file.close()
        if self._images > MOST_THUMBS:
            kept = np.zeros(len(scores), np.bool_)
            kept[np.argsort(scores, kind="stable")[:MOST_THUMBS]] = True  # NaN is sorted last
            self._prune(kept)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows = []

    def _prune(self, kept: NDArray[np.bool_]) -> None:
        """Leave only the rows of images that are `kept`, one row group in memory at a time."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        everything = self._path.with_suffix(".all")
        os.replace(self._path, everything)
        with (
            pq.ParquetFile(everything) as file,
            pq.ParquetWriter(self._path, self._schema, compression="zstd") as fewer,
        ):
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, use_threads=False)
                fewer.write_table(rows.filter(pa.array(kept[rows.column("image_index").to_numpy()])))
        everything.unlink()
