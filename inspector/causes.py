"""`CauseTable`: what part each cause has in the loss of each class, how sure that is, and what it would give back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.intervals import Interval, Resamples
from inspector.loss import CAUSES, gains, loss_shares
from inspector.metrics import METRICS, ratio
from inspector.tally import Tally

__all__ = ["CauseTable", "cause_table"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class CauseTable:
    """Each (K,) float64 by cause, NaN for a class without a loss.

    share      of the union: the causes of a class sum to 1 - IoU
    part       of the wrong pixels of the class: the causes sum to 1
    low, high  the interval of `part`
    gain       the rise of mIoU were exactly these pixels of this class right
    background class indices whose loss only mirrors that of the others
    """

    share: dict[str, Floats]
    part: dict[str, Floats]
    low: dict[str, Floats]
    high: dict[str, Floats]
    gain: dict[str, Floats]
    background: tuple[int, ...]

    def main(self, cause: str, min_share: float, min_part: float) -> list[int]:
        """The classes, background aside, for which a cause costs `min_share` of IoU and is `min_part` of the loss, and
        surely so: the interval of the part stays above half of `min_part`."""
        with np.errstate(invalid="ignore"):
            told = (self.share[cause] >= min_share) & (self.part[cause] >= min_part) & (self.low[cause] > min_part / 2)
        return [int(i) for i in np.flatnonzero(told) if i not in self.background]

    def interval(self, cause: str, class_index: int) -> Interval:
        """Of the part that the cause has in the loss of the class."""
        return float(self.low[cause][class_index]), float(self.high[cause][class_index])


def cause_table(tally: Tally, resamples: Resamples) -> CauseTable:
    """The causes of every class of a tally."""
    share = loss_shares(tally.total)
    loss = 1.0 - METRICS["iou"].compute(tally.total)
    drawn = loss_shares(resamples.columns)
    drawn_loss = 1.0 - METRICS["iou"].compute(resamples.columns)
    bounds = {cause: resamples.class_interval(ratio(drawn[cause], drawn_loss)) for cause in CAUSES}
    return CauseTable(
        share=share,
        part={cause: ratio(share[cause], loss) for cause in CAUSES},
        low={cause: low for cause, (low, _) in bounds.items()},
        high={cause: high for cause, (_, high) in bounds.items()},
        gain=gains(tally.total),
        background=tally.categories.background,
    )
