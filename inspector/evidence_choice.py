"""Which images are kept as evidence, and how much of each: those that prove findings, and those that are worst."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspector.errors import UsageError
from inspector.findings import Finding
from inspector.tally import Tally
from inspector.views import MOST_PATCHES, is_whole

__all__ = ["MOST_DRAWN", "MOST_PAGES", "Choice", "HowMany", "by_turns", "check_how_many", "choose", "first", "how_many"]

MOST_DRAWN = 16  # images with pictures for the page
MOST_PAGES = 8  # of them drawn whole as well, the worst ones
FEWEST, ONE_OF, MOST = 32, 20, 200  # images that are kept unless a number is asked for
_SHARE_OF_FINDINGS = 2 / 3  # of the images that are drawn; the rest is left to the worst images
_MOST_CELLS = 20  # of the confusion matrix, whose images are kept by turns
_MOST_PLACES = 8 * MOST_PATCHES  # of one image: places that lie close together share a patch

HowMany = int | Literal["all"] | None
Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Choice:
    """What to keep.

    images   indices, the most important first
    drawn    those of them with pictures for the page, and with the picture behind the masks in full
    pages    those of `drawn` that are drawn whole; of the others only the examples of findings are
    places   of images too large to be looked at whole: boxes to keep at full resolution, the most important first
    """

    images: tuple[int, ...]
    drawn: frozenset[int] = frozenset()
    pages: frozenset[int] = frozenset()
    places: Mapping[int, tuple[Box, ...]] = field(default_factory=dict)


def check_how_many(asked: HowMany) -> None:
    """Raises UsageError unless `asked` is a number of images from 1 on, "all", or None."""
    is_number = isinstance(asked, int) and not isinstance(asked, bool) and asked >= 1
    if asked is not None and asked != "all" and not is_number:
        raise UsageError(f"evidence {asked!r}: expected a number of images from 1 on, or 'all'")


def how_many(asked: HowMany, images: int) -> int:
    """How many of so many images to keep. None: a twentieth, at least 32 and at most 200; all where there are fewer."""
    if asked is None:
        asked = max(FEWEST, min(MOST, images // ONE_OF))
    return images if asked == "all" else min(asked, images)


def choose(tally: Tally, findings: Sequence[Finding], asked: HowMany = None) -> Choice:
    """The images to keep: those of `first`, then by turns what findings and worst images are left, the images with most
    pixels of the heaviest confusions, and those with most missed small objects."""
    most = how_many(asked, tally.n_images)
    scores = np.asarray(tally.image("mean_iou"), dtype=np.float64)
    order = [int(index) for index in np.argsort(scores, kind="stable")]  # NaN is sorted last
    worst = [index for index in order[:MOST_DRAWN] if not np.isnan(scores[index])]
    drawn = first(findings, worst, min(most, MOST_DRAWN))
    lists = (_proofs(findings), order[:most], _confused(tally, most), _missing_small(tally, most))
    others = by_turns([[index for index in each if index not in drawn] for each in lists])
    images = (*drawn, *others)[:most]
    places = _places(tally, findings, images)
    return Choice(images, frozenset(drawn), frozenset(worst[:MOST_PAGES]).intersection(drawn), places)


def first(findings: Sequence[Finding], worst: Sequence[int], limit: int) -> list[int]:
    """Indices of the images to draw, each once, at most `limit`.

    First the first image of each finding, in the order of the findings, then their second ones and so on, up to
    two thirds of the places; then the worst images; then what is left of the findings.
    """
    proofs = _proofs(findings)
    reserved = round(limit * _SHARE_OF_FINDINGS)
    return list(dict.fromkeys([*proofs[:reserved], *worst, *proofs[reserved:]]))[:limit]


def by_turns(lists: Sequence[Sequence[int]]) -> list[int]:
    """The first of each list, then the second of each, each value once."""
    longest = max(map(len, lists), default=0)
    return list(dict.fromkeys(values[turn] for turn in range(longest) for values in lists if turn < len(values)))


def _proofs(findings: Sequence[Finding]) -> list[int]:
    return by_turns([[evidence.image_index for evidence in finding.evidence] for finding in findings])


def _confused(tally: Tally, most: int) -> list[int]:
    """The image with most pixels of each of the heaviest wrong cells, then the second of each, and so on."""
    wrong = tally.confusion.copy()
    np.fill_diagonal(wrong, 0)
    cells = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CELLS]
    held = tally.cell("true_index") * wrong.shape[1] + tally.cell("pred_index")
    image, px = tally.cell("image_index"), tally.cell("px")
    rows = [np.flatnonzero(held == cell) for cell in cells if wrong.flat[cell]]
    return by_turns([_heaviest(image[each], px[each], most) for each in rows])


def _missing_small(tally: Tally, most: int) -> list[int]:
    """The images with most small objects that are not found, the most first; none without one."""
    missed = _missed(tally) & (tally.object("area_px") < tally.settings.object_edges_px[0])
    image, count = np.unique(tally.object("image_index")[missed], return_counts=True)
    return _heaviest(image, count, most)


def _heaviest(images: NDArray[np.int64], weights: NDArray[np.int64], most: int) -> list[int]:
    return [int(index) for index in images[np.argsort(-weights, kind="stable")[:most]]]


def _missed(tally: Tally) -> NDArray[np.bool_]:
    """Of each object whether it is not found; that of a background is none to look for."""
    is_real = ~np.isin(tally.object("class_index"), tally.categories.background)
    return is_real & ~np.asarray(tally.object("matched"), np.bool_)


def _places(tally: Tally, findings: Sequence[Finding], images: Sequence[int]) -> dict[int, tuple[Box, ...]]:
    """The boxes of findings in each large image, then its missed objects, the largest first."""
    heights, widths = tally.image("height"), tally.image("width")
    large = [index for index in images if not is_whole((int(heights[index]), int(widths[index])))]
    missed = _missed_boxes(tally, large) if large else {}
    return {index: (*_boxes_of_findings(findings, index), *missed[index]) for index in large}


def _boxes_of_findings(findings: Sequence[Finding], index: int) -> list[Box]:
    proofs = [evidence for finding in findings for evidence in finding.evidence if evidence.image_index == index]
    return [evidence.box for evidence in proofs if evidence.box is not None]


def _missed_boxes(tally: Tally, images: Sequence[int]) -> dict[int, list[Box]]:
    """The missed objects of each of the images, the largest first; each column is read once."""
    rows = np.flatnonzero(_missed(tally) & np.isin(tally.object("image_index"), images))
    rows = rows[np.argsort(-tally.object("area_px")[rows], kind="stable")]
    columns = [tally.object(name)[rows].tolist() for name in ("image_index", "y0", "x0", "y1", "x1")]
    boxes: dict[int, list[Box]] = {index: [] for index in images}
    for index, y0, x0, y1, x1 in zip(*columns, strict=True):
        if len(boxes[index]) < _MOST_PLACES:
            boxes[index].append((y0, x0, y1, x1))
    return boxes
