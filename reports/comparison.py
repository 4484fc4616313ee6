"""The contract of compare.json and history.json, which may lie in a run folder: what the page reads of them.

JSON Schemas for those who write them: compare.schema.json and history.schema.json. Fractions are in [0, 1], deltas in
[-1, 1] are b - a; undefined is null. `a` is the run compared with, `b` the run of the folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reports.contracts import read_as
from reports.errors import ReportError

__all__ = [
    "CauseChange",
    "ClassChange",
    "Comparison",
    "History",
    "HistoryRun",
    "ImageChange",
    "ImageChanges",
    "OverallChange",
    "Paired",
    "Side",
    "SizeChange",
    "SliceChange",
    "Verdict",
    "pictures_of",
    "read_comparison",
    "read_history",
]

SCHEMA_VERSION = 1
Verdict = Literal["better", "worse", "no difference shown", "cannot tell"]
Interval = tuple[float, float] | None


@dataclass(frozen=True)
class Side:
    """One of the two runs; `images` it scored."""

    name: str
    tool_version: str
    images: int


@dataclass(frozen=True)
class Paired:
    """What both runs scored: images, the groups they form, and their share of the images of either."""

    images: int
    groups: int
    overlap_fraction: float


@dataclass(frozen=True)
class OverallChange:
    """A headline number in both runs."""

    metric: str
    a: float | None
    b: float | None
    delta: float | None
    interval: Interval
    p: float | None
    p_adjusted: float | None
    verdict: Verdict


@dataclass(frozen=True)
class ClassChange:
    """A class in both runs; `images` hold it."""

    id: int
    name: str
    color: str
    metric: str
    a: float | None
    b: float | None
    delta: float | None
    interval: Interval
    p_adjusted: float | None
    verdict: Verdict
    images: int


@dataclass(frozen=True)
class CauseChange:
    """A cause of the loss of a class: its share of the union in both runs. A fall is for the better."""

    class_id: int
    name: str
    cause: str
    a: float | None
    b: float | None
    delta: float | None


@dataclass(frozen=True)
class SizeChange:
    """Recall of the true objects of one size, of which there are `n`."""

    size: str
    a: float | None
    b: float | None
    delta: float | None
    n: int


@dataclass(frozen=True)
class SliceChange:
    """Mean IoU of the `n` images with one value of the metadata."""

    column: str
    value: str
    a: float | None
    b: float | None
    delta: float | None
    interval: Interval
    verdict: Verdict
    n: int


@dataclass(frozen=True)
class ImageChange:
    """An image's own mean IoU in both runs; `pictures` layer -> path in the run folder, `image_index` of run b."""

    image: str
    image_index: int
    a: float | None
    b: float | None
    delta: float | None
    pictures: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ImageChanges:
    """The images that changed most, most first: `shown` of them, beside so many unchanged."""

    fixed: tuple[ImageChange, ...]
    broken: tuple[ImageChange, ...]
    unchanged: int
    shown: int


@dataclass(frozen=True)
class Comparison:
    """compare.json. `correction` names how p was corrected for the number of tests; `sentence` is the verdict in
    words."""

    schema_version: int
    a: Side
    b: Side
    paired: Paired
    confidence: float
    resamples: int
    correction: str
    verdict: Verdict
    sentence: str
    overall: tuple[OverallChange, ...]
    classes: tuple[ClassChange, ...]
    causes: tuple[CauseChange, ...]
    sizes: tuple[SizeChange, ...]
    slices: tuple[SliceChange, ...]
    images: ImageChanges


@dataclass(frozen=True)
class GateVerdict:
    """What the gates of a run said."""

    verdict: str


@dataclass(frozen=True)
class HistoryRun:
    """One run: when (ISO 8601), what it is called, of which commit, and its headline numbers in [0, 1]."""

    at: str
    label: str
    commit: str | None
    headlines: Mapping[str, float | None]
    gates: GateVerdict


@dataclass(frozen=True)
class History:
    """history.json: runs, newest last."""

    schema_version: int
    runs: tuple[HistoryRun, ...]


def read_comparison(document: Mapping[str, Any]) -> Comparison:
    """Of a parsed compare.json. Raises ReportError for another schema version and for what breaks the contract."""
    _check_version(document, "compare.json")
    return read_as(Comparison, document, "compare.json")


def read_history(document: Mapping[str, Any]) -> History:
    """Of a parsed history.json. Raises ReportError, as `read_comparison` does."""
    _check_version(document, "history.json")
    return read_as(History, document, "history.json")


def pictures_of(document: Mapping[str, Any]) -> list[str]:
    """The paths in the run folder that a parsed compare.json names, whether or not it keeps its contract."""
    images = document.get("images")
    lists = [images.get(key) for key in ("fixed", "broken")] if isinstance(images, Mapping) else []
    records = [record for held in lists if isinstance(held, list) for record in held if isinstance(record, Mapping)]
    pictures = [record.get("pictures") for record in records]
    return [str(path) for held in pictures if isinstance(held, Mapping) for path in held.values()]


def _check_version(document: Mapping[str, Any], name: str) -> None:
    found = document.get("schema_version")
    if found != SCHEMA_VERSION:
        expected = f"{SCHEMA_VERSION} expected; use the version of the tool that wrote it"
        raise ReportError(f"{name}: schema_version {found!r} found, {expected}")
