"""The page in the other browser engine: it opens, its script does its work, and it keeps to itself."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reports import render
from reports.text import visible
from tests import report_samples as samples
from tests import task_samples
from tests.conftest import absent
from tests.firefox import Firefox, started
from tests.test_browser_walk import masks

TITLE = "Inspection of semantic masks"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    found = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    with started(Path(found or absent("firefox")), tmp_path_factory.mktemp("firefox") / "profile") as window:
        yield window


def settle(firefox: Firefox) -> None:
    firefox.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")


def check_quiet(firefox: Firefox) -> None:
    settle(firefox)
    assert (firefox.said, firefox.asked) == ([], [])


def test_what_a_page_says_would_be_seen(firefox: Firefox, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        """<!DOCTYPE html><meta charset="utf-8"><title>x</title><script>console.log("word"); throw Error("e")</script>
           <img src="http://127.0.0.1:45991/x.png">""",
        encoding="utf-8",
    )
    firefox.open(page)
    with pytest.raises(AssertionError):
        check_quiet(firefox)
    assert "info: word" in firefox.said and any("Error: e" in line for line in firefox.said)
    assert firefox.asked == ["http://127.0.0.1:45991/x.png"]


def test_hostile_names_stay_text(firefox: Firefox, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(render(*samples.with_pictures(samples.hostile()), None, task_samples.task()), encoding="utf-8")
    firefox.open(page)
    check_quiet(firefox)
    assert firefox.evaluate("() => [document.title, document.documentElement.className]") == [TITLE, "js"]


def test_the_report_of_a_run_opens_and_its_table_of_images_mounts(firefox: Firefox, run_folder: Path) -> None:
    firefox.open(run_folder / "report.html")
    firefox.wait_for("() => document.querySelector('[data-mount=images] [role=grid] [role=row][aria-rowindex]')")
    document = json.loads((run_folder / "inspection.json").read_text(encoding="utf-8"))
    rows = firefox.evaluate("() => document.querySelector('[data-mount=images] [role=grid]').ariaRowCount")
    assert int(rows) == document["overall"]["images"] + 1  # with its heading
    check_quiet(firefox)


PANE = """() => {
  const { left, top, width, height } = document.querySelector(".viewer-pane canvas").getBoundingClientRect();
  return [left, top, width, height];
}"""
PROBE = """() => Object.fromEntries([...document.querySelectorAll(".viewer-probe dl > div")]
  .map((row) => [...row.children].map((cell) => cell.textContent)))"""


def test_the_viewer_reads_the_exact_classes_of_its_masks(firefox: Firefox, run_folder: Path) -> None:
    """Firefox may blur what is read from a canvas; what the viewer says of a pixel comes from the file itself."""
    document = json.loads((run_folder / "inspection.json").read_text(encoding="utf-8"))
    kept = next(record for record in document["evidence"] if record["view"]["shrink"] == 1)
    gt, pred = masks(run_folder, document, kept["image_index"])
    names = [visible(record["name"]) for record in document["classes"]]
    firefox.open(run_folder / "report.html", f"#view?view.image={kept['image_index']}")
    firefox.wait_for("() => document.querySelector('dialog.viewer[open] .viewer-pane canvas')")
    left, top, width, height = firefox.evaluate(PANE)
    seen = set()
    for share in np.random.default_rng(3).uniform(0.05, 0.95, (40, 2)):
        firefox.point(left + share[0] * width, top + share[1] * height)
        settle(firefox)
        said = firefox.evaluate(PROBE)
        if "Place" not in said:  # beside the picture
            continue
        x, y = map(int, re.findall(r"\d+", said["Place"]))
        assert [said["True"], said["Predicted"]] == [[*names, "void"][gt[y, x]], [*names, "no class"][pred[y, x]]]
        seen.add((x, y))
    assert len(seen) > 10
    check_quiet(firefox)
