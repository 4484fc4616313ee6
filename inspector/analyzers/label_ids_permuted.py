"""Do predictions use other ids than the truth: shifted by one, or exchanged?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import iou_of, miou_of
from inspector.metrics import ratio
from inspector.proof import from_cells
from inspector.tally import Tally
from inspector.wording import listed, percent

__all__ = ["analyze", "fitting_map", "relabelled"]

MIN_CELL_IOU = 0.2  # of a true with another predicted class: two things that merely lie side by side share little
FACTOR = 3.0  # the moved classes fit so much better than as they are: a model that confuses two still knows both
MIN_KAPPA = 0.2  # of the mended predictions: one class everywhere "fits" the largest one, but agrees by chance alone


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when a consistent map of predicted ids makes the classes it moves fit FACTOR times better."""
    fix = fitting_map(tally.confusion)
    if not fix:
        return
    mended = relabelled(tally.confusion, fix)
    moved = list(fix.values())
    before, after = (float(np.nan_to_num(iou_of(m)[moved]).mean()) for m in (tally.confusion, mended))
    miou, mended_miou = miou_of(tally.confusion), miou_of(mended)
    if after >= FACTOR * before and mended_miou > miou and kappa(mended) >= MIN_KAPPA:
        yield _finding(tally, fix, miou, mended_miou)


def cell_iou(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """(K, K) IoU of the pixels true of i with those predicted as j; 0 where both are empty."""
    k = len(confusion)
    cells = confusion[:, :k]
    return np.nan_to_num(ratio(cells, confusion.sum(axis=1)[:, None] + cells.sum(axis=0) - cells))


def kappa(confusion: NDArray[np.int64]) -> float:
    """Cohen's kappa of a (K, K + 1) matrix: agreement beyond what the same shares of classes would reach by chance."""
    total, k = int(confusion.sum()), len(confusion)
    agreeing = int(np.trace(confusion)) / total
    by_chance = float(confusion.sum(axis=1) @ confusion[:, :k].sum(axis=0).astype(np.float64)) / total**2
    return (agreeing - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else 0.0


def fitting_map(confusion: NDArray[np.int64]) -> dict[int, int]:
    """Predicted class index -> true class index, where the two fit each other best of all and are not the same.

    Mutual best cells: no true and no predicted class is used twice, so the map is one that a slip of ids can make.
    """
    cells = cell_iou(confusion)
    best_pred, best_true = cells.argmax(axis=1), cells.argmax(axis=0)
    return {
        int(pred): true
        for true, pred in enumerate(best_pred)
        if true != pred and best_true[pred] == true and cells[true, pred] >= MIN_CELL_IOU
    }


def relabelled(confusion: NDArray[np.int64], fix: dict[int, int]) -> NDArray[np.int64]:
    """The matrix with predicted classes renamed by `fix`. A class whose id another one takes over, and that has no
    new id itself, takes the id that this one leaves free: exchanges stay exchanges."""
    to = dict(fix)
    for freed, taken in ((p, t) for p, t in fix.items() if t not in fix):
        while freed in fix.values():  # follow the chain to its free end
            freed = next(p for p, t in fix.items() if t == freed)
        to[taken] = freed
    mended = confusion.copy()
    for pred, true in to.items():
        mended[:, true] = confusion[:, pred]
    return mended


def _finding(tally: Tally, fix: dict[int, int], before: float, after: float) -> Finding:
    ids, names = tally.categories.ids, tally.categories.names
    moves = listed([f"{ids[pred]} means {names[true]} ({ids[true]})" for pred, true in fix.items()])
    step, times = Counter(int(ids[pred] - ids[true]) for pred, true in fix.items()).most_common(1)[0]
    slip = f"shifted by {step:+d}" if times >= max(2, len(fix) - 1) else "permuted"  # one may have come round the end
    worst = max(fix.items(), key=lambda move: int(tally.confusion[move[1], move[0]]))
    return Finding(
        kind="label-ids-permuted",
        severity=Severity.ERROR,
        title=f"Predicted label ids are {slip}: {moves}; mapped back, mIoU rises from {percent(before)} to "
        f"{percent(after)}",
        gain=after - before,
        measures={
            "miou_fraction": before,
            "miou_mapped_fraction": after,
            "agreement_mended_fraction": int(np.trace(relabelled(tally.confusion, fix))) / int(tally.confusion.sum()),
            "classes_moved_count": float(len(fix)),
            **{f"pred_{ids[pred]}_means_id": float(ids[true]) for pred, true in fix.items()},
        },
        evidence=from_cells(tally, worst[1], worst[0]),
        advice=f"Renumber the predictions before scoring: {_as_map(tally, fix)}. The usual cause is a background class "
        "that one side counts and the other does not, or two class lists in different orders.",
    )


def _as_map(tally: Tally, fix: dict[int, int]) -> str:
    """Predicted id -> id it should be, as JSON."""
    ids = tally.categories.ids
    return json.dumps({str(ids[pred]): int(ids[true]) for pred, true in sorted(fix.items())})
