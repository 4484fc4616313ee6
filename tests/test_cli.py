"""The command as users type it, wrongly too: exit codes, sentences, what is printed where."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import click
import numpy as np
import pytest

from inspector.cli import cli
from inspector.cli_gate_options import GATES
from inspector.cli_options import COUNTING, READING
from tests.command import Outcome, command_line, inspect, inspect_in_a_process
from tests.mask_folders import DRAWN, document_of, png, run_files, write_masks

COMMANDS = sorted(cli.commands)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with gt/ and pred/ that the command is started in."""
    write_masks(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))  # for processes: this checkout
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# ---------------------------------------------------------------------- the main job


def test_the_main_job_needs_no_command_and_no_output(here: Path) -> None:
    outcome = inspect("pred", "--gt", "gt", "--num-classes", "3")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("4 pairs scored (4 true masks, 4 predicted masks found)\n")
    for word in ("mIoU", "boundary F1", "small-object recall", "class 1", "What costs most"):
        assert word in outcome.out
    assert outcome.out.splitlines()[-1] == "report: inspection/report.html"
    assert names(here) == {"gt", "pred", "inspection"}
    assert names(here / "inspection") == {
        "inspection.json", "run.json", "task.json", "report.html", "evidence",
        "images.parquet", "classes.parquet", "confusion.parquet", "objects.parquet",
    }  # fmt: skip


def test_the_numbers_printed_are_those_of_the_document(here: Path) -> None:
    outcome = inspect("pred", "--gt", "gt", "-o", "run")
    document = document_of(here / "run")
    for name, title in (("miou", "mIoU"), ("pixel_accuracy", "pixel accuracy"), ("boundary_f1", "boundary F1")):
        (line,) = [line for line in outcome.out.splitlines() if line.strip().startswith(f"{title} ")]
        low, high = document["overall"]["intervals"][name]
        assert f"{document['overall'][name]:.4f}" in line
        assert f"[{low:.4f}, {high:.4f}]" in line


def test_options_may_come_first_and_a_folder_may_be_called_like_a_command(here: Path) -> None:
    (here / "pred").rename(here / "lint")
    assert inspect("--gt", "gt", "lint", "-q", "-o", "a").code == 0
    assert inspect("./lint", "--gt", "gt", "-q", "-o", "b").code == 0
    assert inspect("run", "lint", "--gt", "gt", "-q", "-o", "c").code == 0
    assert run_files(here / "a") == run_files(here / "b") == run_files(here / "c")


def test_a_folder_may_be_called_like_an_option(here: Path) -> None:
    (here / "pred").rename(here / "--help")
    assert inspect("--gt", "gt", "-q", "-o", "run", "--", "--help").code == 0
    assert document_of(here / "run")["inputs"]["pairs"] == 4


def test_single_files_are_a_pair(here: Path) -> None:
    assert inspect("pred/image1.png", "--gt", "gt/image1.png", "-q", "-o", "run").code == 0
    assert document_of(here / "run")["inputs"]["pairs"] == 1


def test_masks_of_0_and_255_need_no_option(here: Path) -> None:
    masks = {name: np.where(gt == 1, 255, 0) for name, (gt, _) in DRAWN.items()}
    write_masks(here, masks, masks)
    outcome = inspect("pred", "--gt", "gt", "-o", "run")
    assert outcome.code == 0
    document = document_of(here / "run")
    assert [record["name"] for record in document["classes"]] == ["background", "foreground"]
    assert document["overall"]["miou"] == 1.0


def test_an_ignored_value_that_is_a_named_class_is_told_or_taken_out(here: Path) -> None:
    (here / "classes.json").write_text('{"classes": ["road", "car", "sky"]}', encoding="utf-8")
    outcome = inspect("pred", "--gt", "gt", "--classes", "classes.json", "--ignore", "1", "-o", "run")
    assert outcome.code == 0, outcome.err
    document = document_of(here / "run")
    assert [record["name"] for record in document["classes"]] == ["road", "sky"]
    assert document["overall"]["void_px"] == sum(int((gt == 1).sum()) for gt, _ in DRAWN.values())


