"""Runs for tests of gates and comparisons: masks drawn, counted as the pipeline does, and read back as a folder is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.results import Analysis, build_document
from inspector.runs import Run
from inspector.settings import Settings
from inspector.tables import METADATA, USER, MemoryTable, Table
from tests.pictures import NAMES, tally_of_masks, towns

Pairs = Sequence[tuple[NDArray[np.uint8], NDArray[np.uint8]]]
SETTINGS = Settings(min_images=3, resamples=200)


def run_of(
    pairs: Pairs,
    name: str = "run",
    *,
    settings: Settings = SETTINGS,
    names: Sequence[str] = NAMES,
    groups: Sequence[str] | None = None,
    metadata: Mapping[str, Sequence[str]] | None = None,
    background: bool = False,
    partial: bool = False,
) -> Run:
    """The run of these masks, its tables in memory."""
    tally = tally_of_masks(pairs, names, settings=settings, groups=groups, background=background)
    document: dict[str, Any] = build_document(Analysis(tally, None, (), ()), {"pairs": len(pairs)}, partial, [], [])
    tables: dict[str, Table] = dict(tally.tables)
    if metadata:
        columns: dict[str, Any] = {USER + key: np.array(values, object) for key, values in metadata.items()}
        tables[METADATA] = MemoryTable({"image_index": np.arange(len(pairs)), **columns})
    return Run(name, document, tables)


def scenes(images: int = 24, seed: int = 0) -> list[NDArray[np.uint8]]:
    """True masks."""
    return towns(seed, images=images, height=48, width=64)


def predicted(truths: Sequence[NDArray[np.uint8]], wrong: Mapping[int, float], seed: int = 1) -> Pairs:
    """Pairs in which a share of the pixels of each class is predicted as class 0: {class: share}."""
    rng = np.random.default_rng(seed)
    pairs = []
    for truth in truths:
        prediction = truth.copy()
        for c, share in wrong.items():
            prediction[(truth == c) & (rng.random(truth.shape) < share)] = 0
        pairs.append((truth, prediction))
    return pairs


def with_settings(run: Run, **changed: Any) -> Run:
    """The same run, as if inspected with other settings."""
    settings = run.document["settings"] | {key: asdict(replace(SETTINGS, **changed))[key] for key in changed}
    return replace(run, document={**run.document, "settings": settings})
