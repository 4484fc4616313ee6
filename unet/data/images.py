"""Images as they are stored: any number of channels, 8 bits, 16 bits or floats, for training and prediction."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InputError
from inspector.readers import read_with
from inspector.readers.header import check_size
from inspector.readers.npy import parse_header, read_plain
from inspector.readers.pictures import lossy_shape, read_lossy
from inspector.readers.sniff import sniff
from inspector.readers.source import Source

__all__ = ["ImageHeader", "Pixels", "peek_image", "peek_size", "plain_type", "read_pixels"]

Pixels = NDArray[Any]  # (H, W, C) uint8, uint16 or float32

MAX_PIXELS = 1 << 28  # larger images are read in blocks or not at all
EXACT = 1 << 24  # float32 holds every whole number up to here
FORMATS = "save images as PNG, JPEG, TIFF, WebP or NPY"


@dataclass(frozen=True)
class ImageHeader:
    """What a file says of its image before a pixel is decoded; dtype: "uint8", "uint16" or "float32", as it is read."""

    height: int
    width: int
    channels: int
    dtype: str


def read_pixels(path: str | PathLike[str]) -> Pixels:
    """(H, W, C) uint8, uint16 or float32, C-contiguous: the samples of an image, none of them scaled.

    PNG and TIFF of any depth, JPEG, WebP, and NPY of shape (H, W), (H, W, C) or (C, H, W), the shorter of the outer
    axes being the channels. Pages of a TIFF with one sample each are channels; a palette becomes its colours; alpha
    is dropped; no orientation tag is applied. Integers of other types become float32. Raises InputError for a file
    that is damaged or no image, NaN, Inf, and numbers that float32 cannot hold.
    """
    return read_with(path, lambda source: _plain(_samples(source)))


def peek_image(path: str | PathLike[str]) -> ImageHeader:
    """The header of an image, in the shape and type in which `read_pixels` gives it. Raises InputError."""
    return read_with(path, _header)


def peek_size(path: str | PathLike[str]) -> tuple[int, int, int]:
    """(H, W, C) of an image, from its header. Raises InputError."""
    header = peek_image(path)
    return header.height, header.width, header.channels


def _samples(source: Source) -> NDArray[np.generic]:
    """(H, W, C) samples as the file has them, without alpha."""
    if _lossy(source):
        return _without_alpha(read_lossy(source))
    found = _format(source)
    if found == "png":
        from inspector.readers.png import read_pixels as read_png

        samples, palette, _ = read_png(source, MAX_PIXELS)
        return _without_alpha(samples if palette is None else palette[samples])
    if found == "tiff":
        from inspector.readers.tiff import read_channels

        return read_channels(source, MAX_PIXELS)
    pixels = read_plain(source, 4 * MAX_PIXELS)
    _array_shape(pixels.shape)
    if pixels.ndim == 2:
        return pixels[:, :, None]
    return np.moveaxis(pixels, 0, -1) if _channels_first(pixels.shape) else pixels


def _header(source: Source) -> ImageHeader:
    lossy = _lossy(source)
    found = "jpeg" if lossy else _format(source)
    dtype: np.dtype[np.generic] = np.dtype(np.uint8)
    if lossy:
        height, width, channels = lossy
    elif found == "png":
        from inspector.readers.png_chunks import INDEXED, parse_ihdr

        ihdr = parse_ihdr(source.head)
        height, width = ihdr.height, ihdr.width
        channels = 3 if ihdr.colour == INDEXED or ihdr.channels > 2 else 1
        dtype = np.dtype(np.uint16 if ihdr.depth == 16 else np.uint8)
    elif found == "tiff":
        from inspector.readers.tiff import peek_channels

        height, width, channels, dtype = peek_channels(source)
    else:
        source.file.seek(0)
        array = parse_header(source.file)
        (height, width, channels), dtype = _array_shape(array.shape), array.dtype
    check_size(height, width, MAX_PIXELS)
    return ImageHeader(height, width, channels, plain_type(dtype).name)


def _lossy(source: Source) -> tuple[int, int, int] | None:
    """(H, W, C) of a JPEG or WebP, None for another file. CMYK would be read as something that it is not."""
    shape = lossy_shape(source)
    if shape and shape[2] not in (1, 3):
        raise InputError("colour_space", f"a JPEG of {shape[2]} channels, as for print", "save it as RGB")
    return shape


def _format(source: Source) -> str:
    try:
        found = sniff(source.head)
    except InputError as error:
        error.fix = FORMATS  # the reader of masks advises mask formats
        raise
    if found not in ("png", "tiff", "npy"):
        raise InputError("unknown_format", f"{found.upper()} is not an image format here", FORMATS)
    return found


def _array_shape(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """(H, W, C) of an NPY of this shape."""
    if len(shape) not in (2, 3) or 0 in shape:
        raise InputError("wrong_rank", f"an array of shape {shape} is no image", "save (H, W) or (H, W, C)")
    if len(shape) == 2:
        return shape[0], shape[1], 1
    return (shape[1], shape[2], shape[0]) if _channels_first(shape) else (shape[0], shape[1], shape[2])


def _channels_first(shape: tuple[int, ...]) -> bool:
    """Whether the first of three axes holds the channels: the last one has more than any picture, and more than it."""
    return len(shape) == 3 and shape[2] > 4 and shape[0] < shape[2]


def _without_alpha(pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """(H, W, 1) or (H, W, 3) of the samples of a format in which a second or a fourth one is alpha."""
    if pixels.ndim == 2:
        return pixels[:, :, None]
    return pixels[:, :, : 3 if pixels.shape[2] >= 3 else 1]


def plain_type(dtype: np.dtype[np.generic]) -> np.dtype[np.generic]:
    """uint8, uint16 or float32: what samples of `dtype` are read as."""
    if dtype.kind in "bu" and dtype.itemsize <= 2:
        return np.dtype(np.uint16 if dtype.itemsize == 2 else np.uint8)
    return np.dtype(np.float32)


def _plain(samples: NDArray[np.generic]) -> Pixels:
    """The samples in one of the three types, each value as it was."""
    target = plain_type(samples.dtype)
    if target == np.float32:
        _check_float(samples)
    return np.ascontiguousarray(samples, target)


def _check_float(samples: NDArray[np.generic]) -> None:
    """Refuse what is no number, or none that float32 holds; floats of 64 bits may be rounded, integers may not."""
    if samples.dtype.kind == "f" and not np.isfinite(samples).all():
        bad = ~np.isfinite(samples)
        y, x, channel = (int(place) for place in np.unravel_index(int(bad.argmax()), bad.shape))
        reason = f"{int(bad.sum())} values are NaN or infinite, the first in channel {channel} at x {x}, y {y}"
        raise InputError("not_finite", reason, "replace them, and mark their pixels as void in the mask")
    low, high = samples.min(), samples.max()
    limit = EXACT if samples.dtype.kind in "iu" else float(np.finfo(np.float32).max)
    if max(-float(low), float(high)) > limit:
        reason = f"values from {low} to {high}, more than a 32-bit float can hold{' exactly' if limit == EXACT else ''}"
        raise InputError("value_range", reason, "scale or shift the values")
