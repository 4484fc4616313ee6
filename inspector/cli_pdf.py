"""The report as PDF, printed by the browser that the user has: none is brought along."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from inspector.errors import EnvironmentFault, InputError, UsageError

__all__ = ["BROWSERS", "LIMIT_S", "find_browser", "print_report"]

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge",
    "microsoft-edge-stable", "msedge",
)  # fmt: skip
LIMIT_S = 120.0
_SILENT = (  # a browser of its own, that asks nobody for anything
    "--headless", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-extensions",
    "--disable-sync", "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-dev-shm-usage", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND", "--no-pdf-header-footer",
)  # fmt: skip


def print_report(run_folder: Path, to: Path, browser: Path | None = None, limit_s: float = LIMIT_S) -> Path:
    """Print the report of a run folder to the PDF file `to`, whole or not at all; its path.

    browser  the program; None: the first of BROWSERS on PATH

    Raises UsageError where no browser is found or `to` is a folder, InputError where there is no run, and
    EnvironmentFault where the browser does not print within `limit_s` seconds.
    """
    from reports import ReportError, render_printed

    program = find_browser(browser)
    if to.is_dir():
        raise UsageError(f"{to}: expected a file for the PDF, found a folder", path=str(to))
    try:
        page = render_printed(run_folder)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None
    try:
        with tempfile.TemporaryDirectory(prefix="inspect-pdf-", ignore_cleanup_errors=True) as name:
            printed = _print(program, page, Path(name), limit_s)
            _move(printed, to)
    except OSError as error:
        raise EnvironmentFault(f"{to}: could not be written ({error.strerror or error})") from error
    return to


def find_browser(browser: Path | None) -> str:
    """The program to print with. Raises UsageError where there is none."""
    if browser:
        found = shutil.which(browser)
        if not found:
            raise UsageError(f"--browser {browser}: there is no such program", path=str(browser))
        return found
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise UsageError(
            "--pdf prints through Chromium, Chrome or Edge, and none is on PATH: name it with --browser, or open "
            "report.html and print it there"
        )
    return found


def _print(program: str, page: str, folder: Path, limit_s: float) -> Path:
    source, printed = folder / "report.html", folder / "report.pdf"
    source.write_text(page, encoding="utf-8")
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()  # Chromium refuses to run as root with one
    command = [
        program, *_SILENT, *sandbox, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={printed}",
        source.as_uri(),
    ]  # fmt: skip
    said = _run(command, limit_s)
    if not printed.is_file() or not printed.read_bytes().startswith(b"%PDF"):
        last = said.strip().splitlines()[-1:] or ["it said nothing"]
        raise EnvironmentFault(f"{program} printed no PDF ({last[0][:300]}); is it Chromium, Chrome or Edge?")
    return printed


def _run(command: list[str], limit_s: float) -> str:
    """What a program says to the end; it and all that it started end with the limit."""
    try:
        process = subprocess.Popen(  # noqa: S603  the browser that the user has or named
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise EnvironmentFault(f"{command[0]}: could not be started ({error.strerror})") from error
    try:
        return process.communicate(timeout=limit_s)[1].decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        raise EnvironmentFault(f"{command[0]} did not print the report within {limit_s:g} s") from None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # all have ended
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stderr:
        process.stderr.close()


def _move(printed: Path, to: Path) -> None:
    """To another file system, too: a copy beside its place, then renamed."""
    to.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".report-", suffix=".pdf", dir=to.parent)
    try:
        with open(handle, "wb") as file:
            file.write(printed.read_bytes())
        os.chmod(name, 0o644)
        os.replace(name, to)
    finally:
        Path(name).unlink(missing_ok=True)
