"""The tables of the report in a real browser: sorted, searched, filtered, walked by keys, and left for print."""

from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pyarrow.parquet as pq
import pytest

from inspector.tables import write_metadata
from reports import write_report
from reports.formats import count, tenths
from reports.text import visible
from tests.browser import LAPTOP, PHONE, PageOf, Tab, without_policy
from tests.test_browser_accessibility import violations

if TYPE_CHECKING:
    from playwright.sync_api import Locator

Row = dict[str, Any]


class Grid:
    """A table of the page: `part` is images, classes or confusion."""

    def __init__(self, tab: Tab, part: str) -> None:
        self.tab, self.part = tab, part
        self.place = tab.page.locator(f'[data-mount="{part}"]')
        self.sheet = self.place.locator(".sheet")
        self.place.locator(".sheet .row").first.wait_for()

    def click(self, column: str, *keys: Any) -> None:
        self.place.locator(f'.sheet [data-column="{column}"]').click(modifiers=list(keys))

    def search(self, text: str) -> None:
        self.place.get_by_role("searchbox").fill(text)

    def pick(self, name: str, value: str) -> None:
        self.place.locator(f'select[name="{name}"]').select_option(value)

    def said(self) -> str:
        return self.place.locator('[role="status"]').inner_text()

    def rows(self) -> int:
        """So many rows the table has, in the page or not."""
        return int(self.sheet.get_attribute("aria-rowcount") or 0) - 1

    def names(self) -> list[str]:
        """The names of all rows, which are scrolled by."""
        return self.column("name")

    def column(self, key: str) -> list[str]:
        """What stands in a column, row by row; the table is scrolled by for it."""
        walk = """async ([part, key]) => {
            const sheet = document.querySelector(`[data-mount="${part}"] .sheet`);
            const heads = [...sheet.querySelectorAll('[role="columnheader"]')];
            const at = heads.findIndex((head) => head.querySelector("[data-column]")?.dataset.column === key);
            const found = {};
            for (let top = 0; top === 0 || top < sheet.scrollHeight; top += 200) {
                sheet.scrollTop = top;
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
                for (const row of sheet.querySelectorAll(".row")) {
                    const cell = row.children[at];
                    found[row.ariaRowIndex] = (cell.querySelector("bdi, span") ?? cell).textContent;
                }
            }
            sheet.scrollTop = 0;
            return found;
        }"""
        found = self.tab.evaluate(walk, [self.part, key])
        return [found[place] for place in sorted(found, key=int)]

    def cell(self, row: int, column: int) -> Locator:
        return self.sheet.locator(f'[data-at="{row}.{column}"]')

    def has(self, what: Callable[[], bool]) -> None:
        """Wait until it is so."""
        for _ in range(200):
            if what():
                return
            self.tab.page.wait_for_timeout(50)
        raise AssertionError(f"{self.said()}, {state(self.tab)}")


def state(tab: Tab) -> dict[str, str]:
    """The keys of the address."""
    return {key: values[0] for key, values in parse_qs(str(tab.evaluate("location.hash")).partition("?")[2]).items()}


def focused(tab: Tab) -> str:
    return str(tab.evaluate("document.activeElement.dataset.at ?? document.activeElement.dataset.cell ?? ''"))


def press(tab: Tab, *keys: str) -> None:
    for key in keys:
        tab.page.keyboard.press(key)


@pytest.fixture(scope="module")
def report(run_folder: Path) -> Path:
    return run_folder / "report.html"


