"""TIFF: every lossless way to store a label map reads alike; what is missing, lossy, turned or looped is an error."""

from __future__ import annotations

import io
import logging
import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from inspector.errors import InputError
from inspector.readers import peek, read_masks
from tests.readers_support import Colours, flipped, kind_of, labels, read_one, write

TRUTH = labels(70, 90, 4)
COLOURS = {(0, 0, 0): 0, (220, 20, 60): 1, (0, 0, 142): 2, (9, 9, 9): 3}
PALETTE = np.array(list(COLOURS), np.uint8)


def tiff(array: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, array, **{"photometric": "minisblack", "metadata": None, **options})  # type: ignore[arg-type]
    return buffer.getvalue()


def directory(entries: list[tuple[int, int, int, int]], after: int = 0, data: bytes = b"") -> bytes:
    """A little-endian TIFF of one hand-made directory at byte 8, followed by `data`."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + body + struct.pack("<I", after) + data


def plain(height: int, width: int, offset: int, count: int, **more: int) -> list[tuple[int, int, int, int]]:
    """The tags of an uncompressed 8-bit grey page of one strip; `more` as t274=6 replaces or adds short tags."""
    tags = {256: (4, width), 257: (4, height), 258: (3, 8), 259: (3, 1), 262: (3, 1), 273: (4, offset), 277: (3, 1)}
    tags |= {278: (4, height), 279: (4, count)} | {int(key[1:]): (3, value) for key, value in more.items()}
    return [(tag, kind, 1, value) for tag, (kind, value) in sorted(tags.items())]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_round_trip_of_every_lossless_layout(tmp_path: Path, data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(["u1", "u2", "u4", "i1", "i2", "i4", "i8", "f4", "f8"])))
    truth = labels(
        data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40)), 100, data.draw(st.integers(0, 99)), dtype
    )
    if dtype.kind != "u":
        truth[0, 0] = -3
    compression = data.draw(st.sampled_from([None, "lzw", "zlib", "packbits", "zstd", "lzma"]))
    options: dict[str, object] = {"compression": compression, "byteorder": data.draw(st.sampled_from("<>"))}
    options["bigtiff"] = data.draw(st.booleans())
    if data.draw(st.booleans()):
        options["tile"] = (16, 32)
    else:
        options["rowsperstrip"] = data.draw(st.integers(1, 40))
    if compression not in (None, "packbits"):
        predictors = [False, 3] if dtype.kind == "f" else [False, 2]
        options["predictor"] = data.draw(st.sampled_from(predictors))
    mask = read_one(write(tmp_path / "a.tif", tiff(truth, **options)))
    assert np.array_equal(mask.values(), truth)
    assert mask.ids.flags.c_contiguous
    assert mask.ids.flags.writeable


@pytest.mark.parametrize("mode", ["1", "L", "P", "I;16"])
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "packbits", "tiff_deflate", "tiff_adobe_deflate"])
def test_files_of_pillow_read_back(tmp_path: Path, mode: str, compression: str) -> None:
    truth = (TRUTH % 2 if mode == "1" else TRUTH).astype(np.uint16 if mode == "I;16" else np.uint8)
    image = Image.fromarray(truth.astype(bool) if mode == "1" else truth)
    if mode == "P":
        image.putpalette(bytes(PALETTE) + bytes(756))
    path = tmp_path / "a.tif"
    image.save(path, compression=compression)
    mask = read_one(path)
    assert np.array_equal(mask.ids, truth)
    if mode == "P":
        assert np.array_equal(mask.palette[:4], PALETTE)
        assert peek(path).palette == mask.palette.tobytes()


@pytest.mark.parametrize("bits", [2, 4, 6, 12])
def test_samples_of_few_bits(tmp_path: Path, bits: int) -> None:
    dtype = np.uint16 if bits > 8 else np.uint8
    content = tiff(TRUTH.astype(dtype), bitspersample=bits)
    assert np.array_equal(read_one(write(tmp_path / "a.tif", content)).ids, TRUTH)


def test_white_is_zero_keeps_the_stored_integers_and_says_so(tmp_path: Path) -> None:
    mask = read_one(write(tmp_path / "a.tif", tiff(TRUTH, photometric="miniswhite")))
    assert np.array_equal(mask.ids, TRUTH)
    assert [kind for kind, _ in mask.notes] == ["white_is_zero"]


def test_pages_of_one_size_are_a_stack_and_of_several_are_refused(tmp_path: Path) -> None:
    stack = np.stack([TRUTH, TRUTH[::-1], TRUTH[:, ::-1]])
    path = write(tmp_path / "a.tif", tiff(stack))
    masks = read_masks(path)
    assert [mask.ids.tolist() for mask in masks] == stack.tolist()
    assert peek(path).pages == 3
    assert kind_of(path, max_pixels=2 * TRUTH.size) == "too_large"
    tifffile.imwrite(path, TRUTH[:9], photometric="minisblack", append=True)
    assert kind_of(path) == "page_count"


def test_overviews_and_transparency_masks_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(TRUTH, photometric="minisblack", metadata=None)
        file.write(TRUTH[::2, ::2], photometric="minisblack", subfiletype=1, metadata=None)
        file.write(TRUTH > 0, photometric="minisblack", subfiletype=4, metadata=None)
    assert np.array_equal(read_one(path).ids, TRUTH)
    assert peek(path).pages == 1


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("alpha", [False, True])
def test_colours_become_labels(tmp_path: Path, planar: str, alpha: bool) -> None:
    pixels = PALETTE[TRUTH]
    if alpha:
        pixels = np.dstack([pixels, np.full(TRUTH.shape, 255, np.uint8)])
    array = pixels if planar == "contig" else np.moveaxis(pixels, -1, 0)
    extra = {"extrasamples": ["unassalpha"]} if alpha else {}
    path = write(tmp_path / "a.tif", tiff(array, photometric="rgb", planarconfig=planar, **extra))
    assert np.array_equal(read_one(path, categories=Colours(COLOURS)).values(), TRUTH)
    assert kind_of(path) == "colour_map_missing"
    assert kind_of(path, categories=Colours({(1, 1, 1): 0})) == "unknown_colour"


@pytest.mark.parametrize("channels", [2, 3, 5])
def test_several_samples_that_are_no_colour_are_refused(tmp_path: Path, channels: int) -> None:
    array = np.stack([TRUTH] * channels, axis=-1)
    assert kind_of(write(tmp_path / "a.tif", tiff(array, planarconfig="contig"))) == "wrong_rank"


def test_grey_with_alpha(tmp_path: Path) -> None:
    array = np.dstack([TRUTH, np.full_like(TRUTH, 255)])
    options = {"planarconfig": "contig", "extrasamples": ["unassalpha"]}
    path = write(tmp_path / "a.tif", tiff(array, **options))
    assert np.array_equal(read_one(path).ids, TRUTH)
    array[3, 3, 1] = 0
    assert kind_of(write(path, tiff(array, **options))) == "alpha"


@pytest.mark.parametrize("value", [0.5, np.nan, np.inf])
def test_floats_must_be_whole(tmp_path: Path, value: float) -> None:
    array = TRUTH.astype(np.float32)
    array[1, 2] = value
    kind = {"0.5": "non_integral", "nan": "nan", "inf": "inf"}[str(value)]
    assert kind_of(write(tmp_path / "a.tif", tiff(array))) == kind
    assert kind_of(write(tmp_path / "a.tif", tiff(TRUTH.astype(np.complex64)))) == "dtype"


@pytest.mark.parametrize("codec", ["jpeg", "webp", "jpeg2000", "lerc", "jpegxl"])
def test_codecs_that_can_lose_labels_are_refused(tmp_path: Path, codec: str) -> None:
    assert kind_of(write(tmp_path / "a.tif", tiff(np.dstack([TRUTH] * 3), photometric="rgb", compression=codec))) == (
        "lossy_format"
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_refused_not_applied(tmp_path: Path, orientation: int) -> None:
    content = tiff(TRUTH, extratags=[(274, 3, 1, orientation, True)])
    assert kind_of(write(tmp_path / "a.tif", content)) == ("ok" if orientation == 1 else "orientation")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (directory(plain(2, 3, 134, 6), data=bytes(99)), "ok"),
        (directory(plain(2, 3, 134, 5), data=bytes(99)), "truncated"),
        (directory(plain(2, 3, 230, 6), data=bytes(99)), "truncated"),
        (directory(plain(2, 3, 0xFFFFFFF0, 6), data=bytes(99)), "truncated"),
        (directory(plain(2, 3, 0, 0), data=bytes(99)), "missing_segment"),
        (directory(plain(2, 3, 134, 0), data=bytes(99)), "missing_segment"),
        (directory(plain(2, 3, 134, 6, t278=1), data=bytes(99)), "missing_segment"),
        (directory(plain(30000, 30000, 134, 6), data=bytes(99)), "too_large"),
        (directory(plain(0x7FFFFFFF, 0x7FFFFFFF, 134, 6), data=bytes(99)), "too_large"),
        (directory(plain(0, 3, 134, 6), data=bytes(99)), "corrupt"),
        (directory(plain(2, 3, 134, 6, t262=5), data=bytes(99)), "colour_space"),
        (directory(plain(2, 3, 134, 6, t259=4), data=bytes(99)), "unknown_format"),
        (directory(plain(2, 3, 134, 6, t259=999), data=bytes(99)), "unknown_format"),
        (directory(plain(2, 3, 134, 6, t258=999), data=bytes(99)), "dtype"),
        (directory(plain(2, 3, 134, 6), after=8, data=bytes(99)), "corrupt"),
        (directory(plain(2, 3, 134, 6), after=5000, data=bytes(99)), "truncated"),
        (directory([], after=0), "corrupt"),
        (directory([*plain(2, 3, 146, 6), (65000, 2, 999, 0xFFFFFF)], data=bytes(99)), "corrupt"),
        (b"II*\0\0\0\0\0", "corrupt"),
        (b"II*\0\x08\0\0\0", "truncated"),
        (b"MM\0*\0\0", "truncated"),
        (b"II+\0\x08\0\0\0" + b"\xff" * 8, "truncated"),
    ],
)
def test_structure_is_checked_before_pixels(tmp_path: Path, content: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / "a.tif", content)) == kind


def test_a_long_loop_of_directories_ends(tmp_path: Path) -> None:
    """300 empty directories of which the last leads back to the hundredth."""
    content = b"II*\0\x08\0\0\0"
    for index in range(300):
        content += struct.pack("<HI", 0, 8 + 6 * (index + 1 if index < 299 else 100))
    assert kind_of(write(tmp_path / "a.tif", content)) == "corrupt"


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "packbits", "zstd"])
def test_a_strip_that_decodes_to_too_little_is_an_error(tmp_path: Path, compression: str | None) -> None:
    """The height tag says more rows than the strip holds: decoders fill the rest with zeros or noise."""
    content = tiff(TRUTH, compression=compression, rowsperstrip=70)
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        places = [file.pages[0].tags[tag].valueoffset for tag in (257, 278)]
    taller = bytearray(content)
    for place in places:
        taller[place : place + 2] = struct.pack("<H", 80)
    assert kind_of(write(tmp_path / "a.tif", bytes(taller))) in ("corrupt", "truncated")


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "lzw", "tile": (16, 16)}])
def test_no_truncation_gives_other_labels(tmp_path: Path, options: dict[str, object]) -> None:
    truth = TRUTH[:20, :30]
    content = tiff(truth, **options)
    path = tmp_path / "a.tif"
    for length in range(0, len(content), 3):
        if kind_of(write(path, content[:length])) == "ok":  # only padding at the end is gone
            assert np.array_equal(read_one(path).ids, truth)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "lzw", "tile": (16, 16)}])
def test_no_flipped_bit_ends_in_another_exception(tmp_path: Path, options: dict[str, object]) -> None:
    content = tiff(TRUTH[:20, :30], **options)
    for copy in flipped(content, 500):
        kind_of(write(tmp_path / "a.tif", copy))


def test_flipped_bits_in_deflated_pixels_are_seen(tmp_path: Path) -> None:
    content = tiff(TRUTH, compression="zlib")
    with tifffile.TiffFile(io.BytesIO(content)) as file:
        start, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    for copy in flipped(content[start : start + size], 300):
        damaged = content[:start] + copy + content[start + size :]
        if kind_of(write(tmp_path / "a.tif", damaged)) == "ok":
            assert np.array_equal(read_one(tmp_path / "a.tif").ids, TRUTH)


def test_a_volume_in_one_page_is_refused(tmp_path: Path) -> None:
    content = tiff(np.stack([TRUTH] * 16), volumetric=True, tile=(16, 16, 16))
    assert kind_of(write(tmp_path / "a.tif", content)) == "wrong_rank"


def test_what_is_only_logged_while_decoding_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def zeros(page: tifffile.TiffPage, **_: object) -> np.ndarray:
        logging.getLogger("tifffile").warning("a strip is missing")
        return np.zeros(page.shape, page.dtype)

    monkeypatch.setattr(tifffile.TiffPage, "asarray", zeros)
    with pytest.raises(InputError, match="a strip is missing"):
        read_masks(write(tmp_path / "a.tif", tiff(TRUTH)))


def geotiff(scale: tuple[float, ...] | None, tie: tuple[float, ...] | None, matrix: tuple[float, ...] = ()) -> bytes:
    tags = [(33550, scale), (33922, tie), (34264, matrix)]
    return tiff(TRUTH, extratags=[(tag, 12, len(value), value, True) for tag, value in tags if value])


def test_a_geotransform_is_one_frame_however_it_is_written(tmp_path: Path) -> None:
    matrix = (0.5, 0, 0, 500000, 0, -0.5, 0, 4000000, 0, 0, 0, 0, 0, 0, 0, 1)
    same = [
        geotiff((0.5, 0.5, 0), (0, 0, 0, 500000, 4000000, 0)),
        geotiff((0.5, 0.5, 0), (10, 20, 0, 500005, 3999990, 0)),
        geotiff((0.5 + 1e-12, 0.5, 0), (0, 0, 0, 500000 + 1e-7, 4000000, 0)),
        geotiff(None, None, matrix),
    ]
    frames = {read_one(write(tmp_path / "a.tif", content)).frame for content in same}
    assert len(frames) == 1
    shifted = geotiff((0.5, 0.5, 0), (0, 0, 0, 500000.5, 4000000, 0))
    assert read_one(write(tmp_path / "a.tif", shifted)).frame not in frames
    assert read_one(write(tmp_path / "a.tif", tiff(TRUTH))).frame is None
    points = geotiff(None, (0, 0, 0, 1, 2, 0, 5, 5, 0, 3, 4, 0))
    assert read_one(write(tmp_path / "a.tif", points)).frame[0] == "tiepoints"


def test_what_tifffile_logs_reaches_nobody_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    kind_of(write(tmp_path / "a.tif", directory(plain(2, 3, 134, 6, t278=1), data=bytes(99))))
    assert caplog.records == []
    logging.getLogger("tifffile").warning("of another")
    assert [record.message for record in caplog.records] == ["of another"]


def test_peek_of_a_tiff(tmp_path: Path) -> None:
    header = peek(write(tmp_path / "a.tif", tiff(TRUTH.astype(np.int32))))
    assert (header.format, header.kind, header.height, header.width) == ("tiff", "grey", 70, 90)
    assert (header.dtype, header.pages, header.palette) == ("int32", 1, None)
    assert peek(write(tmp_path / "b.tif", tiff(PALETTE[TRUTH], photometric="rgb"))).kind == "colour"
    with pytest.raises(InputError):
        peek(write(tmp_path / "c.tif", b"II*\0\0\0\0\0"))
