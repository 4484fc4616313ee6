"""How many of the true objects are found, by their size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import share_bar
from reports.formats import count, tenths, whole_percent
from reports.language import WORDS
from reports.rows import MOST_ROWS, ClassName, class_name, shown_of, worst_first
from reports.words import SIZES

__all__ = ["ObjectCell", "ObjectRow", "Objects", "objects_of"]


@dataclass(frozen=True)
class ObjectCell:
    """Objects of one size; `n` is empty where there are none."""

    recall: str
    n: str
    bar: Markup


@dataclass(frozen=True)
class ObjectRow:
    """One class (None: all but background)."""

    name: ClassName | None
    cells: tuple[ObjectCell, ...]


@dataclass(frozen=True)
class Objects:
    """The section; `sizes` are (word, range in px)."""

    sizes: tuple[tuple[str, str], ...]
    rows: tuple[ObjectRow, ...]
    rule: str
    shown: str


def objects_of(document: Mapping[str, Any]) -> Objects:
    settings = document.get("settings") or {}
    records = [record for record in worst_first(document) if _counted(record)]
    rows = [ObjectRow(class_name(record), _cells(record["objects"])) for record in records[:MOST_ROWS]]
    if len(rows) > 1:
        rows.insert(0, ObjectRow(None, _cells(_summed(records))))
    threshold = settings.get("object_recall_threshold")
    rule = "" if threshold is None else WORDS.objects.rule.format(share=whole_percent(threshold))
    edges = document.get("size_edges_px") or settings.get("object_edges_px") or ()
    return Objects(_sizes(edges), tuple(rows), rule, shown_of(len(records)))


def _counted(record: Mapping[str, Any]) -> bool:
    return any((record.get("objects") or {}).get(size, {}).get("count") for size in SIZES)


def _summed(records: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    sums = {}
    for size in SIZES:
        held = [r["objects"].get(size) or {} for r in records if not r.get("background")]
        n, recalled = (sum(cell.get(key) or 0 for cell in held) for key in ("count", "recalled"))
        sums[size] = {"count": n, "recalled": recalled, "recall": recalled / n if n else None}
    return sums


def _cells(objects: Mapping[str, Any]) -> tuple[ObjectCell, ...]:
    return tuple(_cell(size, objects.get(size) or {}) for size in SIZES)


def _cell(size: str, record: Mapping[str, Any]) -> ObjectCell:
    n, recalled, recall = (record.get(key) for key in ("count", "recalled", "recall"))
    if not n:
        return ObjectCell(WORDS.common.none, "", Markup(""))
    of = WORDS.common.n_of.format(n=count(recalled), of=count(n))
    label = getattr(WORDS.sizes, size).spoken.format(found=count(recalled), n=count(n))
    return ObjectCell(tenths(recall), of, share_bar(recall, label))


def _sizes(edges: Sequence[int]) -> tuple[tuple[str, str], ...]:
    words = vars(WORDS.sizes).values()
    if len(edges) != 2:
        return tuple((each.title, "") for each in words)
    low, high = (count(edge) for edge in edges)
    return tuple((each.title, each.range.format(low=low, high=high)) for each in words)
