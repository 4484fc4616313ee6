"""A result document becomes the data of its page: one dataclass a section, no HTML but the charts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.album import OF_WORST, PICTURE_BYTES, Album
from reports.errors import ReportError
from reports.formats import count
from reports.language import WORDS
from reports.section_boundary import Boundary, boundary_of
from reports.section_calibration import Calibration, calibration_of
from reports.section_classes import Classes, classes_of
from reports.section_compare import Compare, compare_of
from reports.section_confusion import Confusion, confusion_of
from reports.section_distribution import Distribution, distribution_of
from reports.section_findings import Findings, findings_of
from reports.section_history import History, history_of
from reports.section_images import Images, images_of
from reports.section_inputs import Inputs, inputs_of, run_of
from reports.section_loss import Loss, loss_of
from reports.section_objects import Objects, objects_of
from reports.section_scores import Scores, scores_of
from reports.section_slices import Slices, slices_of
from reports.section_task import TaskPanel, task_of
from reports.section_verdict import Verdict, verdict_of
from reports.text import cleaned

__all__ = ["SCHEMA_VERSION", "Extras", "Page", "page_of"]

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
    scores: Scores | None
    images: Images
    calibration: Calibration | None
    compare: Compare | None
    history: History | None
    inputs: Inputs
    pictures_left_out: str
    run: tuple[tuple[str, str], ...]
    mounts: tuple[str, ...]


@dataclass(frozen=True)
class Extras:
    """What the tables of a run add to its document.

    images     the worst images, as `reports.tables.Images.worst_rows` gives them; None: no table
    total      how many images there are
    mounts     parts of the page that a script may take over: "classes", "images", "confusion"
    pictures   bytes that the pictures of the static page may take
    scores     (image index, raw name, mean IoU) of every image
    compare, history   compare.json and history.json
    """

    images: Sequence[Mapping[str, Any]] | None = None
    total: int | None = None
    mounts: tuple[str, ...] = ()
    pictures: float = PICTURE_BYTES
    scores: Iterable[tuple[int, str, float | None]] = ()
    compare: Mapping[str, Any] | None = None
    history: Mapping[str, Any] | None = None


def page_of(
    document: Mapping[str, Any],
    pictures: Mapping[str, bytes],
    run: Mapping[str, Any] | None = None,
    task: Mapping[str, Any] | None = None,
    extras: Extras = Extras(),
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
    document, album = cleaned(document), Album(pictures, extras.pictures * (1 - OF_WORST))
    findings = findings_of(document, album)
    album.left += extras.pictures * OF_WORST
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
        "images": images_of(document, album, cleaned(extras.images), extras.total),
        "scores": scores_of(extras.scores, are_linked=bool(extras.mounts)),
        "calibration": calibration_of(document),
        "compare": compare_of(cleaned(extras.compare), album, are_linked=bool(extras.mounts)),
        "history": history_of(cleaned(extras.history)),
        "inputs": inputs_of(document),
    }
    return Page(
        title=WORDS.page.title_semantic if document.get("task") == "semantic" else WORDS.page.title,
        tool=f"{tool.get('name') or 'mask-inspector'} {tool.get('version') or ''}".strip(),
        nav=tuple(_nav(sections)),
        pictures_left_out=count(album.left_out) if album.left_out else "",
        run=run_of(cleaned(run or {})),
        mounts=extras.mounts,
        **sections,
    )


def _nav(sections: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(anchor, words) of the sections that have something to show."""
    confusion, slices = sections["confusion"], sections["slices"]
    empty = {
        "compare": not sections["compare"],
        "task": not sections["task"],
        "loss": not sections["loss"].rows,
        "confusion": not (confusion.heaviest or confusion.picture),
        "distribution": not sections["distribution"].rows,
        "objects": not sections["objects"].rows,
        "boundary": not sections["boundary"].rows,
        "slices": not (slices.rows or slices.not_judged),
        "scores": not sections["scores"],
        "images": not sections["images"].rows,
        "calibration": not sections["calibration"],
        "history": not sections["history"],
    }
    return [(anchor, words) for anchor, words in vars(WORDS.nav).items() if not empty.get(anchor)]
