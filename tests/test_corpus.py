"""The corpus of bad and odd inputs, run as a user would: exit code, files named, numbers of exactly the good pairs."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.command import Outcome, inspect, inspect_in_a_process

Case = dict[str, Any]
Document = dict[str, Any]

ASSETS = resources.files("reports") / "assets"
OUR_SCRIPTS = {(ASSETS / name).read_text(encoding="utf-8") for name in ("task.js", "viewer.js")}
NOT_RUN = {"application/json", "text/plain"}  # what a browser leaves alone: the data of the page
CODES = {"ok": 0, "usage_error": 2, "data_error": 3}
GROUPS = ("good", "pairing", "size", "labels", "colour", "damage", "bomb", "names", "security")
FOUND_AS_FINDING = {"better_match_elsewhere": "pairs-shuffled"}  # warnings that need more than one file to be seen


@pytest.fixture(scope="module")
def corpus(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    with tarfile.open(shared / "bad" / "cases.tar.gz") as archive:
        archive.extractall(folder, filter="fully_trusted")  # dangling links and hostile names are part of it
    return folder


def cases(corpus: Path, group: str) -> Iterator[tuple[Path, Case]]:
    """The cases of a group whose masks are files; other tasks have other commands."""
    for path in sorted(corpus.glob("*/expected.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        if case["group"] == group and "format" not in case["args"]:
            yield path.parent, case


def arguments(folder: Path, case: Case, run: Path) -> list[str]:
    given = case["args"]
    folders = [f"{folder}/{given['pred']}", "--gt", f"{folder}/{given['gt']}", "-o", str(run)]
    spec = ("--classes", f"{folder}/{given['classes']}") if "classes" in given else ()
    return [*folders, *(spec or ("--num-classes", str(given["num_classes"]))), "--ignore", str(given["ignore_index"])]


# ---------------------------------------------------------------------- what is wrong with a run, as sentences


def complaints(case: Case, outcome: Outcome, run: Path, canaries: Path) -> Iterator[str]:
    if outcome.code not in {CODES[exit_class] for exit_class in case["accept_exit"]}:
        yield f"exit code {outcome.code}, expected {case['accept_exit']}"
    if "Traceback" in outcome.err + outcome.out or "this is a bug" in outcome.err:
        yield f"no sentence for a user: {outcome.err}"
    if any(canaries.rglob("CANARY*")):
        yield "what the input holds was run"
    if outcome.code == CODES["usage_error"]:
        yield from _complaints_about_refusal(case, outcome, run)
        return
    document = json.loads((run / "inspection.json").read_text(encoding="utf-8"))
    yield from _complaints_about_files(case, document, outcome)
    yield from _complaints_about_numbers(case, document, outcome)
    yield from _complaints_about_outputs(document, run)


def _complaints_about_refusal(case: Case, outcome: Outcome, run: Path) -> Iterator[str]:
    if run.exists():
        yield "a refused run left a folder"
    for bad in case["bad_files"]:
        if Path(bad["path"]).name not in outcome.err:
            yield f"{bad['path']} is not named: {outcome.err}"


def _complaints_about_files(case: Case, document: Document, outcome: Outcome) -> Iterator[str]:
    inputs = document["inputs"]
    excluded = sorted((record["file"], record["kind"]) for record in inputs["excluded"])
    expected = sorted((bad["path"], bad["kind"]) for bad in case["bad_files"])
    if outcome.code == CODES["data_error"]:
        if expected and excluded != expected:
            yield f"excluded {excluded}, expected {expected}"
        if not outcome.out.startswith(("PARTIAL", "NOTHING SCORED")):
            yield f"the first line does not say that something is missing: {outcome.out[:80]!r}"
    elif document["partial"] or excluded:
        yield f"partial with exit code 0: {excluded}"
    if any(not record["reason"] or not record["file"] for record in inputs["excluded"]):
        yield "an excluded file has no reason"
    said = {note["kind"] for note in inputs["notes"]} | {finding["kind"] for finding in document["findings"]}
    warned = {w if isinstance(w, str) else w["kind"] for w in case["warnings"]}
    lax = CODES[case["exit"]] != outcome.code
    if lax:  # the laxer answer is honest only if it says what it let through
        warned |= {bad["kind"] for bad in case["bad_files"]}
    for kind in sorted(warned):
        if kind not in said and FOUND_AS_FINDING.get(kind) not in said:
            yield f"{kind} is not told (said: {sorted(said)})"


def _complaints_about_numbers(case: Case, document: Document, outcome: Outcome) -> Iterator[str]:
    numbers, overall = case.get("numbers"), document["overall"]
    for name, value in (case.get("usual_wrong_numbers") or {}).items():
        if any(isinstance(number, float) and abs(number - value) < 1e-9 for number in overall.values()):
            yield f"the usual wrong number is seen: {name} {value}"
    if numbers is None:
        if any(overall[name] is not None for name in ("miou", "pixel_accuracy", "mean_dice", "boundary_f1")):
            yield "numbers for nothing"
        return
    if CODES[case["exit"]] != outcome.code:
        if document["inputs"]["pairs"] != document["inputs"]["found"]["gt"]:
            yield "exit code 0, but a pair is not scored"
        return
    matrix = document["confusion"]["matrix"]
    if [row[:-1] for row in matrix] != numbers["confusion"]:
        yield f"confusion {matrix}, expected {numbers['confusion']}"
    if [row[-1] for row in matrix] != numbers.get("predicted_ignore", [0] * len(matrix)):
        yield "predicted ignore values"
    shown = [
        *((f"iou {k}", record["iou"], numbers["iou"][k]) for k, record in enumerate(document["classes"])),
        *((f"dice {k}", record["dice"], numbers["dice"][k]) for k, record in enumerate(document["classes"])),
        ("miou", overall["miou"], numbers["miou"]),
        ("mean_dice", overall["mean_dice"], numbers["mdice"]),
        ("pixel_accuracy", overall["pixel_accuracy"], numbers["pixel_accuracy"]),
    ]
    for name, value, oracle in shown:
        if (value is None) != (oracle is None) or (value is not None and abs(value - oracle) > 1e-9):
            yield f"{name} is {value}, expected {oracle}"


def _complaints_about_outputs(document: Document, run: Path) -> Iterator[str]:
    page = _Markup()
    page.feed((run / "report.html").read_text(encoding="utf-8"))
    if page.live:
        yield f"live markup in the report: {page.live}"
    missing = {"run.json", "images.parquet", "classes.parquet", "confusion.parquet", "objects.parquet"} - {
        path.name for path in run.iterdir()
    }
    if missing:
        yield f"the run folder has no {sorted(missing)}"


class _Markup(HTMLParser):
    """What a page could run or fetch: handlers, scripts but our own, pictures and links to elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self._script: str | None = None  # the text of the script that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.live += [f"{tag} {name}" for name in given if name.startswith("on")]
        if tag == "script" and given.get("type") not in NOT_RUN:
            self._script = ""
        if tag in ("iframe", "object", "embed", "base"):
            self.live.append(tag)
        if not (given.get("src") or "data:").startswith("data:"):
            self.live.append(f"{tag} src={given['src']}")

    def handle_data(self, data: str) -> None:
        if self._script is not None:
            self._script += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self._script not in {None, *OUR_SCRIPTS}:
            self.live.append(f"script {self._script}")
        self._script = None


