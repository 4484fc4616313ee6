"""Is a difference of two runs one for sure, and the whole comparison in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspector.compare_runs import Difference
from inspector.gates.words import change, number, points, span
from inspector.hypotheses import holm
from inspector.wording import count, listed

__all__ = ["BETTER", "NOT_SHOWN", "UNTOLD", "WORSE", "Choices", "adjusted", "p_value", "sentence", "verdict"]

BETTER, WORSE, NOT_SHOWN, UNTOLD = "better", "worse", "no difference shown", "cannot tell"
NAMED = 5  # classes in the sentence, of each kind


@dataclass(frozen=True)
class Choices:
    """What a comparison is made with.

    confidence          of intervals, and 1 minus the level of tests, in (0, 1)
    resamples, seed     of the bootstrap
    min_images          fewer images than this decide nothing
    margin              a difference of at most this much is none, in [0, 1)
    least_change        of an image's own mean IoU, from which on it is fixed or broken, in (0, 1]
    """

    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    min_images: int = 20
    margin: float = 0.0
    least_change: float = 0.05


def p_value(found: Difference) -> float:
    """Two-sided, in (0, 1]: twice the smaller of the one-sided ones. 1 where the numbers are equal, NaN without a
    spread."""
    if found.difference == 0:
        return 1.0
    return min(1.0, 2 * found.p_worse, 2 * found.p_better) if not math.isnan(found.p_worse) else math.nan


def adjusted(found: Sequence[Difference], choices: Choices) -> list[float]:
    """Holm-corrected p-values of one family, of which only those on enough images are looked at; NaN for the others."""
    looked_at = [place for place, each in enumerate(found) if each.images >= choices.min_images]
    p_values = [math.nan] * len(found)
    for place, p in zip(looked_at, holm([p_value(found[place]) for place in looked_at]), strict=True):
        p_values[place] = p
    return p_values


def verdict(found: Difference, p: float, choices: Choices) -> str:
    """Of a number of which more is better; `p` is two-sided, corrected or not.

    For sure is what lies beyond the margin, with an interval wholly on one side of 0 and p below 1 - confidence.
    """
    low, high = found.interval
    if _why_untold(found, choices) or math.isnan(p):
        return UNTOLD
    is_sure = p < 1.0 - choices.confidence and abs(found.difference) > choices.margin
    if is_sure and low > 0 and found.difference > 0:
        return BETTER
    return WORSE if is_sure and high < 0 and found.difference < 0 else NOT_SHOWN


def _why_untold(found: Difference, choices: Choices) -> str:
    """Why nothing can be said of a difference; "" where something can."""
    if math.isnan(found.difference):
        return "it is undefined in one of them"
    if found.images < choices.min_images:
        return f"{count(found.images, 'image')}, fewer than {choices.min_images:,}"
    if math.isnan(found.interval[0]):
        return "too few images or groups for an interval"
    return ""


def sentence(
    names: tuple[str, str], found: Difference, said: str, classes: Sequence[Mapping[str, Any]], choices: Choices
) -> str:
    """The verdict `said` on mean IoU in words, with the classes that changed for sure.

    names     of the older run and of the newer one
    classes   the records of the document
    """
    return f"{_of_mean_iou(names, found, said, choices)} {_of_classes(classes, choices)}"


def _of_mean_iou(names: tuple[str, str], found: Difference, said: str, choices: Choices) -> str:
    a, b = names
    if said == UNTOLD:
        why = _why_untold(found, choices) or "nothing of it varies between the resamples"
        return f"It cannot be told whether {b} is better than {a} by mean IoU: {why}."
    now, before = (number(x, "fraction", other) for x, other in ((found.b, found.a), (found.a, found.b)))
    bounds = span(found.interval, "fraction", signed=True)
    sure = f"{100 * choices.confidence:g} % interval {bounds}, {count(found.images, 'image')}"
    moved = change(found.difference, "fraction", choices.margin)
    if said == NOT_SHOWN:
        is_within = choices.margin > 0 and abs(found.difference) <= choices.margin
        tail = f", within the margin of {points(choices.margin, 'fraction')}" if is_within else ""
        return f"No difference is shown between {b} and {a}: mean IoU is {now}, was {before}: {moved} ({sure}){tail}."
    return f"{b} is {said} than {a}: mean IoU is {now}, was {before}: {moved} ({sure})."


def _of_classes(classes: Sequence[Mapping[str, Any]], choices: Choices) -> str:
    """The classes that got worse or better for sure, those that changed most first."""
    parts = []
    for said in (WORSE, BETTER):
        held = sorted((record for record in classes if record["verdict"] == said), key=lambda r: -abs(r["delta"]))
        if held:
            parts.append(f"{said} for sure: {listed([str(record['name']) for record in held], NAMED)}")
    text = "; ".join(parts) if parts else "no class is worse or better for sure"
    rare = sum(0 < record["images"] < choices.min_images for record in classes)
    if rare:
        are = "is" if rare == 1 else "are"
        text += f"; {count(rare, 'class', 'classes')} in fewer than {choices.min_images:,} images {are} not judged"
    return f"{text[0].upper()}{text[1:]}."
