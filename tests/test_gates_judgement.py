"""What a gate says of masks whose answer is known; nothing undefined passes, waivers end, and words follow numbers."""

from __future__ import annotations

import datetime
import itertools
import math

import numpy as np
import pytest
from scipy import ndimage

from inspector.errors import InputError, UsageError
from inspector.gates import Check, Gate, Gates, Outcome, Waiver, evaluate
from inspector.gates.checks import VERDICTS, Member
from inspector.gates.config_files import ConfigFile
from inspector.gates.configuration import Configuration
from inspector.gates.judgement import judge_run
from inspector.gates.words import change, number
from inspector.measures import MEASURES
from inspector.runs import Run
from tests.drawn_runs import predicted, run_of, scenes
from tests.pictures import NAMES

TODAY = datetime.date(2026, 6, 1)
CAR = 1


@pytest.fixture(scope="module")
def truths() -> list:
    return scenes(30)


@pytest.fixture(scope="module")
def run(truths: list) -> Run:
    return run_of(predicted(truths, {CAR: 0.4, 3: 0.1}), metadata={"weather": ["sun", "rain"] * 15})


def no_baseline(name: str) -> Run:
    raise InputError("no_baseline", f"there is no baseline {name}")


def judged(run: Run, *gates: Gate, baseline: Run | None = None, **shared: object) -> Outcome:
    find = no_baseline if baseline is None else lambda _: baseline
    return evaluate(Gates(gate=gates, resamples=300, **shared), run, find, TODAY)  # type: ignore[arg-type]


def only(outcome: Outcome) -> Check:
    (check,) = outcome.checks
    return check


# ---------------------------------------------------------------------- thresholds


def test_below_for_sure_fails_and_says_what_where_how_much_how_sure_and_what_to_open(run: Run) -> None:
    check = only(judged(run, Gate(id="car", metric="iou", classes=("car",), fail_below=0.9)))
    (member,) = check.members
    assert check.verdict == "fail" and member.interval[1] < 0.9
    shown = (
        f"IoU of car is {100 * member.value:.1f} % ({100 * member.interval[0]:.1f} to {100 * member.interval[1]:.1f} %"
    )
    assert check.message.startswith(shown) and "below 90.0 %, for sure" in check.message
    assert len(member.evidence) == 3 and check.message.endswith(f"Open {', '.join(member.evidence)}.")


def test_the_three_images_are_those_that_cost_most(run: Run, truths: list) -> None:
    check = only(judged(run, Gate(id="car", metric="iou", classes=("car",), fail_below=0.9)))
    cost = [int(((t == CAR) != (p == CAR)).sum()) for t, p in predicted(truths, {CAR: 0.4, 3: 0.1})]
    best = [f"image {i}" for i in np.argsort(-np.array(cost), kind="stable")[:3]]
    assert list(check.members[0].evidence) == best


def test_a_number_below_whose_interval_reaches_above_only_warns(run: Run) -> None:
    value = only(judged(run, Gate(id="x", metric="iou", classes=("car",), fail_below=0.1))).actual
    check = only(judged(run, Gate(id="x", metric="iou", classes=("car",), fail_below=value + 1e-6)))
    assert check.verdict == "warn" and "reaches to the other side" in check.message
    assert (
        f"{100 * value:.1f} %: below" not in check.message or "below " + number(value, "fraction") not in check.message
    )


@pytest.mark.parametrize(
    ("statistic", "shift", "verdict"),
    [
        ("point", 1e-9, "fail"), ("point", -1e-9, "pass"), ("point", 0.0, "pass"),
        ("ci_lower", 0.0, "fail"), ("ci_upper", 0.0, "pass"),
    ],
)  # fmt: skip
def test_each_statistic_is_compared_exactly(run: Run, statistic: str, shift: float, verdict: str) -> None:
    value = only(judged(run, Gate(id="x", metric="iou", classes=("car",), fail_below=0.1))).actual
    gate = Gate(id="x", metric="iou", classes=("car",), fail_below=value + shift, statistic=statistic)  # type: ignore[arg-type]
    assert only(judged(run, gate)).verdict == verdict


