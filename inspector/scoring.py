"""One pair of files in, its counts out, or the reason why it cannot be scored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from inspector.calibration import BinCounts, count_bins
from inspector.categories import Categories
from inspector.counting import count_pair
from inspector.counts import Counts
from inspector.errors import InputError
from inspector.label_checks import check_ignored, check_values
from inspector.label_profile import LabelCounts, measure_mask
from inspector.masks import Mask, Segments
from inspector.problems import Note, Problem, shown
from inspector.readers import read_masks
from inspector.readers.probabilities import read_confidence
from inspector.settings import Settings
from inspector.thumbs import Thumb, ThumbMaker
from inspector.workers import Budget

__all__ = [
    "LABELS",
    "Scored",
    "Task",
    "codes_of",
    "count_masks",
    "file_of",
    "label_counts",
    "probabilities_problem",
    "problem_of",
    "read_codes",
    "read_pages",
    "read_pair",
    "score",
]

IN_MEMORY = Budget(1 << 27)  # px of both sides together: about 300 MB while they are counted
LABELS = "classes"  # the kind of label files that can be scored
ROWS_AT_ONCE = 256  # whose class indices are looked up together
Codes = tuple[NDArray[Any], NDArray[Any]]  # (gt, pred) as class indices
UNLISTED = np.iinfo(np.int64).min  # a value no file holds: what a missing prediction predicts


@dataclass(frozen=True)
class Task:
    """A pair to score. pred_path is "" where the prediction is missing and counts as predicting nothing."""

    image_id: str
    gt_path: str
    pred_path: str
    gt_relative: str
    pred_relative: str
    group: str = ""
    pixels: int = 0  # of one side over all pages, as the header says
    is_profiled: bool = False  # the true mask is one of those that the profile of the labels is measured on
    probabilities: str = ""  # file of how sure the model was; "" where none was asked for
    at_all_widths: bool = False  # one of those whose wrong pixels are told apart at every width


@dataclass(frozen=True)
class Scored:
    """What became of a task: the counts and the thumbnail of each of its pages, or a problem; `labels` of a task that
    is profiled."""

    task: Task
    counts: tuple[Counts, ...] = ()
    thumbs: tuple[Thumb, ...] = ()
    labels: tuple[LabelCounts, ...] = ()
    notes: tuple[Note, ...] = ()
    problem: Problem | None = None
    sure: BinCounts | Problem | None = None  # how sure and how right; a problem of that file alone; None: not asked for


def score(task: Task, categories: Categories, settings: Settings, thumbs: ThumbMaker | None = None) -> Scored:
    """Read, check and count one pair; `thumbs` makes its thumbnails where they are wanted.

    Whatever is wrong with a file becomes a problem; nothing is raised for it.
    """
    try:
        with IN_MEMORY.hold(2 * task.pixels):
            pages = read_pair(task, categories, settings)
            counts = tuple(
                count_masks(gt, pred, categories, settings, all_widths=task.at_all_widths) for gt, pred in pages
            )
            small = tuple(thumbs.make(gt, pred) for gt, pred in pages) if thumbs else ()
            labels = tuple(label_counts(gt, categories) for gt, _ in pages) if task.is_profiled else ()
            sure = _how_sure(task, pages, categories) if task.probabilities else None
            notes = tuple(_notes(task, pages, counts))
    except InputError as error:
        return Scored(task, problem=problem_of(task, error))
    return Scored(task, counts, small, labels, notes, sure=sure)


def _how_sure(task: Task, pages: Sequence[tuple[Mask, Mask]], categories: Categories) -> BinCounts | Problem:
    """The pair is scored whatever its file of probabilities is like: what is wrong with it is a problem of its own."""
    try:
        if len(pages) > 1:
            what = f"the masks have {len(pages)} pages; probabilities are read of single images only"
            raise InputError("probability_pages", what, "score the pages as files of their own")
        (gt, pred), k = pages[0], len(categories)
        confidence = read_confidence(task.probabilities, gt.shape, k)
        return count_bins(codes_of(gt, categories), codes_of(pred, categories), confidence, k)
    except InputError as error:
        return probabilities_problem(task.image_id, error, task.probabilities)


def probabilities_problem(image_id: str, error: InputError, path: str = "") -> Problem:
    """What is wrong with the probabilities of an image, or that there are none."""
    name = f"probabilities/{shown(os.path.basename(path)) if path else image_id}"
    return Problem.of(error, name, "probabilities", location=path, image_id=image_id)


def label_counts(gt: Mask, categories: Categories) -> LabelCounts:
    """What a true mask adds to the profile of the labels: they are compared as class maps, and so are measured."""
    return measure_mask(gt, LABELS, categories=categories)


def read_pair(task: Task, categories: Categories, settings: Settings) -> list[tuple[Mask, Mask]]:
    """The pages of both files, in step. Raises InputError with the side that is to blame."""
    gt = _read(task.gt_path, "gt", categories, settings)
    if not task.pred_path:
        return [(mask, _nothing(mask)) for mask in gt]
    pred = _read(task.pred_path, "pred", categories, settings)
    if len(gt) != len(pred):
        raise InputError("page_count", f"it has {len(pred)} pages, its ground truth {len(gt)}", side="pred")
    for one, other in zip(gt, pred, strict=True):
        _check_frames(one, other)
    return list(zip(gt, pred, strict=True))


def read_codes(task: Task, page: int, categories: Categories, settings: Settings) -> Codes:
    """Both sides of one page as (H, W) class indices, uint8 or int16: K where void, ignored or outside the list."""
    return read_pages(task, [page], categories, settings)[0]


def read_pages(task: Task, pages: Sequence[int], categories: Categories, settings: Settings) -> list[Codes]:
    """`read_codes` of several pages; the two files are read once."""
    with IN_MEMORY.hold(3 * task.pixels):
        read = read_pair(task, categories, settings)
        waiting = [read[page] for page in reversed(pages)]
        del read  # the pages that nobody asked for
        codes = []
        while waiting:
            gt, pred = waiting.pop()
            gt_codes = codes_of(gt, categories, in_place=True)
            del gt  # before the other side doubles
            codes.append((gt_codes, codes_of(pred, categories, in_place=True)))
    return codes


def codes_of(mask: Mask, categories: Categories, *, in_place: bool = False) -> NDArray[Any]:
    """(H, W) class indices, uint8 or int16: K where ignored or outside the list.

    `in_place` lets the codes take the place of the mask's ids where they are of one size: huge masks fit once only.
    """
    k, lut = len(categories), categories.lut(mask.segments)
    table = np.where(lut < 0, k, lut).astype(np.uint8 if k <= 255 else np.int16)
    if not in_place or mask.ids.dtype != table.dtype or not mask.ids.flags.writeable:
        return table[mask.ids]
    for y in range(0, len(mask.ids), ROWS_AT_ONCE):
        mask.ids[y : y + ROWS_AT_ONCE] = table[mask.ids[y : y + ROWS_AT_ONCE]]
    return mask.ids


def problem_of(task: Task, error: InputError) -> Problem:
    """What is wrong with a task, as it is told of the file that is to blame."""
    side = error.side or "pred"  # where the two disagree, the truth is taken for right
    relative, location = file_of(task, side)
    return Problem.of(error, f"{side}/{relative}", side, location=location, image_id=task.image_id)


def file_of(task: Task, side: str) -> tuple[str, str]:
    """The file of one side: its path for people, below the folder of the side, and the path to open."""
    return (task.gt_relative, task.gt_path) if side == "gt" else (task.pred_relative, task.pred_path)


def _read(path: str, side: str, categories: Categories, settings: Settings) -> list[Mask]:
    try:
        return read_masks(path, categories=categories, max_pixels=settings.max_pixels)
    except InputError as error:
        error.side = side
        raise


def _nothing(gt: Mask) -> Mask:
    """The prediction of a model that predicts no class anywhere."""
    return Mask(np.zeros(gt.shape, np.uint8), Segments.of_labels(np.array([UNLISTED])))


def _check_frames(gt: Mask, pred: Mask) -> None:
    if gt.frame is not None and pred.frame is not None and gt.frame != pred.frame:
        kind, what = (
            ("affine_mismatch", "affine") if gt.frame[0] == "nifti" else ("geotransform_mismatch", "geotransform")
        )
        raise InputError(
            kind,
            f"its {what} {pred.frame[1:]} differs from that of its ground truth {gt.frame[1:]}: "
            "the pixels do not lie on the same ground",
            "resample the prediction onto the grid of the ground truth",
            side="pred",
        )


def count_masks(
    gt: Mask, pred: Mask, categories: Categories, settings: Settings, *, all_widths: bool = False
) -> Counts:
    """`count_pair`, with the spacing that the truth brings and a reason for each value that cannot be counted.
    Raises InputError with the side that is to blame."""
    if settings.spacing is None and gt.spacing is not None:
        settings = replace(settings, spacing=gt.spacing)
    if pred.segments.original_id[0] == UNLISTED:
        settings = replace(settings, unknown="wrong")
    try:
        counts = count_pair(gt, pred, categories, settings, all_widths=all_widths)
    except InputError as error:
        if error.kind == "label_out_of_range":
            _explain_values(gt, pred, categories, error)
        raise
    if counts.void_px or counts.ignored_px:
        _check_what_is_left(gt, pred, counts, categories)
    return counts


def _explain_values(gt: Mask, pred: Mask, categories: Categories, error: InputError) -> NoReturn:
    """Say which values lie outside the class list, and the likely cause."""
    mask = gt if error.side == "gt" else pred
    raise check_values(mask, categories.lut(mask.segments), categories, error.side) or error


def _check_what_is_left(gt: Mask, pred: Mask, counts: Counts, categories: Categories) -> None:
    """Refuse a truth that is ignored whole, and a mask whose foreground is an ignore value. Looks at pixels only
    where the counts allow either."""
    for mask, side, column in ((gt, "gt", "gt_px"), (pred, "pred", "pred_px")):
        if np.count_nonzero(counts.column(column)) <= 1:
            problem = check_ignored(mask, categories.lut(mask.segments), categories, side)
            if problem:
                raise problem


def _notes(task: Task, pages: Sequence[tuple[Mask, Mask]], counts: Sequence[Counts]) -> list[Note]:
    sides = (("gt", 0), ("pred", 1)) if task.pred_path else (("gt", 0),)
    notes = [
        Note(kind, f"{side}/{file_of(task, side)[0]}", text)
        for side, index in sides
        for page in pages[:1]
        for kind, text in page[index].notes
    ]
    ignored = sum(count.ignored_px for count in counts)
    if ignored:
        text = f"predicts an ignore value on {ignored} px whose truth is a class: counted as wrong"
        notes.append(Note("pred_has_ignore", f"pred/{task.pred_relative}", text))
    return notes
