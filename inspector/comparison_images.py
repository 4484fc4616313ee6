"""Pictures of what changed between two runs, drawn from the evidence that both keep: no mask of the user is read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.comparison import Changed
from inspector.evidence import slug
from inspector.evidence_files import FOLDER
from inspector.label_png_reader import decode_labels
from inspector.overlays import FALSE, MISSED, VOID, WRONG, draw_errors, draw_labels, shrink_errors
from inspector.png_writer import encode_indexed_png
from inspector.runs import Run
from inspector.windows import LARGEST_SIDE_PX, Window, whole

__all__ = ["BROKEN", "FIXED", "LAYERS", "PREFIX", "STILL_WRONG", "Evidence", "change_map", "draw_changes"]

PREFIX = "compare-"  # of the names of these pictures, in evidence/
LAYERS = ("truth", "prediction_a", "prediction_b", "changes")
#: Codes of a change map, in the colours of an error map: blue, orange with stripes, and a quiet violet.
FIXED, BROKEN, STILL_WRONG = MISSED, FALSE, WRONG

_THUMBS = f"{FOLDER}/thumbs.parquet"
_SAFE = re.compile(rf"{FOLDER}/[A-Za-z0-9_][A-Za-z0-9._-]*\.png")  # never a path out of the run folder
_LARGEST_ENLARGEMENT = 8
_DIGITS = 12  # of the digest of a picture in its name

Codes = NDArray[np.integer]
Masks = tuple[Codes, Codes]  # truth and prediction, (h, w) class indices, K for void or no class


@dataclass(frozen=True)
class Evidence:
    """What a run folder keeps to look at: the views that its document names, and small pictures of many images."""

    folder: Path
    document: Mapping[str, Any]

    def view(self, index: int) -> Masks | None:
        """The whole of an image as its view shows it; None where it has none, or its files are gone."""
        view = self._views.get(index)
        paths = [self._path(view.get(side)) for side in ("gt", "pred")] if view else []
        if not paths or None in paths:
            return None
        gt, pred = (decode_labels(path.read_bytes(), path) for path in paths if path)
        return gt, pred

    def thumbs(self, indices: Sequence[int]) -> dict[int, Masks]:
        """Image index -> its small masks, of those that have some."""
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        path = self.folder / _THUMBS
        if not indices or not path.is_file():
            return {}
        wanted = pa.array(indices, pa.int64())
        found: dict[int, Masks] = {}
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                held = pc.is_in(file.read_row_group(group, ["image_index"])["image_index"], wanted)
                if not pc.any(held).as_py():
                    continue
                rows = file.read_row_group(group, ["image_index", "gt", "pred"], use_threads=False).filter(held)
                for row in rows.to_pylist():
                    found[row["image_index"]] = (decode_labels(row["gt"], path), decode_labels(row["pred"], path))
        return found

    @cached_property
    def _views(self) -> dict[int, Mapping[str, Any]]:
        records = self.document.get("evidence") or []
        return {r["image_index"]: r["view"] for r in records if r.get("view") and "image_index" in r}

    def _path(self, name: Any) -> Path | None:
        path = self.folder / str(name)
        return path if _SAFE.fullmatch(str(name)) and path.is_file() and not path.is_symlink() else None


def draw_changes(
    a: Evidence, b: Evidence, run: Run, changed: Sequence[Changed]
) -> tuple[list[dict[str, str] | None], dict[str, bytes]]:
    """(for each changed image layer -> path in the run folder, or None where there is nothing to draw it from;
    path -> PNG), of whole views where both runs have them, else of the small masks of both.

    run   the newer one, of b
    The same masks give the same names: a name holds a digest of its picture. Raises InputError `evidence` for a file
    that is damaged.
    """
    colors = run.categories.colors_rgb()
    whole_ones = {pair: masks for pair in changed if (masks := _together(a.view(pair[0]), b.view(pair[1]))) is not None}
    rest = [pair for pair in changed if pair not in whole_ones]
    small = a.thumbs([one for one, _ in rest]), b.thumbs([other for _, other in rest])
    records: list[dict[str, str] | None] = []
    files: dict[str, bytes] = {}
    for pair in changed:
        masks = whole_ones.get(pair) or _together(small[0].get(pair[0]), small[1].get(pair[1]))
        drawn = _drawn(masks, colors) if masks else {}
        stem = f"{FOLDER}/{PREFIX}{slug(pair[1], run.image_ids[pair[1]], len(run.image_ids))}"
        names = {layer: f"{stem}.{layer}-{_digest(data)}.png" for layer, data in drawn.items()}
        files |= {names[layer]: data for layer, data in drawn.items()}
        records.append(names or None)
    return records, files


def change_map(gt: Codes, a: Codes, b: Codes, n_classes: int) -> NDArray[np.uint8]:
    """(H, W) uint8: FIXED where a was wrong and b is right, BROKEN the other way round, STILL_WRONG, VOID, or 0 where
    both are right.

    gt, a, b   (H, W) class indices; anything outside [0, n_classes) is void in `gt` and wrong in the others
    """
    was_right, is_right = gt == a, gt == b
    codes = np.zeros(gt.shape, np.uint8)
    codes[~was_right & is_right] = FIXED
    codes[was_right & ~is_right] = BROKEN
    codes[~was_right & ~is_right] = STILL_WRONG
    codes[(gt < 0) | (gt >= n_classes)] = VOID
    return codes


def _together(a: Masks | None, b: Masks | None) -> tuple[Codes, Codes, Codes] | None:
    """Truth and both predictions; None unless all are there at one size."""
    if a is None or b is None or len({mask.shape for mask in (*a, *b)}) > 1:
        return None
    return b[0], a[1], b[1]


def _drawn(masks: tuple[Codes, Codes, Codes], colors: NDArray[np.uint8]) -> dict[str, bytes]:
    """Layer -> PNG."""
    gt, a, b = masks
    window = _window(gt.shape)
    truth = draw_labels(gt, colors, window)
    changes = shrink_errors(change_map(gt, a, b, len(colors)), window.shrink)
    behind = truth.rgb.mean(axis=2).astype(np.uint8)
    pictures = (
        truth,
        draw_labels(a, colors, window),
        draw_labels(b, colors, window),
        draw_errors(changes, behind, window, focused=True),
    )
    return {layer: encode_indexed_png(each.ids, each.palette) for layer, each in zip(LAYERS, pictures, strict=True)}


def _window(shape: tuple[int, ...]) -> Window:
    """The whole, at a size that can be looked at: what is small is enlarged by a whole number."""
    height, width = shape
    enlarge = max(1, min(_LARGEST_ENLARGEMENT, LARGEST_SIDE_PX // max(height, width)))
    return Window(0, 0, height, width, enlarge=enlarge, shrink=whole((height, width)).shrink)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:_DIGITS]