@pytest.fixture(scope="module")
def document(run_folder: Path) -> Row:
    return dict(json.loads((run_folder / "inspection.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def images(run_folder: Path) -> list[Row]:
    rows = pq.read_table(run_folder / "images.parquet").to_pylist()
    return [
        {**row, "name": visible(row["image"]), "miou": row["mean_iou"], "wrong": row["valid_px"] - row["correct_px"]}
        for row in rows
    ]


@pytest.fixture(scope="module")
def of_class(run_folder: Path) -> dict[tuple[int, int], Row]:
    rows = pq.read_table(run_folder / "classes.parquet").to_pylist()
    return {(row["image_index"], row["class_index"]): row for row in rows}


@pytest.fixture
def table(page_of: PageOf, report: Path) -> Grid:
    return Grid(page_of(report), "images")


def by_iou(row: Row) -> tuple[bool, float, int]:
    return (row["miou"] is None or math.isnan(row["miou"]), row["miou"] or 0.0, row["image_index"])


# ---------------------------------------------------------------------- sort


def test_all_images_are_there_worst_first_but_few_in_the_page(table: Grid, images: list[Row]) -> None:
    expected = [row["name"] for row in sorted(images, key=by_iou)]
    assert table.names() == expected and table.rows() == len(images) and table.said() == f"{len(images)} images."
    assert table.sheet.locator(".row").count() < 25
    assert table.sheet.locator('[aria-sort="ascending"]').inner_text().startswith("mIoU")


def test_a_heading_sorts_and_sorts_the_other_way(table: Grid, images: list[Row]) -> None:
    table.click("wrong_px")
    falling = sorted(images, key=lambda row: (-row["wrong"], row["image_index"]))
    assert table.column("wrong_px") == [count(row["wrong"]) for row in falling]
    assert table.names() == [row["name"] for row in falling] and state(table.tab)["images.sort"] == "-wrong_px"
    table.click("wrong_px")
    rising = sorted(images, key=lambda row: (row["wrong"], row["image_index"]))
    assert table.names() == [row["name"] for row in rising]
    assert table.sheet.locator("[aria-sort]").count() == 1


def test_a_second_key_is_added_with_shift(table: Grid) -> None:
    table.click("missed")
    table.click("wrong_px", "Shift")
    table.click("wrong_px", "Shift")
    assert state(table.tab)["images.sort"] == "-missed,wrong_px"
    keys = [
        (-int(missed.replace(",", "")), int(wrong.replace(",", "")))
        for missed, wrong in zip(table.column("missed"), table.column("wrong_px"), strict=True)
    ]
    assert keys == sorted(keys)


# ---------------------------------------------------------------------- search and filters


def test_words_and_limits_leave_the_images_that_meet_them(table: Grid, images: list[Row]) -> None:
    wanted: dict[str, Callable[[Row], bool]] = {
        "FRAME_00001": lambda row: "frame_00001" in row["name"].lower(),
        "miou<60": lambda row: row["miou"] < 0.6,
        "miou < 70 1": lambda row: row["miou"] < 0.7 and "1" in row["name"],
        "wrong_px>20000": lambda row: row["wrong"] > 20000,
        '"<script>"': lambda row: "<script>" in row["name"],
        "no such image": lambda row: False,
    }
    for query, is_wanted in wanted.items():
        table.search(query)
        expected = [row["name"] for row in sorted(images, key=by_iou) if is_wanted(row)]
        table.has(lambda expected=expected: table.rows() == len(expected))  # type: ignore[misc]
        assert table.names() == expected, query
        assert table.said() == f"Showing {len(expected)} of {len(images)} images."
    assert table.place.locator(".empty").inner_text() == "Nothing matches."
    table.has(lambda: state(table.tab).get("images.q") == "no such image")


def test_what_is_no_filter_is_marked_and_filters_nothing(table: Grid, images: list[Row]) -> None:
    table.search("nonsense>3 miou<")
    box = table.place.get_by_role("searchbox")
    table.has(lambda: box.get_attribute("aria-invalid") == "true")
    assert "nonsense>3 miou<" in table.place.get_by_role("alert").inner_text() and table.rows() == len(images)
    assert table.tab.evaluate(
        "document.getElementById(document.querySelector('[aria-invalid=true]').getAttribute('aria-describedby')).role"
    ) == "alert"  # fmt: skip


def test_a_class_brings_its_numbers_in_each_image(
    table: Grid, images: list[Row], of_class: dict[tuple[int, int], Row]
) -> None:
    index = 5
    table.pick("class", str(index))
    table.sheet.locator('[data-column="class_iou"]').click()
    held = {row["image_index"]: of_class.get((row["image_index"], index)) for row in images}

    def iou(image: int) -> float | None:
        row = held[image]
        return row["tp_px"] / (row["gt_px"] + row["pred_px"] - row["tp_px"]) if row else None

    order = sorted(held, key=lambda image: (iou(image) is None, iou(image) or 0, image))
    assert table.column("class_iou") == [tenths(iou(image)) for image in order]
    missed = [count(row["gt_px"] - row["tp_px"]) if (row := held[image]) else "0" for image in order]
    assert table.column("class_missed_px") == missed
    wanted: dict[str, Callable[[Row], bool]] = {
        "either": lambda row: True,
        "true": lambda row: row["gt_px"] > 0,
        "predicted": lambda row: row["pred_px"] > 0,
        "wrong": lambda row: row["gt_px"] + row["pred_px"] > 2 * row["tp_px"],
    }
    for how, is_wanted in wanted.items():
        table.pick("is", how)
        n = sum(1 for row in held.values() if row and is_wanted(row))
        table.has(lambda n=n: table.rows() == n)  # type: ignore[misc]
    table.search("class_iou<50")
    below = sum(1 for image, row in held.items() if row and wanted["wrong"](row) and (iou(image) or 0) < 0.5)
    table.has(lambda: table.rows() == below)


def test_a_verdict_is_a_filter(table: Grid, images: list[Row]) -> None:
    table.pick("reviewed", "any")
    table.has(lambda: table.rows() == 0)
    run = table.tab.evaluate("JSON.parse(document.getElementById('data-page').textContent).run")
    item = {
        "image": images[7]["name"], "image_index": images[7]["image_index"], "class": None, "class_name": None,
        "box": None, "verdict": "label-error", "note": "", "reviewer": "", "at": "2026-01-02T03:04:05Z",
    }  # fmt: skip
    review = {"schema_version": 1, "run": run, "tool": "mask-inspector", "items": [item]}
    kept = [f"mask-inspector.review.{run}", json.dumps(review)]
    table.tab.evaluate("([key, text]) => localStorage.setItem(key, text)", kept)
    table.tab.page.reload()
    table.has(lambda: table.rows() == 1)
    assert table.names() == [images[7]["name"]]
    assert table.sheet.get_by_role("columnheader", name="Review").count() == 1
    for choice, n in {"label-error": 1, "model-error": 0, "none": len(images) - 1}.items():
        table.pick("reviewed", choice)
        table.has(lambda n=n: table.rows() == n)  # type: ignore[misc]


# ---------------------------------------------------------------------- columns and the address


def test_columns_are_chosen_and_the_name_stays(table: Grid) -> None:
    table.place.locator(".chooser summary").click()
    table.place.locator(".chooser").get_by_label("Mean Dice").check()
    table.has(lambda: table.sheet.locator('[data-column="dice"]').count() == 1)
    assert "dice" in state(table.tab)["images.cols"].split(",")
    table.place.locator(".chooser").get_by_label("Mean Dice").uncheck()
    table.has(lambda: "images.cols" not in state(table.tab))
    while (checked := table.place.locator(".chooser input:checked")).count():
        checked.first.click()
    assert table.sheet.locator("[data-column]").all_inner_texts() == ["Image"]


def test_the_address_opens_what_its_sender_saw(page_of: PageOf, table: Grid) -> None:
    table.pick("class", "2")
    table.pick("is", "either")
    table.click("class_missed_px")
    table.search("miou<99 frame")
    table.place.locator(".chooser summary").click()
    table.place.locator(".chooser").get_by_label("Height").check()
    table.tab.evaluate("document.querySelector('[data-mount=images] .sheet').scrollTop = 56 * 10")
    table.has(lambda: state(table.tab).get("images.row") == "10")
    again = Grid(page_of(str(table.tab.evaluate("location.href"))), "images")
    again.has(lambda: again.rows() == table.rows())
    assert again.tab.evaluate("document.querySelector('[data-mount=images] .sheet').scrollTop") == 560
    assert state(again.tab) == state(table.tab)
    heads = [each.sheet.locator("[data-column]").all_inner_texts() for each in (table, again)]
    assert heads[0] == heads[1] and again.names() == table.names()


def test_the_address_leads_to_its_section(page_of: PageOf, report: Path) -> None:
    tab = page_of(f"{report.as_uri()}#images?images.sort=-miou")
    table = Grid(tab, "images")
    table.has(lambda: 0 <= tab.evaluate("document.getElementById('images').getBoundingClientRect().top") < 200)


# ---------------------------------------------------------------------- metadata

HOSTILE = {
    "<script>document.title = 1</script>": '"><img src=x onerror="document.title=1">',
    "gnp\u202e.exe": "two\nlines \u202eeman\u2066",
    "طقس": "ماطر",
    "miou": "mine",
    "index": "index",
    "image": "image",
    "a,b -c": "x" * 300,
    "y" * 300: "👨‍👩‍👧 " * 40,
}


@pytest.fixture(scope="module")
def described(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """The report of a run with metadata of all kinds, and its columns by their names."""
    folder = tmp_path_factory.mktemp("described") / "run"
    shutil.copytree(run_folder, folder)
    columns = {
        "weather": [("fog", "light rain", "")[n % 3] for n in range(48)],
        "altitude": ["" if n % 7 == 0 else f"{(n * 37) % 48 - 9.5:g}" for n in range(48)],
        "camera": [f"0{n % 4}" for n in range(48)],
        **{name: [value] * 48 for name, value in HOSTILE.items()},
    }
    write_metadata(folder, columns)
    return write_report(folder), columns


def test_metadata_is_chosen_sorted_and_searched(
    page_of: PageOf, described: tuple[Path, dict[str, list[str]]], images: list[Row]
) -> None:
    report, columns = described
    table = Grid(page_of(report), "images")
    assert table.sheet.locator('[data-column^="user."]').count() == 0  # until it is asked for
    table.place.locator(".chooser summary").click()
    chooser = table.place.locator(".chooser")
    for key in ("weather", "altitude"):
        chooser.locator(f'input[name="user.{key}"]').check()
    table.click("user.altitude")
    height = [float(text or "nan") for text in columns["altitude"]]
    order = sorted(range(48), key=lambda n: (math.isnan(height[n]), height[n], n))
    assert table.column("user.altitude") == [columns["altitude"][n] for n in order]
    names = {row["image_index"]: row["name"] for row in images}
    assert table.names() == [names[n] for n in order]
    table.click("user.weather")
    assert table.column("user.weather") == sorted(columns["weather"], key=lambda text: text)
    searched = {
        "altitude<10": [n for n in range(48) if height[n] < 10],
        "altitude>=-9.5 weather=FOG": [n for n in range(48) if height[n] >= -9.5 and columns["weather"][n] == "fog"],
        "altitude=undefined": [n for n in range(48) if math.isnan(height[n])],
        'weather="light rain" camera=01': [
            n for n in range(48) if columns["weather"][n] == "light rain" and columns["camera"][n] == "01"
        ],
        'weather=""': [n for n in range(48) if not columns["weather"][n]],
        "miou<50": [row["image_index"] for row in images if row["miou"] < 0.5],
        "user.miou=mine": list(range(48)),
        "طقس=ماطر altitude=3.5": [n for n in range(48) if height[n] == 3.5],
    }
    for text, found in searched.items():
        table.search(text)
        table.has(lambda found=found: table.rows() == len(found))  # type: ignore[misc]
        assert sorted(table.names()) == sorted(names[n] for n in found), text
    link = str(table.tab.evaluate("location.href"))
    table.has(lambda: "images.q" in state(table.tab))
    again = Grid(page_of(link), "images")
    assert again.sheet.locator('[data-column="user.altitude"]').count() == 1


def test_hostile_metadata_is_shown_and_does_nothing(
    page_of: PageOf, described: tuple[Path, dict[str, list[str]]]
) -> None:
    report, columns = described
    title = page_of(report).page.title()
    tab = page_of(without_policy(report.read_text(encoding="utf-8")))
    table = Grid(tab, "images")
    table.place.locator(".chooser summary").click()
    boxes = table.place.locator('.chooser input[name^="user."]')
    assert boxes.count() == len(columns)
    for box in boxes.all():
        box.check()
    keys = [str(box.get_attribute("name")) for box in boxes.all()]
    assert not any(
        box.evaluate("box => box.nextSibling.scrollWidth > box.nextSibling.clientWidth") for box in boxes.all()
    )
    table.search("frame_00001")
    table.has(lambda: 3 < table.rows() < 12)
    for key, (name, values) in zip(keys, columns.items(), strict=True):
        assert set(table.column(key)) <= {visible(value) for value in values}
        head = table.sheet.locator(f'[data-column="{key}"]').inner_text()
        assert head == (visible(name) if len(visible(name)) <= 40 else f"{visible(name)[:39]}…")
    assert tab.page.title() == title
    assert tab.evaluate("document.documentElement.scrollWidth") <= LAPTOP[0]
    assert violations(tab, contrast=False)["must"] == []


# ---------------------------------------------------------------------- keys


def test_the_keyboard_walks_through_the_table_and_opens_an_image(table: Grid, images: list[Row]) -> None:
    tab, order = table.tab, sorted(images, key=by_iou)
    table.place.locator('.sheet [data-column="name"]').focus()
    press(tab, "ArrowDown", "ArrowDown", "ArrowRight")
    assert focused(tab) == "1.2"
    press(tab, "PageDown", "PageDown")
    row = int(focused(tab).split(".")[0])
    assert row > 10 and table.cell(row, 2).is_visible()
    press(tab, "Control+End")
    assert focused(tab) == f"{len(images) - 1}.{table.sheet.locator('[role=columnheader]').count() - 1}"
    press(tab, "ArrowDown", "Home", "ArrowUp")
    assert focused(tab) == f"{len(images) - 2}.0"
    press(tab, "Control+Home", "PageUp")
    assert focused(tab) == "0.0"
    press(tab, "ArrowUp", "ArrowRight", "ArrowRight")
    assert focused(tab) == "-1.2" and "Mean IoU of the image" in table.place.get_by_role("tooltip").inner_text()
    press(tab, "Escape")
    assert table.place.get_by_role("tooltip").count() == 0
    press(tab, "Enter")
    assert state(tab)["images.sort"] == "-miou"
    press(tab, "Shift+Tab", "Tab")
    assert focused(tab) == "-1.2"  # one stop of the tab key for the whole table
    press(tab, "Enter", "ArrowDown", "ArrowDown", "ArrowDown", "Enter")
    held = state(tab)
    assert (held["view.image"], held["view.list"], held["view.at"]) == (str(order[2]["image_index"]), "images", "2")
    press(tab, "Escape")
    table.has(lambda: focused(tab) == "2.2")


def test_the_next_image_is_the_next_row(table: Grid, images: list[Row]) -> None:
    table.search("miou<80")
    table.click("wrong_px")
    wanted = sorted((row for row in images if row["miou"] < 0.8), key=lambda row: (-row["wrong"], row["image_index"]))
    table.has(lambda: table.rows() == len(wanted))
    table.cell(0, 2).click()
    for row in wanted[:3]:
        table.has(lambda row=row: state(table.tab).get("view.image") == str(row["image_index"]))  # type: ignore[misc]
        press(table.tab, "j")


def test_the_row_with_the_focus_stays_in_the_page(table: Grid) -> None:
    table.place.locator('.sheet [data-column="name"]').focus()
    press(table.tab, "ArrowDown")
    table.tab.evaluate("document.querySelector('[data-mount=images] .sheet').scrollTop = 1e6")
    table.has(lambda: table.sheet.locator('[aria-rowindex="49"]').count() == 1)
    assert focused(table.tab) == "0.1"
    press(table.tab, "ArrowDown")
    assert focused(table.tab) == "1.1" and table.cell(1, 1).is_visible()


def test_the_name_is_a_link_to_the_image(page_of: PageOf, table: Grid, images: list[Row]) -> None:
    worst = min(images, key=by_iou)
    link = table.cell(0, 1).locator("a")
    assert f"view.image={worst['image_index']}" in (link.get_attribute("href") or "")
    link.click()
    assert state(table.tab)["view.image"] == str(worst["image_index"])
    table.tab.page.go_back()
    table.has(lambda: "view.image" not in state(table.tab))


# ---------------------------------------------------------------------- classes


def test_classes_say_their_numbers_and_why_there_is_none(page_of: PageOf, report: Path, document: Row) -> None:
    table = Grid(page_of(report), "classes")
    classes = sorted(document["classes"], key=lambda row: (row["iou"] is None, row["iou"] or 0))
    assert table.names() == [visible(row["name"]) for row in classes]
    assert table.column("iou") == [tenths(row["iou"]) for row in classes]
    table.search("pole")
    table.has(lambda: table.rows() == sum("pole" in row["name"] for row in classes))


def test_a_class_leads_to_its_images_and_its_missed_objects(page_of: PageOf, report: Path, document: Row) -> None:
    table = Grid(page_of(report), "classes")
    worst = min(range(len(document["classes"])), key=lambda at: document["classes"][at]["iou"])
    name = visible(document["classes"][worst]["name"])
    table.place.get_by_role("button", name=f"all its images: {name}", exact=True).click()
    table.has(lambda: state(table.tab).get("images.class") == str(worst))
    assert state(table.tab)["images.sort"] == "class_iou" and table.tab.evaluate("scrollY") > 0
    for act, kind in {"worst images": "class", "missed objects": "missed"}.items():
        table.place.get_by_role("button", name=f"{act}: {name}", exact=True).click()
        table.has(lambda kind=kind: state(table.tab).get("view.list") == f"{kind}.{worst}")  # type: ignore[misc]
        assert state(table.tab)["view.class"] == str(worst)
        table.tab.page.go_back()
        table.has(lambda: "view.image" not in state(table.tab))


def test_no_object_of_the_background_is_offered_as_missed(page_of: PageOf, report: Path, document: Row) -> None:
    html, n = re.subn(r'("color":"#[0-9a-f]{6}","background":)false', r"\1true", report.read_text("utf-8"), count=1)
    assert n == 1 and not any(row["background"] for row in document["classes"])
    table = Grid(page_of(html), "classes")
    first = visible(document["classes"][0]["name"])
    offered = table.place.locator('.sheet button[aria-label^="missed objects: "]')
    named = {str(button.get_attribute("aria-label")).removeprefix("missed objects: ") for button in offered.all()}
    assert named == {visible(row["name"]) for row in document["classes"]} - {first}
    assert table.place.get_by_role("button", name=f"worst images: {first}", exact=True).count() == 1


# ---------------------------------------------------------------------- confusion


def heaviest(run_folder: Path) -> list[Row]:
    """Cells off the diagonal, heaviest first, with their images by pixels."""
    cells: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for row in pq.read_table(run_folder / "confusion.parquet").to_pylist():
        if row["true_index"] != row["pred_index"] and row["px"]:
            cells.setdefault((row["true_index"], row["pred_index"]), []).append((-row["px"], row["image_index"]))
    found = [
        {"true": t, "pred": p, "px": -sum(px for px, _ in parts), "images": [image for _, image in sorted(parts)]}
        for (t, p), parts in cells.items()
    ]
    return sorted(found, key=lambda cell: (-cell["px"], cell["true"], cell["pred"]))


def test_a_cell_says_what_it_is_and_opens_its_images(
    page_of: PageOf, report: Path, run_folder: Path, document: Row
) -> None:
    tab = page_of(report)
    cell, names = heaviest(run_folder)[0], [visible(row["name"]) for row in document["classes"]]
    true, pred = cell["true"], cell["pred"]
    place = tab.page.locator(f'[data-cell="{true}.{pred}"]')
    share = tenths(cell["px"] / sum(document["confusion"]["matrix"][true]))
    expected = (
        f"{names[true]} predicted as {names[pred]}: {count(cell['px'])} px, {share}\u202f% of the true {names[true]}, "
        f"in {len(cell['images'])} images"
    )
    assert place.get_attribute("aria-label") == expected
    place.hover()
    assert tab.page.locator(".readout").inner_text() == expected
    tab.page.locator('[data-cell="0.0"]').focus()
    press(tab, *["ArrowDown"] * true, *["ArrowRight"] * pred)
    assert focused(tab) == f"{true}.{pred}"
    press(tab, "Enter")
    Grid(tab, "images").has(lambda: state(tab).get("view.list") == f"cell.{true}.{pred}")
    assert state(tab)["view.image"] == str(cell["images"][0])


def test_the_map_is_normalised_as_asked(page_of: PageOf, report: Path, document: Row) -> None:
    tab = page_of(report)
    matrix = document["confusion"]["matrix"]
    diagonal = tab.page.locator('[data-cell="0.0"]')
    assert diagonal.inner_text() == f"{100 * matrix[0][0] / sum(matrix[0]):.0f}"
    tab.page.locator('input[value="predicted"]').check()
    assert diagonal.inner_text() == f"{100 * matrix[0][0] / sum(row[0] for row in matrix):.0f}"
    assert state(tab)["confusion.normalise"] == "predicted"
    tab.page.locator('input[value="counts"]').check()
    assert re.fullmatch(r"\d{1,4}[kMGT]?", diagonal.inner_text())


def test_every_confusion_is_listed(page_of: PageOf, report: Path, run_folder: Path, document: Row) -> None:
    table = Grid(page_of(report), "confusion")
    cells, names = heaviest(run_folder), [*(visible(row["name"]) for row in document["classes"]), "no class"]
    assert table.column("px") == [count(cell["px"]) for cell in cells]
    assert table.column("pred") == [names[cell["pred"]] for cell in cells]
    assert table.column("images") == [count(len(cell["images"])) for cell in cells]
    table.click("of_true")
    totals = [sum(row) for row in document["confusion"]["matrix"]]
    assert table.column("of_true") == [tenths(share) for share in sorted(c["px"] / totals[c["true"]] for c in cells)]
    table.search("pole")
    table.has(lambda: table.rows() == sum("pole" in names[c["true"]] + " " + names[c["pred"]] for c in cells))
    table.cell(0, 0).click()
    table.has(lambda: str(state(table.tab).get("view.list")).startswith("cell."))


# ---------------------------------------------------------------------- everybody


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_guidelines_hold(page_of: PageOf, report: Path, scheme: str) -> None:
    tab = page_of(report, scheme=scheme)
    table = Grid(tab, "images")
    table.pick("class", "3")
    table.search("nonsense>3")
    for summary in tab.page.locator(".live summary").all():
        summary.click()
    tab.page.locator('[data-cell="1.2"]').focus()
    assert violations(tab)["must"] == []


def test_a_phone_scrolls_the_table_and_not_the_page(page_of: PageOf, report: Path) -> None:
    tab = page_of(report, size=PHONE)
    table = Grid(tab, "images")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    name = table.cell(0, 1)
    table.sheet.evaluate("sheet => { sheet.scrollLeft = 1e4; }")
    assert (name.bounding_box() or {"x": -1})["x"] >= (table.sheet.bounding_box() or {"x": 0})["x"]


def test_what_can_be_hit_is_large_enough(page_of: PageOf, report: Path) -> None:
    tab = page_of(report)
    Grid(tab, "images")
    for summary in tab.page.locator(".live summary").all():
        summary.click()
    small = tab.evaluate("""() => [...document.querySelectorAll(
            ".live :is(a, button, select, summary, input[type=search], label, [data-cell])")]
        .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)""")
    assert small == []


def test_paper_shows_what_was_drawn(page_of: PageOf, report: Path) -> None:
    tab = page_of(report)
    for part in ("classes", "images", "confusion"):
        Grid(tab, part)
        drawn, live = (tab.page.locator(f'[data-mount="{part}"] > {which}') for which in (".drawn", ".live"))
        assert drawn.is_hidden() and live.is_visible()
        tab.page.emulate_media(media="print")
        assert drawn.is_visible() and live.is_hidden()
        tab.page.emulate_media(media="screen")


def test_what_was_drawn_stays_where_the_data_is_broken(page_of: PageOf, report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    broken, n = re.subn(r'(id="table-images"[^>]*>)[^<]+', r"\1AAAA", html)
    assert n == 1
    tab = page_of(broken)
    tab.page.get_by_text("This part could not be read").wait_for()
    assert tab.page.locator('[data-mount="images"] table').is_visible()
    Grid(tab, "classes")


def test_what_was_drawn_comes_back_where_a_table_fails(page_of: PageOf, report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    assert html.count('"class_columns":[') == 1
    tab = page_of(html.replace('"class_columns":[', '"class_columns":null,"unused":['))
    tab.page.locator('[data-mount="classes"]').get_by_text("This part could not be read").wait_for()
    assert tab.page.locator('[data-mount="classes"] table').is_visible()
    Grid(tab, "images")
