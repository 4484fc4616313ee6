"""The user's own columns of the table of images: those that fit into the page, and what is said of the others."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.language import WORDS
from reports.packing import Column, packed, texts_column
from reports.rows import listed
from reports.shards import fitting
from reports.text import visible

__all__ = ["Metadata", "metadata_of"]

_USER = "user."  # before their keys: no column of ours is called so
_LONGEST = 40  # characters of a heading
_MOST_NAMED = 5  # columns in the sentence of those that are left out
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]+)?([eE][+-]?[0-9]+)?")  # 007, or 20 digits, is a name

Record = dict[str, Any]


@dataclass(frozen=True)
class Metadata:
    """Columns of metadata that are in the page.

    columns    what the page says of each, as of its own columns (see reports.page_columns)
    packed     their texts, made visible, under the same keys
    left_out   a sentence on those that did not fit; "" where all did
    """

    columns: tuple[Record, ...] = ()
    packed: tuple[Column, ...] = ()
    left_out: str = ""


def metadata_of(texts: Mapping[str, Sequence[str]], budget: float) -> Metadata:
    """`texts`: name of a column, as the user wrote it -> text of each image in the page. `budget`: bytes for all of
    them, of which the first ones are taken that fit."""
    held = [
        (_column(key, name, values), texts_column(key, values))
        for (name, values), key in zip(texts.items(), _keys(texts), strict=True)
    ]
    taken = fitting(held, lambda each: len(json.dumps(each[0])) + len(packed(0, [each[1]])), budget)
    kept = {column["key"] for column, _ in taken}
    return Metadata(
        tuple(column for column, _ in taken),
        tuple(column for _, column in taken),
        _left_out([column["short"] for column, _ in held if column["key"] not in kept]),
    )


def _column(key: str, name: str, values: Sequence[str]) -> Record:
    is_number = any(values) and all(map(_is_number, filter(None, values)))
    title = visible(name)
    return {
        "key": key,
        "title": title,
        "short": title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…",
        "definition": WORDS.metadata_columns.numbers if is_number else WORDS.metadata_columns.texts,
        "kind": "number" if is_number else "text",
        "shown": False,
    }


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) and math.isfinite(float(text))


def _keys(names: Iterable[str]) -> Iterator[str]:
    """A key for each name: of letters, digits and "_" alone, since it stands in the address and in searches; no two are
    the same where case and marks do not count."""
    used: set[str] = set()
    for name in names:
        plain = _USER + "".join(character if character.isalnum() else "_" for character in name[:_LONGEST])
        key, turn = plain, 1
        while _bare(key) in used:
            turn += 1
            key = f"{plain}_{turn}"
        used.add(_bare(key))
        yield key


def _bare(key: str) -> str:
    """What a search compares of it."""
    return "".join(filter(str.isalnum, key.lower()))


def _left_out(names: Sequence[str]) -> str:
    if not names:
        return ""
    return str(WORDS.metadata_columns.left_out.format(names=listed(names, _MOST_NAMED)))
