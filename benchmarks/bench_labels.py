"""What measuring the labels of one image costs, beside counting the pair: CPU time of `measure_mask`, best of many."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from measure import markdown_table

from inspector import Mask, count_pair, numbered
from inspector.label_profile import measure_mask
from inspector.synthetic import make_pair

REPEATS = 30
SIZES = ((360, 480, 12), (1024, 2048, 19))


def _best_ms(work: Callable[[], object]) -> float:
    work()  # compiles, or loads what was compiled
    best = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return 1000 * best


def _row(height: int, width: int, classes: int) -> list[str]:
    pair, categories = make_pair(0, height, width, classes, 0), numbered(classes).with_ignored([255])
    gt, pred = Mask.from_labels(np.ascontiguousarray(pair.gt)), Mask.from_labels(np.ascontiguousarray(pair.pred))
    labels = _best_ms(lambda: measure_mask(gt, "classes", categories=categories))
    counted = _best_ms(lambda: count_pair(gt, pred, categories))
    return [f"{width} × {height}, {classes} classes", f"{labels:.1f}", f"{counted:.1f}", f"{labels / counted:.2f}"]


def _main() -> None:
    header = ["label map", "measure_mask ms", "count_pair ms", "measure / count"]
    print(markdown_table(header, [_row(*size) for size in SIZES]))


if __name__ == "__main__":
    _main()
