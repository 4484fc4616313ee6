"""The pictures behind the masks, and other files beside them: found by image id."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from inspector.errors import UsageError
from inspector.problems import Note, shown
from inspector.stems import bare_stem

__all__ = ["find_by_image", "find_pictures"]

EXTENSIONS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".npy")


def find_pictures(folder: str | Path, image_ids: Sequence[str]) -> tuple[dict[str, str], list[Note]]:
    """image id -> path of its picture below `folder`, by path without extension, else by name where that is unique.

    Images without a picture are one note: pictures are shown, never measured.
    """
    pictures = find_by_image(folder, image_ids, EXTENSIONS, "--images")
    lost = len(image_ids) - len(pictures)
    note = Note("no_picture", shown(os.fspath(folder)), f"{lost} of {len(image_ids)} images have no picture there")
    return pictures, [note] if lost else []


def find_by_image(
    folder: str | Path, image_ids: Sequence[str], extensions: Collection[str], option: str
) -> dict[str, str]:
    """image id -> path of its file below `folder`, of those that have one. `option` leads the message of the UsageError
    for a folder that is not there."""
    if not os.path.isdir(folder):
        raise UsageError(f"{option}: there is no folder {shown(os.fspath(folder))}", path=os.fspath(folder))
    by_path, by_name = _listed(folder, extensions)
    found: dict[str, str] = {}
    for image in image_ids:
        key = bare_stem(image)
        path = by_path.get(image) or by_path.get(key) or by_name.get(key.rpartition("/")[2])
        if path:
            found[image] = path
    return found


def _listed(folder: str | Path, extensions: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Files by key (path without extension and without words such as _leftImg8bit), and by unique base name."""
    by_path: dict[str, str] = {}
    by_name: dict[str, str] = {}
    for root, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            stem, extension = os.path.splitext(name)
            if extension.lower() not in extensions:
                continue
            path = os.path.join(root, name)
            key = shown(os.path.relpath(os.path.join(root, stem), folder).replace(os.sep, "/"))
            by_path.setdefault(key, path)
            by_path.setdefault(bare_stem(key), path)
            base = bare_stem(key).rpartition("/")[2]
            by_name[base] = "" if base in by_name else path
    return by_path, by_name
