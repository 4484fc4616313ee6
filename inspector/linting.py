"""`lint_folders`: the pairing and mask checks alone; every file is decoded, nothing is counted."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from inspector.categories import Categories
from inspector.errors import InputError
from inspector.inputs import gather, input_record
from inspector.label_checks import check_ignored, check_values
from inspector.problems import Note, Problem
from inspector.scoring import Task, file_of, problem_of, read_pair
from inspector.settings import Settings
from inspector.workers import default_jobs, mapper

__all__ = ["lint_folders"]


def lint_folders(
    gt: str | Path,
    pred: str | Path,
    *,
    categories: Categories | None = None,
    settings: Settings | None = None,
    match: str | None = None,
    jobs: int | None = None,
) -> tuple[dict[str, Any], bool]:
    """The account of two folders (see `inputs` of the document), and whether some file could not be scored.

    Raises UsageError and InputError as `inspect_folders` does.
    """
    settings = settings or Settings()
    with mapper(jobs or default_jobs()) as threads:
        inputs = gather(gt, pred, categories, settings, None, match, None, None, threads)
        found = list(threads(partial(_check, categories=inputs.categories, settings=settings), inputs.tasks))
    problems = [problem for problem, _ in found if problem]
    notes = [note for _, more in found for note in more]
    return input_record(inputs, problems, notes)


def _check(task: Task, categories: Categories, settings: Settings) -> tuple[Problem | None, list[Note]]:
    """The first problem of a pair, as `inspect` would find it, and what the readers noted."""
    try:
        notes = _check_pages(task, categories, settings)
    except InputError as error:
        return problem_of(task, error), []
    return None, notes


def _check_pages(task: Task, categories: Categories, settings: Settings) -> list[Note]:
    notes = []
    for masks in read_pair(task, categories, settings):
        for mask, side in zip(masks, ("gt", "pred") if task.pred_path else ("gt",), strict=False):
            lut = categories.lut(mask.segments)
            lenient = side == "pred" and settings.unknown == "wrong"
            error = None if lenient else check_values(mask, lut, categories, side)
            error = error or check_ignored(mask, lut, categories, side)
            if error:
                raise error
            notes += [Note(kind, f"{side}/{file_of(task, side)[0]}", text) for kind, text in mask.notes]
    return notes
