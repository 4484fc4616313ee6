"""What the labels say, in sentences for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prompts.label_facts import facts_of, merged_share, rare_classes, separation_of, thin_classes
from prompts.label_files import files_left_out, measured, mixed_encodings
from prompts.label_record import LabelRecord
from prompts.label_thresholds import CROWDED, HUGE_PX, SPLIT_MUCH, TINY_PX
from prompts.label_words import Statement, counted, listed, percent

__all__ = ["statements_of"]

KINDS = {
    "classes": "class maps, without ids of objects",
    "ids": "an id for each object",
    "panoptic": "segments with a class and an id",
}


def statements_of(record: LabelRecord) -> tuple[Statement, ...]:
    """What the labels say that matters for the choice of a task, a model, a loss or a resolution."""
    return tuple(statement for say in _SAY for statement in say(record))


def _set(record: LabelRecord) -> Iterator[Statement]:
    size = f"{record.image_width_px:.0f} x {record.image_height_px:.0f} px"
    yield Statement("set", f"{measured(record)} measured, {size} in the median: {KINDS[record.kind]}.")
    if record.files < record.images_found and record.volumes < record.files:
        text = (
            "Files have several pages: if these are slices of a volume, the images are 3-D, and one file is one image."
        )
        yield Statement("pages", text)
    if not record.kind_sure:
        yield Statement("kind", f"What the values mean is not certain: {record.kind_reason}.", "warning")


def _coverage(record: LabelRecord) -> Iterator[Statement]:
    if not record.classes:
        yield Statement("coverage", "No mask has any foreground: nothing can be trained on them.", "warning")
        return
    count = len(record.classes)
    classes = f"{count} classes" if count > 1 else "one class"
    yield Statement("coverage", f"{percent(record.coverage)} of the pixels are labelled, in {classes}.")
    if facts_of(record).get("empty") == "yes":
        are = "is" if record.empty_images == 1 else "are"
        of = f"{record.empty_images:,} of {counted(record.images, 'mask')}"
        text = f"{of} {are} empty: say how these are scored before comparing."
        yield Statement("empty", text, "warning")


def _objects(record: LabelRecord) -> Iterator[Statement]:
    per_image = record.segments_per_image
    if per_image is None:
        return
    if record.one_of_each:
        text = "No image has two objects of one class: there is one structure of each, which a class map says as well."
        yield Statement("one-of-each", text, "warning")
        return
    objects = f"{per_image.median:g} object{'' if per_image.median == 1 else 's'}"
    yield Statement("objects", f"{objects} in the median image, {per_image.max:g} at most.")
    if per_image.max > CROWDED:
        text = (
            f"Up to {per_image.max:g} objects in an image: models that answer with a fixed number of queries "
            f"(often {CROWDED}) lose some; take a dense one, or tiles."
        )
        yield Statement("crowded", text, "warning")


def _touching(record: LabelRecord) -> Iterator[Statement]:
    merged, separation = merged_share(record), separation_of(record)
    if merged is None or separation is None:
        return
    advice = {
        "components": "connected components of a class map give the objects back: a semantic net is enough",
        "boundary": "give the net a boundary class or distances to learn, or split by watershed",
        "model": "connected components of a class map do not give them back; take a model that separates",
    }[separation]
    if record.has_ids:
        f1 = f" (F1 of components {record.cc_f1:.2f})" if record.cc_f1 is not None else ""
        text = f"{percent(merged)} of the objects touch one of their kind{f1}: {advice}."
    elif record.likely_merged:
        share = percent(record.likely_merged.share)
        text = (
            f"{share} of the regions look like several objects in one (large, with a waist), about {percent(merged)} "
            f"of the objects, as nuclei go. If objects are wanted: {advice}."
        )
    yield Statement("touching", text, "note" if separation == "components" else "warning")


def _split(record: LabelRecord) -> Iterator[Statement]:
    if (record.split or 0) >= SPLIT_MUCH:
        text = (
            f"{percent(record.split or 0)} of the objects lie in several pieces, as hidden ones do: components count "
            "too many, and star-convex shapes cannot draw them."
        )
        yield Statement("split", text, "warning")


def _regions(record: LabelRecord) -> Iterator[Statement]:
    names = [each.name for each in record.regions]
    if names and len(record.classes) > 1:
        yield Statement("regions", f"Regions that nobody counts: {listed(names)}.")


def _sizes(record: LabelRecord) -> Iterator[Statement]:
    small = sorted((each.side_px_median, each.name) for each in record.things if each.side_px_median is not None)
    if facts_of(record).get("tiny") == "yes":
        side, name = small[0]
        below = f"below {TINY_PX:g} px" if side < TINY_PX else "most below 32 x 32 px"
        text = (
            f"Objects are small ({name}: {side:.0f} px a side in the median, {below}): raise the resolution, or tile."
        )
        yield Statement("tiny", text, "warning")
    if record.image_height_px * record.image_width_px > HUGE_PX:
        yield Statement("huge", "Images are too large for a network whole: cut them into tiles that overlap.")


def _thin(record: LabelRecord) -> Iterator[Statement]:
    names = [f"{each.name} ({each.thinness_median:.0f})" for each in thin_classes(record)]
    if names:
        text = f"Thin (area by that of the largest circle inside): {listed(names)}. Do not shrink below 2 px of width."
        yield Statement("thin", text)


def _rare(record: LabelRecord) -> Iterator[Statement]:
    facts = facts_of(record)
    if facts.get("rare") == "yes":
        share = percent(record.foreground_share or 0)
        text = f"The foreground is {share} of the pixels: a loss that counts pixels hardly sees it."
        yield Statement("rare", text, "warning")
    if facts.get("imbalanced") != "yes":
        return
    times = f"{record.imbalance:,.0f} times" if record.imbalance else "many times"
    names = [f"{each.name} ({percent(each.share)} of the pixels)" for each in rare_classes(record)]
    rare = f", and a loss that counts pixels hardly sees {listed(names)}" if names else ""
    text = (
        f"The largest class has {times} the pixels of the smallest{rare}: weight the classes, and score each of them."
    )
    yield Statement("imbalance", text, "warning")


_SAY: tuple[Callable[[LabelRecord], Iterator[Statement]], ...] = (
    _set,
    files_left_out,
    mixed_encodings,
    _coverage,
    _objects,
    _touching,
    _split,
    _regions,
    _sizes,
    _thin,
    _rare,
)
