"""A person at work in the report of a run: few steps to the pixels, links that come back, and nothing said or asked."""

from __future__ import annotations

import io
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from reports import write_report
from reports.text import visible
from tests import report_runs
from tests.browser import PageOf, Tab

TITLE = "Inspection of semantic masks"
VIEWER = "dialog.viewer[open] .viewer-pane canvas"
ROW = "[data-mount=images] [role=grid] [role=row][aria-rowindex]"
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


class Hand:
    """What a person does, counted."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.actions = tab, 0

    def click(self, name: str, role: str = "button") -> None:
        """On what can be seen without scrolling by."""
        self.actions += 1
        place = self.tab.page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
        place.wait_for()
        assert place.evaluate("(it) => it.getBoundingClientRect().top < innerHeight"), name
        place.click()

    def point(self, x: float, y: float) -> None:
        self.actions += 1
        self.tab.page.mouse.move(x, y)
        self.tab.evaluate(SETTLED)


def state(tab: Tab) -> dict[str, str]:
    return dict(re.findall(r"view\.(\w+)=([^&]*)", tab.evaluate("location.hash")))


def probe(tab: Tab) -> dict[str, str]:
    rows = "() => [...document.querySelectorAll('.viewer-probe dl > div')]"
    return dict(tab.evaluate(f"{rows}.map((row) => [...row.children].map((cell) => cell.textContent))"))


@pytest.fixture(scope="module")
def document(run_folder: Path) -> dict[str, Any]:
    return dict(json.loads((run_folder / "inspection.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def report(run_folder: Path) -> Path:
    return run_folder / "report.html"


def masks(run_folder: Path, document: dict[str, Any], image: int) -> list[NDArray[np.uint8]]:
    """Truth and prediction as class indices, by another reader of PNG."""
    kept = next(record for record in document["evidence"] if record["image_index"] == image)
    paths = [run_folder / kept["files"][side] for side in ("gt", "pred")]
    return [np.asarray(Image.open(io.BytesIO(path.read_bytes()))) for path in paths]


# ---------------------------------------------------------------------- to the pixels


def test_from_the_first_screen_to_the_pixels_of_a_missed_object_in_three_steps(
    page_of: PageOf, run_folder: Path, document: dict[str, Any]
) -> None:
    missed = [row for row in pq.read_table(run_folder / "objects.parquet").to_pylist() if not row["matched"]]
    kept = {record["image_index"] for record in document["evidence"]}
    counts = np.bincount([row["class_index"] for row in missed if row["image_index"] in kept])
    index = int(np.argmax(counts))
    tab = page_of(run_folder / "report.html")
    hand = Hand(tab)
    hand.click("Classes", "link")
    hand.click(f"missed objects: {visible(document['classes'][index]['name'])}")
    tab.page.wait_for_selector(VIEWER)
    tab.evaluate(SETTLED)
    seen = state(tab)
    box = [int(side) for side in seen["box"].split(",")]
    boxes = [[row[side] for side in ("y0", "x0", "y1", "x1")] for row in missed if row["class_index"] == index]
    assert seen["list"] == f"missed.{index}" and box in boxes
    gt, pred = masks(run_folder, document, int(seen["image"]))
    y, x = a_missed_pixel(gt, pred, index, box)
    hand.point(*on_screen(tab, x, y))
    assert hand.actions == 3
    said = probe(tab)
    names = [visible(record["name"]) for record in document["classes"]]
    assert (said["Place"], said["True"]) == (f"x {x}, y {y}", names[index])
    assert said["Predicted"] == [*names, "no class"][pred[y, x]] != names[index]


def a_missed_pixel(gt: NDArray[np.uint8], pred: NDArray[np.uint8], index: int, box: list[int]) -> tuple[int, int]:
    """The one next to the middle of the box, as (y, x)."""
    y0, x0, y1, x1 = box
    found = np.argwhere((gt == index) & (pred != index))
    found = found[(found >= (y0, x0)).all(axis=1) & (found < (y1, x1)).all(axis=1)]
    return tuple(found[np.argmin(np.abs(found - (np.array(box[:2]) + box[2:]) / 2).sum(axis=1))].tolist())


def on_screen(tab: Tab, x: int, y: int) -> tuple[float, float]:
    """Where the middle of a pixel is seen in the first pane, told by the places of some pixels that can be seen."""
    canvas = tab.page.locator(VIEWER).first.bounding_box()
    assert canvas
    pointed, places = [], []
    for share in np.random.default_rng(0).uniform(0.05, 0.95, (30, 2)):
        at = canvas["x"] + share[0] * canvas["width"], canvas["y"] + share[1] * canvas["height"]
        tab.page.mouse.move(*at)
        tab.evaluate(SETTLED)
        if place := probe(tab).get("Place"):
            pointed.append(at)
            places.append([int(side) for side in re.findall(r"\d+", place)])
    fits = [np.polyfit(np.array(places)[:, axis], np.array(pointed)[:, axis], 1) for axis in (0, 1)]
    return float(np.polyval(fits[0], x)), float(np.polyval(fits[1], y))


def test_from_the_first_screen_to_what_costs_most_in_one_step(page_of: PageOf, report: Path) -> None:
    tab = page_of(report)
    hand = Hand(tab)
    hand.click("Look at it", "link")
    tab.page.wait_for_selector(VIEWER)
    assert state(tab)["list"] == "finding.1" and hand.actions == 1


# ---------------------------------------------------------------------- links

#: Where in which list, and every pixel.
DRAWN = """() => [document.querySelector(".viewer-place").textContent,
  ...[...document.querySelectorAll(".viewer-pane canvas")].map((each) => each.toDataURL())]"""


@pytest.mark.parametrize("link", [".top-findings a[href^='#view?']", ".gallery .errors a[href^='#view?']"])
def test_a_link_opens_the_same_view_again(page_of: PageOf, report: Path, link: str) -> None:
    tab = page_of(report)
    tab.page.locator(link).first.click()
    tab.page.wait_for_selector(VIEWER)
    tab.page.get_by_role("button", name="Swipe", exact=True).click()
    tab.wait_for("location.hash.includes('view.mode=swipe')")
    again = page_of(report.as_uri() + tab.evaluate("location.hash"))
    again.page.wait_for_selector(VIEWER)
    until = time.monotonic() + 30
    while again.evaluate(DRAWN) != (shown := tab.evaluate(DRAWN)):
        assert time.monotonic() < until, again.evaluate(DRAWN)[0]
    assert len(shown) > 1 and shown[0]
    again.page.keyboard.press("Escape")
    again.wait_for("!document.querySelector('dialog.viewer').open")


# ---------------------------------------------------------------------- everything is used


def test_nothing_is_said_or_asked_while_everything_is_used(page_of: PageOf, report: Path) -> None:
    """Every heading sorted by, every list opened, every way to look tried; `page_of` looks at what came of it."""
    tab = page_of(report)
    tab.page.wait_for_selector(ROW)
    for summary in tab.page.locator("main summary").all():
        summary.click()
    for part in ("classes", "images"):
        place = tab.page.locator(f"[data-mount={part}]")
        for column in place.locator("[role=columnheader] button").all():
            column.click()
        place.get_by_role("searchbox").fill("<script>")
        tab.evaluate(SETTLED)
        place.get_by_role("searchbox").fill("")
    tab.page.locator("[data-mount=confusion]").get_by_role("button").first.click()
    for link in tab.page.locator(".top-findings a[href^='#view?']").all():
        link.click()
        tab.page.wait_for_selector(VIEWER)
        use_viewer(tab)
        tab.page.keyboard.press("Escape")
        tab.wait_for("!document.querySelector('dialog.viewer').open")
    assert tab.page.title() == TITLE and "js" in (tab.page.locator("html").get_attribute("class") or "")


def use_viewer(tab: Tab) -> None:
    """By its tools, its layers and its list."""
    viewer = tab.page.locator("dialog.viewer")
    for what in (".viewer-tools button", "input[type=checkbox]"):
        for place in range(viewer.locator(what).count()):
            viewer.locator(what).nth(place).click()
            tab.evaluate(SETTLED)
    for name in ("Next", "Previous"):
        button = viewer.get_by_role("button", name=name, exact=True).first
        if button.is_enabled():
            button.click()
            tab.page.wait_for_selector(VIEWER)


# ---------------------------------------------------------------------- a long table


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = report_runs.write_run(tmp_path_factory.mktemp("long"), images=1500, classes=3, kept=4, thumbs=100)
    return write_report(folder)


#: All rows pass by, some at a time; the largest number of elements that the table had.
SCROLLED = """async () => {
  const grid = document.querySelector("[data-mount=images] [role=grid]");
  let most = 0;
  for (let top = 0; top < grid.scrollHeight; top += grid.scrollHeight / 40) {
    grid.scrollTop = top;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 10)));
    most = Math.max(most, grid.querySelectorAll("*").length);
  }
  return [most, Math.max(...[...grid.querySelectorAll("[role=row]")].map((row) => Number(row.ariaRowIndex)))];
}"""


def test_a_long_table_keeps_few_rows_in_the_page_and_its_memory(page_of: PageOf, long: Path) -> None:
    tab = page_of(long)
    tab.page.wait_for_selector(ROW)
    talk = tab.page.context.new_cdp_session(tab.page)
    grid = tab.page.locator("[data-mount=images] [role=grid]")
    assert grid.get_attribute("aria-rowcount") == "1501" and grid.locator("[role=row]").count() < 60
    tab.evaluate(SCROLLED)
    before = heap_bytes(talk)
    for _ in range(2):
        most, last = tab.evaluate(SCROLLED)
    assert most < 2_000 and last > 1_490
    assert heap_bytes(talk) - before < 2 << 20


def heap_bytes(talk: Any) -> int:
    talk.send("HeapProfiler.collectGarbage")
    return int(talk.send("Runtime.getHeapUsage")["usedSize"])
