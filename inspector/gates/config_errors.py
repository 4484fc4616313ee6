"""What is wrong with a configuration, in words: the file, the table, the key, what was found and what was expected."""

from __future__ import annotations

import datetime
import difflib
import functools
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from inspector.errors import UsageError
from inspector.gates.config import Config, Gate, Gates, Waiver
from inspector.gates.run_options import RunOptions

__all__ = ["explained", "nearest"]

MOST = 3  # mistakes told at once
LONGEST = 60  # characters of what was found

Models = Mapping[tuple[str, ...], type[BaseModel]]  # names on the way to a table -> what it may hold

_MODELS: Models = {
    (): Config,
    ("gates",): Gates,
    ("gates", "gate"): Gate,
    ("gates", "waivers"): Waiver,
    ("run",): RunOptions,
}
_LISTS = (("gates", "gate"), ("gates", "waivers"), ("waivers",))  # of tables: their entries are numbered
_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "float_type": lambda ctx: "a number",
    "finite_number": lambda ctx: "a finite number",
    "int_type": lambda ctx: "a whole number",
    "int_from_float": lambda ctx: "a whole number",
    "bool_type": lambda ctx: "true or false",
    "string_type": lambda ctx: "text in quotes",
    "string_too_short": lambda ctx: "some text",
    "greater_than": lambda ctx: f"more than {ctx['gt']:g}",
    "greater_than_equal": lambda ctx: f"at least {ctx['ge']:,}",
    "less_than": lambda ctx: f"less than {ctx['lt']:g}",
    "less_than_equal": lambda ctx: f"at most {ctx['le']:,}",
    "literal_error": lambda ctx: str(ctx["expected"]),
    "date_type": lambda ctx: "a day such as 2030-12-31",
    "tuple_type": lambda ctx: "a list in [brackets]",
    "missing": lambda ctx: "a longer list",
    "too_long": lambda ctx: f"a list of {ctx['max_length']}",
    "dict_type": lambda ctx: "a table",
    "model_type": lambda ctx: "a table",
}


def explained(
    error: ValidationError, where: str, data: Mapping[str, Any], prefix: str = "", models: Models = _MODELS
) -> UsageError:
    """The first mistakes that pydantic found in `data`, each with its place.

    where   what holds the data, for people: "inspect.toml"
    prefix  of the names of its tables: "tool.mask-inspector." in a pyproject.toml
    models  what its tables may hold; of a configuration where nothing is said
    """
    found: dict[tuple[Any, ...], list[Any]] = {}
    for each in error.errors(include_url=False):
        found.setdefault(_path(each["loc"], each["type"], data), []).append(each)
    told = [_sentence(path, errors, data, prefix, models) for path, errors in found.items()]
    more = f"; {len(told) - MOST} more" if len(told) > MOST else ""
    return UsageError(f"{where}, " + "; ".join(told[:MOST]) + more, kind="config", path=where)


def nearest(name: str, known: Sequence[str]) -> str:
    """ "did you mean …?", or all that is known where nothing is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"


def _path(location: Sequence[Any], kind: str, data: Any) -> tuple[Any, ...]:
    """The part of a location that is in the data: the rest are alternatives that pydantic tried."""
    path: list[Any] = []
    for part in location:
        is_table = isinstance(data, Mapping)
        held = part in data if is_table else isinstance(data, list | tuple) and part in range(len(data))
        if not held:
            return (*path, part) if kind == "missing" and is_table else tuple(path)
        path.append(part)
        data = data[part]
    return tuple(path)


def _sentence(
    path: tuple[Any, ...], errors: Sequence[Mapping[str, Any]], data: Mapping[str, Any], prefix: str, models: Models
) -> str:
    kind = errors[0]["type"]
    table, key = _place(path, data, prefix, models)
    if kind == "extra_forbidden":
        model = models.get(tuple(part for part in path[:-1] if isinstance(part, str)))
        known = [field.alias or name for name, field in model.model_fields.items()] if model else []
        return f"{table}: there is no key {key!r}; {nearest(key, known)}"
    at = f"{table}, {key}" if key else table
    if kind == "missing" and isinstance(errors[0]["input"], Mapping):
        return f"{table}: the key {key!r} is missing"
    if kind == "value_error":
        said = str(errors[0]["ctx"]["error"])
        return f"{at}: found {_shown(errors[0]['input'])}, {said}" if key else f"{at}: {said}"
    expected = " or ".join(dict.fromkeys(_expected(each) for each in errors))
    return f"{at}: found {_shown(errors[0]['input'])}, expected {expected}"


def _expected(error: Mapping[str, Any]) -> str:
    words = _WORDS.get(error["type"])
    return words(error.get("ctx") or {}) if words else str(error["msg"])


def _place(path: tuple[Any, ...], data: Any, prefix: str, models: Models) -> tuple[str, str]:
    """(table, key); the key is "" where the mistake is of the whole table."""
    names = [part for part in path if isinstance(part, str)]
    depth = next((i for i, part in enumerate(path) if isinstance(part, int)), 0)
    if path[:depth] in _LISTS:
        record = functools.reduce(lambda held, part: held[part], path[: depth + 1], data)
        keys = ("id", "gate", "image")
        called = next((record[key] for key in keys if key in record), "") if isinstance(record, Mapping) else ""
        table = f"[[{prefix}{'.'.join(path[:depth])}]] {path[depth] + 1}" + (f" ({called!r})" if called else "")
        return table, ".".join(names[depth:])
    if len(path) < 2 and not models[()].model_fields.keys() & set(names):
        return "the top level" if not prefix else f"[{prefix.removesuffix('.')}]", ".".join(names)
    return f"[{prefix}{names[0]}]", ".".join(names[1:])


def _shown(value: Any) -> str:
    """What was found, as a file spells it."""
    is_day = isinstance(value, datetime.date)
    text = value.isoformat() if is_day else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
