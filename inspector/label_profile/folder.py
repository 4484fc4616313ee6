"""`profile_folder`: the profile of a folder of masks, of which a few hundred are read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

from inspector.categories import Categories
from inspector.errors import InputError, UsageError
from inspector.folders import FoundFile, list_folder
from inspector.label_profile.counts import KINDS, LabelCounts
from inspector.label_profile.kinds import KindGuess, guess_kind
from inspector.label_profile.measure import measure_mask
from inspector.label_profile.panoptic import PanopticFile, coco_mask, read_panoptic_file, thousands_mask
from inspector.label_profile.profile import profile_of
from inspector.label_profile.record import LabelProfile
from inspector.label_profile.sampling import evenly_spaced
from inspector.masks import Mask
from inspector.problems import shown
from inspector.readers import peek, read_image, read_masks
from inspector.readers.header import check_size
from inspector.stems import compile_match, matched_key
from inspector.workers import Budget, Mapper, default_jobs, mapper

__all__ = ["SAMPLE", "profile_folder"]

SAMPLE = 200  # images that are measured unless more are asked for: shares are then known to a few hundredths
LOOKED_AT = 24  # images whose values settle the kind of labels
IN_MEMORY = Budget(1 << 27)  # px


@dataclass(frozen=True)
class _Place:
    """A mask of the folder: a file, and a page of it."""

    file: FoundFile
    page: int
    pixels: int  # of the whole file


@dataclass(frozen=True)
class _How:
    """What does not change from mask to mask."""

    categories: Categories | None
    ignore: Collection[int]
    panoptic: PanopticFile | None
    max_pixels: int


def profile_folder(
    path: str | Path,
    kind: str = "auto",
    *,
    sample: int = SAMPLE,
    categories: Categories | None = None,
    ignore: Collection[int] = (),
    match: str | None = None,
    max_pixels: int = 1 << 28,
    jobs: int | None = None,
) -> LabelProfile:
    """The profile of the masks below a folder, or of one file; at most `sample` of them, evenly spaced, are measured.

    kind        of KINDS, or "auto": told from the values (see `guess_kind`), or by the JSON of COCO's panoptic format,
                which lies beside the folder with its name (or is `path` itself)
    categories  class list: names, background, things, colours; ignore: values that are void
    match       regular expression: only files in whose path it finds something are masks
    jobs        threads; the result does not depend on it
    Files that cannot be read are left out and listed in `left_out`. Raises UsageError for a path or option that is
    wrong, InputError where no mask is found or none can be read.
    """
    if kind != "auto" and kind not in KINDS:
        raise UsageError(f"--labels {kind}: expected auto, {', '.join(KINDS)}", kind="bad_option")
    root, document = _root(Path(path))
    panoptic = read_panoptic_file(document) if document and kind in ("auto", "panoptic") else None
    how = _How(categories or (panoptic.categories if panoptic else None), ignore, panoptic, max_pixels)
    with mapper(jobs or default_jobs()) as threads:
        places, problems = _places(_files(root, match), threads, max_pixels)
        chosen = [places[index] for index in evenly_spaced(len(places), sample)]
        guess = _kind(kind, chosen, how, threads)
        counts, more = _measured(chosen, how, guess.kind, threads)
    problems = sorted([*problems, *more], key=lambda error: error.path)
    if not counts:
        raise problems[0]
    profile = profile_of(
        counts,
        kind=guess.kind,
        kind_reason=guess.reason,
        kind_sure=guess.sure,
        images_found=len(places),
        categories=how.categories,
    )
    return replace(profile, left_out=tuple({"file": e.path, "kind": e.kind, "reason": e.reason} for e in problems))


# ---------------------------------------------------------------------- which files


def _root(path: Path) -> tuple[Path, Path | None]:
    """The folder or file of the masks, and the panoptic JSON that belongs to it."""
    if path.suffix.lower() == ".json":
        folder = path.with_suffix("")
        if not path.is_file() or not folder.is_dir():
            what = f"{shown(str(path))}: expected a panoptic JSON, and the folder of its PNGs beside it with its name"
            raise UsageError(what, kind="no_such_folder", path=str(path))
        return folder, path
    if not path.exists():
        raise UsageError(f"there is no folder {shown(str(path))}", kind="no_such_folder", path=str(path))
    beside = path.resolve().with_name(path.resolve().name + ".json")
    return path, beside if path.is_dir() and beside.is_file() else None


def _files(root: Path, match: str | None) -> list[FoundFile]:
    if root.is_file():
        return [FoundFile(str(root), root.name, "gt")]
    pattern = compile_match(match if "(" in match else f"({match})") if match else None
    listing = list_folder(os.fspath(root), "gt")
    files = [file for file in listing.files if pattern is None or matched_key(pattern, file.relative) is not None]
    if not files:
        why = f"in whose path --match {match!r} finds something" if match and listing.files else "PNG, TIFF, NPY, NIfTI"
        raise InputError("empty_folder", f"no mask file below {shown(str(root))} ({why})", "check the path")
    return files


def _places(files: Sequence[FoundFile], threads: Mapper, max_pixels: int) -> tuple[list[_Place], list[InputError]]:
    """Every page of every file, in order, as the headers say; and the files whose headers cannot be used."""
    places, problems = [], []
    for found in threads(partial(_pages, max_pixels=max_pixels), files):
        if isinstance(found, InputError):
            problems.append(found)
        else:
            places += found
    return places, problems


def _pages(file: FoundFile, max_pixels: int) -> list[_Place] | InputError:
    try:
        header = peek(file.path)
        check_size(header.height, header.width, max_pixels, header.pages)
    except InputError as error:
        return _of_file(error, file)
    pixels = header.height * header.width * header.pages
    return [_Place(file, page, pixels) for page in range(header.pages)]


def _of_file(error: InputError, file: FoundFile) -> InputError:
    error.path = shown(file.relative)
    return error


# ---------------------------------------------------------------------- measuring


def _kind(kind: str, chosen: Sequence[_Place], how: _How, threads: Mapper) -> KindGuess:
    if kind != "auto":
        return KindGuess(kind, "as said", True)
    if how.panoptic:
        return KindGuess("panoptic", "a panoptic JSON lies beside the folder", True)
    some = [chosen[index] for index in evenly_spaced(len(chosen), LOOKED_AT)]
    counts, problems = _measured(some, how, "classes", threads)
    if any(problem.kind == "too_many_classes" for problem in problems):
        return KindGuess("ids", "more values in a mask than there can be classes", True)
    return guess_kind(counts, how.categories)


def _measured(
    chosen: Iterable[_Place], how: _How, kind: str, threads: Mapper
) -> tuple[list[LabelCounts], list[InputError]]:
    by_file = [list(pages) for _, pages in groupby(chosen, key=lambda place: place.file)]
    counts: list[LabelCounts] = []
    problems = []
    for found in threads(partial(_measure_file, how=how, kind=kind), by_file):
        if isinstance(found, InputError):
            problems.append(found)
        else:
            counts += found
    return counts, problems


def _measure_file(places: Sequence[_Place], how: _How, kind: str) -> list[LabelCounts] | InputError:
    file = places[0].file
    try:
        with IN_MEMORY.hold(2 * places[0].pixels):
            masks = _read(file, how, kind)
            return [
                measure_mask(masks[place.page], kind, categories=how.categories, ignore=how.ignore) for place in places
            ]
    except InputError as error:
        return _of_file(error, file)


def _read(file: FoundFile, how: _How, kind: str) -> list[Mask]:
    if how.panoptic and kind == "panoptic":
        segments = how.panoptic.segments.get(file.relative)
        if segments is None:
            raise InputError(
                "panoptic_file", "the panoptic JSON has no annotation of this name", "add it, or remove this"
            )
        return [coco_mask(read_image(file.path), segments)]
    masks = read_masks(file.path, categories=how.categories, max_pixels=how.max_pixels)
    return [thousands_mask(mask) for mask in masks] if kind == "panoptic" else masks
