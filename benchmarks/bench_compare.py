"""What `inspect compare` costs: two runs of 10,000 images and 19 classes, 2,000 resamples.

    python -m benchmarks.bench_compare

Run A is drawn and inspected once and kept below benchmarks/data; B is A with other predictions: in each image some
pixels of each class move from right to wrong, or back. Once scenes are what is resampled, as in A, and once each image
is, which costs most; then with metadata, of which each value is a slice.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.make_pairs import DATA
from benchmarks.measure import markdown_table, run
from inspector.tables import write_metadata

SPREAD = 0.05  # of the pixels of a class that move in an image, as a standard deviation
SLICES = (3, 10, 30)  # values of the columns of metadata


def other_predictions(source: Path, out: Path, seed: int, effect: float) -> Path:
    """A copy of a run folder, as if predicted by another model: recall of each class moved by about `effect`."""
    shutil.copytree(source, out)
    classes, images = (pq.read_table(source / f"{name}.parquet") for name in ("classes", "images"))
    gt, pred, tp, wrong, image = (
        classes[name].to_numpy() for name in ("gt_px", "pred_px", "tp_px", "fn_extent_px", "image_index")
    )
    share = np.random.default_rng(seed).normal(effect, SPREAD, len(gt))
    moved = np.clip((share * gt).astype(np.int64), -tp, wrong)
    for name, values in (("tp_px", tp + moved), ("pred_px", pred + moved), ("fn_extent_px", wrong - moved)):
        classes = _with(classes, name, values)
    iou = (tp + moved) / np.maximum(gt + pred - tp, 1)  # the union stays as it is
    held = np.bincount(image, minlength=len(images))
    own = np.bincount(image, iou, len(images)) / np.maximum(held, 1)
    pq.write_table(classes, out / "classes.parquet", compression="zstd")
    pq.write_table(_with(images, "mean_iou", own), out / "images.parquet", compression="zstd")
    return out


def _with(table: Any, name: str, values: Any) -> Any:
    return table.set_column(table.column_names.index(name), name, pa.array(values))


def each_alone(run_folder: Path) -> None:
    """Make every image a group of its own."""
    path = run_folder / "images.parquet"
    table = pq.read_table(path)
    pq.write_table(_with(table, "group", table["image"].to_pylist()), path, compression="zstd")


def add_metadata(run_folder: Path) -> None:
    """A column for each of SLICES, of so many values by turns."""
    images = pq.read_metadata(run_folder / "images.parquet").num_rows
    write_metadata(run_folder, {f"of {n}": [f"value {i % n}" for i in range(images)] for n in SLICES})


def measure(a: Path, b: Path, resamples: int, repeats: int) -> list[str]:
    """Best CPU and wall time, and the highest memory, of so many runs."""
    command = [sys.executable, "-m", "inspector", "compare", str(a), str(b), "--resamples", str(resamples), "--quiet"]
    costs = [run(command) for _ in range(repeats)]
    best = (min(cost.cpu_s for cost in costs), min(cost.wall_s for cost in costs))
    return [*(f"{seconds:.1f}" for seconds in best), f"{max(cost.peak_mib for cost in costs):.0f}"]


def table_of(source: Path, resamples: int, repeats: int) -> str:
    """The lines of all workloads."""
    rows: list[Sequence[str]] = []
    with tempfile.TemporaryDirectory(prefix="bench-compare-") as name:
        sides = [other_predictions(source, Path(name) / side, seed, 0.01 * seed) for seed, side in enumerate("ab")]
        rows.append(["as they are grouped", *measure(*sides, resamples, repeats)])
        for side in sides:
            each_alone(side)
        rows.append(["each image alone", *measure(*sides, resamples, repeats)])
        add_metadata(sides[1])
        rows.append([f"and {sum(SLICES)} slices", *measure(*sides, resamples, repeats)])
    return markdown_table(("what is resampled", "CPU, s", "wall, s", "peak memory, MiB"), rows)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a run folder to begin with; default: one is made and kept")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    source = given.run or DATA / f"report-run-{given.images}-images-{given.classes}-classes"
    if not (source / "inspection.json").is_file():
        from benchmarks.report_run import make_run

        make_run(source, given.images, given.classes)
    print(table_of(source, given.resamples, given.repeats))


if __name__ == "__main__":
    _main()
