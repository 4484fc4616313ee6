"""Which parts of the truth look like slips of the annotation: specks, and regions that carry another class's name."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.metrics import METRICS, ratio
from inspector.proof import from_objects, from_rows
from inspector.tally import Tally
from inspector.wording import count, listed, percent

__all__ = ["SPECK_PX", "analyze"]

SPECK_PX = 10  # a component below this is no object
MIN_SPECKS = 20  # in the whole truth
SPECK_SHARE = 0.2  # of the components of a class: a class that is thin or far away has some
MIN_AREA_PX = 400  # 20 x 20 px: large enough that the model's outline of it can agree by more than chance
SAME_REGION = 0.8  # IoU of the true region with a predicted one of another class: it is that region
RELIABLE = 0.8  # precision of the predicted class and recall of the true one: the model knows both
RARELY = 0.05  # of the objects of the class that are as large: more, and it is the model that confuses the two


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """A note for specks and a note for regions that may be mislabelled: only ever candidates."""
    specks, objects = tally.total["specks_gt"], _objects(tally)
    speckled = np.flatnonzero((ratio(specks, objects) >= SPECK_SHARE) & (specks > 0))
    if specks[speckled].sum() >= MIN_SPECKS:
        yield _specks(tally, speckled[np.argsort(-specks[speckled], kind="stable")])
    swapped = _swapped(tally)
    if len(swapped):
        yield _mislabelled(tally, swapped)


def _objects(tally: Tally) -> NDArray[np.int64]:
    return np.bincount(tally.object("class_index"), minlength=len(tally.categories))


def _specks(tally: Tally, classes: NDArray[np.int64]) -> Finding:
    specks, objects = tally.total["specks_gt"], _objects(tally)
    names = [tally.categories.names[c] for c in classes]
    found, of = int(specks[classes].sum()), int(objects[classes].sum())
    return Finding(
        kind="suspicious-truth",
        severity=Severity.NOTE,
        title=f"The truth of {listed(names)} holds {found:,} specks below {SPECK_PX} px, {percent(found / of)} of its "
        "components: slips of annotation, perhaps",
        class_index=int(classes[0]) if len(classes) == 1 else None,
        measures={"specks_count": float(found), "specks_fraction": found / of},
        evidence=from_rows(tally, int(classes[0]), "specks_gt"),
        advice="Look at a few; if they are slips, remove components below a size from the truth.",
    )


def _swapped(tally: Tally) -> NDArray[np.int64]:
    """Rows of `objects`: large, hardly recalled, met almost exactly by a predicted region of another class, where the
    model is reliable in both classes and rarely takes the one for the other."""
    names = ("class_index", "swap_class", "area_px", "recalled_px", "swap_inter_px", "swap_union_px")
    true, swap, area, recalled, inter, union = (tally.object(name) for name in names)
    precision, recall = (METRICS[name].compute(tally.total) for name in ("precision", "recall"))
    with np.errstate(invalid="ignore"):
        clear = (swap >= 0) & (area >= MIN_AREA_PX) & (recalled <= 0.1 * area) & (inter >= SAME_REGION * union)
        clear &= (precision[swap] >= RELIABLE) & (recall[true] >= RELIABLE)
    rows, k = np.flatnonzero(clear), len(tally.categories)
    taken = np.bincount(true[rows] * k + swap[rows], minlength=k * k).reshape(k, k)
    large = np.bincount(true[area >= MIN_AREA_PX], minlength=k)
    return rows[taken[true[rows], swap[rows]] <= RARELY * large[true[rows]]]


def _mislabelled(tally: Tally, rows: NDArray[np.int64]) -> Finding:
    area = tally.object("area_px")[rows]
    worst = int(rows[np.argmax(area)])
    true, swap = (tally.categories.names[int(tally.object(name)[worst])] for name in ("class_index", "swap_class"))
    where = tally.image_ids[int(tally.object("image_index")[worst])]
    return Finding(
        kind="suspicious-truth",
        severity=Severity.NOTE,
        title=f"{count(len(rows), 'true region')} may carry the wrong class: the largest candidate is {true} in the "
        f"truth of {where}, and predicted as {swap} in the same outline",
        class_index=int(tally.object("class_index")[worst]),
        measures={"candidates_count": float(len(rows)), "largest_px": float(area.max())},
        evidence=from_objects(tally, rows, area),
        advice="Look at them before you relabel: the model may be wrong, these are candidates only.",
    )
