"""`inspect compare` as a user runs it, on runs of real masks: exit codes, and what is written, whole or not at all."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from inspector.baselines import baseline_of, write_baseline
from inspector.runs import read_run
from tests.command import Outcome, inspect
from tests.kept_evidence import keep_thumbs, keep_views, put_evidence
from tests.mask_folders import write_masks

IMAGES = 24
FEW = ("--resamples", "100", "--min-images", "5")


def truth(index: int) -> np.ndarray:
    labels = np.zeros((24, 32), np.uint8)
    labels[4:14, 4 + index % 5 : 20] = 1
    labels[16:22, 2:8] = 2
    return labels


def prediction(index: int, is_newer: bool) -> np.ndarray:
    """The newer model loses most of class 1, and finds class 2 in the first image."""
    labels = truth(index)
    labels[4 : (10 if is_newer else 5) + index % 3][labels[4 : (10 if is_newer else 5) + index % 3] == 1] = 0
    if not (is_newer and index == 0):
        labels[16 : 19 + index % 2, 2:8] = 0
    return labels


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs/old, runs/new (with evidence of two images) and base.json, a baseline of the old one."""
    folder = tmp_path_factory.mktemp("source")
    names = [f"i{n:02}" for n in range(IMAGES)]
    truths = {name: truth(n) for n, name in enumerate(names)}
    (folder / "meta.csv").write_text(
        "image,[red]light\n" + "\n".join(f"{n},{'ab'[i % 2]}" for i, n in enumerate(names))
    )
    for run in ("old", "new"):
        predictions = {name: prediction(n, run == "new") for n, name in enumerate(names)}
        gt, pred = write_masks(folder / run, truths, predictions)
        rest = (
            "-o",
            folder / "runs" / run,
            "--num-classes",
            "3",
            "--resamples",
            "100",
            "--metadata",
            folder / "meta.csv",
        )
        assert inspect(pred, "--gt", gt, *rest).code == 0
        masks = {n: (truth(n), prediction(n, run == "new")) for n in range(IMAGES)}
        put_evidence(folder / "runs" / run, keep_views(folder / "runs" / run, {n: masks[n] for n in (1, 2)}))
        keep_thumbs(folder / "runs" / run, {n: masks[n] for n in (3, 4, 5)})
    write_baseline(folder / "base.json", baseline_of(read_run(folder / "runs" / "old")))
    return folder


