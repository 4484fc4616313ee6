"""Untrusted text made visible: nothing in a name can hide, reorder or end the text around it."""

from __future__ import annotations

import math
import unicodedata
from typing import Any

__all__ = ["block", "cleaned", "visible"]

_JOINER = "\u200d"  # joins emoji into one; anywhere else it hides
_PICTURED = 0x2400  # Unicode has a picture of each ASCII control character here


def visible(text: str) -> str:
    """`text` with controls, invisible and bidirectional marks and lone surrogates written out, e.g. "⟨U+202E⟩".

    Spaces at either end are shown as "␠". Escaping for HTML is the template's business.
    """
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    shown = "".join(_shown(text, place) for place in range(len(text)))
    bare = shown.strip(" ")
    start = len(shown) - len(shown.lstrip(" "))
    return "␠" * start + bare + "␠" * (len(shown) - len(bare) - start)


def block(text: str) -> str:
    """`text` of several lines, each made visible as by `visible`; line ends become "\\n", blanks and tabs stay."""
    return "\n".join(
        "".join("\t" if character == "\t" else _shown(line, place) for place, character in enumerate(line))
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )


def _shown(text: str, place: int) -> str:
    character = text[place]
    kind = unicodedata.category(character)
    if kind not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return character
    if character == _JOINER and place and unicodedata.category(text[place - 1]) in ("So", "Sk", "Mn"):
        return character
    code = ord(character)
    if code < 0x20:
        return chr(_PICTURED + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"


def cleaned(value: Any) -> Any:
    """A document with every text in it, keys included, made visible; a number that is not finite becomes None."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [cleaned(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
