"""Finds the partner of each file by keys that grow more tolerant round by round, and never by guessing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.folders import FoundFile
from inspector.problems import Note, Problem, shown
from inspector.stems import bare_stem, base_stem, normalised

__all__ = ["OTHER", "SIDES", "Keyed", "Partners", "find_partners"]

SIDES = ("gt", "pred")
OTHER = {"gt": "pred", "pred": "gt"}
NAMED = 3  # files that a message names


class Keyed(NamedTuple):
    """A file and what it is paired by."""

    key: str
    file: FoundFile


@dataclass
class Partners:
    """The state of the search. `files` and `left` are by side; each file is left, in a pair or a problem.

    pairs  (key of the image, truth, prediction)
    """

    files: dict[str, list[Keyed]]
    left: dict[str, list[Keyed]]
    pairs: list[tuple[str, FoundFile, FoundFile]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def settle(self, side: str, gone: set[FoundFile]) -> None:
        if gone:
            self.left[side] = [keyed for keyed in self.left[side] if keyed.file not in gone]

    def refuse(self, side: str, group: list[Keyed], kind: str, reason: str, fix: str) -> None:
        for key, file in group:
            self.problems.append(Problem(file.display, side, kind, reason, fix, file.path, shown(key)))


def find_partners(files: dict[str, list[Keyed]], *, by_words: bool) -> Partners:
    """Pair equal keys, then keys equal in NFC; `by_words` then also bare stems and unique bare base names."""
    state = Partners(files, {side: list(files[side]) for side in SIDES})
    _refuse_doubles(state, str, everywhere=True)
    _pair_round(state, str)
    _pair_round(state, normalised, "unicode_normalised")
    if by_words:
        _refuse_doubles(state, bare_stem)
        _pair_round(state, bare_stem, "paired_by_suffix")
        _pair_round(state, base_stem, "paired_by_name")
    return state


def _refuse_doubles(state: Partners, key_of: Callable[[str], str], *, everywhere: bool = False) -> None:
    """Files of a side with one key: none is taken, nor the partner they compete for. Unless `everywhere`,
    only where there is such a partner: without one they are simply files that nothing was predicted for."""
    if not everywhere and not (state.left["gt"] and state.left["pred"]):
        return
    counts = {side: Counter(key_of(keyed.key) for keyed in state.files[side]) for side in SIDES}
    groups = {side: _grouped(state.left[side], key_of) for side in SIDES}
    gone: dict[str, set[FoundFile]] = {side: set() for side in SIDES}
    for side in SIDES:
        for key, group in groups[side].items():
            if counts[side][key] < 2 or not (everywhere or key in groups[OTHER[side]]):
                continue
            _refuse_group(state, side, group, counts[side][key])
            gone[side].update(keyed.file for keyed in group)
            if key in groups[OTHER[side]] and counts[OTHER[side]][key] < 2:
                rivals = groups[OTHER[side]][key]
                reason = f"its partner is not clear: {_names(group)}"
                state.refuse(OTHER[side], rivals, "partner_unusable", reason, "see the other side")
                gone[OTHER[side]].update(keyed.file for keyed in rivals)
    for side in SIDES:
        state.settle(side, gone[side])


def _refuse_group(state: Partners, side: str, group: list[Keyed], count: int) -> None:
    reason = f"{count} files of {side} claim one image: {_names(group)}"
    fix = "keep one of them, or choose by --match"
    state.refuse(side, group, "ambiguous_stem", reason, fix)


def _pair_round(state: Partners, key_of: Callable[[str], str], kind: str = "") -> None:
    """Pair what is left and has a key that is unique on both sides, among all files and not only those left."""
    if not (state.left["gt"] and state.left["pred"]):
        return
    unique = {side: _unique(state, side, key_of) for side in SIDES}
    both = unique["gt"].keys() & unique["pred"].keys()
    found = [(unique["gt"][key], unique["pred"][key]) for key in both]
    found.sort(key=lambda pair: pair[0].file.relative)
    for gt, pred in found:
        image = gt.key if kind in ("", "unicode_normalised") else bare_stem(gt.key)
        state.pairs.append((image, gt.file, pred.file))
    for side, index in (("gt", 0), ("pred", 1)):
        state.settle(side, {pair[index].file for pair in found})
    state.notes += _notes(kind, [(gt.file.display, pred.file.display) for gt, pred in found])


def _unique(state: Partners, side: str, key_of: Callable[[str], str]) -> dict[str, Keyed]:
    if key_of is str:  # doubles of exact keys are settled, so that counting all files again is not needed
        return {keyed.key: keyed for keyed in state.left[side]}
    counts = Counter(key_of(keyed.key) for keyed in state.files[side])
    keys = ((key_of(keyed.key), keyed) for keyed in state.left[side])
    return {key: keyed for key, keyed in keys if counts[key] == 1}


def _notes(kind: str, pairs: list[tuple[str, str]]) -> list[Note]:
    if not kind or not pairs:
        return []
    if kind == "unicode_normalised":
        text = "the name is spelled with other Unicode characters than that of {}: paired all the same"
        return [Note(kind, pred, text.format(gt)) for gt, pred in pairs]
    why = {
        "paired_by_suffix": "after leaving out words such as _mask and _pred",
        "paired_by_name": "by file name although their folders differ",
    }[kind]
    gt, pred = pairs[0]
    return [Note(kind, "pred", f"{len(pairs)} paired {why}, for example {pred} with {gt}")]


def _grouped(files: list[Keyed], key_of: Callable[[str], str]) -> dict[str, list[Keyed]]:
    groups: dict[str, list[Keyed]] = {}
    for keyed in files:
        groups.setdefault(key_of(keyed.key), []).append(keyed)
    return groups


def _names(group: list[Keyed]) -> str:
    more = f" and {len(group) - NAMED} more" if len(group) > NAMED else ""
    return ", ".join(keyed.file.display for keyed in group[:NAMED]) + more
