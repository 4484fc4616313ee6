"""Which images prove the findings, kept as small lossless files that the report can be drawn from at any time."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.evidence_files import FOLDER, Example, ImageFiles
from inspector.findings import Evidence, Finding

__all__ = ["FOLDER", "MOST_IMAGES", "MOST_PAGES", "Kept", "PairLoader", "choose", "slug", "write_evidence"]

MOST_IMAGES = 16
MOST_PAGES = 8  # of them drawn whole as well, the worst ones
_SHARE_OF_FINDINGS = 2 / 3  # of the images; the rest is left to the worst images
_EXAMPLES_PER_FINDING = 3  # with pictures; the others are named only
_MOST_EXAMPLES = 60

#: index of an image -> truth (H, W) class indices, prediction (H, W) class indices, image (h, w, 3) uint8 or None.
#: A class index is in [0, K); anything else is void in the truth, and no class of the list in the prediction.
PairLoader = Callable[[int], tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.uint8] | None]]


@dataclass(frozen=True)
class Kept:
    """What was written, as the document says it.

    images    `evidence` of the document: {image, slug, files{gt, pred, image?}, pictures{...}, height, width}
    examples  `images` of each finding: {image, box, px, evidence, window, scale, pictures{...} or null}
    """

    images: list[dict[str, Any]] = field(default_factory=list)
    examples: list[list[dict[str, Any]]] = field(default_factory=list)


def choose(findings: Sequence[Finding], worst_images: Sequence[int], limit: int = MOST_IMAGES) -> list[int]:
    """Indices of the images to keep, each once, at most `limit`.

    First the first image of each finding, in the order of the findings, then their second ones and so on, up to
    two thirds of the places; then the worst images; then what is left of the findings.
    """
    proofs = _by_turns([[evidence.image_index for evidence in finding.evidence] for finding in findings])
    reserved = round(limit * _SHARE_OF_FINDINGS)
    return list(dict.fromkeys([*proofs[:reserved], *worst_images, *proofs[reserved:]]))[:limit]


def slug(index: int, image_id: str, n_images: int) -> str:
    """A file name that is safe on every system: the zero-padded number, and what is plain ASCII in the image id."""
    digits = max(4, len(str(max(n_images - 1, 0))))
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", image_id).strip("-")[:40].rstrip("-")
    return f"{index:0{digits}d}-{plain}" if plain else f"{index:0{digits}d}"


def write_evidence(
    run_folder: Path,
    chosen: Sequence[int],
    load_pair: PairLoader,
    image_ids: Sequence[str],
    categories: Categories,
    findings: Sequence[Finding],
    mapper: Callable[..., Iterable[Any]] = map,
    pages: Collection[int] | None = None,
) -> Kept:
    """Write the files of the `chosen` images into `run_folder`/evidence; what the document says of them.

    Those in `pages` (None: all) are drawn whole; of the others only the examples of findings are. `mapper` may be
    that of a thread pool: an image is one task, and what is written does not depend on the order.
    """
    (run_folder / FOLDER).mkdir(parents=True, exist_ok=True)
    drawn = _examples_to_draw(findings, set(chosen))
    writers = {
        index: ImageFiles(run_folder, slug(index, image_ids[index], len(image_ids)), image_ids[index], categories)
        for index in chosen
    }

    def write(index: int) -> tuple[dict[str, Any], dict[Example, dict[str, Any]]]:
        whole_too = pages is None or index in pages
        return writers[index].write(load_pair(index), drawn.get(index, []), whole_too)

    written = dict(zip(chosen, mapper(write, chosen), strict=True))
    examples = [
        [_example_record(finding, evidence, image_ids, written) for evidence in finding.evidence]
        for finding in findings
    ]
    return Kept([record for record, _ in written.values()], examples)


# ---------------------------------------------------------------------- which examples are drawn


def _by_turns(lists: Sequence[Sequence[int]]) -> list[int]:
    """The first of each list, then the second of each, each value once."""
    longest = max(map(len, lists), default=0)
    return list(dict.fromkeys(values[turn] for turn in range(longest) for values in lists if turn < len(values)))


def _examples_to_draw(findings: Sequence[Finding], kept: set[int]) -> dict[int, list[Example]]:
    """Image index -> the different examples to draw from it; the first ones of all findings before the second ones."""
    held = [[e for e in finding.evidence if e.image_index in kept][:_EXAMPLES_PER_FINDING] for finding in findings]
    turns = [
        (examples[turn].image_index, (finding.class_index, examples[turn].box))
        for turn in range(_EXAMPLES_PER_FINDING)
        for finding, examples in zip(findings, held, strict=True)
        if turn < len(examples)
    ]
    drawn: dict[int, list[Example]] = {}
    for index, example in list(dict.fromkeys(turns))[:_MOST_EXAMPLES]:
        drawn.setdefault(index, []).append(example)
    return drawn


def _example_record(
    finding: Finding, evidence: Evidence, image_ids: Sequence[str], written: dict[int, Any]
) -> dict[str, Any]:
    image, crops = written.get(evidence.image_index, (None, {}))
    drawing = crops.get((finding.class_index, evidence.box), {"window": None, "scale": None, "pictures": None})
    return {
        "image": image_ids[evidence.image_index],
        "box": None if evidence.box is None else [int(side) for side in evidence.box],
        "px": int(evidence.px),
        "evidence": image and f"{FOLDER}/{image['slug']}",
        **drawing,
    }
