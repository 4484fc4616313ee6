"""Run folders for the tests of the report: drawn by chance, written row by row, whole without any mask being read."""

from __future__ import annotations

import array
import base64
import gzip
import json
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from inspector.png_writer import encode_indexed_png
from inspector.tables import schema
from tests import report_samples as samples

Row = dict[str, Any]

CODES = {"u1": "B", "u2": "H", "u4": "I", "i4": "i", "f4": "f", "f8": "d"}


def write_run(
    folder: Path,
    images: int = 40,
    classes: int = 5,
    *,
    seed: int = 0,
    kept: int = 12,
    thumbs: int | None = None,
    names: tuple[str, ...] = (),
    picture_bytes: int = 0,
    background: int | None = 0,
) -> Path:
    """A run of `images` images in `folder`.

    kept     how many can be looked at in full; `thumbs`: how many small (None: all)
    names    of the first images; the others are numbered
    picture_bytes   of the picture behind each kept image; 0: there is none
    """
    rng = random.Random(seed)
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    ids = [*names, *(f"val/{n:05d}" for n in range(len(names), images))][:images]
    document = samples.sample(tuple(f"class {n}" for n in range(classes)), images=images, seed=seed)
    if background is not None:
        document["classes"][background]["background"] = True
    for number, finding in enumerate(document["findings"]):
        finding["images"] = [
            {"image": ids[(5 * number + place) % images], "box": [1, 2, 9, 12], "px": 40 - place, "pictures": None}
            for place in range(3)
        ]
    tables = _tables(ids, classes, rng)
    scores = [row["mean_iou"] for row in tables["images"]]
    worst = sorted(range(images), key=lambda index: (scores[index] is None, scores[index] or 0, index))
    document["images_summary"]["worst"] = [
        {"image": ids[index], "miou": scores[index], "pixel_accuracy": 0.5}
        for index in worst[:24]
        if scores[index] is not None
    ]
    document["evidence"] = [_kept(folder, index, ids[index], classes, rng, picture_bytes) for index in worst[:kept]]
    (folder / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    for name, rows in tables.items():
        write_table(folder / f"{name}.parquet", rows, schema(name))
    small = worst[: images if thumbs is None else thumbs]
    write_table(folder / "evidence" / "thumbs.parquet", [_thumb(index, rng) for index in small], THUMBS)
    return folder


THUMBS = pa.schema([
    ("image_index", pa.int64()), ("height", pa.int64()), ("width", pa.int64()), ("shrink", pa.int64()),
    ("gt", pa.binary()), ("pred", pa.binary()),
])  # fmt: skip


def write_table(path: Path, rows: list[Row], columns: pa.Schema) -> None:
    """Row groups of a few rows, so that a reader meets their edges."""
    pq.write_table(pa.Table.from_pylist(rows, schema=columns), path, row_group_size=7)


def rows_of(path: Path) -> list[Row]:
    return pq.read_table(path).to_pylist()


# ---------------------------------------------------------------------- what a page holds


def page_data(html: str) -> dict[str, Any]:
    """The data of a page as JSON holds it."""
    return json.loads(re.findall(r'<script type="application/json" id="data-page">(.*?)</script>', html, re.S)[0])


def blocks_of(html: str) -> dict[str, str]:
    """id -> text of the blocks in a page."""
    return dict(re.findall(r'<script type="text/plain" id="([\w-]+)">([^<]*)</script>', html))


def unpacked(text: str) -> dict[str, list[Any]]:
    """Column -> values of a packed table, by its definition alone."""
    first, _, data = gzip.decompress(base64.b64decode(text)).partition(b"\n")
    head, columns, at = json.loads(first), {}, 0
    for column in head["columns"]:
        part = data[at : at + column["bytes"]]
        at += column["bytes"]
        if column["type"] == "utf8":
            values = part.decode("utf-8").split("\n") if head["rows"] else []
        else:
            held = array.array(CODES[column["type"]])
            held.frombytes(part)
            values = held.tolist()
        assert len(values) == head["rows"], column
        columns[column["name"]] = values
    assert at == len(data)
    return columns


# ---------------------------------------------------------------------- parts


def _tables(ids: list[str], classes: int, rng: random.Random) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {name: [] for name in ("images", "classes", "confusion", "objects")}
    for index, name in enumerate(ids):
        head = {"image": name, "image_index": index}
        scored = rng.random() > 0.05
        valid, correct = rng.randrange(500, 1000), rng.randrange(500)
        measures = {f"mean_{key}": rng.random() for key in ("dice", "boundary_f1", "boundary_iou")}
        rows["images"].append({
            **head, "group": name, "gt_path": f"{name}.png", "pred_path": f"{name}.png", "height": 30 + index % 3,
            "width": 40, "valid_px": valid, "void_px": 1200 - valid, "correct_px": correct,
            "ignored_px": 0, "pixel_accuracy": correct / valid, **measures,
            "mean_iou": round(rng.random(), 2) if scored else None, "gt_hash": "", "pred_hash": "",
        })  # fmt: skip
        held = sorted(rng.sample(range(classes), rng.randrange(1, classes + 1)))
        rows["classes"] += [_class_row(head, c, rng) for c in held]
        for true in held:
            for pred in sorted(rng.sample(range(classes + 1), rng.randrange(1, classes + 2))):
                ids_of = {"true_id": true, "pred_id": pred if pred < classes else None}
                cell = {**head, **ids_of, "true_index": true, "pred_index": pred, "px": rng.randrange(1, 30)}
                rows["confusion"].append(cell)
        rows["objects"] += [_object(head, classes, rng) for _ in range(rng.randrange(6))]
    return rows


def _class_row(head: Row, class_: int, rng: random.Random) -> Row:
    gt, pred = rng.randrange(300), rng.randrange(1, 300)
    counts = {"gt_px": gt, "pred_px": pred, "tp_px": rng.randrange(min(gt, pred) + 1)}
    empty = {field.name: 0 for field in schema("classes")}
    return {**empty, **head, "class_id": class_, "class_index": class_, **counts}


def _object(head: Row, classes: int, rng: random.Random) -> Row:
    area = rng.randrange(1, 400)
    recalled = rng.randrange(area + 1)
    empty = {field.name: 0 for field in schema("objects")}
    return {
        **empty, **head, "class_id": 1, "class_index": rng.randrange(classes), "y0": 1, "x0": 2, "y1": 9, "x1": 12,
        "area_px": area, "recalled_px": recalled, "taken_by": rng.randrange(-1, classes + 1),
        "size": rng.choice(samples.SIZES), "best_iou": 0.5, "matched": 2 * recalled >= area,
    }  # fmt: skip


def _png(height: int, width: int, classes: int, rng: random.Random) -> bytes:
    colors = np.array([[40 * n % 256, 90, 200 - n] for n in range(classes + 1)], np.uint8)
    noise = np.random.default_rng(rng.randrange(1 << 30)).integers(0, classes + 1, (height, width))
    return encode_indexed_png(noise.astype(np.uint8), colors)


def _kept(folder: Path, index: int, name: str, classes: int, rng: random.Random, picture_bytes: int) -> Row:
    files = {side: f"evidence/{index:04d}.{side}.png" for side in ("gt", "pred")}
    for path in files.values():
        (folder / path).write_bytes(_png(30 + index % 3, 40, classes, rng))
    picture = None
    if picture_bytes:
        picture = f"evidence/{index:04d}.view.jpg"
        (folder / picture).write_bytes(rng.randbytes(picture_bytes))
    view = {"shrink": 1, **files, "image": picture, "patches": []}
    return {
        "image": name, "image_index": index, "slug": f"{index:04d}", "files": files, "pictures": {},
        "height": 30 + index % 3, "width": 40, "view": view,
    }  # fmt: skip


def _thumb(index: int, rng: random.Random) -> Row:
    """Of no picture: the page hands the bytes on as they are."""
    masks = {side: b"\x89PNG\r\n\x1a\n" + rng.randbytes(150 + index % 70) for side in ("gt", "pred")}
    return {"image_index": index, "height": 30 + index % 3, "width": 40, "shrink": 1, **masks}
