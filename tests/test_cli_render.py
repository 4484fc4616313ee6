"""`inspect render` and the options of the report: one file, a folder, or a PDF; and what is refused, in a sentence."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest

from tests import test_cli
from tests.command import Outcome, inspect
from tests.report_runs import page_data, write_run
from tests.test_cli import names, refused

here = test_cli.here  # the fixture: a folder with masks in it


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_run(tmp_path / "run", images=60, classes=4, kept=40, picture_bytes=40_000)


def done(outcome: Outcome, path: Path) -> str:
    assert (outcome.code, outcome.err, outcome.out) == (0, "", f"report: {path}\n")
    return path.read_text(encoding="utf-8", errors="replace")


def program(path: Path, *lines: str) -> Path:
    """A shell script in place of a browser."""
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_report_has_the_size_that_is_asked_for(run: Path) -> None:
    page = run / "report.html"
    whole = len(done(inspect("render", run), page))
    small = done(inspect("render", run, "--report-size", "1200kB"), page)
    assert 1_150_000 < len(small.encode("utf-8")) <= 1_200_000 < whole
    assert len(page_data(small)["views"]) < 40


def test_a_report_in_a_folder_holds_all_and_goes_with_the_next_in_one_file(run: Path) -> None:
    html = done(inspect("render", run, "--folder"), run / "report.html")
    assert len(page_data(html)["views"]) == 40 and (run / "report_files" / "viewer.js").is_file()
    done(inspect("render", run), run / "report.html")
    assert not (run / "report_files").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--report-size lots", ["--report-size", "'lots' is no size: expected a number with kB or MB, such as 15MB"]),
        ("--report-size 999kB", ["--report-size", "too small for a report", "1\u202fMB"]),
        ("--report-size 2MB --folder", ["--folder leaves nothing out"]),
        ("--pdf x.pdf --folder", ["--pdf prints the whole report"]),
        ("--pdf x.pdf --report-size 2MB", ["--pdf prints the whole report"]),
        ("--browser chromium", ["--browser is for --pdf"]),
        ("--pdf x.pdf --browser no-such-browser", ["no-such-browser", "no such program"]),
    ],
)
def test_what_does_not_go_together_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: list[str]
) -> None:
    monkeypatch.chdir(run.parent)
    before = {path.name for path in run.iterdir()}
    refused(inspect("render", "run", *arguments.split()), *words)
    assert {path.name for path in run.iterdir()} == before and not (run.parent / "x.pdf").exists()


def test_a_damaged_table_is_named(run: Path) -> None:
    (run / "classes.parquet").write_bytes(b"no table")
    outcome = inspect("render", run)
    assert outcome.code == 3 and "classes.parquet: not readable as Parquet" in outcome.err
    assert not (run / "report.html").exists()


# ---------------------------------------------------------------------- the main job


def test_the_main_job_writes_the_report_as_it_is_asked_to(here: Path) -> None:
    assert inspect("pred", "--gt", "gt", "-q", "-o", "run", "--report-folder").code == 0
    assert page_data((here / "run/report.html").read_text(encoding="utf-8"))["folder"] == "report_files"
    assert (here / "run/report_files/table-images.js").is_file()
    assert inspect("pred", "--gt", "gt", "-q", "-o", "run", "--report-size", "1MB").code == 0
    assert "report_files" not in names(here / "run")
    assert page_data((here / "run/report.html").read_text(encoding="utf-8"))["images"]["total"] == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--report-size 2MB --report-folder", ["--report-folder leaves nothing out"]),
        ("--json --report-folder", ["--json", "-o"]),
        ("--report-size 5", ["is no size"]),
    ],
)
def test_the_main_job_refuses_what_does_not_go_together(
    here: Path,
    arguments: str,
    words: list[str],
) -> None:
    refused(inspect("pred", "--gt", "gt", *arguments.split()), *words)
    assert names(here) == {"gt", "pred"}


# ---------------------------------------------------------------------- PDF


def test_a_pdf_is_printed_and_the_report_stays_as_it_is(run: Path, chromium: Path) -> None:
    outcome = inspect("render", run, "--pdf", "--browser", chromium)
    assert (outcome.code, outcome.out) == (0, f"report: {run / 'report.pdf'}\n")
    data = (run / "report.pdf").read_bytes()
    assert data.startswith(b"%PDF") and data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") >= 2
    assert not (run / "report.html").exists() and not list(run.glob(".report-*"))


def test_a_pdf_goes_where_it_is_asked_to(run: Path, tmp_path: Path) -> None:
    fake = program(tmp_path / "browser", 'for a; do case $a in --print-to-pdf=*) printf %%PDF > "${a#*=}";; esac; done')
    to = tmp_path / "new" / "paper.pdf"
    outcome = inspect("render", run, "--pdf", to, "--browser", fake)
    assert (outcome.code, to.read_bytes()) == (0, b"%PDF") and not (run / "report.pdf").exists()


def test_the_browser_is_a_silent_one_with_a_profile_of_its_own(run: Path, tmp_path: Path) -> None:
    said = tmp_path / "said"
    fake = program(tmp_path / "browser", f'printf "%s\\n" "$@" > {said}', "exit 1")
    assert inspect("render", run, "--pdf", "--browser", fake).code == 4
    flags = said.read_text(encoding="utf-8").splitlines()
    assert {"--headless", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"} <= set(flags)
    profile = next(flag for flag in flags if flag.startswith("--user-data-dir="))
    assert not Path(profile.partition("=")[2]).exists()
    assert flags[-1].startswith("file:///") and not Path(flags[-1].removeprefix("file://")).exists()


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["echo cannot open display >&2", "exit 1"], ["printed no PDF (cannot open display)"]),
        (["exit 0"], ["printed no PDF (it said nothing)"]),
    ],
)
def test_a_browser_that_fails_is_named_and_the_old_file_stays(
    run: Path, tmp_path: Path, lines: list[str], words: list[str]
) -> None:
    (run / "report.pdf").write_bytes(b"old")
    fake = program(tmp_path / "browser", *lines)
    outcome = inspect("render", run, "--pdf", "--browser", fake)
    assert outcome.code == 4 and all(word in outcome.err for word in [str(fake), *words])
    assert "bug" not in outcome.err and (run / "report.pdf").read_bytes() == b"old"


def test_a_browser_that_hangs_is_ended_with_all_that_it_started(run: Path, tmp_path: Path) -> None:
    from inspector.cli_pdf import print_report
    from inspector.errors import EnvironmentFault

    mark = tmp_path / "still-there"
    fake = program(tmp_path / "browser", f"(sleep 3; touch {mark}) &", "sleep 60")
    with pytest.raises(EnvironmentFault, match=r"did not print the report within 0\.5 s"):
        print_report(run, run / "report.pdf", fake, limit_s=0.5)
    time.sleep(3.5)
    assert not mark.exists() and not (run / "report.pdf").exists()


def test_without_a_browser_it_is_said_what_to_do(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = inspect("render", run, "--pdf")
    assert outcome.code == 2
    assert "none is on PATH: name it with --browser, or open report.html and print it there" in outcome.err
    program(tmp_path / "google-chrome", 'for a; do case $a in --print-to-pdf=*) printf %%PDF > "${a#*=}";; esac; done')
    assert inspect("render", run, "--pdf").code == 0


def test_a_pdf_cannot_replace_a_folder(run: Path, tmp_path: Path) -> None:
    fake = program(tmp_path / "browser", "exit 1")
    refused(inspect("render", run, "--pdf", tmp_path, "--browser", fake), "expected a file for the PDF, found a folder")


def test_a_folder_that_is_no_run_is_not_printed(tmp_path: Path) -> None:
    fake = program(tmp_path / "browser", "exit 1")
    outcome = inspect("render", tmp_path, "--pdf", "--browser", fake)
    assert outcome.code == 3 and "inspection.json: not found" in outcome.err


def test_what_a_run_holds_may_be_replaced_by_a_new_run(here: Path) -> None:
    assert inspect("pred", "--gt", "gt", "-q", "-o", "run", "--report-folder").code == 0
    (here / "run/report.pdf").write_bytes(b"%PDF")
    assert inspect("pred", "--gt", "gt", "-q", "-o", "run").code == 0
    assert not {"report.pdf", "report_files"} & names(here / "run")
    assert json.loads((here / "run/inspection.json").read_text(encoding="utf-8"))["inputs"]["pairs"] == 4
