"""Reading: what a text says, clause by clause, on three axes, and as facts.

The axes are questions that decide the task (see the table `task`):

    output    is a mask wanted at all (above 0), or something else that a sister task gives (below)?
    separate  must two touching objects of the same kind stay two (above 0), or not (below)?
    regions   are areas that nobody counts wanted as well (above 0)?

A cue counts once for its words and once for their denial, however often they are repeated: a text cannot shout. What
texts with such words usually need is added, within bounds (see `prompts.vocabulary`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from prompts.cues import AXES, Axis, Cue, Language, language
from prompts.text import Text, read_text
from prompts.vocabulary import Habit, load_vocabulary

__all__ = ["Hit", "Reading", "read"]

PLAIN_SISTERS = ("detection", "counting", "classification")
PLAIN = 0.6  # boxes with numbers are tracking, boxes with angles another task: the special name has the word
ELSEWHERE = 0.5  # "the counting is done by another team" says less than "no counting"


@dataclass(frozen=True)
class Hit:
    """Words of the text that a cue found, and the log-odds that they add to the axes."""

    cue: str
    is_asked: bool  # False: denied, or somebody else's business
    weights: Mapping[Axis, float]
    says: str
    quote: str
    start: int
    sister: str | None


@dataclass(frozen=True)
class Reading:
    """What a text says. `scores` of the axes in log-odds, clauses and habit together; `facts`, and what told each."""

    text: Text
    hits: tuple[Hit, ...]
    habit: Habit
    scores: Mapping[Axis, float]
    facts: Mapping[str, str]
    told: Mapping[str, str]  # fact -> quote

    @property
    def sister(self) -> str:
        """The sister task that most words speak for; where none does, one answer for the picture is the likeliest."""
        votes: dict[str, float] = {}
        for hit in self.hits:
            if hit.sister:
                share = PLAIN if hit.sister in PLAIN_SISTERS else 1.0
                votes[hit.sister] = votes.get(hit.sister, 0.0) - share * hit.weights.get("output", 0.0)
        return max(votes, key=lambda name: votes[name]) if votes else "classification"


def read(description: str, rules: Language | None = None) -> Reading:
    """Read a description; an empty one has no hits, and the scores of the prior."""
    rules = rules or language()
    text = read_text(description)
    hits = tuple(hit for cue in rules.cues for hit in _hits(cue, text, rules))
    sums = {axis: rules.prior[axis] + math.fsum(hit.weights.get(axis, 0.0) for hit in hits) for axis in AXES}
    habit = load_vocabulary().habit(text.cleaned)
    scores = {axis: rules.scale * sums[axis] + habit.scores[axis] for axis in AXES}
    facts, told = _facts(text, rules)
    return Reading(text, tuple(sorted(hits, key=lambda hit: hit.start)), habit, scores, facts, told)


def _hits(cue: Cue, text: Text, rules: Language) -> list[Hit]:
    """The first match of a cue that is asked for, and the first that is not."""
    found: dict[bool, Hit] = {}
    for start, end in cue.words.found(text.cleaned):
        stance = text.stance(start, end, rules.negation)
        is_asked = stance == "asked"
        weights = cue.asked if is_asked else cue.denied
        if stance == "order" or is_asked in found or not weights:
            continue
        if stance == "elsewhere":
            weights = {axis: ELSEWHERE * weight for axis, weight in weights.items()}
        says = cue.says if is_asked else cue.says_denied or f"not wanted: {cue.says}"
        first = start if is_asked else text.clause(start)[0]
        sister = cue.sister if is_asked else None
        found[is_asked] = Hit(cue.id, is_asked, weights, says, text.quote(first, end).strip(), start, sister)
    return list(found.values())


def _facts(text: Text, rules: Language) -> tuple[dict[str, str], dict[str, str]]:
    """Each fact that the text tells; the first cue in the order of the file has the word."""
    facts: dict[str, str] = {}
    told: dict[str, str] = {}
    for cue in rules.facts:
        if cue.fact in facts:
            continue
        for start, end in cue.words.found(text.cleaned):
            if not cue.negatable or text.stance(start, end, rules.negation) == "asked":
                facts[cue.fact], told[cue.fact] = cue.value, text.quote(start, end)
                break
    return facts, told