@pytest.mark.parametrize(
    ("policy", "code", "pairs", "first"),
    [
        ("error", 3, 3, "PARTIAL: 1 file could not be used; the numbers cover the other pairs only"),
        ("empty", 0, 4, "4 pairs scored (4 true masks, 3 predicted masks found; 1 without a prediction: scored as"),
        ("skip", 0, 3, "3 pairs scored (4 true masks, 3 predicted masks found; 1 without a partner: left out)"),
    ],
)
def test_a_missing_prediction_is_told_whatever_is_chosen(
    here: Path, policy: str, code: int, pairs: int, first: str
) -> None:
    (here / "pred/image2.png").unlink()
    outcome = inspect("pred", "--gt", "gt", "--num-classes", "3", "--missing", policy, "-o", "run")
    assert outcome.code == code
    assert outcome.out.startswith(first)
    assert document_of(here / "run")["inputs"]["pairs"] == pairs


def test_a_missing_prediction_scored_as_empty_loses_every_pixel(here: Path) -> None:
    (here / "pred/image2.png").unlink()
    inspect("pred", "--gt", "gt", "--num-classes", "3", "--missing", "empty", "-q", "-o", "run")
    confusion = np.zeros((3, 4), np.int64)
    for name, (gt, pred) in DRAWN.items():
        for true, predicted in zip(gt.ravel(), pred.ravel(), strict=True):
            confusion[true, 3 if name == "image2" else predicted] += 1
    document = document_of(here / "run")
    assert document["confusion"]["matrix"] == confusion.tolist()
    union = [confusion[c].sum() + confusion[:, c].sum() - confusion[c, c] for c in range(3)]
    assert [record["iou"] for record in document["classes"]] == [confusion[c, c] / union[c] for c in range(3)]


def test_an_unknown_prediction_leaves_the_pair_out_or_is_wrong(here: Path) -> None:
    wild = DRAWN["image0"][1].copy()
    wild[0, 0] = 9
    (here / "pred/image0.png").write_bytes(png(wild))
    given = ("pred", "--gt", "gt", "--num-classes", "3", "-o", "run")
    refused = inspect(*given)
    assert refused.code == 3
    assert "pred/image0.png" in refused.out and "9" in refused.out
    assert document_of(here / "run")["inputs"]["pairs"] == 3
    assert inspect(*given, "--unknown", "wrong").code == 0
    assert sum(row[-1] for row in document_of(here / "run")["confusion"]["matrix"]) == 1


def test_groups_and_slices_come_from_the_metadata(here: Path) -> None:
    lines = ["image,patient,camera", *(f"image{i},p{i // 2},{'left' if i % 2 else 'right'}" for i in range(4))]
    (here / "meta.csv").write_text("\n".join(lines), encoding="utf-8")
    given = ("--metadata", "meta.csv", "--group", "patient", "--min-images", "1")
    outcome = inspect("pred", "--gt", "gt", *given, "-o", "run")
    assert outcome.code == 0, outcome.err
    document = document_of(here / "run")
    assert (document["resampling"]["unit"], document["resampling"]["units"]) == ("group", 2)
    found = {(each["column"], each["value"]): each["images"] for each in document["slices"]}
    assert found[("camera", "left")] == found[("camera", "right")] == found[("patient", "p0")] == 2


def test_a_spacing_gives_distances_in_mm_too(here: Path) -> None:
    assert inspect("pred", "--gt", "gt", "--spacing", "2", "-q", "-o", "run").code == 0
    for record in document_of(here / "run")["classes"]:
        assert record["hd95_mm"] == pytest.approx(2 * record["hd95_px"])
    inspect("pred", "--gt", "gt", "-q", "-o", "run")
    assert all("hd95_mm" not in record for record in document_of(here / "run")["classes"])


# ---------------------------------------------------------------------- wrong usage