def test_above_is_judged_from_the_other_side(run: Run) -> None:
    for metric, line, verdict in (("prediction_ratio", 0.5, "fail"), ("prediction_ratio", 1.5, "pass")):
        check = only(judged(run, Gate(id="x", metric=metric, classes=("car",), fail_above=line)))
        assert check.verdict == verdict and check.expected == f"at most {line:.2f} ×"


def test_too_few_images_decide_nothing(run: Run) -> None:
    check = only(judged(run, Gate(id="x", metric="iou", classes=("car",), fail_below=0.99, min_images=31)))
    assert check.verdict == "inconclusive" and "fewer than 31 images" in check.message


@pytest.mark.parametrize("name", sorted(MEASURES))
@pytest.mark.parametrize("of_class", [True, False])
def test_what_cannot_be_measured_never_passes(name: str, of_class: bool) -> None:
    """A truth of one class only: sign and its objects are nowhere."""
    measure = MEASURES[name]
    sizes = [None, *(measure.sizes or {})]
    run = run_of([(np.zeros((20, 20), np.uint8),) * 2] * 4, background=True)
    for size in sizes:
        if (measure.of_class(size) if of_class else measure.of_all(size)) is None:
            continue
        gate = Gate(
            id="x", metric=name, classes=("sign",) if of_class else None, size=size, fail_below=0.5, statistic="point"
        )  # fmt: skip
        outcome = judged(run, gate)
        (member,) = only(outcome).members
        assert (member.verdict == "not-measured") == math.isnan(member.value), name
        if math.isnan(member.value):
            assert outcome.exit_code() == 3 and member.verdict != "pass"


def test_a_star_asks_every_class_that_is_there_and_names_the_others(run: Run) -> None:
    blank = run_of([(np.where(t == 4, 0, t).astype(np.uint8), t * 0) for t in scenes(4)])
    check = only(judged(blank, Gate(id="x", metric="iou", classes="*", fail_below=0.5, statistic="point")))
    assert "sign" in check.not_asked and "car" not in check.not_asked
    assert {member.scope for member in check.members} == {"ground", "car", "person", "pole", "tree"}


# ---------------------------------------------------------------------- what the truth does not hold

INVENTED = 5  # a tree, predicted in a corner of each image and true in none


@pytest.fixture(scope="module")
def inventing(truths: list) -> Run:
    pairs = []
    for truth, prediction in predicted(truths, {CAR: 0.4}):
        truth, prediction = (np.where(labels == INVENTED, 0, labels).astype(np.uint8) for labels in (truth, prediction))
        prediction[:3, :3] = INVENTED
        pairs.append((truth, prediction))
    return run_of(pairs, metadata={"weather": ["sun", "rain"] * 15})


@pytest.mark.parametrize("metric", ["recall", "prediction_ratio", "trimap_iou", "object_recall"])
def test_a_share_of_the_truth_is_not_asked_of_a_class_that_is_in_none(inventing: Run, metric: str) -> None:
    check = only(judged(inventing, Gate(id="x", metric=metric, classes="*", fail_below=0.0)))
    assert (check.verdict, check.not_in_truth) == ("pass", ("tree",)) and "tree" not in check.not_asked
    assert "tree" not in {member.scope for member in check.members} and len(check.members) == 5
    assert check.message == "all 5 pass. Not in the truth here, so not measured and left out: tree."
    named = only(judged(inventing, Gate(id="x", metric=metric, classes=("tree", "car"), fail_below=0.0)))
    assert (named.verdict, named.not_in_truth) == ("not-measured", ())


@pytest.mark.parametrize("metric", ["iou", "dice", "precision", "boundary_f1", "boundary_iou"])
def test_what_a_false_region_costs_is_asked_of_such_a_class_too(inventing: Run, metric: str) -> None:
    check = only(judged(inventing, Gate(id="x", metric=metric, classes="*", fail_below=0.1)))
    assert check.not_in_truth == () and check.members[-1].scope == "tree"
    assert check.members[-1].verdict != "pass" and check.members[-1].value == 0.0