# ---------------------------------------------------------------------- the runs


@pytest.mark.parametrize("group", GROUPS)
def test_a_case_comes_out_as_the_corpus_says(corpus: Path, tmp_path: Path, group: str) -> None:
    wrong: dict[str, list[str]] = {}
    for folder, case in cases(corpus, group):
        run = tmp_path / folder.name
        if case.get("limits"):
            outcome = inspect_in_a_process(*arguments(folder, case, run), folder=tmp_path)
        else:
            outcome = inspect(*arguments(folder, case, run))
        found = [*complaints(case, outcome, run, corpus), *_over_limits(case, outcome)]
        if found:
            wrong[folder.name] = found
    assert wrong == {}


def _over_limits(case: Case, outcome: Outcome) -> Iterator[str]:
    limits = case.get("limits") or {}
    if outcome.peak_mib > limits.get("rss_mb", float("inf")):
        yield f"{outcome.peak_mib:.0f} MiB of memory, {limits['rss_mb']} allowed"
    if outcome.cpu_s > limits.get("seconds", float("inf")):
        yield f"{outcome.cpu_s:.0f} s of CPU, {limits['seconds']} allowed"


def test_equal_labels_in_other_files_give_equal_numbers(corpus: Path, tmp_path: Path) -> None:
    """same_as: whatever format, byte order, palette or compression holds the labels."""
    first: dict[str, tuple[str, str]] = {}
    for folder, case in cases(corpus, "good"):
        if "same_as" not in case:
            continue
        run = tmp_path / folder.name
        assert inspect(*arguments(folder, case, run), "-q").code == 0
        document = json.loads((run / "inspection.json").read_text(encoding="utf-8"))
        spelled = {"id", "name", "color", "background", "lost_to", "taken_from"}  # other ids, other names
        plain = [{key: value for key, value in c.items() if key not in spelled} for c in document["classes"]]
        told = json.dumps([plain, document["confusion"]["matrix"]])
        reference = first.setdefault(case["same_as"], (folder.name, told))
        assert told == reference[1], f"{folder.name} differs from {reference[0]}"
    assert len(first) > 1


@pytest.mark.parametrize("group", ["scale"])
def test_masks_of_billions_of_pixels_are_counted_within_their_limits(corpus: Path, tmp_path: Path, group: str) -> None:
    for folder, case in cases(corpus, group):
        run = tmp_path / folder.name
        given = [*arguments(folder, case, run), "--max-pixels", str(case["args"].get("max_pixels", 1 << 28))]
        outcome = inspect_in_a_process(*given, folder=tmp_path, timeout_s=1800)
        assert [*complaints(case, outcome, run, corpus), *_over_limits(case, outcome)] == []


def test_names_go_round_through_the_document_and_never_into_the_page_as_markup(corpus: Path, tmp_path: Path) -> None:
    for folder, case in cases(corpus, "names"):
        if not case["scored"]:
            continue
        run = tmp_path / folder.name
        inspect(*arguments(folder, case, run), "-q")
        document = json.loads((run / "inspection.json").read_text(encoding="utf-8"))
        shown = {record["image"] for record in document["images_summary"]["worst"]}
        assert shown == set(case["scored"]), folder.name
