"""Which of many images are measured where a few are enough."""

from __future__ import annotations

__all__ = ["evenly_spaced"]


def evenly_spaced(n: int, most: int) -> tuple[int, ...]:
    """At most `most` of the indices 0 ... n - 1, rising, at even distances and without chance; the middle one for one.

    Raises ValueError for `most` below 1.
    """
    if most < 1:
        raise ValueError(f"at least one image must be measured, not {most}")
    if n <= most:
        return tuple(range(n))
    return tuple((2 * i + 1) * n // (2 * most) for i in range(most))
