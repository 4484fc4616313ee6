"""What a prediction leaves on the disk, and how its masks are coded: the file values and colours of the class list.

OUT/<image>.png                 the mask: a palette PNG whose indices are the file values of the classes; 16-bit grey
                                where values need it; a tiled TIFF (.tif) for images above 2^27 px
OUT/classes.json                the class list that the masks are written with: `inspect OUT --classes OUT/classes.json`
OUT/predict.json                which model and settings they come from
OUT.probabilities/<image>.npy   (or .zarr) beside OUT and not in it, so that nobody takes them for masks
OUT.confidence/<image>.png      the highest probability, 0 to 255
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories, Category
from inspector.errors import EnvironmentFault, UsageError

__all__ = [
    "CLASSES",
    "MaskCode",
    "Targets",
    "cannot_write",
    "class_document",
    "mask_code",
    "part_of",
    "write_json",
    "write_whole",
]

CLASSES = "classes.json"
USUAL_VOID = 255
LARGEST = 65535
PART = ".part"  # end of the name of a file in the making; the dot before its name hides it


@dataclass(frozen=True, eq=False)
class MaskCode:
    """How class indices are written.

    values   (K + 1,) uint8 or uint16: the file value of each class, and of void
    palette  (n, 3) uint8: the colour of each file value; None where values need 16 bits
    void     the file value of void, None where no mask will hold it
    """

    values: NDArray[np.unsignedinteger[Any]]
    palette: NDArray[np.uint8] | None
    void: int | None


def mask_code(categories: Categories, *, with_void: bool = False) -> MaskCode:
    """The code of these classes: the first file value of each. `with_void`: pixels may be left out too, as the first
    ignored value of the list or else 255.

    Raises UsageError where a value fits no PNG, or where 255 is a class and the list ignores nothing.
    """
    values = [next((value for value in c.values if 0 <= value <= LARGEST), -1) for c in categories.classes]
    if -1 in values:
        name = categories.classes[values.index(-1)].name
        raise UsageError(
            f"class {name!r} has no file value from 0 to {LARGEST}: no mask can hold it", kind="class_value"
        )
    void = _void(categories) if with_void else None
    written = [*values, void if void is not None else values[0]]
    if max(written) > 255:
        return MaskCode(np.array(written, np.uint16), None, void)
    return MaskCode(np.array(written, np.uint8), _palette(categories, values, void), void)


def _void(categories: Categories) -> int:
    """The ignored value that needs the fewest bits; the first one of those in the order of the list."""
    ignored = [value for c in categories.ignored for value in c.values if 0 <= value <= LARGEST]
    if ignored:
        return next((value for value in ignored if value <= 255), ignored[0])
    if any(USUAL_VOID in c.values for c in categories.classes):
        message = (
            f"pseudo labels need a value for void, and {USUAL_VOID} is a class: add an ignored value to the classes"
        )
        raise UsageError(message, kind="no_void")
    return USUAL_VOID


def _palette(categories: Categories, values: list[int], void: int | None) -> NDArray[np.uint8]:
    """(largest value + 1, 3) uint8; values that mean nothing are black, as is a void without a colour."""
    palette = np.zeros((max(*values, void or 0) + 1, 3), np.uint8)
    palette[values] = categories.colors_rgb()
    for category in categories.ignored:
        if category.color and void in category.values:
            palette[void] = category.color
    return palette


def class_document(categories: Categories, code: MaskCode) -> dict[str, Any]:
    """The class list as a class file holds it, in the colours that the masks are drawn in, and with their void."""
    colors = [tuple(int(channel) for channel in color) for color in categories.colors_rgb()]
    ignored = list(categories.ignored)
    if code.void is not None and code.void not in categories.ignore_values:
        taken = {c.id for c in categories.classes + categories.ignored}
        free = code.void if code.void not in taken else max(taken) + 1
        ignored.append(Category(free, "void", values=(code.void,), ignore=True))
    drawn = colors + [c.color for c in ignored]
    records = [
        _record(category, color if drawn.count(color) == 1 else None)  # a class file gives no colour twice
        for category, color in zip((*categories.classes, *ignored), drawn, strict=True)
    ]
    return {"description": f"the classes of these masks ({categories.source})", "classes": records}


def _record(category: Category, color: tuple[int, ...] | None) -> dict[str, Any]:
    return {
        "id": category.id,
        "name": category.name,
        "values": list(category.values),
        **({"color": list(color)} if color else {}),
        "ignore": category.ignore,
        "isthing": category.isthing,
        "background": category.background,
    }


@dataclass(frozen=True)
class Targets:
    """The files of one image, in the order in which they appear: the mask is last, so that where it is, all are.

    stem  path of the image below the folder of images, without its extension
    """

    out: Path
    stem: str
    probabilities: str = ""  # extension: ".npy", ".zarr", or "" for none
    confidence: bool = False

    def mask(self, *, large: bool) -> Path:
        return self.out / f"{self.stem}{'.tif' if large else '.png'}"

    def confidence_file(self, *, large: bool) -> Path:
        return Path(f"{self.out}.confidence") / f"{self.stem}{'.tif' if large else '.png'}"

    def probabilities_file(self) -> Path:
        return Path(f"{self.out}.probabilities") / f"{self.stem}{self.probabilities}"

    def is_done(self, since: int, image: Path) -> bool:
        """Whether all files are there, and newer than the manifest (`since`, ns) and the image."""
        with contextlib.suppress(FileNotFoundError):
            newest = max(since, image.stat().st_mtime_ns)
            return any(self._whole(large, newest) for large in (False, True))
        return False

    def _whole(self, large: bool, newest: int) -> bool:
        files = [self.mask(large=large)]
        files += [self.confidence_file(large=large)] if self.confidence else []
        files += [self.probabilities_file()] if self.probabilities else []
        return all(file.exists() for file in files) and files[0].stat().st_mtime_ns >= newest


def part_of(path: Path) -> Path:
    """The name of a file until it is whole: hidden, beside its place."""
    return path.with_name(f".{path.name}{PART}")


@contextlib.contextmanager
def making(path: Path) -> Iterator[Path]:
    """A place to write; when the block ends well, what is there becomes `path`, else it is removed.

    Raises EnvironmentFault, naming the file, where the disk is full or cannot be written.
    """
    part = part_of(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        os.replace(part, path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def cannot_write(path: Path, error: OSError) -> EnvironmentFault:
    why = error.strerror or str(error)
    return EnvironmentFault(
        f"{path}: cannot be written ({why}); what was written before is whole, go on with the same command"
    )


def write_whole(path: Path, data: bytes) -> None:
    """The file appears with all of `data` or not at all. Raises EnvironmentFault that names it."""
    with making(path) as part:
        part.write_bytes(data)


def write_json(path: Path, document: dict[str, Any]) -> None:
    write_whole(path, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode())
