"""A result document becomes the data of its page: one dataclass a section, no HTML but the charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.album import BUDGET_BYTES, WORST_BYTES, Album
from reports.errors import ReportError
from reports.formats import count
from reports.section_boundary import Boundary, boundary_of
from reports.section_classes import Classes, classes_of
from reports.section_confusion import Confusion, confusion_of
from reports.section_distribution import Distribution, distribution_of
from reports.section_findings import Findings, findings_of
from reports.section_inputs import Inputs, inputs_of, run_of
from reports.section_loss import Loss, loss_of
from reports.section_objects import Objects, objects_of
from reports.section_slices import Slices, slices_of
from reports.section_task import TaskPanel, task_of
from reports.section_verdict import Verdict, verdict_of
from reports.section_worst import Worst, worst_of
from reports.text import cleaned

__all__ = ["SCHEMA_VERSION", "Page", "page_of"]

SCHEMA_VERSION = 1  # of the documents this page can show


@dataclass(frozen=True)
class Page:
    """All that the templates see."""

    title: str
    tool: str
    nav: tuple[tuple[str, str], ...]
    verdict: Verdict
    findings: Findings
    task: TaskPanel | None
    loss: Loss
    classes: Classes
    confusion: Confusion
    distribution: Distribution
    objects: Objects
    boundary: Boundary
    slices: Slices
    worst: Worst
    inputs: Inputs
    pictures_left_out: str
    run: tuple[tuple[str, str], ...]


def page_of(
    document: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    run: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = None,
) -> Page:
    """The page of a document; `pictures` maps a path in the run folder to PNG bytes, `run` and `task` are run.json and
    task.json.

    Raises ReportError for a document of another schema version.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        found = document.get("schema_version")
        raise ReportError(
            f"schema_version {found!r} found, {SCHEMA_VERSION} expected; use the version of the tool that wrote it"
        )
    document, album = cleaned(document), Album(pictures, BUDGET_BYTES - WORST_BYTES)
    findings = findings_of(document, album)
    album.left += WORST_BYTES
    tool = document.get("tool") or {}
    sections: dict[str, Any] = {
        "verdict": verdict_of(document),
        "findings": findings,
        "task": task_of(task),
        "loss": loss_of(document),
        "classes": classes_of(document),
        "confusion": confusion_of(document),
        "distribution": distribution_of(document),
        "objects": objects_of(document),
        "boundary": boundary_of(document),
        "slices": slices_of(document),
        "worst": worst_of(document, album),
        "inputs": inputs_of(document),
    }
    return Page(
        title="Inspection of semantic masks" if document.get("task") == "semantic" else "Inspection of masks",
        tool=f"{tool.get('name') or 'mask-inspector'} {tool.get('version') or ''}".strip(),
        nav=tuple(_nav(sections)),
        pictures_left_out=count(album.left_out) if album.left_out else "",
        run=run_of(cleaned(run or {})),
        **sections,
    )


def _nav(sections: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(anchor, words) of the sections that have something to show."""
    confusion, worst = sections["confusion"], sections["worst"]
    entries = (
        ("findings", "Findings", True),
        ("task", "Task", sections["task"]),
        ("loss", "Lost IoU", sections["loss"].rows),
        ("classes", "Classes", True),
        ("confusion", "Confusion", confusion.heaviest or confusion.picture),
        ("distribution", "Distribution", sections["distribution"].rows),
        ("objects", "Object size", sections["objects"].rows),
        ("boundary", "Boundaries", sections["boundary"].rows),
        ("slices", "Slices", sections["slices"].rows or sections["slices"].not_judged),
        ("worst", "Worst images", worst.drawn or worst.named),
        ("inputs", "Inputs", True),
    )
    return [(anchor, words) for anchor, words, present in entries if present]
