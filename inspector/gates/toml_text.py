"""Gates as the text of a configuration file, with comments: what `tomllib` reads back as it was."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from inspector.errors import UsageError
from inspector.problems import visible

__all__ = ["comment_text", "gate_text", "table_text"]

WIDTH = 100
BARE = re.compile(r"[A-Za-z0-9_-]+")
ITEMS = 8  # longer lists have a line for each


def comment_text(text: str) -> str:
    """Lines of comment, however long the text."""
    return "".join(f"# {line}\n" for line in textwrap.wrap(visible(text), WIDTH, break_long_words=False))


def gate_text(gate: Mapping[str, Any], reason: str) -> str:
    """A gate with the reason above it; the reason alone where the gate is empty."""
    return comment_text(reason) + (table_text("[gates.gate]", gate) if gate else "")


def table_text(name: str, values: Mapping[str, Any]) -> str:
    """A table. Values are text, numbers, or lists of text."""
    return f"[{name}]\n" + "".join(f"{_key(key)} = {_value(value)}\n" for key, value in values.items())


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _quoted(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, (list, tuple)):
        items = [_quoted(item) for item in value]
        return (
            f"[{', '.join(items)}]" if len(items) <= ITEMS else "[\n" + "".join(f"  {item},\n" for item in items) + "]"
        )
    return repr(value)


def _quoted(text: str) -> str:
    """As JSON writes it, which TOML reads, with all that cannot be seen spelled out: who commits a file should see what
    it says. Raises UsageError for half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"{text!r} holds half a character, which no TOML file can: give the class another name"
        ) from None
    written = json.dumps(text, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in written)
