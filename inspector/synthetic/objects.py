"""Objects of a scene: their shapes, where they stand, and how large they look from there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.synthetic.noise import smooth_noise

__all__ = ["OBJECTS", "REFERENCE_HEIGHT", "View", "box", "disc", "paint_objects", "stamp"]

REFERENCE_HEIGHT = 360  # lengths named "unit" are px of an image this high


@dataclass(frozen=True)
class View:
    """The camera of one scene. What stands at the horizon is infinitely small, at the lower edge it has full size."""

    height: int
    width: int
    horizon: int  # row
    vanishing: float  # column

    @property
    def unit(self) -> float:
        return self.height / REFERENCE_HEIGHT


Floats = NDArray[np.floating[Any]]


def _vehicle(y: Floats, x: Floats) -> Floats:
    body = np.minimum(1 - np.abs(x), 0.62 - np.abs(y - 0.22))
    cabin = np.minimum(0.62 - np.abs(x) - 0.2 * y * (y < 0), 0.95 - np.abs(y))
    wheel = 0.28 - np.hypot(np.abs(x) - 0.6, (y - 0.78) * 0.8)
    return np.maximum(np.maximum(body, cabin - 0.02), wheel)


def box(y: Floats, x: Floats) -> Floats:
    return np.minimum(0.97 - np.abs(x), 0.97 - np.abs(y))


def disc(y: Floats, x: Floats) -> Floats:
    return 0.97 - np.hypot(x, y)


def _upright(y: Floats, x: Floats) -> Floats:
    head = 0.36 - np.hypot(x, (y + 0.8) * 2.2)
    torso = np.minimum(0.72 - 0.25 * np.abs(y) - np.abs(x), 0.5 - np.abs(y + 0.2))
    legs = np.minimum(0.24 - np.abs(np.abs(x) - 0.36), 0.45 - np.abs(y - 0.55))
    return np.maximum(np.maximum(head, torso), legs)


def _wheeled(y: Floats, x: Floats) -> Floats:
    wheels = 0.16 - np.abs(0.34 - np.hypot(np.abs(x) - 0.6, (y - 0.45) * 0.8))
    frame = np.minimum(0.14 - np.abs(y + 0.1 - 0.3 * np.abs(x)), 0.75 - np.abs(x))
    return np.maximum(np.maximum(wheels, frame), 0.16 - np.hypot(x * 0.6, y + 0.55))


_Shape = Callable[[Floats, Floats], Floats]  # y (h, 1), x (1, w) in [-1, 1] -> (h, w), positive inside
# role: (shapes, height in units of 360 px at full size, width / height, most in one image)
OBJECTS: dict[str, tuple[tuple[_Shape, ...], float, float, int]] = {
    "vehicle": ((_vehicle, _vehicle, box), 190, 1.5, 8),
    "large vehicle": ((box,), 330, 1.3, 1),
    "upright": ((_upright,), 250, 0.36, 7),
    "wheeled": ((_wheeled,), 130, 1.4, 4),
    "sign": ((box, disc), 60, 1.0, 7),
    "pole": ((box,), 420, 0.03, 8),
}


def paint_objects(
    canvas: NDArray[np.uint8], by_role: dict[str, list[int]], view: View, rng: np.random.Generator
) -> None:
    """Place the objects of every class on the canvas, in place; `by_role` gives the class indices of each role."""
    placed: list[tuple[float, str, int]] = []
    for role, (_, _, _, most) in OBJECTS.items():
        for index in by_role.get(role, ()):
            # most things are far away, hence small
            placed += [(0.03 + 0.75 * rng.random() ** 2.2, role, index) for _ in range(rng.integers(1, most + 1))]
    for depth, role, index in sorted(placed):
        _place(canvas, role, index, depth, view, rng)


def _place(
    canvas: NDArray[np.uint8], role: str, index: int, depth: float, view: View, rng: np.random.Generator
) -> None:
    shapes, full_height, aspect, _ = OBJECTS[role]
    foot = view.horizon + depth * (view.height - view.horizon)
    tall = max(3.0, full_height * view.unit * depth * rng.uniform(0.8, 1.2))
    wide = max(1.0, tall * aspect * rng.uniform(0.8, 1.25))
    if role == "sign":  # signs hang; even far ones are large enough to be read
        tall, wide = tall + 7 * view.unit, wide + 5 * view.unit
        foot = view.horizon - rng.uniform(-0.1, 0.5) * view.horizon
    if role == "pole":
        foot, wide = min(foot, view.horizon + 0.3 * view.height), max(wide, 1.6 * view.unit)
        tall = max(tall, rng.uniform(0.15, 0.7) * view.height)
    center_column = rng.uniform(0, view.width)
    stamp(canvas, index, (foot - tall / 2, center_column), (tall, wide), shapes[rng.integers(len(shapes))], rng)


def stamp(
    canvas: NDArray[np.uint8],
    index: int,
    center: tuple[float, float],
    size: tuple[float, float],
    shape: _Shape,
    rng: np.random.Generator,
) -> None:
    """Draw `shape` (positive inside [-1, 1] x [-1, 1]) with a border as rough as an annotator's."""
    top, left = (max(0, int(c - s / 2)) for c, s in zip(center, size, strict=True))
    bottom, right = (min(n, int(c + s / 2) + 1) for c, s, n in zip(center, size, canvas.shape, strict=True))
    if top >= bottom or left >= right:
        return
    y = ((np.arange(top, bottom) - center[0]) * (2 / size[0])).astype(np.float32)[:, None]
    x = ((np.arange(left, right) - center[1]) * (2 / size[1])).astype(np.float32)[None, :]
    inside = shape(y, x)
    if min(size) > 6:
        inside = inside + smooth_noise(inside.shape, max(2.0, min(size) / 6), rng) * np.float32(0.07)
    canvas[top:bottom, left:right][inside > 0] = index
