"""What measured labels say about the choice of a task: facts, sentences, what they can train, and where a text differs.

Touching decides how objects are separated, never which task is meant; ids and regions say what the labels were drawn
for. Neither overrules the words of the user: where they differ, both are said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from prompts.answer import Task
from prompts.facts import Facts
from prompts.label_facts import Separation, drawn_for, facts_of, merged_share, separation_of, supported
from prompts.label_record import LabelRecord, read_record
from prompts.label_statements import statements_of
from prompts.label_thresholds import MERGED_SOME, PANOPTIC_COVERAGE, PANOPTIC_REGIONS
from prompts.label_words import Statement, listed, percent

__all__ = ["LabelEvidence", "Statement", "Verdict", "disagree", "evidence_text", "fit", "read_labels"]

Verdict = Literal["fits", "fits with care", "does not fit", "cannot tell"]
Fit = tuple[Verdict, tuple[str, ...]]


@dataclass(frozen=True)
class LabelEvidence:
    """What the labels say.

    facts       that they settle, of `FACTS`
    supports    tasks that they can train; drawn_for: the one they were drawn for (None: they are empty)
    separation  what it takes to tell touching objects apart; None where they do not say
    """

    record: LabelRecord
    facts: Facts
    statements: tuple[Statement, ...]
    supports: tuple[Task, ...]
    drawn_for: Task | None
    separation: Separation | None


def read_labels(record: Mapping[str, Any]) -> LabelEvidence:
    """The evidence in a record of a label profile (key `labels` of inspection.json). Raises PromptsError for no such
    record."""
    read = read_record(record)
    return LabelEvidence(
        record=read,
        facts=facts_of(read),
        statements=statements_of(read),
        supports=supported(read),
        drawn_for=drawn_for(read),
        separation=separation_of(read),
    )


def evidence_text(evidence: LabelEvidence) -> str:
    """The statements and what the labels can train, a line each: for a prompt."""
    tasks = listed(evidence.supports) or "nothing"
    return "\n".join([f"- {each.text}" for each in evidence.statements] + [f"- These labels can train: {tasks}."])


def fit(task: Task, evidence: LabelEvidence) -> Fit:
    """Whether labels can train a task and a score on them can show what it is for; and why, a sentence each."""
    if evidence.drawn_for is None:
        return "cannot tell", ("No mask has any foreground, so the masks say nothing about the task.",)
    return _FITS[task](evidence)


def disagree(text_task: Task, evidence: LabelEvidence) -> tuple[str, ...]:
    """Where the labels and the task that the text wants differ, and what to do; empty where they agree."""
    drawn = evidence.drawn_for
    if drawn is None or drawn == text_task:
        return ()
    if text_task == "none":
        return (f"The text wants no masks, yet there are some (for {drawn} segmentation): is another answer wanted?",)
    if text_task in evidence.supports:
        return (_MORE[drawn],)
    return (f"The text wants {text_task} segmentation: {_lacking(text_task, evidence)}",)


_MORE: dict[Task, str] = {
    "instance": "The text wants a class for each pixel, and the masks tell objects apart: if they need not stay apart, "
    "join the ids into a class map; if they must, this is instance segmentation.",
    "panoptic": "The masks hold more than the text asks for: both objects and the regions around them. That does no "
    "harm; if both are wanted, this is panoptic segmentation.",
}


def _lacking(task: Task, evidence: LabelEvidence) -> str:
    """What the labels lack for instance or panoptic segmentation, and the remedy."""
    record = evidence.record
    if not record.has_ids:
        return f"the masks have no ids of objects, so these labels cannot train this: relabel{_or_split(evidence)}."
    if record.one_of_each:
        return "no mask holds two objects of one class, so these labels cannot train this: a class map says as much."
    lacking = [f"{percent(record.coverage)} of the pixels are labelled"] if record.coverage < PANOPTIC_COVERAGE else []
    if len(record.regions) < PANOPTIC_REGIONS:
        lacking.append("no regions are" if not record.regions else f"one region is ({record.regions[0].name})")
    found = f"only objects are labelled ({listed(lacking)})"
    return f"{found}, so these labels cannot train {task} segmentation: label the rest."


def _or_split(evidence: LabelEvidence) -> str:
    if evidence.separation is None:
        return _UNTOLD[evidence.record.merging_untold]
    return {
        "components": ", or take each connected region for an object: few look like several",
        "boundary": ", or split them by watershed, since the regions are round, and look at the result",
        "model": ", or split them by watershed, since the regions are round, and correct the result: many touch",
    }[evidence.separation]


#: Why nothing is said of splitting class maps by watershed: see `merging_untold` of the record.
_UNTOLD: dict[str | None, str] = {
    "shape": "; the regions are not round enough to be split by watershed",
    "few": "; there are too few regions to tell whether a watershed would split them rightly",
    None: "; whether a watershed would split the regions rightly, they do not say",
}


def _semantic(evidence: LabelEvidence) -> Fit:
    record, merged = evidence.record, merged_share(evidence.record)
    if evidence.drawn_for == "semantic":
        if merged is None or merged < MERGED_SOME:
            return "fits", ("The masks say the class of each pixel, which is what a semantic model learns.",)
        guess = f"About {percent(merged)} of the objects touch, as the shapes go"
        return "fits with care", (f"{guess}: a semantic score cannot see merged ones, should objects matter.",)
    if merged is not None and merged >= MERGED_SOME:
        return "fits with care", (f"{percent(merged)} of the objects touch: a semantic score cannot see merged ones.",)
    kept = "components of a semantic map give nearly all objects back" if evidence.separation == "components" else ""
    text = f"The masks tell objects apart, and {kept or 'a semantic model forgets that'}."
    return ("fits" if record.merged is not None and kept else "fits with care"), (text,)


def _instance(evidence: LabelEvidence) -> Fit:
    if "instance" not in evidence.supports:
        if evidence.separation == "components" and not evidence.record.has_ids:
            text = (
                "The masks have no ids; the regions are round and few look like several objects: components may serve."
            )
            return "fits with care", (text,)
        return "does not fit", (_sentence(_lacking("instance", evidence)),)
    if evidence.separation == "components":
        text = "Each object has an id, and hardly any touch: a semantic net and connected components would do, too."
        return "fits", (text,)
    merged = merged_share(evidence.record)
    touch = f", and {percent(merged)} of them touch one of their kind" if merged else ""
    return "fits", (f"Each object has an id{touch}.",)


def _panoptic(evidence: LabelEvidence) -> Fit:
    if "panoptic" in evidence.supports:
        names = listed([each.name for each in evidence.record.regions])
        return "fits", (f"Objects have ids, and the regions around them ({names}) are labelled.",)
    return "does not fit", (_sentence(_lacking("panoptic", evidence)),)


def _none(evidence: LabelEvidence) -> Fit:
    text = (
        "Masks say nothing about a task that needs none; boxes, points and counts can be derived from those with ids."
    )
    return "cannot tell", (text,)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


_FITS: dict[Task, Callable[[LabelEvidence], Fit]] = {
    "semantic": _semantic,
    "instance": _instance,
    "panoptic": _panoptic,
    "none": _none,
}
