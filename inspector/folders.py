"""Lists the mask files below a folder: everything found there is a file, a problem or counted as skipped."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.errors import InputError
from inspector.problems import Note, Problem, shown

__all__ = ["MASK_EXTENSIONS", "FoundFile", "Listing", "list_folder", "mask_extension"]

# Lossy and foreign formats are listed too, so that a reader refuses them with a reason instead of their vanishing.
MASK_EXTENSIONS = frozenset(
    {".png", ".tif", ".tiff", ".npy", ".npz", ".nii", ".nii.gz", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"}
)
HIDDEN = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
LINKED = "folder links are not followed, so that nothing is counted twice"


class FoundFile(NamedTuple):
    """A file that may be a mask.

    path      to open it, as the system spells it
    relative  below the folder given, with "/"
    inode     0 for a link, whose own inode says nothing
    """

    path: str
    relative: str
    side: str
    inode: int = 0

    @property
    def display(self) -> str:
        return f"{self.side}/{shown(self.relative)}"


@dataclass
class Listing:
    """What lies below one folder: found == len(files) + len(problems) + skipped.total()."""

    root: str
    side: str
    files: list[FoundFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    found: int = 0

    def refuse(self, relative: str, kind: str, reason: str, fix: str) -> None:
        path = f"{self.side}/{shown(relative)}"
        self.problems.append(Problem(path, self.side, kind, reason, fix, os.path.join(self.root, relative)))


def mask_extension(name: str) -> str:
    """The extension of a mask file as it is written, ".nii.gz" whole; "" for another file."""
    lower = name.lower()
    start = len(name) - len(".nii.gz") if lower.endswith(".nii.gz") else lower.rfind(".")
    return name[start:] if start > 0 and lower[start:] in MASK_EXTENSIONS else ""


def list_folder(root: str, side: str, without: str = "") -> Listing:
    """Everything below `root`, sorted; a folder that is `without` (the other side's) is left out with a note.

    Raises InputError when the folder itself cannot be read.
    """
    listing = Listing(root, side)
    other = _below(os.path.realpath(without), os.path.realpath(root)) if without else ""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(listing, folder):
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if other and relative == other:
                listing.skipped["folder of the other side"] += 1
                listing.notes.append(Note("nested_folder", side, f"{side}/{shown(other)} is the other side: left out"))
            elif _is_folder(listing, entry, relative):
                waiting.append(relative)
                continue
            listing.found += 1
    listing.files.sort(key=lambda file: file.relative)
    listing.problems.sort(key=lambda problem: problem.path)
    return listing


def _entries(listing: Listing, folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(os.path.join(listing.root, folder)) as entries:
            return list(entries)
    except OSError as error:
        if not folder:
            reason = f"the folder {shown(listing.root)} cannot be read: {error.strerror}"
            raise InputError("unreadable", reason, "check its permissions", path=listing.side) from None
        listing.found += 1
        listing.refuse(folder, "unreadable", f"the folder cannot be read: {error.strerror}", "check its permissions")
        return []


def _is_folder(listing: Listing, entry: os.DirEntry[str], relative: str) -> bool:
    """True for a folder to walk; anything else is filed in `listing`."""
    if entry.name.startswith(".") or entry.name.lower() in HIDDEN:
        listing.skipped["hidden"] += 1
        return False
    extension = mask_extension(entry.name)
    try:
        if entry.is_symlink():
            _file_link(listing, entry, relative, extension)
        elif entry.is_dir(follow_symlinks=False):
            if not extension:
                return True
            fix = "rename or remove the folder"
            listing.refuse(relative, "not_a_file", "a folder with the name of a mask file", fix)
        elif not extension:
            listing.skipped[_extension(entry.name)] += 1
        elif entry.is_file(follow_symlinks=False):
            listing.files.append(FoundFile(entry.path, relative, listing.side, entry.inode()))
        else:
            listing.refuse(relative, "special_file", "a pipe, socket or device, not a file", "remove it")
    except OSError as error:
        listing.refuse(relative, "unreadable", f"cannot be looked at: {error.strerror}", "check its permissions")
    return False


def _file_link(listing: Listing, entry: os.DirEntry[str], relative: str, extension: str) -> None:
    if os.path.isdir(entry.path):
        _folder_link(listing, relative, os.path.realpath(entry.path))
    elif not extension:
        listing.skipped[_extension(entry.name)] += 1
    elif not os.path.exists(entry.path):
        text = f"a link to {shown(os.readlink(entry.path))}, which cannot be reached"
        listing.refuse(relative, "dangling_link", text, "restore the target or remove the link")
    elif os.path.isfile(entry.path):
        listing.files.append(FoundFile(entry.path, relative, listing.side))
    else:
        listing.refuse(relative, "special_file", "a link to a pipe, socket or device", "remove it")


def _folder_link(listing: Listing, relative: str, target: str) -> None:
    """A link into or around the folder itself loses nothing; what another one leads to is not scored."""
    root = os.path.realpath(listing.root)
    if target == root or _below(target, root) or _below(root, target):
        listing.skipped["folder link"] += 1
        listing.notes.append(Note("folder_link", f"{listing.side}/{shown(relative)}", LINKED))
    else:
        text = f"a link to the folder {shown(target)}; {LINKED}"
        listing.refuse(relative, "folder_link", text, "give that folder itself, or copy it here")


def _below(path: str, root: str) -> str:
    """`path` relative to `root` when it lies below it, else ""."""
    start = root.rstrip(os.sep) + os.sep
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else ""


def _extension(name: str) -> str:
    return shown(os.path.splitext(name)[1].lower()) or "no extension"
