"""A foreground of 5 % of the pixels: how many steps cross-entropy, Dice and their sum need for a given IoU.

    python -m benchmarks.unet_bce_dice

The steps are those of the default recipe, written out here so that the held-out images can be predicted often: the same
images, weights to begin with, augmentation and schedule for each loss.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import torch

from benchmarks.measure import markdown_table
from benchmarks.unet_figures import Panel, Series, panels_svg
from benchmarks.unet_runs import Options, Record, column, options_of, publish, run_missing, shapes_folder, spread
from inspector.categories import load_categories
from unet.backends import as_segmenter, build_net
from unet.data.augment import make_augment
from unet.data.checks import Facts, check_examples, image_statistics
from unet.data.layouts import Layout, find_examples
from unet.data.samples import Samples, loader
from unet.description import Description, Normalisation
from unet.devices import Place, pick_device
from unet.losses import is_binary, make_loss
from unet.shapes import CLASSES
from unet.training.evaluate import evaluate
from unet.training.learner import Learner
from unet.training.recipe import Recipe
from unet.training.schedule import rate_at

__all__ = ["main"]

EXPERIMENT = "bce+dice"
LOSSES = {"bce": "c0", "bce+dice": "main", "dice": "c1"}  # and the colour of their lines
TRAIN, VAL, BASE, STEPS, EVERY = 200, 50, 8, 480, 16
REACHED = (0.5, 0.7, 0.8)
FOREGROUND = 1
FIGURE = "unet_bce_dice.svg"


def main(argv: Sequence[str] | None = None) -> None:
    """Run what has not run, print the table and draw the figure."""
    with options_of(argv, str(__doc__), tuple(LOSSES), seeds=5) as options:
        records = run_missing(options, EXPERIMENT, partial(_run, options))
        publish(options, "unet_bce_dice", _table(records))
        _draw(options, records)


# ---------------------------------------------------------------------- a run


def _run(options: Options, loss: str, seed: int) -> Record:
    data = shapes_folder(options, *((8, 2) if options.quick else (TRAIN, VAL)), kind="binary")
    layout = find_examples(data)
    facts = check_examples(layout, load_categories(data / CLASSES))
    steps = 2 if options.quick else STEPS
    recipe = Recipe(loss=loss, steps=steps, options={"base": 2 if options.quick else BASE}, seed=seed)
    learner = _learner(recipe, layout, facts, Place(pick_device(options.device)))
    curve = _curve(learner, recipe, layout, Samples(layout.train, facts, None, recipe.batch, seed))
    area = statistics.fmean(value for _, value in curve)
    return {"steps": steps, "curve": curve, "area": round(area, 4), "last": curve[-1][1]}


def _learner(recipe: Recipe, layout: Layout, facts: Facts, place: Place) -> Learner:
    normalisation = Normalisation(*image_statistics(layout.train))
    (size,) = facts.sizes
    description = Description("unet", recipe.options, facts.categories, normalisation, size)
    if is_binary(recipe.loss):
        description = replace(description, activation="sigmoid")
    torch.manual_seed(recipe.seed)
    net = build_net(recipe.model, recipe.options, facts.channels, description.outputs)
    loss = make_loss(recipe.loss, ignore=(len(facts.categories),))
    return Learner(as_segmenter(net, description), loss, recipe, place, False, lambda text: None)


def _curve(learner: Learner, recipe: Recipe, layout: Layout, samples: Samples) -> list[tuple[int, float]]:
    """(step, IoU of the foreground) every few steps."""
    augment, curve, place = make_augment(recipe.augment), [], learner.place
    for step, (images, labels) in enumerate(loader(samples, 0, recipe.steps, workers=0)):
        images, labels = augment(images.to(place.device).float(), labels.to(place.device), 2, _seed(recipe.seed, step))
        learner.learn(images, labels, rate_at(step / recipe.steps, recipe.rate, recipe.warmup))
        if (step + 1) % EVERY == 0 or step + 1 == recipe.steps:
            scores = evaluate(learner.result, layout.val, place, learner.precision)
            curve.append((step + 1, round(float(scores.iou[FOREGROUND]), 4)))
    return curve


def _seed(seed: int, step: int) -> int:
    return 100_000 * seed + step


# ---------------------------------------------------------------------- what came out


def _table(records: Sequence[Record]) -> str:
    rows = []
    for loss in LOSSES:
        runs = [each for each in records if each["variant"] == loss]
        measured = [spread(column(records, loss, key), 2) for key in ("area", "last")]
        rows.append([loss, str(len(runs)), *(_steps(runs, iou) for iou in REACHED), *measured])
    header = ("loss", "seeds", *(f"steps to IoU {iou}" for iou in REACHED), "area under the curve", "IoU, end")
    return markdown_table(header, rows)


def _steps(runs: Sequence[Record], iou: float) -> str:
    """Median (least … most) of the seeds; one that never came that far counts as more than any number."""
    values = sorted(next((step for step, value in each["curve"] if value >= iou), math.inf) for each in runs)
    if not values:
        return "not run"
    middle, low, high = (
        "never" if math.isinf(value) else f"{value:.0f}"
        for value in (statistics.median_high(values), values[0], values[-1])
    )
    return f"{middle} ({low} … {high})"


def _draw(options: Options, records: Sequence[Record]) -> None:
    series = [
        Series(loss, color, [[(0.0, 0.0), *each["curve"]] for each in records if each["variant"] == loss])
        for loss, color in LOSSES.items()
    ]
    panel = Panel(
        "IoU of a foreground of 5 %", f"of {VAL} held-out images; mean, least and most of the seeds", series, 1.0
    )
    said = "IoU of the foreground over the steps, for three losses"
    (options.docs / FIGURE).write_text(panels_svg(said, panel), encoding="utf-8")


if __name__ == "__main__":
    main()
