"""Truth: label maps laid out like street scenes, as ragged and specked as hand-made ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from inspector.synthetic.noise import displaced, rough_noise, smooth_noise
from inspector.synthetic.objects import View, box, disc, paint_objects, stamp
from inspector.synthetic.street import VOID, scene_class

__all__ = ["REGIONS", "make_scene"]


def make_scene(height: int, width: int, classes: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """(height, width) uint8: a random scene of class indices 0 .. classes - 1, and VOID (255) where there is no truth.

    Large regions with ragged borders, objects of every size, thin structures, a few rare classes, unlabelled specks.
    The same state of `rng` gives the same scene. Raises ValueError for a side below 16 px or classes outside [1, 255].
    """
    if min(height, width) < 16 or not 1 <= classes <= VOID:
        raise ValueError(f"expected sides of 16 px or more and 1 to 255 classes, got {height} x {width}, {classes}")
    horizon = round(height * rng.uniform(0.4, 0.55))
    view = View(height, width, horizon, width * rng.uniform(0.35, 0.65))
    present = [i for i in range(classes) if rng.random() < scene_class(i).presence]
    by_role: dict[str, list[int]] = {}
    for index in present:
        by_role.setdefault(scene_class(index).role, []).append(index)
    canvas = np.full((height, width), _first(by_role, "sky", "backdrop", "ground"), dtype=np.uint8)
    for role, paint in REGIONS.items():
        for index in by_role.get(role, ()):
            paint(canvas, index, view, rng)
    paint_objects(canvas, by_role, view, rng)
    canvas = _ragged(canvas, view, rng)
    _paint_void(canvas, view, rng)
    return canvas


def _first(by_role: dict[str, list[int]], *roles: str) -> int:
    return next(by_role[role][0] for role in roles if role in by_role)


# ---- regions, back to front -----------------------------------------------------------------------------------------


def _paint_backdrop(canvas: NDArray[np.uint8], index: int, view: View, rng: np.random.Generator) -> None:
    """Buildings: a stepped skyline that reaches down to the ground."""
    houses = rng.integers(5, 11)
    edges = np.sort(rng.integers(0, view.width, houses))
    tops = rng.uniform(-0.1, 0.95, houses + 1) * view.horizon
    distance = np.abs(np.arange(view.width) - view.vanishing) / view.width
    top = tops[np.searchsorted(edges, np.arange(view.width))] + (0.25 - distance) * view.horizon * 0.8
    rows = np.arange(view.horizon, dtype=np.float32)[:, None]
    region = canvas[: view.horizon]
    region[rows >= top.astype(np.float32)[None, :]] = index


def _paint_foliage(canvas: NDArray[np.uint8], index: int, view: View, rng: np.random.Generator) -> None:
    """Trees: crowns with leaves at the edge and holes through which the sky shows."""
    reach = min(view.height, view.horizon + round(8 * view.unit))
    shape = (reach, view.width)
    rows = (np.arange(reach, dtype=np.float32) / np.float32(reach))[:, None]
    field = smooth_noise(shape, 110 * view.unit, rng)
    field += rows * np.float32(0.5) - np.float32(rng.uniform(0.25, 0.55))
    field += smooth_noise(shape, 14 * view.unit, rng) * np.float32(0.15)
    field += smooth_noise(shape, 2.6 * view.unit**0.85, rng) * np.float32(0.12)
    canvas[:reach][field > 0] = index


def _paint_ground(canvas: NDArray[np.uint8], index: int, view: View, rng: np.random.Generator) -> None:
    wobble = 6 * view.unit * rough_noise((1, view.width), 60 * view.unit, rng)[0]
    rows = np.arange(view.height, dtype=np.float32)[:, None]
    canvas[rows > np.float32(view.horizon) + wobble[None, :]] = index


def _paint_verge(canvas: NDArray[np.uint8], index: int, view: View, rng: np.random.Generator) -> None:
    """Sidewalk or terrain: what lies beside the road, on one side or both, widening towards the camera."""
    rows = np.arange(view.horizon, view.height, dtype=np.float32)
    depth = (rows - view.horizon) / (view.height - view.horizon)
    wobble = 5 * view.unit * rough_noise((len(rows), 1), 30 * view.unit, rng)[:, 0]
    columns = np.arange(view.width, dtype=np.float32)[None, :]
    region = canvas[view.horizon :]
    for side in (-1, 1):
        if rng.random() < 0.25:
            continue
        edge = view.vanishing + side * (view.width * (0.02 + rng.uniform(0.3, 0.7) * depth) + wobble)
        region[(columns - edge.astype(np.float32)[:, None]) * side > 0] = index


def _paint_band(canvas: NDArray[np.uint8], index: int, view: View, rng: np.random.Generator) -> None:
    """Fences and walls along the horizon, with gaps between slats in half of them."""
    length = round(view.width * rng.uniform(0.15, 0.4))
    start = int(rng.integers(0, max(1, view.width - length)))
    bottom = view.horizon + round(rng.uniform(2, 14) * view.unit)
    tall = round(rng.uniform(12, 34) * view.unit)
    slope = rng.uniform(-0.06, 0.06)
    columns = np.arange(start, min(start + length, view.width))
    if rng.random() < 0.5:
        period = max(4, round(7 * view.unit))
        columns = columns[(columns % period) < period - max(1, period // 4)]
    for column in columns:
        shift = round(slope * (column - start))
        canvas[max(0, bottom - tall + shift) : bottom + shift, column] = index


REGIONS: dict[str, Callable[[NDArray[np.uint8], int, View, np.random.Generator], None]] = {
    "backdrop": _paint_backdrop,
    "foliage": _paint_foliage,
    "ground": _paint_ground,
    "verge": _paint_verge,
    "band": _paint_band,
}


# ---- what an annotator leaves ---------------------------------------------------------------------------------------


def _ragged(canvas: NDArray[np.uint8], view: View, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The canvas read through a displacement of about a pixel: no border of a hand-made mask is smooth."""
    return displaced(canvas, 1.2 * view.unit**0.5, 4.0 * view.unit**0.5, rng)


def _paint_void(canvas: NDArray[np.uint8], view: View, rng: np.random.Generator) -> None:
    """Unlabelled specks along borders, a few unlabelled regions, and in some images the frame and the own car."""
    borders = np.flatnonzero(canvas[:, 1:] != canvas[:, :-1])
    specks = rng.choice(borders, size=len(borders) // 30) if len(borders) else borders
    rows, columns = np.divmod(specks, canvas.shape[1] - 1)
    canvas[rows, columns] = VOID
    for _ in range(rng.integers(0, 5)):
        center = (rng.uniform(0, view.height), rng.uniform(0, view.width))
        size = rng.uniform(6, 40, 2) * view.unit
        stamp(canvas, VOID, center, (size[0], size[1]), disc if rng.random() < 0.5 else box, rng)
    if rng.random() < 0.3:
        frame = max(1, round(2 * view.unit))
        canvas[:frame] = canvas[-frame:] = VOID
        canvas[:, :frame] = canvas[:, -frame:] = VOID
    if rng.random() < 0.3:
        stamp(canvas, VOID, (view.height, view.width / 2), (0.16 * view.height, 1.3 * view.width), disc, rng)
