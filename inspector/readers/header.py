"""`Header`: what a mask file says of itself before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.errors import InputError

__all__ = ["Header", "check_orientation", "check_size"]


@dataclass(frozen=True)
class Header:
    """The first lines of a mask file.

    format   "png" | "tiff" | "npy" | "npz" | "nifti"
    kind     "grey" | "palette" | "colour" | "array"
    height, width  px of one page (of one slice of a volume)
    pages    2-D label maps in the file
    dtype    numpy name of the stored samples, such as "uint8"
    palette  RGB bytes of an indexed file, 3 for each entry, or None
    """

    format: str
    kind: str
    height: int
    width: int
    pages: int
    dtype: str
    palette: bytes | None = None


def check_size(height: int, width: int, max_pixels: int, pages: int = 1) -> None:
    """Refuse a picture of no pixels, or of more than `max_pixels` over all its pages, before memory is taken."""
    if height <= 0 or width <= 0 or pages <= 0:
        raise InputError("corrupt", f"the header says {width} x {height} px, a mask has at least one", _EXPORT_AGAIN)
    if height * width * pages > max_pixels:
        what = f"{width} x {height} px" + (f" on {pages} pages" if pages > 1 else "")
        raise InputError(
            "too_large",
            f"the header says {what}, more than the limit of {max_pixels} px",
            "tile the mask, or raise the limit on pixels if the file is to be trusted",
        )


def check_orientation(orientation: int) -> None:
    """Refuse a tag that asks viewers to turn the picture: the labels would no longer lie on their pair."""
    if orientation != 1:
        raise InputError(
            "orientation",
            f"the orientation tag is {orientation}, expected 1: half of all readers would turn or mirror this mask",
            "write the pixels as they should be seen and drop the tag",
        )


_EXPORT_AGAIN = "export the file again"
