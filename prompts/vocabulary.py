"""Vocabulary: what texts with such words usually need, whatever their clauses say.

A weight for each of some thousand words on each axis, learned from descriptions with answers by
`benchmarks/picker_fit.py` and kept in `language/vocabulary.json`. It knows habits, not reasons: what it adds is
bounded, so that a clause that decides stands above it, and it is told apart from the words that decide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from prompts.cues import AXES, Axis

__all__ = ["FILE", "Habit", "Vocabulary", "load_vocabulary", "words_of"]

FILE = "vocabulary.json"
BEGINNING = 5  # letters
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*|\d+")


class Vocabulary(BaseModel):
    """Log-odds of each axis for a text of no word, and what each word adds: (output, separate, regions)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most: float  # of an axis, either way
    bias: tuple[float, float, float]
    words: dict[str, tuple[float, float, float]]

    def habit(self, cleaned: str) -> Habit:
        """What a cleaned text (see `prompts.text`) usually needs. A text without a known word says nothing."""
        known = sorted(words_of(cleaned) & self.words.keys())
        if not known:
            return Habit(dict.fromkeys(AXES, 0.0), {})
        sums = (self.bias[i] + sum(self.words[word][i] for word in known) for i in range(len(AXES)))
        scores = {axis: max(-self.most, min(self.most, value)) for axis, value in zip(AXES, sums, strict=True)}
        return Habit(scores, {word: dict(zip(AXES, self.words[word], strict=True)) for word in known})


@dataclass(frozen=True)
class Habit:
    """Log-odds by axis, and the known words with what each adds."""

    scores: Mapping[Axis, float]
    words: Mapping[str, Mapping[Axis, float]]

    def telling(self, signs: Mapping[Axis, int]) -> tuple[str, ...]:
        """The words that speak most in the direction of `signs` (axis -> 1 or -1), strongest first."""
        weight = {word: sum(sign * of[axis] for axis, sign in signs.items()) for word, of in self.words.items()}
        told = [word for word in weight if weight[word] > 0 and word[-1].isalpha()]
        return tuple(sorted(told, key=lambda word: -weight[word]))


@cache
def load_vocabulary() -> Vocabulary:
    """The vocabulary that comes with the package."""
    text = resources.files("prompts").joinpath("language").joinpath(FILE).read_text("utf-8")
    return Vocabulary.model_validate(json.loads(text))


def words_of(cleaned: str) -> frozenset[str]:
    """The words of a cleaned text, and how long ones begin, each once; all numbers are "#".

    A beginning ("segme-") lets counted, counting and counts speak with one voice.
    """
    words = ["#" if word[0].isdigit() else word for word in _WORD.findall(cleaned)]
    return frozenset([*words, *(f"{word[:BEGINNING]}-" for word in words if len(word) > BEGINNING)])
