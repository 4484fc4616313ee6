"""The images, worst first: a table of those that score worst, and the pictures of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.album import Album, Shot
from reports.formats import count, percent, px
from reports.language import WORDS

__all__ = ["MOST_ROWS", "ImageCard", "ImageRow", "Images", "images_of"]

MOST_ROWS = 100
_MOST_CARDS = 24
_COLUMNS = (
    ("miou", percent),
    ("pixel_accuracy", percent),
    ("boundary_f1", percent),
    ("wrong_px", px),
    ("missed", count),
)


@dataclass(frozen=True)
class ImageRow:
    """One image in numbers, as the columns of the table say; `look` opens it, where that is possible."""

    image: str
    look: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ImageCard:
    """One image in pictures; `first` is the layer that is seen."""

    number: int
    image: str
    look: str
    miou: str
    accuracy: str
    shots: tuple[Shot, ...]
    first: str


@dataclass(frozen=True)
class Images:
    """The section."""

    columns: tuple[str, ...]
    rows: tuple[ImageRow, ...]
    cards: tuple[ImageCard, ...]
    shown: str


def images_of(
    document: Mapping[str, Any],
    album: Album,
    worst: Sequence[Mapping[str, Any]] | None = None,
    total: int | None = None,
) -> Images:
    """The section; `worst` are the worst of `total` images by the tables of the run, else those that the document
    names."""
    named = (document.get("images_summary") or {}).get("worst") or []
    records = (named if worst is None else worst)[:MOST_ROWS]
    columns = [column for column in _COLUMNS if any(column[0] in record for record in records)]
    rows = tuple(
        ImageRow(
            str(record.get("image")),
            record.get("look", ""),
            tuple(spelled(record.get(key)) for key, spelled in columns),
        )
        for record in records
    )
    if total is None:
        total = (document.get("inputs") or {}).get("pairs") or len(records)
    kept = {record.get("image"): record for record in document.get("evidence") or []}
    cards = (_card(number, record, kept, album) for number, record in enumerate(named[:_MOST_CARDS], 1))
    shown = WORDS.lists.worst_first.format(shown=count(len(rows)), n=count(total))
    heads = tuple(str(getattr(WORDS.images.columns, key)) for key, _ in columns)
    return Images(heads, rows, tuple(card for card in cards if card.shots), shown)


def _card(number: int, record: Mapping[str, Any], kept: Mapping[Any, Any], album: Album) -> ImageCard:
    shots = album.take((kept.get(record.get("image")) or {}).get("pictures"))
    return ImageCard(
        number=number,
        image=str(record.get("image")),
        look=record.get("look", ""),
        miou=percent(record.get("miou")),
        accuracy=percent(record.get("pixel_accuracy")),
        shots=shots,
        first="errors" if any(shot.layer == "errors" for shot in shots) else (shots[0].layer if shots else ""),
    )
