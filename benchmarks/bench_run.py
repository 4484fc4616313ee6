"""CPU time of a whole run of `inspect` with one worker, in multiples of only decoding the same files."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
from make_pairs import make_pairs
from measure import INSPECT, markdown_table, run

ORACLES = Path(__file__).resolve().parents[2] / "shared" / "oracles" / "A"


@dataclass(frozen=True)
class Workload:
    """A set of pairs and the options that make it readable."""

    title: str
    folder: Path  # gt/ and pred/ in it
    options: tuple[str, ...]

    def names(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "gt").iterdir())


@dataclass(frozen=True)
class Timing:
    """Best CPU seconds over the repeats: of decoding all, inspecting all, inspecting the first half."""

    pairs: int
    half: int
    floor_s: float
    run_s: float
    half_s: float

    @property
    def marginal_s(self) -> float:
        """Seconds for each further pair."""
        return (self.run_s - self.half_s) / (self.pairs - self.half)

    @property
    def fixed_s(self) -> float:
        """Seconds that a run of no pairs would take, on the line through both runs."""
        return self.run_s - self.pairs * self.marginal_s


def measure(workload: Workload, repeats: int) -> Timing:
    names = workload.names()
    half = names[: len(names) // 2]
    with tempfile.TemporaryDirectory() as scratch:
        subset = _copied(workload.folder, half, Path(scratch) / "half")
        _inspect(_copied(workload.folder, names[:2], Path(scratch) / "warm"), workload.options)  # compiles and caches
        rounds = [
            (
                _decode_s(workload.folder, names),
                _inspect(workload.folder, workload.options),
                _inspect(subset, workload.options),
            )
            for _ in range(repeats)  # taking turns, so that a slow minute of the machine is slow for all three
        ]
    floor_s, run_s, half_s = (min(column) for column in zip(*rounds, strict=True))
    return Timing(len(names), len(half), floor_s, run_s, half_s)


def _decode_s(folder: Path, names: Sequence[str]) -> float:
    """CPU seconds to read and decode both files of every pair with the fastest ready-made decoder."""
    files = [folder / side / name for name in names for side in ("gt", "pred")]
    begin = time.process_time()
    for file in files:
        imagecodecs.png_decode(file.read_bytes())
    return time.process_time() - begin


def _inspect(folder: Path, options: Sequence[str]) -> float:
    """CPU seconds of a whole run: start-up, reading, counting, findings, intervals, run folder, report."""
    with tempfile.TemporaryDirectory() as scratch:
        where = [str(folder / "pred"), "--gt", str(folder / "gt"), "-o", str(Path(scratch) / "run")]
        return run([INSPECT, *where, *options, "--jobs", "1", "--quiet"]).cpu_s


def _copied(folder: Path, names: Sequence[str], to: Path) -> Path:
    """A folder of some of the pairs."""
    for side in ("gt", "pred"):
        (to / side).mkdir(parents=True)
        for name in names:
            shutil.copyfile(folder / side / name, to / side / name)
    return to


def _row(title: str, timing: Timing) -> list[str]:
    per_pair = 1000 / timing.pairs
    floor_ms = timing.floor_s * per_pair
    return [
        title,
        str(timing.pairs),
        f"{floor_ms:.2f}",
        f"{timing.run_s * per_pair:.2f}",
        f"**{timing.run_s / timing.floor_s:.1f}**",
        f"{timing.fixed_s:.2f}",
        f"{timing.marginal_s * 1000:.2f}",
        f"{timing.marginal_s * 1000 / floor_ms:.1f}",
    ]


def _workloads(pairs: int) -> list[Workload]:
    labels = ("--num-classes", "19", "--ignore", "255")
    found = [Workload("2048 × 1024, 19 classes", make_pairs(pairs, 1024, 2048, 19), labels)]
    if ORACLES.is_dir():
        found.append(Workload("set A, 480 × 360", ORACLES, ("--num-classes", "12", "--ignore", "11")))
    labels = ("--num-classes", "12", "--ignore", "255")
    found.append(Workload("480 × 360, 12 classes", make_pairs(400, 360, 480, 12), labels))
    return found


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100, help="how many large pairs")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = [_row(each.title, measure(each, options.repeats)) for each in _workloads(options.pairs)]
    header = ("CPU time, one worker", "pairs", "decode ms/pair", "run ms/pair", "run / decode")
    print(markdown_table((*header, "fixed s", "marginal ms/pair", "marginal / decode"), rows))


if __name__ == "__main__":
    _main()
