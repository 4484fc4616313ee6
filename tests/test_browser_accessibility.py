"""The page for those who hear it, use no mouse or need contrast: axe finds nothing, the keyboard goes everywhere."""

from __future__ import annotations

import json
import re
import shutil
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from reports import render, render_run
from tests import compare_samples, task_samples
from tests import report_samples as samples
from tests.browser import PHONE, PageOf, Tab

#: Rules with one of these tags must hold; those of best practice are opinions, and are only told.
GUIDELINES = {"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}
ADVICE = "best-practice"
NARROW = (320, 640)  # what a page must fit into without scrolling sideways (WCAG 1.4.10)


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {
        "street": render(*samples.with_pictures(samples.street()), None, task_samples.task()),
        "hostile": render(*samples.with_pictures(samples.hostile())),
        "empty": render(samples.empty(), {}),
    }


def violations(tab: Tab, *, contrast: bool = True) -> dict[str, list[str]]:
    """What axe objects to, as "must" and as "advice": a text for each rule with the first few places and reasons.

    contrast  False: colours are not looked at, which takes most of the time
    """
    if not tab.evaluate("typeof axe === 'object'"):
        tab.evaluate(resources.files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    run = """([tags, contrast]) => axe.run(document, {
      runOnly: tags, resultTypes: ["violations"], rules: { "color-contrast": { enabled: contrast } },
    })"""
    told: dict[str, list[str]] = {"must": [], "advice": []}
    for rule in tab.evaluate(run, [[*GUIDELINES, ADVICE], contrast])["violations"]:
        told["must" if GUIDELINES & set(rule["tags"]) else "advice"].append(_told(rule))
    return told


def _told(rule: dict[str, Any]) -> str:
    places = [f"{' '.join(map(str, node['target']))}: {_why(node)}" for node in rule["nodes"][:4]]
    return f"{rule['id']} ({rule['help']}), {len(rule['nodes'])} times:\n    " + "\n    ".join(places)


def _why(node: dict[str, Any]) -> str:
    checks = node["any"] + node["all"] + node["none"]
    return "; ".join(check["message"] for check in checks) or json.dumps(node["html"][:200])


# ---------------------------------------------------------------------- the guidelines


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["street", "hostile", "empty"])
def test_the_guidelines_hold(page_of: PageOf, pages: dict[str, str], name: str, scheme: str) -> None:
    tab = page_of(pages[name], scheme=scheme)
    found = violations(tab)
    assert found["must"] == []
    for advice in found["advice"]:
        print(advice)
    assert [advice for advice in found["advice"] if advice.startswith("landmark-")] == []
    tab.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    assert violations(tab, contrast=False)["must"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_guidelines_hold_in_the_viewer(page_of: PageOf, run_folder: Path, scheme: str) -> None:
    tab = page_of((run_folder / "report.html").as_uri() + "#view?view.image=0&view.list=images", scheme=scheme)
    tab.page.wait_for_selector("dialog.viewer[open] .viewer-pane canvas")
    assert violations(tab)["must"] == []


def test_each_part_that_is_jumped_to_has_a_name_of_its_own(run_folder: Path, tmp_path: Path) -> None:
    """On a page with all there can be: no two parts are named by one heading, or by the same words."""
    run = shutil.copytree(run_folder, tmp_path / "run")
    for name, sample in (("compare.json", compare_samples.comparison()), ("history.json", compare_samples.history())):
        (run / name).write_text(json.dumps(sample), encoding="utf-8")
    text = render_run(run)
    named = re.findall(r'<section [^>]*aria-labelledby="([\w-]+)"', text)
    named += re.findall(r'role="region" aria-label="([^"]+)"', text)
    assert {"compare-title", "history-title", "loss-title"} < set(named) and len(named) > 20
    assert [name for name in named if named.count(name) > 1] == []


def test_what_breaks_a_guideline_would_be_found(page_of: PageOf) -> None:
    bad = """<!DOCTYPE html><html lang="en"><title>x</title><main><h1>x</h1><img src="data:,">
             <p style="color: #888; background: #999">no contrast</p><button></button></main>"""
    found = violations(page_of(bad))["must"]
    assert [rule.split()[0] for rule in found] == ["button-name", "color-contrast", "image-alt"]


@pytest.mark.parametrize("name", ["street", "hostile", "empty"])
def test_a_narrow_window_needs_no_scrolling_sideways(page_of: PageOf, pages: dict[str, str], name: str) -> None:
    tab = page_of(pages[name], size=NARROW)
    assert tab.evaluate("document.documentElement.scrollWidth") <= NARROW[0]


@pytest.mark.parametrize("name", ["street", "hostile", "empty"])
def test_headings_skip_no_level(page_of: PageOf, pages: dict[str, str], name: str) -> None:
    headings = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
      .filter((each) => each.checkVisibility()).map((each) => Number(each.localName[1]))"""
    levels = page_of(pages[name]).evaluate(headings)
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


# ---------------------------------------------------------------------- the keyboard

#: Numbers what the Tab key should reach, in the order of the page; of a group of radio buttons one is enough.
STOPS = """() => {
  const groups = new Set();
  const stops = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0)
    .filter((each) => each.type !== "radio" || !groups.has(each.name) && groups.add(each.name));
  stops.forEach((each, number) => { each.dataset.stop = each.type === "radio" ? `radio ${each.name}` : number; });
  return stops.map((each) => each.dataset.stop);
}"""
#: The thing that has the focus: its number, where it is, whether that shows, and whether it can be seen at all.
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const outlined = [it, ...it.labels ?? []].map((each) => getComputedStyle(each));  // a radio button by its label
  const box = it.getBoundingClientRect();
  const bar = document.querySelector("header.top").getBoundingClientRect();
  const inBar = Boolean(it.closest("header.top")), top = Math.max(box.top, inBar ? 0 : bar.bottom);
  return {
    stop: it.type === "radio" ? `radio ${it.name}` : it.dataset.stop ?? null,
    what: `${it.localName} ${it.className} ${it.textContent.trim().slice(0, 40)}`,
    place: it.closest("header.top") ? "bar" : it.closest("section")?.id ?? "page",
    marked: outlined.some((style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
    seen: top < Math.min(box.bottom, innerHeight) && box.right > 0 && box.left < innerWidth,
  };
}"""


def walked(tab: Tab) -> list[dict[str, Any]]:
    """Each thing that has the focus in turn, from the top of the page to its end."""
    found: list[dict[str, Any]] = []
    while len(found) < 2000:
        tab.page.keyboard.press("Tab")
        focused = tab.evaluate(FOCUSED)
        if focused is None:
            return found
        found.append(focused)
    raise AssertionError("the focus never leaves the page")


@pytest.mark.parametrize("name", ["street", "hostile"])
def test_the_keyboard_reaches_everything_in_order_and_shows_where_it_is(
    page_of: PageOf, pages: dict[str, str], name: str
) -> None:
    tab = page_of(pages[name])
    stops = tab.evaluate(STOPS)
    found = walked(tab)
    assert [each["stop"] for each in found if each["stop"] is not None] == [str(stop) for stop in stops]
    assert [each["what"] for each in found if not each["marked"]] == []
    assert [each["what"] for each in found if not each["seen"]] == []
    assert found[0]["what"].startswith("a skip")
    places = list(dict.fromkeys(each["place"] for each in found))
    assert places[:2] == ["page", "bar"] and {"findings", "classes", "confusion"} <= set(places)


def test_the_first_link_skips_the_bar(page_of: PageOf, pages: dict[str, str]) -> None:
    tab = page_of(pages["street"])
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.evaluate(FOCUSED)["place"] not in ("bar", "page")