def test_a_class_that_is_true_and_never_predicted_is_not_left_out(truths: list) -> None:
    """Its precision is not known, which is no excuse."""
    check = only(
        judged(run_of(predicted(truths, {CAR: 1.0})), Gate(id="x", metric="precision", classes="*", fail_below=0))
    )
    assert (check.verdict, check.not_in_truth) == ("not-measured", ())


def test_where_no_class_can_be_measured_nothing_is_left_out() -> None:
    made = np.full((9, 9), INVENTED, np.uint8)
    ground, void = (run_of([(np.full((9, 9), k, np.uint8), made)] * 4) for k in (0, 255))
    recall = Gate(id="x", metric="recall", classes="*", fail_below=0.0)
    large = Gate(id="x", metric="object_recall", classes="*", size="large", fail_below=0.0)
    assert only(judged(ground, recall)).not_in_truth == ("tree",)
    for run, gate in ((void, recall), (ground, large)):
        outcome = judged(run, gate)
        assert (outcome.exit_code(), only(outcome).verdict, only(outcome).not_in_truth) == (3, "not-measured", ())


def test_a_size_of_which_a_class_has_no_true_object_is_left_out_and_named(truths: list) -> None:
    gate = Gate(id="x", metric="object_recall", size="medium", classes="*", fail_below=0)
    check = only(judged(run_of(predicted(truths, {})), gate))
    medium = {name for k, name in enumerate(NAMES) if any(has_medium_object(truth == k) for truth in truths)}
    assert {member.scope for member in check.members} == {f"medium objects of {name}" for name in medium}
    assert set(check.not_in_truth) == {f"medium objects of {name}" for name in NAMES if name not in medium}
    assert 0 < len(medium) < len(NAMES)


def has_medium_object(held: np.ndarray) -> bool:
    """8-connected, of 32 x 32 to below 96 x 96 px."""
    areas = np.bincount(ndimage.label(held, np.ones((3, 3)))[0].ravel())[1:]
    return bool(((areas >= 32**2) & (areas < 96**2)).any())


def test_of_a_slice_its_own_truth_counts(truths: list) -> None:
    pairs = [
        (np.where(t == CAR, 0, t).astype(np.uint8), p) if i % 2 else (t, p)
        for i, (t, p) in enumerate(predicted(truths, {}))
    ]
    run = run_of(pairs, metadata={"weather": ["sun", "rain"] * 15})
    gate = Gate(id="x", metric="recall", classes="*", fail_below=0.0, slice="weather=rain", min_images=3)
    assert only(judged(run, gate)).not_in_truth == ("car",)
    assert only(judged(run, gate.model_copy(update={"slice": None}))).not_in_truth == ()


def test_what_a_gate_that_passes_left_out_is_a_note(inventing: Run) -> None:
    """Of such a gate no message is printed."""
    passes = Gate(id="passes", metric="recall", classes="*", fail_below=0.0)
    fails = Gate(id="fails", metric="recall", classes="*", fail_below=1.0)
    held = Configuration(Gates(gate=(passes, fails), resamples=100), {}, ConfigFile(), True)
    judgement = judge_run(held, inventing, no_baseline, TODAY)
    assert judgement.notes == ("passes: not in the truth, so not measured and left out: tree",)
    assert "left out: tree" in judgement.outcome.checks[1].message


def test_a_class_that_only_one_of_two_models_invents_has_no_difference(inventing: Run, truths: list) -> None:
    """In either direction: its IoU is 0 in the one and not known in the other."""
    quiet = run_of(
        [
            tuple(np.where(labels == INVENTED, 0, labels).astype(np.uint8) for labels in pair)
            for pair in predicted(truths, {CAR: 0.4})
        ],
        metadata={"weather": ["sun", "rain"] * 15},
    )
    gate = Gate(id="x", metric="iou", classes="*", baseline="main")
    newly = only(judged(inventing, gate, baseline=quiet))
    assert (newly.verdict, newly.not_in_truth) == ("fail", ("tree",)), newly.message  # for the ground that it took
    named = Gate(id="x", metric="iou", classes=("tree",), baseline="main")
    assert only(judged(inventing, named, baseline=quiet)).verdict == "not-measured"
    gone = only(judged(quiet, gate, baseline=inventing))
    assert gone.verdict == "pass" and "tree" not in {member.scope for member in gone.members}


