"""The record of a label profile, as `inspect` writes it: what evidence is read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.errors import PromptsError

__all__ = ["LabelClass", "LabelRecord", "read_record"]

Share = Field(default=None, ge=0, le=1)
NotNegative = Field(default=None, ge=0)


class _Read(BaseModel):
    """Keys that evidence does not use are let through: a newer `inspect` may write more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PerImage(_Read):
    median: float = Field(ge=0)
    max: float = Field(ge=0)


class LikelyMerged(_Read):
    share: float = Field(ge=0, le=1)
    components: int = Field(ge=0)
    solidity_median: float = Field(ge=0, le=1)


class LabelClass(_Read):
    """One class; null where a number is not defined."""

    id: int
    name: str
    images: int = Field(ge=0)
    share: float = Field(ge=0, le=1)
    components: int = Field(ge=0)
    segments: int | None = NotNegative
    most_segments_per_image: int | None = NotNegative
    side_px_median: float | None = NotNegative
    small_share: float | None = Share
    thinness_median: float | None = NotNegative
    solidity_median: float | None = Share
    region: bool
    countable: bool | None

    @property
    def objects(self) -> int:
        return self.components if self.segments is None else self.segments


class LeftOut(_Read):
    """A file that is in no number."""

    file: str
    kind: str
    reason: str


class BlackAndWhite(_Read):
    """Masks of 0 and 255 among class maps of other values, and files that have some."""

    images: int = Field(ge=1)
    files: tuple[str, ...] = ()


class LabelRecord(_Read):
    """What the labels of a set hold: key `labels` of inspection.json."""

    images: int = Field(ge=1)
    images_found: int = Field(ge=1)
    kind: Literal["classes", "ids", "panoptic"]
    kind_reason: str
    kind_sure: bool = True
    image_height_px: float = Field(gt=0)
    image_width_px: float = Field(gt=0)
    coverage: float = Field(ge=0, le=1)
    empty_images: int = Field(ge=0)
    foreground_share: float | None = Share
    segments_per_image: PerImage | None = None
    components_per_image: PerImage
    merged: float | None = Share
    split: float | None = Share
    cc_f1: float | None = Share
    likely_merged: LikelyMerged | None = None
    classes: tuple[LabelClass, ...]
    imbalance: float | None = NotNegative
    files_found: int = Field(default=0, ge=0)
    volumes: int = Field(default=0, ge=0)
    merging_untold: Literal["few", "shape"] | None = None
    black_and_white: BlackAndWhite | None = None
    left_out: tuple[LeftOut, ...] = ()

    @property
    def files(self) -> int:
        """That hold the masks; an older record does not say, and then each mask is a file."""
        return self.files_found or self.images_found

    @property
    def has_ids(self) -> bool:
        return self.kind != "classes"

    @property
    def regions(self) -> tuple[LabelClass, ...]:
        return tuple(each for each in self.classes if each.region)

    @property
    def things(self) -> tuple[LabelClass, ...]:
        return tuple(each for each in self.classes if not each.region)

    @property
    def one_of_each(self) -> bool:
        """Whether ids are there and no image has two objects of a class."""
        return self.has_ids and all((each.most_segments_per_image or 0) <= 1 for each in self.classes)


def read_record(record: Mapping[str, Any]) -> LabelRecord:
    """Raises PromptsError that names each key that is wrong, what was found and what to do."""
    try:
        return LabelRecord.model_validate(record)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'the record'}: {each['msg'].lower()}"
            for each in error.errors(include_url=False, include_input=False)[:5]
        )
        message = f"labels: {wrong}. Expected what `inspect` writes; measure the masks again"
        raise PromptsError(message) from None
