"""Opening: regular files only, told by content; every other thing is named, and nothing waits or runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from inspector.errors import EnvironmentFault, InputError
from inspector.readers import FORMATS, peek, read_image, read_masks
from inspector.readers.sniff import sniff
from inspector.readers.source import open_source
from tests.readers_support import kind_of, labels, png, write

GOOD = png(labels(9, 14, 4))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty_file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "lfs_pointer"),
        (b"<!DOCTYPE html><html><body>log in</body></html>", "html_page"),
        (b"\xef\xbb\xbf\n  <HTML lang=en>", "html_page"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(50), "lossy_format"),
        (b"RIFF\x20\0\0\0WEBPVP8 " + bytes(50), "lossy_format"),
        (b"RIFF\x20\0\0\0WEBPVP8L" + bytes(50), "unknown_format"),
        (b"GIF89a" + bytes(50), "unknown_format"),
        (b"BM" + bytes(60), "unknown_format"),
        (b"\0\0\0\x1cftypavif" + bytes(60), "lossy_format"),
        (b"\x80\x04\x95" + bytes(60), "unknown_format"),
        (b"what is this", "unknown_format"),
        (b"\x89P", "truncated"),
        (b"\x89PNG\n\x1a\n\0\0\0", "corrupt"),
        (b"\x1f\x8b" + bytes(60), "corrupt"),
    ],
)
def test_what_is_no_mask_is_named(tmp_path: Path, content: bytes, kind: str) -> None:
    assert kind_of(write(tmp_path / "a", content)) == kind
    with pytest.raises(InputError) as caught:
        peek(tmp_path / "a")
    assert caught.value.kind == kind


@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.NPZ", "a.nii.gz", "a.jpg", "a.bmp"])
def test_a_mask_under_a_lying_extension_is_refused(tmp_path: Path, name: str) -> None:
    assert kind_of(write(tmp_path / name, GOOD)) == "extension_lies"


@pytest.mark.parametrize("name", ["a.png", "a.PNG", "a", "a.mask", "a.png.label", "a\n<b>.png"])
def test_an_extension_that_promises_nothing_else_is_fine(tmp_path: Path, name: str) -> None:
    assert kind_of(write(tmp_path / name, GOOD)) == "ok"


def test_a_name_that_is_no_text_is_read_and_kept(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/a\xff.png"
    Path(os.fsdecode(name)).write_bytes(GOOD)
    assert len(read_masks(os.fsdecode(name))) == 1
    Path(os.fsdecode(name)).write_bytes(b"")
    with pytest.raises(InputError) as caught:
        read_masks(os.fsdecode(name))
    assert os.fsencode(caught.value.path) == name


def test_a_folder_named_like_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    assert kind_of(tmp_path / "a.png") == "not_a_file"


def test_links_lead_to_files_or_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.png", GOOD)
    (tmp_path / "good.png").symlink_to("a.png")
    (tmp_path / "dangling.png").symlink_to("nowhere.png")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert kind_of(tmp_path / "good.png") == "ok"
    assert kind_of(tmp_path / "dangling.png") == "dangling_link"
    assert kind_of(tmp_path / "loop.png") == "unreadable"
    assert kind_of(tmp_path / "missing.png") == "missing_file"


def test_a_pipe_a_socket_and_a_device_never_make_us_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(tmp_path)  # a socket's path may have 107 bytes
        server.bind("socket.png")
        os.chdir(here)
        (tmp_path / "device.png").symlink_to("/dev/zero")
        kinds: list[str] = []
        names = ("pipe.png", "socket.png", "device.png")
        reader = threading.Thread(target=lambda: kinds.extend(kind_of(tmp_path / n) for n in names), daemon=True)
        reader.start()
        reader.join(timeout=20)
    assert kinds == ["special_file"] * 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = write(tmp_path / "a.png", GOOD)
    path.chmod(0)
    assert kind_of(path) == "unreadable"


def test_an_error_of_the_disk_is_not_called_a_bad_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", GOOD)

    def fail(name: str, flags: int) -> int:
        raise OSError(5, "Input/output error", name)

    monkeypatch.setattr("inspector.readers.source.os.open", fail)
    assert kind_of(path) == "unreadable"


def test_no_free_descriptor_is_the_machines_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", GOOD)

    def fail(name: str, flags: int) -> int:
        raise OSError(24, "Too many open files", name)

    monkeypatch.setattr("inspector.readers.source.os.open", fail)
    with pytest.raises(EnvironmentFault, match="Too many open files"):
        read_masks(path)


def test_no_memory_is_the_machines_fault_and_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", GOOD)

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("inspector.readers.png.deflate_decode", fail, raising=True)
    monkeypatch.setattr("inspector.readers.png.np.empty", fail)
    with pytest.raises(EnvironmentFault, match="a.png"):
        read_masks(path)


def test_whatever_a_decoder_raises_becomes_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.png", GOOD)

    def fail(*_: object) -> None:
        raise ZeroDivisionError(f"inside {object()}")

    monkeypatch.setattr("inspector.readers.png.walk", fail)
    with pytest.raises(InputError, match=r"ZeroDivisionError: inside <object object>") as caught:
        read_masks(path)
    assert caught.value.kind == "corrupt"
    assert caught.value.path == str(path)


def test_a_broken_installation_is_not_taken_for_a_broken_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.png", GOOD)
    assert kind_of(path) == "ok"
    for module in ("inspector.readers.png_kernels", "inspector.readers.png"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            with pytest.raises(EnvironmentFault, match=module):
                read_masks(path)


def test_files_are_closed_after_reading_and_after_errors(tmp_path: Path) -> None:
    good, bad = write(tmp_path / "a.png", GOOD), write(tmp_path / "b.png", GOOD[:-5])
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        kind_of(good)
        kind_of(bad)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_short_file_is_read_once(tmp_path: Path) -> None:
    with open_source(write(tmp_path / "a.png", GOOD)) as source:
        assert source.read_all() is source.head
        assert source.size == len(GOOD)


def test_every_format_has_a_reader_and_a_signature(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", labels(3, 4, 2))
    np.save(tmp_path / "a.npy", labels(3, 4, 2))
    heads = {"png": GOOD, "npy": (tmp_path / "a.npy").read_bytes(), "npz": (tmp_path / "a.npz").read_bytes()}
    assert {name: sniff(head) for name, head in heads.items()} == {name: name for name in heads}
    assert {sniff(head) for head in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")} == {"tiff"}
    assert sniff(bytes(344) + b"n+1\0") == sniff(b"\1\2\3\4n+2\0") == "nifti"
    assert set(FORMATS) == {"png", "tiff", "npy", "npz", "nifti"}


def test_importing_the_readers_loads_no_decoder() -> None:
    heavy = "imagecodecs numba tifffile nibabel llvmlite zipfile"
    script = (
        f"import sys, inspector.readers as r; assert not set(sys.modules) & set('{heavy}'.split()), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[1])


def test_pictures_go_through_the_same_door(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").mkdir()
    with pytest.raises(InputError) as caught:
        read_image(tmp_path / "a.jpg")
    assert caught.value.kind == "not_a_file"
