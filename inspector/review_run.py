"""What a review is checked against: the images, sizes and classes of the run that was reviewed."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from inspector.errors import InputError, UsageError
from inspector.problems import shown
from inspector.review import Item
from inspector.run_folder import DOCUMENT
from inspector.run_identity import SHORT, identity_of

__all__ = ["Image", "Placed", "ReviewedRun", "read_run"]

IMAGES = "images.parquet"
NAMED = 3  # images that a message names
MOST_COMPARED = 20_000  # images among which a similar name is looked for


@dataclass(frozen=True)
class Image:
    """One image: its place in the run, its name, its masks below their folders, its size in px, and whether it is one
    of several in its file."""

    index: int
    name: str
    gt_path: str
    pred_path: str
    height: int
    width: int
    is_page: bool


class Placed(NamedTuple):
    """An item of a review that the run has a place for, with the names that the run uses."""

    image: Image
    item: Item


@dataclass(frozen=True)
class ReviewedRun:
    """A run, as far as a review speaks of it.

    images   in the order of their index
    classes  class id -> name
    by_name  how an image may be written -> the indices it may mean; a page shows some names otherwise than they are
    """

    folder: Path
    identity: str
    images: Sequence[Image]
    classes: Mapping[int, str]
    by_name: Mapping[str, Sequence[int]]

    def checked(self, items: Iterable[Item]) -> list[Placed]:
        """The items in the order of the images. Raises UsageError for one whose image, class or box the run does not
        have."""
        found = []
        for place, item in enumerate(items, 1):
            try:
                found.append(self.check(item))
            except ValueError as error:
                raise UsageError(f"item {place} ({shown(item.image)!r}): {error}") from None
        return sorted(found, key=_order)

    def check(self, item: Item) -> Placed:
        """Where the item belongs. Raises ValueError: what was found, what the run has."""
        image = self.images[self._index(item)]
        if item.class_id is not None and item.class_id not in self.classes:
            known = ", ".join(map(str, list(self.classes)[:10])) + (", …" if len(self.classes) > 10 else "")
            raise ValueError(f"the run has no class with the id {item.class_id}; it has {known}")
        if item.box and (item.box[2] > image.height or item.box[3] > image.width):
            size = f"{image.width} x {image.height} px (width x height)"
            raise ValueError(f"the box [y0, x0, y1, x1] = {list(item.box)} reaches out of the image, which is {size}")
        name = None if item.class_id is None else self.classes[item.class_id]
        return Placed(image, replace(item, image=image.name, image_index=image.index, class_name=name))

    def _index(self, item: Item) -> int:
        found = self.by_name.get(item.image, ())
        if not found:
            names = [image.name for image in self.images[:MOST_COMPARED]]
            near = sorted(difflib.get_close_matches(item.image, names, n=NAMED, cutoff=0.5)) or names[:NAMED]
            raise ValueError(f"the run has no such image; the nearest names are {', '.join(near)}")
        if item.image_index is None:
            if len(found) > 1:
                raise ValueError("several images of the run are shown by this name: say which by image_index")
            return found[0]
        if item.image_index not in found:
            raise ValueError(f"image_index is {item.image_index}, but the image of this name is number {found[0]}")
        return item.image_index


def read_run(folder: Path, shown_as: Callable[[str], str]) -> ReviewedRun:
    """The run in a folder; `shown_as` is how a page shows a name. Raises UsageError where there is no folder, and
    InputError for one that holds no whole run."""
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", path=str(folder))
    document = _document(folder)
    images = _images(folder)
    by_name: dict[str, list[int]] = {}
    for index, image in enumerate(images):
        for name in {image.name, shown_as(image.name)}:
            by_name.setdefault(name, []).append(index)
    try:
        classes = {int(record["id"]): str(record["name"]) for record in document["classes"]}
    except (KeyError, TypeError, ValueError):
        raise _no_run(folder, f"{DOCUMENT} holds no class list") from None
    return ReviewedRun(folder, identity_of(document)[:SHORT], images, classes, by_name)


def _document(folder: Path) -> dict[str, Any]:
    try:
        document = json.loads((folder / DOCUMENT).read_bytes())
    except FileNotFoundError:
        raise _no_run(folder, f"there is no {DOCUMENT}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _no_run(folder, f"{DOCUMENT} cannot be read ({error})") from None
    if not isinstance(document, dict) or document.get("schema_version") != 1:
        raise _no_run(folder, f"{DOCUMENT} is not of schema version 1")
    return document


def _images(folder: Path) -> list[Image]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ["image", "gt_path", "pred_path", "height", "width"]
    try:
        table = pq.read_table(folder / IMAGES, columns=names, use_threads=False)
    except (OSError, pa.ArrowException) as error:
        raise _no_run(folder, f"{IMAGES} cannot be read ({error})") from None
    columns = {name: table.column(name).to_pylist() for name in names}
    times = Counter(columns["gt_path"])
    rows = enumerate(zip(*columns.values(), strict=True))
    return [Image(index, name, gt, pred, h, w, times[gt] > 1) for index, (name, gt, pred, h, w) in rows]


def _no_run(folder: Path, what: str) -> InputError:
    return InputError("no_run", f"{what}; expected a folder that `inspect` has written", path=str(folder))


def _order(placed: Placed) -> tuple[Any, ...]:
    """By image, then by class, those of no class last, then by box, the whole image first."""
    image, item = placed
    return image.index, item.class_id is None, item.class_id or 0, item.box or (-1,)
