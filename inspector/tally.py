"""`Tally`: the counts of all images together, and their rows a column at a time: all that analysis ever reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories
from inspector.counts import CLASS_COLUMNS, Counts
from inspector.second_look import SecondLook
from inspector.settings import Settings
from inspector.tables import TABLES, ImageInfo, Table, TableBuilder, blocks_of, memory_table

__all__ = ["Profile", "Profiles", "Tally"]

MAX_PROFILES = 8  # image sizes whose rows and columns are kept apart; more sizes than that show no seams


@dataclass
class Profile:
    """Wrong and valid pixels by row and by column, summed over the images of one size."""

    images: int
    wrong_by_row: NDArray[np.int64]
    valid_by_row: NDArray[np.int64]
    wrong_by_column: NDArray[np.int64]
    valid_by_column: NDArray[np.int64]


@dataclass
class Profiles:
    """Profiles by image size; memory bounded by MAX_PROFILES sizes."""

    by_shape: dict[tuple[int, int], Profile] = field(default_factory=dict)

    def add(self, counts: Counts) -> None:
        names = ("wrong_by_row", "valid_by_row", "wrong_by_column", "valid_by_column")
        held = self.by_shape.get(counts.shape)
        if held is None:
            if len(self.by_shape) < MAX_PROFILES:
                self.by_shape[counts.shape] = Profile(1, *(getattr(counts, name).copy() for name in names))
            return
        held.images += 1
        for name in names:
            getattr(held, name)[:] += getattr(counts, name)


@dataclass(frozen=True)
class Tally:
    """The counted data set.

    `tables` are those of the run folder (see `inspector.tables`); `confusion` is (K, K + 1) int64, the sum over
    images; `totals` is (K, len(CLASS_COLUMNS)) int64.
    """

    categories: Categories
    settings: Settings
    tables: Mapping[str, Table]
    confusion: NDArray[np.int64]
    totals: NDArray[np.int64]
    profiles: Profiles = field(default_factory=Profiles)
    second_look: SecondLook | None = None

    @classmethod
    def from_counts(
        cls,
        categories: Categories,
        settings: Settings,
        counted: Iterable[tuple[str, Counts]],
        groups: Sequence[str] | None = None,
        second_look: SecondLook | None = None,
    ) -> Tally:
        """The tally of (image_id, Counts) pairs in memory, in the order given."""
        k = len(categories)
        builders = {name: TableBuilder() for name in TABLES}
        confusion = np.zeros((k, k + 1), np.int64)
        totals = np.zeros((k, len(CLASS_COLUMNS)), np.int64)
        profiles = Profiles()
        for index, (image, counts) in enumerate(counted):
            info = ImageInfo(image, image, image, groups[index] if groups else image)
            for name, block in blocks_of(index, info, counts, categories, settings).items():
                builders[name].add(block)
            confusion += counts.confusion
            totals += counts.classes
            profiles.add(counts)
        tables = {name: memory_table(name, builder) for name, builder in builders.items()}
        return cls(categories, settings, tables, confusion, totals, profiles, second_look)

    # ------------------------------------------------------------------ sums

    @cached_property
    def total(self) -> dict[str, NDArray[np.int64]]:
        """Column name -> (K,) int64, summed over images: what METRICS compute from."""
        return {name: self.totals[:, index] for index, name in enumerate(CLASS_COLUMNS)}

    # ------------------------------------------------------------------ rows

    @property
    def n_images(self) -> int:
        return len(self.tables["images"])

    @cached_property
    def image_ids(self) -> list[str]:
        return [str(image) for image in self.tables["images"].column("image")]

    def image(self, name: str) -> NDArray[Any]:
        """(N,) a column of `images`."""
        return self.tables["images"].column(name)

    def row(self, name: str) -> NDArray[Any]:
        """(n,) a column of `classes`: one row for each image and class that occurs in it, on either side."""
        return self.tables["classes"].column(name)

    def cell(self, name: str) -> NDArray[Any]:
        """(m,) a column of `confusion`: one row for each image and non-zero (true_index, pred_index) cell."""
        return self.tables["confusion"].column(name)

    def object(self, name: str) -> NDArray[Any]:
        """(o,) a column of `objects`: one row for each true object."""
        return self.tables["objects"].column(name)

    def dense(self, name: str) -> NDArray[np.int64]:
        """(N, K) int64: a whole-number column of `classes`, 0 where the class does not occur."""
        values = np.zeros((self.n_images, len(self.categories)), np.int64)
        values[self.row("image_index"), self.row("class_index")] = self.row(name)
        return values

    @cached_property
    def group_index(self) -> NDArray[np.int64]:
        """(N,) int64 in [0, G): the resampling unit of each image (itself, or its patient, scene, video)."""
        return np.unique(self.image("group").astype(str), return_inverse=True)[1].reshape(-1).astype(np.int64)

    # ------------------------------------------------------------------ presence

    @cached_property
    def images_with_truth(self) -> NDArray[np.int64]:
        """(K,) int64: in how many images each class is true."""
        return self._images_where("gt_px")

    @cached_property
    def images_with_prediction(self) -> NDArray[np.int64]:
        """(K,) int64: in how many images each class is predicted on a valid pixel."""
        return self._images_where("pred_px")

    def _images_where(self, name: str) -> NDArray[np.int64]:
        held = self.row("class_index")[self.row(name) > 0]
        return np.bincount(held, minlength=len(self.categories)).astype(np.int64)
