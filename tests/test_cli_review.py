"""`inspect review` as users type it: lists from a review, and a server in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from inspector.cli_review import review as group
from inspector.review_store import open_review
from tests.command import inspect
from tests.mask_folders import document_of
from tests.review_samples import item, make_run, review, run_id, write_review_of
from tests.review_server import Server

WHOLE = {"class": None, "class_name": None, "box": None}
LISTS = {"relabel.csv", "relabel.coco.json", "waivers.toml", "exclude.csv"}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with gt/, pred/ and run/, that the command is started in."""
    make_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def keep(run: Path, *records: dict[str, Any]) -> None:
    """What a server would have kept."""
    from inspector.review import item_of

    with open_review(run, run_id(run)) as store:
        for record in records:
            store.put(item_of(record), 0)


# ---------------------------------------------------------------------- apply


def test_apply_writes_the_lists_and_says_what_is_in_them(here: Path) -> None:
    write_review_of(
        Path("run"), Path("review.json"), item(), item("image2", "needs-relabel", **WHOLE), item("image2", box=None),
        item("image0", "accept"), item("image3", "model-error"),
    )  # fmt: skip
    outcome = inspect("review", "apply", "run", "review.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "run-review: from 5 items of the review",
        "  relabel.csv, relabel.coco.json: 3 items to relabel in 2 images",
        "  exclude.csv: 2 images, for `inspect … --exclude run-review/exclude.csv`",
        "  waivers.toml: 1 waiver, for `inspect gate … --waivers run-review/waivers.toml`",
        "  1 model error: in no list, since they go on counting",
    ]
    assert names(here / "run-review") == LISTS
    assert len(tomllib.loads((here / "run-review/waivers.toml").read_text(encoding="utf-8"))["waivers"]) == 1
    again = inspect("pred", "--gt", "gt", "--exclude", "run-review/exclude.csv", "-o", "next")
    assert again.code == 0 and document_of(here / "next")["inputs"]["pairs"] == 2


def test_apply_without_a_file_takes_what_was_served(here: Path) -> None:
    refused = inspect("review", "apply", "run")
    assert refused.code == 2 and "run: holds no review.sqlite; export review.json" in refused.err
    keep(here / "run", item())
    outcome = inspect("review", "apply", "run/", "-o", "lists")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("lists: from 1 item of the review\n") and names(here / "lists") == LISTS


def test_apply_again_replaces_the_older_lists_and_nothing_else(here: Path) -> None:
    write_review_of(Path("run"), Path("review.json"), item())
    assert inspect("review", "apply", "run", "review.json").code == 0
    write_review_of(Path("run"), Path("review.json"))
    assert inspect("review", "apply", "run", "review.json").code == 0
    assert (here / "run-review/exclude.csv").read_text(encoding="utf-8").splitlines() == ["image,reason"]
    (here / "run-review/thesis.txt").write_text("years of work", encoding="utf-8")
    outcome = inspect("review", "apply", "run", "review.json")
    assert outcome.code == 2 and "thesis.txt" in outcome.err
    assert (here / "run-review/thesis.txt").exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [("gt/lists", "among the masks"), ("pred", "another -o"), ("gt/a/b", "among the masks"),
     ("run/lists", "in the run folder"), ("run", "other things"), ("review.json", "found a file")],
)  # fmt: skip
def test_the_lists_never_lie_among_masks_or_in_a_run(here: Path, place: str, words: str) -> None:
    write_review_of(Path("run"), Path("review.json"), item())
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    outcome = inspect("review", "apply", "run", "review.json", "-o", place)
    assert (outcome.code, outcome.out) == (2, "") and words in outcome.err
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_the_review_of_another_run_is_refused_with_what_to_do(here: Path) -> None:
    document = review("f" * 16, item())
    Path("review.json").write_text(json.dumps(document), encoding="utf-8")
    outcome = inspect("review", "apply", "run", "review.json")
    assert outcome.code == 2 and not (here / "run-review").exists()
    for word in (f"the run {'f' * 16}", f"run holds the run {run_id(here / 'run')}", "--exclude review.json"):
        assert word in outcome.err


def test_an_item_that_is_wrong_is_named_and_nothing_is_written(here: Path) -> None:
    write_review_of(Path("run"), Path("review.json"), item(), item("imag\x1be9", image_index=None))
    outcome = inspect("review", "apply", "run", "review.json")
    assert outcome.code == 2 and not (here / "run-review").exists()
    assert "review.json: item 2 ('imag\\x1be9'): the run has no such image" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ("apply nowhere review.json", 2, "there is no folder nowhere"),
        ("apply gt review.json", 3, "inspection.json"),
        ("apply run nowhere.json", 2, "nowhere.json: cannot be read"),
        ("export run", 2, "holds no review.sqlite"),
        ("serve nowhere --no-open", 2, "there is no folder"),
        ("serve run --host 0.0.0.0 --no-open", 2, "on this machine alone"),
        ("serve run --host 192.168.1.5", 2, "on this machine alone"),
        ("serve run --host example.org", 2, "on this machine alone"),
        ("serve run --port 70000", 2, "70000"),
        ("serv run", 2, "serv"),
    ],
)
def test_wrong_usage_is_a_sentence(here: Path, arguments: str, code: int, words: str) -> None:
    before = names(here / "run")
    outcome = inspect("review", *arguments.split())
    assert (outcome.code, outcome.out) == (code, "") and words in outcome.err
    assert names(here) == {"gt", "pred", "run"} and names(here / "run") == before


# ---------------------------------------------------------------------- export


