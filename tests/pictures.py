"""Masks drawn as text, and counts made by hand: what analyzers are shown in tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories, Category
from inspector.counting import count_pair
from inspector.counts import CLASS_COLUMNS, COLUMN, DISTANCES, OBJECT_COLUMNS, Counts
from inspector.findings import Finding
from inspector.intervals import resample
from inspector.masks import Mask
from inspector.second_look import look
from inspector.settings import Settings
from inspector.tally import Tally

VOID = 255
NAMES = ("ground", "car", "person", "pole", "sign", "tree")


def told(analyzer: ModuleType, tally: Tally) -> list[Finding]:
    """What one analyzer says of a tally."""
    return list(analyzer.analyze(tally, resample(tally)))


def draw(text: str, legend: str = ".cpost") -> NDArray[np.uint8]:
    """(H, W) uint8 of a drawing: the place of each character in the legend, VOID for '?'."""
    rows = [line.strip() for line in text.strip().splitlines()]
    return np.array([[VOID if c == "?" else legend.index(c) for c in row] for row in rows], np.uint8)


def enlarge(labels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Each pixel as a square of factor x factor px."""
    return np.kron(labels, np.ones((factor, factor), np.uint8)).astype(np.uint8)


def categories(names: Sequence[str] = NAMES, *, background: bool = False) -> Categories:
    """Classes 0..K-1 of these names, and VOID ignored."""
    listed = [Category(i, name, background=background and i == 0) for i, name in enumerate(names)]
    return Categories.of([*listed, Category(VOID, "void", ignore=True)], "a test")


def tally_of_masks(
    pairs: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    names: Sequence[str] = NAMES,
    *,
    settings: Settings = Settings(min_images=3),  # noqa: B008
    background: bool = False,
    groups: Sequence[str] | None = None,
) -> Tally:
    """The tally of label maps, counted and looked at as the pipeline does."""
    listed = list(pairs)
    classes = categories(names, background=background)
    counted = [
        (f"image {i}", count_pair(Mask.from_labels(gt), Mask.from_labels(pred), classes, settings))
        for i, (gt, pred) in enumerate(listed)
    ]
    seen = look((gt, pred, gt != VOID) for gt, pred in listed)
    return Tally.from_counts(classes, settings, counted, groups, seen)


def counts(
    confusion: Sequence[Sequence[int]],
    *,
    columns: Mapping[str, Mapping[int, int]] | None = None,
    objects: Sequence[Mapping[str, int]] = (),
    shape: tuple[int, int] = (100, 100),
    void_px: int = 0,
    ignored_px: int = 0,
    gt_hash: str = "",
    pred_hash: str = "",
    wrong_by_column: Sequence[int] | None = None,
) -> Counts:
    """Counts with a given (K, K or K + 1) confusion matrix. Wrong pixels are of the kind "extent" but for those that
    `columns` ({column: {class: px}}) gives another kind; all other columns are 0 unless given there."""
    k = len(confusion)
    matrix = np.zeros((k, k + 1), np.int64)
    for i, row in enumerate(confusion):
        for j, px in enumerate(row):
            matrix[i, j] = px
    table = np.zeros((k, len(CLASS_COLUMNS)), np.int64)
    for name, values in (columns or {}).items():
        for c, value in values.items():
            table[c, COLUMN[name]] = value
    for c in range(k):
        gt, pred, tp = sum(matrix[c]), sum(matrix[i, c] for i in range(k)), matrix[c, c]
        for name, value in (("gt_px", gt), ("pred_px", pred), ("tp_px", tp)):
            table[c, COLUMN[name]] = value
        for side, wrong in (("fn", gt - tp), ("fp", pred - tp)):
            told = sum(table[c, COLUMN[f"{side}_{kind}_px"]] for kind in ("boundary", "segment"))
            table[c, COLUMN[f"{side}_extent_px"]] = wrong - told
    rows, wide = shape
    rates = np.zeros(wide, np.int64) if wrong_by_column is None else np.asarray(wrong_by_column, np.int64)
    return Counts(
        shape=shape,
        confusion=matrix,
        void_px=void_px,
        ignored_px=ignored_px,
        classes=table,
        distances=np.full((k, len(DISTANCES)), np.nan),
        objects=np.array([[each.get(name, 0) for name in OBJECT_COLUMNS] for each in objects], np.int64).reshape(
            -1, len(OBJECT_COLUMNS)
        ),
        wrong_by_row=np.zeros(rows, np.int64),
        valid_by_row=np.full(rows, wide, np.int64),
        wrong_by_column=rates,
        valid_by_column=np.full(wide, rows, np.int64),
        gt_hash=gt_hash,
        pred_hash=pred_hash,
    )


def tally_of_counts(
    counted: Sequence[Counts],
    names: Sequence[str] | None = None,
    *,
    settings: Settings = Settings(),  # noqa: B008
    background: bool = False,
    groups: Sequence[str] | None = None,
) -> Tally:
    """The tally of counts made by hand."""
    classes = categories(names or NAMES[: len(counted[0].confusion)], background=background)
    return Tally.from_counts(classes, settings, [(f"image {i}", c) for i, c in enumerate(counted)], groups)


def towns(seed: int = 0, images: int = 6, height: int = 96, width: int = 128) -> list[NDArray[np.uint8]]:
    """Unlike drawings: sky above ground, with boxes of four classes."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(images):
        labels = np.zeros((height, width), np.uint8)
        labels[: int(rng.uniform(0.2, 0.6) * height)] = 5
        for _ in range(14):
            y, x = int(rng.integers(height - 12)), int(rng.integers(width - 12))
            labels[y : y + int(rng.integers(5, 40)), x : x + int(rng.integers(5, 40))] = rng.integers(1, 5)
        found.append(labels)
    return found
