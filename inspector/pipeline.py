"""`inspect_folders`: read, pair, count, sum, analyse and write: the whole way from two folders to a run folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import Any

import numpy as np

from inspector.analyzers import analyze_all
from inspector.calibration import BinCounts, calibration_record
from inspector.categories import Categories
from inspector.counts import CLASS_COLUMNS
from inspector.errors import EnvironmentFault, UsageError
from inspector.evidence import write_evidence
from inspector.evidence_choice import HowMany, check_how_many, choose
from inspector.inputs import Inputs, gather, input_record
from inspector.intervals import resample
from inspector.label_profile import LabelCounts, evenly_spaced
from inspector.problems import Note, Problem
from inspector.readers import read_image
from inspector.results import Analysis, build_document, profile_record, to_json
from inspector.run_folder import DOCUMENT, check_place, new_run_folder
from inspector.scoring import Scored, Task, read_codes, read_pages, score
from inspector.second_look import SecondLook, look
from inspector.second_look import choose as choose_looks
from inspector.settings import Settings
from inspector.slices import slice_results, slices_of
from inspector.tables import ImageInfo, TableWriter, write_metadata
from inspector.tally import Profiles, Tally
from inspector.thumbs import ThumbMaker, ThumbWriter
from inspector.width_sensitivity import WidthCounts, sensitivity_record, width_sampled
from inspector.workers import Mapper, default_jobs, mapper

__all__ = ["Inspection", "Progress", "inspect_folders", "profiled"]

Progress = Callable[[str, int, int], None]  # (what is being done, done, total)
VOLUMES = (".nii", ".nii.gz")  # formats whose pages are slices of one body
FEWEST_PROFILED, PROFILED_PX = 8, 1 << 25  # and fewer where they are large: about a sixth of a second in all
PROFILED = 64  # true masks on which the profile of the labels is measured
SIDE_BY_SIDE_PX = 1 << 24  # of one side: larger images are not held in memory several at a time
LARGEST_PICTURE_PX = 2048  # longest side of the picture behind a mask that is kept as evidence


@dataclass(frozen=True)
class Inspection:
    """What came of a run: the document (see inspector.results), whether some input was left out, and the folder."""

    document: dict[str, Any]
    partial: bool
    run_folder: Path | None


@dataclass
class _Counted:
    """What the counting pass leaves behind."""

    k: int
    tasks: list[tuple[Task, int]] = field(default_factory=list)  # image index -> task and page
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    profiles: Profiles = field(default_factory=Profiles)
    labels: list[LabelCounts] = field(default_factory=list)
    unsure: list[Problem] = field(default_factory=list)  # files of probabilities that could not be used

    def __post_init__(self) -> None:
        self.confusion = np.zeros((self.k, self.k + 1), np.int64)
        self.totals = np.zeros((self.k, len(CLASS_COLUMNS)), np.int64)
        self.widths = WidthCounts(self.k)
        self.sure, self.sure_images = BinCounts.zeros(self.k), 0
        self.read_px = self.void_px = 0


def inspect_folders(
    gt: str | Path,
    pred: str | Path,
    *,
    out: str | Path | None = None,
    categories: Categories | None = None,
    settings: Settings | None = None,
    images: str | Path | None = None,
    match: str | None = None,
    metadata: str | Path | None = None,
    group: str | None = None,
    evidence: HowMany = None,
    probabilities: str | Path | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
    finish: Callable[[Path, Inspection], object] | None = None,
) -> Inspection:
    """Compare a folder of predicted masks with a folder of true ones.

    gt, pred      folders (or one file each)
    out           run folder to write; None: nothing is kept but the document
    categories    the class list; None: the values found in the masks
    images        folder of the pictures behind the masks, for the evidence
    match         regular expression whose first group is the part of a path that pairs
    metadata, group  CSV of image properties, and its column that holds the resampling unit
    evidence      how many images to keep files of, from 1 on, or "all"; None: a twentieth, at least 32 and at most 200
    probabilities  folder of how sure the model was, a file for each image (see inspector.readers.probabilities)
    jobs          threads; the result does not depend on it
    finish        called with the folder, before it appears in its place, to add files (a report) to it

    Raises UsageError, InputError (no pair can be made) and EnvironmentFault; a file that cannot be scored raises
    nothing: it is listed under inputs.excluded and makes the inspection partial.
    """
    settings = settings or Settings()
    check_how_many(evidence)
    place = Path(out) if out is not None else None
    if place:
        check_place(place)
        _check_apart(place, gt, pred)
    with mapper(jobs or default_jobs()) as threads, _workplace(place) as folder:
        inputs = gather(gt, pred, categories, settings, images, match, metadata, group, threads, probabilities)
        tally, counted = _count(inputs, settings, folder, threads, progress)
        analysis = _analyse(tally, inputs, counted)
        inspection = _write(analysis, inputs, counted, folder, threads, evidence)
        if place and finish:
            finish(folder, inspection)
    return replace(inspection, run_folder=place)


def _check_apart(place: Path, gt: str | Path, pred: str | Path) -> None:
    """The evidence of a run holds masks: among those of a side it would be read as such the next time."""
    for masks in (gt, pred):
        if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(masks)):
            raise UsageError(f"{place}: the run folder would lie among the masks of {masks}; choose another -o")


@contextlib.contextmanager
def _workplace(place: Path | None) -> Iterator[Path]:
    """The run folder in the making, or a temporary one."""
    if place:
        with new_run_folder(place) as folder:
            yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="inspect-") as name:
            yield Path(name)


# ---------------------------------------------------------------------- count


def _count(
    inputs: Inputs, settings: Settings, folder: Path, threads: Mapper, progress: Progress | None
) -> tuple[Tally, _Counted]:
    counted = _Counted(len(inputs.categories))
    tables, thumbs = TableWriter(folder, inputs.categories, settings), ThumbWriter(folder)
    work = partial(score, categories=inputs.categories, settings=settings, thumbs=ThumbMaker(inputs.categories))
    for done, scored in enumerate(threads(work, _marked(inputs.tasks)), 1):
        _take(scored, counted, tables, thumbs)
        if progress:
            progress("counting" if done < len(inputs.tasks) else "explaining", done, len(inputs.tasks))
    files = tables.close()
    thumbs.close(files["images"].column("mean_iou"))
    _check_conservation(inputs, counted)
    second_look = _second_look(inputs, settings, counted, threads)
    tally = Tally(inputs.categories, settings, files, counted.confusion, counted.totals, counted.profiles, second_look)
    return tally, counted


def _marked(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, some of them marked for what is measured on a few only."""
    pixels = [task.pixels for task in tasks]
    chosen, sampled = profiled(pixels), width_sampled(pixels)
    return [replace(task, is_profiled=i in chosen, at_all_widths=i in sampled) for i, task in enumerate(tasks)]


