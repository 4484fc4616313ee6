"""Settings: lengths to the pixel, at the places where rounding or a fraction decides."""

from __future__ import annotations

import dataclasses
import math

import pytest

from inspector.settings import CURVE_MULTIPLES, SIZES, TRIMAP_MULTIPLES, Settings


def test_the_defaults_are_those_of_the_definitions() -> None:
    settings = Settings()
    assert (settings.tolerance, settings.boundary_width, settings.error_width) == (0.0075, 0.02, 0.01)
    assert settings.object_edges_px == (32**2, 96**2) and settings.object_recall_threshold == 0.5


def test_a_length_below_one_is_a_fraction_of_the_diagonal_and_else_in_px() -> None:
    assert Settings().widths(300, 400).tolerance == 0.0075 * 500
    assert Settings(tolerance=2).widths(300, 400).tolerance == 2
    assert Settings(tolerance=0.999).widths(300, 400).tolerance == 0.999 * 500
    assert Settings(boundary_width=1).widths(3000, 4000).boundary == 1


@pytest.mark.parametrize(("height", "width", "boundary"), [(1, 1, 1), (30, 40, 1), (75, 100, 2), (360, 480, 12)])
def test_the_boundary_width_is_rounded_and_at_least_one(height: int, width: int, boundary: int) -> None:
    assert Settings().widths(height, width).boundary == boundary == max(1, round(0.02 * math.hypot(height, width)))


def test_half_a_pixel_is_rounded_to_even() -> None:
    assert Settings(boundary_width=2.5).widths(10, 10).boundary == 2
    assert Settings(boundary_width=3.5).widths(10, 10).boundary == 4


def test_the_curves_hold_the_width_itself() -> None:
    widths = Settings().widths(360, 480)
    assert widths.curve[CURVE_MULTIPLES.index(1.0)] == widths.tolerance
    assert widths.trimaps[TRIMAP_MULTIPLES.index(1.0)] == widths.boundary
    assert all(width >= 1 for width in Settings().widths(1, 1).trimaps)


@pytest.mark.parametrize(("area", "size"), [(0, 0), (1023, 0), (1024, 1), (9215, 1), (9216, 2), (10**9, 2)])
def test_sizes_are_half_open_at_their_edges(area: int, size: int) -> None:
    assert Settings().size_of(area) == size
    assert len(SIZES) == 3


def test_settings_cannot_change_while_they_are_used() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().seed = 1  # type: ignore[misc]
