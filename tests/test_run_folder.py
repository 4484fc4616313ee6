"""A run folder appears whole or not at all, and takes the place of nothing but an older run."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from inspector.errors import EnvironmentFault, UsageError
from inspector.run_folder import DOCUMENT, PREFIX, check_place, new_run_folder


def write_run(place: Path, text: str = "old") -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / DOCUMENT).write_text(text, encoding="utf-8")


def make(place: Path, text: str = "new") -> None:
    with new_run_folder(place) as folder:
        (folder / DOCUMENT).write_text(text, encoding="utf-8")


def held(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*")) if p.is_file()}


def test_a_run_folder_is_made_with_its_parents_and_can_be_read_by_others(tmp_path: Path) -> None:
    make(tmp_path / "a/b/run")
    assert held(tmp_path) == {f"a/b/run/{DOCUMENT}": "new"}
    assert (tmp_path / "a/b/run").stat().st_mode & 0o777 == 0o755


def test_until_the_block_ends_nothing_is_seen(tmp_path: Path) -> None:
    with new_run_folder(tmp_path / "run") as folder:
        (folder / DOCUMENT).write_text("new", encoding="utf-8")
        assert not (tmp_path / "run").exists()
    assert held(tmp_path) == {f"run/{DOCUMENT}": "new"}


def test_an_older_run_is_replaced_whole(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    (tmp_path / "run/evidence").mkdir()
    (tmp_path / "run/evidence/old.png").write_text("old", encoding="utf-8")
    make(tmp_path / "run")
    assert held(tmp_path) == {f"run/{DOCUMENT}": "new"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_fails_leaves_the_older_run_alone(tmp_path: Path, error: type[BaseException]) -> None:
    write_run(tmp_path / "run")

    def fail(folder: Path) -> None:
        (folder / DOCUMENT).write_text("half", encoding="utf-8")
        raise error

    with pytest.raises(error), new_run_folder(tmp_path / "run") as folder:
        fail(folder)
    assert held(tmp_path) == {f"run/{DOCUMENT}": "old"}


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, OSError(errno.EIO, "I/O error")])
@pytest.mark.parametrize("step", [0, 1])
def test_an_interruption_between_the_two_renames_puts_the_older_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: BaseException | type[BaseException], step: int
) -> None:
    write_run(tmp_path / "run")
    replace, calls = os.replace, []

    def interrupted(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == step + 1:
            raise interruption
        replace(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises((KeyboardInterrupt, SystemExit, EnvironmentFault)):
        make(tmp_path / "run")
    assert held(tmp_path) == {f"run/{DOCUMENT}": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_an_interruption_that_comes_with_the_folder_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.mkdir

    def mkdir(path: os.PathLike[str] | str, *more: int) -> None:
        real(path, *more)
        if PREFIX in os.fspath(path):
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "mkdir", mkdir)
    with pytest.raises(KeyboardInterrupt), new_run_folder(tmp_path / "run"):
        pass
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_fault_of_the_machine_that_names_the_place(tmp_path: Path) -> None:
    write_run(tmp_path / "run")
    with (
        pytest.raises(EnvironmentFault, match=r"run: could not be written \(No space left"),
        new_run_folder(tmp_path / "run"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert held(tmp_path) == {f"run/{DOCUMENT}": "old"}


def test_a_fault_of_another_file_names_that_file(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match=r"nowhere\.csv: No such file"), new_run_folder(tmp_path / "run"):
        (tmp_path / "nowhere.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("other", ["notes.txt", "pred", "evidence.zip"])
def test_a_place_that_holds_anything_else_is_refused_even_beside_a_run(tmp_path: Path, other: str) -> None:
    write_run(tmp_path / "run")
    (tmp_path / "run" / other).mkdir()
    with pytest.raises(UsageError, match=other):
        make(tmp_path / "run")
    (tmp_path / "run" / DOCUMENT).unlink()
    with pytest.raises(UsageError, match=other):
        make(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == [other]


def test_something_that_comes_while_the_run_goes_on_is_not_replaced(tmp_path: Path) -> None:
    def arrive() -> None:
        (tmp_path / "run").mkdir()
        (tmp_path / "run/thesis.txt").write_text("kept", encoding="utf-8")

    with pytest.raises(UsageError, match="thesis"), new_run_folder(tmp_path / "run"):
        arrive()
    assert held(tmp_path) == {"run/thesis.txt": "kept"}


@pytest.mark.parametrize("leftover", [f"{PREFIX}killed", ".report-killed", "lost+found"])
def test_what_a_killed_run_or_a_file_system_left_is_no_hindrance(tmp_path: Path, leftover: str) -> None:
    (tmp_path / "run" / leftover).mkdir(parents=True)
    check_place(tmp_path / "run")


def test_nothing_an_empty_folder_and_an_older_run_are_places(tmp_path: Path) -> None:
    check_place(tmp_path / "nothing/there")
    (tmp_path / "empty").mkdir()
    check_place(tmp_path / "empty")
    write_run(tmp_path / "run")
    check_place(tmp_path / "run")
    make(tmp_path / "empty")
    assert held(tmp_path / "empty") == {DOCUMENT: "new"}


def test_a_file_is_no_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    with pytest.raises(UsageError, match="found a file"):
        check_place(tmp_path / "file")


def test_a_folder_that_is_marked_read_only_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "run")
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)  # for root nothing is read-only
    with pytest.raises(EnvironmentFault, match="run: this folder is read-only"):
        check_place(tmp_path / "run")


def test_a_link_stays_a_link_to_the_new_run(tmp_path: Path) -> None:
    write_run(tmp_path / "disk/run")
    (tmp_path / "link").symlink_to(tmp_path / "disk/run")
    (tmp_path / "dangling").symlink_to(tmp_path / "disk/other")
    make(tmp_path / "link")
    make(tmp_path / "dangling")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "dangling").is_symlink()
    assert held(tmp_path / "disk") == {f"other/{DOCUMENT}": "new", f"run/{DOCUMENT}": "new"}


def test_the_folder_we_are_in_stays_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_run(tmp_path / "run")
    (tmp_path / "run/report.html").write_text("old", encoding="utf-8")
    before = (tmp_path / "run").stat().st_ino
    monkeypatch.chdir(tmp_path / "run")
    make(Path("."))
    assert held(tmp_path) == {f"run/{DOCUMENT}": "new"}
    assert (tmp_path / "run").stat().st_ino == before


def test_two_processes_at_once_leave_one_whole_run(tmp_path: Path) -> None:
    with new_run_folder(tmp_path / "run") as one:
        (one / DOCUMENT).write_text("one", encoding="utf-8")
        make(tmp_path / "run", "two")
    assert held(tmp_path) == {f"run/{DOCUMENT}": "one"}


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
def test_a_mount_point_is_filled_in_place(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        make(place, "first")
        make(place, "second")
        assert held(place) == {DOCUMENT: "second"}
        with pytest.raises(EnvironmentFault, match="No space left"):
            make(place, "x" * 200_000)
        assert held(place) == {DOCUMENT: "second"}
    finally:
        subprocess.run(["umount", place], check=True)
