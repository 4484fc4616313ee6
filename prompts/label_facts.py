"""Facts that labels settle: how objects touch, how large, thin and rare they are, and what can be trained on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from prompts.answer import Task
from prompts.facts import Facts
from prompts.label_record import LabelClass, LabelRecord
from prompts.label_thresholds import (
    COMPONENTS_ENOUGH_F1,
    CONVEX_SOLIDITY,
    CROWDED,
    EMPTY_SHARE,
    HUGE_PX,
    HUNDREDS,
    IMBALANCED,
    MERGED_PER_LIKELY,
    MERGED_SOME,
    MUCH_MERGED,
    PANOPTIC_COVERAGE,
    PANOPTIC_REGIONS,
    RARE_SHARE,
    SMALL_MOST,
    SPLIT_MUCH,
    TENS,
    THIN,
    THIN_SHARE,
    THOUSANDS,
    TINY_PX,
)

__all__ = [
    "Separation",
    "drawn_for",
    "facts_of",
    "merged_share",
    "rare_classes",
    "separation_of",
    "supported",
    "thin_classes",
]

#: What it takes to tell touching objects apart: components of a semantic map; a boundary class, watershed or distances;
#: a model that separates.
Separation = Literal["components", "boundary", "model"]


def facts_of(record: LabelRecord) -> Facts:
    """The facts of `FACTS` that the labels settle; those that they leave open are left out."""
    known = {name: fact(record) for name, fact in _FACTS.items()}
    return {name: value for name, value in known.items() if value is not None}


def merged_share(record: LabelRecord) -> float | None:
    """Share of the objects that touch one of their kind: counted where there are ids; of round objects in class maps
    estimated from the components that look merged; else None."""
    if record.has_ids:
        return record.merged
    return None if record.likely_merged is None else min(1.0, MERGED_PER_LIKELY * record.likely_merged.share)


def separation_of(record: LabelRecord) -> Separation | None:
    """What it takes to tell objects apart; None where the labels do not say, or there is but one of each."""
    merged, f1 = merged_share(record), record.cc_f1
    if merged is None or record.one_of_each:
        return None
    if merged >= MUCH_MERGED or (record.split or 0) >= SPLIT_MUCH:
        return "model"
    return "components" if merged < MERGED_SOME and (f1 is None or f1 >= COMPONENTS_ENOUGH_F1) else "boundary"


def supported(record: LabelRecord) -> tuple[Task, ...]:
    """The tasks that these labels can train: a class map gives no objects, ids give both."""
    if not record.classes:
        return ()
    if not record.has_ids or record.one_of_each:
        return ("semantic",)
    return ("semantic", "instance", "panoptic") if _for_panoptic(record) else ("semantic", "instance")


def drawn_for(record: LabelRecord) -> Task | None:
    """The task that whoever drew the labels had in mind: the most that they support. None without any class."""
    tasks = supported(record)
    return tasks[-1] if tasks else None


def _for_panoptic(record: LabelRecord) -> bool:
    return record.coverage >= PANOPTIC_COVERAGE and len(record.regions) >= PANOPTIC_REGIONS


def thin_classes(record: LabelRecord) -> tuple[LabelClass, ...]:
    return tuple(each for each in record.classes if (each.thinness_median or 0) >= THIN)


def rare_classes(record: LabelRecord) -> tuple[LabelClass, ...]:
    """The classes that hold next to nothing of the foreground, the rarest first."""
    foreground = sum(each.share for each in record.classes)
    rare = [each for each in record.classes if each.share < RARE_SHARE * foreground]
    return tuple(sorted(rare, key=lambda each: (each.share, each.id)))


def _yes(condition: bool) -> str:
    return "yes" if condition else "no"


def _touching(record: LabelRecord) -> str | None:
    merged = merged_share(record)
    if merged is None:
        return None
    return "none" if merged < MERGED_SOME else "much" if merged >= MUCH_MERGED else "some"


def _overlap(record: LabelRecord) -> str | None:
    """Objects in pieces lie behind others; objects in one piece may, too."""
    return "yes" if (record.split or 0) >= SPLIT_MUCH else None


def _objects(record: LabelRecord) -> tuple[LabelClass, ...]:
    """The classes whose components or segments are objects."""
    known = record.has_ids or record.likely_merged is not None
    return tuple(each for each in record.things if known or each.countable)


def _median(classes: Iterable[LabelClass], value: Callable[[LabelClass], float | None]) -> float | None:
    """Of a number of each class, the median over all their objects."""
    known = sorted((number, each.objects) for each in classes if (number := value(each)) is not None)
    left = sum(objects for _, objects in known) / 2
    for number, objects in known:
        left -= objects
        if left <= 0:
            return number
    return None


def _convex(record: LabelRecord) -> str | None:
    if not record.has_ids:  # components of touching objects have waists, whatever the objects are
        return "yes" if record.likely_merged is not None else None
    solidity = _median(_objects(record), lambda each: each.solidity_median)
    return None if solidity is None else _yes(solidity >= CONVEX_SOLIDITY)


def _crowded(record: LabelRecord) -> str | None:
    if record.segments_per_image is not None:
        return _yes(record.segments_per_image.max > CROWDED)
    return _yes(record.components_per_image.max > CROWDED) if record.likely_merged is not None else None


def _dims(record: LabelRecord) -> str | None:
    """Masks of two dimensions do not say that the images are no slices."""
    return "3d" if record.volumes and record.volumes == record.files else None


def _labelled(record: LabelRecord) -> str | None:
    """A volume is one image, however many slices it has."""
    steps = (("thousands", THOUSANDS), ("hundreds", HUNDREDS), ("tens", TENS))
    return next((value for value, least in steps if record.files >= least), None)


def _thin(record: LabelRecord) -> str | None:
    foreground = sum(each.share for each in record.classes)
    if not foreground or all(each.thinness_median is None for each in record.classes):
        return None
    return _yes(sum(each.share for each in thin_classes(record)) >= THIN_SHARE * foreground)


def _rare(record: LabelRecord) -> str | None:
    if not record.classes or record.foreground_share is None:
        return None
    return _yes(record.foreground_share < RARE_SHARE)


def _imbalanced(record: LabelRecord) -> str | None:
    if len(record.classes) < 2:
        return None
    return _yes(bool(rare_classes(record)) or (record.imbalance or 0) >= IMBALANCED)


def _tiny(record: LabelRecord) -> str | None:
    classes = _objects(record)
    side = _median(classes, lambda each: each.side_px_median)
    small = sum((each.small_share or 0) * each.objects for each in classes)
    return None if side is None else _yes(side < TINY_PX or small > SMALL_MOST * sum(each.objects for each in classes))


_FACTS: dict[str, Callable[[LabelRecord], str | None]] = {
    "touching": _touching,
    "overlap": _overlap,
    "convex": _convex,
    "crowded": _crowded,
    "dims": _dims,
    "labelled": _labelled,
    "thin": _thin,
    "rare": _rare,
    "imbalanced": _imbalanced,
    "one_class": lambda record: _yes(len(record.classes) == 1) if record.classes else None,
    "tiny": _tiny,
    "huge": lambda record: _yes(record.image_height_px * record.image_width_px > HUGE_PX),
    "empty": lambda record: _yes(record.empty_images >= EMPTY_SHARE * record.images),
}
