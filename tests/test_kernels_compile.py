"""Machine code kept on disk is used for the source it was made from, and for no other."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import inspector
from inspector.kernels.compile import stamp_of
from inspector.kernels.pair import count_runs

PACKAGE = Path(inspector.__file__).parent


def test_a_change_in_any_module_of_the_package_changes_the_stamp(tmp_path: Path) -> None:
    for path in (PACKAGE / "kernels").glob("*.py"):
        shutil.copy(path, tmp_path)
    before = stamp_of(tmp_path / "pair.py", tmp_path)
    assert stamp_of(tmp_path / "pair.py", tmp_path) == before
    for path in tmp_path.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text + "\n", encoding="utf-8")
        assert stamp_of(tmp_path / "pair.py", tmp_path) != before, path.name
        path.write_text(text, encoding="utf-8")


def test_the_stamp_is_what_the_cache_of_an_entry_goes_by() -> None:
    """numba alone would look at the time stamp of one file, and use old parts of others."""
    assert count_runs._cache._cache_file._source_stamp == stamp_of(PACKAGE / "kernels/pair.py")


def test_counting_leaves_the_interpreter_to_other_threads() -> None:
    assert count_runs.targetoptions["nogil"]


def test_a_change_in_a_part_is_seen_by_the_next_process(tmp_path: Path) -> None:
    """The package in a folder of its own; a number is changed in a module that no entry lies in."""
    shutil.copytree(PACKAGE / "kernels", tmp_path / "copied/kernels", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (tmp_path / "copied/kernels").glob("*.py"):
        path.write_text(
            path.read_text(encoding="utf-8").replace("inspector.kernels", "copied.kernels"), encoding="utf-8"
        )
    entry = (
        "from copied.kernels.compile import entry\nfrom copied.kernels.answer import answer\n"
        "@entry\ndef ask(): return answer()\n"
    )
    part = "from copied.kernels.compile import part\n@part\ndef answer(): return {}\n"
    (tmp_path / "copied/kernels/question.py").write_text(entry, encoding="utf-8")
    for number in (41, 42):  # of one length, and perhaps written within one tick of the clock
        (tmp_path / "copied/kernels/answer.py").write_text(part.format(number), encoding="utf-8")
        script = "import sys; sys.dont_write_bytecode = True; from copied.kernels.question import ask; print(ask())"
        run = subprocess.run(
            [sys.executable, "-B", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == str(number)
