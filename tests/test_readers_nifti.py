"""NIfTI: a mask for each slice, scaled as the header says, with its place in space; bombs and cuts are errors."""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import InputError
from inspector.readers import peek, read_masks
from tests.readers_support import flipped, kind_of, labels, write

nib = pytest.importorskip("nibabel")
VOLUME = np.stack([labels(9, 14, 4, seed) for seed in range(3)], axis=-1)  # (X 9, Y 14, Z 3)
AFFINE = np.array([[-2.0, 0, 0, 90], [0, 3.0, 0, -126], [0, 0, 4.0, -72], [0, 0, 0, 1]])


def nifti(volume: np.ndarray, kind: type | None = None, slope: float | None = None, inter: float = 0.0) -> bytes:
    image = (kind or nib.Nifti1Image)(volume, AFFINE)
    image.header.set_data_dtype(volume.dtype)
    image.header.set_xyzt_units("mm")
    content = bytearray(image.to_bytes())
    if slope is not None:
        struct.pack_into("<ff", content, 112, slope, inter)
    return bytes(content)


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<u2", "<i4", ">i4", "<f4", "<f8", "<i8"])
@pytest.mark.parametrize("packed", [False, True])
def test_each_slice_is_a_mask(tmp_path: Path, dtype: str, packed: bool) -> None:
    order = ">" if dtype.startswith(">") else "<"
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(dtype)
    content = nib.Nifti1Image(VOLUME.astype(dtype), AFFINE, header).to_bytes()
    path = write(tmp_path / ("a.nii.gz" if packed else "a.nii"), gzip.compress(content) if packed else content)
    masks = read_masks(path)
    assert len(masks) == 3
    for z, mask in enumerate(masks):
        assert np.array_equal(mask.values(), VOLUME[:, :, z].T)
        assert mask.ids.flags.c_contiguous
        assert mask.ids.flags.writeable
        assert mask.spacing == (3.0, 2.0)
    header = peek(path)
    assert (header.format, header.height, header.width, header.pages) == ("nifti", 14, 9, 3)


def test_nifti_2_and_trailing_axes_of_one(tmp_path: Path) -> None:
    for volume, count in ((VOLUME, 3), (VOLUME[:, :, :, None], 3), (VOLUME[:, :, 0], 1)):
        masks = read_masks(write(tmp_path / "a.nii", nifti(volume, nib.Nifti2Image)))
        assert len(masks) == count
        assert np.array_equal(masks[0].ids, VOLUME[:, :, 0].T)
    assert kind_of(write(tmp_path / "a.nii", nifti(np.stack([VOLUME] * 2, axis=-1)))) == "wrong_rank"


def test_the_scale_of_the_header_is_applied_and_rounded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", nifti(VOLUME * 10, slope=0.1))
    assert np.array_equal(read_masks(path)[1].values(), VOLUME[:, :, 1].T)
    path = write(tmp_path / "a.nii", nifti(VOLUME, slope=2, inter=-1))
    assert np.array_equal(read_masks(path)[1].values(), 2 * VOLUME[:, :, 1].T.astype(int) - 1)
    assert kind_of(write(tmp_path / "a.nii", nifti(VOLUME, slope=0.5))) == "non_integral"
    assert kind_of(write(tmp_path / "a.nii", nifti(VOLUME, slope=0.998))) == "non_integral"


@pytest.mark.parametrize(("value", "kind"), [(np.nan, "nan"), (np.inf, "inf"), (0.9999, "non_integral")])
def test_floats_must_be_whole(tmp_path: Path, value: float, kind: str) -> None:
    volume = VOLUME.astype(np.float32)
    volume[1, 2, 1] = value
    assert kind_of(write(tmp_path / "a.nii", nifti(volume))) == kind
    if kind != "non_integral":
        assert kind_of(write(tmp_path / "a.nii", nifti(volume, slope=2.0))) == kind