def test_against_a_baseline_it_is_left_out_as_well(inventing: Run) -> None:
    gate = Gate(id="x", metric="recall", classes="*", baseline="main")
    check = only(judged(inventing, gate, baseline=inventing))
    assert (check.verdict, check.not_in_truth) == ("pass", ("tree",))
    lost = judged(inventing, gate)
    assert lost.exit_code() == 3 and only(lost).not_in_truth == () and len(only(lost).members) == 6


# ---------------------------------------------------------------------- slices


def test_a_slice_is_the_run_of_its_images(run: Run, truths: list) -> None:
    rain = [pair for i, pair in enumerate(predicted(truths, {CAR: 0.4, 3: 0.1})) if i % 2]
    alone = only(judged(run_of(rain), Gate(id="x", metric="miou", fail_below=0.1)))
    sliced = only(judged(run, Gate(id="x", metric="miou", fail_below=0.1, slice="weather=rain")))
    assert sliced.actual == alone.actual and sliced.members[0].images == 15 and "weather=rain" in sliced.scope


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        (Gate(id="x", metric="iuo", classes="*", fail_below=0.5), "no metric 'iuo'; expected one of iou"),
        (Gate(id="x", metric="iou", classes=("cra",), fail_below=0.5), "no class 'cra'; did you mean 'car'"),
        (Gate(id="x", metric="miou", classes="*", fail_below=0.5), "leave classes out"),
        (Gate(id="x", metric="precision", fail_below=0.5), 'add classes = "\\*"'),
        (Gate(id="x", metric="iou", size="small", classes="*", fail_below=0.5), "not measured by size"),
        (Gate(id="x", metric="miou", fail_below=0.5, slice="a=b"), "weather=rain"),
        (Gate(id="x", metric="area_ratio", classes="*", baseline="main"), "best at 1"),
    ],
)
def test_a_gate_that_could_never_be_measured_is_a_mistake(run: Run, gate: Gate, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        judged(run, gate, baseline=run)


# ---------------------------------------------------------------------- against a baseline


def test_a_drop_beyond_chance_and_margin_fails(truths: list) -> None:
    before, now = (run_of(predicted(truths, {CAR: w}, seed=i)) for i, w in enumerate((0.2, 0.35)))
    check = only(judged(now, Gate(id="x", metric="iou", classes="*", baseline="main", margin=0.01), baseline=before))
    failed = {member.scope: member for member in check.members if member.verdict == "fail"}
    assert set(failed) == {"ground", "car"}  # what cars lose, ground wins
    member = failed["car"]
    assert member.interval[1] < 0 and member.difference == member.value - member.baseline
    assert "was" in member.message and "points" in member.message and "after correction for" in member.message
    assert member.message in check.message and len(member.evidence) == 3


def test_within_the_margin_or_better_passes(truths: list) -> None:
    before, now = (run_of(predicted(truths, {CAR: w}, seed=i)) for i, w in enumerate((0.2, 0.35)))
    wide = Gate(id="x", metric="iou", classes=("car",), baseline="main", margin=0.5)
    assert only(judged(now, wide, baseline=before)).verdict == "pass"
    tight = Gate(id="x", metric="iou", classes=("car",), baseline="main")
    assert only(judged(before, tight, baseline=now)).verdict == "pass"
    assert only(judged(before, tight, baseline=before)).verdict == "pass"


def test_lower_is_better_for_losses(truths: list) -> None:
    before, now = (run_of(predicted(truths, {CAR: w}, seed=i)) for i, w in enumerate((0.2, 0.4)))
    gate = Gate(id="x", metric="loss_partial_coverage", classes=("car",), baseline="main")
    assert only(judged(now, gate, baseline=before)).verdict == "fail"
    assert only(judged(before, gate, baseline=now)).verdict == "pass"


def test_no_baseline_is_not_measured_and_says_why(run: Run) -> None:
    outcome = judged(run, Gate(id="x", metric="miou", baseline="main"))
    assert outcome.exit_code() == 3 and "there is no baseline main" in only(outcome).message
    other = run_of(predicted(scenes(30, seed=9), {}))
    outcome = judged(run, Gate(id="x", metric="miou", baseline="main"), baseline=other)
    assert only(outcome).verdict == "not-measured" and "cannot be compared" in only(outcome).message


# ---------------------------------------------------------------------- waivers, levels, exit codes


def test_a_waiver_holds_until_its_day_and_then_no_more(run: Run) -> None:
    gate = Gate(id="car", metric="iou", classes=("car", "pole"), fail_below=0.99)
    waiver = Waiver.model_validate(
        {"gate": "car", "class": "car", "reason": "known", "owner": "ana", "until": TODAY.isoformat()}
    )
    held = only(judged(run, gate, waivers=(waiver,)))
    by_class = {member.scope: member for member in held.members}
    assert by_class["car"].verdict == "waived" and by_class["car"].waiver == "waived by ana until 2026-06-01: known"
    assert by_class["pole"].verdict == "fail" == held.verdict
    over = waiver.model_copy(update={"until": TODAY - datetime.timedelta(days=1)})
    ended = only(judged(run, gate, waivers=(over,)))
    assert ended.members[0].verdict == "fail" and "until 2026-05-31, which is over" in ended.members[0].message


def test_a_waiver_that_is_needed_no_more_and_a_beaten_threshold_are_told(run: Run) -> None:
    gate = Gate(id="easy", metric="miou", fail_below=0.1)
    waiver = Waiver.model_validate({"gate": "easy", "reason": "r", "owner": "bo", "until": "2030-01-01"})
    outcome = judged(run, gate, waivers=(waiver,), ratchet=True)
    low = only(outcome).members[0].interval[0]
    assert "needed no more" in outcome.proposals[0]
    assert f"fail_below could be {math.floor(low * 200) / 200:g} (it is 0.1)" in outcome.proposals[1]


def test_level_warn_never_stops_and_off_is_not_asked(run: Run) -> None:
    warn = judged(run, Gate(id="x", metric="iou", classes=("car",), fail_below=0.99, level="warn"))
    assert only(warn).verdict == "warn" and warn.exit_code() == 0
    assert judged(run, Gate(id="x", metric="miou", fail_below=0.99, level="off")).checks == ()


@pytest.mark.parametrize("held", list(itertools.combinations_with_replacement(VERDICTS, 2)))
def test_exit_codes(held: tuple[str, str]) -> None:
    def check(index: int, verdict: str) -> Check:
        member = Member("all", None, 0.5, (0.4, 0.6), 9, verdict, "")
        return Check(str(index), "miou", "fraction", "", "", "error", verdict, "", (member,))

    outcome = Outcome(tuple(check(*pair) for pair in enumerate(held)))
    expected = 1 if "fail" in held else 3 if "not-measured" in held else 0
    assert outcome.exit_code() == expected
    assert outcome.exit_code(strict=True) == (1 if "inconclusive" in held else expected)
    assert Outcome(()).verdict == "none" and Outcome(()).exit_code() == 0


# ---------------------------------------------------------------------- words


def test_what_is_shown_never_looks_like_what_it_differs_from() -> None:
    assert number(0.6999999, "fraction", 0.7) == "69.99999 %" and number(0.7, "fraction", 0.7) == "70.0 %"
    assert number(0.512, "fraction") == "51.2 %" and number(math.nan, "fraction") == "undefined"
    assert number(0.63, "ratio") == "0.63 ×" and number(1204, "px") == "1,204 px"
    assert change(-0.031, "fraction") == "-3.1 points" and change(0.1, "ratio") == "+0.10 ×"
