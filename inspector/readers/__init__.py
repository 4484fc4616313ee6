"""From a file to `Mask`s: one module a format, chosen by the content of the file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, TypeVar

from inspector.errors import EnvironmentFault, InputError, InspectorError
from inspector.readers.header import Header
from inspector.readers.loading import load
from inspector.readers.sniff import extension_format, sniff
from inspector.readers.source import Source, open_source

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from inspector.categories import Categories
    from inspector.masks import Mask

__all__ = ["FORMATS", "Header", "peek", "read_image", "read_masks", "read_with"]

_T = TypeVar("_T")

FORMATS = {  # format -> the module with read_header(source) and read(source, categories, max_pixels), imported on use
    "png": "inspector.readers.png",
    "tiff": "inspector.readers.tiff",
    "npy": "inspector.readers.npy",
    "npz": "inspector.readers.npz",
    "nifti": "inspector.readers.nifti",
}


def peek(path: str | os.PathLike[str]) -> Header:
    """What the header of a mask file says; no pixel is decoded. Raises InputError."""
    return read_with(path, lambda source: _module(source).read_header(source))


def read_masks(
    path: str | os.PathLike[str], *, categories: Categories | None = None, max_pixels: int = 1 << 28
) -> list[Mask]:
    """The label maps of one file: one for each 2-D page or slice, the stored integers as they are.

    `categories` gives colour-coded files their values. Raises InputError with a kind, a reason and a fix, and before
    memory is taken where the header promises more than `max_pixels` pixels.
    """
    return read_with(path, lambda source: _module(source).read(source, categories, max_pixels))


def read_image(path: str | os.PathLike[str], max_side: int | None = None) -> NDArray[np.uint8]:
    """(H, W, 3) uint8: the picture behind a mask, made smaller by a whole factor until no side exceeds `max_side`."""
    from inspector.readers.pictures import read_picture

    return read_with(path, lambda source: read_picture(source, max_side))


def _module(source: Source) -> Any:
    """The reader of the format that the content has; the extension may not say otherwise."""
    found = sniff(source.head)
    promised = extension_format(source.path)
    if promised is not None and promised != found:
        raise InputError(
            "extension_lies",
            f"the name ends in {os.path.splitext(source.path)[1]}, the content is {found.upper()}",
            "rename the file to what it is",
        )
    return load(FORMATS[found])


def read_with(path: str | os.PathLike[str], work: Callable[[Source], _T]) -> _T:
    """What `work` makes of the open file; whatever goes wrong becomes an error that names the file."""
    try:
        with open_source(path) as source:
            return work(source)
    except InputError as error:
        error.path = error.path or os.fsdecode(path)
        raise
    except InspectorError:
        raise
    except MemoryError as error:
        raise EnvironmentFault(f"not enough memory to read {os.fsdecode(path)}") from error
    except Exception as error:  # a decoder met what its authors did not foresee
        what = re.sub(r" at 0x[0-9a-f]+", "", str(error))[:200]  # an address: the same file gives the same words
        reason = f"the file cannot be decoded: {type(error).__name__}: {what}"
        raise InputError("corrupt", reason, "copy or export it again", path=os.fsdecode(path)) from error
