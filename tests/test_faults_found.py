"""End to end on made scenes: each fault of a pipeline is found, and on a clean set of predictions none is."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.analyzers import analyze_all
from inspector.findings import Finding, Severity
from inspector.synthetic import DUPLICATED, FAULTS, make_pair
from tests.pictures import tally_of_masks

CLASSES = 8
NAMES = tuple(f"class {c}" for c in range(CLASSES))

#: fault -> (kind that must be found, measures of it)
EXPECTED: dict[str, tuple[str, dict[str, float]]] = {
    "shifted": ("predictions-shifted", {"dx_px": 7, "dy_px": -4}),
    "flipped": ("predictions-flipped", {}),
    "transposed": ("predictions-transposed", {}),
    "rotated": ("predictions-rotated", {}),
    "labels-off-by-one": ("label-ids-permuted", {"classes_moved_count": CLASSES, "pred_0_means_id": 1}),
    "labels-permuted": ("label-ids-permuted", {"classes_moved_count": CLASSES, "pred_0_means_id": 1}),
    "interpolated": ("masks-interpolated", {}),
    "tiled": ("tile-seams", {"period_columns_px": 64, "period_rows_px": 64}),
    "border": ("image-border-worse", {}),
    "identical": ("identical-to-truth", {}),
    DUPLICATED: ("duplicate-images", {"copies_count": 4}),
}
SLIPS = {kind for kind, _ in EXPECTED.values()} | {"pairs-shuffled", "ignore-is-a-class", "predicts-ignore"}


def _findings(fault: str | None, shape: tuple[int, int] = (256, 320), seed: int = 0) -> tuple[Finding, ...]:
    height, width = (256, 256) if fault == "transposed" else shape
    made = [make_pair(i, height, width, CLASSES, seed, [fault] if fault else []) for i in range(20)]
    return analyze_all(tally_of_masks([(pair.gt, pair.pred) for pair in made], NAMES))


def test_every_fault_that_can_be_made_is_expected_here() -> None:
    assert set(EXPECTED) == {*FAULTS, DUPLICATED}


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_fault_is_found_and_comes_first(fault: str) -> None:
    kind, measures = EXPECTED[fault]
    findings = _findings(fault)
    found = next(each for each in findings if each.kind == kind)
    assert {name: found.measures[name] for name in measures} == measures
    assert found.evidence
    assert {each.kind for each in findings if each.kind in SLIPS} == {kind}
    if kind != "duplicate-images":
        assert findings[0] is found


@pytest.mark.parametrize(("seed", "shape"), [(1, (256, 320)), (2, (200, 200)), (3, (150, 400))])
def test_a_clean_set_of_poor_predictions_has_no_fault(seed: int, shape: tuple[int, int]) -> None:
    findings = _findings(None, shape, seed)
    assert [each for each in findings if each.kind in SLIPS or each.severity == Severity.ERROR] == []
    assert findings  # the model errs, and that is told
    assert all(np.isfinite(each.gain) and each.gain >= 0 for each in findings)
    assert all(each.title and each.advice for each in findings)
