"""Are the predictions worse along the image border than just inside it?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inspector.findings import Finding, Severity
from inspector.intervals import Resamples
from inspector.loss import gain_of_wrong_pixels
from inspector.proof import from_images
from inspector.tally import Profile, Profiles, Tally
from inspector.wording import listed, percent

__all__ = ["analyze"]

BAND = 0.04  # of the shorter side: what padding reaches into
INSIDE = (0.08, 0.16)  # of the shorter side: the band just inside, with much the same content
MIN_RATIO = 1.5  # error rate at the border against just inside
MIN_RISE = 0.02  # of the pixels: a ratio of two tiny rates is no finding
MIN_SIDES = 3  # of four: content (sky, a bonnet) makes one or two sides harder, padding makes all
MIN_VALID_PX = 1000  # in each band


def analyze(tally: Tally, resamples: Resamples) -> Iterator[Finding]:
    """One finding when at least MIN_SIDES sides are worse by MIN_RATIO and MIN_RISE, over all image sizes."""
    sides = {side: _rates(tally.profiles, side) for side in ("top", "bottom", "left", "right")}
    worse = [
        side for side, (border, inside) in sides.items() if border >= MIN_RATIO * inside and border - inside >= MIN_RISE
    ]
    if len(worse) >= MIN_SIDES:
        yield _finding(tally, sides, worse)


def _rates(profiles: Profiles, side: str) -> tuple[float, float]:
    """(error rate of the border band, of the band just inside) of one side; (0, 0) where too little is valid."""
    bands = np.zeros((2, 2), np.int64)  # border, inside x wrong, valid
    for shape, profile in profiles.by_shape.items():
        short = min(shape)
        wrong, valid = _lines(profile, side)
        for band, (start, stop) in enumerate(((0.0, BAND), INSIDE)):
            lines = slice(round(start * short), max(1, round(stop * short)))
            bands[band] += int(wrong[lines].sum()), int(valid[lines].sum())
    if (bands[:, 1] < MIN_VALID_PX).any():
        return 0.0, 0.0
    border, inside = bands[:, 0] / bands[:, 1]
    return float(border), float(inside)


def _lines(profile: Profile, side: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(wrong, valid) by line, from that side inwards."""
    by = "row" if side in ("top", "bottom") else "column"
    wrong, valid = getattr(profile, f"wrong_by_{by}"), getattr(profile, f"valid_by_{by}")
    return (wrong, valid) if side in ("top", "left") else (wrong[::-1], valid[::-1])


def _border_part(tally: Tally, sides: list[str]) -> float:
    """Share of all wrong pixels that lie in the border bands of these sides; corners count once for each."""
    total = at_border = 0
    for shape, profile in tally.profiles.by_shape.items():
        total += int(profile.wrong_by_row.sum())
        lines = max(1, round(BAND * min(shape)))
        at_border += sum(int(_lines(profile, side)[0][:lines].sum()) for side in sides)
    return min(1.0, at_border / total) if total else 0.0


def _finding(tally: Tally, sides: dict[str, tuple[float, float]], worse: list[str]) -> Finding:
    border = float(np.mean([sides[side][0] for side in worse]))
    inside = float(np.mean([sides[side][1] for side in worse]))
    part = (border - inside) / border * _border_part(tally, worse)
    where = "along the whole image border" if len(worse) == len(sides) else f"at the border ({listed(worse)})"
    return Finding(
        kind="image-border-worse",
        severity=Severity.WARNING,
        title=f"Predictions are worse {where}: {percent(border)} of the pixels in the outer {percent(BAND)} are wrong, "
        f"{percent(inside)} just inside",
        gain=gain_of_wrong_pixels(tally.total, part),
        measures={
            "error_at_border_fraction": border,
            "error_inside_fraction": inside,
            "wrong_part_fraction": part,
            **{f"error_{side}_fraction": rates[0] for side, rates in sides.items()},
        },
        evidence=from_images(np.arange(tally.n_images), tally.image("valid_px") - tally.image("correct_px")),
        advice="Pad by reflection instead of zeros, or predict on a larger crop and cut its rim off.",
    )
