"""`task.json` of a run folder: what the report's task panel shows, and the rules by which its form answers."""

from __future__ import annotations

from typing import Any

from prompts.advice import advice_json, names_of
from prompts.answer import Task
from prompts.decision import exported
from prompts.evidence import LabelEvidence, evidence_text, fit
from prompts.picker import Pick
from prompts.prompt_files import filled

__all__ = ["FILE", "SCHEMA_VERSION", "task_document"]

FILE = "task.json"
SCHEMA_VERSION = 1
PROMPT = "segmentation-task-picker"


def task_document(
    task: Task, evidence: LabelEvidence, description: str = "", pick: Pick | None = None
) -> dict[str, Any]:
    """The document: whether `task`, which was scored, fits the true masks; and the answer to a description if any."""
    verdict, sentences = fit(task, evidence)
    record = evidence.record
    return {
        "schema_version": SCHEMA_VERSION,
        "description": description or None,
        "measured": {
            "images": record.images,
            "of": record.images_found,
            "statements": [vars(statement) for statement in evidence.statements],
        },
        "fit": {"task": task, "verdict": verdict, "sentences": list(sentences)},
        "answer": advice_json(pick) if pick else None,
        "disagreements": list(pick.disagreements) if pick else [],
        "rules": exported(),
        "preset": dict(evidence.facts),
        "names": names_of(),
        "prompt": filled(PROMPT, description, evidence_text(evidence)),
    }
