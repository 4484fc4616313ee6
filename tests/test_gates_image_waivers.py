"""Waivers of single images: what fails because of them alone is waived until a day, and its number stays what it is."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspector.errors import InputError, UsageError
from inspector.gates import Gate, Gates, Member, Outcome, evaluate
from inspector.gates.config_files import ConfigFile
from inspector.gates.configuration import Asked, configure
from inspector.gates.image_waivers import ImageWaiver, ImageWaivers, read_image_waivers
from inspector.runs import Run, part_of
from inspector.tables import MemoryTable
from tests.command import inspect
from tests.drawn_runs import Pairs, run_of, scenes
from tests.gated_runs import clean_environment, inspected, truths
from tests.mask_folders import document_of, png
from tests.review_samples import item, write_review_of

TODAY = datetime.date(2026, 6, 1)
TOMORROW, YESTERDAY = datetime.date(2026, 6, 2), datetime.date(2026, 5, 31)
CAR, POLE = 1, 3
BAD = (2, 5, 7, 11, 13, 17, 19, 23, 29, 31)  # images in which no car is found
CARS = Gate(id="car", metric="iou", classes=("car",), fail_below=0.97)


def pairs_of(bad: tuple[int, ...] = BAD, images: int = 36, lost: float = 0.01) -> Pairs:
    """Cars are found but for a share of their pixels, and not at all in the bad images."""
    rng = np.random.default_rng(0)
    pairs = []
    for place, truth in enumerate(scenes(images)):
        prediction = truth.copy()
        prediction[(truth == CAR) & (rng.random(truth.shape) < (1.0 if place in bad else lost))] = 0
        pairs.append((truth, prediction))
    return pairs


def rest_of(pairs: Pairs, places: tuple[int, ...] = BAD) -> Run:
    """The run of the other images alone, drawn in the same order."""
    kept = [place for place in range(len(pairs)) if place not in places]
    return run_of([pairs[place] for place in kept], groups=[f"image {place}" for place in kept])


@pytest.fixture(scope="module")
def pairs() -> Pairs:
    return pairs_of()


@pytest.fixture(scope="module")
def run(pairs: Pairs) -> Run:
    return run_of(pairs)


def waiver(place: int, **changed: Any) -> ImageWaiver:
    held = {"image": f"image {place}", "reason": "glare", "owner": "Ada", "until": TOMORROW}
    return ImageWaiver.model_validate(held | changed)


def waivers(places: tuple[int, ...] = BAD, **changed: Any) -> tuple[ImageWaiver, ...]:
    return tuple(waiver(place, **changed) for place in places)


def judged(
    run: Run, accepted: tuple[ImageWaiver, ...], *gates: Gate, baseline: Run | None = None, **shared: Any
) -> Outcome:
    def find(name: str) -> Run:
        if baseline is None:
            raise InputError("no_baseline", name)
        return baseline

    return evaluate(Gates(gate=gates, resamples=300, **shared), run, find, TODAY, accepted)


def point(run: Run, accepted: tuple[ImageWaiver, ...], **shared: Any) -> Member:
    """Held against the number itself, which few images may decide."""
    return only(judged(run, accepted, CARS.model_copy(update={"statistic": "point"}), **shared))


def only(outcome: Outcome) -> Member:
    (check,) = outcome.checks
    (member,) = check.members
    return member


# ---------------------------------------------------------------------- what they hold for


def test_what_fails_because_of_them_alone_is_waived_and_its_number_stays(run: Run, pairs: Pairs) -> None:
    before, held = only(judged(run, (), CARS)), only(judged(run, waivers(), CARS))
    assert (before.verdict, held.verdict) == ("fail", "waived")
    assert (held.value, held.interval, held.images) == (before.value, before.interval, before.images)
    assert held.waiver == f"waived by Ada until {TOMORROW} for 10 images (image 2, image 5, image 7, …): glare"
    alone = only(judged(rest_of(pairs), (), CARS))  # the others, inspected by themselves
    told = f"It is {held.waiver}. Without these images it is pass: {alone.message}"
    assert alone.verdict == "pass" and held.message == f"{before.message} {told}"
    assert judged(run, waivers(), CARS, strict=True).exit_code(strict=True) == 0


def test_who_until_when_and_why_are_those_of_all_of_them(run: Run) -> None:
    accepted = (
        *waivers((2, 5), owner="Bo", until=TODAY), waiver(2, reason="night"), *waivers(BAD[2:]),
    )  # fmt: skip
    held = only(judged(run, accepted, CARS))
    until = f"until {TODAY} (some until {TOMORROW})"  # the second of image 2 holds longer than its first
    assert held.waiver == (f"waived by Bo, Ada {until} for 10 images (image 2, image 5, image 7, …): glare, night")


def test_where_the_rest_fails_too_they_do_not_hold(run: Run, pairs: Pairs) -> None:
    held, alone = point(run, waivers((2,))), point(rest_of(pairs, (2,)), ())
    assert held.verdict == alone.verdict == "fail" and held.waiver == ""
    told = alone.message.partition(" Open ")[0]
    assert f"for 1 image (image 2): glare; but without these images it is fail: {told}" in held.message


def test_without_any_image_left_nothing_is_waived(run: Run) -> None:
    everything = waivers(tuple(range(36)))
    for gate in (CARS, Gate(id="x", metric="iou", classes=("car",), baseline="main")):
        held = only(judged(run, everything, gate, baseline=run_of(pairs_of(()))))
        assert held.verdict == "fail" and "there is nothing to measure it on" in held.message


def test_too_few_images_left_is_no_failure_unless_strict(run: Run) -> None:
    few = waivers((*range(12), *BAD))
    for strict, verdict in ((False, "waived"), (True, "fail")):
        held = only(judged(run, few, CARS, strict=strict))
        assert held.verdict == verdict and "fewer than 20 images" in held.message
        assert ("which fails as well where strict" in held.message) == strict


def test_what_does_not_fail_is_left_alone(run: Run) -> None:
    for gate in (
        Gate(id="x", metric="iou", classes=("car",), fail_below=0.1),
        Gate(id="y", metric="miou", warn_below=1),
    ):
        assert judged(run, waivers(), gate) == judged(run, (), gate)


# ---------------------------------------------------------------------- days


def test_until_its_day_and_then_no_more(run: Run) -> None:
    assert only(judged(run, waivers(until=TODAY), CARS)).verdict == "waived"
    ended = only(judged(run, waivers(until=YESTERDAY), CARS))
    before = only(judged(run, (), CARS)).message
    over = f"It was waived by Ada until {YESTERDAY} for 10 images (image 2, image 5, image 7, …), which is over."
    assert ended.verdict == "fail" and ended.message == f"{before} {over}"


def test_an_ended_one_counts_its_image_again_and_is_told_beside_those_that_hold(run: Run) -> None:
    held = only(judged(run, (*waivers(BAD[:9], until=YESTERDAY), *waivers(BAD[9:])), CARS))
    assert held.verdict == "fail"
    assert (
        f"until {YESTERDAY} for 9 images (image 2, image 5, image 7, …), which is over. It is waived by Ada"
        in held.message
    )
    renewed = only(judged(run, (*waivers(until=YESTERDAY), *waivers()), CARS))
    assert renewed.verdict == "waived" and "which is over" not in renewed.message


# ---------------------------------------------------------------------- classes, slices, baselines


def test_one_of_a_class_holds_for_that_class_and_for_numbers_of_all(run: Run) -> None:
    of_car, of_pole = (waivers(class_name=name, class_id=k) for name, k in (("car", CAR), ("pole", POLE)))
    mean = Gate(id="mean", metric="miou", fail_below=0.97, statistic="point")
    for accepted, verdicts in ((of_car, ["waived", "waived"]), (of_pole, ["fail", "waived"]), ((), ["fail", "fail"])):
        checks = judged(run, accepted, CARS, mean).checks
        assert [check.verdict for check in checks] == verdicts
    assert only(judged(run, of_pole, CARS)) == only(judged(run, (), CARS))


def test_each_class_of_a_gate_has_its_own_images() -> None:
    pairs = [(truth, np.where(truth == POLE, 0, pred) if i < 3 else pred) for i, (truth, pred) in enumerate(pairs_of())]
    run = run_of(pairs)
    both = Gate(id="x", metric="iou", classes=("car", "pole"), fail_below=0.97, statistic="point")
    accepted = (*waivers(class_name="car", class_id=CAR), *waivers((0, 1, 2), class_name="pole", class_id=POLE))
    car, pole = judged(run, accepted, both).checks[0].members
    assert car.verdict == pole.verdict == "waived"
    assert "(image 2, image 5, image 7, …)" in car.waiver and "(image 0, image 1, image 2)" in pole.waiver


def test_of_a_slice_those_in_it_count_and_the_slice_stays_the_same(pairs: Pairs) -> None:
    speed = [str(place) for place in range(36)]  # cut at quartiles: other images would be cut elsewhere
    run = run_of(pairs, metadata={"speed": speed})
    gate = Gate(
        id="x", metric="iou", classes=("car",), fail_below=0.97, statistic="point", slice="speed=0 to below 8.75"
    )
    held = only(judged(run, waivers(), gate))
    inside = [pair for place, pair in enumerate(pairs[:9]) if place not in BAD]
    alone = only(judged(run_of(inside), (), gate.model_copy(update={"slice": None})))
    assert "for 3 images (image 2, image 5, image 7): glare" in held.waiver
    assert held.verdict == "waived" and alone.message in held.message


@pytest.mark.parametrize("more", [(), tuple(range(12, 22))])
def test_against_a_baseline_they_are_left_out_on_both_sides(run: Run, pairs: Pairs, more: tuple[int, ...]) -> None:
    """With `more` than a fifth left out too: the runs still share all that is left."""
    gate = Gate(id="x", metric="iou", classes=("car",), baseline="main", margin=0.05, min_images=5)
    before = pairs_of((), lost=0.005)
    left = (*BAD, *more)
    held = only(judged(run, waivers(left), gate, baseline=run_of(before)))
    alone = only(judged(rest_of(pairs, left), (), gate, baseline=rest_of(before, left)))
    assert only(judged(run, (), gate, baseline=run_of(before))).verdict == "fail"
    assert held.verdict == "waived" and alone.verdict == "pass" and held.message.endswith(alone.message)


def test_a_run_in_another_order_than_its_baseline_and_with_another_image_is_cut_alike(run: Run, pairs: Pairs) -> None:
    gate = Gate(id="x", metric="iou", classes=("car",), baseline="main", margin=0.05, min_images=5)
    turned = part_of(run.tables, range(35, -1, -1))
    columns = {name: turned["images"].column(name) for name in turned["images"].names()}
    columns["image"] = np.array(["another" if name == "image 0" else name for name in columns["image"]], object)
    other = replace(run, tables={**turned, "images": MemoryTable(columns)})
    held = only(judged(other, waivers(), gate, baseline=run_of(pairs_of((), lost=0.005))))
    left = sum(bool((truth == CAR).any()) for place, (truth, _) in enumerate(pairs) if place not in (0, *BAD))
    assert held.verdict == "waived" and f"{left} images" in held.message.partition("Without these")[2]


def test_a_gate_that_only_warns_is_waived_as_well_and_one_without_its_baseline_is_not(run: Run) -> None:
    assert only(judged(run, waivers(), CARS.model_copy(update={"level": "warn"}))).verdict == "waived"
    held = judged(run, waivers(), Gate(id="x", metric="iou", classes=("car",), baseline="main"))
    assert held.exit_code() == 3 and only(held).verdict == "not-measured"


# ---------------------------------------------------------------------- the file


ENTRY = '[[waivers]]\nimage = "a"\nreason = "r"\nowner = "o"\nuntil = 2030-01-01\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "waivers.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ENTRY + "untill = 2030-01-01", "[[waivers]] 1 ('a'): there is no key 'untill'; did you mean 'until'?"),
        ("[[gates.waivers]]\ngate = 'x'", "the top level: there is no key 'gates'; expected one of waivers"),
        ("waiver = []", "the top level: there is no key 'waiver'; did you mean 'waivers'?"),
        ("waivers = 3", "[waivers]: found 3, expected a list in [brackets]"),
        (ENTRY + ENTRY.replace('image = "a"\n', ""), "[[waivers]] 2: the key 'image' is missing"),
        (ENTRY.replace('"o"', '""'), "[[waivers]] 1 ('a'), owner: found \"\", expected some text"),
        (ENTRY.replace("2030-01-01", '"soon"'), 'until: found "soon", expected a day such as 2030-12-31'),
        (ENTRY + 'class = "car"', "[[waivers]] 1 ('a'): expected class and class_id, or neither"),
        (ENTRY + "class_id = 1.5\nclass = 'car'", "class_id: found 1.5, expected a whole number"),
        (ENTRY + "box = [1, 2, 3]", "[[waivers]] 1 ('a'), box: found [1, 2, 3], expected a longer list"),
        ("waivers = [", "this is no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_entry_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_image_waivers(path)
    assert said in str(caught.value) and "waivers.toml" in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"none\.toml: cannot be read .* waivers in TOML, as `inspect review apply` writes them"
    ):
        read_image_waivers(tmp_path / "none.toml")


def test_the_file_is_found_from_the_configuration_and_from_here_by_flag_and_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf").mkdir()
    for place, image in (("conf/w.toml", "of the file"), ("w.toml", "from here"), ("x.toml", "another")):
        (tmp_path / place).write_text(ENTRY.replace('"a"', f'"{image}"'))
    file = ConfigFile(tmp_path / "conf/inspect.toml", {"gates": {"waivers_file": "w.toml"}})
    variable = {"INSPECT_GATES_WAIVERS_FILE": "w.toml"}
    for expected, held in (
        ([], configure(ConfigFile(), Asked({}), {})),
        (["of the file"], configure(file, Asked({}), {})),
        (["from here"], configure(file, Asked({}), variable)),
        (["another"], configure(file, Asked({"waivers_file": "x.toml"}), variable)),
    ):
        assert [each.image for each in held.image_waivers.waivers] == expected


def test_what_the_run_does_not_have_is_said_and_holds_for_nothing(run: Run) -> None:
    accepted = (
        *waivers(), *(waiver(place) for place in (90, 91, 92, 93)), waiver(93, until=YESTERDAY),
        waiver(1, class_name="cart", class_id=CAR), waiver(1, class_name="moon", class_id=9),
    )  # fmt: skip
    held = ImageWaivers("w.toml", accepted)
    assert held.of_run(run) == waivers()
    assert held.notes(run, TODAY) == [
        "w.toml: 17 waivers of images, of which 1 has ended",
        "w.toml: this run does not have 4 images (image 90, image 91, image 92, …); waivers of them hold for nothing",
        "w.toml: this run has no class 'cart' with id 1; waivers of it hold for nothing",
        "w.toml: this run has no class 'moon' with id 9; waivers of it hold for nothing",
    ]
    assert ImageWaivers().notes(run, TODAY) == []


# ---------------------------------------------------------------------- a review, as a user runs it


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """run/, of images whose cars are found but in i03 and i04, and review/, in which these are accepted."""
    clean_environment(monkeypatch)
    monkeypatch.chdir(tmp_path)
    assert inspected(tmp_path / "run", {1: 0.02}, "-q").code == 0
    for name in ("i03", "i04"):
        (tmp_path / f"run-masks/pred/{name}.png").write_bytes(png(np.zeros_like(truths()[name])))
    assert main_job("-o", "run").code == 0
    about = {"class": 1, "class_name": "car", "box": [4, 4, 14, 20], "image_index": None, "at": "2999-01-01T00:00:00Z"}
    items = [item(name, "accept", note="glare", **about) for name in ("i03", "i04")]
    write_review_of(tmp_path / "run", tmp_path / "review.json", *items)
    outcome = inspect("review", "apply", "run", "review.json", "-o", "review")
    assert outcome.code == 0 and "for `inspect gate … --waivers review/waivers.toml`" in outcome.out
    return tmp_path


def main_job(*arguments: str) -> Any:
    given = ("--classes", "run-masks/classes.toml", "--resamples", "100")
    return inspect("run-masks/pred", "--gt", "run-masks/gt", *given, *arguments)


ASKED = ("--gate", "iou.car >= 0.93", "--set", "iou.car.at-least.statistic=point")


def test_a_review_is_applied_and_its_waivers_hold_until_they_end(here: Path) -> None:
    assert inspect("gate", "run", *ASKED).code == 1
    outcome = inspect("gate", "run", *ASKED, "--waivers", "review/waivers.toml")
    assert outcome.code == 0, outcome.out
    said = " ".join(outcome.out.split())
    assert "waived by Ada until 2999-04-01 for 2 images (i03, i04): glare. Without these images it is pass:" in said
    assert "note review/waivers.toml: 2 waivers of images" in said
    gates = document_of(here / "run")["gates"]
    assert gates["verdict"] == "waived" and gates["checks"][0]["members"][0]["waiver"].startswith("waived by Ada")
    path = here / "review/waivers.toml"
    path.write_text(path.read_text().replace("2999-04-01", "2020-04-01"))
    outcome = inspect("gate", "run", *ASKED, "--waivers", "review/waivers.toml")
    assert outcome.code == 1 and "which is over" in outcome.out and "of which 2 have ended" in outcome.out


def test_the_main_job_takes_them_from_flag_variable_and_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main_job("-o", "new", *ASKED).code == 1
    assert main_job("-o", "new", *ASKED, "--waivers", "review/waivers.toml").code == 0
    assert document_of(here / "new")["gates"]["notes"] == ["review/waivers.toml: 2 waivers of images"]
    with monkeypatch.context() as changed:
        changed.setenv("INSPECT_GATES_WAIVERS_FILE", "review/waivers.toml")
        assert main_job("-o", "new", *ASKED).code == 0
    (here / "conf.toml").write_text(
        '[gates]\nwaivers_file = "review/waivers.toml"\n'
        '[[gates.gate]]\nid = "car"\nmetric = "iou"\nclasses = ["car"]\nfail_below = 0.93\nstatistic = "point"\n'
    )
    assert main_job("-o", "new", "--config", "conf.toml").code == 0
    outcome = main_job("-o", "other", *ASKED, "--waivers", "none.toml")
    assert outcome.code == 2 and "none.toml: cannot be read" in outcome.err and not (here / "other").exists()


def test_a_review_of_no_accepted_image_waives_nothing_and_says_so(here: Path) -> None:
    (here / "none.toml").write_text("# nothing accepted\n")
    outcome = inspect("gate", "run", *ASKED, "--waivers", "none.toml", "--json")
    assert outcome.code == 1 and json.loads(outcome.out)["notes"] == ["none.toml: 0 waivers of images"]
