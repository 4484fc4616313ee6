"""What is said about a file that cannot be scored (`Problem`) or that a careful user should know of (`Note`)."""

from __future__ import annotations

import os
from dataclasses import dataclass

from inspector.errors import InputError

__all__ = ["Note", "Problem", "shown", "visible"]


def shown(name: str) -> str:
    r"""A file name as text that every output can hold: bytes that are no UTF-8 become \xNN."""
    return name if name.isascii() else os.fsencode(name).decode("utf-8", "backslashreplace")


def visible(text: str) -> str:
    """Text of unknown origin for a terminal: control and direction characters are spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Problem:
    """A file that is left out, with the reason and the way out.

    path      for people and documents: side, slash, path below the folder ("pred/b.png")
    location  the path to open, as the system spells it; "" where there is none
    image_id  the pair that is lost with it, "" where it has none
    """

    path: str
    side: str  # "gt" | "pred"
    kind: str
    reason: str
    fix: str = ""
    location: str = ""
    image_id: str = ""

    @classmethod
    def of(cls, error: InputError, path: str, side: str, *, location: str = "", image_id: str = "") -> Problem:
        """What a reader raised about the file `path`."""
        return cls(path, side, error.kind, error.reason, error.fix, location, image_id)

    def excluded(self) -> dict[str, str]:
        """The record in `inputs` of the document."""
        return {"file": self.path, "side": self.side, "kind": self.kind, "reason": self.reason, "fix": self.fix}


@dataclass(frozen=True)
class Note:
    """A warning about a file, or about a folder ("gt" or "pred"), that does not stop it from being scored."""

    kind: str
    path: str
    text: str
