"""A real browser for the tests of the page: one Chromium for each worker, a fresh profile for each page.

The fixture `page_of` opens a page and writes down all it says and asks for; at the end of the test a page that said a
word to the console, raised an error or asked for anything but its own file makes the test fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["DESK", "LAPTOP", "PHONE", "PageOf", "Tab", "without_policy"]

#: Of a browser that should do nothing but show the page.
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
PHONE, LAPTOP, DESK = (390, 844), (1280, 800), (1920, 1080)
LIMIT_MS = 30_000  # of any one wait: a slow machine is no failure, a page that hangs is

PageOf = Callable[..., "Tab"]


@dataclass
class Tab:
    """An open page, and what came of it.

    said    messages to the console, refused requests among them
    errors  exceptions that nothing caught
    asked   requests other than for the page itself
    """

    page: Page
    address: str
    said: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """What a function in the page answers; the policy of the page does not bind it."""
        return self.page.evaluate(script, argument)

    def wait_for(self, script: str, argument: Any = None) -> None:
        """Until a function in the page answers truthfully; unlike the `wait_for_function` of Playwright under any
        policy of the page."""
        until = time.monotonic() + LIMIT_MS / 1000
        while not self.evaluate(script, argument):
            if time.monotonic() > until:
                raise TimeoutError(f"after {LIMIT_MS / 1000:g} s still not: {script}")
            self.page.wait_for_timeout(20)

    def check_quiet(self) -> None:
        """Fail unless the page has kept to itself so far."""
        self.page.evaluate("0")  # what it said before this has arrived after it
        assert (self.said, self.errors, self.asked) == ([], [], [])

    def _note(self, url: str) -> None:
        if urldefrag(url).url != self.address:
            self.asked.append(url)


def without_policy(html: str) -> str:
    """The page without the policy that its head sets: what holds then holds by escaping alone."""
    start = html.index('<meta http-equiv="Content-Security-Policy"')
    return html[:start] + html[html.index(">", start) + 1 :]


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """Started once; Debian's own, none is downloaded. An event loop counts as running in this thread from then on."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 48 images and 8 classes with its report; some names are hostile, one image is too large to be shown
    whole. Nobody may change it."""
    from benchmarks.report_run import make_run
    from reports import write_report

    folder = make_run(tmp_path_factory.mktemp("run") / "run", images=48, classes=8, large=1)
    write_report(folder)
    return folder


@pytest.fixture
def page_of(browser: Browser, tmp_path: Path) -> Iterator[PageOf]:
    """`page_of(page, scheme="light", size=LAPTOP, script=True, quiet=True, **context)` opens a page in a profile of
    its own.

    page     HTML as text, the path of a file, or an address
    scheme   "light" or "dark";  size  (width, height) of the window in px
    script   False: JavaScript is switched off
    quiet    the page must say nothing and ask for nothing; False: the test looks itself
    context  what else a context of Playwright takes
    """
    with _tabs(browser, tmp_path) as opened:
        yield opened


@contextmanager
def _tabs(browser: Browser, folder: Path) -> Iterator[PageOf]:
    contexts, watched = [], []

    def page_of(
        page: str | Path,
        *,
        scheme: str = "light",
        size: tuple[int, int] = LAPTOP,
        script: bool = True,
        quiet: bool = True,
        **context: Any,
    ) -> Tab:
        made = browser.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            reduced_motion="reduce",  # nothing is on its way when a test looks
            **context,
        )
        contexts.append(made)
        made.set_default_timeout(LIMIT_MS)
        address = _address(page, folder / f"page-{len(contexts)}.html")
        tab = Tab(made.new_page(), urldefrag(address).url)
        if quiet:
            watched.append(tab)
        tab.page.goto(address, wait_until="load")
        return tab

    try:
        yield page_of
        for tab in watched:
            tab.check_quiet()
    finally:
        for each in contexts:
            each.close()


def _address(page: str | Path, place: Path) -> str:
    if isinstance(page, Path):
        return page.as_uri()
    if "<" not in page:
        return page
    place.write_text(page, encoding="utf-8")
    return place.as_uri()
