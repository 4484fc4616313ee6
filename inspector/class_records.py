"""Checks the records of a class list strictly; every message names the file, the entry and what was expected."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, NoReturn, TypedDict

from inspector.errors import UsageError

__all__ = ["MAX_CLASSES", "Record", "checked_records"]

MAX_CLASSES = 4096  # the confusion matrix is quadratic; more are instance ids or an image, not classes
MAX_NAME = 200
KEYS = ("id", "name", "color", "ignore", "isthing", "background", "values")
ALIASES = {"colour": "color", "thing": "isthing", "type": "isthing", "ids": "values"}
COCO_KEYS = ("id", "name", "color", "isthing")
COCO_UNUSED = ("supercategory", "keypoints", "skeleton")
BACKGROUND_NAMES = ("background", "bg", "_background_")


class Record(TypedDict):
    """One class, checked: the arguments of a Category."""

    id: int
    name: str
    color: tuple[int, int, int] | None
    values: tuple[int, ...]
    ignore: bool
    isthing: bool
    background: bool


def checked_records(document: Any, source: str, *, shared_colors: bool = False) -> tuple[list[Record], list[int]]:
    """The classes of a document and its top-level `ignore` values. `source` leads every message.

    Forms: {"classes": …, "ignore": [255]}, COCO {"categories": …}, or the classes alone: a list of records,
    a list of names (numbered from 0), {"0": name} or {name: id}. Raises UsageError.
    """
    coco = isinstance(document, dict) and "categories" in document
    ignore: Any = []
    if coco:
        document = document["categories"]
    elif isinstance(document, dict) and "classes" in document:
        for key in document.keys() - {"classes", "ignore", "description"}:
            _fail(source, "unknown_key", f"unknown key {key!r}; expected classes, ignore, description")
        ignore, document = document.get("ignore", []), document["classes"]
    raw = _listed(document, source)
    records = [_record(item, f"{source}: entry {n}", coco) for n, item in enumerate(raw)]
    _check_unique(records, source, shared_colors)
    return records, list(_integers(ignore, source, "ignore")) if ignore != [] else []


def _fail(where: str, kind: str, what: str) -> NoReturn:
    raise UsageError(f"{where}: {what}", kind=kind)


def _listed(classes: Any, source: str) -> list[Any]:
    """The classes as a list of records, whichever short form they were written in."""
    if isinstance(classes, dict):
        classes = _from_map(classes, source)
    if not isinstance(classes, list):
        _fail(source, "class_file", f"expected a list of classes, found {_shown(classes)}")
    if not classes:
        _fail(source, "no_classes", "the list of classes is empty")
    if len(classes) > MAX_CLASSES:
        _fail(source, "too_many_classes", f"{len(classes)} classes; at most {MAX_CLASSES} can be compared")
    if all(isinstance(item, str) for item in classes):
        return [{"id": number, "name": name} for number, name in enumerate(classes)]
    return classes


def _from_map(classes: dict[str, Any], source: str) -> list[Any]:
    if all(isinstance(value, str) for value in classes.values()):
        return [{"id": int(k) if re.fullmatch(r"-?[0-9]{1,18}", k) else k, "name": v} for k, v in classes.items()]
    if any(isinstance(value, dict | list) for value in classes.values()):
        expected = "expected `classes`, COCO `categories`, or a map between ids and names"
        _fail(source, "class_file", f"found the keys {', '.join(sorted(classes)[:8])}; {expected}")
    return [{"id": number, "name": name} for name, number in classes.items()]


def _record(item: Any, where: str, coco: bool) -> Record:
    if not isinstance(item, dict):
        _fail(where, "class_file", f"expected a class such as {{id, name}}, found {_shown(item)}")
    where += f" ({item['name']!r})" if isinstance(item.get("name"), str) else ""
    given = _plain_keys(item, where, coco)
    for key in ("id", "name"):
        if key not in given:
            _fail(where, "missing_key", f"{key!r} is missing; each class needs id and name")
    name = _name(given["name"], where)
    number = _integer(given["id"], where, "id")
    return Record(
        id=number,
        name=name,
        color=_color(given["color"], where) if given.get("color") is not None else None,
        values=_integers(given["values"], where, "values") if "values" in given else (number,),
        ignore=_flag(given, "ignore", where, False),
        isthing=_flag(given, "isthing", where, coco),  # a COCO list without the flag is one of things
        background=_flag(given, "background", where, name.casefold() in BACKGROUND_NAMES),
    )


def _plain_keys(item: dict[str, Any], where: str, coco: bool) -> dict[str, Any]:
    """`item` with aliases resolved. An unknown key, or one key under two names, is an error."""
    known, plain = (COCO_KEYS if coco else KEYS), {}
    for key, value in item.items():
        if coco and key in COCO_UNUSED:
            continue
        name = key if coco else ALIASES.get(key, key)
        if name not in known:
            _fail(where, "unknown_key", f"unknown key {key!r}; expected {', '.join(known)}")
        if name in plain:
            _fail(where, "class_file", f"{name!r} is given twice, the second time as {key!r}")
        plain[name] = {"thing": True, "stuff": False}.get(str(value), value) if key == "type" else value
    return plain


def _flag(given: dict[str, Any], key: str, where: str, default: bool) -> bool:
    value = given.get(key, default)
    if value not in (True, False) or isinstance(value, float):
        _fail(where, "class_file", f"{key!r} must be true or false, found {_shown(value)}")
    return bool(value)


def _integer(value: Any, where: str, key: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**31) <= value < 2**31:
        _fail(where, "bad_id", f"{key!r} must be a whole number of at most 31 bits, found {_shown(value)}")
    return value


def _integers(value: Any, where: str, key: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        _fail(where, "bad_id", f"{key!r} must be a list of whole numbers such as [255], found {_shown(value)}")
    numbers = tuple(_integer(number, where, key) for number in value)
    if len(set(numbers)) < len(numbers):
        _fail(where, "duplicate_value", f"{key!r} holds a number twice: {_shown(value)}")
    return numbers


def _name(value: Any, where: str) -> str:
    """The name as it is, less spaces at its ends: any text that prints on one line."""
    name = value.strip() if isinstance(value, str) else ""
    if not name or len(name) > MAX_NAME:
        _fail(where, "bad_name", f"'name' must be a text of 1 to {MAX_NAME} characters, found {_shown(value)}")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        _fail(where, "bad_name", f"'name' holds a control character: {_shown(value)}")
    return name


def _color(value: Any, where: str) -> tuple[int, int, int]:
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        value = list(bytes.fromhex(value[1:]))
    channels = value if isinstance(value, list) else []
    whole = [c for c in channels if isinstance(c, int) and not isinstance(c, bool) and 0 <= c <= 255]
    if len(channels) != 3 or len(whole) != 3:
        _fail(where, "bad_colour", f"'color' must be [r, g, b] of 0 to 255 or \"#rrggbb\", found {_shown(value)}")
    return whole[0], whole[1], whole[2]


def _check_unique(records: list[Record], source: str, shared_colors: bool) -> None:
    _once(records, lambda r: [r["id"]], source, "duplicate_id", "the id {}")
    _once(records, lambda r: [r["name"]], source, "duplicate_name", "the name {!r}")
    _once(records, lambda r: r["values"], source, "duplicate_value", "the file value {}")
    colored = [record for record in records if record["color"] is not None]
    if not shared_colors:
        _once(colored, lambda r: [r["color"]], source, "duplicate_colour", "the colour {}")


def _once(records: list[Record], keys: Callable[[Record], Iterable[Any]], source: str, kind: str, what: str) -> None:
    seen: dict[Any, str] = {}
    for record in records:
        for key in keys(record):
            if key in seen:
                _fail(source, kind, f"{what.format(key)} is given to two classes, {seen[key]!r} and {record['name']!r}")
            seen[key] = record["name"]


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out a whole number of thousands of digits
        text = "a number too long to print"
    return text if len(text) <= 60 else text[:57] + "..."
