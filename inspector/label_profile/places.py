"""Which files below a folder are masks, and where each mask lies in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from inspector.errors import InputError, UsageError
from inspector.folders import FoundFile, list_folder
from inspector.problems import shown
from inspector.readers import peek
from inspector.readers.header import check_size
from inspector.stems import compile_match, matched_key
from inspector.workers import Mapper

__all__ = ["Place", "files_below", "of_file", "places_of", "root_of"]


@dataclass(frozen=True)
class Place:
    """A mask of the folder: a file, and a page of it."""

    file: FoundFile
    page: int
    pixels: int  # of the whole file
    in_volume: bool


def root_of(path: Path) -> tuple[Path, Path | None]:
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


def files_below(root: Path, match: str | None) -> tuple[list[FoundFile], list[InputError]]:
    """The files that may be masks, and what has the name of one but cannot be opened."""
    if root.is_file():
        return [FoundFile(str(root), root.name, "gt")], []
    pattern = compile_match(match if "(" in match else f"({match})") if match else None
    listing = list_folder(os.fspath(root), "gt")
    files = [file for file in listing.files if pattern is None or matched_key(pattern, file.relative) is not None]
    unusable = [
        InputError(each.kind, each.reason, each.fix, path=path)
        for each in listing.problems
        if (path := each.path.removeprefix("gt/")) and (pattern is None or matched_key(pattern, path) is not None)
    ]
    if not files and unusable:
        raise unusable[0]
    if not files:
        why = f"in whose path --match {match!r} finds something" if match and listing.files else "PNG, TIFF, NPY, NIfTI"
        raise InputError("empty_folder", f"no mask file below {shown(str(root))} ({why})", "check the path")
    return files, unusable


def places_of(files: Sequence[FoundFile], threads: Mapper, max_pixels: int) -> tuple[list[Place], list[InputError]]:
    """Every page of every file, in order, as the headers say; and the files whose headers cannot be used."""
    places, problems = [], []
    for found in threads(partial(_pages, max_pixels=max_pixels), files):
        if isinstance(found, InputError):
            problems.append(found)
        else:
            places += found
    return places, problems


def _pages(file: FoundFile, max_pixels: int) -> list[Place] | InputError:
    try:
        header = peek(file.path)
        check_size(header.height, header.width, max_pixels, header.pages)
    except InputError as error:
        return of_file(error, file)
    pixels = header.height * header.width * header.pages
    in_volume = header.format == "nifti" and header.pages > 1
    return [Place(file, page, pixels, in_volume) for page in range(header.pages)]


def of_file(error: InputError, file: FoundFile) -> InputError:
    """The error, naming the file as it lies below the folder."""
    error.path = shown(file.relative)
    return error
