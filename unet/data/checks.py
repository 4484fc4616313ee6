"""Looks at every image header and every mask before a training begins, and says all that is wrong at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from inspector.categories import Categories, from_values
from inspector.errors import InputError
from inspector.label_checks import check_ignored, check_values
from inspector.lint import check_headers
from inspector.masks import Mask, Segments
from inspector.pairing import Pair
from inspector.problems import Note, shown
from inspector.readers import Header, peek, read_masks
from inspector.workers import default_jobs, mapper
from unet.data.examples import Example, Layout
from unet.data.facts import Facts, Seen, notes_of
from unet.data.images import ImageHeader, peek_image
from unet.data.statistics import image_statistics

__all__ = ["Facts", "Seen", "check_examples", "image_statistics"]

NAMED = 5
EVERY = 0.05  # of the examples, between two words of progress

T = TypeVar("T")
Say = Callable[[str], None]


@dataclass(frozen=True)
class _Looked:
    """One example as it was found: headers, the values in the mask, or what is wrong with either file."""

    image: ImageHeader | InputError
    mask: Header | InputError
    values: Mapping[int, int]  # of the mask, and how many px have each
    palette: NDArray[np.uint8] | None = None
    error: InputError | None = None  # of the values
    notes: tuple[tuple[str, str], ...] = ()


def check_examples(
    layout: Layout,
    categories: Categories | None = None,
    ignore: Iterable[int] = (),
    channels: int | None = None,
    progress: Say | None = None,
) -> Facts:
    """Read every header and every mask once, with threads; no image is decoded (`unet.data.samples` does, as it draws).

    categories  None: what the values in the masks suggest, 0 with 255 being background and foreground
    ignore      more values of the masks that are void
    channels    of the images, where a model is there already; else most images decide

    Raises one InputError that lists what is wrong with all files, in the words of `inspect lint`, UsageError where
    no class list can be made of the values.
    """
    ignore, listed = tuple(ignore), categories is not None
    categories = categories.with_ignored(ignore) if categories else None
    examples = (*layout.train, *layout.val)
    looked = _look_at_all(examples, categories, set(layout.train), progress)
    _raise_all(len(examples), _problems(examples, looked, channels))
    if categories is None:
        categories = _found(looked, ignore)
    seen = {
        example: Seen(found.image.height, found.image.width, _by_class(found.values, categories))
        for example, found in zip(examples, looked, strict=True)
        if isinstance(found.image, ImageHeader)  # all are: the others have been raised
    }
    return _facts(layout, categories, seen, looked, listed=listed)


# ---------------------------------------------------------------------- looking


def _look_at_all(
    examples: Sequence[Example], categories: Categories | None, train: set[Example], progress: Say | None
) -> list[_Looked]:
    step, looked = max(1, round(EVERY * len(examples))), list[_Looked]()
    with mapper(default_jobs()) as threads:
        for found in threads(partial(_look, categories=categories, train=train), examples):
            looked.append(found)
            if progress and (len(looked) % step == 0 or len(looked) == len(examples)):
                progress(f"checked {len(looked)} of {len(examples)} images and masks")
    return looked


def _look(example: Example, categories: Categories | None, train: set[Example]) -> _Looked:
    """What both files are; their errors are kept, not raised."""
    image = _try(peek_image, example.image_path)
    header, pages = _try(peek, example.mask_path), _try(partial(read_masks, categories=categories), example.mask_path)
    if isinstance(header, InputError) or isinstance(pages, InputError):
        return _Looked(image, pages if isinstance(pages, InputError) else header, {})
    if len(pages) != 1:
        reason = f"{len(pages)} pages or slices, expected one label map"
        error = InputError("page_count", reason, "save one mask in each file", path=str(example.mask_path))
        return _Looked(image, error, {})
    mask = pages[0]
    bad = _check_values(mask, categories, void_allowed=example in train) if categories else None
    return _Looked(image, header, _values(mask), mask.palette, bad, mask.notes)


def _try(work: Callable[[Path], T], path: Path) -> T | InputError:
    try:
        return work(path)
    except InputError as error:
        return error


def _check_values(mask: Mask, categories: Categories, *, void_allowed: bool) -> InputError | None:
    """What `inspect lint` would say of a truth; one that is void whole teaches nothing, but cannot be scored."""
    lut = categories.lut(mask.segments)
    error = check_values(mask, lut, categories, "gt") or check_ignored(mask, lut, categories, "gt")
    return None if error and error.kind == "no_valid_pixels" and void_allowed else error


def _values(mask: Mask) -> dict[int, int]:
    pixels = np.bincount(mask.ids.ravel(), minlength=len(mask.segments))
    found: Counter[int] = Counter()
    for index in np.flatnonzero(pixels).tolist():
        found[int(mask.segments.category_id[index])] += int(pixels[index])
    return dict(found)


# ---------------------------------------------------------------------- what is wrong


def _problems(examples: Sequence[Example], looked: Sequence[_Looked], channels: int | None) -> list[InputError]:
    """Everything that is wrong, in order of the examples; of one file the first thing."""
    headers = [found.image for found in looked if not isinstance(found.image, InputError)]
    kinds = Counter((header.channels, header.dtype) for header in headers if channels in (None, header.channels))
    usual = kinds.most_common(1)[0][0] if kinds else (channels or 0, "")
    odd = _odd_masks(examples, looked)
    problems = []
    for example, found in zip(examples, looked, strict=True):
        mask = found.mask if isinstance(found.mask, InputError) else odd.get(example.image_id) or found.error
        problems += [_placed(error, example.mask_path) for error in (mask,) if error]
        if isinstance(found.image, InputError):
            problems.append(found.image)
            continue
        problem = _problem_of_image(found.image, usual)
        if problem is None and not isinstance(found.mask, InputError):
            problem = _problem_of_size(found.image, found.mask, example)
        problems += [_placed(error, example.image_path) for error in (problem,) if error]
    return problems


def _placed(error: InputError, path: Path) -> InputError:
    return InputError(error.kind, error.reason, error.fix, path=error.path or str(path))


def _odd_masks(examples: Sequence[Example], looked: Sequence[_Looked]) -> dict[str, InputError]:
    """The masks that are not like the others: colour among labels, a palette in another order."""
    pairs = [Pair(e.image_id, str(e.mask_path), str(e.mask_path), str(e.mask_path), "") for e in examples]
    good = [(pair, f.mask) for pair, f in zip(pairs, looked, strict=True) if not isinstance(f.mask, InputError)]
    problems, _ = check_headers([pair for pair, _ in good], [(header, header) for _, header in good])
    return {p.image_id: InputError(p.kind, p.reason, p.fix) for p in problems if p.side == "gt"}


def _problem_of_image(image: ImageHeader, usual: tuple[int, str]) -> InputError | None:
    channels, dtype = usual
    if image.channels != channels:
        reason = f"it has {image.channels} channels, expected {channels} as in the other images or the model"
        return InputError("channels", reason, "save all images with the same channels")
    if image.dtype != dtype:
        reason = f"its numbers are {image.dtype}, those of the other images {dtype}: they would not mean the same"
        return InputError("mixed_depth", reason, "save all images with the same depth")
    return None


def _problem_of_size(image: ImageHeader, mask: Header, example: Example) -> InputError | None:
    if (image.height, image.width) == (mask.height, mask.width):
        return None
    swapped = ": height and width are swapped, as by an orientation tag of the camera, which is not applied here"
    why = swapped if (image.height, image.width) == (mask.width, mask.height) else ""
    reason = (
        f"it is {image.width} x {image.height} px (width x height), its mask {shown(str(example.mask_path))} "
        f"is {mask.width} x {mask.height} px{why}"
    )
    return InputError("size_mismatch", reason, "save both at one size; labels are never resized here")


def _raise_all(examples: int, problems: Sequence[InputError]) -> None:
    """One error for all problems: the first few in full, the kinds of them all by number."""
    if not problems:
        return
    if len(problems) == 1:
        raise problems[0]
    kinds = Counter(problem.kind for problem in problems)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    listed = "".join(f"\n  {problem}" for problem in problems[:NAMED])
    more = f"\n  and {len(problems) - NAMED} more" if len(problems) > NAMED else ""
    kind = problems[0].kind if len(kinds) == 1 else "unusable_data"
    reason = f"{len(problems)} files of {examples} images with masks cannot be used ({counted}):{listed}{more}\n"
    raise InputError(kind, reason, "nothing is left out of a training silently: correct the files or move them away")


# ---------------------------------------------------------------------- what is there


def _found(looked: Sequence[_Looked], ignore: Iterable[int]) -> Categories:
    """The class list that the values of all masks suggest, with the colours of the first palette."""
    values = {value for found in looked for value in found.values}
    categories = from_values(values, values, ignore)
    palette = next((found.palette for found in looked if found.palette is not None), None)
    return categories if palette is None else categories.with_palette(palette)


def _by_class(values: Mapping[int, int], categories: Categories) -> NDArray[np.int64]:
    """(K + 1,) int64 px of each class index and of void."""
    stored = np.array(list(values), np.int64)
    pixels = np.zeros(len(categories) + 1, np.int64)
    np.add.at(pixels, categories.lut(Segments.of_labels(stored)), np.array(list(values.values()), np.int64))
    return pixels


def _facts(
    layout: Layout, categories: Categories, seen: Mapping[Example, Seen], looked: Sequence[_Looked], *, listed: bool
) -> Facts:
    k, nothing = len(categories), np.zeros(len(categories) + 1, np.int64)
    train, val = (sum((seen[e].pixels for e in side), nothing) for side in (layout.train, layout.val))
    if not train[:k].any():
        raise InputError("no_valid_pixels", "every pixel of the training masks is ignored", "check --ignore")
    _raise_all(len(seen), [_void(e) for e in layout.val if not seen[e].pixels[:k].any()])
    image = next(found.image for found in looked if isinstance(found.image, ImageHeader))
    facts = Facts(
        categories=categories,
        channels=image.channels,
        dtype=image.dtype,
        sizes=dict(Counter((one.height, one.width) for one in seen.values())),
        train_pixels=train[:k],
        val_pixels=val[:k],
        train_void=int(train[k]),
        val_void=int(val[k]),
        seen=seen,
    )
    notes = notes_of(facts, val=bool(layout.val), listed=listed)
    return replace(facts, notes=(*layout.notes, *notes, *_reader_notes(looked)))


def _void(example: Example) -> InputError:
    reason = "every pixel is ignored: there is no truth to validate by"
    return InputError("no_valid_pixels", reason, "check --ignore, or move it away", path=str(example.mask_path))


def _reader_notes(looked: Sequence[_Looked]) -> list[Note]:
    """What the reader noted of the masks, one note for each kind."""
    kinds: dict[str, list[str]] = {}
    for found in looked:
        for kind, text in found.notes:
            kinds.setdefault(kind, []).append(text)
    return [Note(kind, "data", f"{len(texts)} masks, the first: {texts[0]}") for kind, texts in kinds.items()]
