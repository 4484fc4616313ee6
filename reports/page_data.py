"""What the script of the page reads: one JSON object, and blocks that are read when they are needed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from reports.formats import count
from reports.language import WORDS
from reports.packing import packed
from reports.page_columns import class_columns, class_rows, image_columns
from reports.page_metadata import Metadata, metadata_of
from reports.shards import THUMBS_PER_BLOCK, View, fitting, inert, thumb_cost, thumb_text, views_of
from reports.size import Size, spelled
from reports.tables import IMAGES_PER_CELL, Cells, Images, Rows, RunTables
from reports.text import visible
from reports.words import title_of

__all__ = ["Block", "Source", "gathered", "to_json"]

_MOST_MATRIX = 100  # classes of a matrix in the page
_OF_METADATA = 0.2  # of the bytes that the page has left: the most that the user's columns may take
_OF_VIEWS = 0.7  # of the bytes left for masks: the rest is for the many small ones
_SENTENCE = 600  # bytes kept for the sentence that says what is left out
_SETTINGS = ("error_width", "tolerance", "boundary_width", "object_recall_threshold")

Record = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """A part of the data that is read when it is needed; `text` makes it."""

    id: str
    text: Callable[[], str]


@dataclass(frozen=True)
class Source:
    """What the data is gathered from.

    document   inspection.json with links, every text in it made visible (see reports.links, reports.text)
    digest     the first 16 hex digits of its SHA-256, as it lies in the folder
    """

    run_folder: Path
    document: Mapping[str, Any]
    digest: str
    tables: RunTables


@dataclass(frozen=True)
class _Masks:
    """The masks of a run, and those of them that are in the page."""

    kept: Sequence[View]
    thumbs_kept: int
    views: Sequence[View]
    thumbs: Sequence[int]


def gathered(
    source: Source, title: str, used: int, size: Size, folder: str | None, server: Mapping[str, str] | None
) -> tuple[Record, list[Block]]:
    """The data of the page and its blocks.

    used     bytes of the page without them, which count against `size`
    folder   where the blocks lie as files, relative to the page; None: they are in the page
    """
    images, cells = source.tables.images, source.tables.cells()
    metadata = _metadata(source.tables, images, size, used)
    tables = _Tables()
    data = {
        "run": source.digest,
        "title": title,
        **_classes(source.document),
        "image_columns": [*image_columns(images.keys if images else ()), *metadata.columns],
        "missing_columns": metadata.left_out,
        "images": tables.add("table-images", _with(images.rows(), metadata) if images else None),
        "class_rows": tables.add("table-class-rows", source.tables.class_rows()),
        "cells": {
            "block": tables.add("table-cells", cells.rows if cells else None)["block"],
            "images_per_cell": IMAGES_PER_CELL,
        },
        **_totals(source.document, cells),
        "findings": _findings(source.document),
        "settings": _settings(source.document),
        "folder": folder,
        "server": dict(server) if server else None,
    }
    used += len(to_json(data)) + tables.bytes + _SENTENCE
    masks, objects = _masks(source, images, size, used)
    held = objects.rows if objects else None
    data["objects"] = {
        "block": tables.add("table-objects", held)["block"],
        "total_missed": objects.total_missed if objects else 0,
        "shown": objects.missed if objects else 0,
    }
    data["views"] = [view.ref() for view in masks.views]
    thumbs = _thumb_blocks(source.tables, masks.thumbs)
    data["thumbs"] = {
        "image": list(masks.thumbs), "per_block": THUMBS_PER_BLOCK, "blocks": [block.id for block in thumbs],
    }  # fmt: skip
    data["missing_pictures"] = _missing(masks, len(images) if images else 0, size, used)
    return data, [*tables.blocks, *(Block(view.block, view.text) for view in masks.views), *thumbs]


def to_json(data: Any) -> str:
    """JSON that can stand in a script element: a "<" in it ends nothing."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


# ---------------------------------------------------------------------- numbers


def _metadata(tables: RunTables, images: Images | None, size: Size, used: int) -> Metadata:
    if images is None:
        return Metadata()
    return metadata_of(
        tables.metadata(images.shown), math.inf if size.bytes is None else _OF_METADATA * (size.bytes - used)
    )


def _with(rows: Rows, metadata: Metadata) -> Rows:
    return replace(rows, columns=(*rows.columns, *metadata.packed))


