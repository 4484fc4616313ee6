"""The review panel in a real browser: kept in the browser, or by a server for several people."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.review import read_review
from inspector.review_store import stored_items
from reports import write_report
from tests.browser import PageOf, Tab
from tests.command import inspect
from tests.review_samples import make_run, run_id
from tests.review_server import Server

OPEN = "#view?view.image=1&view.list=images&view.at=0"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = make_run(tmp_path_factory.mktemp("reviewed"))
    write_report(run)
    return run


@pytest.fixture
def server(run: Path) -> Iterator[Server]:
    started = Server(run)
    yield started
    started.end()


def judge(tab: Tab, key: str, note: str = "", name: str = "") -> None:
    """Say something of what the viewer shows, and press the key of a verdict."""
    if name:
        tab.page.get_by_label("Your name").fill(name)
    if note:
        tab.page.get_by_label("Note").fill(note)
    tab.page.locator("#viewer-name").click()  # out of the field: a digit would be text there
    tab.page.keyboard.press(key)


def pressed(tab: Tab) -> str:
    return tab.page.locator(".review-verdict[aria-pressed=true]").inner_text().split("\n")[0]


def state(tab: Tab, words: str) -> None:
    """Wait until the panel says so."""
    tab.page.locator(".review-state").filter(has_text=words).wait_for()


def test_a_verdict_is_kept_by_the_browser_and_becomes_lists(run: Path, page_of: PageOf, tmp_path: Path) -> None:
    tab = page_of(f"{(run / 'report.html').as_uri()}{OPEN}")
    judge(tab, "3", "a wheel is missing", "Ada")
    state(tab, "Kept in this browser")
    assert tab.page.locator(".review").get_by_text("1 of 4 in this list reviewed").is_visible()
    with tab.page.expect_download() as waiting:
        tab.page.get_by_role("button", name="Export review.json (1)").click()
    waiting.value.save_as(tmp_path / "review.json")
    (item,) = read_review(tmp_path / "review.json").items
    assert (item.image_index, item.verdict, item.note, item.reviewer) == (1, "label-error", "a wheel is missing", "Ada")
    outcome = inspect("review", "apply", run, tmp_path / "review.json", "-o", tmp_path / "lists")
    assert outcome.code == 0, outcome.err
    assert (tmp_path / "lists/exclude.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        f"{item.image},label error: a wheel is missing"
    ]
    tab.page.reload()
    assert pressed(tab) == "Label error"
    tab.page.get_by_role("button", name="Take it back").click()
    tab.page.locator(".review-verdict[aria-pressed=true]").wait_for(state="detached")
    tab.page.locator("input[type=file]").set_input_files(tmp_path / "review.json")
    tab.page.get_by_text("Imported: 1 new, 0 changed").wait_for()
    assert pressed(tab) == "Label error"
    (tmp_path / "review.json").write_text(json.dumps({"schema_version": 1, "run": "f" * 16, "items": []}), "utf-8")
    tab.page.locator("input[type=file]").set_input_files(tmp_path / "review.json")
    tab.page.get_by_text("the review of another run").wait_for()


def test_a_digit_in_a_note_is_text(run: Path, page_of: PageOf) -> None:
    tab = page_of(f"{(run / 'report.html').as_uri()}{OPEN}")
    tab.page.get_by_label("Note").press_sequentially("12 of 34")
    assert tab.page.get_by_label("Note").input_value() == "12 of 34"
    assert tab.page.locator(".review-verdict[aria-pressed=true]").count() == 0
    assert tab.page.get_by_text("A note is kept with a verdict").is_visible()


def test_a_note_that_is_left_by_escape_is_kept(run: Path, page_of: PageOf) -> None:
    tab = page_of(f"{(run / 'report.html').as_uri()}{OPEN}")
    judge(tab, "3", "first")
    state(tab, "Kept in this browser")
    note = tab.page.get_by_label("Note")
    note.fill("second")
    note.press("Escape")
    tab.page.locator("dialog.viewer").wait_for(state="hidden")
    tab.page.reload()
    tab.evaluate(f"location.hash = '{OPEN}'")
    tab.page.get_by_label("Note").wait_for()
    assert tab.page.get_by_label("Note").input_value() == "second"
    tab.evaluate("location.hash = '#view?view.image=0'")
    tab.page.locator("#viewer-name", has_text="image0").wait_for()
    tab.evaluate(f"location.hash = '{OPEN}'")
    tab.page.locator(".review-verdict[aria-pressed=true]").wait_for()
    tab.page.keyboard.press("1")  # another verdict, the same note
    tab.page.locator(".review-verdict.accept[aria-pressed=true]").wait_for()
    assert tab.page.get_by_label("Note").input_value() == "second"


def test_what_the_browser_kept_and_cannot_read_can_be_had(run: Path, page_of: PageOf, tmp_path: Path) -> None:
    tab = page_of(f"{(run / 'report.html').as_uri()}{OPEN}")
    damaged = '{"items": [{"image": "an hour of work", "verdict": "label'
    tab.evaluate("([key, text]) => localStorage.setItem(key, text)", [f"mask-inspector.review.{run_id(run)}", damaged])
    tab.page.reload()
    state(tab, "could not be read")
    judge(tab, "1")
    state(tab, "Kept in this browser")
    note = tab.page.locator(".review-conflict")
    (kept,) = tab.evaluate("Object.entries(localStorage).filter(([key]) => key.includes('.unreadable.'))")
    assert kept[1] == damaged and kept[0] in note.inner_text()
    assert note.get_by_role("button", name="Remove").count() == 0  # before it was downloaded
    with tab.page.expect_download() as waiting:
        note.get_by_role("button", name="Download").click()
    waiting.value.save_as(tmp_path / "kept.txt")
    assert (tmp_path / "kept.txt").read_text(encoding="utf-8") == damaged
    tab.page.reload()
    note.get_by_role("button", name="Download").click()
    note.get_by_role("button", name="Remove").click()
    note.wait_for(state="detached")
    assert pressed(tab) == "Accept"
    assert tab.evaluate("Object.keys(localStorage).length") == 1


def test_two_people_keep_one_review(run: Path, server: Server, page_of: PageOf) -> None:
    address = f"{server.url.geturl()}{OPEN}"
    ada, ben = (page_of(address, quiet=False, scheme=scheme) for scheme in ("light", "dark"))
    for tab in (ada, ben):
        tab.page.locator(".review").wait_for()
    judge(ada, "3", name="Ada")
    state(ada, "Saved for all")
    judge(ben, "1", "it is fine", "Ben")
    ben.page.get_by_text("Ada was faster and said: Label error. You said: Accept.").wait_for()
    assert pressed(ben) == "Label error"
    ben.page.get_by_role("button", name="Put mine").click()
    state(ben, "Saved for all")
    ada.page.locator(".review-verdict.accept[aria-pressed=true]").wait_for()  # with its next round
    assert ada.page.get_by_label("Note").input_value() == "it is fine"
    assert ada.page.get_by_text("by Ben").is_visible()
    (item,) = stored_items(run, run_id(run))
    assert (item.verdict, item.reviewer) == ("accept", "Ben")
    for tab in (ada, ben):
        assert tab.errors == []
        assert [line for line in tab.said if "409" not in line] == []
        assert {address.split("?")[0] for address in tab.asked} <= {f"http://{server.url.netloc}/items"}
