"""NPY and NPZ: plain whole numbers of a believable size, or an error; nothing is unpickled, cast or wrapped."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inspector.errors import InputError
from inspector.readers import peek, read_masks
from tests.readers_support import flipped, kind_of, labels, read_one, write

TRUTH = labels(9, 14, 4)
INTEGERS = ["?", "|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4", "<i4", ">i4", "<i8", ">i8", "<u8"]
FLOATS = ["<f2", "<f4", ">f4", "<f8", ">f8"]


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def header(text: str, data: bytes = b"") -> bytes:
    body = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(body)) + body + data


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_number_comes_back_as_it_is(tmp_path: Path, data: st.DataObject) -> None:
    dtype = np.dtype(data.draw(st.sampled_from(INTEGERS)))
    limit = {"elements": st.integers(0, (1 << 63) - 1)} if dtype == np.uint64 else {}
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=12))
    truth = data.draw(hnp.arrays(dtype, shape, **limit))
    if data.draw(st.booleans()):
        truth = np.asfortranarray(truth)
    for name, content in (("a.npy", npy(truth)), ("a.npz", npz(m=truth))):
        mask = read_one(write(tmp_path / name, content))
        assert np.array_equal(mask.values(), truth.astype(np.int64))
        assert mask.ids.flags.c_contiguous
        assert mask.ids.flags.writeable
        assert mask.ids.dtype in (np.uint8, np.uint16, np.int32)
        assert int(mask.ids.max()) < len(mask.segments)


@pytest.mark.parametrize("dtype", FLOATS)
def test_whole_floats_are_labels(tmp_path: Path, dtype: str) -> None:
    truth = np.where(TRUTH == 3, -1, TRUTH).astype(dtype)
    assert np.array_equal(read_one(write(tmp_path / "a.npy", npy(truth))).values(), truth)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "inf"), (1.5, "non_integral"), (1e300, "label_range")],
)
def test_other_floats_are_counted_and_placed(tmp_path: Path, value: float, kind: str) -> None:
    truth = TRUTH.astype(float)
    truth[2, 5] = truth[3, 1] = value
    with pytest.raises(InputError) as caught:
        read_masks(write(tmp_path / "a.npy", npy(truth)))
    assert caught.value.kind == kind
    assert f"2 pixels are not labels, the first is {value} at x 5, y 2" in caught.value.reason


@pytest.mark.parametrize("top", [0, 254, 255, 65534, 65535, 131069])
def test_a_range_of_labels_at_the_edge_of_a_type_does_not_wrap(tmp_path: Path, top: int) -> None:
    for low in (0, -1, -70000):
        truth = np.array([[low, low + 1], [top - 1, top]], np.int64)
        assert np.array_equal(read_one(write(tmp_path / "a.npy", npy(truth))).values(), truth)


def test_a_label_beyond_int64_does_not_wrap(tmp_path: Path) -> None:
    assert kind_of(write(tmp_path / "a.npy", npy(np.array([[1 << 63]], np.uint64)))) == "label_range"


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (TRUTH.astype(complex), "dtype"),
        (TRUTH.astype("U2"), "dtype"),
        (TRUTH.astype("S2"), "dtype"),
        (TRUTH.astype("M8[D]"), "dtype"),
        (np.zeros((3, 4), [("a", "u1")]), "dtype"),
        (np.array([[{}]], object), "pickle"),
        (np.zeros((3, 4), [("a", object)]), "pickle"),
    ],
)
def test_what_is_no_number_is_refused(tmp_path: Path, array: np.ndarray, kind: str) -> None:
    assert kind_of(write(tmp_path / "a.npy", npy(array))) == kind
    assert kind_of(write(tmp_path / "a.npz", npz(m=array))) == kind


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Canary:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "canary",))

    array = np.empty((1, 1), object)
    array[0, 0] = Canary()
    assert kind_of(write(tmp_path / "a.npy", npy(array))) == "pickle"
    assert kind_of(write(tmp_path / "a.npz", npz(m=array))) == "pickle"
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("shape", [(9, 14, 1), (1, 9, 14)])
def test_an_axis_of_one_is_dropped_with_a_note(tmp_path: Path, shape: tuple[int, ...]) -> None:
    for fortran in (False, True):
        array = TRUTH.reshape(shape)
        mask = read_one(write(tmp_path / "a.npy", npy(np.asfortranarray(array) if fortran else array)))
        assert np.array_equal(mask.ids, TRUTH)
        assert [kind for kind, _ in mask.notes] == ["squeezed"]


@pytest.mark.parametrize("shape", [(), (5,), (3, 4, 2), (3, 1, 4), (1, 1, 3, 4), (2, 3, 4, 5)])
def test_other_ranks_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    for dtype in (np.uint8, np.float32):
        path = write(tmp_path / "a.npy", npy(np.zeros(shape, dtype)))
        assert kind_of(path) == "wrong_rank"
        with pytest.raises(InputError, match="expected .H, W."):
            peek(path)


@pytest.mark.parametrize(("value", "kind"), [(np.inf, "inf"), (np.nan, "nan"), (0.5, "wrong_rank")])
def test_scores_that_are_no_numbers_are_said_before_their_rank(tmp_path: Path, value: float, kind: str) -> None:
    scores = np.zeros((3, 9, 14), np.float32)
    scores[2, 8, 13] = value
    assert kind_of(write(tmp_path / "a.npy", npy(scores))) == kind
    assert kind_of(write(tmp_path / "a.npz", npz(m=scores))) == kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4)}", bytes(12)), "ok"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4)}", bytes(11)), "truncated"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4)}", bytes(13)), "corrupt"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (300000, 300000)}", bytes(12)), "too_large"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (9000, 9000)}", bytes(12)), "truncated"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4)}"), "corrupt"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (-3, -4)}", bytes(12)), "corrupt"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 4), 'x': 1}", bytes(12)), "corrupt"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': [3, 4]}", bytes(12)), "corrupt"),
        (header("__import__('os').getcwd()", bytes(12)), "corrupt"),
        (header("{'descr': '|u1', 'fortran_order': False, 'shape': (((((((", bytes(12)), "corrupt"),
        (header("(" * 9000), "corrupt"),
        (header(" " * 20_000), "corrupt"),
        (b"\x93NUMPY\7\0" + bytes(100), "corrupt"),
        (b"\x93NUMPY", "corrupt"),
    ],
)
def test_a_header_is_believed_only_as_far_as_the_file_goes(tmp_path: Path, content: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / "a.npy", content)) == kind


def test_the_same_bad_header_gives_the_same_words(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npy", header("open('x')"))
    words = set()
    for _ in range(3):
        with pytest.raises(InputError) as caught:
            read_masks(path)
        words.add(str(caught.value))
    assert len(words) == 1
    assert "0x" not in words.pop()


def test_peek_refuses_a_negative_size(tmp_path: Path) -> None:
    content = header("{'descr': '|u1', 'fortran_order': False, 'shape': (-3, -4)}", bytes(12))
    with pytest.raises(InputError, match="shape .-3, -4."):
        peek(write(tmp_path / "a.npy", content))


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ([("m.npy", npy(TRUTH))], "ok"),
        ([], "ambiguous_array"),
        ([("m.npy", npy(TRUTH)), ("n.npy", npy(TRUTH))], "ambiguous_array"),
        ([("m.npy", npy(TRUTH)), ("m.npy", npy(TRUTH))], "ambiguous_array"),
        ([("../../m.npy", npy(TRUTH))], "path_escape"),
        ([("/m.npy", npy(TRUTH))], "path_escape"),
        ([("C:/m.npy", npy(TRUTH))], "path_escape"),
        ([("a\\..\\m.npy", npy(TRUTH))], "path_escape"),
        ([("m.npy", b"no array")], "corrupt"),
        ([("m.npy", npy(TRUTH)[:-1])], "truncated"),
        ([("m.npy", npy(TRUTH) + b"x")], "corrupt"),
        ([("m.npy", header("{'descr': '|u1', 'fortran_order': False, 'shape': (99999, 99999)}"))], "too_large"),
        ([("m.npy", npy(np.zeros((9000, 9000), np.uint8)))], "too_large"),
    ],
)
def test_a_zip_holds_one_array_and_keeps_to_itself(tmp_path: Path, members: list[tuple[str, bytes]], kind: str) -> None:
    assert kind_of(write(tmp_path / "a.npz", zipped(*members))) == kind
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npz"]


def test_a_member_that_inflates_beyond_its_word_is_not_followed(tmp_path: Path) -> None:
    content = zipped(("m.npy", npy(TRUTH) + bytes(1 << 24)))
    real, told = struct.pack("<I", len(npy(TRUTH)) + (1 << 24)), struct.pack("<I", len(npy(TRUTH)))
    assert content.count(real) == 2
    assert kind_of(write(tmp_path / "a.npz", content.replace(real, told))) == "crc"


def test_no_truncated_or_flipped_npz_passes(tmp_path: Path) -> None:
    content = npz(m=TRUTH)
    path = tmp_path / "a.npz"
    for length in range(len(content)):
        assert kind_of(write(path, content[:length])) != "ok"
    for copy in flipped(content, 500):
        if kind_of(write(path, copy)) == "ok":  # a bit that means nothing: a date, a version
            assert np.array_equal(read_one(path).ids, TRUTH)


def test_no_truncated_npy_passes_and_no_flip_ends_in_another_exception(tmp_path: Path) -> None:
    content = npy(TRUTH)
    path = tmp_path / "a.npy"
    assert "ok" not in {kind_of(write(path, content[:length])) for length in range(len(content))}
    for copy in flipped(content, 500):
        kind_of(write(path, copy))


def test_a_crc_is_compared_even_where_the_stream_goes_on_behind_the_array(tmp_path: Path) -> None:
    """Empty blocks behind the data: all of the array is there long before the end of the stream is."""
    array = npy(TRUTH)
    packer = zlib.compressobj(wbits=-15)
    body = packer.compress(array) + packer.flush(zlib.Z_SYNC_FLUSH) + b"\0\0\0\xff\xff" * 20_000 + packer.flush()
    for crc, kind in ((zlib.crc32(array), "ok"), (zlib.crc32(array) ^ 1, "crc")):
        fields = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, crc, len(body), len(array), 5, 0)
        local = b"PK\3\4" + fields + b"m.npy" + body
        central = b"PK\1\2\x14\0" + fields + bytes(14) + b"m.npy"
        end = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
        assert kind_of(write(tmp_path / "a.npz", local + central + end)) == kind


def test_peek_of_arrays(tmp_path: Path) -> None:
    for name, content in (("a.npy", npy(TRUTH.astype(">i4"))), ("a.npz", npz(m=TRUTH.astype(">i4")))):
        found = peek(write(tmp_path / name, content))
        assert (found.format, found.kind, found.height, found.width, found.pages) == (name[2:], "array", 9, 14, 1)
        assert np.dtype(found.dtype) == np.int32
