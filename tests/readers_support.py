"""A tiny PNG encoder in plain loops, and helpers, for the tests of the readers; shares no code with them."""

from __future__ import annotations

import itertools
import struct
import zlib
from pathlib import Path

import numpy as np

from inspector.errors import InputError
from inspector.masks import Mask
from inspector.readers import read_masks

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]  # x y dx dy


class Colours:
    """Stands in for the class list: only the colour table."""

    def __init__(self, table: dict[tuple[int, int, int], int]) -> None:
        self.table = table

    def color_table(self) -> dict[tuple[int, int, int], int]:
        return self.table


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def ihdr(width: int, height: int, depth: int = 8, colour: int = 0, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def pack_row(row: np.ndarray, depth: int) -> bytes:
    """The bytes of one row of samples, high bits first."""
    bits = "".join(format(int(sample), f"0{depth}b") for sample in row.reshape(-1))
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    return min(((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)))[2]


def filter_row(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    out = [kind]
    for i, value in enumerate(row):
        a = row[i - step] if i >= step else 0
        b = above[i]
        c = above[i - step] if i >= step else 0
        guess = (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]
        out.append((value - guess) % 256)
    return bytes(out)


def filtered(samples: np.ndarray, depth: int, filters: list[int]) -> bytes:
    """The filtered rows of (H, W) or (H, W, C) samples; filters are used in turn."""
    channels = samples.shape[2] if samples.ndim == 3 else 1
    step = max(1, depth * channels // 8)
    rows = [pack_row(row, depth) for row in samples]
    above = [bytes(len(rows[0])), *rows[:-1]]
    kinds = [filters[y % len(filters)] for y in range(len(rows))]
    return b"".join(filter_row(kind, row, up, step) for kind, row, up in zip(kinds, rows, above, strict=True))


def png(
    samples: np.ndarray,
    depth: int = 8,
    colour: int = 0,
    *,
    filters: list[int] | None = None,
    interlace: bool = False,
    palette: bytes | None = None,
    before: bytes = b"",
    pieces: int = 1,
    raw: bytes | None = None,
) -> bytes:
    """A PNG of (H, W) or (H, W, C) samples; `before` are chunks ahead of the data, `raw` replaces the filtered rows."""
    filters = filters or [0]
    height, width = samples.shape[:2]
    parts = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlace else [samples]
    data = b"".join(filtered(part, depth, filters) for part in parts if part.size)
    packed = zlib.compress(data if raw is None else raw)
    cuts = [len(packed) * i // pieces for i in range(pieces + 1)]
    idat = b"".join(chunk(b"IDAT", packed[a:b]) for a, b in itertools.pairwise(cuts))
    plte = chunk(b"PLTE", palette) if palette is not None else b""
    return SIGNATURE + ihdr(width, height, depth, colour, int(interlace)) + before + plte + idat + chunk(b"IEND")


def labels(height: int, width: int, classes: int, seed: int = 0, dtype: type = np.uint8) -> np.ndarray:
    """Blocks of labels with a little noise: runs and edges, as masks have them."""
    random = np.random.default_rng(seed)
    blocks = random.integers(0, classes, (-(-height // 9), -(-width // 13)))
    out = np.kron(blocks, np.ones((9, 13), int))[:height, :width]
    noise = random.random(out.shape) < 0.02
    out[noise] = random.integers(0, classes, int(noise.sum()))
    return out.astype(dtype)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def read_one(path: Path, **more: object) -> Mask:
    masks = read_masks(path, **more)  # type: ignore[arg-type]
    assert len(masks) == 1
    return masks[0]


def kind_of(path: Path, **more: object) -> str:
    """The kind of the InputError that reading raises, "ok" where it raises none; any other exception passes."""
    try:
        read_masks(path, **more)  # type: ignore[arg-type]
    except InputError as raised:
        error = raised
    else:
        return "ok"
    assert error.path == str(path)
    assert error.reason
    assert error.fix
    return error.kind


def flipped(content: bytes, count: int, seed: int = 0) -> list[bytes]:
    """`count` copies with one random bit turned over."""
    random = np.random.default_rng(seed)
    out = []
    for at, bit in zip(random.integers(0, len(content), count), random.integers(0, 8, count), strict=True):
        copy = bytearray(content)
        copy[at] ^= 1 << bit
        out.append(bytes(copy))
    return out
