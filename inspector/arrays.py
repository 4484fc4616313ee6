"""`inspect_arrays`: the main job on label maps that are already in memory; no file is read or written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.analyzers import analyze_all
from inspector.categories import Categories, from_values
from inspector.errors import InputError, UsageError
from inspector.findings import Finding
from inspector.inputs import Inputs, input_record
from inspector.intervals import resample
from inspector.masks import Mask
from inspector.pairing import Pairing
from inspector.pipeline import Inspection, profiled
from inspector.results import Analysis, build_document, profile_record
from inspector.scoring import Task, codes_of, count_masks, label_counts
from inspector.second_look import choose, look
from inspector.settings import Settings
from inspector.tally import Tally
from inspector.width_sensitivity import WidthCounts, sensitivity_record, width_sampled

__all__ = ["inspect_arrays"]

Labels = NDArray[np.integer[Any]]


def inspect_arrays(
    pairs: Mapping[str, tuple[Labels, Labels]],
    *,
    categories: Categories | None = None,
    settings: Settings | None = None,
    groups: Mapping[str, str] | None = None,
) -> Inspection:
    """Compare predicted label maps with true ones.

    pairs       image -> (gt, pred), each (H, W) of any integer dtype, of one shape
    categories  the class list; None: the values found in the maps
    groups      image -> its resampling unit (patient, scene, video)
    Returns what `inspect_folders` does, without a run folder and without pictures of the examples.
    Raises UsageError for settings.exclude, which is for folders; InputError, with the image as its path, for arrays
    that cannot be compared, and for no pairs at all.
    """
    if not pairs:
        raise InputError("no_pairs", "there is no pair of label maps to compare")
    settings = settings or Settings()
    if settings.exclude is not None:
        raise UsageError("Settings.exclude is for folders: leave the pairs out of what you give")
    masks = {image: _masks(image, gt, pred) for image, (gt, pred) in pairs.items()}
    known = categories.with_ignored(settings.ignore) if categories else _found(masks.values(), settings)
    widths = WidthCounts(len(known))
    tally = _tally(masks, known, settings, groups, widths)
    resamples = resample(tally)
    sensitivity = sensitivity_record(widths, known, len(masks))
    analysis = Analysis(tally, resamples, analyze_all(tally, resamples), (), _labels(masks, known), sensitivity)
    record, is_partial = input_record(_inputs(list(pairs), known, settings), (), ())
    examples = [_examples(finding, tally) for finding in analysis.findings]
    return Inspection(build_document(analysis, record, is_partial, examples, []), is_partial, None)


def _masks(image: str, gt: Labels, pred: Labels) -> tuple[Mask, Mask]:
    sides = []
    for side, labels in (("gt", gt), ("pred", pred)):
        try:
            sides.append(Mask.from_labels(labels))
        except ValueError as error:
            raise InputError("wrong_array", str(error), path=image, side=side) from None
    return sides[0], sides[1]


def _found(masks: Iterable[tuple[Mask, Mask]], settings: Settings) -> Categories:
    values: tuple[set[int], set[int]] = (set(), set())
    for both in masks:
        for seen, mask in zip(values, both, strict=True):
            seen.update(np.unique(mask.values()).tolist())
    return from_values(*values, settings.ignore)


def _tally(
    masks: Mapping[str, tuple[Mask, Mask]],
    categories: Categories,
    settings: Settings,
    groups: Mapping[str, str] | None,
    widths: WidthCounts,
) -> Tally:
    sampled = width_sampled([gt.ids.size for gt, _ in masks.values()])

    def counted() -> Iterable[tuple[str, Any]]:
        for index, (image, (gt, pred)) in enumerate(masks.items()):
            try:
                counts = count_masks(gt, pred, categories, settings, all_widths=index in sampled)
            except InputError as error:
                error.path = image
                raise
            widths.add(counts)
            yield image, counts

    images = list(masks)
    chosen = choose(len(images))
    codes = ([codes_of(mask, categories) for mask in masks[images[index]]] for index in chosen)
    seen = look(((gt, pred, gt < len(categories)) for gt, pred in codes), chosen)
    units = [groups[image] for image in images] if groups else None
    return Tally.from_counts(categories, settings, counted(), units, seen)


def _labels(masks: Mapping[str, tuple[Mask, Mask]], categories: Categories) -> dict[str, Any] | None:
    truths = [gt for gt, _ in masks.values()]
    chosen = profiled([gt.ids.size for gt in truths])
    return profile_record([label_counts(truths[i], categories) for i in sorted(chosen)], categories, len(truths))


def _inputs(images: list[str], categories: Categories, settings: Settings) -> Inputs:
    """The account of arrays: each is there, and each is scored."""
    found = {"gt": len(images), "pred": len(images)}
    pairing = Pairing((), (), (), (), (), found, {"gt": {}, "pred": {}})
    tasks = tuple(Task(image, image, image, image, image) for image in images)
    return Inputs(pairing, tasks, (), (), categories, settings.missing)


def _examples(finding: Finding, tally: Tally) -> list[dict[str, Any]]:
    without_picture = dict.fromkeys(("evidence", "window", "scale", "pictures"))
    return [
        {"image": tally.image_ids[e.image_index], "box": e.box and [int(s) for s in e.box], "px": int(e.px)}
        | without_picture
        for e in finding.evidence
    ]
