"""What a command adds to a run folder, with the report drawn again: all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from inspector.run_folder import OWN, PREFIX

__all__ = ["copy_run", "rewritten"]

REPORT, REPORT_FILES = "report.html", "report_files"
LINKED = (".parquet", ".png", ".jpg")  # large, and only read while a report is drawn


@contextlib.contextmanager
def rewritten(folder: Path, names: Sequence[str], last: str) -> Iterator[Path]:
    """A copy of a run folder to write into. When the block ends well its report is drawn, in the form that the report
    of the run folder has, and goes there with what was written: all of it, or the run folder is as it was.

    names   what was written: files of the run folder, those that are not there among them
    last    the file that says that the others are there: it goes there after them and after the report
    Raises ReportError where the folder holds no readable run, OSError where it cannot be written.
    """
    from reports import redraw_report

    making = Path(tempfile.mkdtemp(prefix=PREFIX, dir=folder))
    try:
        copy_run(folder, making, _link)
        yield making
        redraw_report(making, like=folder)
        _move(making, folder, (*names, REPORT_FILES, REPORT, last))
    finally:
        shutil.rmtree(making, ignore_errors=True)


def copy_run(run: Path, to: Path, copy: Callable[[str, str], object] = shutil.copyfile) -> None:
    """Copy all that a run folder holds into an empty folder, but for its report. Links in its folders stay links, which
    no report follows."""
    for name in OWN - {REPORT, REPORT_FILES}:
        path = run / name
        if path.is_dir():
            shutil.copytree(path, to / name, symlinks=True, copy_function=copy)
        elif path.is_file():
            copy(str(path), str(to / name))


def _link(source: str, target: str) -> None:
    if source.endswith(LINKED):
        with contextlib.suppress(OSError):  # a file system without links
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _move(making: Path, folder: Path, names: Sequence[str]) -> None:
    """The new files to their places; the older ones come back if anything, an interruption too, comes between."""
    aside = making / ".older"
    aside.mkdir()
    with contextlib.ExitStack() as undo:
        for number, name in enumerate(names):
            new, place, older = making / name, folder / name, aside / str(number)
            if not new.exists():  # the files of a report that is one file
                continue
            if os.path.lexists(place) and not place.is_dir():
                shutil.copy2(place, older, follow_symlinks=False)  # it stands until the new one takes its place
            undo.callback(_move_back, new, place, older)
            if place.is_dir():  # a folder cannot be replaced in one step
                os.replace(place, older)
            place.parent.mkdir(exist_ok=True)
            os.replace(new, place)
        undo.pop_all()


def _move_back(new: Path, place: Path, older: Path) -> None:
    """Undo one move, wherever it was interrupted."""
    if not new.exists() and not older.is_file():  # in its place there was nothing, or a folder
        os.replace(place, new)
    if os.path.lexists(older):
        os.replace(older, place)