def test_complex_and_colour_volumes_are_refused(tmp_path: Path) -> None:
    rgb = np.zeros((2, 3, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    for volume in (VOLUME.astype(np.complex64), rgb):
        assert kind_of(write(tmp_path / "a.nii", nifti(volume))) == "dtype"


def test_the_frame_tells_flipped_and_shifted_volumes_apart(tmp_path: Path) -> None:
    frames = []
    for affine in (AFFINE, AFFINE + 1e-6, np.diag([-1, 1, 1, 1]) @ AFFINE, AFFINE + np.eye(4)[:, [3]] * 0.01):
        image = nib.Nifti1Image(VOLUME, affine)
        frames.append(read_masks(write(tmp_path / "a.nii", image.to_bytes()))[0].frame)
    assert frames[0] == frames[1]
    assert frames[0] != frames[2]
    assert hash(frames[0]) == hash(frames[1])


def test_units_become_millimetres(tmp_path: Path) -> None:
    image = nib.Nifti1Image(VOLUME, AFFINE)
    for unit, factor in (("mm", 1), ("micron", 1e-3), ("meter", 1e3), ("unknown", 1)):
        image.header.set_xyzt_units(unit)
        spacing = read_masks(write(tmp_path / "a.nii", image.to_bytes()))[0].spacing
        assert spacing == pytest.approx((3.0 * factor, 2.0 * factor))


def test_bombs_are_refused_from_the_header(tmp_path: Path) -> None:
    header = nib.Nifti1Header()
    header.set_data_dtype("u1")
    header.set_data_shape((30000, 30000, 30000))
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    content = header.binaryblock + bytes(4)
    assert kind_of(write(tmp_path / "a.nii", content)) == "too_large"
    assert kind_of(write(tmp_path / "a.nii.gz", gzip.compress(content + bytes(1 << 20)))) == "too_large"
    small = nifti(VOLUME)
    assert kind_of(write(tmp_path / "a.nii.gz", gzip.compress(small + bytes(1 << 26)))) == "corrupt"


@pytest.mark.parametrize("offset", [0.0, 100.0, 347.0, 1e9, float("nan"), -352.0])
def test_data_that_lie_inside_the_header_or_far_away_are_refused(tmp_path: Path, offset: float) -> None:
    content = bytearray(nifti(VOLUME))
    struct.pack_into("<f", content, 108, offset)
    assert kind_of(write(tmp_path / "a.nii", bytes(content))) == "corrupt"


def test_a_header_extension_is_passed_over(tmp_path: Path) -> None:
    image = nib.Nifti1Image(VOLUME, AFFINE)
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"<script>" * 400_000))
    content = image.to_bytes()
    for name, data in (("a.nii", content), ("a.nii.gz", gzip.compress(content))):
        assert np.array_equal(read_masks(write(tmp_path / name, data))[2].ids, VOLUME[:, :, 2].T)


def test_no_truncation_passes(tmp_path: Path) -> None:
    content = nifti(VOLUME)
    path = tmp_path / "a.nii"
    assert "ok" not in {kind_of(write(path, content[:length])) for length in range(len(content))}
    packed = gzip.compress(content)
    path = tmp_path / "a.nii.gz"
    kinds = {kind_of(write(path, packed[:length])) for length in range(len(packed))}
    assert kinds <= {"truncated", "empty_file"}


def test_no_flipped_bit_passes_in_gzip(tmp_path: Path) -> None:
    packed = gzip.compress(nifti(VOLUME), mtime=0)
    path = tmp_path / "a.nii.gz"
    for copy in flipped(packed, 300):
        if kind_of(write(path, copy)) == "ok":  # a bit of the time or the system in the gzip header
            assert np.array_equal(read_masks(path)[2].ids, VOLUME[:, :, 2].T)


def test_no_flipped_bit_ends_in_another_exception(tmp_path: Path) -> None:
    content = nifti(VOLUME)
    for copy in flipped(content[:352], 500):
        kind_of(write(tmp_path / "a.nii", copy + content[352:]))


def test_other_gzip_files_are_no_masks(tmp_path: Path) -> None:
    assert kind_of(write(tmp_path / "a.gz", gzip.compress(b"text"))) == "truncated"
    assert kind_of(write(tmp_path / "a.gz", gzip.compress(b"text" * 200))) == "unknown_format"


def test_without_nibabel_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.nii", nifti(VOLUME))
    monkeypatch.setitem(sys.modules, "nibabel.nifti1", None)
    with pytest.raises(InputError) as caught:
        read_masks(path)
    assert caught.value.kind == "needs_extra"
    assert "mask-inspector[medical]" in caught.value.fix
