"""`inspect review serve` from its arguments to its end: where to listen, under which names, with which key."""

from __future__ import annotations

import importlib.util
import ipaddress
import secrets
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from inspector.cli_errors import print_text
from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.problems import visible
from inspector.review_store import open_review
from inspector.run_folder import REVIEW

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from inspector.review_run import ReviewedRun

__all__ = ["check_installed", "check_loopback", "names_of", "serve_review"]

NEEDED = ("starlette", "uvicorn")  # of the extra `review`
PAGE_BYTES = 100_000_000  # it need not fit into a mail, but through a tunnel
HTTP_PORT = 80
GRACE_S = 2  # for the answers that are under way when the server is stopped


def serve_review(run: ReviewedRun, host: str, port: int, *, opens: bool) -> None:
    """Serve the report of a run, and its review, until a signal ends it. `opens`: in a browser as well.

    Raises EnvironmentFault where nobody can listen there, and what `open_review` and `render_run` find wrong.
    """
    from inspector.cli_review_server import Door, app_of

    with open_review(run.folder, run.identity) as store, _listening(host, port) as listener:
        port = listener.getsockname()[1]
        door = Door(secrets.token_urlsafe(32), names_of(host, port))
        app = app_of(_page(run.folder), run, store, door)
        address = f"http://{_written(host)}:{port}/?token={door.token}"
        print_text(f"review: {address}\nkept in {visible(str(run.folder / REVIEW))}; Ctrl-C ends it\n")
        if opens:
            _open(address)
        _serve(app, listener)


def check_loopback(host: str) -> None:
    """Raise UsageError for an address that others could reach."""
    try:
        good = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        good = False
    if not good:
        fix = "for colleagues elsewhere, tunnel to it: ssh -L 8000:127.0.0.1:8000 machine"
        raise UsageError(f"--host {host}: a review is served on this machine alone (127.0.0.1 or ::1); {fix}", fix=fix)


def check_installed() -> None:
    """Raise UsageError, with what to install, where the libraries of the server are not there."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        fix = "pip install 'mask-inspector[review]'"
        raise UsageError(f"`inspect review serve` needs {' and '.join(missing)}: {fix}", fix=fix)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise EnvironmentFault(f"cannot listen on {host} port {port}: {why}; --port 0 takes a free one") from None


def names_of(host: str, port: int) -> frozenset[str]:
    """What a browser may call this server, at the end of a tunnel too. It leaves the port of HTTP out."""
    names = {_written(host), "127.0.0.1", "localhost", "[::1]"}
    return frozenset(f"{name}:{port}" for name in names) | (names if port == HTTP_PORT else set())


def _written(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _page(run_folder: Path) -> str:
    from inspector.cli_review_server import ITEMS_URL, TOKEN_HEADER
    from reports import ReportError, Size, render_run

    try:
        return render_run(run_folder, Size(PAGE_BYTES), {"token_header": TOKEN_HEADER, "url": ITEMS_URL})
    except ReportError as error:
        raise InputError("no_run", str(error)) from None


def _open(address: str) -> None:
    """In the browser of the desktop. One that runs in the terminal would take it from the server, so none is."""
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)


def _serve(app: ASGIApp, listener: socket.socket) -> None:
    """Until a signal ends it; that signal is then ours to answer, as everywhere."""
    import uvicorn

    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # it would print the key
        lifespan="off",
        ws="none",
        http="h11",
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    uvicorn.Server(config).run(sockets=[listener])
