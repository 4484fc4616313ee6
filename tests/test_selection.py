"""Selection: what a person reads is ordered, told once, and not explained twice."""

from __future__ import annotations

import inspect

import numpy as np

from inspector.analyzers import ANALYZERS, analyze_all
from inspector.findings import Finding, Severity
from inspector.intervals import resample
from inspector.selection import CAUSES, DAMAGE, EXPLAINS, FAMILIES, INVALIDATE, MAX_PER_KIND, select
from inspector.settings import Settings
from inspector.tally import Tally
from tests.pictures import NAMES, counts, tally_of_counts


def _tally(images: int = 30, classes: int = 6) -> Tally:
    return tally_of_counts([counts(np.diag([100] * classes).tolist())] * images)


def finding(kind: str, c: int | None = None, gain: float = 0.0, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(kind, severity, f"{kind} of {c}", c, gain)


def kinds(findings: tuple[Finding, ...]) -> list[str]:
    return [each.kind for each in findings]


def test_errors_come_first_then_the_costly_then_notes() -> None:
    listed = [
        finding("cannot-tell", severity=Severity.NOTE),
        finding("under-predicted", 1, 0.01),
        finding("tile-seams", severity=Severity.ERROR),
        finding("class-confused", 2, 0.05),
    ]
    expected = ["tile-seams", "class-confused", "under-predicted", "cannot-tell"]
    assert kinds(select(_tally(), listed)) == expected
    assert kinds(select(_tally(), listed[::-1])) == expected


def test_of_explanations_of_the_same_pixels_the_costliest_is_told() -> None:
    listed = [finding("class-imbalance", 1, 0.02), finding("small-objects-missed", 1, 0.03)]
    listed += [finding("class-confused", 1, 0.01)]
    assert kinds(select(_tally(), listed)) == ["small-objects-missed", "class-confused"]
    listed.append(finding("class-imbalance", 2, 0.001))
    assert kinds(select(_tally(), listed)) == ["small-objects-missed", "class-confused", "class-imbalance"]


def test_a_class_has_at_most_three_stories() -> None:
    names = ("over-predicted", "false-regions", "class-confused", "boundary-blurred")
    listed = [finding(kind, 1, 0.1 - i / 100) for i, kind in enumerate(names)]
    assert kinds(select(_tally(), listed)) == list(names[:3])


def test_a_class_that_is_never_predicted_has_no_other_story() -> None:
    listed = [
        finding("never-predicted", 1, 0.1),
        finding("class-imbalance", 1, 0.2),
        finding("class-imbalance", 2, 0.2),
    ]
    told = select(_tally(), listed)
    assert [(each.kind, each.class_index) for each in told] == [("class-imbalance", 2), ("never-predicted", 1)]


def test_a_broken_pipeline_silences_what_it_causes() -> None:
    causes = [finding(kind, 1, 0.1) for kind in sorted(CAUSES)]
    for kind in sorted(INVALIDATE):
        told = select(_tally(), [*causes, finding(kind, severity=Severity.ERROR), finding("predicts-ignore")])
        assert kinds(told) == [kind, "predicts-ignore"]
    flipped = [
        finding("predictions-flipped", severity=Severity.ERROR),
        finding("pairs-shuffled", severity=Severity.ERROR),
    ]
    assert kinds(select(_tally(), flipped)) == ["predictions-flipped"]
    maybe = [finding("pairs-shuffled"), finding("under-predicted", 1)]
    assert kinds(select(_tally(), maybe)) == ["pairs-shuffled", "under-predicted"]  # a warning silences nothing


def test_seams_with_most_of_the_errors_silence_the_damage_they_do() -> None:
    seams = Finding("tile-seams", Severity.ERROR, "", measures={"wrong_part_fraction": 0.4})
    causes = [finding("false-regions", 1, 0.1), finding("small-objects-missed", 1, 0.1)]
    assert kinds(select(_tally(), [seams, *causes])) == ["tile-seams", "small-objects-missed"]
    few = Finding("tile-seams", Severity.ERROR, "", measures={"wrong_part_fraction": 0.1})
    assert len(select(_tally(), [few, *causes])) == 3


def test_causes_in_classes_of_few_images_are_notes_and_one_a_class() -> None:
    present, absent = counts([[90, 0], [0, 10]]), counts([[90, 0], [0, 0]])
    tally = tally_of_counts([present] * 5 + [absent] * 25)
    rare = [finding("under-predicted", 1, 0.3), finding("false-regions", 1, 0.2)]
    told = select(tally, [*rare, finding("false-regions", 0, 0.01)])
    assert [(each.kind, each.severity) for each in told] == [
        ("false-regions", Severity.WARNING),
        ("under-predicted", Severity.NOTE),
    ]
    small = tally_of_counts([present] * 5)
    assert len(select(small, rare)) == 2


def test_a_cause_worth_less_than_a_tenth_of_a_point_is_a_note() -> None:
    listed = [finding("small-objects-missed", 1, 0.0009), finding("tile-seams"), finding("boundary-blurred", 2, 0.0011)]
    told = {each.kind: each.severity for each in select(_tally(), listed)}
    assert told["small-objects-missed"] == Severity.NOTE
    assert told["tile-seams"] == told["boundary-blurred"] == Severity.WARNING


def test_the_rest_of_a_kind_is_named_in_the_last_one_told() -> None:
    listed = [finding("small-objects-missed", c, 0.1 - c / 100) for c in range(6)]
    listed += [finding("false-regions", 0)]
    told = [each for each in select(_tally(), listed) if each.kind == "small-objects-missed"]
    assert [each.class_index for each in told] == list(range(MAX_PER_KIND))
    assert told[-1].advice.endswith(f"The same is found for {NAMES[5]}.")
    assert told[-1].measures["more_findings_count"] == 1
    assert all(not each.advice for each in told[:-1])


def test_an_empty_tally_has_no_findings_and_the_same_tally_the_same() -> None:
    tally = tally_of_counts([counts([[90, 9], [1, 40]]), counts([[90, 0], [30, 40]])] * 12, settings=Settings(seed=3))
    assert analyze_all(tally) == analyze_all(tally, resample(tally)) != ()


def test_every_kind_that_selection_knows_is_one_that_an_analyzer_finds() -> None:
    sources = "".join(inspect.getsource(analyzer) for analyzer in ANALYZERS)
    known = {*CAUSES, *INVALIDATE, *DAMAGE, *EXPLAINS, *frozenset().union(*EXPLAINS.values())}
    assert [kind for kind in sorted(known) if f'"{kind}"' not in sources] == []
    assert DAMAGE <= CAUSES and len(CAUSES) == sum(map(len, FAMILIES))


def test_of_a_pose_and_a_permutation_the_one_that_mends_more_is_told() -> None:
    def mending(kind: str, fraction: float) -> Finding:
        return Finding(kind, Severity.ERROR, "", measures={"agreement_mended_fraction": fraction})

    pose, ids = "predictions-flipped", "label-ids-permuted"
    assert kinds(select(_tally(), [mending(pose, 0.9), mending(ids, 0.6)])) == [pose]
    assert kinds(select(_tally(), [mending(pose, 0.6), mending(ids, 0.9)])) == [ids]
