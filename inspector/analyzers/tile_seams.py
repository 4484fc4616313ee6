"""Do errors pile up along a regular grid, as where tiles were predicted apart and joined?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import gain_of_wrong_pixels
from inspector.metrics import ratio
from inspector.proof import from_images
from inspector.tally import Tally
from inspector.wording import listed, percent

__all__ = ["Seams", "analyze", "find_seams"]

PERIODS_PX = range(32, 1025)  # tile strides in use
MIN_SEAMS = 3  # one or two lines of errors may be a thing in the scene
REACH_PX = 6  # lines beside a seam that are counted too, less with distance: blends and wobbling seams are wide
AROUND_PX = 14  # the neighbourhood that a seam is held against: wider than a seam, narrower than half a tile
MIN_RATIO = 1.2  # error rate at the seams against their neighbourhood
MIN_Z = 6.0  # standard deviations above what lines elsewhere do: 1,000 periods and two directions are tried
ALL_RAISED = 0.8  # of the seams: a multiple of the period raises all, a fraction of it only some


@dataclass(frozen=True)
class Seams:
    """A grid of errors: its period, the mean error rate at the seams and around them, and how clear it is.

    excess_px is how many wrong pixels the seams have more than their neighbourhood.
    """

    period_px: int
    count: int
    rate: float
    rate_around: float
    excess_px: float
    z: float


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding for the image size with the clearest grid, told of both directions where both have one."""
    grids = {
        shape: {
            "columns": find_seams(profile.wrong_by_column, profile.valid_by_column),
            "rows": find_seams(profile.wrong_by_row, profile.valid_by_row),
        }
        for shape, profile in tally.profiles.by_shape.items()
    }
    clearest = max(grids, key=lambda shape: max((s.z for s in grids[shape].values() if s), default=0.0), default=None)
    if clearest is not None and any(grids[clearest].values()):
        yield _finding(tally, clearest, {way: seams for way, seams in grids[clearest].items() if seams})


def find_seams(wrong: NDArray[np.int64], valid: NDArray[np.int64]) -> Seams | None:
    """The grid of raised error along a profile of (n,) wrong and valid pixels by line; None where there is none.

    A seam of period p lies between lines kp - 1 and kp. Of the periods whose seams are (nearly) all raised, the
    clearest wins: its multiples are raised as high, but leave seams out.
    """
    rate = np.nan_to_num(ratio(wrong, valid))
    at, around = _at_and_around(rate)
    usual = (at - around) - np.median(at - around)
    spread = max(1.4826 * float(np.median(np.abs(usual))), 1e-9)
    clear = {}
    for period in PERIODS_PX:
        seams = _places(len(rate), period)
        if len(seams) < MIN_SEAMS:
            break
        z = float(usual[seams].mean()) / spread * math.sqrt(len(seams))
        if z >= MIN_Z and (usual[seams] > 2 * spread).mean() >= ALL_RAISED:
            clear[period] = z
    if not clear:
        return None
    period = max(clear, key=lambda each: clear[each])
    seams = _places(len(rate), period)
    excess_px = float((usual[seams] * valid[seams]).sum()) * REACH_PX  # the weights fall to 0 over REACH_PX
    best = Seams(period, len(seams), float(at[seams].mean()), float(around[seams].mean()), excess_px, clear[period])
    return best if best.rate >= MIN_RATIO * best.rate_around else None


def _places(lines: int, period: int) -> NDArray[np.int64]:
    return np.arange(period, lines - REACH_PX, period)


def _at_and_around(rate: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(n,) error rate at the seam before each line, weighted by nearness; and the median of its neighbourhood."""
    padded = np.pad(rate, AROUND_PX, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND_PX)[: len(rate)]
    distance = np.abs(np.arange(-AROUND_PX, AROUND_PX) + 0.5)
    weights = np.maximum(0.0, REACH_PX - distance)
    return windows @ (weights / weights.sum()), np.median(windows, axis=1)


def _finding(tally: Tally, shape: tuple[int, int], grids: dict[str, Seams]) -> Finding:
    of_size = np.flatnonzero((tally.image("height") == shape[0]) & (tally.image("width") == shape[1]))
    wrong = tally.image("valid_px") - tally.image("correct_px")
    part = min(1.0, sum(seams.excess_px for seams in grids.values()) / float(wrong.sum()))
    clearest = max(grids.values(), key=lambda seams: seams.z)
    where = listed([f"{seams.period_px} px of the {way}" for way, seams in grids.items()])
    return Finding(
        kind="tile-seams",
        severity=Severity.ERROR,
        title=f"Errors pile up at every {where}, as at the seams of tiles: {percent(clearest.rate)} of the pixels "
        f"there are wrong, {percent(clearest.rate_around)} around them",
        gain=gain_of_wrong_pixels(tally.total, part),
        measures={
            **{f"period_{way}_px": float(seams.period_px) for way, seams in grids.items()},
            "seams_count": float(sum(seams.count for seams in grids.values())),
            "error_at_seams_fraction": clearest.rate,
            "error_around_fraction": clearest.rate_around,
            "wrong_part_fraction": part,
            "images_count": float(tally.profiles.by_shape[shape].images),
        },
        evidence=from_images(of_size, wrong[of_size]),
        advice="Predict tiles with overlap and blend them, or drop the rim of each tile before joining.",
    )