def test_export_writes_what_apply_reads(here: Path) -> None:
    keep(here / "run", item("image2", "accept"), item())
    outcome = inspect("review", "export", "run")
    assert (outcome.code, outcome.out) == (0, "2 items: run-review.json\n")
    found = json.loads((here / "run-review.json").read_text(encoding="utf-8"))
    assert found == review(run_id(here / "run"), item(), item("image2", "accept"))
    assert inspect("review", "apply", "run", "run-review.json").code == 0


def test_export_replaces_a_review_of_this_run_alone(here: Path) -> None:
    keep(here / "run", item())
    assert inspect("review", "export", "run", "-o", "mine.json").code == 0
    assert inspect("review", "export", "run", "-o", "mine.json").code == 0
    for text in ("{}", json.dumps(review("f" * 16))):
        Path("mine.json").write_text(text, encoding="utf-8")
        outcome = inspect("review", "export", "run", "-o", "mine.json")
        assert outcome.code == 2 and "no review of this run" in outcome.err
        assert Path("mine.json").read_text(encoding="utf-8") == text
    outcome = inspect("review", "export", "run", "-o", "no/such/folder.json")
    assert outcome.code == 4 and "choose another -o" in outcome.err


def test_a_new_run_does_not_take_the_place_of_a_reviewed_one(here: Path) -> None:
    keep(here / "run", item())
    outcome = inspect("pred", "--gt", "gt", "-o", "run")
    assert outcome.code == 2 and "inspect review export run" in outcome.err
    assert (here / "run/review.sqlite").exists()


# ---------------------------------------------------------------------- serve


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        server.end()


def test_a_team_keeps_one_review_and_a_restart_keeps_it_too(here: Path, servers: list[Server]) -> None:
    servers.append(Server(here / "run"))
    (ada,) = servers
    assert ada.url.hostname == "127.0.0.1" and len(ada.token) >= 43
    status, page = ada.ask("GET", f"/?token={ada.token}")
    assert status == 200 and "<!DOCTYPE html>" in page
    (data,) = re.findall(r'id="data-page">(.*?)</script>', page, re.DOTALL)
    assert json.loads(data)["server"] == {"token_header": "X-Review-Token", "url": "/items"}
    assert json.loads(data)["run"] == run_id(here / "run")
    assert ada.token not in page
    assert ada.ask("PUT", "/items", {"item": item(), "revision": 0})[0] == 200
    servers.append(Server(here / "run"))
    ben = servers[1]
    assert ben.token != ada.token
    assert ben.ask("PUT", "/items", {"item": item(note="ben"), "revision": 0})[0] == 409
    assert ben.ask("PUT", "/items", {"item": item(note="ben"), "revision": 1})[0] == 200
    assert json.loads(ada.ask("GET", "/items?since=1")[1])["items"] == [{"revision": 2, "item": item(note="ben")}]
    assert ben.ask("GET", "/items", **{"X-Review-Token": ada.token})[0] == 403
    assert ada.ask("GET", "/items", Host="evil.example")[0] == 403
    assert ada.ask("PUT", "/items", {}, Origin="http://evil.example")[0] == 403
    assert ada.ask("GET", "/../inspection.json")[0] == ada.ask("GET", "/review.sqlite")[0] == 404
    stopped = ada.stop(signal.SIGINT)
    assert stopped == (130, "", "interrupted; a run folder is written whole or not at all\n")
    assert ben.stop(signal.SIGTERM)[0] == 143
    servers.append(Server(here / "run"))
    again = json.loads(servers[2].ask("GET", "/items")[1])
    assert again["items"] == [{"revision": 2, "item": item(note="ben")}]


def test_a_port_that_is_taken_is_said_to_be_and_a_free_one_is_used(here: Path, servers: list[Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = inspect("review", "serve", "run", "--no-open", "--port", str(port))
        assert outcome.code == 4 and f"port {port}" in outcome.err and "--port 0" in outcome.err
    servers.append(Server(here / "run", "--port", str(port), "--host", "localhost"))
    assert servers[0].url.port == port
    assert servers[0].ask("GET", "/items")[0] == 200


def test_a_page_that_is_being_read_does_not_hold_up_the_end(here: Path, servers: list[Server]) -> None:
    servers.append(Server(here / "run"))
    assert servers[0].url.port
    with socket.create_connection(("127.0.0.1", servers[0].url.port)) as idle:
        idle.sendall(b"PUT /items HTTP/1.1\r\n")
        began = time.monotonic()
        assert servers[0].stop(signal.SIGINT)[0] == 130
        assert time.monotonic() - began < 10


def test_what_is_not_installed_is_named_with_the_way_to_get_it(here: Path) -> None:
    script = (
        "import sys; from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = classmethod("
        "lambda cls, name, *a, **k: None if name in ('starlette', 'uvicorn') else find(name, *a, **k))\n"
        "from inspector.__main__ import main; sys.argv = ['inspect', 'review', 'serve', 'run']; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "starlette and uvicorn: pip install 'mask-inspector[review]'" in done.stderr


@pytest.mark.parametrize("command", sorted(group.commands))
def test_every_help_has_an_example_and_the_exit_codes(command: str) -> None:
    outcome = inspect("review", command, "--help")
    assert outcome.code == 0
    assert f"inspect review {command} inspection/" in outcome.out and "Exit codes: 0 done" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 100
    for option in group.commands[command].params:
        assert not isinstance(option, click.Option) or (option.help and option.help[0].isupper())


def test_a_browser_names_the_port_of_http_or_leaves_it_out() -> None:
    from inspector.cli_review_serve import names_of

    assert {"127.0.0.1", "127.0.0.1:80", "localhost", "[::1]", "127.0.0.2"} <= names_of("127.0.0.2", 80)
    assert names_of("127.0.0.1", 8000) == {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}
