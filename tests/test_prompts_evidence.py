"""What measured labels say: facts, sentences, what they can train, whether a task fits, where a text disagrees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.categories import load_categories
from inspector.label_profile import profile_folder, rules
from prompts import label_thresholds
from prompts.answer import TASKS
from prompts.errors import PromptsError
from prompts.evidence import LabelEvidence, disagree, evidence_text, fit, read_labels
from prompts.facts import check_facts
from prompts.label_words import listed, percent

Record = dict[str, Any]


def _class(id: int = 1, name: str = "nucleus", **more: Any) -> Record:
    measured = {
        "images": 50, "share": 0.2, "border_share": 0.1, "components": 900, "segments": 1000,
        "most_segments_per_image": 40, "area_px": {"p5": 400.0, "median": 900.0, "p95": 2000.0}, "side_px_median": 40.0,
        "small_share": 0.1, "thinness_median": 1.6, "solidity_median": 0.95, "merged": 0.2, "split": 0.0,
        "region": False, "countable": True,
    }  # fmt: skip
    return {"id": id, "name": name, **measured, **more}


def _stuff(id: int, name: str, **more: Any) -> Record:
    flags = {"region": True, "countable": False, "segments": 50, "most_segments_per_image": 1}
    return _class(id, name, **{"share": 0.4, **flags, **more})


def _ids(*classes: Record, **more: Any) -> Record:
    """A set of ids: 50 images of nuclei, 20 objects in each, none of which touch."""
    measured = {
        "images": 50, "images_found": 50, "kind": "ids", "kind_reason": "said", "kind_sure": True,
        "image_height_px": 500.0, "image_width_px": 600.0, "largest_image_px": 300_000, "coverage": 0.2,
        "background_id": None, "empty_images": 0, "foreground_share": 0.2,
        "segments_per_image": {"median": 20.0, "max": 40}, "components_per_image": {"median": 18.0, "max": 40},
        "merged": 0.0, "split": 0.0, "cc_f1": 1.0, "likely_merged": None, "imbalance": None, "rarest": None,
        "left_out": [],
    }  # fmt: skip
    return {**measured, "classes": list(classes or (_class(),)), **more}


def _maps(*classes: Record, **more: Any) -> Record:
    """Class maps: the same without ids."""
    without = {"segments": None, "most_segments_per_image": None, "merged": None, "split": None}
    bare = [{**each, **without} for each in classes or (_class(),)]
    nothing = {"kind": "classes", "segments_per_image": None, "merged": None, "split": None, "cc_f1": None}
    return _ids(*bare, **{**nothing, **more})


def _panoptic(**more: Any) -> Record:
    classes = (_class(1, "car"), _stuff(2, "sky"), _stuff(3, "road"))
    return _ids(*classes, **{"kind": "panoptic", "coverage": 0.98, **more})


def _likely(share: float) -> Record:
    return {"likely_merged": {"share": share, "components": 900, "solidity_median": 0.95}}


def _lost(number: int, kind: str = "truncated") -> list[dict[str, str]]:
    return [{"file": f"{index}.png", "kind": kind, "reason": "cut off"} for index in range(number)]


def _said(evidence: LabelEvidence) -> dict[str, str]:
    return {each.kind: each.text for each in evidence.statements}


# ---------------------------------------------------------------------- facts


@pytest.mark.parametrize(
    ("record", "fact", "value"),
    [
        (_ids(merged=0.049), "touching", "none"),
        (_ids(merged=0.05), "touching", "some"),
        (_ids(merged=0.2), "touching", "much"),
        (_maps(), "touching", None),
        (_maps(**_likely(0.01)), "touching", "none"),
        (_maps(**_likely(0.02)), "touching", "some"),
        (_maps(**_likely(0.096)), "touching", "much"),
        (_ids(split=0.1), "overlap", "yes"),
        (_ids(split=0.09), "overlap", None),
        (_ids(_class(solidity_median=0.9)), "convex", "yes"),
        (_ids(_class(solidity_median=0.89)), "convex", "no"),
        (_ids(_class(segments=10, solidity_median=0.5), _class(2, "b")), "convex", "yes"),
        (_ids(_class(solidity_median=None)), "convex", None),
        (_maps(), "convex", None),
        (_maps(**_likely(0.0)), "convex", "yes"),
        (_ids(segments_per_image={"median": 20, "max": 101}), "crowded", "yes"),
        (_ids(segments_per_image={"median": 20, "max": 100}), "crowded", "no"),
        (_maps(components_per_image={"median": 200, "max": 300}), "crowded", None),
        (_ids(images_found=9), "labelled", None),
        (_ids(images_found=10), "labelled", "tens"),
        (_ids(images_found=99), "labelled", "tens"),
        (_ids(images_found=100), "labelled", "hundreds"),
        (_ids(images_found=1000), "labelled", "thousands"),
        (_ids(images_found=1000, files_found=10, volumes=10), "labelled", "tens"),
        (_ids(images_found=189, files_found=1, volumes=1), "labelled", None),
        (_ids(images_found=189, files_found=1, volumes=1), "dims", "3d"),
        (_ids(images_found=189, files_found=2, volumes=1), "dims", None),
        (_ids(), "dims", None),
        (_maps(_class(thinness_median=44.0)), "thin", "yes"),
        (_maps(_class(thinness_median=11.0)), "thin", "no"),
        (_maps(_class(thinness_median=44.0, share=0.01), _class(2, "b")), "thin", "no"),
        (_maps(_class(thinness_median=None)), "thin", None),
        (_maps(_class(share=0.009), _class(2, "b")), "rare", "no"),
        (_maps(_class(share=0.0019), _class(2, "b", share=0.2)), "imbalanced", "yes"),
        (_maps(_class(share=0.0021), _class(2, "b", share=0.2)), "imbalanced", "no"),
        (_maps(_class(share=0.004), _class(2, "b", share=0.005)), "imbalanced", "no"),
        (_maps(_class(), _class(2, "b"), imbalance=50.0), "imbalanced", "yes"),
        (_maps(_class(), _class(2, "b"), imbalance=49.9), "imbalanced", "no"),
        (_maps(imbalance=99.0), "imbalanced", None),
        (_maps(), "one_class", "yes"),
        (_maps(_class(), _class(2, "b")), "one_class", "no"),
        (_ids(classes=[]), "one_class", None),
        (_maps(foreground_share=0.009), "rare", "yes"),
        (_maps(), "rare", "no"),
        (_ids(_class(side_px_median=15.9)), "tiny", "yes"),
        (_ids(_class(small_share=0.51)), "tiny", "yes"),
        (_ids(), "tiny", "no"),
        (_maps(_class(countable=None, side_px_median=5.0)), "tiny", None),
        (_ids(_class(), _stuff(2, "sky", side_px_median=5.0, segments=5000)), "tiny", "no"),
        (_ids(image_height_px=2000.0, image_width_px=2001.0), "huge", "yes"),
        (_ids(image_height_px=2000.0, image_width_px=2000.0), "huge", "no"),
        (_ids(empty_images=5), "empty", "yes"),
        (_ids(empty_images=4), "empty", "no"),
    ],
)
def test_labels_settle_a_fact_or_leave_it_open(record: Record, fact: str, value: str | None) -> None:
    assert read_labels(record).facts.get(fact) == value


@given(st.sampled_from([_ids(), _maps(), _panoptic(), _maps(**_likely(0.1)), _ids(classes=[])]))
def test_every_fact_is_one_of_the_vocabulary(record: Record) -> None:
    check_facts(read_labels(record).facts, "labels")


# ---------------------------------------------------------------------- what they can train, and how objects part


@pytest.mark.parametrize(
    ("record", "supports"),
    [
        (_maps(), ("semantic",)),
        (_ids(), ("semantic", "instance")),
        (_panoptic(), ("semantic", "instance", "panoptic")),
        (_panoptic(coverage=0.84), ("semantic", "instance")),
        (_ids(_class(), _stuff(2, "sky"), coverage=1.0), ("semantic", "instance")),
        (_ids(_class(most_segments_per_image=1)), ("semantic",)),
        (_ids(classes=[]), ()),
    ],
)
def test_labels_train_what_they_tell_apart(record: Record, supports: tuple[str, ...]) -> None:
    evidence = read_labels(record)
    assert evidence.supports == supports
    assert evidence.drawn_for == (supports[-1] if supports else None)


@pytest.mark.parametrize(
    ("record", "separation"),
    [
        (_ids(merged=0.04, cc_f1=0.95), "components"),
        (_ids(merged=0.04, cc_f1=0.94), "boundary"),
        (_ids(merged=0.05, cc_f1=0.99), "boundary"),
        (_ids(merged=0.2), "model"),
        (_ids(merged=0.0, split=0.1), "model"),
        (_maps(), None),
        (_maps(**_likely(0.0)), "components"),
        (_maps(**_likely(0.05)), "boundary"),
        (_maps(**_likely(0.1)), "model"),
        (_ids(_class(most_segments_per_image=1)), None),
    ],
)
def test_touching_decides_how_objects_are_told_apart(record: Record, separation: str | None) -> None:
    assert read_labels(record).separation == separation


# ---------------------------------------------------------------------- fit


@pytest.mark.parametrize(
    ("task", "record", "verdict", "words"),
    [
        ("semantic", _maps(), "fits", "the class of each pixel"),
        ("semantic", _ids(), "fits", "components of a semantic map give nearly all objects back"),
        (
            "semantic",
            _ids(merged=0.28),
            "fits with care",
            "28 % of the objects touch: a semantic score cannot see merged",
        ),
        ("semantic", _ids(cc_f1=0.5), "fits with care", "a semantic model forgets that"),
        ("semantic", _maps(**_likely(0.1)), "fits with care", "About 28 % of the objects touch"),
        ("instance", _ids(), "fits", "a semantic net and connected components would do"),
        ("instance", _ids(merged=0.28), "fits", "28 % of them touch one of their kind"),
        ("instance", _maps(), "does not fit", "no ids of objects"),
        ("instance", _maps(**_likely(0.01)), "fits with care", "components may serve"),
        ("instance", _ids(_class(most_segments_per_image=1)), "does not fit", "holds two objects of one class"),
        ("panoptic", _panoptic(), "fits", "regions around them (sky and road) are labelled"),
        ("panoptic", _ids(), "does not fit", "20 % of the pixels are labelled and no regions are"),
        ("panoptic", _maps(), "does not fit", "no ids of objects"),
        ("none", _ids(), "cannot tell", "say nothing about a task that needs none"),
    ],
)
def test_a_task_fits_labels_or_not_and_why(task: Any, record: Record, verdict: str, words: str) -> None:
    found, sentences = fit(task, read_labels(record))
    assert found == verdict and words in " ".join(sentences)


@pytest.mark.parametrize("task", TASKS)
def test_labels_without_foreground_fit_nothing_and_refuse_nothing(task: Any) -> None:
    evidence = read_labels(_ids(classes=[]))
    assert fit(task, evidence)[0] == "cannot tell" and disagree(task, evidence) == ()


# ---------------------------------------------------------------------- text against labels


@pytest.mark.parametrize(
    ("task", "record"),
    [("semantic", _maps()), ("instance", _ids()), ("instance", _ids(merged=0.9)), ("panoptic", _panoptic())],
)
def test_nothing_is_said_where_text_and_labels_agree(task: Any, record: Record) -> None:
    assert disagree(task, read_labels(record)) == ()


@pytest.mark.parametrize(
    ("task", "record", "words"),
    [
        ("instance", _maps(), "relabel; whether a watershed would split the regions rightly, they do not say"),
        ("instance", _maps(merging_untold="shape"), "cannot train this: relabel; the regions are not round enough"),
        ("instance", _maps(merging_untold="few"), "cannot train this: relabel; there are too few regions to tell"),
        (
            "instance",
            _maps(**_likely(0.1)),
            "relabel, or split them by watershed, since the regions are round, and correct",
        ),
        ("instance", _maps(**_likely(0.05)), "relabel, or split them by watershed"),
        ("instance", _maps(**_likely(0.0)), "or take each connected region for an object"),
        ("instance", _ids(_class(most_segments_per_image=1)), "no mask holds two objects of one class"),
        ("instance", _panoptic(), "The masks hold more than the text asks for"),
        ("panoptic", _ids(), "only objects are labelled"),
        ("panoptic", _ids(_class(), _stuff(2, "sky"), coverage=1.0), "one region is (sky)"),
        ("semantic", _ids(), "the masks tell objects apart"),
        ("semantic", _panoptic(), "both objects and the regions"),
        ("none", _maps(), "The text wants no masks, yet there are some (for semantic segmentation)"),
    ],
)
def test_where_text_and_labels_differ_both_are_said_with_what_to_do(task: Any, record: Record, words: str) -> None:
    (sentence,) = disagree(task, read_labels(record))
    assert words in sentence


# ---------------------------------------------------------------------- sentences


@pytest.mark.parametrize(
    ("record", "kind", "words"),
    [
        (
            _ids(images_found=5000),
            "set",
            "50 of 5,000 masks measured, 600 x 500 px in the median: an id for each object",
        ),
        (_maps(kind_sure=False, kind_reason="likely ids"), "kind", "not certain: likely ids"),
        (_ids(classes=[]), "coverage", "No mask has any foreground"),
        (_ids(empty_images=10), "empty", "10 of 50 masks are empty"),
        (_ids(segments_per_image={"median": 90, "max": 313}), "crowded", "Up to 313 objects"),
        (
            _ids(merged=0.27, cc_f1=0.88),
            "touching",
            "27 % of the objects touch one of their kind (F1 of components 0.88)",
        ),
        (_ids(), "touching", "a semantic net is enough"),
        (_maps(**_likely(0.1)), "touching", "10 % of the regions look like several objects in one"),
        (_ids(split=0.12), "split", "12 % of the objects lie in several pieces"),
        (_panoptic(), "regions", "Regions that nobody counts: sky and road"),
        (_ids(_class(side_px_median=9.0)), "tiny", "nucleus: 9 px a side in the median, below 16 px"),
        (_ids(_class(small_share=0.9)), "tiny", "most below 32 x 32 px"),
        (_ids(image_height_px=9000.0), "huge", "tiles that overlap"),
        (_maps(_class(thinness_median=44.0)), "thin", "nucleus (44). Do not shrink below 2 px of width"),
        (_maps(_class(share=0.004), foreground_share=0.004), "rare", "The foreground is 0.4 % of the pixels"),
        (_maps(_class(), _class(2, "b"), imbalance=51.3), "imbalance", "51 times the pixels of the smallest: weight"),
        (
            _maps(_class(share=0.001), _class(2, "b", share=0.4), imbalance=400.0),
            "imbalance",
            "hardly sees nucleus (0.1 % of the pixels): weight the classes",
        ),
        (_ids(images=1, images_found=1), "set", "1 mask measured, "),
        (_ids(images=2, images_found=2, empty_images=1), "empty", "1 of 2 masks is empty"),
        (_ids(images=189, images_found=189, files_found=1, volumes=1), "set", "189 slices of 1 volume measured"),
        (_ids(images_found=378, files_found=2, volumes=2), "set", "50 of 378 slices of 2 volumes measured"),
        (_ids(images_found=378, files_found=9, volumes=2), "set", "50 of 378 pages of 9 files (2 volumes among them)"),
        (_ids(images_found=60, files_found=2), "pages", "if these are slices of a volume"),
        (_ids(left_out=_lost(1)), "left-out", "1 file could not be used and is in no number here (0.png: cut off)."),
        (_ids(left_out=_lost(5)), "left-out", "(0.png: cut off; 1.png: cut off; 2.png: cut off; and 2 more)."),
        (_maps(left_out=_lost(1, "non_integral")), "mixed", "not all written alike: 0.png could not be read as class"),
        (_maps(black_and_white={"images": 1, "files": ["b.png"]}), "mixed", "1 mask, as in b.png, holds 0 and 255 a"),
        (_maps(black_and_white={"images": 2, "files": []}), "mixed", "2 masks hold 0 and 255 alone"),
        (_ids(_class(most_segments_per_image=1)), "one-of-each", "one structure of each"),
    ],
)
def test_what_matters_is_said_in_a_sentence(record: Record, kind: str, words: str) -> None:
    assert words in _said(read_labels(record))[kind]


def test_masks_that_were_left_out_are_a_warning() -> None:
    statements = read_labels(_maps(left_out=_lost(2), black_and_white={"images": 1})).statements
    assert {each.kind for each in statements if each.severity == "warning"} == {"left-out", "mixed"}


def test_a_thing_is_thin_to_both_packages_from_the_same_number_on() -> None:
    assert rules.THIN == label_thresholds.THIN


def test_what_does_not_matter_is_not_said() -> None:
    assert set(_said(read_labels(_ids()))) == {"set", "coverage", "objects", "touching"}
    assert set(_said(read_labels(_maps()))) == {"set", "coverage"}


def test_the_text_for_a_prompt_ends_with_what_the_labels_can_train() -> None:
    lines = evidence_text(read_labels(_panoptic())).splitlines()
    assert lines[-1] == "- These labels can train: semantic, instance and panoptic."
    assert all(line.startswith("- ") and line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.0004, "under 0.1 %"), (0.042, "4.2 %"), (0.278, "28 %"), (0.9999, "over 99 %"), (1.0, "100 %")],
)
def test_shares_are_rounded_for_people_and_never_to_a_claim(share: float, text: str) -> None:
    assert percent(share) == text


def test_names_are_listed_and_many_are_cut() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    assert listed(list("abcdef")) == "a, b, c, d and 2 more"


# ---------------------------------------------------------------------- records


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"coverage": 1.5}, "coverage"),
        ({"kind": "boxes"}, "kind"),
        ({"classes": [{"id": 1}]}, "classes.0.name"),
        ({"images": 0}, "images"),
    ],
)
def test_a_record_that_is_none_is_refused_by_key(change: Record, words: str) -> None:
    with pytest.raises(PromptsError, match=f"labels: {words}.*measure the masks again"):
        read_labels({**_ids(), **change})


def test_keys_of_a_newer_inspect_are_let_through() -> None:
    assert read_labels({**_ids(), "novelty": 1}).supports == ("semantic", "instance")


# ---------------------------------------------------------------------- real labels


@pytest.mark.parametrize(
    ("folder", "classes", "supports", "separation", "facts"),
    [
        (
            "data/dsb2018/instances", None, ("semantic", "instance"), "model",
            {"touching": "much", "convex": "yes", "crowded": "yes", "labelled": "tens", "tiny": "yes"},
        ),
        ("data/dsb2018/masks", None, ("semantic",), "model", {"touching": "much", "convex": "yes"}),
        ("data/isbi2012/masks", None, ("semantic",), None, {"thin": "yes", "labelled": "tens"}),
        (
            "data/camvid/val/masks", "camvid", ("semantic",), None,
            {"rare": "no", "imbalanced": "yes", "thin": "no", "labelled": "hundreds"},
        ),
        (
            "oracles/panoptic-sample/panoptic_examples", None, ("semantic", "instance", "panoptic"), "model",
            {"overlap": "yes", "convex": "no", "touching": "much", "rare": "no"},
        ),
    ],
)  # fmt: skip
def test_real_labels_say_what_they_are_for(
    shared: Path, folder: str, classes: str | None, supports: Any, separation: Any, facts: dict[str, str]
) -> None:
    categories = load_categories(classes) if classes else None
    evidence = read_labels(profile_folder(shared / folder, sample=101, categories=categories).as_json())
    assert (evidence.supports, evidence.separation) == (supports, separation)
    assert {name: evidence.facts.get(name) for name in facts} == facts
