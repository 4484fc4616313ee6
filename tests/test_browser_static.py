"""The page as a reader: without JavaScript, under the policy of a CI server that shows it, and on paper."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from reports import render
from tests import report_samples as samples
from tests.browser import PHONE, PageOf, Tab

#: What a CI server sends with a page that a job has made: nothing may run, nothing may be fetched.
SANDBOX = "sandbox; default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"

#: What of the page can be seen: texts, rows of tables, charts and their marks.
SEEN = """() => {
  const shown = (each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    && each.getBoundingClientRect().width > 1 && each.getBoundingClientRect().height > 1;
  const text = (each) => each.innerText.replaceAll("\\u00a0", " ").trim();
  const sections = [...document.querySelectorAll("main > section")].filter(shown);
  const counted = (what) =>
    Object.fromEntries(sections.map((each) => [each.id, [...each.querySelectorAll(what)].filter(shown).length]));
  return {
    heading: [...document.querySelectorAll("h1")].filter(shown).map(text),
    names: Object.fromEntries(sections.map((each) => [each.id, text(each.querySelector("h1, h2"))])),
    rows: counted("tbody tr"),
    charts: counted("svg"),
    marks: [...document.querySelectorAll("main svg :is(rect, path, circle, line, text)")].filter(shown).length,
    classes: [...document.querySelectorAll("#classes th[scope=row]")].filter(shown).map(text),
    broken: [...document.images].filter((each) => each.complete && !each.naturalWidth).length,
    scripted: [...document.querySelectorAll(".js-only, dialog")].filter(shown).length,
    bar: shown(document.querySelector("header.top")),
  };
}"""


@pytest.fixture(scope="module")
def served(run_folder: Path) -> Iterator[str]:
    """The address of the report at a server that sends SANDBOX."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", SANDBOX)
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=run_folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/report.html"
    server.shutdown()
    thread.join()
    server.server_close()


def check_readable(tab: Tab, folder: Path) -> dict[str, Any]:
    """Verdict, tables, charts and pictures can be seen; what only a script could fill cannot."""
    document = json.loads((folder / "inspection.json").read_text(encoding="utf-8"))
    seen = tab.evaluate(SEEN)
    assert len(seen["heading"]) == 1 and len(seen["heading"][0]) > 20
    assert {"findings", "loss", "classes", "confusion", "images"} <= set(seen["names"])
    assert len(seen["classes"]) == len(document["classes"]) == seen["rows"]["classes"]
    assert seen["rows"]["images"] > 0 and seen["rows"]["confusion"] > 0
    assert seen["charts"]["loss"] > 0 and seen["charts"]["confusion"] > 0 and seen["marks"] > 200
    assert (seen["broken"], seen["scripted"]) == (0, 0)
    return seen


@pytest.mark.parametrize("size", [(1280, 800), PHONE], ids=["laptop", "phone"])
def test_all_is_there_without_javascript(page_of: PageOf, run_folder: Path, size: tuple[int, int]) -> None:
    tab = page_of(run_folder / "report.html", script=False, size=size)
    assert check_readable(tab, run_folder)["bar"]
    assert tab.page.locator("html").get_attribute("class") is None


def test_all_is_there_in_the_sandbox_of_a_ci_server(page_of: PageOf, run_folder: Path, served: str) -> None:
    tab = page_of(served, quiet=False)
    check_readable(tab, run_folder)
    assert tab.errors == [] and tab.asked == []
    assert tab.said and all("Blocked script execution" in line for line in tab.said)  # its own script, and no more


def test_links_within_the_page_go_somewhere_without_javascript(page_of: PageOf, run_folder: Path) -> None:
    """What only a script answers is no link without one, and none that the Tab key stops at."""
    lost = """() => [...document.querySelectorAll('a[href^="#"]')]
      .filter((each) => !document.getElementById(decodeURIComponent(each.hash.slice(1)))).map((each) => each.hash)"""
    plain = page_of(run_folder / "report.html", script=False)
    assert plain.evaluate(lost) == []
    looks = "() => [...document.querySelectorAll('a.view')].map((each) => each.hash)"
    assert len(plain.evaluate(looks)) > 10 and set(plain.evaluate(looks)) == {""}
    live = page_of(run_folder / "report.html").evaluate(looks)
    assert len(live) == len(plain.evaluate(looks)) and all(link.startswith("#view?view.image=") for link in live)


@pytest.mark.parametrize("script", [False, True], ids=["without a script", "with its script"])
def test_paper_has_the_verdict_the_tables_and_the_charts(page_of: PageOf, run_folder: Path, script: bool) -> None:
    tab = page_of(run_folder / "report.html", script=script)
    tab.page.emulate_media(media="print")
    seen = tab.evaluate(SEEN)
    assert len(seen["heading"]) == 1 and not seen["bar"] and seen["scripted"] == 0
    assert seen["rows"]["classes"] > 0 and seen["rows"]["images"] > 0 and seen["marks"] > 200
    pages = tab.page.pdf(prefer_css_page_size=True)
    assert pages.startswith(b"%PDF") and len(pages) > 50_000


def test_the_smallest_page_is_readable_too(page_of: PageOf) -> None:
    """Nothing was scored: the page says so, with and without a script."""
    for script in (False, True):
        seen = page_of(render(samples.empty(), {}), script=script).evaluate(SEEN)
        assert len(seen["heading"]) == 1 and seen["rows"]["classes"] == 2
