"""The knowledge base: whole, sourced, honest about licences, and wrong files are told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest

from inspector.headlines import HEADLINES
from inspector.metrics import METRICS
from prompts.answer import SISTER_TASKS, TASKS
from prompts.decision import load_tables
from prompts.errors import PromptsError
from prompts.knowledge import Architecture, load_knowledge, read_knowledge
from prompts.toml_files import packaged

ARCHITECTURES = (
    "unet unetpp deeplabv3plus segformer fpn upernet nnunet swinunetr segresnet mednext totalsegmentator vista3d "
    "pidnet bisenet mobilenet-deeplab siamese-unet changeformer minkowskiunet ptv3 randla-net cylinder3d "
    "softgroup mask3d segment-any-tree patchcore efficientad utae maskrcnn cascade-maskrcnn mask2former oneformer "
    "eomt panoptic-deeplab kmax-deeplab panoptic-fpn yolo-seg rf-detr-seg rtmdet-ins sam2 sam3 cellpose stardist "
    "instanseg micro-sam hovernet cellvit unet+watershed unet3d+watershed mitonet mask2former-vis dvis "
    "video-k-net vip-deeplab motion-deeplab utae-paps yolo-detect rt-detr yolo-obb oriented-rcnn csrnet p2pnet "
    "paddleocr trocr depth-anything zoedepth vitpose hrnet-pose efficientnet convnext dinov2 bytetrack raft blip2 "
    "modnet "
)
#: What the licence page of each was read to say: may a closed product take it as it comes?
LICENCES = {
    "yolo-seg": "no", "yolo-detect": "no", "yolo-obb": "no", "cellvit": "no", "p2pnet": "no",
    "segformer": "weights", "cellpose": "weights", "hovernet": "weights", "micro-sam": "weights", "vista3d": "weights",
    "depth-anything": "weights", "randla-net": "weights", "blip2": "weights",
    "pidnet": "weights", "oriented-rcnn": "weights",
    "rf-detr-seg": "yes", "nnunet": "yes", "instanseg": "yes", "sam2": "yes", "eomt": "yes", "stardist": "yes",
}  # fmt: skip
UNCHECKED = "general knowledge, not checked"
RULE_OF_THUMB = re.compile(r"rule of thumb|none are needed|" + UNCHECKED)


def _architectures() -> Iterator[Architecture]:
    return iter(load_knowledge().architectures.values())


def test_the_names_that_others_write_are_known() -> None:
    assert set(ARCHITECTURES.split()) <= set(load_knowledge().architectures)


def test_every_number_of_speed_says_who_measured_it_on_what() -> None:
    for each in _architectures():
        for speed in each.speed:
            assert re.search(r"\d", speed.value), each.id
            assert re.search(r"read|" + UNCHECKED, speed.source), (each.id, speed.source)
            assert re.search(r"vendor|author|competitor", speed.source), (each.id, speed.source)


def test_a_number_of_images_says_what_it_rests_on() -> None:
    for each in _architectures():
        assert RULE_OF_THUMB.search(each.min_images_source), each.id
        assert (each.min_images == 0) == ("none are needed" in each.min_images_source), each.id


def test_a_licence_is_read_or_said_to_be_unchecked() -> None:
    """Or there is nothing to license: none are shipped, none stated, or as the code."""
    for each in _architectures():
        for text in (each.licence_code, each.licence_weights):
            assert re.search(r"read\b|" + UNCHECKED + "|^as the|^none are shipped|^no weights", text), (each.id, text)


def test_every_record_has_a_source_that_can_be_looked_up() -> None:
    known = load_knowledge()
    for records in (known.architectures, known.losses, known.metrics):
        for each in records.values():
            place = re.search(r"arXiv:\d{4}\.\d{4,5}|doi:10\.|documentation|docs/unet\.md", each.source)
            assert place or UNCHECKED in each.source, each.id


@pytest.mark.parametrize(("name", "commercial"), LICENCES.items())
def test_licences_are_as_read(name: str, commercial: str) -> None:
    assert load_knowledge().architectures[name].commercial == commercial


def test_what_is_free_does_not_speak_of_copyleft_or_research_only() -> None:
    for each in _architectures():
        if each.commercial == "yes":
            assert not re.search("AGPL|academic|Commons Clause", each.licence_code + each.licence_weights), each.id
            limits = re.search("for research|non-commercial|own terms hold", each.licence_weights)
            assert not limits or "for a product" in each.licence_weights, each.id


def test_each_task_has_architectures_and_each_sister_task_two_models() -> None:
    for task in TASKS:
        assert sum(task in each.tasks for each in _architectures()) >= 5
    for sister in SISTER_TASKS:
        assert sum(sister in each.sisters for each in _architectures()) >= 2, sister


def test_what_segments_has_a_loss() -> None:
    for each in _architectures():
        assert bool(each.losses) == (each.tasks != ("none",)), each.id


def test_a_metric_that_is_said_to_be_ours_is_measured_here() -> None:
    ours = {each.id: each.ours for each in load_knowledge().metrics.values() if each.ours}
    assert set(ours.values()) <= {*METRICS, *HEADLINES}
    assert {"miou", "class-iou", "dice", "boundary-f1", "boundary-iou"} <= set(ours)


def test_nothing_is_written_that_no_table_and_no_list_needs() -> None:
    """Each loss is the loss of something or advice for class maps."""
    known = load_knowledge()
    used = {loss for each in _architectures() for loss in each.losses} | {"sister-loss"}
    assert set(known.losses) == used


def test_what_no_table_chooses_says_why() -> None:
    """Known, not recommended: with a reason. And no reason where a table does recommend it."""
    known = load_knowledge()
    for records, names in (
        (known.architectures, ("architecture", "sister")),
        (known.losses, ("loss",)),
        (known.metrics, ("metrics",)),
    ):
        chosen = {choice for name in names for rule in load_tables()[name].rules for choice in rule.choose}
        for each in records.values():
            assert (each.id in chosen) != bool(each.passed_over), each.id
            assert not each.passed_over or each.passed_over.endswith("."), each.id


def _with(name: str, old: str, new: str) -> Mapping[str, str]:
    texts = packaged("knowledge")
    assert old in texts[name]
    return {**texts, name: texts[name].replace(old, new, 1)}


def test_a_person_can_add_a_file() -> None:
    record = packaged("knowledge")["semantic.toml"].split("\n\n")[1].replace('id = "unet"', 'id = "our-net"')
    known = read_knowledge({**packaged("knowledge"), "ours.toml": record})
    assert known.architectures["our-net"].name == "U-Net"


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("semantic.toml", "year = 2015", "yaer = 2015", ["semantic.toml", "architecture 'unet' year", "required"]),
        ("semantic.toml", "year = 2015", "year = 1015", ["architecture 'unet' year", "greater than", "1015"]),
        ("semantic.toml", '["semantic"]', '["semantics"]', ["architecture 'unet' tasks 0", "'semantics'"]),
        ("semantic.toml", 'commercial = "yes"', 'commercial = "maybe"', ["'unet' commercial", "'maybe'"]),
        (
            "semantic.toml",
            '"ce+dice", "weighted',
            '"xe", "weighted',
            ["architecture 'unet': losses", "'xe'", "tversky"],
        ),
        ("semantic.toml", 'id = "unetpp"', 'id = "unet"', ["architectures: the id 'unet' is there twice"]),
        ("sister.toml", '"detection", "counting", "tracking"', '"detecting"', ["'yolo-detect' sisters 0", "detecting"]),
        ("sister.toml", 'tasks = ["none"]', 'tasks = ["semantic"]', ["architecture 'yolo-detect': sisters"]),
        ("losses.toml", "avoid_when", "avoid_wen", ["losses.toml", "loss 'ce' avoid_when", "required"]),
        ("metrics.toml", 'tasks = ["semantic"', 'tasks = ["all"', ["metrics.toml", "metric 'miou' tasks 0", "'all'"]),
    ],
)
def test_a_wrong_record_is_told_by_file_record_and_key(name: str, old: str, new: str, words: list[str]) -> None:
    with pytest.raises(PromptsError) as caught:
        read_knowledge(_with(name, old, new))
    for word in words:
        assert word in str(caught.value)
