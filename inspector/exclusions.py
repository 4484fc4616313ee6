"""Images that a person leaves out of a run by choice: the file that names them, and what they leave behind."""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from inspector.errors import UsageError
from inspector.folders import mask_extension
from inspector.pairing import Chosen, Pairing
from inspector.problems import Problem, shown
from inspector.review import TO_RELABEL, Item, read_review, reason_of
from inspector.stems import stem

__all__ = ["Exclusion", "leave_out", "read_exclusions"]

HEADER = ["image", "reason"]
NAMED = 3  # images that a message names
MOST_COMPARED = 20_000  # images among which a similar name is looked for
PAGE = re.compile(r"(?P<file>.+)#\d{4,}")  # what the document calls a page of a file with several


@dataclass(frozen=True)
class Exclusion:
    """One entry of the file: an image, why it is left out, and where the entry stands ("line 3")."""

    image: str
    reason: str
    where: str


def read_exclusions(path: str | Path) -> list[Exclusion]:
    """The entries of a CSV with the columns image and reason, or of a review (.json): those of its images whose truth
    a person called wrong. Raises UsageError for a file that is neither."""
    if str(path).lower().endswith(".json"):
        return _of_review(read_review(path).items)
    return _of_csv(Path(path))


def leave_out(pairing: Pairing, path: str | Path) -> Pairing:
    """`pairing` without the images that the file at `path` names: their files are in `chosen` and nowhere else.

    An image is named as the document names it, or as its file is called where that is clear. Raises UsageError for
    an entry that names no image, or several.
    """
    entries = read_exclusions(path)
    known = _known(pairing)
    by_form = _by_form(known)
    reasons: dict[str, list[str]] = {}
    for entry in entries:
        image = _image(entry, by_form, known, shown(str(path)))
        said = reasons.setdefault(image, [])
        if entry.reason not in said:
            said.append(entry.reason)
    return _without(pairing, {image: "; ".join(said) for image, said in reasons.items()})


# ---------------------------------------------------------------------- the file


def _of_review(items: Iterable[Item]) -> list[Exclusion]:
    by_image: dict[str, list[Item]] = {}
    for item in items:
        if item.verdict in TO_RELABEL:
            by_image.setdefault(item.image, []).append(item)
    return [Exclusion(image, reason_of(held), f"image {image!r}") for image, held in by_image.items()]


def _of_csv(path: Path) -> list[Exclusion]:
    name = shown(str(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            lines = [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        raise UsageError(f"--exclude: {name} cannot be read ({error.strerror})", path=name) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--exclude: {name} is no UTF-8 CSV ({error})", path=name) from None
    header = [column.strip() for column in lines[0][1]] if lines else []
    if header != HEADER:
        found = ",".join(header) or "an empty file"
        raise UsageError(
            f"--exclude: {name}: expected a CSV with the header image,reason or a review (.json), found {found}",
            path=name,
        )
    return [_entry(name, line, row) for line, row in lines[1:]]


def _entry(name: str, line: int, row: Sequence[str]) -> Exclusion:
    where = f"line {line}"
    if len(row) != len(HEADER):
        raise UsageError(
            f"--exclude: {name}, {where}: expected image,reason, found {len(row)} fields; quote what holds a comma",
            path=name,
        )
    image, reason = row[0], row[1].strip()
    if not image.strip() or not reason:
        lacking = "reason: say why the image is left out" if image.strip() else "image"
        raise UsageError(f"--exclude: {name}, {where}: there is no {lacking}", path=name)
    return Exclusion(image, reason, where)


# ---------------------------------------------------------------------- which image is meant


def _known(pairing: Pairing) -> list[str]:
    """Every image that some file of either side is of, each once."""
    alone = (*pairing.missing, *pairing.extra, *pairing.problems)
    return list(dict.fromkeys([pair.image_id for pair in pairing.pairs] + list(filter(None, map(_image_of, alone)))))


def _image_of(problem: Problem) -> str:
    """The image of a file that was never paired; "" for a folder, and for what has no name of a mask."""
    relative = problem.path.partition("/")[2]
    return problem.image_id or (stem(relative) if mask_extension(relative) else "")


def _by_form(known: Sequence[str]) -> dict[str, list[str]]:
    """An image by its whole name, and by its name without folders; the images that share one."""
    by_form: dict[str, list[str]] = {}
    for image in known:
        by_form.setdefault(image.rpartition("/")[2], []).append(image)
    return by_form | {image: [image] for image in known}


def _image(entry: Exclusion, by_form: dict[str, list[str]], known: Sequence[str], name: str) -> str:
    written = entry.image.strip()
    fits = next((by_form[form] for form in (entry.image, written, stem(written)) if form in by_form), [])
    if len(fits) == 1:
        return fits[0]
    start = f"--exclude: {name}, {entry.where}: {written!r}" if entry.where.startswith("line") else (
        f"--exclude: {name}: {written!r}"
    )  # fmt: skip
    if fits:
        some = ", ".join(fits[:NAMED]) + (" and others" if len(fits) > NAMED else "")
        raise UsageError(f"{start} may be {some}; write the whole name", path=name)
    page = PAGE.fullmatch(written)
    if page and page["file"] in by_form:
        what = f"is one page of {page['file']}, and a file is left out whole or not at all"
        raise UsageError(f"{start} {what}; write {page['file']} to leave all of its pages out", path=name)
    near = difflib.get_close_matches(stem(written), known[:MOST_COMPARED], n=NAMED, cutoff=0.5) or known[:NAMED]
    hint = f"; the nearest names are {', '.join(sorted(near))}" if near else ""
    raise UsageError(f"{start} is no image here{hint}", path=name)


# ---------------------------------------------------------------------- what it leaves behind


def _without(pairing: Pairing, reasons: dict[str, str]) -> Pairing:
    alone: list[Problem] = [*pairing.missing, *pairing.extra, *pairing.problems]
    named = [(_image_of(problem), problem) for problem in alone]
    files = [Chosen(image, each.side, each.path, reasons[image]) for image, each in named if image in reasons]
    for pair in pairing.pairs:
        if pair.image_id in reasons:
            for side, relative in (("gt", pair.gt_relative), ("pred", pair.pred_relative)):
                files.append(Chosen(pair.image_id, side, f"{side}/{relative}", reasons[pair.image_id]))
    gone = {chosen.path for chosen in files}
    return replace(
        pairing,
        pairs=tuple(pair for pair in pairing.pairs if pair.image_id not in reasons),
        missing=tuple(problem for problem in pairing.missing if problem.path not in gone),
        extra=tuple(problem for problem in pairing.extra if problem.path not in gone),
        problems=tuple(problem for problem in pairing.problems if problem.path not in gone),
        notes=tuple(note for note in pairing.notes if note.path not in gone),
        chosen=tuple(sorted(files, key=lambda chosen: (chosen.image, chosen.side))),
    )
