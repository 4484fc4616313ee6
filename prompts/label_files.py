"""What the labels say of the files they come from: how many, which could not be used, which are written another way."""

from __future__ import annotations

from collections.abc import Iterator

from prompts.label_record import LabelRecord
from prompts.label_words import Statement, counted, listed

__all__ = ["files_left_out", "measured", "mixed_encodings"]

NAMED = 3  # files that a sentence names before it counts the rest
#: Why a reader refuses a sound file: it says its classes in another way than by whole numbers.
OTHER_ENCODING = frozenset({"colour_map_missing", "unknown_colour", "non_integral", "lossy_format"})


def measured(record: LabelRecord) -> str:
    """ "50 of 5,000 masks", "1 mask", "189 slices of 1 volume", "30 pages of 2 files"."""
    found, files = record.images_found, record.files
    of = f"{record.images:,} of " if record.images != found else ""
    if files >= found:
        return f"{of}{counted(found, 'mask')}"
    if record.volumes == files:
        return f"{of}{counted(found, 'slice')} of {counted(files, 'volume')}"
    among = f" ({counted(record.volumes, 'volume')} among them)" if record.volumes else ""
    return f"{of}{counted(found, 'page')} of {counted(files, 'file')}{among}"


def files_left_out(record: LabelRecord) -> Iterator[Statement]:
    """A warning that names the first files that are in no number, each with the reason; nothing for none."""
    number = len(record.left_out)
    if not number:
        return
    named = "; ".join(f"{each.file}: {each.reason}" for each in record.left_out[:NAMED])
    more = f"; and {number - NAMED:,} more" if number > NAMED else ""
    are = "is" if number == 1 else "are"
    text = f"{counted(number, 'file')} could not be used and {are} in no number here ({named}{more})."
    yield Statement("left-out", text, "warning")


def mixed_encodings(record: LabelRecord) -> Iterator[Statement]:
    """A warning where some masks say their classes in another way than the rest; nothing where all are alike."""
    others = [each.file for each in record.left_out if each.kind in OTHER_ENCODING]
    said = [f"{listed(others, NAMED)} could not be read as class numbers"] if others else []
    if record.black_and_white:
        said.append(_black_and_white(record.black_and_white.images, record.black_and_white.files))
    if said:
        text = f"The masks are not all written alike: {'; '.join(said)}. Write them alike, or measure them apart."
        yield Statement("mixed", text, "warning")


def _black_and_white(images: int, files: tuple[str, ...]) -> str:
    which = f", as in {listed(files, NAMED)}," if files else ""
    what = f"{counted(images, 'mask')}{which} {'holds' if images == 1 else 'hold'} 0 and 255 alone"
    return f"{what} where the others have class numbers, so 255 is counted as a class of its own"
