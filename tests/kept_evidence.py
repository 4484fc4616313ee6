"""What a run folder keeps to look at, made of masks by PIL and pyarrow alone: views and thumbnails."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

__all__ = ["keep_thumbs", "keep_views", "labels_png", "put_evidence"]

Masks = Mapping[int, tuple[NDArray[np.integer], NDArray[np.integer]]]  # image index -> truth and prediction


def labels_png(codes: NDArray[np.integer], is_colour: bool = False) -> bytes:
    """The value is the index; or red + 256 x green."""
    stream = io.BytesIO()
    if is_colour:
        Image.fromarray(np.stack([codes % 256, codes // 256, 0 * codes], axis=2).astype(np.uint8)).save(stream, "png")
    else:
        picture = Image.fromarray(codes.astype(np.uint8), "P")
        picture.putpalette([level for k in range(256) for level in (k, 255 - k, 7)])
        picture.save(stream, "png")
    return stream.getvalue()


def keep_views(folder: Path, masks: Masks, is_colour: bool = False) -> list[dict[str, Any]]:
    """Files of whole views in a run folder, and the records of `evidence` that name them."""
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    records = []
    for index, pair in masks.items():
        files = {}
        for side, codes in zip(("gt", "pred"), pair, strict=True):
            files[side] = f"evidence/{index:04}.{side}.png"
            (folder / files[side]).write_bytes(labels_png(codes, is_colour))
        height, width = pair[0].shape
        view = {"shrink": 1, **files, "image": None, "patches": []}
        records.append({
            "image": f"image {index}", "image_index": index, "slug": f"{index:04}", "files": files, "pictures": {},
            "view": view, "height": height, "width": width,
        })  # fmt: skip
    return records


def keep_thumbs(folder: Path, masks: Masks) -> None:
    """evidence/thumbs.parquet, in row groups of two."""
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    rows = [
        {"image_index": index, "height": gt.shape[0], "width": gt.shape[1], "shrink": 1, "gt": labels_png(gt),
         "pred": labels_png(pred)}
        for index, (gt, pred) in masks.items()
    ]  # fmt: skip
    whole, file = pa.int64(), pa.binary()
    numbers = dict.fromkeys(("image_index", "height", "width", "shrink"), whole)
    table = pa.Table.from_pylist(rows, pa.schema(list({**numbers, "gt": file, "pred": file}.items())))
    pq.write_table(table, folder / "evidence" / "thumbs.parquet", row_group_size=2)


def put_evidence(run: Path, records: list[dict[str, Any]]) -> None:
    """These records in the place of those of a run's document."""
    path = run / "inspection.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "evidence": records}), encoding="utf-8")
