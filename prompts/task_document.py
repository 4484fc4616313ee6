"""`task.json` of a run folder: what the report's task panel shows, and the rules by which its form answers."""

from __future__ import annotations

from typing import Any

from prompts.advice import advice_json, masks_json, names_of
from prompts.answer import Task
from prompts.decision import exported
from prompts.evidence import LabelEvidence, evidence_text
from prompts.picker import Pick
from prompts.prompt_files import PICKER, filled

__all__ = ["FILE", "SCHEMA_VERSION", "task_document"]

FILE = "task.json"
SCHEMA_VERSION = 1


def task_document(
    task: Task, evidence: LabelEvidence, description: str = "", pick: Pick | None = None
) -> dict[str, Any]:
    """The document: whether `task`, which was scored, fits the true masks; and the answer to a description if any."""
    masks = masks_json(task, evidence)
    known = {**evidence.facts, **_told(pick)} if pick else dict(evidence.facts)
    return {
        "schema_version": SCHEMA_VERSION,
        "description": description or None,
        "measured": {name: masks[name] for name in ("images", "of", "statements")},
        "fit": masks["fit"],
        "answer": advice_json(pick) if pick else None,
        "disagreements": list(pick.disagreements) if pick else [],
        "rules": exported(),
        "preset": known,
        "preset_sources": {name: pick.sources[name] if pick else "masks" for name in known},
        "names": names_of(),
        "prompt": filled(PICKER, description, evidence_text(evidence)),
    }


def _told(pick: Pick) -> dict[str, str]:
    """The facts of an answer with which the form begins: all but the task, which it finds itself."""
    return {name: value for name, value in pick.facts.items() if name != "task"}
