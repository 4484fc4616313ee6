"""What a look at all files side by side shows before a pixel is decoded: the odd file out, the pair that differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from inspector.errors import InputError
from inspector.label_checks import check_ignored, check_values
from inspector.pairing import Pair
from inspector.partners import SIDES
from inspector.problems import Note, Problem

if TYPE_CHECKING:
    from inspector.readers import Header

__all__ = ["Peeked", "check_headers", "check_ignored", "check_values"]

Peeked = tuple["Header | InputError", "Header | InputError"]  # (gt, pred): a header, or why there is none
Palette = tuple[bytes, ...]  # the RGB of each entry

MOVED = 2  # entries of a palette that must have changed places; one alone may be a new colour


def check_headers(pairs: Sequence[Pair], peeked: Sequence[Peeked]) -> tuple[list[Problem], list[Note]]:
    """What is wrong with the files of `pairs`, from what `peek` returned or raised for each, in the same order.

    Kinds: those of the reader, mode_mismatch, palette_differs, size_mismatch, page_count; note
    palette_sides_differ. A file gets one problem at most; the image_id of a problem is the pair to leave out.
    """
    sides = {side: [both[index] for both in peeked] for index, side in enumerate(SIDES)}
    colour = {side: _mainly_colour(sides[side], sides["gt"] + sides["pred"]) for side in SIDES}
    palettes = {side: _main_palette(sides[side]) for side in SIDES}
    problems = []
    for pair, (gt, pred) in zip(pairs, peeked, strict=True):
        found = [
            problem
            for side, header in zip(SIDES, (gt, pred), strict=True)
            if (problem := _problem_of_file(pair, side, header, colour[side], palettes[side]))
        ]
        if not found and not isinstance(gt, InputError) and not isinstance(pred, InputError):
            found = _problem_of_pair(pair, gt, pred)
        problems += found
    return problems, _notes(palettes)


def _problem(pair: Pair, side: str, error: InputError) -> Problem:
    relative, location = (pair.gt_relative, pair.gt_path) if side == "gt" else (pair.pred_relative, pair.pred_path)
    return Problem.of(error, f"{side}/{relative}", side, location=location, image_id=pair.image_id)


def _problem_of_file(
    pair: Pair, side: str, header: Header | InputError, colour: bool, main: Palette | None
) -> Problem | None:
    if isinstance(header, InputError):
        return _problem(pair, side, header)
    if (header.kind == "colour") != colour:
        found = "a colour image" if header.kind == "colour" else f"{header.kind} values"
        reason = f"{found} among {'colour images' if colour else 'label values'}: the files of {side} must be alike"
        return _problem(pair, side, InputError("mode_mismatch", reason, "save it as the other files are"))
    if header.palette and main and _moved(_entries(header.palette), main):
        moved = ", ".join(f"{here} (elsewhere {there})" for here, there in _moved(_entries(header.palette), main)[:3])
        reason = f"its palette has the colours of the other files of {side} at other indices: {moved}"
        fix = "map its indices to those of the other files; the stored index is the label, not the colour"
        return _problem(pair, side, InputError("palette_differs", reason, fix))
    return None


def _problem_of_pair(pair: Pair, gt: Header, pred: Header) -> list[Problem]:
    if (gt.height, gt.width) != (pred.height, pred.width):
        reason = (
            f"it is {pred.width} x {pred.height} px (width x height), its ground truth gt/{pair.gt_relative} "
            f"is {gt.width} x {gt.height} px{_size_hint(gt, pred)}"
        )
        fix = "save the prediction at the size of its ground truth; labels are never resized here"
        return [_problem(pair, "pred", InputError("size_mismatch", reason, fix))]
    if gt.pages != pred.pages:
        reason = f"it has {pred.pages} pages or slices, its ground truth gt/{pair.gt_relative} has {gt.pages}"
        return [_problem(pair, "pred", InputError("page_count", reason, "save as many as the ground truth has"))]
    return []


def _size_hint(gt: Header, pred: Header) -> str:
    if (gt.height, gt.width) == (pred.width, pred.height):
        return ": height and width are swapped"
    for big, small, word in ((gt, pred, "smaller"), (pred, gt, "larger")):
        factor = big.height // small.height
        if factor > 1 and (small.height * factor, small.width * factor) == (big.height, big.width):
            return f": {factor} times {word} in each direction"
    return ""


def _headers(peeked: Iterable[Header | InputError]) -> list[Header]:
    return [header for header in peeked if not isinstance(header, InputError)]


def _mainly_colour(side: list[Header | InputError], both: list[Header | InputError]) -> bool:
    """Whether most files of the side are colour images; if as many are not, both sides decide, then labels do."""
    for headers in (_headers(side), _headers(both)):
        colour = sum(header.kind == "colour" for header in headers)
        if 2 * colour != len(headers):
            return 2 * colour > len(headers)
    return False


def _main_palette(side: list[Header | InputError]) -> Palette | None:
    """The most frequent palette of a side, the first of equals; None where no file has one."""
    counts = Counter(header.palette for header in _headers(side) if header.palette)
    return _entries(counts.most_common(1)[0][0]) if counts else None


def _entries(palette: bytes) -> Palette:
    return tuple(palette[start : start + 3] for start in range(0, len(palette) - 2, 3))


def _moved(palette: Palette, main: Palette) -> list[tuple[int, int]]:
    """(index, index in `main`) of the colours that have changed places; [] unless at least MOVED have.

    A colour that either palette holds twice, as padding does, says nothing.
    """
    if palette == main:
        return []
    times, main_times = Counter(palette), Counter(main)
    places = {color: index for index, color in enumerate(main) if main_times[color] == 1}
    moved = [
        (index, places[color])
        for index, color in enumerate(palette)
        if times[color] == 1 and places.get(color, index) != index
    ]
    return moved if len(moved) >= MOVED else []


def _notes(palettes: dict[str, Palette | None]) -> list[Note]:
    gt, pred = palettes["gt"], palettes["pred"]
    moved = _moved(pred, gt) if gt and pred else []
    if not moved:
        return []
    here, there = moved[0]
    text = (
        f"the palettes of pred hold {len(moved)} colours of those of gt at other indices (gt {there} is pred {here}): "
        "the stored index is the label, so check that both sides number the classes alike"
    )
    return [Note("palette_sides_differ", "pred", text)]
