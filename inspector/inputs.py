"""What a run has to work on: pairs that survive a look at names and headers, the class list, pictures, metadata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inspector.categories import Categories, from_values
from inspector.errors import InputError
from inspector.lint import Peeked, check_headers
from inspector.metadata import read_metadata
from inspector.pairing import Pair, Pairing, no_pairs, pair_folders
from inspector.pictures import find_pictures
from inspector.problems import Note, Problem
from inspector.readers import Header, peek, read_masks
from inspector.readers.header import check_size
from inspector.scoring import Task
from inspector.settings import Settings
from inspector.workers import Mapper

__all__ = ["Inputs", "gather", "input_record"]

Record = dict[str, Any]


@dataclass(frozen=True)
class Inputs:
    """Everything a run reads, before a pixel is counted.

    tasks             the pairs to score, in order of image id
    problems          files that were left out by their name or header
    pictures          image id -> path of the picture behind it
    metadata_columns  column -> image id -> value
    """

    pairing: Pairing
    tasks: tuple[Task, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    categories: Categories
    missing_policy: str
    pictures: Mapping[str, str] = field(default_factory=dict)
    metadata_columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def gather(
    gt: str | Path,
    pred: str | Path,
    categories: Categories | None,
    settings: Settings,
    images: str | Path | None,
    match: str | None,
    metadata: str | Path | None,
    group: str | None,
    threads: Mapper,
) -> Inputs:
    """Pair the two folders, look at every header, and settle the classes. Raises UsageError and InputError."""
    pairing = pair_folders(gt, pred, match)
    peeked = list(threads(partial(_peek_pair, max_pixels=settings.max_pixels), pairing.pairs))
    problems, notes = check_headers(pairing.pairs, peeked)
    lost = {problem.image_id for problem in problems}
    tasks = [
        _task(pair, header)
        for pair, (header, _) in zip(pairing.pairs, peeked, strict=True)
        if pair.image_id not in lost and not isinstance(header, InputError)
    ]
    if settings.missing == "empty":
        tasks = sorted(tasks + [_task_without_prediction(p) for p in pairing.missing], key=lambda task: task.image_id)
    if not pairing.pairs and not tasks and categories is None:
        raise no_pairs(pairing)
    known = categories.with_ignored(settings.ignore) if categories else _found(tasks, settings, threads)
    columns, groups, more = _metadata(metadata, group, tasks)
    tasks = [replace(task, group=groups.get(task.image_id, "")) for task in tasks]
    pictures, missing_pictures = find_pictures(images, [task.image_id for task in tasks]) if images else ({}, [])
    return Inputs(
        pairing=pairing,
        tasks=tuple(tasks),
        problems=(*pairing.problems, *problems),
        notes=(*pairing.notes, *notes, *more, *missing_pictures),
        categories=known,
        missing_policy=settings.missing,
        pictures=pictures,
        metadata_columns=columns,
    )


def _task(pair: Pair, header: Header) -> Task:
    pixels = header.height * header.width * header.pages
    return Task(pair.image_id, pair.gt_path, pair.pred_path, pair.gt_relative, pair.pred_relative, pixels=pixels)


def _task_without_prediction(missing: Problem) -> Task:
    return Task(missing.image_id, missing.location, "", missing.path.partition("/")[2], "")


def _peek_pair(pair: Pair, max_pixels: int) -> Peeked:
    return _peek(pair.gt_path, max_pixels), _peek(pair.pred_path, max_pixels)


def _peek(path: str, max_pixels: int) -> Header | InputError:
    try:
        header = peek(path)
        check_size(header.height, header.width, max_pixels, header.pages)
    except InputError as error:
        return _closer(path, max_pixels) or error if error.kind == "wrong_rank" else error
    return header


def _closer(path: str, max_pixels: int) -> InputError | None:
    """What the numbers themselves say of an array that is no label map: an infinite score is the better reason."""
    try:
        read_masks(path, max_pixels=max_pixels)
    except InputError as error:
        return error
    return None


# ---------------------------------------------------------------------- classes that nobody listed


def _found(tasks: Sequence[Task], settings: Settings, threads: Mapper) -> Categories:
    """The class list that the values in all masks suggest, with the colours of the first palette."""
    values: tuple[set[int], set[int]] = (set(), set())
    palette = None
    for found in threads(lambda task: _values_of_pair(task, settings), tasks):
        for side, (seen, colors) in enumerate(found):
            values[side].update(seen)
            palette = colors if palette is None else palette
    categories = from_values(*values, settings.ignore)
    return categories if palette is None else _colored(categories, palette)


def _values_of_pair(task: Task, settings: Settings) -> list[tuple[set[int], Any]]:
    return [_values(path, settings) if path else (set(), None) for path in (task.gt_path, task.pred_path)]


def _values(path: str, settings: Settings) -> tuple[set[int], Any]:
    """Values in one file, and its palette. A file that cannot be read adds nothing here; scoring will name it."""
    try:
        masks = read_masks(path, max_pixels=settings.max_pixels)
    except InputError:
        return set(), None
    seen: set[int] = set()
    for mask in masks:
        held = np.flatnonzero(np.bincount(mask.ids.ravel(), minlength=len(mask.segments)))
        seen.update(mask.segments.category_id[held].tolist())
    return seen, masks[0].palette


def _colored(categories: Categories, palette: Any) -> Categories:
    classes = tuple(
        replace(c, color=tuple(palette[c.values[0]].tolist())) if 0 <= c.values[0] < len(palette) else c
        for c in categories.classes
    )
    return replace(categories, classes=classes)


# ---------------------------------------------------------------------- metadata


def _metadata(
    path: str | Path | None, group: str | None, tasks: Sequence[Task]
) -> tuple[dict[str, dict[str, str]], dict[str, str], list[Note]]:
    """(column -> image id -> value, image id -> resampling unit, notes)."""
    if path is None:
        return {}, {}, []
    ids = [task.image_id for task in tasks]
    metadata = read_metadata(path, ids)
    columns = {name: dict(zip(ids, values, strict=True)) for name, values in metadata.columns.items()}
    groups = dict(zip(ids, metadata.group(group), strict=True)) if group else {}
    return columns, groups, [Note(kind, str(path), text) for kind, text in metadata.notes]


# ---------------------------------------------------------------------- the account of it all


def input_record(inputs: Inputs, problems: Sequence[Problem], notes: Sequence[Note], tasks: int) -> tuple[Record, bool]:
    """`inputs` of the document, and whether something that should have been scored was not."""
    pairing, policy = inputs.pairing, inputs.missing_policy
    found = [*inputs.problems, *problems]
    excluded = [problem for problem in found if problem.kind != "partner_unusable"]  # the cause is told, once
    alone = [*pairing.missing, *pairing.extra]
    if policy == "error":
        excluded += alone
    elif policy == "empty":
        excluded += pairing.extra
    record = {
        "found": dict(pairing.found),
        "pairs": tasks - len({problem.image_id for problem in problems}),
        "missing": [problem.excluded() for problem in pairing.missing],
        "extra": [problem.excluded() for problem in pairing.extra],
        "excluded": [problem.excluded() for problem in sorted(excluded, key=lambda p: (p.path, p.kind))],
        "partners": [problem.excluded() for problem in found if problem.kind == "partner_unusable"],
        "skipped": [
            {"side": side, "what": what, "count": count}
            for side, counts in pairing.skipped.items()
            for what, count in counts.items()
        ],
        "notes": [
            {"kind": note.kind, "path": note.path, "text": note.text}
            for note in sorted((*inputs.notes, *notes), key=lambda note: (note.kind, note.path))
        ],
        "missing_policy": policy,
        "missing_count": len(pairing.missing),
    }
    return record, bool(excluded)
