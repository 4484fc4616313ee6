"""Which mask belongs to which image of two folders: by name, as `inspect` pairs, and never by guessing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inspector.errors import InputError
from inspector.folders import FoundFile, list_folder
from inspector.partners import Keyed, Partners, find_partners
from inspector.problems import Note, shown
from inspector.stems import bare_stem, loose_stem, stem
from unet.data.examples import Example

__all__ = ["pair_images"]

CITYSCAPES_ASIDE = ("_color", "_instanceIds", "_instanceTrainIds")  # other pictures of a mask, beside its _labelIds
NAMED = 5
FORMATS = "expected images as PNG, JPEG, TIFF, WebP or NPY, and masks in a format without loss"


def pair_images(images: Path, masks: Path, prefix: str = "") -> tuple[list[Example], list[Note]]:
    """The examples of two folders, with image ids that start with `prefix`.

    a.jpg belongs to a.png, a_mask.png and mask_a.png. Raises InputError where an image has no mask, files claim the
    same image, a folder is empty, or an entry of it cannot be used. Masks without an image are a note.
    """
    listed = {"pred": _listed(images, "images"), "gt": _without_copies(_listed(masks, "masks"))}
    keyed = {side: [Keyed(stem(file.relative), file) for file in files] for side, files in listed.items()}
    partners = find_partners(keyed, by_words=True)
    if partners.problems:
        raise _ambiguous(partners)
    if partners.left["pred"]:
        raise _no_mask(partners)
    examples = [Example(prefix + shown(key), Path(image.path), Path(mask.path)) for key, mask, image in partners.pairs]
    alone = [keyed.file.display for keyed in partners.left["gt"]]
    text = f"{len(alone)} masks without an image are not used: {_some(alone)}"
    return examples, [Note("mask_alone", f"{prefix}masks", text)] if alone else []


def _listed(folder: Path, side: str) -> list[FoundFile]:
    """Every picture below `folder`. One that cannot be used is an error: nothing is left out silently."""
    listing = list_folder(str(folder), side)
    if listing.problems:
        first, more = listing.problems[0], len(listing.problems) - 1
        reason = first.reason + (f", and {more} more are unusable" if more else "")
        raise InputError(first.kind, reason, first.fix, path=shown(first.location or first.path))
    if not listing.files:
        seen = ", ".join(f"{count} {what}" for what, count in sorted(listing.skipped.items())) or "nothing"
        raise InputError("empty_folder", f"no {side} here, only: {seen}", FORMATS, path=shown(str(folder)))
    return listing.files


def _without_copies(masks: list[FoundFile]) -> list[FoundFile]:
    """Without the pictures that Cityscapes puts beside the label ids of a mask."""
    stems = [stem(mask.relative) for mask in masks]
    labelled = [name.removesuffix("_labelIds") for name in stems if name.endswith("_labelIds")]
    aside = {name + ending for name in labelled for ending in CITYSCAPES_ASIDE}
    return [mask for mask, name in zip(masks, stems, strict=True) if name not in aside]


def _ambiguous(partners: Partners) -> InputError:
    groups: dict[str, list[str]] = {}
    for problem in partners.problems:
        if problem.kind == "ambiguous_stem":
            groups.setdefault(f"{problem.side} {bare_stem(problem.image_id)}", []).append(problem.path)
    named = "; ".join(" and ".join(paths) for paths in list(groups.values())[:NAMED])
    more = f"; and {len(groups) - NAMED} more" if len(groups) > NAMED else ""
    return InputError("ambiguous_stem", f"files that claim one image: {named}{more}", "keep one file for each image")


def _no_mask(partners: Partners) -> InputError:
    """Names the images without a mask, and of the masks one of a similar name, or else those that are left."""
    lost, masks = partners.left["pred"], partners.left["gt"]
    near = {loose_stem(keyed.key): keyed.file.display for keyed in masks}
    similar = [(keyed.file.display, near[loose_stem(keyed.key)]) for keyed in lost if loose_stem(keyed.key) in near]
    names = _some([keyed.file.display for keyed in lost])
    reason, fix = f"{len(lost)} of {len(partners.files['pred'])} images have no mask: {names}", ""
    if similar:
        fix = f"{similar[0][1]} has a name similar to {similar[0][0]}, but not the same: rename it if it is the one"
    elif masks:
        reason += f"; masks without an image: {_some([keyed.file.display for keyed in masks])}"
        fix = "name the files alike: a.jpg belongs to a.png, a_mask.png and mask_a.png"
    return InputError("no_partner", reason, fix or "add the masks, or move the images away")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