def profiled(pixels: Sequence[int]) -> frozenset[int]:
    """Which true masks, of so many pixels each, the profile of the labels is measured on: evenly spaced ones, and none
    so large that measuring it would be felt. A profile says of how many images it is."""
    small = [index for index, size in enumerate(pixels) if size <= SIDE_BY_SIDE_PX]
    most = PROFILED_PX // max((pixels[index] for index in small), default=1)
    return frozenset(small[place] for place in evenly_spaced(len(small), max(FEWEST_PROFILED, min(PROFILED, most))))


def _take(scored: Scored, counted: _Counted, tables: TableWriter, thumbs: ThumbWriter) -> None:
    """Add what one task gave, in the order of the tasks."""
    counted.notes += scored.notes
    counted.labels += scored.labels
    if scored.problem:
        counted.problems.append(scored.problem)
    if isinstance(scored.sure, Problem):
        counted.unsure.append(scored.sure)
    elif scored.sure:
        counted.sure, counted.sure_images = counted.sure + scored.sure, counted.sure_images + 1
    task = scored.task
    for page, (counts, thumb) in enumerate(zip(scored.counts, scored.thumbs, strict=True)):
        name = task.image_id if len(scored.counts) == 1 else f"{task.image_id}#{page:04d}"
        info = ImageInfo(name, task.gt_relative, task.pred_relative, task.group or task.image_id)
        tables.add(len(counted.tasks), info, counts)
        thumbs.add(len(counted.tasks), thumb)
        counted.tasks.append((task, page))
        counted.confusion += counts.confusion
        counted.totals += counts.classes
        counted.profiles.add(counts)
        counted.widths.add(counts)
        counted.read_px += counts.shape[0] * counts.shape[1]
        counted.void_px += counts.void_px


def _check_conservation(inputs: Inputs, counted: _Counted) -> None:
    """Nothing may vanish: every pair came back once, and every pixel read is counted or void."""
    back = len({task.image_id for task, _ in counted.tasks}) + len(counted.problems)
    if back != len(inputs.tasks):
        raise EnvironmentFault(f"{len(inputs.tasks)} pairs were sent to be counted, {back} came back: please report")
    if int(counted.confusion.sum()) + counted.void_px != counted.read_px:
        raise EnvironmentFault(
            f"{counted.read_px} px were read, {int(counted.confusion.sum())} counted and {counted.void_px} are void: "
            "these do not add up, please report"
        )


