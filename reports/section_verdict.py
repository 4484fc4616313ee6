"""The first screen: one sentence, the headline numbers, what to do next, how sure it is, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import interval_bar
from reports.formats import UNDEFINED, count, interval, percent, plural, tenths
from reports.language import WORDS
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
    between = interval(bounds)
    label = (WORDS.verdict.spoken_interval if between else WORDS.verdict.spoken).format(
        title=term.title, value=percent(value), interval=between
    )
    return Headline(key, term, tenths(value), value is not None, between, interval_bar(value, bounds, label))


def _sentence(overall: Mapping[str, Any], classes: list[Mapping[str, Any]]) -> str:
    miou, words = overall.get("miou"), WORDS.verdict
    if miou is None:
        return str(words.undefined)
    if miou == 1:
        return str(words.perfect)
    scored = [(c["iou"], c["name"]) for c in classes if c.get("iou") is not None]
    if len(scored) < 2:
        return str(words.of_one.format(miou=percent(miou)))
    (iou, name), over = min(scored), plural(len(scored), WORDS.counted.classes)
    return str(words.of_classes.format(miou=percent(miou), classes=over, name=name, iou=percent(iou)))


def _partial(inputs: Mapping[str, Any]) -> str:
    pairs, found = inputs.get("pairs"), masks_found(inputs, "gt")
    if pairs is None or found is None:
        return str(WORDS.verdict.partial_some)
    if pairs == found:
        return str(WORDS.verdict.partial_other)
    masks = plural(found, WORDS.counted.true_masks)
    return str(WORDS.verdict.partial_pairs.format(pairs=count(pairs), masks=masks))


def _scored(inputs: Mapping[str, Any]) -> str:
    pairs = inputs.get("pairs")
    return "" if pairs is None else WORDS.verdict.scored.format(pairs=plural(pairs, WORDS.counted.pairs))


def _how_sure(document: Mapping[str, Any]) -> list[str]:
    overall, resampling, words = document.get("overall") or {}, document.get("resampling") or {}, WORDS.verdict
    said: list[str] = []
    bounds = (overall.get("intervals") or {}).get("miou")
    if bounds and interval(bounds):
        n = resampling.get("units") or 0
        said.append(
            words.sure_interval.format(
                low=tenths(bounds[0]), high=tenths(bounds[1]), units=_units(n, resampling),
                confidence=tenths(resampling.get("confidence")).removesuffix(".0"),
                resamples=plural(resampling.get("resamples") or 0, WORDS.counted.resamples),
            )
        )  # fmt: skip
        least = (document.get("settings") or {}).get("min_images") or 0
        if n < least:
            said.append(words.sure_few.format(few=_units(least, resampling)))
        said += [words.sure_narrow, words.sure_luck]
    elif overall.get("miou") is not None:
        said.append(words.sure_none)
    if skipped := overall.get("classes_skipped"):
        said.append(words.sure_skipped.format(names=listed(skipped)))
    return said


def _units(n: int, resampling: Mapping[str, Any]) -> str:
    """ "187 images", or so many of what the user's metadata calls a group of them."""
    unit = str(resampling.get("unit") or "image")
    return plural(n, WORDS.counted.images if unit == "image" else WORDS.counted.units, unit=unit)


def _check(check: Mapping[str, Any]) -> GateCheck:
    name, verdict = check.get("id") or check.get("metric") or UNDEFINED, str(check.get("verdict") or "")
    return GateCheck(str(name), verdict, str(check.get("message") or ""), _shape(verdict))


def _shape(verdict: str) -> str:
    return _SHAPES.get(verdict.lower(), "warning")
