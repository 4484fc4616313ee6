"""`review.json`: what people said of the images of a run, read and checked item by item."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.errors import UsageError
from inspector.problems import shown

__all__ = [
    "LONGEST_NAME",
    "LONGEST_NOTE",
    "SCHEMA_VERSION",
    "TO_RELABEL",
    "VERDICTS",
    "Item",
    "Review",
    "item_of",
    "read_review",
    "reason_of",
    "review_json",
]

SCHEMA_VERSION = 1
TOOL = "mask-inspector"
#: verdict -> how it is called in lists for people
VERDICTS = {
    "accept": "accepted",
    "model-error": "model error",
    "label-error": "label error",
    "needs-relabel": "needs relabel",
}
TO_RELABEL = ("label-error", "needs-relabel")  # the truth is at fault: nothing can be measured on it
LONGEST_NOTE, LONGEST_NAME = 2000, 100  # characters of a note, of the name of a reviewer
KEYS = frozenset({"image", "image_index", "class", "class_name", "box", "verdict", "note", "reviewer", "at"})
RUN_DIGITS = 16
FIRST_YEAR, LAST_YEAR = 1000, 9998  # of a verdict: four digits, and a waiver ends 90 days after it

Box = tuple[int, int, int, int]  # y0, x0, y1, x1, half-open


@dataclass(frozen=True)
class Item:
    """One verdict: on an image, or on a class or a box in it.

    image        as the document of the run names it; image_index is its place there, None where it was not said
    class_id     of the class list; None: the verdict is on no class in particular
    box          half-open, in px of the masks; None: the whole image
    at           UTC, to the second
    """

    image: str
    image_index: int | None
    class_id: int | None
    class_name: str | None
    box: Box | None
    verdict: str
    note: str
    reviewer: str
    at: datetime

    @property
    def key(self) -> tuple[str, int | None, Box | None]:
        """What the verdict is on: there is one item for it."""
        return self.image, self.class_id, self.box

    def as_json(self) -> dict[str, Any]:
        """The item as `review.json` holds it."""
        record = asdict(self)
        record["class"] = record.pop("class_id")
        return {name: record[name] for name in ("image", "image_index", "class", "class_name")} | {
            "box": self.box and list(self.box),
            "verdict": self.verdict,
            "note": self.note,
            "reviewer": self.reviewer,
            "at": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


@dataclass(frozen=True)
class Review:
    """The items of one run, whose identity is `run` (16 hex digits)."""

    run: str
    items: tuple[Item, ...]


def read_review(path: str | Path) -> Review:
    """The review in a file. Raises UsageError, with the file and the item, for anything that is not as it should be."""
    name = shown(str(path))
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror})", path=name) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{name}: is no JSON ({error}); export the review once more", path=name) from None
    try:
        return _review(document)
    except ValueError as error:
        raise UsageError(f"{name}: {error}", path=name) from None


def review_json(run: str, items: Sequence[Item]) -> str:
    """The text of `review.json`."""
    document = {"schema_version": SCHEMA_VERSION, "run": run, "tool": TOOL, "items": [each.as_json() for each in items]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def reason_of(items: Iterable[Item]) -> str:
    """Why an image is left out, from its items in whatever order: each verdict once, with the notes that say more."""
    notes: dict[str, set[str]] = {}
    for item in items:
        note = " ".join(item.note.split())
        notes.setdefault(item.verdict, set()).update([note] if note else [])
    told = [(VERDICTS[verdict], ", ".join(sorted(notes[verdict]))) for verdict in VERDICTS if verdict in notes]
    return "; ".join(f"{verdict}: {said}" if said else verdict for verdict, said in told)


def _review(document: Any) -> Review:
    """Raises ValueError, as the functions below do: what was expected, what was found."""
    if not isinstance(document, dict) or "items" not in document:
        raise ValueError("expected a review with `schema_version`, `run` and `items`, found something else")
    if document.get("schema_version") != SCHEMA_VERSION:
        found = document.get("schema_version")
        raise ValueError(f"schema_version {found!r} found, {SCHEMA_VERSION} expected: use the version that wrote it")
    run, records = document.get("run"), document["items"]
    if not isinstance(run, str) or len(run) != RUN_DIGITS or not set(run) <= set("0123456789abcdef"):
        raise ValueError(f"`run`: expected {RUN_DIGITS} hex digits, found {run!r}")
    if not isinstance(records, list):
        raise ValueError(f"`items`: expected a list, found {type(records).__name__}")
    return Review(run, tuple(_items(records)))


def _items(records: Sequence[Any]) -> Iterable[Item]:
    places: dict[Any, int] = {}
    for place, record in enumerate(records, 1):
        try:
            item = item_of(record)
            if item.key in places:
                raise ValueError(f"the same image, class and box as item {places[item.key]}; keep one of them")
        except ValueError as error:
            raise ValueError(f"item {place}{_called(record)}: {error}") from None
        places[item.key] = place
        yield item


def _called(record: Any) -> str:
    image = record.get("image") if isinstance(record, dict) else None
    return f" ({image[:80]!r})" if isinstance(image, str) else ""


def item_of(record: Any) -> Item:
    """The item that a JSON object holds. Raises ValueError: what was expected, what was found."""
    if not isinstance(record, Mapping):
        raise ValueError(f"expected an object, found {type(record).__name__}")
    if unknown := sorted(map(str, set(record) - KEYS)):
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(sorted(KEYS))}")
    verdict = record.get("verdict")
    if not isinstance(verdict, str) or verdict not in VERDICTS:
        raise ValueError(f"`verdict`: expected one of {', '.join(VERDICTS)}, found {verdict!r}")
    name = record.get("class_name")
    return Item(
        image=_text(record, "image", None),
        image_index=_whole(record, "image_index", least=0),
        class_id=_whole(record, "class"),
        class_name=None if name is None else _text(record, "class_name", None),
        box=_box(record.get("box")),
        verdict=verdict,
        note=_text(record, "note", LONGEST_NOTE),
        reviewer=_text(record, "reviewer", LONGEST_NAME),
        at=_time(record.get("at")),
    )


def _text(record: Mapping[str, Any], key: str, most: int | None) -> str:
    """A text; one with a limit may be left out."""
    text = record.get(key, "" if most else None)
    if not isinstance(text, str) or (most is None and not text):
        raise ValueError(f"`{key}`: expected a text, found {text!r}")
    if most and len(text) > most:
        raise ValueError(f"`{key}`: {len(text):,} characters, at most {most:,} are allowed")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError(f"`{key}`: holds half of a character (a lone surrogate)")
    return text


def _whole(record: Mapping[str, Any], key: str, least: int | None = None) -> int | None:
    number = record.get(key)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or (least is not None and number < least):
        raise ValueError(f"`{key}`: expected a whole number, found {number!r}")
    return number


def _box(sides: Any) -> Box | None:
    if sides is None:
        return None
    whole = isinstance(sides, list) and len(sides) == 4 and all(type(side) is int for side in sides)
    if not whole or not (0 <= sides[0] < sides[2] and 0 <= sides[1] < sides[3]):
        raise ValueError(f"`box`: expected [y0, x0, y1, x1] in px with y0 < y1 and x0 < x1, found {sides!r}")
    return sides[0], sides[1], sides[2], sides[3]


def _time(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError
        at = at.astimezone(UTC).replace(microsecond=0)
        if not FIRST_YEAR <= at.year <= LAST_YEAR:
            raise ValueError
        return at
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"`at`: expected a time such as 2026-11-21T20:00:00Z, found {text!r}") from None
