"""Label maps from TIFF and GeoTIFF: tifffile decodes, after we know that nothing is missing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile

from inspector.errors import InputError
from inspector.readers.colours import labels_of_colours, opaque
from inspector.readers.geo import geo_frame
from inspector.readers.header import Header, check_orientation, check_size
from inspector.readers.tiff_checks import check_compression, check_segments, count_directories
from inspector.readers.whole_numbers import check_dtype, mask_of_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from inspector.categories import Categories
    from inspector.masks import Mask
    from inspector.readers.source import Source

__all__ = ["as_seen", "full_pages", "peek_channels", "read", "read_channels", "read_grey", "read_header", "read_pixels"]

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE = 0, 1, 2, 3
_REDUCED_OR_MASK = 0b101  # NewSubfileType: an overview, or which pixels are transparent
_ALPHA = (1, 2)  # ExtraSamples
_ONE_EACH = "save one label map in each file"
_heard = threading.local()


def read_header(source: Source) -> Header:
    """What the directories say; no strip or tile is decoded."""
    with _pages(source) as (pages, _):
        page = pages[0]
        kind = {_RGB: "colour", _PALETTE: "palette"}.get(int(page.photometric), "grey")
        palette = _palette(page)
        colours = palette.tobytes() if palette is not None else None
        dtype = page.dtype.name if page.dtype is not None else "unknown"
        return Header("tiff", kind, page.imagelength, page.imagewidth, len(pages), dtype, colours)


def read(source: Source, categories: Categories | None, max_pixels: int) -> list[Mask]:
    """A mask for each full-size page; overviews and transparency masks are passed over."""
    with _pages(source) as (pages, heard):
        first = pages[0]
        check_size(first.imagelength, first.imagewidth, max_pixels, len(pages))
        for page in pages:
            _check_page(page, source.size)
        _check_log(heard)
        return [_mask(page, categories) for page in pages]


def read_pixels(source: Source, max_pixels: int) -> NDArray[np.generic]:
    """(H, W) or (H, W, C) samples of the first page, lossy compression welcome: for pictures, not for masks."""
    with _pages(source) as (pages, _):
        page = pages[0]
        check_size(page.imagelength, page.imagewidth, max_pixels)
        check_segments(page, source.size)
        pixels = _decode(page)
        return np.moveaxis(pixels, 0, -1) if page.planarconfig == 2 and pixels.ndim == 3 else pixels


def read_grey(source: Source, max_pixels: int) -> NDArray[np.generic]:
    """What `read_pixels` gives, refused where a sample is no grey value of 8 bits and more with 0 for black."""
    with _pages(source) as (pages, _):
        page = pages[0]
        if page.photometric in (_WHITE_IS_ZERO, _PALETTE):
            tag = "a palette" if page.photometric == _PALETTE else "WhiteIsZero"
            raise InputError("colour_space", f"tagged {tag}, expected grey values with 0 for black", "save BlackIsZero")
        if page.bitspersample < 8:
            raise InputError("dtype", f"samples of {page.bitspersample} bits, expected 8 or more", "save 8 bits")
    return read_pixels(source, max_pixels)


def read_channels(source: Source, max_pixels: int) -> NDArray[np.generic]:
    """(H, W, C) samples of every full-size page: the channels of a page, or pages of one sample each as channels.

    Lossy compression is welcome, a palette becomes its colours, and alpha (a sample tagged so) is left out.
    """
    with _pages(source) as (pages, _):
        first = pages[0]
        check_size(first.imagelength, first.imagewidth, max_pixels, len(pages))
        _check_stack(pages)
        for page in pages:
            check_segments(page, source.size)
        return np.concatenate([_channels(page) for page in pages], axis=2)


def peek_channels(source: Source) -> tuple[int, int, int, np.dtype[np.generic]]:
    """(height, width, channels, dtype) of what `read_channels` gives; no strip or tile is decoded."""
    with _pages(source) as (pages, _):
        _check_stack(pages)
        page = pages[0]
        if page.photometric == _PALETTE:
            return page.imagelength, page.imagewidth, 3, np.dtype(np.uint8)
        kept = page.samplesperpixel - len(_alpha(page))
        return page.imagelength, page.imagewidth, kept * len(pages), page.dtype


def _check_stack(pages: list[Any]) -> None:
    """Refuse pages that are no planes of numbers, or not the channels of one image."""
    for page in pages:
        _check_numbers(page)
    alike = len({page.dtype for page in pages}) == 1
    if len(pages) > 1 and not (alike and all(page.samplesperpixel == 1 and _palette(page) is None for page in pages)):
        reason = f"{len(pages)} pages that are no channels of one image: only pages of one sample and one type are"
        raise InputError("page_count", reason, "save one image in each file")


def _channels(page: Any) -> NDArray[np.generic]:
    """(H, W, C) samples of one page, without alpha."""
    pixels = _decode(page)
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    elif page.planarconfig == 2:
        pixels = np.moveaxis(pixels, 0, -1)
    return as_seen(page, pixels)


def as_seen(page: Any, samples: NDArray[np.generic]) -> NDArray[np.generic]:
    """(h, w, C) of any (h, w, samples) of a page of tifffile: a palette becomes its colours, alpha is left out."""
    palette = _palette(page)
    if palette is not None:
        return palette[samples[:, :, 0]]
    alpha = _alpha(page)
    return np.delete(samples, alpha, axis=2) if alpha else samples


def _alpha(page: Any) -> list[int]:
    """Which samples are tagged as alpha; a page of one sample has nothing else to show."""
    if page.samplesperpixel == 1:
        return []
    colours = page.samplesperpixel - len(page.extrasamples)
    return [colours + place for place, extra in enumerate(page.extrasamples) if int(extra) in _ALPHA]


def full_pages(file: tifffile.TiffFile, count: int) -> list[Any]:
    """The pages among the first `count` directories that are no overviews and no transparency masks."""
    every: list[Any] = [file.pages[index] for index in range(count)]
    return [page for page in every if not int(page.subfiletype) & _REDUCED_OR_MASK]


@contextmanager
def _pages(source: Source) -> Iterator[tuple[list[Any], list[logging.LogRecord]]]:
    """The full-size pages, all of one size, and what tifffile has to say about their directories."""
    count = count_directories(source)
    source.file.seek(0)
    with _listening() as heard, tifffile.TiffFile(source.file, name="mask.tif") as file:
        pages = full_pages(file, count)
        sizes = {(page.imagelength, page.imagewidth) for page in pages}
        if len(sizes) != 1:
            raise InputError(
                "page_count", f"{len(pages)} full pages of {len(sizes)} sizes, expected one size", _ONE_EACH
            )
        yield pages, heard


def _check_log(heard: list[logging.LogRecord]) -> None:
    """What tifffile would only log is damage; its warnings about odd metadata are not."""
    for record in heard:
        if record.levelno >= logging.ERROR:
            raise InputError("corrupt", f"the TIFF is damaged: {record.getMessage()}"[:300], "export the file again")


def _check_page(page: Any, size: int) -> None:
    """Refuse what would be decoded into something else than the stored labels."""
    check_compression(int(page.compression))
    check_orientation(int(page.tags.valueof(274, 1)))
    _check_numbers(page)
    _check_samples(int(page.photometric), page.samplesperpixel, tuple(int(e) for e in page.extrasamples))
    check_segments(page, size)


def _check_numbers(page: Any) -> None:
    if page.imagedepth != 1:
        raise InputError("wrong_rank", f"a page is {page.imagedepth} pixels deep, expected a plane", _ONE_EACH)
    if page.dtype is None:
        raise InputError("dtype", f"samples of {page.bitspersample} bits, format {page.sampleformat}", "save integers")
    check_dtype(page.dtype)


def _check_samples(photometric: int, samples: int, extra: tuple[int, ...]) -> None:
    """One sample for labels, three for colours, and one more of either where it is alpha."""
    if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE):
        raise InputError("colour_space", f"photometric interpretation {photometric}", "save grey, palette or RGB")
    alpha = len(extra) == 1 and extra[0] in _ALPHA
    if samples != (3 if photometric == _RGB else 1) + alpha:
        raise InputError(
            "wrong_rank",
            f"{samples} samples for each pixel, expected one label or one colour",
            "take the arg-max first",
        )


def _mask(page: Any, categories: Categories | None) -> Mask:
    pixels = _decode(page)
    if page.planarconfig == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    more: dict[str, Any] = {"frame": geo_frame(page.tags), "notes": _notes(page)}
    if page.photometric == _RGB:
        return labels_of_colours(pixels, categories, **more)
    if pixels.ndim == 3:
        pixels = opaque(pixels)[:, :, 0]
    return mask_of_numbers(pixels, palette=_palette(page), **more)


def _decode(page: Any) -> NDArray[np.generic]:
    """The samples of a page; anything tifffile has to say while decoding is an error."""
    with _listening() as heard:
        pixels = page.asarray(maxworkers=1)
    if heard or pixels.shape != page.shape:
        why = heard[0].getMessage() if heard else f"{pixels.shape} instead of {page.shape}"
        raise InputError("corrupt", f"the pixels do not decode: {why}"[:300], "export the file again")
    return pixels


def _palette(page: Any) -> NDArray[np.uint8] | None:
    """(n, 3) uint8: the colour map, of which TIFF stores 16 bits a channel (some writers only 8 of them)."""
    if page.photometric != _PALETTE or page.colormap is None:
        return None
    colours = np.asarray(page.colormap, np.uint16).T
    return np.ascontiguousarray(colours >> 8 if colours.max() > 255 else colours, np.uint8)


def _notes(page: Any) -> tuple[tuple[str, str], ...]:
    if page.photometric != _WHITE_IS_ZERO:
        return ()
    return (("white_is_zero", "tagged WhiteIsZero: the stored integers are the labels, viewers show them inverted"),)


@contextmanager
def _listening() -> Iterator[list[logging.LogRecord]]:
    """The warnings and errors that tifffile logs meanwhile in this thread; they reach nobody else."""
    outer = getattr(_heard, "records", None)
    _heard.records = []
    try:
        yield _heard.records
    finally:
        _heard.records = outer


def _listen(record: logging.LogRecord) -> bool:
    """A filter on tifffile's logger: keep what a read in this thread should hear, let the rest pass."""
    records = getattr(_heard, "records", None)
    if records is not None and record.levelno >= logging.WARNING:
        records.append(record)
    return records is None


logging.getLogger("tifffile").addFilter(_listen)
