"""What a new baseline changes: the numbers, the images, and what the numbers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from inspector.baselines import Change, changes
from inspector.compare_runs import COUNTED, DEFINITIONS
from inspector.runs import Run

__all__ = ["Update", "update_of"]


@dataclass(frozen=True)
class Update:
    """A baseline before and after.

    numbers        headlines and classes whose number is another one
    came, went     names of images that only the new one, or only the old one has
    other_truth    names of images that both have, with another truth
    definitions    (what, before, after) of what changes the meaning of numbers: then the two sides of `numbers` are no
                   trend
    """

    numbers: tuple[Change, ...]
    came: tuple[str, ...]
    went: tuple[str, ...]
    other_truth: tuple[str, ...]
    definitions: tuple[tuple[str, str, str], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.numbers or self.came or self.went or self.other_truth or self.definitions)


def update_of(before: tuple[Mapping[str, Any], Run], after: tuple[Mapping[str, Any], Run]) -> Update:
    """The difference of two baselines, each as (the file's record, the run in it)."""
    truth = [_truth(run) for _, run in (before, after)]
    return Update(
        numbers=tuple(changes(before[0], after[0])),
        came=tuple(name for name in truth[1] if name not in truth[0]),
        went=tuple(name for name in truth[0] if name not in truth[1]),
        other_truth=tuple(name for name, held in truth[1].items() if truth[0].get(name, held) != held),
        definitions=tuple(_definitions(before[1], after[1])),
    )


def _truth(run: Run) -> dict[str, Any]:
    """Name of each image -> hash of its true mask."""
    return dict(zip(run.image_ids, np.asarray(run.tables["images"].column("gt_hash")).tolist(), strict=True))


def _definitions(before: Run, after: Run) -> Iterator[tuple[str, str, str]]:
    old, new = _meanings(before), _meanings(after)
    yield from ((name, old[name], new[name]) for name in old if old[name] != new[name])


def _meanings(run: Run) -> dict[str, str]:
    """All that says what the numbers of a run mean."""
    categories = run.categories
    return {
        "task": str(run.document["task"]),
        "classes": ", ".join(f"{category.id} {category.name}" for category in categories.classes),
        "background": ", ".join(categories.names[index] for index in sorted(categories.background)) or "none",
        **{name: str(getattr(run.settings, name)) for name in (*DEFINITIONS, *COUNTED)},
    }
