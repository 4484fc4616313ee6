"""A file is the older one or the new one, never half of either; a failure leaves nothing beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from inspector.run_folder import LEFT_OVER
from inspector.whole_files import write_whole


@pytest.mark.parametrize("durable", [False, True])
def test_the_new_file_takes_the_place_of_the_older_one(tmp_path: Path, durable: bool) -> None:
    for data in (b"older", b"newer\r\n"):
        write_whole(tmp_path / "file", data, durable=durable)
        assert (tmp_path / "file").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (
        tmp_path / "file"
    ).stat().st_mode & 0o777 == 0o644


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"older")
    seen: list[str] = []

    def refuse(source: str, target: Path) -> None:
        seen.append(Path(source).name)
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="full"):
        write_whole(tmp_path / "file", b"newer")
    assert [path.name for path in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_bytes() == b"older"
    assert seen[0].startswith(LEFT_OVER)  # a process that was killed here does not block the next run