class _Tables:
    """The packed tables of the page, as they are added."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.bytes = 0

    def add(self, name: str, rows: Rows | None) -> Record:
        """Where a table lies; one that is not there is an empty one."""
        rows = rows or Rows(0, 0, ())
        text = packed(rows.shown, rows.columns)
        self.blocks.append(Block(name, lambda: text))
        self.bytes += len(inert(name, text))
        return {"total": rows.total, "shown": rows.shown, "block": name}


def _classes(document: Mapping[str, Any]) -> Record:
    columns = class_columns(document)
    return {"classes": class_rows(document, columns), "class_columns": columns}


def _totals(document: Mapping[str, Any], cells: Cells | None) -> Record:
    matrix = (document.get("confusion") or {}).get("matrix")
    return {
        "cell_totals": list(cells.totals) if cells else [],
        "cells_total": cells.total if cells else 0,
        "matrix": matrix if matrix and len(matrix) <= _MOST_MATRIX else None,
    }


def _findings(document: Mapping[str, Any]) -> list[Record]:
    places = {record.get("id"): place for place, record in enumerate(document.get("classes") or [])}
    return [
        {
            "number": number,
            "anchor": f"finding-{number}",
            "kind": title_of(str(finding.get("kind") or "")),
            "title": str(finding.get("title") or ""),
            "class": places.get(finding.get("class")),
            "severity": str(finding.get("severity")),
            "images": [
                {"image": image["image_index"], "box": image.get("box"), "px": image.get("px") or 0}
                for image in finding.get("images") or []
                if "image_index" in image
            ],
        }
        for number, finding in enumerate(document.get("findings") or [], 1)
    ]


def _settings(document: Mapping[str, Any]) -> Record:
    settings = document.get("settings") or {}
    edges = document.get("size_edges_px") or settings.get("object_edges_px") or (0, 0)
    return {**{key: settings.get(key) or 0 for key in _SETTINGS}, "size_edges_px": list(edges)}


# ---------------------------------------------------------------------- masks


def _masks(source: Source, images: Images | None, size: Size, used: int) -> tuple[_Masks, Any]:
    """The masks that fit, worst first, and the objects of the images that can be looked at in full."""
    kept = _in_turn(views_of(source.run_folder, source.document), images, source.document)
    sizes = source.tables.thumb_sizes()
    order = [image for image in (images.worst if images else sorted(sizes)) if image in sizes]
    if size.bytes is None:
        return _Masks(kept, len(order), _sorted(kept, images), order), _objects(source, kept)
    costs = {image: thumb_cost(image, sizes[image]) for image in order[: size.thumbs]}
    left = size.bytes - used
    with_objects = fitting(kept, View.cost, _for_views(left, costs))
    objects = _objects(source, with_objects)
    left -= _cost_of(objects)
    views = fitting(with_objects, View.cost, _for_views(left, costs))
    left -= sum(map(View.cost, views))
    if len(views) < len(with_objects):
        objects = _objects(source, views)
    thumbs = fitting(list(costs), costs.__getitem__, left)
    return _Masks(kept, len(order), _sorted(views, images), thumbs), objects


def _for_views(left: int, costs: Mapping[int, int]) -> float:
    """Their share of the bytes, or all that the small masks do not need."""
    return max(_OF_VIEWS * left, left - sum(costs.values()))


def _in_turn(views: Sequence[View], images: Images | None, document: Mapping[str, Any]) -> list[View]:
    """What a link of a finding opens first: the first image of each, then the worst ones."""
    linked = [image["image_index"] for f in document.get("findings") or [] for image in _first(f.get("images") or [])]
    by_image = {view.image: view for view in _sorted(views, images)}
    return list({image: by_image[image] for image in [*linked, *by_image] if image in by_image}.values())


def _first(images: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    return [image for image in images if "image_index" in image][:1]


def _sorted(views: Sequence[View], images: Images | None) -> list[View]:
    """Worst first; without the table of images as they were kept."""
    if images is None:
        return list(views)
    rank = {image: place for place, image in enumerate(images.worst)}
    return sorted(views, key=lambda view: rank.get(view.image, len(rank)))


def _objects(source: Source, views: Sequence[View]) -> Any:
    return source.tables.objects([view.image for view in views])


def _cost_of(objects: Any) -> int:
    return len(packed(objects.rows.shown, objects.rows.columns)) if objects else 0


def _thumb_blocks(tables: RunTables, images: Sequence[int]) -> list[Block]:
    starts = range(0, len(images), THUMBS_PER_BLOCK)
    return [
        Block(f"thumbs-{n}", partial(_thumb_text, tables, images[start : start + THUMBS_PER_BLOCK]))
        for n, start in enumerate(starts)
    ]


def _thumb_text(tables: RunTables, images: Sequence[int]) -> str:
    return thumb_text(tables.thumbs(images))


def _missing(masks: _Masks, total: int, size: Size, used: int) -> str:
    """What is shown of what, where that is not all; "" where it is."""
    if not masks.kept and not masks.thumbs_kept:
        return str(WORDS.masks.none)
    are_cut = len(masks.views) < len(masks.kept) or len(masks.thumbs) < masks.thumbs_kept
    if not are_cut and len(masks.kept) >= total:
        return ""
    said = [
        WORDS.masks.shown.format(
            views=count(len(masks.views)), kept=count(len(masks.kept)),
            thumbs=count(len(masks.thumbs)), total=count(max(total, masks.thumbs_kept)),
        )
    ]  # fmt: skip
    if are_cut and size.bytes is not None:
        why = _why_cut(masks, size.bytes, size.thumbs, used)
        said.append(WORDS.masks.cut.format(why=why))
    if len(masks.kept) < total:
        said.append(WORDS.masks.keep_more)
    return visible("; ".join(said) + ".")


def _why_cut(masks: _Masks, limit: int, most_thumbs: int | None, used: int) -> str:
    if used > limit:
        return str(WORDS.masks.cut_page.format(limit=spelled(limit)))
    if len(masks.views) == len(masks.kept) and len(masks.thumbs) == most_thumbs:
        return str(WORDS.masks.cut_thumbs.format(n=count(most_thumbs)))
    return str(WORDS.masks.cut_limit.format(limit=spelled(limit)))
