"""Packed tables: columns of numbers and names as one text that a script of the page reads without parsing rows."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.text import visible

__all__ = ["WIDTHS", "Column", "packed", "texts_column"]

WIDTHS = {"u1": 1, "u2": 2, "u4": 4, "i4": 4, "f4": 4, "f8": 8}  # bytes of a value; the other type is "utf8"
_LEVEL = 6  # of gzip: 9 takes three times as long for a hundredth


@dataclass(frozen=True)
class Column:
    """One column. `type` is a key of WIDTHS (numbers, little-endian, NaN is undefined) or "utf8"."""

    name: str
    type: str
    data: bytes


def texts_column(name: str, texts: Iterable[str]) -> Column:
    """Untrusted texts, made visible: none then holds a line end, which parts them."""
    return Column(name, "utf8", "\n".join(map(visible, texts)).encode("utf-8"))


def packed(rows: int, columns: Sequence[Column]) -> str:
    """Base64 of gzip of: a line of JSON that names the columns, then their bytes one after the other.

    The same columns give the same text. Raises ValueError where a column has not `rows` values.
    """
    for column in columns:
        width = WIDTHS.get(column.type)
        if width is not None and len(column.data) != width * rows:
            raise ValueError(f"column {column.name}: {len(column.data)} bytes for {rows} rows of {column.type}")
    head = [{"name": column.name, "type": column.type, "bytes": len(column.data)} for column in columns]
    first = json.dumps({"rows": rows, "columns": head}, separators=(",", ":")) + "\n"
    whole = b"".join([first.encode("ascii"), *(column.data for column in columns)])
    return base64.b64encode(gzip.compress(whole, _LEVEL, mtime=0)).decode("ascii")
