"""`task.json` in a run folder: whether the task fits the true masks, for the task panel of the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompts.picker import Pick

__all__ = ["write_task"]


def write_task(folder: Path, document: Mapping[str, Any], description: str = "", picked: Pick | None = None) -> None:
    """Write what the picker says of the labels of an inspection, and of a description where there is one.

    Writes nothing where no true mask could be measured. Raises PromptsError for a document of another version.
    """
    from prompts.evidence import read_labels
    from prompts.task_document import FILE, task_document

    if not document.get("labels"):
        return
    found = task_document(document.get("task", "semantic"), read_labels(document["labels"]), description, picked)
    (folder / FILE).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
