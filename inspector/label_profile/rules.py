"""Which class is background, which is a region, which can be counted, which component holds several objects.

Measured on 13 public sets (923 images); the region rule rests on 5 panoptic images and is no law.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspector.label_profile.gathered import Gathered

__all__ = [
    "LIKELY_MERGED_AREA",
    "LIKELY_MERGED_SOLIDITY",
    "MIN_COMPONENTS_PER_IMAGE",
    "THIN",
    "can_be_counted",
    "guessed_background",
    "is_region",
    "likely_merged",
    "merging_untold",
]

#: A region fills part of the frame and runs out of it: sky, road and wood do, cars and people do not.
REGION_SHARE = 0.03  # of the images that it is in
REGION_BORDER_SHARE = 0.5  # of its area lies in components that touch the edge of the image
BACKGROUND_EDGE_SHARE = 0.65  # of the edge of the images: what surrounds everything holds more, a road or a sky less

#: Two round objects that touch make a component with a waist, larger than most. Held against true ids: precision .87 to
#: 1.00, recall .73 to .75 on nuclei, particles and synthetic cells. It misfires on anything that is not round anyway,
#: hence the guards.
LIKELY_MERGED_SOLIDITY = 0.90  # below it
LIKELY_MERGED_AREA = 1.3  # times the median of the image, above it
GUARD_SOLIDITY = 0.92  # the median of round objects is .93 to .96; of cracks .18, weeds .59, pedestrians .76, cars .88,
# neurites .86, and of street signs and fences, which are not round but straight, .91
MIN_COMPONENTS_PER_IMAGE = 3  # fewer say nothing about a median

COUNTABLE_PER_IMAGE = 2  # components of a class in the images that it is in: fewer may be one thing in each
DOMINANT = 0.5  # of a class's pixels in the largest component of each image: one structure and crumbs, not objects
THIN = (
    12  # times as large as its largest circle: a crack or a road in a map, which nobody counts in pieces. `prompts` has
)
# the number again, since neither package may import the other; a test says that they are one


def is_region(seen: Gathered, declared_thing: bool | None, *, has_ids: bool) -> bool:
    """Whether a class is an area that nobody counts. A class list that tells things from stuff decides; else it must
    be large, run out of the frame, and never have two ids in an image."""
    if declared_thing is not None:
        return not declared_thing
    single = not has_ids or seen.most_segments <= 1
    return single and seen.share_where_present >= REGION_SHARE and seen.border_share >= REGION_BORDER_SHARE


def can_be_counted(seen: Gathered, declared_thing: bool | None, *, has_ids: bool) -> bool | None:
    """Whether a class consists of objects; None where the masks do not say."""
    if is_region(seen, declared_thing, has_ids=has_ids):
        return False
    if declared_thing or seen.most_segments > 1:
        return True
    if has_ids:
        return None
    many = seen.components >= COUNTABLE_PER_IMAGE * seen.images and seen["largest_px"] < DOMINANT * seen["px"]
    inside = seen.border_share < REGION_BORDER_SHARE
    return True if many and inside and not seen.thinness > THIN else None


def guessed_background(classes: dict[int, tuple[int, int]], edge_px: int) -> int | None:
    """0, where a class map without a class list has a background, else None.

    classes   class id -> (pixels, pixels on the edge of the images)
    edge_px   all pixels on the edge
    It is 0 beside one other value; and 0 among more where it is the largest and holds most of the edge.
    """
    if 0 not in classes or len(classes) < 2:
        return 0 if set(classes) == {0} else None
    if len(classes) == 2:
        return 0
    px, on_edge = classes[0]
    largest = all(px >= other for other, _ in classes.values())
    return 0 if largest and on_edge >= BACKGROUND_EDGE_SHARE * edge_px else None


def merging_untold(seen: Gathered) -> Literal["few", "shape"] | None:
    """Why the components of a class cannot tell whether they hold several objects: there are too few, or they are not
    round; None where they can."""
    if not seen.has_shape.sum() or seen.has_shape.sum() < MIN_COMPONENTS_PER_IMAGE * seen.images:
        return "few"
    return "shape" if np.median(seen.solidity) < GUARD_SOLIDITY else None


def likely_merged(seen: Gathered) -> NDArray[np.bool_] | None:
    """(n,): which components of a class (of those that have a shape) likely hold several objects. None where the class
    cannot tell (see `merging_untold`)."""
    if merging_untold(seen):
        return None
    solidity, area, typical = seen.solidity, seen.objects[seen.has_shape, 1], seen.typical_px[seen.has_shape]
    return (solidity < LIKELY_MERGED_SOLIDITY) & (area > LIKELY_MERGED_AREA * typical)
