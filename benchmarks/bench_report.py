"""How a report of 10,000 images behaves in a browser, beside a page that holds all of the same data as elements.

    python -m benchmarks.bench_report

Each page is opened in a Chromium of its own, the machine's own one, by turns; the medians of all turns are printed.
"""

from __future__ import annotations

import argparse
import base64
import html
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Page as Tab

from benchmarks.make_pairs import DATA
from benchmarks.measure import markdown_table
from benchmarks.report_run import make_run
from reports import write_report, write_report_folder

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
SETTLED_S = 2.0  # after which memory is read
CLICKS = 3  # by turns on two headings
WORDS = ("frame_0001", "frame_00", "frame_000")  # typed one after the other; each changes what is found
LIMIT_MS = 300_000

#: When the table was first drawn: the page was loaded, a row was there, and a frame with it was painted.
USABLE = """(selector) => {
  const look = () => {
    const row = document.readyState === "complete" && document.querySelector(selector);
    if (row && row.getBoundingClientRect().height > 0)
      requestAnimationFrame(() => setTimeout(() => { window.__usable = performance.now(); }));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

#: Milliseconds from what a person does to the painted frame that shows what came of it.
UNTIL_PAINTED = """async ([kind, target, word, told]) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const state = () => {
    const [rows, first] = told;
    const row = document.querySelector(first);
    return `${document.querySelector(rows)?.getAttribute("aria-rowcount")} ${row ? row.textContent : ""}`;
  };
  const it = document.querySelector(target), before = state();
  await frame();
  const began = performance.now();
  if (kind === "click") it.click();
  else {
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(it, word);
    it.dispatchEvent(new Event("input", { bubbles: true }));
  }
  while (state() === before && performance.now() - began < 60000) await frame();
  await frame();
  await new Promise((done) => setTimeout(done));  // after the frame is painted
  return performance.now() - began;
}"""


@dataclass(frozen=True)
class Page:
    """A page to measure.

    row      selector of a row of its table
    told     selectors of the element whose aria-rowcount is the number of rows found, and of the first row
    columns  selectors of the headings of mean IoU and of names;  search: of the search box
    """

    name: str
    path: Path
    row: str
    told: tuple[str, str]
    columns: tuple[str, str]
    search: str


@dataclass(frozen=True)
class Cost:
    """Of one opening: ms, MiB of all renderer processes, of its script's heap, and how many DOM nodes there are."""

    usable_ms: float
    pss_mib: float
    heap_mib: float
    nodes: int
    sort_ms: float
    filter_ms: float


def report_page(name: str, path: Path) -> Page:
    grid = "[data-mount=images] [role=grid]"
    heads = (f"{grid} [data-column=miou]", f"{grid} [data-column=name]")
    first = f"{grid} [role=row][aria-rowindex='2']"
    return Page(name, path, first, (grid, first), heads, "[data-mount=images] input[type=search]")


def whole_page(path: Path) -> Page:
    first = "#whole tbody tr:not([hidden])"
    heads = ("#whole th[data-column=miou]", "#whole th[data-column=name]")
    return Page("every row an element", path, first, ("#whole", first), heads, "input[type=search]")


# ---------------------------------------------------------------------- the page to compare with


#: Sorts by moving the rows, filters by hiding them.
SCRIPT = """
const table = document.getElementById("whole"), body = table.tBodies[0], rows = [...body.rows];
const falling = {};
table.tHead.addEventListener("click", (event) => {
  const head = event.target.closest("th"), name = head.dataset.column, place = head.cellIndex;
  const value = (row) => name === "name" ? row.cells[place].textContent : Number(row.cells[place].dataset.value);
  const turn = (falling[name] = !falling[name]) ? -1 : 1;
  const keys = new Map(rows.map((row) => [row, value(row)]));
  rows.sort((a, b) => { const x = keys.get(a), y = keys.get(b); return x < y ? -turn : x > y ? turn : 0; });
  body.append(...rows);
});
document.querySelector("input").addEventListener("input", (event) => {
  const word = event.target.value.toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const is = row.textContent.toLowerCase().includes(word);
    row.hidden = !is;
    shown += is;
  }
  table.setAttribute("aria-rowcount", shown);
});
"""


