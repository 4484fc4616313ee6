"""A report in a folder, opened by double click: its neighbours are read as scripts, and nothing is fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports import write_report_folder
from tests.browser import PageOf
from tests.report_runs import page_data, write_run

READ = """(id) => new Promise((resolve, reject) => {
  window.__block = (name, text) => name === id && resolve(text.length);
  const script = document.createElement("script");
  script.onerror = () => reject(new Error("blocked"));
  script.src = `report_files/${id}.js`;
  document.head.append(script);
})"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return write_report_folder(write_run(tmp_path / "a run", images=12, kept=4))


def test_its_style_script_and_data_are_read(page: Path, page_of: PageOf) -> None:
    tab = page_of(page, quiet=False)
    assert tab.evaluate("() => document.documentElement.classList.contains('js')")
    assert tab.evaluate("() => getComputedStyle(document.querySelector('.skip')).position") == "absolute"
    for block in page_data(page.read_text(encoding="utf-8"))["thumbs"]["blocks"]:
        assert tab.evaluate(READ, block) > 100
    assert (tab.said, tab.errors) == ([], [])
    files = (page.parent / "report_files").as_uri()
    assert tab.asked and {address.rsplit("/", 1)[0] for address in tab.asked} == {files}


def test_it_cannot_fetch_its_neighbours_or_anything(page: Path, page_of: PageOf) -> None:
    tab = page_of(page, quiet=False)
    for address in ("report_files/table-images.js", "https://localhost/", "data:text/plain,x"):
        fetched = f"() => fetch('{address}').then(() => 'read', () => 'refused')"
        assert tab.evaluate(fetched) == "refused"
    assert any("Content Security Policy" in line for line in tab.said)


def test_without_its_files_it_can_still_be_read(page: Path, page_of: PageOf) -> None:
    (page.parent / "report_files").rename(page.parent / "elsewhere")
    tab = page_of(page, quiet=False)
    assert tab.page.locator("h1").inner_text().startswith("Mean IoU is")
    assert tab.page.locator("#images tbody tr").count() == 12
