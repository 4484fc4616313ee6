"""Which prediction belongs to which ground truth, by name alone; whatever finds no partner is listed."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from inspector.errors import InputError, UsageError
from inspector.folders import FoundFile, Listing, list_folder
from inspector.partners import OTHER, SIDES, Keyed, Partners, find_partners
from inspector.problems import Note, Problem, shown
from inspector.stems import bare_stem, compile_match, loose_stem, matched_key, stem
from inspector.wording import count

__all__ = ["Chosen", "FoundFile", "Note", "Pair", "Pairing", "Problem", "no_pairs", "nothing_left", "pair_folders"]

CALLED = {"gt": "ground truth", "pred": "prediction"}
FIX_ALONE = {
    "gt": "add the prediction, or decide by --missing",
    "pred": "remove the prediction, or add its ground truth",
}
EXAMPLES = 3


@dataclass(frozen=True)
class Pair:
    """Two files of one image: what to open, and their paths below the two folders for display."""

    image_id: str
    gt_path: str
    pred_path: str
    gt_relative: str
    pred_relative: str

    @property
    def gt(self) -> Path:
        return Path(self.gt_path)

    @property
    def pred(self) -> Path:
        return Path(self.pred_path)


@dataclass(frozen=True)
class Chosen:
    """A file that a person leaves out by choice: side, slash, path below the folder ("gt/b.png"), and why."""

    image: str
    side: str
    path: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """The record in `inputs` of the document."""
        return {"image": self.image, "file": self.path, "side": self.side, "reason": self.reason}


@dataclass(frozen=True)
class Pairing:
    """Every entry found on a side is in a pair, in missing (gt) or extra (pred), a problem, skipped or chosen.

    pairs     in order of image_id
    missing   truths that have no prediction; extra: predictions that have no truth (kind no_partner)
    problems  files that cannot be paired or opened
    found     entries per side; skipped: per side and reason (an extension, "hidden", …)
    chosen    files that are left out by choice
    """

    pairs: tuple[Pair, ...]
    missing: tuple[Problem, ...]
    extra: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...]
    found: dict[str, int]
    skipped: dict[str, dict[str, int]]
    chosen: tuple[Chosen, ...] = ()

    def unaccounted(self, side: str) -> int:
        """Entries of a side found but listed nowhere: 0, or we have a bug."""
        alone = self.missing if side == "gt" else self.extra
        others = sum(p.side == side for p in self.problems) + sum(c.side == side for c in self.chosen)
        return self.found[side] - len(self.pairs) - len(alone) - others - sum(self.skipped[side].values())


def pair_folders(gt: str | Path, pred: str | Path, match: str | None = None) -> Pairing:
    """Pair the mask files of two folders, or two files.

    A file's key is its path below its folder without the extension, or what the regular expression `match`
    finds in that path. Equal keys pair first; then keys equal in Unicode NFC; then, without `match`, keys
    without words such as _mask, and last base names where they are unique. Two files of a side with one key
    are ambiguous: none is taken. No file is opened. Raises UsageError (paths, match), InputError (empty).
    """
    gt, pred = os.fspath(gt), os.fspath(pred)
    pattern = compile_match(match) if match is not None else None
    _check_paths(gt, pred)
    if os.path.isfile(gt) and os.path.isfile(pred):
        return _two_files(gt, pred)
    listings = {"gt": list_folder(gt, "gt", pred), "pred": list_folder(pred, "pred", gt)}
    for listing in listings.values():
        if not listing.files and not listing.problems:
            raise _empty(listing)
    files = {side: _keyed(listings[side], pattern) for side in SIDES}
    blocked = {side: _blocked(listings[side], pattern) for side in SIDES}
    return _pairing(listings, find_partners(files, by_words=pattern is None), blocked)


def no_pairs(pairing: Pairing) -> InputError:
    """The error for a pairing without pairs, with names of both sides to compare."""
    alone = pairing.missing + pairing.extra + pairing.problems
    names = [[problem.path for problem in alone if problem.side == side][:EXAMPLES] for side in SIDES]
    listed = " against ".join(", ".join(side) or "none" for side in names)
    fix = r"name the files alike, or say which part of the path both share: --match '(\d+)'"
    return InputError("no_pairs", f"no prediction could be paired with a ground truth: {listed}", fix)


def nothing_left(pairing: Pairing) -> InputError:
    """The error for a pairing of which nothing is left but what was left out by choice."""
    images = len({chosen.image for chosen in pairing.chosen})
    reason = f"nothing to evaluate: {count(images, 'image')} left out by --exclude, and no pair remains"
    return InputError("nothing_left", reason, "leave fewer of them out")


def _check_paths(gt: str, pred: str) -> None:
    for path, option in ((gt, "--gt"), (pred, "PREDICTIONS")):
        if not os.path.exists(path):
            raise UsageError(f"{option}: there is no folder {shown(path)}", kind="no_such_folder", path=path)
        if not os.path.isdir(path) and not os.path.isfile(path):
            what = f"{option}: {shown(path)} is neither a folder nor a file"
            raise UsageError(what, kind="no_such_folder", path=path)
    if os.path.isfile(gt) != os.path.isfile(pred):
        what = f"{shown(pred)} and --gt {shown(gt)}: expected two folders or two files"
        raise UsageError(what, kind="file_and_folder", path=pred)
    if os.path.samefile(gt, pred):
        what = f"predictions and ground truth are the same: {shown(pred)}"
        raise UsageError(what, kind="same_folder", path=pred, fix="give the folder of the predictions and --gt")


def _two_files(gt: str, pred: str) -> Pairing:
    names = shown(os.path.basename(gt)), shown(os.path.basename(pred))
    pair = Pair(shown(stem(os.path.basename(gt))), gt, pred, *names)
    return Pairing((pair,), (), (), (), (), {"gt": 1, "pred": 1}, {"gt": {}, "pred": {}})


def _empty(listing: Listing) -> InputError:
    seen = ", ".join(f"{count} {what}" for what, count in sorted(listing.skipped.items())) or "nothing"
    reason = f"no mask file below {shown(listing.root)}, only: {seen}" if listing.skipped else (
        f"no mask file below {shown(listing.root)}: it is empty"
    )  # fmt: skip
    return InputError("empty_folder", reason, "expected PNG, TIFF, NPY, NPZ or NIfTI masks", path=listing.side)


def _keyed(listing: Listing, pattern: re.Pattern[str] | None) -> list[Keyed]:
    """The files with their keys; one that --match finds nothing in counts as skipped."""
    if pattern is None:
        return [Keyed(stem(file.relative), file) for file in listing.files]
    found = [(matched_key(pattern, file.relative), file) for file in listing.files]
    keyed = [Keyed(key, file) for key, file in found if key is not None]
    if len(keyed) < len(found):
        listing.skipped["not matched by --match"] = len(found) - len(keyed)
    return keyed


def _blocked(listing: Listing, pattern: re.Pattern[str] | None) -> dict[str, Problem]:
    """The key, or the folder, that each problem of a side stands in the way of."""
    relatives = ((problem.path.partition("/")[2], problem) for problem in listing.problems)
    return {
        stem(relative) if pattern is None else matched_key(pattern, relative) or relative: problem
        for relative, problem in relatives
    }


def _blocker(key: str, blocked: dict[str, Problem]) -> Problem | None:
    """The problem that a file of this key, or one of the folders it lies in, has on the other side."""
    while key and key not in blocked:
        key = key.rpartition("/")[0]
    return blocked.get(key)


def _pairing(listings: dict[str, Listing], partners: Partners, blocked: dict[str, dict[str, Problem]]) -> Pairing:
    alone = {side: _alone(side, partners, blocked[OTHER[side]]) for side in SIDES}
    names = _image_ids([key for key, _, _ in partners.pairs])
    pairs = [
        Pair(name, gt.path, pred.path, shown(gt.relative), shown(pred.relative))
        for name, (_, gt, pred) in zip(names, partners.pairs, strict=True)
    ]
    broken = [problem for side in SIDES for problem in listings[side].problems]
    problems = broken + partners.problems + [p for side in SIDES for p in alone[side] if p.kind != "no_partner"]
    notes = [note for side in SIDES for note in listings[side].notes] + partners.notes + _same_files(partners)
    missing, extra = (tuple(p for p in alone[side] if p.kind == "no_partner") for side in SIDES)
    return Pairing(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.image_id)),
        missing=missing,
        extra=extra,
        problems=tuple(sorted(problems, key=lambda problem: (problem.path, problem.kind))),
        notes=tuple(sorted(notes, key=lambda note: (note.path, note.kind))),
        found={side: listings[side].found for side in SIDES},
        skipped={side: dict(sorted(listings[side].skipped.items())) for side in SIDES},
    )


def _alone(side: str, partners: Partners, blocked: dict[str, Problem]) -> list[Problem]:
    """What is left of a side: without a partner, or with one that is itself a problem (partner_unusable)."""
    left = partners.left[side]
    if not left:
        return []
    other = OTHER[side]
    blocked = {bare_stem(key): problem for key, problem in blocked.items()}
    similar = {loose_stem(keyed.key): keyed.file.display for keyed in partners.files[other]}
    ids = _image_ids([key for key, _, _ in partners.pairs] + [keyed.key for keyed in left])[len(partners.pairs) :]
    alone = []
    for image_id, (key, file) in zip(ids, left, strict=True):
        problem, near = _blocker(bare_stem(shown(key)), blocked), similar.get(loose_stem(key))
        kind, reason, fix = "no_partner", f"there is no {CALLED[other]} of this name", FIX_ALONE[side]
        if problem:
            kind, reason, fix = "partner_unusable", f"{problem.path} cannot be used: {problem.reason}", problem.fix
        elif near:
            fix = f"{near} has a similar name, but not the same: rename it if it is the one, or use --match"
        alone.append(Problem(file.display, side, kind, reason, fix, file.path, image_id))
    return alone


def _image_ids(keys: list[str]) -> list[str]:
    """The keys as text, different for different keys: a name may spell out what another's bytes are shown as."""
    texts = [shown(key) for key in keys]
    seen: Counter[str] = Counter()
    ids, used = [], set(texts)
    for text in texts:
        seen[text] += 1
        name, number = text, seen[text]
        while number > 1 and name in used:
            name, number = f"{text}~{number}", number + 1
        used.add(name)
        ids.append(name)
    return ids


def _same_files(partners: Partners) -> list[Note]:
    """Predictions that are their own ground truth, by a link of either kind. Inodes spare most files a look."""
    notes = []
    for _, gt, pred in partners.pairs:
        linked = not (gt.inode and pred.inode)
        if (linked or gt.inode == pred.inode) and _is_same(gt.path, pred.path):
            notes.append(Note("same_file_as_gt", pred.display, f"this is the same file as {gt.display}"))
    return notes


def _is_same(gt: str, pred: str) -> bool:
    try:
        return os.path.samefile(gt, pred)
    except OSError:  # gone since the listing: opening it will say so
        return False