def refused(outcome: Outcome, *words: str) -> None:
    assert (outcome.code, outcome.out) == (2, "")
    for word in words:
        assert word in outcome.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("pred", ["--gt"]),
        ("--gt gt", ["PREDICTIONS"]),
        ("pred --gt gt --resample 5", ["--resample"]),
        ("pred --gt nowhere", ["--gt: there is no folder nowhere"]),
        ("nowhere --gt gt", ["there is no folder nowhere"]),
        ("gt --gt gt", ["are the same"]),
        ("pred --gt gt/image0.png", ["two folders or two files"]),
        ("pred --gt gt --classes camvd", ["camvd", "camvid"]),
        ("pred --gt gt --classes nowhere.json", ["nowhere.json"]),
        ("pred --gt gt --num-classes 0", ["--num-classes 0"]),
        ("pred --gt gt --num-classes two", ["two"]),
        ("pred --gt gt --classes camvid --num-classes 5", ["--classes", "--num-classes", "leave one"]),
        ("pred --gt gt --match (", ["--match", "regular expression"]),
        ("pred --gt gt --match image", ["--match", "group"]),
        ("pred --gt gt --missing ignore", ["error", "empty", "skip"]),
        ("pred --gt gt --unknown no", ["error", "wrong"]),
        ("pred --gt gt --group patient", ["--group patient", "--metadata"]),
        ("pred --gt gt --images nowhere", ["--images", "nowhere"]),
        ("pred --gt gt --spacing 1,2,3", ["--spacing"]),
        ("pred --gt gt --spacing 0", ["--spacing"]),
        ("pred --gt gt --spacing nan", ["--spacing"]),
        ("pred --gt gt --tolerance nan", ["--tolerance"]),
        ("pred --gt gt --tolerance -1", ["--tolerance"]),
        ("pred --gt gt --tolerance 1e300", ["--tolerance"]),
        ("pred --gt gt --boundary-width inf", ["--boundary-width"]),
        ("pred --gt gt --jobs 0", ["--jobs"]),
        ("pred --gt gt --ignore 99999999999999999999", ["--ignore"]),
        ("pred --gt gt -o gt/run", ["gt/run", "among the masks"]),
        ("pred --gt gt -o pred", ["pred", "another -o"]),
        ("pred --gt gt -o .", ["another -o"]),
        ("pred --gt gt -o gt/image0.png", ["found a file"]),
        ("lnt pred --gt gt", ["inspect lint"]),
        ("lint pred --gt gt --seed 1", ["--seed"]),
        ("demo -o gt", ["other things than a demo"]),
        ("render", ["RUN"]),
    ],
)
def test_wrong_usage_is_a_sentence_and_leaves_nothing(here: Path, arguments: str, words: list[str]) -> None:
    refused(inspect(*arguments.split()), *words)
    assert names(here) == {"gt", "pred"}
    assert names(here / "gt") == {f"{name}.png" for name in DRAWN}


def test_no_arguments_is_help_and_wrong_usage(here: Path) -> None:
    refused(inspect(), "Usage: inspect", "inspect demo")


def test_an_output_folder_that_holds_something_else_is_left_alone(here: Path) -> None:
    inspect("pred", "--gt", "gt", "-q", "-o", "run")
    (here / "run/thesis.txt").write_text("years of work", encoding="utf-8")
    refused(inspect("pred", "--gt", "gt", "-o", "run"), "thesis.txt")
    assert (here / "run/thesis.txt").read_text(encoding="utf-8") == "years of work"


# ---------------------------------------------------------------------- bad input


def test_an_empty_folder_is_bad_input(here: Path) -> None:
    (here / "empty").mkdir()
    outcome = inspect("empty", "--gt", "gt")
    assert (outcome.code, outcome.out) == (3, "")
    assert "empty" in outcome.err and names(here) == {"gt", "pred", "empty"}


