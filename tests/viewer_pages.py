"""Small pages with the data that the viewer reads, made by hand: nothing between the arrays and the script."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.png_writer import encode_indexed_png, encode_rgb_png
from reports.language import script_words
from reports.packing import Column, packed, texts_column

__all__ = ["CLASSES", "COLORS", "Sample", "page_html", "scene"]

ASSETS = Path(__file__).resolve().parents[1] / "reports" / "assets"
CLASSES = ("ground", "<b>tree</b>", "car", "pole")
COLORS = ("#404040", "#2e8b57", "#1f3fd0", "#e0a000")
K = len(CLASSES)

Maps = NDArray[np.int64]


class Sample:
    """One image: its masks, what the page holds of it, and its missed objects.

    kept     "full", "thumb" or "none"
    shrink   of a full view; `patches` are boxes that it holds at full resolution
    missed   (class, box, area, taken by)
    """

    def __init__(
        self,
        gt: Maps,
        pred: Maps,
        kept: str = "full",
        shrink: int = 1,
        patches: tuple[tuple[int, int, int, int], ...] = (),
        missed: tuple[tuple[int, tuple[int, int, int, int], int, int], ...] = (),
        picture: bytes | None = None,
    ) -> None:
        self.gt, self.pred, self.kept, self.shrink = gt, pred, kept, shrink
        self.patches, self.missed, self.picture = patches, missed, picture


def scene(seed: int, height: int = 40, width: int = 60) -> tuple[Maps, Maps]:
    """A truth of rectangles with some void, and a prediction of it that is moved and noisy."""
    rng = np.random.default_rng(seed)
    gt = np.zeros((height, width), np.int64)
    for code in (1, 2, 3, 2, 1):
        y, x = int(rng.integers(height - 8)), int(rng.integers(width - 8))
        gt[y : y + int(rng.integers(4, 16)), x : x + int(rng.integers(4, 20))] = code
    pred = np.roll(gt, (1, 2), (0, 1))
    noise = rng.random(gt.shape) < 0.02
    pred[noise] = rng.integers(0, K + 1, int(noise.sum()))
    gt[-3:, :10] = K
    return gt, pred


def _png(codes: Maps, is_wide: bool = False) -> str:
    if is_wide:
        rgb = np.stack([codes % 256, codes // 256, np.zeros_like(codes)], axis=-1).astype(np.uint8)
        return base64.b64encode(encode_rgb_png(rgb)).decode()
    palette = np.zeros((K + 1, 3), np.uint8)
    return base64.b64encode(encode_indexed_png(codes.astype(np.uint8), palette)).decode()


def _shrunk(codes: Maps, step: int) -> Maps:
    """Nearest, as the inspection samples: the middle of each block."""
    rows, columns = (np.minimum(np.arange(0, n, step) + step // 2, n - 1) for n in codes.shape)
    return codes[np.ix_(rows, columns)]


def _view(sample: Sample, is_wide: bool) -> str:
    parts = [
        {"box": box, "gt": _png(sample.gt[_cut(box)], is_wide), "pred": _png(sample.pred[_cut(box)], is_wide)}
        for box in sample.patches
    ]
    return json.dumps(
        {
            "gt": _png(_shrunk(sample.gt, sample.shrink), is_wide),
            "pred": _png(_shrunk(sample.pred, sample.shrink), is_wide),
            "image": sample.picture and base64.b64encode(sample.picture).decode(),
            "patches": parts,
        }
    )


def _cut(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    return slice(box[0], box[2]), slice(box[1], box[3])


def _table(columns: dict[str, tuple[str, list[Any]]]) -> str:
    dtypes = {"u1": "<u1", "u2": "<u2", "u4": "<u4", "i4": "<i4", "f4": "<f4", "f8": "<f8"}
    made = [
        texts_column(name, values) if kind == "utf8" else Column(name, kind, np.array(values, dtypes[kind]).tobytes())
        for name, (kind, values) in columns.items()
    ]
    return packed(len(next(iter(columns.values()))[1]), made)


def _cells(samples: list[Sample]) -> list[tuple[int, int, int, int]]:
    """(true, predicted, image, px), heaviest first within a cell."""
    rows = []
    for image, sample in enumerate(samples):
        wrong = (sample.gt != sample.pred) & (sample.gt < K)
        pairs, counts = np.unique(np.stack([sample.gt[wrong], sample.pred[wrong]]), axis=1, return_counts=True)
        rows += [(int(t), int(p), image, int(n)) for (t, p), n in zip(pairs.T, counts, strict=True)]
    return sorted(rows, key=lambda row: (row[0], row[1], -row[3]))


def page_html(
    samples: list[Sample],
    has_background: bool = False,
    body: str = "",
    is_wide: bool = False,
    words: dict[str, Any] | None = None,
) -> str:
    """A page with the viewer's script and sheet and no other part of the report.

    is_wide   masks as true colour, red + 256 x green, as for more than 255 classes
    words     what the script says; those of the package where nothing else is given
    """
    cells = _cells(samples)
    rows = [
        (image, index, *map(int, (gt.sum(), pred.sum(), (gt & pred).sum())))
        for image, sample in enumerate(samples)
        for index in range(K)
        for gt, pred in [(sample.gt == index, sample.pred == index)]
    ]
    objects = [
        (image, index, *box, area, area // 4, 0 if area < 30 else 1, 0, taken)
        for image, sample in enumerate(samples)
        for index, box, area, taken in sample.missed
        if sample.kept == "full"
    ]
    objects.insert(0, (0, 1, 0, 0, 5, 5, 25, 25, 0, 1, -1))  # one that was found
    views = [image for image, sample in enumerate(samples) if sample.kept == "full"]
    thumbs = [image for image, sample in enumerate(samples) if sample.kept != "none"]
    thumb_step = 2
    blocks = {
        "table-images": _table(
            {
                "image": ("utf8", [f"val/{image:03d} <i>" for image in range(len(samples))]),
                "miou": ("f8", [float("nan") if image == 1 else 0.5 + image / 100 for image in range(len(samples))]),
                "height": ("u4", [sample.gt.shape[0] for sample in samples]),
                "width": ("u4", [sample.gt.shape[1] for sample in samples]),
            }
        ),
        "table-classes": _columns(rows, "image:u4 class:u2 gt_px:f8 pred_px:f8 tp_px:f8"),
        "table-cells": _columns(cells, "true:u2 pred:u2 image:u4 px:f8"),
        "table-objects": _columns(
            objects, "image:u4 class:u2 y0:u4 x0:u4 y1:u4 x1:u4 area:u4 recalled:u4 size:u1 matched:u1 taken_by:i4"
        ),
        "thumbs-0": "\n".join(
            f"{_png(_shrunk(samples[image].gt, thumb_step))} {_png(_shrunk(samples[image].pred, thumb_step))}"
            for image in thumbs
        ),
        **{f"view-{image}": _view(samples[image], is_wide) for image in views},
    }
    totals: dict[tuple[int, int], list[int]] = {}
    for true, predicted, _, px in cells:
        held = totals.setdefault((true, predicted), [true, predicted, 0, 0])
        held[2] += px
        held[3] += 1
    data = {
        "run": "0123456789abcdef",
        "title": "A page for the viewer",
        "classes": [
            {"id": index, "name": name, "color": color, "background": has_background and index == 0, "values": [],
             "intervals": {}, "notes": {}}
            for index, (name, color) in enumerate(zip(CLASSES, COLORS, strict=True))
        ],
        "class_columns": [],
        "image_columns": [
            {"key": "miou", "title": "Mean IoU", "short": "mIoU", "definition": "", "kind": "percent", "shown": True}
        ],
        "images": {"total": len(samples), "shown": len(samples), "block": "table-images"},
        "missing_columns": "",
        "class_rows": {"total": len(rows), "shown": len(rows), "block": "table-classes"},
        "cells": {"block": "table-cells", "images_per_cell": 20},
        "cell_totals": sorted(totals.values(), key=lambda row: -row[2]),
        "cells_total": len(totals),
        "matrix": None,
        "objects": {"block": "table-objects", "total_missed": len(objects) + 5, "shown": len(objects)},
        "findings": [
            {
                "number": 3, "anchor": "finding-3", "kind": "missed", "title": "trees <are> missed", "class": 1,
                "severity": "warning",
                "images": [{"image": 0, "box": [5, 10, 20, 30], "px": 12}, {"image": 1, "box": None, "px": 7}],
            }
        ],
        "views": [
            {"image": i, "block": f"view-{i}", "height": samples[i].gt.shape[0], "width": samples[i].gt.shape[1],
             "shrink": samples[i].shrink, "has_image": samples[i].picture is not None}
            for i in views
        ],
        "thumbs": {"image": thumbs, "per_block": len(thumbs), "blocks": ["thumbs-0"]},
        "settings": {"error_width": 2, "tolerance": 1, "boundary_width": 2, "object_recall_threshold": 0.5,
                     "size_edges_px": [30, 300]},
        "missing_pictures": "Some were left out.",
        "folder": None,
        "server": None,
    }  # fmt: skip
    said, inert = (json.dumps(told).replace("<", "\\u003c") for told in (words or script_words(), data))
    texts = "\n".join(f'<script type="text/plain" id="{name}">{text}</script>' for name, text in blocks.items())
    sheets = "\n".join(
        (ASSETS / name).read_text(encoding="utf-8") for name in ("report.css", "viewer.css", "review.css")
    )
    script = (ASSETS / "viewer.js").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>viewer</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>{sheets}</style></head>
<body>{body}<script type="application/json" id="words">{said}</script>
<script type="application/json" id="data-page">{inert}</script>
{texts}
<script>{script}</script></body></html>
"""


def _columns(rows: list[Any], heads: str) -> str:
    named = [head.split(":") for head in heads.split()]
    return _table({name: (kind, [row[place] for row in rows]) for place, (name, kind) in enumerate(named)})