@pytest.fixture
def here(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the runs, to write in and to be in."""
    shutil.copytree(source / "runs", tmp_path / "runs")
    shutil.copy(source / "base.json", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def compare(*arguments: str | Path) -> Outcome:
    return inspect("compare", *FEW, *arguments)


def comparison(run: Path) -> dict[str, Any]:
    return json.loads((run / "compare.json").read_text(encoding="utf-8"))


def held_files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def pictures(run: Path) -> list[str]:
    return sorted(path.name for path in (run / "evidence").glob("compare-*"))


def test_the_result_goes_into_the_newer_run(here: Path) -> None:
    older = held_files(here / "runs" / "old")
    (here / "runs" / "new" / "report.html").unlink()
    outcome = compare("runs/old", "runs/new")
    assert (outcome.code, outcome.err) == (0, "")
    told = comparison(here / "runs" / "new")
    assert told["verdict"] == "worse" and told["b"]["name"] == "new"
    assert outcome.out.startswith("WORSE  new is worse than old: mean IoU is ")
    for words in (
        "of 3 classes changed for sure",
        "Objects found",
        "light=a",
        "report: runs/new/report.html",
        "▼ worse",
    ):
        assert words in outcome.out
    assert held_files(here / "runs" / "old") == older
    assert "[red]light=a" in outcome.out  # names are no markup
    assert (here / "runs" / "new" / "report.html").is_file()


def test_pictures_are_those_of_the_evidence_and_older_ones_go(here: Path) -> None:
    new = here / "runs" / "new"
    compare("runs/old", "runs/new")
    changed = comparison(new)["images"]
    named = {row["image_index"]: row["pictures"] for row in changed["broken"] + changed["fixed"]}
    assert {index for index, names in named.items() if names} == {1, 2, 3, 4, 5}
    assert len(pictures(new)) == len({name for names in named.values() if names for name in names.values()})
    picture = np.asarray(Image.open(io.BytesIO((new / named[3]["prediction_b"]).read_bytes())).convert("RGB"))
    palette = read_run(new).categories.colors_rgb()
    assert np.array_equal(picture[::8, ::8], palette[prediction(3, True)])
    first = held_files(new)
    assert compare("runs/old", "runs/new").code == 0 and held_files(new) == first
    assert compare("runs/new", "runs/new").code == 0  # nothing changed, so nothing is shown
    assert pictures(new) == [] and comparison(new)["verdict"] == "no difference shown"


def test_a_baseline_file_says_the_same_and_has_no_pictures(here: Path) -> None:
    compare("runs/old", "runs/new")
    told = comparison(here / "runs" / "new")
    assert compare("base.json", "runs/new").code == 0
    again = comparison(here / "runs" / "new")
    for each in (told, again):
        for row in each["images"]["fixed"] + each["images"]["broken"]:
            row["pictures"] = None
    assert again == told and pictures(here / "runs" / "new") == []


def test_exit_codes_for_scripts(here: Path) -> None:
    assert compare("runs/old", "runs/new", "--fail-on", "worse", "-q").code == 1
    assert comparison(here / "runs" / "new")["verdict"] == "worse"  # written all the same
    assert compare("runs/new", "runs/old", "--fail-on", "worse", "-q").code == 0
    assert compare("runs/old", "runs/new", "--fail-on", "worse", "--margin", "90%", "-q").code == 0


def test_json_and_quiet(here: Path) -> None:
    outcome = compare("runs/old", "runs/new", "--json")
    assert outcome.out == (here / "runs" / "new" / "compare.json").read_text(encoding="utf-8")
    assert compare("runs/old", "runs/new", "-q").out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runs/old", "base.json"), "a baseline file goes first"),
        (("runs/old", "runs/new", "--confidence", "1"), "expected a share of 1"),
        (("runs/old", "runs/new", "--confidence", "nan"), "expected a share of 1"),
        (("runs/old", "runs/new", "--margin", "-1%"), "expected a share of 1"),
        (("runs/old", "runs/new", "--least-change", "0"), "expected a share of 1"),
        (("runs/old", "runs/new", "--resamples", "5"), "not in the range"),
        (("runs/old",), "Missing argument 'B'"),
        (("runs/old", "runs/new", "-o", "runs/old"), "is A, which would be replaced"),
        (("runs/old", "runs/new", "-o", "."), "holds other things than a run"),
    ],
)
def test_wrong_usage(here: Path, arguments: tuple[str, ...], said: str) -> None:
    before = held_files(here)
    outcome = compare(*arguments)
    assert outcome.code == 2 and said in outcome.err
    assert held_files(here) == before


def _other_truth(here: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(here / "runs" / "old" / "images.parquet")
    place = table.column_names.index("gt_hash")
    changed = table.set_column(place, "gt_hash", pa.array(["other"] * len(table)))
    pq.write_table(changed, here / "runs" / "old" / "images.parquet")


def _other_definition(here: Path) -> None:
    path = here / "runs" / "old" / "inspection.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["settings"]["tolerance"] = 3.0
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_other_truth, "the truth of 24 others differs"),
        (_other_definition, "tolerance was 3.0 and 0.0075"),
        (lambda here: shutil.rmtree(here / "runs" / "old"), "runs/old: not found"),
        (lambda here: (here / "runs" / "old" / "classes.parquet").unlink(), "classes.parquet not found"),
        (lambda here: (here / "runs" / "new" / "evidence" / "0001.pred.png").write_bytes(b"no"), "no class map"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_reason(here: Path, spoil: Any, said: str) -> None:
    spoil(here)
    before = held_files(here)
    outcome = compare("runs/old", "runs/new")
    assert outcome.code == 3 and said in outcome.err and outcome.out == ""
    assert held_files(here) == before


@pytest.mark.parametrize("is_second", [False, True])
def test_a_full_disk_leaves_all_as_it_was(here: Path, monkeypatch: pytest.MonkeyPatch, is_second: bool) -> None:
    if is_second:
        assert compare("base.json", "runs/new").code == 0
    before = held_files(here)

    def full(folder: Path, like: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.redraw_report", full)
    outcome = compare("runs/old", "runs/new")
    assert outcome.code == 4 and "No space left on device" in outcome.err and "it is as it was" in outcome.err
    assert held_files(here) == before
    assert compare("runs/old", "runs/new", "-o", "both").code == 4
    assert held_files(here) == before


@pytest.mark.parametrize("form", [("--folder",), ("--report-size", "1MB"), ()])
@pytest.mark.parametrize("place", ["runs/new", "both"])
def test_the_report_keeps_its_form(here: Path, place: str, form: tuple[str, ...]) -> None:
    inspect("render", "runs/new", *form)
    before = held_files(here / "runs" / "new")
    assert compare("runs/old", "runs/new", "-o", place, "-q").code == 0
    after = held_files(here / place)
    assert b'id="compare"' in after["report.html"] and b'id="compare"' not in before["report.html"]
    inspect("render", place, *form)  # as a person would have it drawn again
    assert held_files(here / place) == after


def test_an_interruption_while_the_older_report_is_removed_leaves_no_report_of_another_comparison(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report and compare.json are of one comparison, whichever it is."""
    inspect("render", "runs/new", "--folder")
    assert compare("base.json", "runs/new", "-q").code == 0
    real = shutil.rmtree

    def interrupted(path: Path, *rest: Any, **named: Any) -> None:
        if any((Path(path) / name).exists() for name in ("report_files", ".older")):
            monkeypatch.setattr(shutil, "rmtree", real)
            raise KeyboardInterrupt
        real(path, *rest, **named)

    monkeypatch.setattr(shutil, "rmtree", interrupted)
    assert compare("runs/old", "runs/new", "-q").code == 130
    after = held_files(here / "runs" / "new")
    inspect("render", "runs/new", "--folder")
    assert held_files(here / "runs" / "new")["report.html"] == after["report.html"]


def test_another_folder_is_a_run_with_the_comparison(here: Path) -> None:
    (here / "runs" / "new" / "notes.txt").write_text("mine")
    before = held_files(here / "runs")
    assert compare("runs/old", "runs/new", "-o", "both").code == 0
    assert held_files(here / "runs") == before
    assert comparison(here / "both")["verdict"] == "worse" and pictures(here / "both")
    copied = held_files(here / "both")
    for name, data in held_files(here / "runs" / "new").items():
        assert name in ("report.html", "notes.txt") or copied[name] == data
    assert "notes.txt" not in copied and (here / "both" / "report.html").is_file()
    assert compare("runs/old", "runs/new", "-o", "both").code == 0  # an older one there is replaced
    assert compare("runs/old", "both", "-q").code == 0 and inspect("render", "both").code == 0


def test_runs_of_one_name_are_told_apart_by_their_paths(here: Path) -> None:
    shutil.copytree(here / "runs" / "old", here / "before" / "new")
    assert compare("before/new", "runs/new", "-q").code == 0
    told = comparison(here / "runs" / "new")
    assert (told["a"]["name"], told["b"]["name"]) == ("before/new", "runs/new")


@pytest.mark.parametrize("width", [60, 80, 110])
def test_no_number_is_cut_in_a_narrow_terminal(here: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = compare("runs/old", "runs/new").out.splitlines()
    assert max(map(len, lines)) <= width
    told = comparison(here / "runs" / "new")["overall"][0]
    [row] = [line for line in lines if line.startswith("  mean IoU ")]
    assert f"{100 * told['b']:.1f} %" in row and f"{100 * told['delta']:+.1f}" in row and "worse" in row
