"""JSON becomes dataclasses: each value is held against the type of its field; a file that breaks its contract is told
of by place, what was found and what was expected."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from reports.errors import ReportError

__all__ = ["read_as"]

T = TypeVar("T")


def read_as(cls: type[T], value: Any, where: str) -> T:
    """`value`, an object of JSON, as the dataclass `cls`. `where` leads every message.

    Fields may be str, int, float, bool, Literal, X | None, tuple[X, ...], tuple[X, X], Mapping[str, X] and dataclasses.
    A field with a default may be missing; keys that are no field are for later versions, and left alone.
    Raises ReportError.
    """
    if not isinstance(value, Mapping):
        _refuse(where, value, "an object")
    hints, given = get_type_hints(cls), {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        if field.name in value:
            given[field.name] = _as(hints[field.name], value[field.name], f"{where}: {field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ReportError(f"{where}: {field.name} is missing; make the file again with this version of the tool")
    return cls(**given)


def _as(hint: Any, value: Any, where: str) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return None if value is None else _as(next(arg for arg in args if arg is not NoneType), value, where)
    if origin is tuple:
        return _as_tuple(args, value, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            _refuse(where, value, "an object")
        return {key: _as(args[1], item, f"{where}.{key}") for key, item in value.items()}
    if origin is Literal:
        return value if value in args else _refuse(where, value, " or ".join(map(repr, args)))
    if dataclasses.is_dataclass(hint):
        return read_as(hint, value, where)  # type: ignore[arg-type]
    return _as_plain(hint, value, where)


def _as_tuple(args: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    many = args[-1] is Ellipsis
    if not isinstance(value, list) or not (many or len(value) == len(args)):
        _refuse(where, value, "a list" if many else f"a list of {len(args)}")
    return tuple(_as(args[0], item, f"{where}[{place}]") for place, item in enumerate(value))


def _as_plain(kind: type, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    is_right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    if not is_right or (kind is float and not math.isfinite(value)):
        _refuse(where, value, {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}[kind])
    return value


def _refuse(where: str, value: Any, expected: str) -> Any:
    found = repr(value)
    found = found if len(found) <= 60 else f"{found[:57]}..."
    raise ReportError(f"{where}: found {found}, expected {expected}; make the file again with this version of the tool")
