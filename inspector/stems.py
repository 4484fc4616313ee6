"""What of a file name says which image it belongs to: the stem, without the words for "mask" or "prediction"."""

from __future__ import annotations

import re
import unicodedata

from inspector.errors import UsageError
from inspector.folders import mask_extension

__all__ = ["bare_stem", "base_stem", "compile_match", "loose_stem", "matched_key", "normalised", "stem"]

# "color" goes only together with gtFine: by itself it may be what tells two files apart.
WORDS = (
    r"gt(?:Fine|Coarse)_color|gtFine|gtCoarse|leftImg8bit|labelIds|labelTrainIds|trainIds|masks?|labels?|"
    r"gt|ground_?truth|seg|segmentation|preds?|predictions?|predicted|outputs?"
)
SUFFIXES = re.compile(rf"(?:[_\-. ]+(?:{WORDS}))+$", re.IGNORECASE)
PREFIXES = re.compile(rf"^(?:(?:{WORDS})[_\-. ]+)+", re.IGNORECASE)
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def stem(relative: str) -> str:
    """A relative path without the extension of a mask file; other dots stay."""
    extension = mask_extension(relative)
    return relative[: -len(extension)] if extension else relative


def normalised(key: str) -> str:
    """Unicode NFC, in which two spellings of one accented letter (macOS writes the other) are equal."""
    return key if key.isascii() else unicodedata.normalize("NFC", key)


def bare_stem(key: str) -> str:
    """`key` without words such as mask_ and _pred around the file name, but never without a name."""
    folder, slash, name = normalised(key).rpartition("/")
    return folder + slash + (SUFFIXES.sub("", PREFIXES.sub("", name)) or name)


def base_stem(key: str) -> str:
    """`bare_stem` without the folders."""
    return bare_stem(key).rpartition("/")[2]


def loose_stem(key: str) -> str:
    """For hints only, never to pair: two stems that a person may take for one (b and B, 2 and 02)."""
    return LEADING_ZEROS.sub("", base_stem(key).casefold())


def compile_match(pattern: str) -> re.Pattern[str]:
    """The --match expression. Raises UsageError for one that is not valid or has no group."""
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--match {pattern!r} is not a regular expression: {error}", kind="bad_match") from None
    if not compiled.groups:
        fix = r"put round brackets around the part that both sides share, such as '(\d+)_'"
        raise UsageError(f"--match {pattern!r} has no group ({fix})", kind="bad_match", fix=fix)
    return compiled


def matched_key(pattern: re.Pattern[str], relative: str) -> str | None:
    """What the group `key`, or else the first group, finds in a relative path; None where nothing is found."""
    found = pattern.search(relative)
    if found is None:
        return None
    return found["key"] if "key" in pattern.groupindex else found[1]
