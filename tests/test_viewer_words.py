"""The words of the script: every page that has the script holds them, and the script says those that the page holds."""

from __future__ import annotations

import copy
import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from reports.language import script_words
from reports.run_folder import render_printed, render_run, write_report_folder
from reports.size import Size
from tests.browser import PageOf
from tests.report_runs import write_run
from tests.viewer_pages import Sample, page_html, scene

RENDER = importlib.import_module("reports.render")  # the package has a function of this name
HOSTILE = "{}</script><i>&amp;"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("run"), images=4)


def words_in(html: str) -> list[dict[str, Any]]:
    """The blocks of words in a page, wherever they stand."""
    return [json.loads(text) for text in re.findall(r'<script type="application/json" id="words">(.*?)</script>', html)]


def test_each_page_with_the_script_holds_its_words_once_and_before_it(folder: Path) -> None:
    served = render_run(folder, server={"token_header": "X-Token", "url": "/review"})
    beside = write_report_folder(folder).read_text(encoding="utf-8")
    for html in (render_run(folder), served, beside):
        assert words_in(html) == [script_words()]
        assert html.index('id="words"') < html.rindex("<script")
    assert 'id="words"' not in render_printed(folder)


def test_a_word_that_could_end_the_block_does_not(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"common": {"void": HOSTILE}}
    monkeypatch.setattr(RENDER, "script_words", lambda: words)
    assert words_in(render_run(folder)) == [words]


def test_the_masks_make_room_for_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_run(tmp_path, images=60, picture_bytes=3000)
    limit = len(render_run(folder).encode())
    words = copy.deepcopy(script_words())
    words["common"]["void"] = "x" * 20_000
    monkeypatch.setattr(RENDER, "script_words", lambda: words)
    assert len(render_run(folder, Size(limit)).encode()) <= limit


def test_a_page_says_the_words_that_it_holds(page_of: PageOf) -> None:
    """In plain places, in a sentence that is filled, and as text whatever they are."""
    words = copy.deepcopy(script_words())
    words["viewer"]["close"] = HOSTILE
    words["viewer"]["place"] = "{list}: {at} von {total}"
    words["lists"]["finding"] = "Befund {number}, {title}"
    words["layers"]["void"] = "nicht bewertet"
    tab = page_of(page_html([Sample(*scene(1)), Sample(*scene(2))], words=words))
    tab.evaluate("location.hash = '#view?view.image=0&view.list=finding.3&view.at=0'")
    tab.wait_for("document.querySelector('.viewer-layer')")
    said = "(place) => [...document.querySelectorAll(place)].map((each) => each.textContent)"
    assert tab.evaluate(said, ".viewer-close") == [HOSTILE]
    assert tab.evaluate(said, ".viewer-place") == ["Befund 3, trees <are> missed: 1 von 2"]
    assert "nicht bewertet" in tab.evaluate(said, ".viewer-layer")
