"""`profile_folder`: the profile of a folder of masks, of which a few hundred are read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

from inspector.categories import Categories
from inspector.errors import InputError, UsageError
from inspector.folders import FoundFile
from inspector.label_profile.counts import KINDS, LabelCounts
from inspector.label_profile.encodings import black_and_white
from inspector.label_profile.kinds import KindGuess, guess_kind
from inspector.label_profile.measure import measure_mask
from inspector.label_profile.panoptic import PanopticFile, coco_mask, read_panoptic_file, thousands_mask
from inspector.label_profile.pictures import refuse_picture
from inspector.label_profile.places import Place, files_below, of_file, places_of, root_of
from inspector.label_profile.profile import profile_of
from inspector.label_profile.record import LabelProfile
from inspector.label_profile.sampling import evenly_spaced
from inspector.masks import Mask
from inspector.problems import shown
from inspector.readers import read_image, read_masks
from inspector.workers import Budget, Mapper, default_jobs, mapper

__all__ = ["SAMPLE", "profile_folder"]

SAMPLE = 200  # images that are measured unless more are asked for: shares are then known to a few hundredths
LOOKED_AT = 24  # images whose values settle the kind of labels
IN_MEMORY = Budget(1 << 27)  # px
NAMED = 5  # files that are written in another way than the rest


@dataclass(frozen=True, eq=False)
class _Measured:
    place: Place
    counts: LabelCounts


@dataclass(frozen=True)
class _How:
    """What does not change from mask to mask."""

    categories: Categories | None
    ignore: Collection[int]
    panoptic: PanopticFile | None
    max_pixels: int
    is_told: bool  # what the values are; else a picture is refused


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
    Files that cannot be read are left out and listed in `left_out`, and so are pictures unless `kind` says what the
    values are. Raises UsageError for a path or option that is wrong, InputError where no mask is found or none is left.
    """
    if kind != "auto" and kind not in KINDS:
        raise UsageError(f"--labels {kind}: expected auto, {', '.join(KINDS)}", kind="bad_option")
    root, document = root_of(Path(path))
    panoptic = read_panoptic_file(document) if document and kind in ("auto", "panoptic") else None
    is_told = kind != "auto" or panoptic is not None
    how = _How(categories or (panoptic.categories if panoptic else None), ignore, panoptic, max_pixels, is_told)
    files, unusable = files_below(root, match)
    with mapper(jobs or default_jobs()) as threads:
        places, problems = places_of(files, threads, max_pixels)
        chosen = [places[index] for index in evenly_spaced(len(places), sample)]
        guess = _kind(kind, chosen, how, threads)
        measured, more = _measured(chosen, how, guess.kind, threads)
    problems = sorted([*unusable, *problems, *more], key=lambda error: error.path)
    if not measured:
        raise problems[0]
    gone = {error.path for error in more}
    return _profile(measured, [each for each in places if shown(each.file.relative) not in gone], guess, how, problems)


def _profile(
    measured: Sequence[_Measured],
    places: Sequence[Place],
    guess: KindGuess,
    how: _How,
    problems: Iterable[InputError],
) -> LabelProfile:
    counts = [each.counts for each in measured]
    profile = profile_of(
        counts,
        kind=guess.kind,
        kind_reason=guess.reason,
        kind_sure=guess.sure,
        images_found=len(places),
        files_found=len({each.file for each in places}),
        volumes=len({each.file for each in places if each.in_volume}),
        categories=how.categories,
    )
    odd = profile.black_and_white
    if odd:
        files = dict.fromkeys(shown(measured[index].place.file.relative) for index in black_and_white(counts))
        odd = {**odd, "files": list(files)[:NAMED]}
    left_out = tuple({"file": each.path, "kind": each.kind, "reason": each.reason} for each in problems)
    return replace(profile, black_and_white=odd, left_out=left_out)


# ---------------------------------------------------------------------- measuring


def _kind(kind: str, chosen: Sequence[Place], how: _How, threads: Mapper) -> KindGuess:
    if kind != "auto":
        return KindGuess(kind, "as said", True)
    if how.panoptic:
        return KindGuess("panoptic", "a panoptic JSON lies beside the folder", True)
    some = [chosen[index] for index in evenly_spaced(len(chosen), LOOKED_AT)]
    measured, problems = _measured(some, how, "classes", threads)
    if any(problem.kind == "too_many_classes" for problem in problems):
        return KindGuess("ids", "more values in a mask than there can be classes", True)
    return guess_kind([each.counts for each in measured], how.categories)


def _measured(
    chosen: Iterable[Place], how: _How, kind: str, threads: Mapper
) -> tuple[list[_Measured], list[InputError]]:
    by_file = [list(pages) for _, pages in groupby(chosen, key=lambda place: place.file)]
    measured: list[_Measured] = []
    problems = []
    for found in threads(partial(_measure_file, how=how, kind=kind), by_file):
        if isinstance(found, InputError):
            problems.append(found)
        else:
            measured += found
    return measured, problems


def _measure_file(places: Sequence[Place], how: _How, kind: str) -> list[_Measured] | InputError:
    file = places[0].file
    try:
        with IN_MEMORY.hold(2 * places[0].pixels):
            masks = _read(file, how, kind)
            if not how.is_told:
                for place in places:
                    refuse_picture(masks[place.page], how.categories)
            return [
                _Measured(each, measure_mask(masks[each.page], kind, categories=how.categories, ignore=how.ignore))
                for each in places
            ]
    except InputError as error:
        return of_file(error, file)


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