def test_folders_without_a_common_name_are_bad_input(here: Path) -> None:
    (here / "pred").rename(here / "old")
    write_masks(here, pred={"other": DRAWN["image0"][1]})
    outcome = inspect("pred", "--gt", "gt")
    assert outcome.code == 3
    assert "pred/other.png" in outcome.err and "--match" in outcome.err
    outcome = inspect("pred", "--gt", "gt", "--num-classes", "3")
    assert outcome.code == 3
    assert outcome.out.startswith("NOTHING SCORED: there are no numbers; 5 files could not be used\n")


def test_when_nothing_can_be_scored_every_number_is_null(here: Path) -> None:
    for path in (here / "pred").iterdir():
        path.write_bytes(path.read_bytes()[:40])
    for more in ((), ("--num-classes", "3")):
        outcome = inspect("pred", "--gt", "gt", "-o", "run", *more)
        assert outcome.code == 3, outcome.err
        assert outcome.out.startswith("NOTHING SCORED")
    document = document_of(here / "run")
    numbers = [value for value in document["overall"].values() if value is None or isinstance(value, float)]
    assert numbers and set(numbers) == {None}
    assert document["inputs"]["pairs"] == 0 and len(document["inputs"]["excluded"]) == 4
    assert (here / "run/report.html").exists()


def test_files_left_out_are_named_on_stderr_where_no_summary_is_printed(here: Path) -> None:
    (here / "pred/image2.png").write_bytes(b"")
    for option in ("--quiet", "--json"):
        outcome = inspect("pred", "--gt", "gt", option)
        assert outcome.code == 3
        assert "pred/image2.png" in outcome.err
    assert "pred/image2.png" in inspect("pred", "--gt", "gt").out


def test_hostile_names_are_spelled_out_in_the_terminal(here: Path) -> None:
    (here / "pred/\x1b[2Jwipe\u202e.png").write_bytes(b"")
    (here / "pred/[bold]loud.png").write_bytes(b"")
    for outcome in (inspect("pred", "--gt", "gt"), inspect("pred", "--gt", "gt", "-q")):
        text = outcome.out + outcome.err
        assert outcome.code == 3
        assert "\x1b" not in text and "\u202e" not in text
        assert "\\x1b[2Jwipe\\u202e.png" in text and "[bold]loud.png" in text


def test_a_hostile_argument_is_spelled_out_in_the_error(here: Path) -> None:
    outcome = inspect("no\x1b[2Jwhere", "--gt", "gt")
    assert outcome.code == 2
    assert "\x1b" not in outcome.err and "no\\x1b[2Jwhere" in outcome.err


# ---------------------------------------------------------------------- what is printed