# ---------------------------------------------------------------------- analyse


def _at_hand(counted: _Counted, threads: Mapper) -> Mapper:
    """How to load pairs that are kept in memory: side by side, but huge ones one at a time."""
    return threads if all(task.pixels <= SIDE_BY_SIDE_PX for task, _ in counted.tasks) else map


def _second_look(inputs: Inputs, settings: Settings, counted: _Counted, threads: Mapper) -> SecondLook:
    chosen = choose_looks(len(counted.tasks))
    pairs = _at_hand(counted, threads)(
        lambda index: read_codes(*counted.tasks[index], inputs.categories, settings), chosen
    )
    return look(starmap(lambda gt, pred: (gt, pred, gt < counted.k), pairs), chosen)  # keeps no pair, unlike a loop


def _analyse(tally: Tally, inputs: Inputs, counted: _Counted) -> Analysis:
    if not tally.n_images:
        return Analysis(tally, None, (), ())
    resamples = resample(tally)
    columns = _metadata_of(inputs, counted)
    slices = slice_results(resamples, slices_of(columns)) if columns else ()
    files = {task.image_id for task, _ in counted.tasks}
    volumes = {task.image_id for task, page in counted.tasks if page and task.gt_relative.endswith(VOLUMES)}
    labels = profile_record(counted.labels, inputs.categories, tally.n_images, len(files), len(volumes))
    sensitivity = sensitivity_record(counted.widths, inputs.categories, tally.n_images)
    asked = counted.sure_images or counted.unsure or inputs.without_probabilities
    sure = calibration_record(counted.sure, inputs.categories, counted.sure_images, tally.n_images) if asked else None
    return Analysis(tally, resamples, analyze_all(tally, resamples), slices, labels, sensitivity, sure)


def _metadata_of(inputs: Inputs, counted: _Counted) -> dict[str, list[str]]:
    """Column of the metadata -> the value of each image that was counted."""
    return {
        name: [values[task.image_id] for task, _ in counted.tasks] for name, values in inputs.metadata_columns.items()
    }


# ---------------------------------------------------------------------- write


def _write(
    analysis: Analysis, inputs: Inputs, counted: _Counted, folder: Path, threads: Mapper, evidence: HowMany
) -> Inspection:
    tally = analysis.tally

    def load(images: Sequence[int]) -> Iterator[tuple[Any, Any, Any]]:
        task = counted.tasks[images[0]][0]
        pages = [counted.tasks[index][1] for index in images]
        picture = inputs.pictures.get(task.image_id) if 0 in pages else None
        image = read_image(picture, LARGEST_PICTURE_PX) if picture else None
        for page, both in zip(pages, read_pages(task, pages, inputs.categories, tally.settings), strict=True):
            yield *both, image if page == 0 else None

    choice, mapped = choose(tally, analysis.findings, evidence), _at_hand(counted, threads)
    bundles = _by_file(choice.images, counted)
    kept = write_evidence(folder, choice, load, tally.image_ids, tally.categories, analysis.findings, mapped, bundles)
    if columns := _metadata_of(inputs, counted):
        write_metadata(folder, columns)
    record, is_partial = input_record(
        inputs, counted.problems, counted.notes + _truth_notes(tally), [*inputs.without_probabilities, *counted.unsure]
    )
    document = build_document(analysis, record, is_partial, kept.examples, kept.images)
    (folder / DOCUMENT).write_text(to_json(document), encoding="utf-8")
    return Inspection(document, is_partial, None)


def _by_file(images: Sequence[int], counted: _Counted) -> list[list[int]]:
    """The images of one file together, or a volume would be read whole for each of its pages."""
    files: dict[str, list[int]] = {}
    for index in images:
        files.setdefault(counted.tasks[index][0].image_id, []).append(index)
    return list(files.values())


def _truth_notes(tally: Tally) -> list[Note]:
    """A truth that holds one class only says little about a model."""
    held = np.flatnonzero(tally.total["gt_px"])
    if len(held) != 1:
        return []
    category = tally.categories.classes[int(held[0])]
    kind = "only_background" if category.background or category.id == 0 else "only_one_class"
    return [Note(kind, "gt", f"all true pixels are {category.name}: nothing can be said of the other classes")]
