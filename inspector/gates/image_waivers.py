"""Waivers of single images, as `inspect review apply` writes them: read, checked, and held against a run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from inspector.gates.config import LastDay, Owner, Reason
from inspector.gates.config_errors import explained
from inspector.gates.config_files import read_toml
from inspector.gates.run_options import Strict, as_tuple
from inspector.runs import Run

__all__ = ["ImageWaiver", "ImageWaivers", "named", "read_image_waivers"]

MAX_BYTES = 1 << 26  # a waiver is some 200 bytes, and a review has at most some hundred thousand
NAMED = 3  # images that a sentence names
Side = Annotated[int, Field(ge=0)]


class ImageWaiver(Strict):
    """An image whose errors are accepted until a day. Its class says for which numbers: those of that class, and those
    of all classes; without one for all. Its box says what was looked at: the image is left out as a whole."""

    image: str = Field(min_length=1)
    class_name: str | None = Field(default=None, alias="class")
    class_id: int | None = None
    box: Annotated[tuple[Side, Side, Side, Side] | None, BeforeValidator(as_tuple)] = None  # [y0, x0, y1, x1] in px
    reason: Reason
    owner: Owner
    until: LastDay

    @model_validator(mode="after")
    def _names_a_class_in_full(self) -> ImageWaiver:
        if (self.class_name is None) != (self.class_id is None):
            raise ValueError("expected class and class_id, or neither")
        return self

    def covers(self, class_id: int | None) -> bool:
        """Whether it is about the numbers of this class; None is a number of all classes."""
        return class_id is None or self.class_id is None or self.class_id == class_id


class _File(Strict):
    waivers: Annotated[tuple[ImageWaiver, ...], BeforeValidator(as_tuple)] = ()


@dataclass(frozen=True)
class ImageWaivers:
    """The waivers of a file; `file` is its name for people, "" where none was given."""

    file: str = ""
    waivers: tuple[ImageWaiver, ...] = field(default=())

    def of_run(self, run: Run) -> tuple[ImageWaiver, ...]:
        """Those whose image and class the run has."""
        images, classes = set(run.image_ids), _classes(run)
        return tuple(each for each in self.waivers if each.image in images and _class(each) in classes)

    def notes(self, run: Run, today: datetime.date) -> list[str]:
        """What the file holds, and what of it does not hold for this run; nothing where there is no file."""
        if not self.file:
            return []
        told = [_held(self, today)]
        images, classes = set(run.image_ids), _classes(run)
        lost = list(dict.fromkeys(each.image for each in self.waivers if each.image not in images))
        if lost:
            told.append(f"{self.file}: this run does not have {named(lost)}; waivers of them hold for nothing")
        other = dict.fromkeys(_class(each) for each in self.waivers if _class(each) not in classes)
        for number, name in other:
            told.append(f"{self.file}: this run has no class {name!r} with id {number}; waivers of it hold for nothing")
        return told


def read_image_waivers(path: Path) -> ImageWaivers:
    """The waivers in a file. Raises UsageError that names file, entry and key for what is none."""
    data = read_toml(path, "waivers in TOML, as `inspect review apply` writes them", MAX_BYTES)
    name = Path(os.path.relpath(path)).as_posix()
    try:
        return ImageWaivers(name, _File.model_validate(data).waivers)
    except ValidationError as error:
        raise explained(error, name, data, models={(): _File, ("waivers",): ImageWaiver}) from None


def named(images: Collection[str]) -> str:
    """ "4 images (a, b, c, …)"."""
    first = ", ".join(list(images)[:NAMED]) + (", …" if len(images) > NAMED else "")
    return f"{len(images):,} image{'' if len(images) == 1 else 's'} ({first})"


def _held(waivers: ImageWaivers, today: datetime.date) -> str:
    count = len(waivers.waivers)
    ended = sum(each.until < today for each in waivers.waivers)
    over = f", of which {ended:,} {'has' if ended == 1 else 'have'} ended" if ended else ""
    return f"{waivers.file}: {count:,} waiver{'' if count == 1 else 's'} of images{over}"


def _class(waiver: ImageWaiver) -> tuple[int | None, str | None]:
    return waiver.class_id, waiver.class_name


def _classes(run: Run) -> set[tuple[int | None, str | None]]:
    """(id, name) of each class, and what a waiver without a class has."""
    return {(each.id, each.name) for each in run.categories.classes} | {(None, None)}
