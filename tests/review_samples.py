"""A small run to review, and reviews of it: for tests of everything that reads one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from inspector.categories import numbered
from inspector.pipeline import inspect_folders
from inspector.settings import Settings
from tests.mask_folders import write_masks

__all__ = ["AT", "item", "make_run", "review", "run_id", "write_review_of"]

AT = "2026-11-21T20:00:00Z"


def make_run(folder: Path) -> Path:
    """A run of the four drawn pairs (16 x 24 px, classes 0 to 2), in `folder`/run, beside its masks."""
    gt, pred = write_masks(folder)
    inspect_folders(gt, pred, out=folder / "run", categories=numbered(3), settings=Settings(resamples=100))
    return folder / "run"


def run_id(run: Path) -> str:
    document = json.loads((run / "inspection.json").read_text(encoding="utf-8"))
    document.pop("gates", None)
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:16]


def item(image: str = "image1", verdict: str | None = "label-error", **more: Any) -> dict[str, Any]:
    """A record of review.json."""
    index = int(image[-1]) if image[-1].isdigit() else None
    record = {
        "image": image, "image_index": index, "class": 1, "class_name": "class 1", "box": [2, 3, 8, 13],
        "verdict": verdict, "note": "", "reviewer": "Ada", "at": AT,
    }  # fmt: skip
    return record | more


def review(run: str, *items: Any, **more: Any) -> dict[str, Any]:
    return {"schema_version": 1, "run": run, "tool": "mask-inspector", "items": list(items)} | more


def write_review_of(run: Path, path: Path, *items: Any, **more: Any) -> Path:
    path.write_text(json.dumps(review(run_id(run), *items, **more)), encoding="utf-8")
    return path
