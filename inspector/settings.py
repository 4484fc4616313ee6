"""Every choice that changes a number, in one frozen record that is written into the document."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["CURVE_MULTIPLES", "ERROR_MULTIPLES", "SIZES", "TRIMAP_MULTIPLES", "Settings", "Widths"]

SIZES = ("small", "medium", "large")
CURVE_MULTIPLES = (0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)  # of the tolerance: boundary F1 over tolerance
TRIMAP_MULTIPLES = (0.25, 0.5, 1.0, 2.0)  # of the boundary width: the trimap curve
ERROR_MULTIPLES = (0.5, 1.0, 2.0, 4.0)  # of the error width: how the causes of loss move with it


@dataclass(frozen=True)
class Widths:
    """The lengths of one image, in px, derived from its diagonal."""

    tolerance: float  # boundary F1 and nsd: inclusive Euclidean distance
    curve: tuple[float, ...]  # the tolerances of the boundary F1 curve
    boundary: int  # d: chessboard width of boundary IoU and trimap IoU
    trimaps: tuple[int, ...]  # the widths of the trimap curve
    error: int  # w: Euclidean width of the error partition
    errors: tuple[int, ...]  # w at ERROR_MULTIPLES


@dataclass(frozen=True)
class Settings:
    """Choices of one inspection. A length below 1 is a fraction of the image diagonal, else it is in px."""

    ignore: tuple[int, ...] = ()
    tolerance: float = 0.0075
    boundary_width: float = 0.02
    error_width: float = 0.01
    object_edges_px: tuple[int, int] = (32 * 32, 96 * 96)  # small [0, e0), medium [e0, e1), large [e1, inf)
    object_recall_threshold: float = 0.5
    min_images: int = 20
    confidence: float = 0.95
    resamples: int = 1000
    seed: int = 0
    missing: str = "error"  # error | empty | skip
    unknown: str = "error"  # error | wrong
    spacing: tuple[float, float] | None = None  # (sy, sx) mm per px
    max_pixels: int = 1 << 28
    exclude: str | None = None  # file that names the images left out by choice

    def widths(self, height: int, width: int) -> Widths:
        diagonal = math.hypot(height, width)

        def length(value: float) -> float:
            return value * diagonal if value < 1 else value

        tolerance = length(self.tolerance)
        boundary = max(1, round(length(self.boundary_width)))  # Python rounds half to even, as the definition says
        return Widths(
            tolerance=tolerance,
            curve=tuple(m * tolerance for m in CURVE_MULTIPLES),
            boundary=boundary,
            trimaps=tuple(max(1, round(m * boundary)) for m in TRIMAP_MULTIPLES),
            error=round(length(self.error_width)),
            errors=tuple(round(m * length(self.error_width)) for m in ERROR_MULTIPLES),
        )

    def size_of(self, area_px: int) -> int:
        """Index into SIZES."""
        return int(area_px >= self.object_edges_px[0]) + int(area_px >= self.object_edges_px[1])
