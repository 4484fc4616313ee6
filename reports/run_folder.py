"""The report of a run folder: written whole or not at all, as one file or with its data in files beside it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TextIO

from reports.page_data import to_json
from reports.render import Interactive, printed, render_interactive
from reports.run import read_run
from reports.shards import inert
from reports.shell import FOLDER, asset, size_in
from reports.size import DEFAULT, UNLIMITED, Size

__all__ = ["REPORT", "redraw_report", "render_printed", "render_run", "write_report", "write_report_folder"]

REPORT = "report.html"
_HEAD = 4096  # characters of a page; what it says of itself stands before its title and its style sheets


def write_report(run_folder: Path, size: Size = DEFAULT) -> Path:
    """Draw `report.html` of a run folder as one file of at most `size`; what an older report had beside it goes.

    Returns its path. Raises ReportError where the folder holds no readable run, OSError where it cannot be written;
    an older report then stands as it was.
    """
    page = render_interactive(read_run(run_folder), size)
    with _beside(run_folder / REPORT, lambda file: file.writelines(_parts(page))) as written:
        os.replace(written, run_folder / REPORT)
    _remove(run_folder / FOLDER)
    return run_folder / REPORT


def write_report_folder(run_folder: Path) -> Path:
    """Draw `report.html` and, beside it, `report_files/` with its data, script and style sheets: nothing is left out.

    Returns the path of the page. Raises as `write_report` does; an older report then stands as it was.
    """
    page = render_interactive(read_run(run_folder), UNLIMITED, is_folder=True)
    making = Path(tempfile.mkdtemp(prefix=".report-", dir=run_folder))
    try:
        making.chmod(0o755)  # mkdtemp makes it private
        for name in (*page.shell.sheets, *page.shell.scripts):
            (making / name).write_text(asset(name), encoding="utf-8", newline="\n")
        for block in page.blocks:
            call = f"__block({to_json(block.id)},{to_json(block.text())})\n"
            (making / f"{block.id}.js").write_text(call, encoding="utf-8", newline="\n")
        with _beside(run_folder / REPORT, lambda file: file.writelines((page.opened, page.closed))) as written:
            _publish(written, run_folder / REPORT, making, run_folder / FOLDER)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return run_folder / REPORT


def redraw_report(run_folder: Path, like: Path | None = None) -> Path:
    """Draw the report of a run folder as it was drawn: as a folder, or as one file of the size that was chosen for it.

    like    the run folder whose report says how, where it is not this one
    Where there is no report, one is drawn as `write_report` does without a size. Returns and raises what these do.
    """
    older = like or run_folder
    if (older / FOLDER).is_dir():
        return write_report_folder(run_folder)
    return write_report(run_folder, _size_of(older / REPORT))


def _size_of(page: Path) -> Size:
    try:
        with page.open(encoding="utf-8", errors="replace") as file:
            return size_in(file.read(_HEAD))
    except FileNotFoundError:
        return DEFAULT


def render_run(run_folder: Path, size: Size = DEFAULT, server: Mapping[str, str] | None = None) -> str:
    """The page of a run folder as text. `server`: {"token_header", "url"} of what the page comes from and may talk to.

    Raises ReportError as `write_report` does.
    """
    return "".join(_parts(render_interactive(read_run(run_folder), size, server=server)))


def render_printed(run_folder: Path) -> str:
    """The page of a run folder to print: without data and without the script that reads it. Raises ReportError."""
    return printed(read_run(run_folder))


def _parts(page: Interactive) -> Iterator[str]:
    yield page.opened
    for block in page.blocks:
        yield inert(block.id, block.text())
    yield page.closed


@contextlib.contextmanager
def _beside(path: Path, write: Callable[[TextIO], object]) -> Iterator[Path]:
    """A new file beside `path`, to be moved to it: a reader sees the old report or the new one."""
    handle, name = tempfile.mkstemp(prefix=".report-", suffix=".html", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            write(file)
        os.chmod(name, 0o644)  # mkstemp makes it readable by the owner alone
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)  # where it was not moved


def _publish(page: Path, to_page: Path, files: Path, to_files: Path) -> None:
    """Both to their places; the older files come back if anything, an interruption too, comes between."""
    aside = Path(tempfile.mkdtemp(prefix=".report-", dir=to_page.parent))
    try:
        if os.path.lexists(to_files):
            os.replace(to_files, aside / FOLDER)
        try:
            os.replace(files, to_files)
            os.replace(page, to_page)
        except BaseException:
            _remove(to_files)
            if os.path.lexists(aside / FOLDER):
                os.replace(aside / FOLDER, to_files)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
