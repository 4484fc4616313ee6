"""A person's text: cleaned without moving a character, and cut into clauses with the scope of each negation.

Everything here keeps positions: a rule matches the cleaned text, and the quote is cut from the original.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

__all__ = ["LONGEST", "Negation", "Stance", "Text", "read_text"]

Stance = Literal["asked", "denied", "elsewhere", "order"]

LIST_ITEM = 3  # words of an item in "no cars, parked trucks or houses"
_NO = re.compile(r"\s*(?:no|nope|not|never)\b")
_NEXT_THOUGHT = re.compile(r",\s*(?:thus|hence|so|therefore|otherwise|then|each|every|all|they|it|we|i|the single)\b")
REACH = 70  # characters over which a denial before the words is heard
LONGEST = 5_000  # characters that are read: what decides stands long before, and a rule costs time for each
_ALIKE = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": ";", "×": "x", "\u00a0": " ", "…": "."})
# A comma ends the scope of a negation only where a new thought begins: "no cars, trees or houses" is one.
_BORDERS = re.compile(
    r"[.!?](?=\s|$)|[;:\n()]| - "
    r"|,?\s(?=(?:but|however|instead|whereas|while|although|though|yet|because|since|so that|so we|so i|then|still)\b)"
    r"|,\s(?=(?:just|only|i|we|they|it|you|he|she|what|please|each|every|all i|give|find|show|mark|so|which|who)\b)"
)


@dataclass(frozen=True)
class Negation:
    """What takes words out of what is asked for: a denial before or after, or a clause that gives them to others."""

    before: re.Pattern[str]
    after: re.Pattern[str]
    elsewhere: re.Pattern[str]
    harmless: re.Pattern[str]  # "no doubt": looks like a denial, and is none
    orders: re.Pattern[str]  # words to the reader, not about the need: "ignore the rules"


@dataclass(frozen=True)
class Text:
    """A text in its original and its cleaned form, of one length, and the starts of its clauses."""

    original: str
    cleaned: str
    starts: tuple[int, ...]
    was_cut: bool

    def quote(self, start: int, end: int) -> str:
        """The user's own words from `start` to `end`, widened to whole words."""
        while start > 0 and self.original[start - 1].isalnum() and self.original[start].isalnum():
            start -= 1
        while end < len(self.original) and self.original[end - 1].isalnum() and self.original[end].isalnum():
            end += 1
        return " ".join(self.original[start:end].split())

    def clause(self, position: int) -> tuple[int, int]:
        """Start and end of the clause around a position."""
        index = bisect_right(self.starts, position) - 1
        return self.starts[index], (*self.starts, len(self.cleaned))[index + 1]

    def clauses(self) -> Iterator[str]:
        """The clauses, cleaned, in order."""
        for start, end in pairwise((*self.starts, len(self.cleaned))):
            yield self.cleaned[start:end]

    def gives_orders(self, negation: Negation) -> bool:
        """Whether a clause speaks to the reader instead of the need."""
        return any(negation.orders.search(clause) for clause in self.clauses())

    def stance(self, start: int, end: int, negation: Negation) -> Stance:
        """Whether the words from `start` to `end` are asked for, denied, others' business, or an order to us."""
        first, last = self.clause(start)
        if negation.orders.search(self.cleaned[first:last]):
            return "order"
        before = negation.harmless.sub(_blanked, self.cleaned[max(first, start - REACH) : start])
        denials = [found.end() for found in negation.before.finditer(before)]
        if self.cleaned[start:last].rstrip().endswith("?") and _NO.match(self.cleaned[last:]):
            return "denied"  # "Separate grains? No."
        if (denials and _reaches(before[denials[-1] :])) or negation.after.match(self.cleaned[end : max(end, last)]):
            return "denied"
        piece = slice(self.cleaned.rfind(",", first, start) + 1 or first, _or(self.cleaned.find(",", end, last), last))
        return "elsewhere" if negation.elsewhere.search(self.cleaned[piece]) else "asked"


def _or(found: int, otherwise: int) -> int:
    return otherwise if found < 0 else found


def _reaches(between: str) -> bool:
    """Whether a denial is still heard behind these words: it goes through a list, not into the next thought."""
    _, *items = between.split(",")
    return all(len(item.split()) <= LIST_ITEM for item in items) and not _NEXT_THOUGHT.search(between)


def _blanked(match: re.Match[str]) -> str:
    return " " * len(match.group())


def read_text(text: str) -> Text:
    """Clean a text and find its clauses; of a longer one the first `LONGEST` characters are read (see `was_cut`)."""
    original = text[:LONGEST]
    cleaned = "".join(map(_plain, original.replace("mAP", "_ap").translate(_ALIKE)))  # mAP is no map
    starts = [0, *(found.end() for found in _BORDERS.finditer(cleaned))]
    return Text(original, cleaned, tuple(dict.fromkeys(starts)), len(text) > LONGEST)


def _plain(character: str) -> str:
    """One character for one: lower case, without accents; control and invisible characters become blanks."""
    if character.isascii():
        return character.lower() if character.isprintable() or character == "\n" else " "
    base = unicodedata.normalize("NFKD", character)[0].lower()
    return base if len(base) == 1 and base.isprintable() else " "
