"""The model card: what is known stands in it, what is not is left out, and no name can break its tables."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from inspector.categories import Categories, Category
from unet.description import Description, Normalisation
from unet.training.card import model_card

NAMES = ("sky", "a|b *bold* <b>", "traffic\nlight")
CLASSES = Categories.of(
    [*(Category(i, name) for i, name in enumerate(NAMES)), Category(255, "void", ignore=True)], "test"
)
TRAINING: dict[str, Any] = {
    "recipe": {"loss": "ce+dice", "rate": 0.002, "class_weights": [1.0, 2.0], "options": {"base": 16}, "size": None},
    "data": {"train_images": 367, "val_images": 101, "class_shares": {"sky": 0.25, NAMES[1]: 0.0004, NAMES[2]: None}},
    "scores": {"miou": 0.41237, "iou": {"sky": 0.9, NAMES[1]: 0.12, NAMES[2]: math.nan}},
    "versions": {"torch": "2.13.0+cpu"},
    "step": 1200,
    "seconds": 3725.0,
}
BARE = Description("unet", {}, CLASSES, Normalisation((100.0, 110.5, 120.0), (50.0, 51.0, 52.0)), (64, 48))


def _card(**training: Any) -> str:
    return model_card(replace(BARE, training=training), "runs/one")


def test_the_card_tells_what_the_training_left() -> None:
    card = _card(**TRAINING)
    for fact in (
        "# unet: 3 classes",
        "3 channels, normalised inside by mean 100, 110.5, 120 and deviation 50, 51, 52",
        "crops of: 64 x 48 px",
        "Ignored values of the masks: 255.",
        "Training images: 367",
        "Validation images: 101",
        "| sky | 25.00% |",
        "Steps: 1200",
        "Time: 62 min",
        r"loss: ce\+dice",
        "rate: 0.002",
        r"class\_weights: 1, 2",
        "options: base 16",
        r"torch 2.13.0\+cpu",
        "| sky | 0.900 |",
        "| **mean** | **0.412** |",
        "unet predict IMAGES --model runs/one -o PREDICTIONS",
        'load_segmenter("runs/one")',
    ):
        assert fact in card, fact
    assert "size" not in card.partition("## Scores")[0].partition("## Training")[2], "a setting that was not made"


def test_an_undefined_score_is_a_dash_and_a_limit() -> None:
    card = _card(**TRAINING)
    assert "| traffic light | — |" in card
    assert "Not measured, for want of a validation image that has it: traffic light." in card
    assert "nan" not in card


def test_weak_and_rare_classes_are_named_among_the_limits() -> None:
    limits = _card(**TRAINING).partition("## Limits")[2]
    assert r"IoU below 0.5 on the validation images: a\|b" in limits
    assert r"Under 0.1% of the training pixels: a\|b" in limits
    assert "sky" not in limits


def test_a_class_name_cannot_break_a_table_or_make_markup() -> None:
    card = _card(**TRAINING)
    assert r"| a\|b \*bold\* \<b\> | 0.120 |" in card
    tables = [line for line in card.splitlines() if line.startswith("|")]
    assert all(line.replace(r"\|", "").count("|") == 3 for line in tables)


@pytest.mark.parametrize("missing", [*TRAINING, "everything"])
def test_what_is_missing_is_left_out(missing: str) -> None:
    card = _card() if missing == "everything" else _card(**{k: v for k, v in TRAINING.items() if k != missing})
    assert "None" not in card and "nan" not in card and card.endswith("\n")
    headings = [line for line in card.splitlines() if line.startswith("## ")]
    gone = {"data": {"## Data"}, "scores": {"## Scores"}, "everything": {"## Data", "## Scores", "## Training"}}
    expected = ["## Classes", "## Data", "## Training", "## Scores", "## Use", "## Limits"]
    assert headings == [each for each in expected if each not in gone.get(missing, set())]


def test_scores_that_json_holds_as_null_are_undefined() -> None:
    assert "| sky | — |" in _card(scores={"miou": None, "iou": {"sky": None}})
