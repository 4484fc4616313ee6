"""Peak memory of `inspect` with 200 and with 2,000 pairs: it should not grow with their number."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from make_pairs import make_pairs
from measure import INSPECT, Cost, markdown_table, run


def measure(pairs: int) -> Cost:
    folder = make_pairs(pairs, 360, 480, 12, distinct=200)
    with tempfile.TemporaryDirectory() as scratch:
        where = [str(folder / "pred"), "--gt", str(folder / "gt"), "-o", str(Path(scratch) / "run")]
        labels = ("--num-classes", "12", "--ignore", "255")
        return run([INSPECT, *where, *labels, "--jobs", "1", "--quiet"])


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, nargs="+", default=[200, 2000])
    counts = parser.parse_args().pairs
    rows = []
    for pairs in counts:
        cost = measure(pairs)
        rows.append([str(pairs), f"{cost.peak_mib:.0f}", f"{cost.cpu_s:.1f}", f"{cost.wall_s:.1f}"])
    print(markdown_table(("pairs of 480 × 360, 12 classes, one worker", "peak MiB", "CPU s", "wall s"), rows))


if __name__ == "__main__":
    _main()
