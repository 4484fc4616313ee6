"""PNG: damage of any sort is an error with a kind, never an array that looks right."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from inspector.readers import read_masks
from tests.readers_support import SIGNATURE, chunk, flipped, ihdr, kind_of, labels, png, read_one, write

TRUTH = labels(9, 14, 4)
GOOD = png(TRUTH, filters=[4, 2, 1])
IDAT = chunk(b"IDAT", zlib.compress(b"\0\0" * 2))
SEEDS = {
    "grey8": (GOOD, TRUTH),
    "palette2-interlaced": (png(TRUTH, 2, 3, palette=bytes(12), interlace=True), TRUTH),
    "grey16": (png(TRUTH.astype(np.uint16) * 300, 16, filters=[4, 3]), TRUTH.astype(np.uint16) * 300),
    "split": (png(TRUTH, pieces=5), TRUTH),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_truncation_passes(tmp_path: Path, seed: str) -> None:
    content, _ = SEEDS[seed]
    path = tmp_path / "a.png"
    kinds = {kind_of(write(path, content[:length])) for length in range(len(content))}
    assert kinds <= {"empty_file", "truncated", "corrupt"}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_flipped_bit_passes(tmp_path: Path, seed: str) -> None:
    content, _ = SEEDS[seed]
    path = tmp_path / "a.png"
    assert "ok" not in {kind_of(write(path, copy)) for copy in flipped(content, 500)}


@pytest.mark.parametrize("seed", SEEDS)
def test_flips_behind_a_mended_crc_never_end_in_another_exception(tmp_path: Path, seed: str) -> None:
    content, truth = SEEDS[seed]
    path = tmp_path / "a.png"
    for copy in flipped(content, 500, seed=1):
        if kind_of(write(path, mended(copy))) == "ok":  # the header may now say another legal thing of the same data
            assert read_masks(path)[0].ids.dtype in (np.uint8, np.uint16)
    assert np.array_equal(read_one(write(path, mended(content))).ids, truth)


def mended(content: bytes) -> bytes:
    """The file with the CRC of every chunk made right again."""
    out, at = content[:8], 8
    while at + 12 <= len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        out += chunk(name, content[at + 8 : at + 8 + length])
        at += 12 + length
    return out


def test_adler_is_checked_even_where_all_rows_are_there(tmp_path: Path) -> None:
    packed = zlib.compress(bytes(15 * 9))
    broken = packed[:-1] + bytes([packed[-1] ^ 1])
    content = SIGNATURE + ihdr(14, 9) + chunk(b"IDAT", broken) + chunk(b"IEND")
    assert kind_of(write(tmp_path / "a.png", content)) == "checksum"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [(bytes(15 * 9), "ok"), (bytes(15 * 9 - 1), "truncated"), (bytes(15 * 4), "truncated"), (b"", "truncated"),
     (bytes(15 * 9 + 1), "checksum"), (bytes(15 * 12), "checksum"), (bytes(1 << 24), "checksum"),
     (b"\5" * (15 * 9), "corrupt"), (b"\0" * (15 * 8) + b"\xff" * 15, "corrupt")],
)  # fmt: skip
def test_the_data_fill_the_picture_exactly(tmp_path: Path, raw: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / "a.png", png(TRUTH, raw=raw))) == kind


def test_a_stream_without_its_end_is_truncated(tmp_path: Path) -> None:
    packed = zlib.compress(bytes(15 * 9))
    for cut in (1, 4, 5, len(packed)):
        content = SIGNATURE + ihdr(14, 9) + chunk(b"IDAT", packed[:-cut]) + chunk(b"IEND")
        assert kind_of(write(tmp_path / "a.png", content)) == "truncated"


@pytest.mark.parametrize("colours", [1, 2, 3, 4])
def test_an_index_the_palette_lacks_is_refused(tmp_path: Path, colours: int) -> None:
    assert TRUTH.max() == 3
    for depth in (2, 4, 8):
        content = png(TRUTH, depth, 3, palette=bytes(3 * colours))
        assert kind_of(write(tmp_path / "a.png", content)) == ("ok" if colours == 4 else "palette_range")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SIGNATURE + ihdr(2, 2, 8, 1) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 3, 0) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 16, 3) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(0, 2) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, interlace=2) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(65535, 65535) + IDAT + chunk(b"IEND"), "too_large"),
        (SIGNATURE + ihdr(0x7FFFFFFF, 0x7FFFFFFF, 16, 6) + IDAT + chunk(b"IEND"), "too_large"),
        (SIGNATURE + IDAT + ihdr(2, 2) + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + ihdr(2, 2) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 8, 3) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 8, 3) + chunk(b"PLTE", bytes(4)) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 1, 3) + chunk(b"PLTE", bytes(9)) + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2, 8, 3) + IDAT + chunk(b"PLTE", bytes(9)) + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + IDAT + chunk(b"tEXt", b"a\0b") + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + chunk(b"NEWC") + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + chunk(b"a\0bc") + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + chunk(b"gAMA") + IDAT + chunk(b"IEND"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + IDAT + chunk(b"IEND", b"x"), "corrupt"),
        (SIGNATURE + ihdr(2, 2) + chunk(b"acTL", struct.pack(">II", 2, 0)) + IDAT + chunk(b"IEND"), "page_count"),
        (SIGNATURE + ihdr(2, 2) + struct.pack(">I", 0xFFFFFFFF) + b"IDAT" + bytes(40), "truncated"),
        (SIGNATURE.replace(b"\r\n", b"\n") + ihdr(2, 2) + IDAT + chunk(b"IEND"), "corrupt"),
    ],
)
def test_each_broken_rule_has_its_kind(tmp_path: Path, content: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / "a.png", content)) == kind


def test_an_animation_of_one_frame_is_a_picture(tmp_path: Path) -> None:
    content = png(TRUTH, before=chunk(b"acTL", struct.pack(">II", 1, 0)))
    assert np.array_equal(read_one(write(tmp_path / "a.png", content)).ids, TRUTH)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_an_exif_orientation_is_refused_not_applied(tmp_path: Path, order: str, orientation: int) -> None:
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = [(0x010F, 3, 1, 5), (0x0112, 3, 1, orientation)]
    body = mark + struct.pack(order + "IH", 8, len(entries))
    body += b"".join(struct.pack(order + "HHIHH", *entry, 0) for entry in entries) + bytes(4)
    path = write(tmp_path / "a.png", png(TRUTH, before=chunk(b"eXIf", body)))
    assert kind_of(path) == ("ok" if orientation == 1 else "orientation")


def test_no_exif_block_is_too_odd(tmp_path: Path) -> None:
    for body in (b"", b"II*\0", b"II*\0\xff\xff\xff\xff\1\0", b"MM\0*\0\0\0\x08\xff\xff\x01\x12", b"junk junk junk"):
        assert kind_of(write(tmp_path / "a.png", png(TRUTH, before=chunk(b"eXIf", body)))) == "ok"


def test_a_file_far_larger_than_its_picture_is_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", GOOD)
    with path.open("r+b") as file:
        file.truncate(1 << 27)  # sparse: costs no disk
    assert kind_of(path) == "text_too_large"
