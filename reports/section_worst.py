"""The images that score worst, each with its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.album import Album, Shot
from reports.formats import count, percent

__all__ = ["Worst", "WorstImage", "worst_of"]

_MOST = 24


@dataclass(frozen=True)
class WorstImage:
    """One image; `shots` is empty where its pictures were not kept."""

    number: int
    image: str
    miou: str
    accuracy: str
    shots: tuple[Shot, ...]
    first: str


@dataclass(frozen=True)
class Worst:
    """The section; `named` have no picture."""

    drawn: tuple[WorstImage, ...]
    named: tuple[WorstImage, ...]
    shown: str


def worst_of(document: Mapping[str, Any], album: Album) -> Worst:
    records = ((document.get("images_summary") or {}).get("worst") or [])[:_MOST]
    kept = {record.get("image"): record for record in document.get("evidence") or []}
    images = [_image(number, record, kept, album) for number, record in enumerate(records, 1)]
    total = (document.get("inputs") or {}).get("pairs") or len(records)
    shown = f"showing {len(images)} of {count(total)}, worst first"
    return Worst(tuple(i for i in images if i.shots), tuple(i for i in images if not i.shots), shown)


def _image(number: int, record: Mapping[str, Any], kept: Mapping[Any, Any], album: Album) -> WorstImage:
    shots = album.take((kept.get(record.get("image")) or {}).get("pictures"))
    return WorstImage(
        number=number,
        image=str(record.get("image")),
        miou=percent(record.get("miou")),
        accuracy=percent(record.get("pixel_accuracy")),
        shots=shots,
        first="errors" if any(shot.layer == "errors" for shot in shots) else (shots[0].layer if shots else ""),
    )
