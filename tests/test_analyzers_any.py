"""Every analyzer on any counted data: no crash, no warning, and findings that can be believed in form."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analyzers import ANALYZERS, analyze_all
from inspector.intervals import class_intervals, headline_intervals, resample
from inspector.proof import MAX_EVIDENCE
from inspector.settings import Settings
from tests.pictures import VOID, tally_of_masks

Shape = tuple[int, int]


@given(
    st.integers(0, 100_000),
    st.integers(1, 5),
    st.sampled_from([(1, 1), (1, 30), (9, 9), (40, 40), (33, 70)]),
    st.sampled_from([1, 2, 5]),
    st.sampled_from([0.0, 0.3, 1.0]),
)
@settings(max_examples=60)
def test_any_tally_can_be_analyzed(seed: int, images: int, shape: Shape, classes: int, void: float) -> None:
    rng = np.random.default_rng(seed)

    def labels(top: int) -> np.ndarray:
        coarse = rng.integers(0, top, (shape[0] // 5 + 1, shape[1] // 5 + 1)).astype(np.uint8)
        return np.kron(coarse, np.ones((5, 5), np.uint8))[: shape[0], : shape[1]]

    pairs = []
    for _ in range(images):
        gt, pred = labels(classes), labels(classes)
        gt[rng.random(shape) < void] = VOID
        pred[rng.random(shape) < void / 9] = VOID
        pairs.append((gt, pred if rng.random() < 0.7 else gt))
    tally = tally_of_masks(pairs, [f"class {c}" for c in range(classes)], settings=Settings(resamples=40, min_images=2))
    resamples = resample(tally)
    headline_intervals(resamples), class_intervals(resamples)
    findings = analyze_all(tally, resamples)
    assert repr(findings) == repr(analyze_all(tally))  # NaN equals no NaN
    everything = [f for analyzer in ANALYZERS for f in analyzer.analyze(tally, resamples)]
    for finding in everything:
        assert np.isfinite(finding.gain) and -1e-12 <= finding.gain <= 1
        assert finding.title and finding.advice and "nan" not in finding.title
        assert all(isinstance(value, float) for value in finding.measures.values())
        assert set(finding.intervals) <= set(finding.measures)
        assert len(finding.evidence) <= MAX_EVIDENCE
        for each in finding.evidence:
            assert 0 <= each.image_index < images
            if each.box:
                y0, x0, y1, x1 = each.box
                assert 0 <= y0 < y1 <= shape[0] and 0 <= x0 < x1 <= shape[1]
