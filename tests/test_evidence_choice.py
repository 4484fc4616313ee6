"""Which images are kept as proof, in which order, and how many."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from inspector import evidence_choice, views
from inspector.errors import UsageError
from inspector.evidence_choice import MOST_DRAWN, check_how_many, choose, first, how_many
from inspector.findings import Evidence, Finding, Severity
from inspector.tally import Tally
from tests.pictures import tally_of_masks


def finding(*images: int, box: tuple[int, int, int, int] | None = (2, 3, 6, 9)) -> Finding:
    proofs = tuple(Evidence(image, box, px=5) for image in images)
    return Finding("under-predicted", Severity.WARNING, "a title", 1, 0.1, {}, {}, proofs)


# ---------------------------------------------------------------------- those that are drawn


def test_every_finding_has_its_first_image_before_any_has_its_second() -> None:
    assert first([finding(5, 6, 7), finding(5, 8), finding(9)], [], limit=24) == [5, 9, 6, 8, 7]


def test_findings_take_two_thirds_and_the_worst_images_the_rest() -> None:
    assert first([finding(*range(30))], [100, 101, 3, 102, 103], limit=6) == [0, 1, 2, 3, 100, 101]


def test_places_that_the_worst_images_leave_go_to_the_findings() -> None:
    assert first([finding(*range(30))], [2], limit=6) == [0, 1, 2, 3, 4, 5]


def test_nothing_to_prove_and_no_image_keeps_nothing() -> None:
    assert first([], [], 24) == []
    assert choose(tally_of_masks([]), []).images == ()


# ---------------------------------------------------------------------- how many


@pytest.mark.parametrize(
    ("asked", "images", "kept"),
    [
        (None, 0, 0), (None, 31, 31), (None, 32, 32), (None, 639, 32), (None, 660, 33), (None, 2000, 100),
        (None, 4000, 200), (None, 100_000, 200), ("all", 100_000, 100_000), ("all", 0, 0), (5, 3, 3), (5, 9, 5),
    ],
)  # fmt: skip
def test_a_twentieth_of_the_images_is_kept_unless_a_number_is_asked_for(asked: Any, images: int, kept: int) -> None:
    check_how_many(asked)
    assert how_many(asked, images) == kept


@pytest.mark.parametrize("asked", [0, -3, "some", "12", 1.5, True])
def test_what_is_no_number_of_images_is_refused(asked: Any) -> None:
    with pytest.raises(UsageError, match="from 1 on, or 'all'"):
        check_how_many(asked)


# ---------------------------------------------------------------------- the rest


def wrong(rate: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Large squares, and so many of their pixels taken for another class."""
    rng = np.random.default_rng(seed)
    gt = np.kron(rng.integers(0, 3, (2, 2)), np.ones((40, 40), int)).astype(np.uint8)
    return gt, np.where(rng.random(gt.shape) < rate, (gt + 1) % 3, gt).astype(np.uint8)


