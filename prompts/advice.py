"""Advice: an answer with all that is known of what it names, as plain data and as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from prompts.answer import Answer, ArchitecturePick, Choice, Task
from prompts.check import evaluation_of, gate_of
from prompts.decision import decide, load_tables
from prompts.evidence import LabelEvidence, fit
from prompts.explain import NAMES
from prompts.knowledge import load_knowledge
from prompts.picker import Pick

__all__ = ["advice_json", "advice_text", "details_of", "masks_json", "names_of"]

WIDTH = 100
_INDENT = " " * 14


def advice_json(pick: Pick) -> dict[str, Any]:
    """The answer (see `Answer`) with the facts behind it, details of what it names, and how to check a model."""
    answer = pick.answer
    return {
        **answer.model_dump(mode="json"),
        "probabilities": {task: round(value, 4) for task, value in pick.belief.probabilities.items()},
        "details": details_of(answer),
        "reasons": _reasons(pick),
        "evaluate": evaluation_of(answer, pick.facts),
        "gate": gate_of(answer),
        "facts": {name: {"value": value, "source": pick.sources[name]} for name, value in pick.facts.items()},
        "fingerprint": [vars(item) for item in pick.fingerprint],
        "disagreements": list(pick.disagreements),
        "notes": list(pick.notes),
    }


def _reasons(pick: Pick) -> dict[str, list[dict[str, str]]]:
    """Table -> what it chose, by which rule, and why: where the numbers in its sentences come from."""
    tables = load_tables()
    names = ("task", "sister", "metrics") if pick.answer.task == "none" else _MASK_TABLES
    return {name: [vars(each) for each in decide(tables[name], pick.facts)] for name in names}


_MASK_TABLES = ("task", "architecture", "loss", "metrics", "resolution", "tiling")


def masks_json(task: Task, evidence: LabelEvidence) -> dict[str, Any]:
    """What was measured on masks, and whether they fit a task."""
    verdict, sentences = fit(task, evidence)
    record = evidence.record
    return {
        "images": record.images,
        "of": record.images_found,
        "kind": record.kind,
        "kind_sure": record.kind_sure,
        "statements": [vars(statement) for statement in evidence.statements],
        "supports": list(evidence.supports),
        "fit": {"task": task, "verdict": verdict, "sentences": list(sentences)},
    }


def details_of(answer: Answer) -> dict[str, dict[str, Any]]:
    """What is known of each architecture of an answer: id -> record; one that nobody knows here is left out."""
    known = load_knowledge().architectures
    return {each.name: known[each.name].model_dump(mode="json") for each in answer.architecture if each.name in known}


def names_of() -> dict[str, dict[str, str]]:
    """id -> name and a line about it, of every architecture, loss and metric."""
    known = load_knowledge()
    architectures = {
        id_: {"name": each.name, "note": f"{each.library}. {_PRODUCT[each.commercial]}"}
        for id_, each in known.architectures.items()
    }
    losses = {id_: {"name": loss.name, "note": loss.use_when} for id_, loss in known.losses.items()}
    metrics = {id_: {"name": metric.name, "note": metric.measures} for id_, metric in known.metrics.items()}
    return {**architectures, **losses, **metrics}


# ---------------------------------------------------------------------- text


def advice_text(pick: Pick, statements: Iterable[str] = (), fit: Iterable[str] = ()) -> str:
    """The advice for a terminal. `statements` were measured on masks, `fit` says whether those suit the task."""
    answer = pick.answer
    blocks = [
        _head(pick),
        "",
        *_listed("careful", pick.disagreements),
        *_listed("note", pick.notes),
        *_listed("your words", [f"“{quote.text}”: {quote.says}" for quote in answer.evidence_quotes]),
        *_listed("why", [answer.why]),
        *_listed("measured", [*statements, *fit]),
        *_listed("question", [answer.ask_user] if answer.ask_user else []),
        "",
        *_listed("architecture", _architectures(answer)),
        *_listed("loss", _grouped([answer.loss] if answer.loss else [])),
        *_listed("metrics", _grouped(answer.metrics)),
        *_resolution(answer),
        *_listed("not chosen", [f"{each.name}: {each.why}" for each in answer.not_chosen]),
        *_listed("measure it", [evaluation_of(answer, pick.facts)]),
    ]
    gate = gate_of(answer)
    return "\n".join(blocks) + "\n" + (f"\n{gate}" if gate else "")


def _head(pick: Pick) -> str:
    answer = pick.answer
    sister = f": {answer.sister_task}" if answer.sister_task else ""
    return f"{NAMES[answer.task]}{sister} ({answer.confidence:.0%} sure)"


def _resolution(answer: Answer) -> list[str]:
    if answer.resolution_tiling is None:
        return []
    return [*_listed("input", [answer.resolution_tiling.input]), *_listed("tiling", [answer.resolution_tiling.tiling])]


def _architectures(answer: Answer) -> list[str]:
    """The reasons, once each, and a line about each architecture."""
    reasons = list(dict.fromkeys(each.why for each in answer.architecture))
    return reasons + [f"{number}. {_known(each)}" for number, each in enumerate(answer.architecture, 1)]


def _known(pick: ArchitecturePick) -> str:
    """What is known of an architecture, its restrictions whole: half a licence is a false one."""
    each = load_knowledge().architectures.get(pick.name)
    if each is None:
        return f"{pick.name}, in {pick.library}"
    facts = [f"Code: {each.licence_code}", f"Weights: {each.licence_weights}", _PRODUCT[each.commercial]]
    if each.min_images:
        facts.append(f"From about {each.min_images} images with masks ({each.min_images_source})")
    facts += [f"{speed.value} on {speed.device} ({speed.source})" for speed in each.speed[:1]]
    return f"{each.name}, in {pick.library}. {'. '.join(facts)}. Fails: {each.fails_when}"


_PRODUCT = {
    "yes": "May be used in a closed product",
    "weights": "For a closed product train your own weights",
    "no": "Not for a closed product",
}


def _grouped(choices: Iterable[Choice]) -> list[str]:
    """Choices for one reason stand on one line."""
    by_reason: dict[str, list[str]] = {}
    for each in choices:
        by_reason.setdefault(each.why, []).append(each.name)
    return [f"{', '.join(names)}: {why}" for why, names in by_reason.items()]


def _listed(title: str, lines: Iterable[str]) -> list[str]:
    """Paragraphs in a column, the title before the first; nothing for no lines."""
    wrapped: list[str] = []
    for line in lines:
        begin = f"{title:<13} " if not wrapped else _INDENT
        wrapped += textwrap.wrap(line, WIDTH, initial_indent=begin, subsequent_indent=_INDENT, break_long_words=False)
    return wrapped
