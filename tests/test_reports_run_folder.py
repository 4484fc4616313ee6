"""A run folder becomes a report, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from reports import ReportError, Size, render, render_run, run_folder, write_report, write_report_folder
from reports.run_folder import redraw_report
from tests import report_samples as samples
from tests import task_samples
from tests.report_runs import write_run


def written(folder: Path, document: dict[str, Any] | str, pictures: dict[str, bytes] | None = None) -> Path:
    text = document if isinstance(document, str) else json.dumps(document)
    (folder / "inspection.json").write_text(text, encoding="utf-8")
    (folder / "evidence").mkdir(exist_ok=True)
    for name, data in (pictures or {}).items():
        (folder / name).write_bytes(data)
    return folder


def test_the_report_is_drawn_from_the_run_folder_alone(tmp_path: Path) -> None:
    document, pictures = samples.with_pictures(samples.partial())
    path = write_report(written(tmp_path, document, pictures))
    assert path == tmp_path / "report.html"
    html, seen = path.read_text(encoding="utf-8"), re.compile("<main.*</footer>", re.S)
    shown = seen.findall(html)[0].replace(' data-mount="classes"', "")
    plain = seen.findall(render(json.loads(json.dumps(document)), pictures))[0]
    assert shown.replace("no script but those that came with it", "no script") == plain
    assert html == render_run(tmp_path) and str(tmp_path) not in html
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_what_changes_from_run_to_run_stands_in_the_footer(tmp_path: Path) -> None:
    written(tmp_path, samples.street())
    (tmp_path / "run.json").write_text('{"started": "2030-01-01", "versions": {"numpy": "2.4.6"}}', encoding="utf-8")
    body, footer = write_report(tmp_path).read_text(encoding="utf-8").split("<footer>")
    assert "2.4.6" in footer and "2.4.6" not in body and "versions numpy" in footer


def test_the_task_of_a_run_is_shown_where_it_was_picked(tmp_path: Path) -> None:
    document, task = samples.street(), task_samples.task()
    (written(tmp_path, document) / "task.json").write_text(json.dumps(task), encoding="utf-8")
    panel = re.compile('<section id="task".*?</section>', re.S)
    html = write_report(tmp_path).read_text(encoding="utf-8")
    assert panel.findall(html) == panel.findall(render(document, {}, None, task)) and len(panel.findall(html)) == 1
    (tmp_path / "task.json").unlink()
    assert not panel.findall(write_report(tmp_path).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "task.json: not readable as JSON"), ("[]", "task.json: expected a JSON object, found list"),
        ("{}", "task.json: schema_version None found, 1 expected"),
    ],
)  # fmt: skip
def test_a_broken_task_is_named_and_the_old_report_stays(tmp_path: Path, text: str, message: str) -> None:
    (written(tmp_path, samples.street()) / "task.json").write_text(text, encoding="utf-8")
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    with pytest.raises(ReportError, match=message):
        write_report(tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"


def test_a_run_folder_without_its_evidence_still_has_a_report(tmp_path: Path) -> None:
    document, _ = samples.with_pictures(samples.street())
    (tmp_path / "inspection.json").write_text(json.dumps(document), encoding="utf-8")
    assert "<img" not in write_report(tmp_path).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not readable as JSON"), ("{", "not readable as JSON"), ("[" * 100_000, "not readable as JSON"),
        ("[]", "expected a JSON object, found list"), ("{}", "schema_version None found, 1 expected"),
    ],
)  # fmt: skip
def test_a_broken_document_is_named_and_the_old_report_stays(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    with pytest.raises(ReportError, match=message):
        write_report(written(tmp_path, text))
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"inspection\.json: not found"):
        write_report(tmp_path)


def test_numbers_that_are_not_finite_are_undefined(tmp_path: Path) -> None:
    document = samples.street()
    document["overall"]["miou"] = float("nan")
    document["classes"][0]["hd95_px"] = float("inf")
    assert "Mean IoU is undefined" in write_report(written(tmp_path, document)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["../secret.png", "evidence/../../secret.png", "/etc/hostname", "evidence/.png", ""])
def test_a_document_cannot_reach_out_of_its_folder(tmp_path: Path, name: str) -> None:
    document, pictures = samples.with_pictures(samples.street())
    run = tmp_path / "run"
    run.mkdir()
    (tmp_path / "secret.png").write_bytes(next(iter(pictures.values())))
    for image in document["findings"][0]["images"]:
        image["pictures"] = {"truth": name}
    document["findings"] = document["findings"][:1]
    document["evidence"] = []
    assert "<img" not in write_report(written(run, document)).read_text(encoding="utf-8")


def test_a_link_in_the_evidence_is_not_followed(tmp_path: Path) -> None:
    document, pictures = samples.with_pictures(samples.street())
    document["findings"] = []
    folder = written(tmp_path, document, pictures)
    for name, data in pictures.items():
        (tmp_path / "outside.png").write_bytes(data)
        (folder / name).unlink()
        os.symlink(tmp_path / "outside.png", folder / name)
    assert "<img" not in write_report(folder).read_text(encoding="utf-8")


def test_a_write_that_fails_leaves_the_old_report_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    written(tmp_path, samples.street())
    (tmp_path / "report.html").write_text("old", encoding="utf-8")
    monkeypatch.setattr(run_folder.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_report(tmp_path)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evidence", "inspection.json", "report.html"]


# ---------------------------------------------------------------------- drawn again

FORMS = {
    "default": write_report,
    "size": lambda folder: write_report(folder, Size(1_200_000)),
    "size and pictures": lambda folder: write_report(folder, Size(2_000_000, 7)),
    "no limit": lambda folder: write_report(folder, Size(None)),
    "folder": write_report_folder,
}


def of_the_report(folder: Path) -> dict[str, bytes]:
    paths = [folder / "report.html", *(folder / "report_files").glob("*")]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("form", FORMS)
def test_a_report_is_redrawn_as_it_was_drawn(tmp_path: Path, form: str) -> None:
    folder = write_run(tmp_path / "run", images=60, classes=4, kept=40, picture_bytes=40_000)
    FORMS[form](folder)
    drawn = of_the_report(folder)
    assert redraw_report(folder) == folder / "report.html"
    assert of_the_report(folder) == drawn
    other = write_run(tmp_path / "other", images=60, classes=4, kept=40, picture_bytes=40_000)
    (folder / "inspection.json").unlink()  # of the older run no more is read than its report
    redraw_report(other, like=folder)
    assert of_the_report(other) == drawn and of_the_report(folder) == drawn


def test_a_page_that_lost_its_files_is_redrawn_as_one_is_by_default(tmp_path: Path) -> None:
    folder = write_run(tmp_path, images=5)
    write_report_folder(folder)
    shutil.rmtree(folder / "report_files")
    redraw_report(folder)
    assert (folder / "report.html").read_text(encoding="utf-8") == render_run(folder)


def test_forms_of_a_report_differ(tmp_path: Path) -> None:
    """Or the test before this one would show nothing."""
    folder = write_run(tmp_path, images=60, classes=4, kept=40, picture_bytes=40_000)
    pages = []
    for draw in FORMS.values():
        draw(folder)
        pages.append((folder / "report.html").read_text(encoding="utf-8").partition("<title>")[2])
    assert len(set(pages)) == len(FORMS) - 1  # the default leaves nothing out of a run as small as this


@pytest.mark.parametrize(
    "older",
    [None, "", "<!DOCTYPE html>", '<meta name="report-size" content="[4, ">', '<title>&lt;meta name="report-size" …'],
)
def test_where_the_older_report_says_nothing_it_is_drawn_as_one_is_by_default(
    tmp_path: Path, older: str | None
) -> None:
    folder = write_run(tmp_path, images=5)
    if older is not None:
        (folder / "report.html").write_text(older, encoding="utf-8")
    redraw_report(folder)
    assert (folder / "report.html").read_text(encoding="utf-8") == render_run(folder)
    assert 'name="report-size"' not in render_run(folder)
