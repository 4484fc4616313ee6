"""`profile_of`: the counts of all images in, the profile of their labels out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from inspector.categories import Categories
from inspector.label_profile.counts import LabelCounts
from inspector.label_profile.encodings import black_and_white
from inspector.label_profile.gathered import Gathered, gather
from inspector.label_profile.record import ClassProfile, LabelProfile
from inspector.label_profile.rules import can_be_counted, guessed_background, is_region, likely_merged, merging_untold

__all__ = ["profile_of"]

SMALL_PX = 32 * 32  # COCO's small objects
UNNAMED = "class {}"  # what `numbered` and we call a class that nobody named
OBJECT = "object"  # the one class of a map of ids


def profile_of(
    counts: Sequence[LabelCounts],
    *,
    kind: str,
    kind_reason: str = "as said",
    kind_sure: bool = True,
    images_found: int | None = None,
    files_found: int | None = None,
    volumes: int = 0,
    categories: Categories | None = None,
) -> LabelProfile:
    """The profile of the images that were measured (at least one), in any order.

    images_found, files_found, volumes  see `LabelProfile`; each image is a file of its own unless that is said
    `categories` gives names, tells things from stuff where it has both, and says what the background is. Raises
    ValueError without an image.
    """
    if not counts:
        raise ValueError("there is no image to profile")
    background = _background(counts, kind, categories)
    found = {class_id: seen for class_id, seen in gather(counts).items() if class_id not in background}
    has_ids = kind != "classes"
    pixels = sum(image.shape[0] * image.shape[1] for image in counts)
    valid = pixels - sum(image.void_px for image in counts)
    foreground = sum(seen["px"] for seen in found.values())
    classes = tuple(_class_profile(seen, valid, categories, kind) for seen in found.values())
    things = [seen for seen, each in zip(found.values(), classes, strict=True) if not each.region]
    images_found = len(counts) if images_found is None else images_found
    return LabelProfile(
        images=len(counts),
        images_found=images_found,
        files_found=images_found if files_found is None else files_found,
        volumes=volumes,
        kind=kind,
        kind_reason=kind_reason,
        kind_sure=kind_sure,
        image_height_px=float(np.median([image.shape[0] for image in counts])),
        image_width_px=float(np.median([image.shape[1] for image in counts])),
        largest_image_px=max(image.shape[0] * image.shape[1] for image in counts),
        coverage=foreground / pixels,
        background_id=min(background, default=None),
        empty_images=sum(not set(image.class_ids.tolist()) - background for image in counts),
        foreground_share=_ratio(foreground, valid),
        segments_per_image=_per_image(counts, "segments", background) if has_ids else None,
        components_per_image=_per_image(counts, "components", background),
        merged=_of_segments(things, "merged") if has_ids else None,
        split=_of_segments(things, "split") if has_ids else None,
        cc_f1=_component_f1(things) if has_ids else None,
        likely_merged=None if has_ids else _likely_merged(things),
        merging_untold=None if has_ids else _merging_untold(things),
        black_and_white=None if has_ids else _black_and_white(counts),
        classes=classes,
        imbalance=_imbalance(classes),
        rarest=_rarest(classes),
    )


def _background(counts: Sequence[LabelCounts], kind: str, categories: Categories | None) -> frozenset[int]:
    """The class ids that are background: as the class list says; of a class that nobody named, as the masks suggest."""
    if kind != "classes":
        return frozenset()
    if categories and categories.background:
        return frozenset(int(categories.ids[index]) for index in categories.background)
    if categories and any(c.id == 0 and c.name != UNNAMED.format(0) for c in categories.classes):
        return frozenset()
    seen = gather(counts)
    edge_px = sum(h * w - max(h - 2, 0) * max(w - 2, 0) for h, w in (image.shape for image in counts))
    guess = guessed_background({c: (each["px"], each["edge_px"]) for c, each in seen.items()}, edge_px)
    return frozenset() if guess is None else frozenset({guess})


def _class_profile(seen: Gathered, valid: int, categories: Categories | None, kind: str) -> ClassProfile:
    has_ids = kind != "classes"
    areas, thing = seen.areas, _declared_thing(seen.class_id, categories)
    low, median, high = np.percentile(areas, (5, 50, 95)).tolist() if len(areas) else (math.nan,) * 3
    return ClassProfile(
        id=seen.class_id,
        name=_name(seen.class_id, kind, categories),
        images=seen.images,
        share=_ratio(seen["px"], valid),
        border_share=seen.border_share,
        components=seen.components,
        segments=seen["segments"] if has_ids else None,
        most_segments_per_image=seen.most_segments if has_ids else None,
        area_px={"p5": low, "median": median, "p95": high},
        side_px_median=math.sqrt(median),
        small_share=float(np.mean(areas < SMALL_PX)) if len(areas) else math.nan,
        thinness_median=seen.thinness,
        solidity_median=float(np.median(seen.solidity)) if len(seen.solidity) else math.nan,
        merged=_of_segments([seen], "merged") if has_ids else None,
        split=_of_segments([seen], "split") if has_ids else None,
        region=is_region(seen, thing, has_ids=has_ids),
        countable=can_be_counted(seen, thing, has_ids=has_ids),
    )


def _declared_thing(class_id: int, categories: Categories | None) -> bool | None:
    """What the class list says; None where it does not tell things from stuff, or does not have the class."""
    if categories is None or len({c.isthing for c in categories.classes}) < 2:
        return None
    return next((c.isthing for c in categories.classes if c.id == class_id), None)


def _name(class_id: int, kind: str, categories: Categories | None) -> str:
    if kind == "ids":
        return OBJECT
    named = next((c.name for c in categories.classes if c.id == class_id), None) if categories else None
    return named or UNNAMED.format(class_id)


def _per_image(counts: Sequence[LabelCounts], column: str, background: frozenset[int]) -> dict[str, float]:
    totals = [
        int(image.column(column)[~np.isin(image.class_ids, sorted(background))].sum()) for image in counts
    ]  # fmt: skip
    return {"median": float(np.median(totals)), "max": max(totals)}


def _of_segments(things: Sequence[Gathered], column: str) -> float:
    return _ratio(sum(seen[column] for seen in things), sum(seen["segments"] for seen in things))


def _component_f1(things: Sequence[Gathered]) -> float:
    found, segments, components = (
        sum(seen[name] for seen in things) for name in ("found", "segments", "components")
    )  # fmt: skip
    return _ratio(2 * found, segments + components)


def _likely_merged(things: Sequence[Gathered]) -> dict[str, float] | None:
    known = [(merged, seen.solidity) for seen in things if (merged := likely_merged(seen)) is not None]
    if not known:
        return None
    merged, solidity = (np.concatenate(columns) for columns in zip(*known, strict=True))
    share = int(merged.sum()) / len(merged)
    return {"share": share, "components": len(merged), "solidity_median": float(np.median(solidity))}


def _merging_untold(things: Sequence[Gathered]) -> str | None:
    """None where one class can tell; "few" where more of one might."""
    why = {merging_untold(seen) for seen in things}
    return None if not why or None in why else "few" if "few" in why else "shape"


def _black_and_white(counts: Sequence[LabelCounts]) -> dict[str, Any] | None:
    images = len(black_and_white(counts))
    return {"images": images, "files": []} if images else None


def _imbalance(classes: Sequence[ClassProfile]) -> float | None:
    shares = [each.share for each in classes]
    return max(shares) / min(shares) if len(shares) > 1 else None


def _rarest(classes: Sequence[ClassProfile]) -> dict[str, Any] | None:
    if not classes:
        return None
    rarest = min(classes, key=lambda each: (each.share, each.id))
    return {"id": rarest.id, "name": rarest.name, "share": rarest.share}


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
