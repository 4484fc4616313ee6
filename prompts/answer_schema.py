"""The JSON schema of an answer: as a person or a model reads it, and as a server of a language model takes it."""

from __future__ import annotations

import json
from typing import Any

from prompts.answer import Answer

__all__ = ["WIDTH", "pretty", "schema", "strict_schema"]

WIDTH = 116  # of a line of pretty JSON

#: Servers that hold a model to a schema take only a part of JSON schema, each another one; these are refused by some.
#: The answer is checked against `Answer` when it came, so nothing is lost.
REFUSED = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum", "title", "default"})


def schema() -> dict[str, Any]:
    """The JSON schema of `prompts.answer.Answer`, without the titles that only repeat the names."""
    return {key: _without(value, frozenset({"title"}), key) for key, value in _whole().items()}


def strict_schema() -> dict[str, Any]:
    """The same without lengths, ranges and titles: what every server with strict output takes of JSON schema."""
    return {key: _without(value, REFUSED, key) for key, value in _whole().items()}


def _whole() -> dict[str, Any]:
    return {key: value for key, value in Answer.model_json_schema().items() if key != "title"}


def _without(node: Any, keys: frozenset[str], below: str) -> Any:
    """`node` without `keys`; below `properties` and `$defs` keys are names of fields, and stay."""
    if isinstance(node, list):
        return [_without(item, keys, "") for item in node]
    if not isinstance(node, dict):
        return node
    names = below in ("properties", "$defs")
    return {key: _without(value, keys, "" if names else key) for key, value in node.items() if names or key not in keys}


def pretty(value: Any, indent: int = 0) -> str:
    """JSON whose parts each stand on one line where they fit; a list of plain values always does."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= WIDTH or not _has_parts(value):
        return line
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {pretty(part, indent + 2)}" for key, part in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [pretty(part, indent + 2) for part in value]
    pad = " " * indent
    return f"{opening}\n" + ",\n".join(f"{pad}  {part}" for part in parts) + f"\n{pad}{closing}"


def _has_parts(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(each, dict | list) for each in value))
