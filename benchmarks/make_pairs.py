"""Pairs to measure on, written as most masks are: 8-bit grey PNG by Pillow. Kept in benchmarks/data and reused."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from inspector.synthetic import make_pair

__all__ = ["DATA", "make_pairs"]

DATA = Path(__file__).resolve().parent / "data"


def make_pairs(pairs: int, height: int, width: int, classes: int, distinct: int | None = None, seed: int = 0) -> Path:
    """The folder, with gt/ and pred/, of so many pairs; class ids 0 .. classes - 1, void 255 in the truth.

    distinct  so many scenes are drawn; the pairs after them are the same ones moved sideways, so that no two files
              are equal (drawing is slow); None: all of them
    """
    distinct = min(distinct or pairs, pairs)
    folder = DATA / f"{width}x{height}-{classes}-classes-{pairs}-pairs-{distinct}-distinct-seed-{seed}"
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    for side in ("gt", "pred"):
        (folder / side).mkdir(parents=True)
    for first in range(distinct):
        pair = make_pair(first, height, width, classes, seed)
        for index in range(first, pairs, distinct):
            for side, ids in (("gt", pair.gt), ("pred", pair.pred)):
                moved = np.roll(ids, 7 * (index // distinct), axis=1)
                Image.fromarray(moved).save(folder / side / f"{index:05d}.png")
    (folder / "complete").touch()
    return folder


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--size", type=int, nargs=2, default=(1024, 2048), metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(make_pairs(options.pairs, *options.size, options.classes, seed=options.seed))


if __name__ == "__main__":
    _main()
