"""`LabelProfile`: what the labels of a set hold, as a record that others read."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ClassProfile", "LabelProfile"]


@dataclass(frozen=True)
class ClassProfile:
    """One class. Its objects are segments where there are ids, else components. NaN: there is none to measure.

    share            of all pixels that are not void
    border_share     of its pixels, in components that touch the edge of the image
    components       8-connected; specks below SPECK_PX are left out, unless the class is drawn in them
    segments         with an id; None without ids, as most_segments_per_image, merged and split
    area_px          percentiles of the objects
    side_px_median   root of the median area
    small_share      of the objects, below 32² px
    thinness_median  area by that of the largest circle inside; half of the pixels lie in thinner objects
    solidity_median  area by that of the convex hull
    merged, split    share of the segments that share a component with another one, that lie in several pieces
    region           whether it is an area that nobody counts (see `is_region`)
    countable        whether it consists of objects; None where the masks do not say
    """

    id: int
    name: str
    images: int
    share: float
    border_share: float
    components: int
    segments: int | None
    most_segments_per_image: int | None
    area_px: dict[str, float]
    side_px_median: float
    small_share: float
    thinness_median: float
    solidity_median: float
    merged: float | None
    split: float | None
    region: bool
    countable: bool | None


@dataclass(frozen=True)
class LabelProfile:
    """What the labels of a set hold.

    images, images_found  measured, and all there are: a page or slice of a file is an image
    files_found           that these images are in; volumes: those of them that are volumes (NIfTI of several slices)
    coverage              share of all pixels that lie in a class other than background
    foreground_share      the same, of the pixels that are not void
    segments_per_image    median and max; None without ids. components_per_image: the same, for any labels
    merged, split         of the segments of classes that are no region; None without ids
    cc_f1                 F1 at IoU 0.5 of the objects that components of the class map would give; None without ids
    likely_merged         share of the components that likely hold several objects, their number and median solidity;
                          class maps of round objects only, else None
    merging_untold        why that is None in class maps: "few" components, or their "shape" is not round; else None
    imbalance             largest share of a class by the smallest; None for fewer than two classes
    rarest                class with the smallest share
    left_out              file, kind and reason of each mask that could not be read
    black_and_white       images that hold 0 and 255 alone among class maps of other values, and files that have some;
                          None where all are written alike
    """

    images: int
    images_found: int
    kind: str
    kind_reason: str
    kind_sure: bool
    image_height_px: float
    image_width_px: float
    largest_image_px: int
    coverage: float
    background_id: int | None
    empty_images: int
    foreground_share: float
    segments_per_image: dict[str, float] | None
    components_per_image: dict[str, float]
    merged: float | None
    split: float | None
    cc_f1: float | None
    likely_merged: dict[str, float] | None
    classes: tuple[ClassProfile, ...]
    imbalance: float | None
    rarest: dict[str, Any] | None
    files_found: int = 0
    volumes: int = 0
    merging_untold: str | None = None
    black_and_white: dict[str, Any] | None = None
    left_out: tuple[dict[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data; null where a number is not defined."""
        return _plain(asdict(self))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
