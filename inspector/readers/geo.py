"""Where the pixels of a GeoTIFF lie, as a value that two masks of a pair can compare."""

from __future__ import annotations

from typing import Any

__all__ = ["geo_frame"]

_SCALE, _TIEPOINT, _TRANSFORMATION = 33550, 33922, 34264  # GeoTIFF 1.1, section 6.1
_DIGITS = 9  # of a pixel size: writers differ in the last bits of a double
_DECIMALS = 3  # of an origin in pixels: a thousandth of a pixel moves no label


def geo_frame(tags: Any) -> tuple[object, ...] | None:
    """The affine transform of a page's `tags` as rounded numbers, or None where it has none.

    ("affine", x per column, x per row, y per column, y per row, origin x, origin y), the origin in pixel sizes;
    ("tiepoints", …) where only ground control points are given.
    """
    scale, tiepoint, matrix = (tags.valueof(code) for code in (_SCALE, _TIEPOINT, _TRANSFORMATION))
    if matrix is not None and len(matrix) == 16:
        return _affine(matrix[0], matrix[1], matrix[4], matrix[5], matrix[3], matrix[7])
    if scale is not None and tiepoint is not None and len(scale) >= 2 and len(tiepoint) == 6:
        column, row, _, x, y, _ = tiepoint
        return _affine(scale[0], 0.0, 0.0, -scale[1], x - column * scale[0], y + row * scale[1])
    if tiepoint is not None:
        return ("tiepoints", *(float(f"{value:.{_DIGITS}g}") for value in tiepoint))
    return None


def _affine(xx: float, xy: float, yx: float, yy: float, x: float, y: float) -> tuple[object, ...]:
    size_x, size_y = max(abs(xx), abs(xy)) or 1.0, max(abs(yx), abs(yy)) or 1.0
    steps = (float(f"{value:.{_DIGITS}g}") + 0.0 for value in (xx, xy, yx, yy))  # + 0.0: no negative zero
    return ("affine", *steps, round(x / size_x, _DECIMALS) + 0.0, round(y / size_y, _DECIMALS) + 0.0)
