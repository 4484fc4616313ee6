"""What a command adds to a run folder comes with the report, or not at all, whenever it is interrupted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from inspector.cli_redraw import copy_run, rewritten
from reports import write_report, write_report_folder
from tests.report_runs import write_run

PICTURE = "evidence/compare-new.png"
NAMES = (PICTURE, "summary.md", "junit.xml")


@pytest.fixture(params=[write_report, write_report_folder])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = write_run(tmp_path / "run", images=5)
    (folder / "summary.md").write_text("older")
    request.param(folder)
    return folder


def held(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(run: Path) -> None:
    with rewritten(run, NAMES, "inspection.json") as making:
        for name in NAMES:
            (making / name).unlink(missing_ok=True)
            (making / name).write_text("new")
        document = making / "inspection.json"
        document.write_text(document.read_text(encoding="utf-8").replace("class 0", "renamed"), encoding="utf-8")


def test_what_is_written_comes_with_the_report(run: Path) -> None:
    before = held(run)
    if (run / "report_files").is_dir():
        (run / "report_files" / "view-77.js").write_text("of an older report")
    write(run)
    after = held(run)
    assert set(after) - set(before) == {PICTURE, "junit.xml"} and not set(before) - set(after)
    assert all(after[name] == b"new" for name in NAMES)
    assert b"renamed" in after["report.html"] and b"renamed" in after["inspection.json"]
    others = set(before) - {*NAMES, "inspection.json", "report.html"} - {n for n in before if "report_files" in n}
    assert all(after[name] == before[name] for name in others)


@pytest.mark.parametrize("is_made", [False, True])
def test_an_interruption_at_any_step_leaves_all_as_it_was(
    run: Path, monkeypatch: pytest.MonkeyPatch, is_made: bool
) -> None:
    """The interruption comes just before a file is moved, or just after."""
    before, real = held(run), os.replace
    steps = len(NAMES) + 2 + 2 * (run / "report_files").is_dir()  # which is set aside first
    for at in range(steps):
        made: list[str] = []

        def replace(source: Path, target: Path, at: int = at, made: list[str] = made) -> None:
            parts = Path(target).relative_to(run).parts
            made += ["/".join(parts)] if not parts[0].startswith(".") or ".older" in parts else []
            is_last = len(made) == at + 1 and made[-1] == "/".join(parts)
            if is_made or not is_last:
                real(source, target)
            if is_last:
                raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(os, "replace", replace)
            with pytest.raises(KeyboardInterrupt):
                write(run)
        assert held(run) == before, made
    write(run)
    assert held(run) != before


def test_a_run_without_evidence_gets_the_folder_for_it(run: Path) -> None:
    shutil.rmtree(run / "evidence")
    with rewritten(run, (PICTURE,), "inspection.json") as making:
        (making / "evidence").mkdir()
        (making / PICTURE).write_text("new")
    assert [path.name for path in (run / "evidence").iterdir()] == ["compare-new.png"]


def test_a_block_that_fails_leaves_all_as_it_was(run: Path) -> None:
    before = held(run)

    def fail() -> None:
        with rewritten(run, NAMES, "inspection.json") as making:
            (making / "inspection.json").write_text("{}")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert held(run) == before


def test_what_is_no_part_of_a_run_is_not_copied_and_links_in_it_stay_links(run: Path, tmp_path: Path) -> None:
    (run / "notes.txt").write_text("mine")
    (run / ".report-left-over").mkdir()
    (tmp_path / "secret.png").write_bytes(b"secret")
    (run / "evidence" / "link.png").symlink_to(tmp_path / "secret.png")
    to = tmp_path / "copy"
    to.mkdir()
    copy_run(run, to)
    names = {"notes.txt", ".report-left-over", "report.html", "report_files"}
    assert {path.name for path in to.iterdir()} == {path.name for path in run.iterdir()} - names
    assert (to / "evidence" / "link.png").is_symlink()