def with_dots(found: int, missed: int) -> tuple[np.ndarray, np.ndarray]:
    """A ground with dots of class 1: they cost next to no pixels."""
    gt = np.zeros((80, 80), np.uint8)
    for n in range(found + missed):
        gt[4 * (n // 18) + 1, 4 * (n % 18) + 1] = 1
    pred = gt.copy()
    pred.reshape(-1)[np.flatnonzero(gt)[:missed]] = 0
    return gt, pred


def scores(tally: Tally) -> list[float]:
    return np.asarray(tally.image("mean_iou"), float).tolist()


def test_then_come_worst_confused_and_small_objects_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """40 images whose error falls with their number, one that swaps two classes, one that misses dots."""
    plain = [wrong(0.5 - 0.012 * n, n) for n in range(40)]
    swapped = np.zeros((80, 80), np.uint8), np.zeros((80, 80), np.uint8)
    swapped[0][:], swapped[1][:] = 3, 4
    swapped[0][:70], swapped[1][:70] = 5, 5
    dotted = with_dots(found=200, missed=40)
    monkeypatch.setattr(evidence_choice, "_MOST_CELLS", 4)  # that of the dots is the fifth
    tally = tally_of_masks([*plain, swapped, dotted])
    ranked = sorted(range(42), key=lambda index: scores(tally)[index])
    kept = choose(tally, [])
    assert len(kept.images) == 32 and len(set(kept.images)) == 32
    assert list(kept.images[:MOST_DRAWN]) == ranked[:MOST_DRAWN] and kept.drawn == set(ranked[:MOST_DRAWN])
    assert kept.pages == set(ranked[:8])
    assert ranked.index(41) >= 32  # the one with dots is good by its score, and still kept
    assert 41 in kept.images[MOST_DRAWN : MOST_DRAWN + 4]
    assert set(kept.images) >= set(ranked[:24])


def test_each_of_the_heaviest_confusions_has_its_worst_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three cells, each in one image, that is good otherwise: all are among the first to be kept."""
    bad = [wrong(0.4, n) for n in range(10)]
    good = []
    for true, taken, px in ((3, 4, 900), (4, 5, 800), (5, 3, 700)):
        gt = np.full((80, 80), true, np.uint8)
        pred = gt.copy()
        pred.reshape(-1)[:px] = taken
        good.append((gt, pred))
    monkeypatch.setattr(evidence_choice, "MOST_DRAWN", 2)
    tally = tally_of_masks([*bad, *good])
    assert {10, 11, 12} <= set(choose(tally, [], 10).images)
    monkeypatch.setattr(evidence_choice, "_MOST_CELLS", 0)
    monkeypatch.setattr(evidence_choice, "_missing_small", lambda *_: [])
    assert not {10, 11, 12} & set(choose(tally, [], 10).images)


def test_what_findings_show_is_kept_before_other_images() -> None:
    tally = tally_of_masks([wrong(0.4 - 0.005 * n, n) for n in range(60)])
    proofs = [finding(*range(59, 39, -1))]
    kept = choose(tally, proofs)
    assert len(kept.drawn) == 16 and kept.drawn == set(kept.images[:16])
    assert set(first(proofs, sorted(range(60), key=lambda i: scores(tally)[i])[:24], 16)) == kept.drawn
    assert kept.images[16] == 48  # the proof after the eleven that are drawn
    assert len(set(kept.images) & set(range(40, 60))) >= 14


def test_all_images_are_kept_where_all_are_asked_for_and_undefined_ones_come_last() -> None:
    pairs = [wrong(0.1 * n, n) for n in range(5)]
    tally = tally_of_masks(pairs)
    tally.image("mean_iou")[2] = np.nan
    kept = choose(tally, [], "all")
    assert sorted(kept.images) == list(range(5)) and kept.images[-1] == 2
    assert 2 not in kept.drawn and 2 not in kept.pages
    assert len(choose(tally, [], 3).images) == 3 and len(choose(tally, [finding(0, 1, 2, 3)], 1).images) == 1


def test_only_images_too_large_to_be_shown_whole_have_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """First the boxes of findings, then missed objects from the largest on; what is found is no place."""
    gt, pred = np.zeros((2, 60, 60), np.uint8)
    gt[2:6, 2:6], gt[20:30, 20:30], gt[50:52, 50:52], gt[40:44, 2:6] = 1, 1, 1, 2
    pred[40:44, 2:6] = 2
    small = gt[:50, :50], pred[:50, :50]
    tally = tally_of_masks([(gt, pred), small])
    assert choose(tally, []).places == {}
    monkeypatch.setattr(views, "WHOLE_PX", 50 * 50)
    ground = (0, 0, 60, 60)
    kept = choose(tally, [finding(1), finding(0, box=None), finding(0, box=(1, 2, 3, 4))])
    assert kept.places == {0: ((1, 2, 3, 4), (20, 20, 30, 30), (2, 2, 6, 6), (50, 50, 52, 52))}
    assert ground not in kept.places[0]


def test_objects_of_a_background_are_none_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gt = np.ones((60, 60), np.uint8)
    gt[2:30, 2:30] = 0  # ground that is missed: the largest object, and no reason to keep anything
    gt[40:44, 40:44], gt[40:44, 2:6] = 2, 0
    pred = np.ones_like(gt)
    monkeypatch.setattr(views, "WHOLE_PX", 50 * 50)
    for background, boxes in ((True, {(40, 40, 44, 44)}), (False, {(2, 2, 30, 30), (40, 2, 44, 6), (40, 40, 44, 44)})):
        tally = tally_of_masks([(gt, pred)], background=background)
        assert set(choose(tally, []).places[0]) == boxes
