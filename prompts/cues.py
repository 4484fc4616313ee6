"""Cues: what words say about a problem. Data in `language/*.toml`, checked when it is loaded; a person can extend it.

A file has `[words]`, named alternatives that patterns use as {name}, and any number of

    [[cue]]
    id = "own-mask"
    asked = { separate = 3.0 }     # weights on the axes separate, regions, output: log-odds, below 0 against
    denied = { separate = -2.0 }   # of the same words where they are denied; left out where that says nothing
    says = "each object is to have a mask of its own"
    any = ['{each} \\w+ (its )?own mask']

    [[fact]]
    fact = "dims"              # a name and value of prompts.facts
    value = "3d"
    any = ['\\bct\\b']

Patterns are regular expressions of Python over the cleaned text: lower case, plain quotes. Each begins and ends at a
word border, unless it says so itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from prompts.answer import SISTER_TASKS
from prompts.errors import PromptsError
from prompts.facts import check_facts
from prompts.text import Negation
from prompts.toml_files import checked, packaged

__all__ = ["AXES", "Axis", "Cue", "FactCue", "Language", "language", "load_language"]

Axis = Literal["separate", "regions", "output"]
NEAR = 60  # characters around a match in which its other meaning is looked for
AXES: tuple[Axis, ...] = ("output", "separate", "regions")


class _Pattern(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    any: tuple[str, ...] = Field(min_length=1)
    but_not: tuple[str, ...] = ()  # what the same words may also mean; such a match is passed over


class _CueRecord(_Pattern):
    id: str
    asked: dict[Axis, float]
    denied: dict[Axis, float] = {}
    says: str
    says_denied: str = ""
    fixed: bool = False  # a weight that a person gave, and no fit changes
    sister: Literal[SISTER_TASKS] | None = None  # type: ignore[valid-type]


class _FactRecord(_Pattern):
    fact: str
    value: str
    negatable: bool = True


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prior: dict[Axis, float] = {}
    trust: dict[Literal["scale"], float] = {}
    common: tuple[str, ...] = ()
    words: dict[str, str] = {}
    negation: dict[Literal["before", "after", "elsewhere", "harmless", "orders"], tuple[str, ...]] = {}
    cue: tuple[_CueRecord, ...] = ()
    fact: tuple[_FactRecord, ...] = ()


@dataclass(frozen=True)
class _Words:
    """The pattern of a cue; compiled when it is first used, since most of a start would be spent on it."""

    source: str
    but_not: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(self.source)

    @cached_property
    def excluded(self) -> re.Pattern[str] | None:
        return re.compile(self.but_not) if self.but_not else None

    def found(self, text: str) -> Iterator[tuple[int, int]]:
        """Start and end of every match that does not mean something else."""
        for match in self.pattern.finditer(text):
            if match.end() > match.start() and not (self.excluded and _overlapped(self.excluded, text, match)):
                yield match.span()


def _overlapped(other: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    """Whether the other pattern matches some of the same words."""
    near = other.finditer(text, max(0, match.start() - NEAR), match.end() + NEAR)
    return any(found.start() < match.end() and match.start() < found.end() for found in near)


@dataclass(frozen=True)
class Cue:
    """Words, and what they speak for where they are asked for and where they are denied: axis -> log-odds."""

    id: str
    asked: Mapping[Axis, float]
    denied: Mapping[Axis, float]
    says: str
    says_denied: str
    fixed: bool
    sister: str | None
    words: _Words


@dataclass(frozen=True)
class FactCue:
    """Words that tell a fact."""

    fact: str
    value: str
    negatable: bool
    words: _Words


@dataclass(frozen=True)
class Language:
    """All that the picker knows of a language; `prior` is what a text that says nothing leans to, in log-odds."""

    prior: Mapping[Axis, float]
    scale: float  # of the log-odds: words weighed on one set of texts decide less on the next
    common: frozenset[str]  # words that any text in the language is full of
    negation: Negation
    cues: tuple[Cue, ...]
    facts: tuple[FactCue, ...]


@cache
def language() -> Language:
    """The cues that come with the package."""
    return load_language(packaged("language"))


def load_language(texts: Mapping[str, str]) -> Language:
    """The cues of TOML files: name -> content. Raises PromptsError naming the file and the cue that is wrong."""
    files = {name: checked(_File, name, text) for name, text in texts.items()}
    words = {key: value for file in files.values() for key, value in file.words.items()}
    cues, facts, seen = [], [], set()
    negation: dict[str, list[str]] = {"before": [], "after": [], "elsewhere": [], "harmless": [], "orders": []}
    for name, file in files.items():
        for cue in file.cue:
            if cue.id in seen:
                raise PromptsError(f"{name}: the cue {cue.id!r} stands there twice; give the second another id")
            seen.add(cue.id)
            cues.append(_cue(cue, words, f"{name}: cue {cue.id!r}"))
        for fact in file.fact:
            where = f"{name}: fact {fact.fact} = {fact.value!r}"
            check_facts({fact.fact: fact.value}, where)
            facts.append(FactCue(fact.fact, fact.value, fact.negatable, _words(fact, words, where)))
        for side, patterns in file.negation.items():
            negation[side] += patterns
    prior = {axis: value for file in files.values() for axis, value in file.prior.items()}
    scale = next((file.trust["scale"] for file in files.values() if file.trust), 1.0)
    common = frozenset(word for file in files.values() for word in file.common)
    return Language(prior, scale, common, _negation(negation, words), tuple(cues), tuple(facts))


def _negation(patterns: Mapping[str, list[str]], words: Mapping[str, str]) -> Negation:
    before, after, elsewhere, harmless, orders = (
        _bordered(_expanded(patterns[part], words, f"negation.{part}"))
        for part in ("before", "after", "elsewhere", "harmless", "orders")
    )
    behind = rf"[^,;:.]{{0,60}}?{after}"  # "counting the cars on it is not needed"
    return Negation(*map(re.compile, (before, behind, elsewhere, harmless, orders)))


def _cue(record: _CueRecord, words: Mapping[str, str], where: str) -> Cue:
    kept = record.model_dump(exclude={"any", "but_not"})
    return Cue(**kept, words=_words(record, words, where))


def _words(record: _Pattern, words: Mapping[str, str], where: str) -> _Words:
    source = _bordered(_expanded(record.any, words, where))
    but_not = _bordered(_expanded(record.but_not, words, where)) if record.but_not else ""
    return _Words(source, but_not)


def _expanded(patterns: Any, words: Mapping[str, str], where: str) -> str:
    """The patterns as one, with every {name} replaced; names may use names."""

    def replaced(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in words:
            raise PromptsError(f"{where}: there are no [words] called {name!r}; there are {', '.join(sorted(words))}")
        return f"(?:{_NAME.sub(replaced, words[name])})"

    expanded = (_NAME.sub(replaced, pattern) for pattern in patterns)
    return "|".join(_SAME.sub(rf"(?P\1same{index}", pattern) for index, pattern in enumerate(expanded))


_NAME = re.compile(r"\{([a-z_]+)\}")
_SAME = re.compile(r"\(\?P([<=])same")  # a word that comes back: each pattern of a cue needs a group of its own


def _bordered(pattern: str) -> str:
    return rf"(?<![\w])(?:{pattern})(?![\w])"
