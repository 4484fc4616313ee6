"""Which format a file has, told by its first bytes and never by its name."""

from __future__ import annotations

import os
import re

from inspector.errors import InputError

__all__ = ["extension_format", "sniff"]

_PNG = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (
    (_PNG, "png"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "npz"),
    (b"PK\x05\x06", "npz"),
    (b"\x1f\x8b", "nifti"),
)
_LOSSY = ((b"\xff\xd8\xff", "JPEG"), (b"RIFF....WEBPVP8 ", "lossy WebP"), (b"....ftyp(?:avif|heic|mif1)", "HEIF"))
_OTHER = (
    (b"GIF8", "GIF"),
    (b"RIFF....WEBP", "WebP"),
    (b"BM", "BMP"),
    (b"....jP  |\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a|....JXL ", "JPEG XL"),
    (b"P[1-7]\\s", "PNM"),
    (b"\x89HDF", "HDF5"),
    (b"%PDF", "PDF"),
    (b"\x80[\x02-\x05]", "pickle"),
)
_EXTENSIONS = {
    ".png": "png",
    ".tif": "tiff",
    ".tiff": "tiff",
    ".npy": "npy",
    ".npz": "npz",
    ".nii": "nifti",
    ".gz": "nifti",
    ".jpg": "jpeg",
    ".jpeg": "jpeg",
    ".webp": "webp",
    ".bmp": "bmp",
    ".gif": "gif",
}
_SAVE_AS = "save label maps as PNG, TIFF, NPY, NPZ or NIfTI"


def extension_format(path: str) -> str | None:
    """The format that the extension of `path` promises, or None where it promises none."""
    return _EXTENSIONS.get(os.path.splitext(path)[1].lower())


def sniff(head: bytes) -> str:
    """The name of the mask format that starts with `head`; raises InputError for anything else."""
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            return name
    if head[344:348] == b"n+1\0" or head[4:8] == b"n+2\0":
        return "nifti"
    raise _not_a_mask(head)


def _not_a_mask(head: bytes) -> InputError:
    """Say what the file is instead, as well as its first bytes tell."""
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        return InputError(
            "lfs_pointer", "this is a Git LFS pointer, the mask itself was not fetched", "run git lfs pull"
        )
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html)", head[:1024], re.IGNORECASE):
        return InputError("html_page", "this is an HTML page, often a login page saved as a file", "download it again")
    if head.startswith(b"\x89PNG"):
        return InputError(
            "corrupt", "the PNG signature is damaged, as by a text-mode copy", "copy the file in binary mode"
        )
    if any(signature.startswith(head) for signature, _ in _SIGNATURES):
        return InputError("truncated", f"the file ends after {len(head)} bytes", "copy or export it again")
    for signature, name in _LOSSY:
        if re.match(signature, head, re.DOTALL):
            return InputError("lossy_format", f"this is {name}: lossy compression has destroyed the labels", _SAVE_AS)
    for signature, name in _OTHER:
        if re.match(signature, head, re.DOTALL):
            return InputError("unknown_format", f"this is {name}, which is not a mask format here", _SAVE_AS)
    return InputError("unknown_format", f"no known signature, the file starts with {head[:8]!r}", _SAVE_AS)