def test_json_alone_goes_to_stdout_and_no_folder_is_written(here: Path) -> None:
    outcome = inspect("pred", "--gt", "gt", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    document = json.loads(outcome.out)
    assert names(here) == {"gt", "pred"}
    inspect("pred", "--gt", "gt", "--json", "-o", "run")
    assert document_of(here / "run")["overall"] == document["overall"]


def test_quiet_prints_nothing(here: Path) -> None:
    outcome = inspect("pred", "--gt", "gt", "--quiet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")


@pytest.mark.parametrize(
    ("width", "columns"),
    [(20, "IoU 95 % interval recall boundary F1"), (80, "IoU 95 % interval precision recall pred/true boundary F1"),
     (120, "IoU 95 % interval precision recall pred/true boundary F1 images")],
)  # fmt: skip
def test_the_table_has_the_columns_that_fit_and_shows_them_whole(
    here: Path, monkeypatch: pytest.MonkeyPatch, width: int, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    outcome = inspect("pred", "--gt", "gt")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert max(len(line) for line in lines) <= max(60, width)
    assert [line for line in lines if line != line.rstrip()] == []
    assert columns in [" ".join(line.split()[1:]) for line in lines]
    iou = document_of(here / "inspection")["classes"][1]["iou"]
    assert sum(line.startswith("  class 1") and f"{iou:.4f}" in line for line in lines) == 1
    assert "…" not in outcome.out


def test_files_that_are_no_masks_are_passed_over_and_told(here: Path) -> None:
    (here / "pred/notes.txt").write_text("no mask", encoding="utf-8")
    outcome = inspect("pred", "--gt", "gt")
    assert outcome.code == 0
    assert outcome.out.splitlines()[:2] == [
        "4 pairs scored (4 true masks, 4 predicted masks found)",
        "  passed over pred/: 1 × .txt",
    ]


def test_colours_are_for_terminals_and_no_color_is_honoured(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in inspect("pred", "--gt", "gt").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    colours = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    assert colours.search(inspect("pred", "--gt", "gt").out)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colours.search(inspect("pred", "--gt", "gt").out)


def test_a_terminal_without_unicode_sees_names_spelled_out(here: Path) -> None:
    write_masks(here, pred={"日本": DRAWN["image0"][1]})
    given = (here / "pred", "--gt", here / "gt", "-o", here / "run")
    outcome = inspect_in_a_process(*given, folder=here, env={"PYTHONIOENCODING": "ascii"})
    assert outcome.code == 3, outcome.err
    assert "\\u65e5\\u672c" in outcome.out


# ---------------------------------------------------------------------- the other commands


def test_lint_tells_what_is_wrong_and_writes_nothing(here: Path) -> None:
    outcome = inspect("lint", "pred", "--gt", "gt")
    assert outcome.code == 0
    assert "4 pairs can be scored" in outcome.out and "nothing wrong was found" in outcome.out
    (here / "pred/image1.png").write_bytes(png(np.zeros((3, 3), np.uint8)))
    for more in ((), ("-q",), ("--json",)):
        outcome = inspect("lint", "pred", "--gt", "gt", *more)
        assert outcome.code == 3
        assert "pred/image1.png" in outcome.out + outcome.err
    assert json.loads(inspect("lint", "pred", "--gt", "gt", "--json").out)["inputs"]["pairs"] == 3
    assert names(here) == {"gt", "pred"}


def test_render_draws_the_same_report_again(here: Path) -> None:
    inspect("pred", "--gt", "gt", "-q", "-o", "run")
    page = (here / "run/report.html").read_bytes()
    (here / "run/report.html").unlink()
    outcome = inspect("render", "run")
    assert (outcome.code, outcome.out) == (0, "report: run/report.html\n")
    assert (here / "run/report.html").read_bytes() == page


@pytest.mark.parametrize(("place", "code"), [("nowhere", 2), ("gt/image0.png", 2), ("gt", 3)])
def test_render_of_what_is_no_run_is_refused(here: Path, place: str, code: int) -> None:
    outcome = inspect("render", place)
    assert (outcome.code, outcome.out) == (code, "")
    assert place in outcome.err and names(here) == {"gt", "pred"}


def test_the_street_demo_draws_inspects_and_can_be_run_again(here: Path) -> None:
    outcome = inspect("demo", "--street", "-o", "try", "--pairs", "4")
    assert outcome.code == 0, outcome.err
    assert "$ inspect run try/pred --gt try/gt" in outcome.out
    assert outcome.out.splitlines()[-1] == "report: try/run/report.html"
    outcome = inspect("demo", "--street", "-o", "try", "--pairs", "2", "--seed", "1")
    assert outcome.code == 0, outcome.err
    assert len(names(here / "try/gt")) == document_of(here / "try/run")["inputs"]["pairs"] == 2


# ---------------------------------------------------------------------- help


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_has_an_example_and_the_exit_codes(command: str) -> None:
    outcome = inspect(*command.split(), "--help")
    assert outcome.code == 0
    assert f"inspect {'predictions/' if command in ('', 'run') else command}" in outcome.out
    assert "Exit codes: 0 done" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 100


def test_every_option_says_what_it_does() -> None:
    for command in cli.commands.values():
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help and option.help[0].isupper() and option.help.rstrip("] ")[-1] not in " ,"


def test_every_option_of_the_design_is_there() -> None:
    given = {name for option in cli.commands["run"].params for name in option.opts}
    assert given >= {
        "--gt", "-o", "--classes", "--num-classes", "--ignore", "--images", "--match", "--missing", "--unknown",
        "--tolerance", "--boundary-width", "--min-images", "--spacing", "--group", "--metadata", "--jobs", "--seed",
        "--json", "--quiet",
    }  # fmt: skip
    assert len(READING) + len(COUNTING) + len(GATES) + 14 == len(cli.commands["run"].params)


def test_the_version_is_told() -> None:
    outcome = inspect("--version")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("inspect, version ")


# ---------------------------------------------------------------------- the machine


def test_an_output_that_cannot_be_written_is_a_fault_of_the_machine(here: Path) -> None:
    (here / "file").write_bytes(b"")
    for place in ("file/run", "/proc/run"):
        outcome = inspect("pred", "--gt", "gt", "-o", place)
        assert outcome.code in (2, 4)
        assert place in outcome.err and "bug" not in outcome.err


def test_a_full_standard_output_is_a_fault_of_the_machine_and_the_run_stays(here: Path) -> None:
    for more in ((), ("--json",)):
        with open("/dev/full", "w") as full:
            given = command_line(here / "pred", "--gt", here / "gt", "-o", here / "run", *more)
            done = subprocess.run(given, stdout=full, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 4
        assert done.stderr == "error: cannot write to standard output: No space left on device\n"
        assert document_of(here / "run")["inputs"]["pairs"] == 4


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_reader_that_leaves_early_is_no_error(here: Path, more: list[str]) -> None:
    given = command_line(here / "pred", "--gt", here / "gt", "-o", here / "run", *more)
    running = subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout and running.stderr
    running.stdout.close()
    assert running.stderr.read() == ""
    running.stderr.close()
    assert running.wait() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(here: Path, number: int, code: int) -> None:
    many = {f"{i:04d}": np.tile(DRAWN["image0"][0], (20, 20)) for i in range(300)}
    write_masks(here / "big", many, many)
    given = command_line(here / "big/pred", "--gt", here / "big/gt", "-o", here / "run")
    running = subprocess.Popen(given, stderr=subprocess.PIPE, text=True)
    while not list(here.glob(".inspect-*")) and running.poll() is None:  # until the run has begun
        time.sleep(0.02)
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert running.returncode == code
    assert "Traceback" not in err
    assert names(here) == {"gt", "pred", "big"}


def test_too_little_address_space_is_told_and_not_waited_for(here: Path) -> None:
    limited = f"ulimit -v {400 << 10}; exec {shlex.join(command_line('pred', '--gt', 'gt'))}"
    done = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=60)
    assert done.returncode == 4
    assert done.stderr.startswith("error: this process may use 400 MiB of address space")
    assert names(here) == {"gt", "pred"}


def test_a_bug_is_confessed_with_the_way_to_report_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr("inspector.pipeline.inspect_folders", broken)
    outcome = inspect("pred", "--gt", "gt")
    assert (outcome.code, outcome.out) == (4, "")
    assert "KeyError" in outcome.err and "INSPECT_DEBUG=1" in outcome.err and "Traceback" not in outcome.err
    monkeypatch.setenv("INSPECT_DEBUG", "1")
    assert "Traceback" in inspect("pred", "--gt", "gt").err


@pytest.mark.parametrize(("error", "words"), [(MemoryError(), "out of memory"), (OSError(24, "no"), "the system: no")])
def test_a_fault_of_the_machine_is_no_bug_of_ours(
    here: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("inspector.pipeline.inspect_folders", broken)
    outcome = inspect("pred", "--gt", "gt")
    assert outcome.code == 4
    assert words in outcome.err and "bug" not in outcome.err


def test_help_starts_in_half_a_second_of_cpu(tmp_path: Path) -> None:
    spent = min(inspect_in_a_process("--help", folder=tmp_path).cpu_s for _ in range(3))
    assert spent < 0.5
    assert "Usage: inspect" in (tmp_path / "stdout").read_text(encoding="utf-8")


def test_the_command_can_be_started_from_any_folder(here: Path) -> None:
    assert subprocess.run(command_line("--version"), capture_output=True).returncode == 0
