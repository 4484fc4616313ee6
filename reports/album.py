"""`Album`: the pictures that go into the page, within a budget; what is left out is counted."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.words import LAYERS

__all__ = ["OF_WORST", "PICTURE_BYTES", "Album", "Shot"]

PICTURE_BYTES = 6_000_000  # of the page: quick to open, and small enough to send
OF_WORST = 1 / 3  # of these: kept for the worst images, which come after the findings
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Shot:
    """One picture: what it shows ("truth", …), its data URI, and its size in pixels."""

    layer: str
    title: str
    uri: str
    width: int
    height: int


@dataclass
class Album:
    """Hands out pictures until the budget is spent."""

    pictures: Mapping[str, bytes]
    left: float = PICTURE_BYTES
    left_out: int = field(default=0, init=False)

    def take(self, names: Mapping[str, Any] | None) -> tuple[Shot, ...]:
        """The pictures of one place of the page, in the order of LAYERS: all of them, or none when over budget."""
        held = [
            (layer, title, self.pictures[names[layer]])
            for layer, title in LAYERS
            if names and names.get(layer) in self.pictures and _is_png(self.pictures[names[layer]])
        ]
        bytes_needed = sum(len(data) * 4 // 3 for _, _, data in held)
        if bytes_needed > self.left:
            self.left_out += len(held)
            return ()
        self.left -= bytes_needed
        return tuple(_shot(*shot) for shot in held)


def _is_png(data: bytes) -> bool:
    return data.startswith(_PNG) and len(data) >= 24


def _shot(layer: str, title: str, data: bytes) -> Shot:
    width, height = struct.unpack(">II", data[16:24])
    return Shot(layer, title, "data:image/png;base64," + base64.b64encode(data).decode("ascii"), width, height)
