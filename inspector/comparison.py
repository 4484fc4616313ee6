"""Two runs side by side, as compare.json holds them: what got better, what got worse, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.compare_runs import Difference, Paired, difference_of, pair_runs
from inspector.comparison_slices import slice_changes
from inspector.comparison_verdicts import Choices, adjusted, p_value, sentence, verdict
from inspector.headlines import HEADLINES, MEANS
from inspector.loss import loss_shares
from inspector.measures import MEASURES, foreground_of
from inspector.metrics import METRICS
from inspector.runs import Run
from inspector.settings import SIZES, Settings
from inspector.tally import Tally
from inspector.wording import count, listed

__all__ = ["COMPARE_VERSION", "MOST_IMAGES", "Changed", "Choices", "compare"]

COMPARE_VERSION = 1
MOST_IMAGES = 24  # of the fixed ones, and of the broken ones
PRIMARY = "miou"  # what the verdict is about
CORRECTION = "Holm, over the other headlines, the classes and the slices apart; mean IoU is one test by itself"
#: The columns of the headlines and of IoU: the others are compared as they are, without resamples.
RESAMPLED = tuple(
    dict.fromkeys(
        [column for metric in MEANS.values() for column in METRICS[metric].columns]
        + ["objects_small", "objects_small_recalled"]
    )
)
ROUNDING = 1e-12  # 0.35 - 0.3 is a little less than 0.05, and five points all the same

Record = dict[str, Any]
Changed = tuple[int, int]  # places of an image in the tables of both runs


def compare(a: Run, b: Run, choices: Choices = Choices()) -> tuple[Record, dict[str, list[Changed]]]:  # noqa: B008
    """The document of compare.json, without pictures, and the places of the images in its lists "fixed" and "broken".

    a        the older run, or what a baseline file holds of one
    b        the newer run
    Differences are b - a. Raises InputError `not_comparable`, which says why.
    """
    asked = Settings(resamples=choices.resamples, seed=choices.seed, confidence=choices.confidence)
    paired = pair_runs(a, b, asked, columns=RESAMPLED)
    classes = _classes(paired, b, choices)
    primary = difference_of(paired, MEASURES[PRIMARY], None)
    said = verdict(primary, p_value(primary), choices)
    images, places = _images(paired, choices)
    document = {
        "schema_version": COMPARE_VERSION,
        "a": _side(a),
        "b": _side(b),
        "paired": {"images": len(paired.images), "groups": paired.b.units, "overlap_fraction": paired.overlap},
        "confidence": choices.confidence,
        "resamples": choices.resamples,
        "seed": choices.seed,
        "min_images": choices.min_images,
        "margin": choices.margin,
        "least_change": choices.least_change,
        "correction": CORRECTION,
        "verdict": said,
        "sentence": sentence((a.name, b.name), primary, said, classes, choices),
        "notes": _notes(paired),
        "overall": _overall(paired, primary, choices),
        "classes": classes,
        "causes": _causes(paired, b),
        "sizes": _sizes(paired),
        "slices": slice_changes(paired, b, choices),
        "images": images,
    }
    return document, places


def _side(run: Run) -> Record:
    return {"name": run.name, "tool_version": str(run.document["tool"]["version"]), "images": len(run.image_ids)}


def _notes(paired: Paired) -> list[str]:
    """What a careful reader should know of the two runs."""
    lost = paired.other_truth
    notes = list(paired.notes)
    if lost:
        images = count(len(lost), "image")
        notes.append(f"{images} that both have with another truth {'is' if len(lost) == 1 else 'are'} left out: "
                     f"{listed(lost, 3)}")  # fmt: skip
    return notes


# ---------------------------------------------------------------------- numbers with intervals


def _overall(paired: Paired, primary: Difference, choices: Choices) -> list[Record]:
    """Mean IoU, then the other headlines. Mean IoU is asked by itself, as it alone decides the verdict."""
    others = [name for name in HEADLINES if name != PRIMARY]
    found = [difference_of(paired, MEASURES[name], None) for name in others]
    rows = [(PRIMARY, primary, p_value(primary)), *zip(others, found, adjusted(found, choices), strict=True)]
    return [
        {"metric": name, **_numbers(each), "p": p_value(each), "p_adjusted": p, "verdict": verdict(each, p, choices)}
        for name, each, p in rows
    ]


def _classes(paired: Paired, b: Run, choices: Choices) -> list[Record]:
    """IoU of each class, in the order of the class list."""
    categories = b.categories
    found = [difference_of(paired, MEASURES["iou"], place) for place in range(len(categories))]
    return [
        {
            "id": category.id,
            "name": category.name,
            "color": "#{:02x}{:02x}{:02x}".format(*color),
            "metric": "iou",
            **_numbers(each),
            "p_adjusted": p,
            "verdict": verdict(each, p, choices),
            "images": each.images,
        }
        for category, color, each, p in zip(
            categories.classes, categories.colors_rgb().tolist(), found, adjusted(found, choices), strict=True
        )
    ]


def _numbers(found: Difference) -> Record:
    bounds = None if np.isnan(found.interval).any() else list(found.interval)
    return {"a": found.a, "b": found.b, "delta": found.difference, "interval": bounds}


# ---------------------------------------------------------------------- numbers as they are


def _causes(paired: Paired, b: Run) -> list[Record]:
    """Of each class, the share of the union that each cause of loss has."""
    one, other = (loss_shares(side.tally.total) for side in (paired.a, paired.b))
    return [
        {"class_id": category.id, "name": category.name, "cause": cause, **_exact(one[cause][k], other[cause][k])}
        for k, category in enumerate(b.categories.classes)
        for cause in one
    ]


def _sizes(paired: Paired) -> list[Record]:
    """How many of the true objects of a size were found, background left out."""
    records = []
    for size in SIZES:
        one, other = (_recall(side.tally, foreground_of(side), size) for side in (paired.a, paired.b))
        counted = paired.b.tally.total[f"objects_{size}"] * foreground_of(paired.b)
        records.append({"size": size, **_exact(one, other), "n": int(counted.sum())})
    return records


def _recall(tally: Tally, foreground: NDArray[np.bool_], size: str) -> float:
    overall = MEASURES["object_recall"].of_all(size)
    return float(overall(tally.total, foreground)) if overall else np.nan


def _exact(a: float, b: float) -> Record:
    return {"a": float(a), "b": float(b), "delta": float(b) - float(a)}


# ---------------------------------------------------------------------- images


def _images(paired: Paired, choices: Choices) -> tuple[Record, dict[str, list[Changed]]]:
    """The images whose own mean IoU rose or fell most; one without a value in either run has not changed."""
    scores = [np.asarray(side.tally.image("mean_iou"), np.float64) for side in (paired.a, paired.b)]
    delta = np.nan_to_num(scores[1] - scores[0])
    rises = {"fixed": delta, "broken": -delta}
    changed = {name: _largest(rise, choices.least_change - ROUNDING) for name, rise in rises.items()}
    shown = {name: held[:MOST_IMAGES] for name, held in changed.items()}
    record = {
        **{name: [_image(paired, scores, place) for place in held] for name, held in shown.items()},
        **{f"{name}_total": len(held) for name, held in changed.items()},
        "unchanged": len(delta) - sum(map(len, changed.values())),
        "shown": sum(map(len, shown.values())),
    }
    return record, {name: [_place(paired, place) for place in held] for name, held in shown.items()}


def _largest(rise: NDArray[np.float64], least: float) -> list[int]:
    """Places of the numbers of at least `least`, the largest first."""
    order = np.argsort(-rise, kind="stable")
    return [int(place) for place in order[rise[order] >= least]]


def _image(paired: Paired, scores: Sequence[NDArray[np.float64]], place: int) -> Record:
    a, b = (float(score[place]) for score in scores)
    name = paired.b.tally.image_ids[place]
    return {"image": name, "image_index": int(paired.images[place, 1]), "a": a, "b": b, "delta": b - a,
            "pictures": None}  # fmt: skip


def _place(paired: Paired, place: int) -> Changed:
    one, other = paired.images[place].tolist()
    return one, other
