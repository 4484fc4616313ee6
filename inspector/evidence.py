"""The images that are kept as evidence: files that the report can be drawn from, and looked at in, at any time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.evidence_choice import Choice
from inspector.evidence_files import FOLDER, Example, ImageFiles, Wanted
from inspector.findings import Evidence, Finding

__all__ = ["FOLDER", "Kept", "PairLoader", "slug", "write_evidence"]

_EXAMPLES_PER_FINDING = 3  # with pictures; the others are named only
_MOST_EXAMPLES = 60

Pair = tuple[NDArray[np.integer], NDArray[np.integer], NDArray[np.uint8] | None]

#: Indices of images -> of each, truth (H, W) class indices, prediction (H, W) class indices, image (h, w, 3) uint8 or
#: None. A class index is in [0, K); anything else is void in the truth, and no class of the list in the prediction.
PairLoader = Callable[[Sequence[int]], Iterable[Pair]]
Written = tuple[dict[str, Any], dict[Example, dict[str, Any]]]  # of an image: its record, and those of its examples


@dataclass(frozen=True)
class Kept:
    """What was written, as the document says it.

    images    `evidence` of the document: {image, image_index, slug, files{gt, pred, image?}, pictures{...}, view{...},
              height, width}
    examples  `images` of each finding: {image, box, px, evidence, window, scale, pictures{...} or null}
    """

    images: list[dict[str, Any]] = field(default_factory=list)
    examples: list[list[dict[str, Any]]] = field(default_factory=list)


def slug(index: int, image_id: str, n_images: int) -> str:
    """A file name that is safe on every system: the zero-padded number, and what is plain ASCII in the image id."""
    digits = max(4, len(str(max(n_images - 1, 0))))
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", image_id).strip("-")[:40].rstrip("-")
    return f"{index:0{digits}d}-{plain}" if plain else f"{index:0{digits}d}"


def write_evidence(
    run_folder: Path,
    choice: Choice,
    load_pairs: PairLoader,
    image_ids: Sequence[str],
    categories: Categories,
    findings: Sequence[Finding],
    mapper: Callable[..., Iterable[Any]] = map,
    bundles: Sequence[Sequence[int]] | None = None,
) -> Kept:
    """Write the files of the chosen images into `run_folder`/evidence; what the document says of them.

    `bundles` are the chosen images that are loaded together (None: each alone). `mapper` may be that of a thread pool:
    a bundle is one task, and what is written does not depend on the order.
    """
    (run_folder / FOLDER).mkdir(parents=True, exist_ok=True)
    examples = _examples_to_draw(findings, choice.drawn)
    writer = ImageFiles(run_folder, categories.colors_rgb())

    def write(index: int, pair: Pair) -> Written:
        wanted = Wanted(
            slug=slug(index, image_ids[index], len(image_ids)),
            is_drawn=index in choice.drawn,
            is_page=index in choice.pages,
            examples=examples.get(index, ()),
            places=choice.places.get(index, ()),
        )
        record, crops = writer.write(pair, wanted)
        return {"image": image_ids[index], "image_index": index, **record}, crops

    def write_all(bundle: Sequence[int]) -> list[tuple[int, Written]]:
        return [(index, write(index, pair)) for index, pair in zip(bundle, load_pairs(bundle), strict=True)]

    bundles = [[index] for index in choice.images] if bundles is None else bundles
    written = dict(chain.from_iterable(mapper(write_all, bundles)))
    records = [
        [_example_record(finding, each, image_ids, written) for each in finding.evidence] for finding in findings
    ]
    return Kept([written[index][0] for index in choice.images], records)


# ---------------------------------------------------------------------- which examples are drawn


def _examples_to_draw(findings: Sequence[Finding], kept: frozenset[int]) -> dict[int, list[Example]]:
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
