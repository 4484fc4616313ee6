"""Which classes are taken for each other: the heaviest cells off the diagonal of the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Interval, Resamples
from inspector.loss import miou_of, repaired
from inspector.metrics import ratio
from inspector.proof import from_cells
from inspector.tally import Tally
from inspector.wording import between, percent

__all__ = ["analyze"]

MIN_FRACTION = 0.1  # of the true pixels of a class: less is what any model does
MIN_OF_OTHER = 0.05  # of the other class, predicted or returned: less, and it may merely surround what is missed
SAME_OUTLINE = 0.5  # IoU of an object with a region of the other class: it was seen, and given the wrong name
MIN_SAME_OUTLINE = 0.25  # of the pixels taken lie in such objects: then a large other class may be confused as well
AWAY_FROM_OUTLINE = 0.5  # of the pixels that the class loses: neighbours with a blurred border are not confused

Pair = tuple[int, int]


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for each pair of classes, background aside, of which one takes MIN_FRACTION of the other."""
    cells = _candidates(tally)
    if not cells:
        return
    low, high = _intervals(tally, resamples, cells)
    surely = {cell: (float(a), float(b)) for cell, a, b in zip(cells, low, high, strict=True) if a > MIN_FRACTION / 2}
    for cell in surely:
        if cell[::-1] not in surely or _weight(tally, cell) > _weight(tally, cell[::-1]):
            yield _finding(tally, cell, surely[cell])


def _candidates(tally: Tally) -> list[Pair]:
    """The cells that are heavy, and neither a matter of outlines nor of one class that surrounds the other."""
    real = [c for c in range(len(tally.categories)) if c not in tally.categories.background]
    return [
        (true, pred)
        for true in real
        for pred in real
        if true != pred
        and _fraction(tally, true, pred) >= MIN_FRACTION
        and _mistaken(tally, true, pred)
        and _inner_part(tally, true) >= AWAY_FROM_OUTLINE
    ]


def _mistaken(tally: Tally, true: int, pred: int) -> bool:
    """Is one class taken for the other, rather than swallowed by what surrounds it?"""
    taken = int(tally.confusion[true, pred])
    if taken >= MIN_OF_OTHER * int(tally.total["pred_px"][pred]) or _fraction(tally, pred, true) >= MIN_OF_OTHER:
        return True
    same = tally.object("swap_inter_px") >= SAME_OUTLINE * tally.object("swap_union_px")
    held = same & (tally.object("class_index") == true) & (tally.object("swap_class") == pred)
    return int(tally.object("swap_inter_px")[held].sum()) >= MIN_SAME_OUTLINE * taken


def _fraction(tally: Tally, true: int, pred: int) -> float:
    gt_px = int(tally.total["gt_px"][true])
    return int(tally.confusion[true, pred]) / gt_px if gt_px else 0.0


def _weight(tally: Tally, cell: Pair) -> tuple[float, int]:
    """Which of two mirrored cells leads: the heavier one, the lower class index where they weigh the same."""
    return _fraction(tally, *cell), -cell[0]


def _inner_part(tally: Tally, c: int) -> float:
    """Share of the lost pixels of a class that does not lie along its outline."""
    lost = int(tally.total["gt_px"][c] - tally.total["tp_px"][c])
    return 1.0 - int(tally.total["fn_boundary_px"][c]) / lost if lost else 0.0


def _gain(tally: Tally, cell: Pair) -> float:
    """Of mIoU, were the cell and its mirror right: both classes are counted."""
    return miou_of(repaired(tally.confusion, [cell, cell[::-1]])) - miou_of(tally.confusion)


def _intervals(tally: Tally, resamples: Resamples, cells: list[Pair]) -> tuple[NDArray[np.float64], ...]:
    """(low, high), each (len(cells),): of the share of the true pixels that each cell takes."""
    k = len(tally.categories)
    place = np.full(k * (k + 1), -1)
    place[[true * (k + 1) + pred for true, pred in cells]] = np.arange(len(cells))
    position = place[tally.cell("true_index") * (k + 1) + tally.cell("pred_index")]
    held = position >= 0
    images, px = tally.cell("image_index")[held], tally.cell("px")[held]
    taken = resamples.weigh(images, position[held], [px], len(cells))[0]
    classes = [true for true, _ in cells]
    return resamples.interval(ratio(taken, resamples.sums("gt_px")[:, classes]), resamples.effective_units[classes])


def _finding(tally: Tally, cell: Pair, interval: Interval) -> Finding:
    true, pred = cell
    name, other = tally.categories.names[true], tally.categories.names[pred]
    there, back = _fraction(tally, true, pred), _fraction(tally, pred, true)
    whole = (tally.object("class_index") == true) & (tally.object("taken_by") == pred)
    whole &= ~np.asarray(tally.object("matched"), np.bool_)
    return Finding(
        kind="class-confused",
        severity=Severity.WARNING,
        title=f"{name}: {percent(there)} of its pixels are predicted as {other}{between(interval)}, "
        f"and {percent(back)} of {other} as {name}",
        class_index=true,
        gain=_gain(tally, cell),
        measures={
            "taken_fraction": there,
            "returned_fraction": back,
            "taken_px": float(tally.confusion[true, pred]),
            "returned_px": float(tally.confusion[pred, true]),
            "objects_taken_count": float(whole.sum()),
            "partner_id": float(tally.categories.ids[pred]),
        },
        intervals={"taken_fraction": interval},
        evidence=from_cells(tally, true, pred),
        advice=f"Compare the examples: if {name} and {other} are told apart by context, use larger crops; if the truth "
        "itself wavers between them, settle the annotation rule or merge them.",
    )