def write_whole_page(run: Path, path: Path) -> None:
    """The same images, worst first, each a row with its scores, the IoU of its classes and both of its small masks.

    The size of the masks is told, so that nothing is laid out anew when they arrive.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>All rows</title>')
        file.write(
            "<style>table { border-collapse: collapse } td, th { border: 1px solid #ccc; padding: 2px 6px }</style>"
        )
        file.write('<input type="search"><table id="whole">')
        file.writelines(_rows(run))
        file.write(f"</table><script>{SCRIPT}</script>")


def _rows(run: Path) -> Iterator[str]:
    images, classes = pq.read_table(run / "images.parquet"), pq.read_table(run / "classes.parquet")
    thumbs = pq.read_table(run / "evidence" / "thumbs.parquet")
    scores = [name for name in images.column_names if name == "pixel_accuracy" or name.startswith("mean_")]
    k = int(np.max(classes["class_index"].to_numpy())) + 1
    iou = np.full((len(images), k), np.nan)
    iou[classes["image_index"].to_numpy(), classes["class_index"].to_numpy()] = classes["iou"].to_numpy()
    place = {int(image): row for row, image in enumerate(thumbs["image_index"].to_numpy())}
    masks = {side: thumbs[side].to_pylist() for side in ("gt", "pred")}
    names, columns = images["image"].to_pylist(), [images[name].to_numpy() for name in scores]
    order = np.argsort(images["mean_iou"].to_numpy(), kind="stable")
    keys = [
        "name",
        "truth",
        "prediction",
        *(name.replace("mean_iou", "miou") for name in scores),
        *(f"class {n}" for n in range(k)),
    ]
    heads = "".join(f'<th data-column="{key}">{key}</th>' for key in keys)
    yield f"<thead><tr>{heads}</tr></thead><tbody>\n"
    for image in order.tolist():
        pictures = (
            "".join(_picture(masks[side][place[image]]) for side in masks) if image in place else "<td></td><td></td>"
        )
        values = [*(column[image] for column in columns), *iou[image]]
        yield f"<tr><td>{html.escape(names[image])}</td>{pictures}{''.join(map(_number, values))}</tr>\n"
    yield "</tbody>"


def _picture(png: bytes) -> str:
    return f'<td><img alt="" width="128" height="64" src="data:image/png;base64,{base64.b64encode(png).decode()}"></td>'


def _number(value: float) -> str:
    return (
        '<td data-value="-1">undefined</td>' if np.isnan(value) else f'<td data-value="{value}">{100 * value:.1f}</td>'
    )


# ---------------------------------------------------------------------- measuring


def measure(browser: Browser, page: Page) -> Cost:
    """Open `page` in a browser that has shown nothing yet, and use it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(LIMIT_MS)
    tab = context.new_page()
    tab.add_init_script(f"({USABLE})({page.row!r})")
    tab.goto(page.path.as_uri(), wait_until="load", timeout=LIMIT_MS)
    usable = _usable(tab)
    time.sleep(SETTLED_S)
    talk = context.new_cdp_session(tab)
    talk.send("HeapProfiler.collectGarbage")
    talk.send("Performance.enable")
    counted = {each["name"]: each["value"] for each in talk.send("Performance.getMetrics")["metrics"]}
    memory = pss_mib(browser)

    def until_painted(kind: str, target: str, word: str = "") -> float:
        return tab.evaluate(UNTIL_PAINTED, [kind, target, word, list(page.told)])

    sorts = [until_painted("click", page.columns[n % 2]) for n in range(CLICKS)]
    filters = [until_painted("type", page.search, word) for word in WORDS]
    context.close()
    return Cost(
        usable, memory, counted["JSHeapUsedSize"] / 2**20, int(counted["Nodes"]),
        statistics.median(sorts), statistics.median(filters),
    )  # fmt: skip


def _usable(tab: Tab) -> float:
    """When the page was usable. Asked again and again: a policy of the page forbids what Playwright waits with."""
    until = time.monotonic() + LIMIT_MS / 1000
    while not (usable := tab.evaluate("window.__usable")):
        if time.monotonic() > until:
            raise TimeoutError(f"{tab.url}: not usable after {LIMIT_MS / 1000:g} s")
        tab.wait_for_timeout(20)
    return float(usable)


def pss_mib(browser: Browser) -> float:
    """Memory of all processes that render, where what several share counts once."""
    talk = browser.new_browser_cdp_session()
    known = talk.send("SystemInfo.getProcessInfo")["processInfo"]
    talk.detach()
    return sum(_pss_kib(each["id"]) for each in known if each["type"] == "renderer") / 1024


def _pss_kib(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def medians(costs: list[Cost]) -> dict[str, float]:
    return {name: statistics.median(getattr(cost, name) for cost in costs) for name in vars(costs[0])}


def compare(run: Path, repeats: int) -> str:
    """The table of all pages of a run folder."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not chromium:
        sys.exit("bench_report: needs chromium; install it")
    with tempfile.TemporaryDirectory(prefix="bench-report-") as name:
        pages, sizes = _pages(run, Path(name))
        costs: dict[str, list[Cost]] = {page.name: [] for page in pages}
        for _ in range(repeats):
            for page in pages:
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path=chromium, args=list(QUIET))
                    costs[page.name].append(measure(browser, page))
                    browser.close()
    head = (
        "page", "size, MB", "usable after, ms", "renderers, MiB", "script heap, MiB", "nodes", "sort, ms", "filter, ms",
    )  # fmt: skip
    return markdown_table(head, [_line(page, sizes[page.name], medians(costs[page.name])) for page in pages])


def _line(page: Page, size: int, cost: dict[str, float]) -> list[str]:
    whole = (f"{cost[name]:,.0f}" for name in ("usable_ms", "pss_mib", "heap_mib", "nodes", "sort_ms", "filter_ms"))
    return [page.name, f"{size / 1e6:.1f}", *whole]


def _pages(run: Path, folder: Path) -> tuple[list[Page], dict[str, int]]:
    """The pages, written into `folder`, and the bytes of each with the files that it needs."""
    one, split, whole = folder / "one", folder / "split", folder / "whole.html"
    for copy in (one, split):
        shutil.copytree(run, copy)
    pages = [
        report_page("report, one file", write_report(one)),
        report_page("report, with its folder", write_report_folder(split)),
        whole_page(whole),
    ]
    write_whole_page(run, whole)
    beside = sum(path.stat().st_size for path in (split / "report_files").iterdir())
    return pages, {page.name: page.path.stat().st_size + (beside if n == 1 else 0) for n, page in enumerate(pages)}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="a run folder; default: one is made below benchmarks/data and kept")
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--classes", type=int, default=19)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--report", type=Path, help="write the table to this file as well")
    given = parser.parse_args()
    run: Any = given.run or DATA / f"report-run-{given.images}-images-{given.classes}-classes"
    if not (run / "inspection.json").is_file():
        make_run(run, given.images, given.classes)
    table = compare(run, given.repeats)
    print(table)
    if given.report:
        given.report.write_text(table + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main()
