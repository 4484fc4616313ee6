"""What a run has to work on: pairs that survive a look at names and headers, the class list, pictures, metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from inspector.categories import Categories, from_values
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.exclusions import leave_out
from inspector.lint import Peeked, check_headers
from inspector.metadata import read_metadata
from inspector.pairing import Pair, Pairing, no_pairs, nothing_left, pair_folders
from inspector.pictures import find_by_image, find_pictures
from inspector.problems import Note, Problem, shown
from inspector.readers import Header, peek, read_masks
from inspector.readers.header import check_size
from inspector.readers.probabilities import EXTENSIONS
from inspector.scoring import Task, probabilities_problem
from inspector.settings import Settings
from inspector.workers import Mapper

__all__ = ["Inputs", "gather", "input_record"]

Record = dict[str, Any]
PARTNER = "partner_unusable"  # the kind of a good file whose other half is bad


@dataclass(frozen=True)
class Inputs:
    """Everything a run reads, before a pixel is counted.

    tasks             the pairs to score, in order of image id
    problems          files that were left out by their name or header
    pictures          image id -> path of the picture behind it
    without_probabilities  images of which there are none, though a folder of them was given
    metadata_columns  column -> image id -> value
    """

    pairing: Pairing
    tasks: tuple[Task, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    categories: Categories
    missing_policy: str
    pictures: Mapping[str, str] = field(default_factory=dict)
    without_probabilities: tuple[Problem, ...] = ()
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
    probabilities: str | Path | None = None,
) -> Inputs:
    """Pair the two folders, look at every header, and settle the classes. Raises UsageError and InputError."""
    if group is not None and metadata is None:
        raise UsageError(f"--group {group}: needs --metadata, the CSV that has this column")
    pairing = pair_folders(gt, pred, match)
    if settings.exclude is not None:
        pairing = leave_out(pairing, settings.exclude)
    tasks, problems, notes = _tasks(pairing, settings, threads)
    if not pairing.pairs and not tasks and categories is None:
        raise nothing_left(pairing) if pairing.chosen else no_pairs(pairing)
    columns, groups, more = _metadata(metadata, group, tasks)
    tasks = [replace(task, group=groups.get(task.image_id, "")) for task in tasks]
    tasks, unsure = _with_probabilities(tasks, probabilities) if probabilities else (tasks, [])
    pictures, missing_pictures = find_pictures(images, [task.image_id for task in tasks]) if images else ({}, [])
    return Inputs(
        pairing=pairing,
        tasks=tuple(tasks),
        problems=(*pairing.problems, *problems),
        notes=(*pairing.notes, *notes, *more, *missing_pictures),
        categories=categories.with_ignored(settings.ignore) if categories else _found(tasks, settings, threads),
        missing_policy=settings.missing,
        pictures=pictures,
        metadata_columns=columns,
        without_probabilities=tuple(unsure),
    )


def _with_probabilities(tasks: Sequence[Task], folder: str | Path) -> tuple[list[Task], list[Problem]]:
    """The tasks with their files of probabilities, and those that have a prediction but no such file."""
    files = find_by_image(folder, [task.image_id for task in tasks if task.pred_path], EXTENSIONS, "--probabilities")
    there = os.fsdecode(folder)
    error = InputError("no_probabilities", "this image has no file of probabilities", f"add it to {shown(there)}")
    lost = [task.image_id for task in tasks if task.pred_path and task.image_id not in files]
    found = [replace(task, probabilities=files.get(task.image_id, "")) for task in tasks]
    return found, [probabilities_problem(image, error) for image in lost]


# ---------------------------------------------------------------------- what can be scored, by name and header


def _tasks(pairing: Pairing, settings: Settings, threads: Mapper) -> tuple[list[Task], list[Problem], list[Note]]:
    """The pairs whose headers agree, in order of image id; and, where they count, truths without a prediction."""
    peeked = list(threads(partial(_peek_pair, max_pixels=settings.max_pixels), pairing.pairs))
    problems, notes = check_headers(pairing.pairs, peeked)
    lost = {problem.image_id for problem in problems}
    tasks = [
        _task(pair, header)
        for pair, (header, _) in zip(pairing.pairs, peeked, strict=True)
        if pair.image_id not in lost and not isinstance(header, InputError)
    ]
    for missing in pairing.missing if settings.missing == "empty" else ():
        header = _peek(missing.location, settings.max_pixels)
        if isinstance(header, InputError):
            where = {"location": missing.location, "image_id": missing.image_id}
            problems.append(Problem.of(header, missing.path, "gt", **where))
        else:
            pixels = header.height * header.width * header.pages
            tasks.append(
                Task(missing.image_id, missing.location, "", missing.path.partition("/")[2], "", pixels=pixels)
            )
    return sorted(tasks, key=lambda task: task.image_id), problems, notes


def _task(pair: Pair, header: Header) -> Task:
    pixels = header.height * header.width * header.pages
    return Task(pair.image_id, pair.gt_path, pair.pred_path, pair.gt_relative, pair.pred_relative, pixels=pixels)


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
    return categories if palette is None else categories.with_palette(palette)


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


def input_record(
    inputs: Inputs, problems: Sequence[Problem], notes: Sequence[Note], beside: Sequence[Problem] = ()
) -> tuple[Record, bool]:
    """`inputs` of the document, and whether something that should have been scored was not.

    `problems` and `notes` are those of the scoring; `beside` are files beside the masks (probabilities) that could not
    be used, whose pairs are scored all the same. Raises EnvironmentFault unless the account adds up: files found
    = scored + excluded + good but without their partner + left out by --missing or by --exclude + skipped as no mask.
    """
    pairing, policy = inputs.pairing, inputs.missing_policy
    known = [*inputs.problems, *problems]
    excluded = [problem for problem in known if problem.kind != PARTNER]  # the cause is told, once
    excluded += {"error": [*pairing.missing, *pairing.extra], "empty": [*pairing.extra], "skip": []}[policy]
    partners = [problem for problem in known if problem.kind == PARTNER] + _partners(inputs, known)
    lost = {problem.image_id for problem in problems}
    scored = [task for task in inputs.tasks if task.image_id not in lost]
    account = {side: _account(side, inputs, scored, excluded, partners) for side in ("gt", "pred")}
    record = {
        "found": dict(pairing.found),
        "account": account,
        "pairs": len(scored),
        "missing": [problem.excluded() for problem in pairing.missing],
        "extra": [problem.excluded() for problem in pairing.extra],
        "excluded": _listed([*excluded, *beside]),
        "partners": _listed(partners),
        "excluded_by_choice": [chosen.as_json() for chosen in pairing.chosen],
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
    return record, bool(excluded or beside)


def _listed(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [problem.excluded() for problem in sorted(problems, key=lambda problem: (problem.path, problem.kind))]


def _partners(inputs: Inputs, problems: Sequence[Problem]) -> list[Problem]:
    """The good half of each pair whose other half is bad: in no number either, and nobody's fault."""
    bad: dict[str, dict[str, Problem]] = {}
    for problem in problems:
        bad.setdefault(problem.image_id, {})[problem.side] = problem
    found = []
    for pair in inputs.pairing.pairs:
        sides = bad.get(pair.image_id, {})
        if len(sides) == 1:
            (cause,) = sides.values()
            side, path = ("gt", pair.gt_relative) if cause.side == "pred" else ("pred", pair.pred_relative)
            reason = f"{cause.path} cannot be used: {cause.reason}"
            found.append(Problem(f"{side}/{path}", side, PARTNER, reason, cause.fix, image_id=pair.image_id))
    return found


def _account(
    side: str, inputs: Inputs, scored: Sequence[Task], excluded: Sequence[Problem], partners: Sequence[Problem]
) -> dict[str, int]:
    """What became of the files of a side; raises EnvironmentFault when some are in no place or in two."""
    pairing = inputs.pairing
    alone = pairing.missing if side == "gt" else pairing.extra
    account = {
        "scored": sum(bool(task.gt_path if side == "gt" else task.pred_path) for task in scored),
        "excluded": sum(problem.side == side for problem in excluded),
        "partner_excluded": sum(problem.side == side for problem in partners),
        "left_out": len(alone) if inputs.missing_policy == "skip" else 0,
        "excluded_by_choice": sum(chosen.side == side for chosen in pairing.chosen),
        "skipped": sum(pairing.skipped[side].values()),
    }
    if sum(account.values()) != pairing.found[side]:
        raise EnvironmentFault(
            f"{pairing.found[side]} files of {side} were found, but {account} add up to "
            f"{sum(account.values())}: please report"
        )
    return account
