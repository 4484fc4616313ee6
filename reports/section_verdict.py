"""The first screen: one sentence, the headline numbers, what to do next, how sure it is, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import interval_bar
from reports.formats import UNDEFINED, count, interval, percent, plural, tenths
from reports.left_out import LeftOut, left_out, masks_found
from reports.rows import listed
from reports.section_next import Step, next_steps
from reports.words import HEADLINES, Term

__all__ = ["GateCheck", "Headline", "Verdict", "verdict_of"]

_FIRST = 4  # headlines on the first screen
_CHECKS = 3  # gates on it: what failed comes first
_SHAPES = {"passed": "good", "pass": "good", "failed": "error", "fail": "error"}  # else a warning
_WORST_FIRST = ("error", "warning", "good")


@dataclass(frozen=True)
class Headline:
    """One headline number; `text` is without its sign, `range` is empty without an interval."""

    key: str
    term: Term
    text: str
    defined: bool
    range: str
    bar: Markup


@dataclass(frozen=True)
class GateCheck:
    """One gate and its outcome; `shape` is "error", "warning" or "good"."""

    name: str
    verdict: str
    message: str
    shape: str


@dataclass(frozen=True)
class Verdict:
    """What a manager reads in ten seconds."""

    sentence: str
    partial: str
    headlines: tuple[Headline, ...]
    more: tuple[Headline, ...]
    left_out: tuple[LeftOut, ...]
    scored: str
    sure: tuple[str, ...]
    steps: tuple[Step, ...]
    gate: str
    gate_shape: str
    checks: tuple[GateCheck, ...]
    more_checks: tuple[GateCheck, ...]
    anything: bool


def verdict_of(document: Mapping[str, Any]) -> Verdict:
    overall, inputs = document.get("overall") or {}, document.get("inputs") or {}
    headlines = [_headline(key, overall) for key in HEADLINES if key in overall]
    gates = document.get("gates") or {}
    checks = sorted(map(_check, gates.get("checks") or []), key=lambda check: _WORST_FIRST.index(check.shape))
    gate = str(gates.get("verdict") or "") if checks else ""
    return Verdict(
        sentence=_sentence(overall, document.get("classes") or []),
        partial=_partial(inputs) if document.get("partial") else "",
        headlines=tuple(headlines[:_FIRST]),
        more=tuple(headlines[_FIRST:]),
        left_out=left_out(inputs),
        scored=_scored(inputs),
        sure=tuple(_how_sure(document)),
        steps=next_steps(document),
        gate=gate,
        gate_shape=_shape(gate),
        checks=tuple(checks[:_CHECKS]),
        more_checks=tuple(checks[_CHECKS:]),
        anything=overall.get("miou") is not None,
    )


def _headline(key: str, overall: Mapping[str, Any]) -> Headline:
    term, value = HEADLINES[key], overall.get(key)
    bounds = (overall.get("intervals") or {}).get(key)
    label = f"{term.title} {percent(value)}" + (f", interval {interval(bounds)}" if interval(bounds) else "")
    return Headline(key, term, tenths(value), value is not None, interval(bounds), interval_bar(value, bounds, label))


def _sentence(overall: Mapping[str, Any], classes: list[Mapping[str, Any]]) -> str:
    miou = overall.get("miou")
    if miou is None:
        return "Mean IoU is undefined: no class could be scored."
    if miou == 1:
        return "Every scored pixel is right: mean IoU is exactly 100\u202f%."
    scored = [(c["iou"], c["name"]) for c in classes if c.get("iou") is not None]
    lead = f"Mean IoU is {percent(miou)}"
    if len(scored) < 2:
        return f"{lead}."
    iou, name = min(scored)
    return f"{lead} over {plural(len(scored), 'class', 'classes')}; the weakest is {name} at {percent(iou)}."


def _partial(inputs: Mapping[str, Any]) -> str:
    pairs, found = inputs.get("pairs"), masks_found(inputs, "gt")
    if pairs is None or found is None:
        return "Some of the input could not be used; every number below is over the rest."
    if pairs == found:
        return "Every true mask was scored, but other input could not be used."
    return f"{count(pairs)} of {plural(found, 'true mask')} could be scored; every number below is over those alone."


def _scored(inputs: Mapping[str, Any]) -> str:
    pairs = inputs.get("pairs")
    return "" if pairs is None else f"{plural(pairs, 'pair')} scored"


def _how_sure(document: Mapping[str, Any]) -> list[str]:
    overall, resampling = document.get("overall") or {}, document.get("resampling") or {}
    said = []
    if bounds := interval((overall.get("intervals") or {}).get("miou")):
        units = plural(resampling.get("units") or 0, str(resampling.get("unit") or "image"))
        confidence = tenths(resampling.get("confidence")).removesuffix(".0")
        said.append(
            f"Mean IoU lies between {bounds.replace('–', ' and ')}\u202f% with {confidence}\u202f% confidence "
            f"({plural(resampling.get('resamples') or 0, 'resample')} of {units})."
        )
        least = (document.get("settings") or {}).get("min_images") or 0
        if (resampling.get("units") or 0) < least:
            few = plural(least, str(resampling.get("unit") or "image"))
            said.append(f"That is few: below {few} an interval itself is not to be relied on.")
        said.append("Where a few images hold most of a class, the intervals of that class are too narrow.")
        said.append("This is the luck of which images were picked; it does not say how a retrained model would differ.")
    elif overall.get("miou") is not None:
        said.append("No interval: there are too few images to say how sure the numbers are.")
    if skipped := overall.get("classes_skipped"):
        said.append(f"Left out of the mean, since they neither occur nor are predicted: {listed(skipped)}.")
    return said


def _check(check: Mapping[str, Any]) -> GateCheck:
    name, verdict = check.get("id") or check.get("metric") or UNDEFINED, str(check.get("verdict") or "")
    return GateCheck(str(name), verdict, str(check.get("message") or ""), _shape(verdict))


def _shape(verdict: str) -> str:
    return _SHAPES.get(verdict.lower(), "warning")
