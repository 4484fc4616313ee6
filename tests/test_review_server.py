"""The server of a review lets in nobody without its key, nothing from another page, and nothing too large."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from inspector.cli_review_server import HEADERS, MOST_BYTES, Door, app_of
from inspector.review_run import ReviewedRun, read_run
from inspector.review_store import ReviewStore, open_review
from reports.text import visible
from tests.review_samples import item, make_run

HOST = "127.0.0.1:8123"
TOKEN = "a-key-for-tests"
PAGE = "<!DOCTYPE html><title>the page</title>"
KEY = {"X-Review-Token": TOKEN}
WRITE = {**KEY, "Origin": f"http://{HOST}"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ReviewedRun:
    return read_run(make_run(tmp_path_factory.mktemp("served")), visible)


@pytest.fixture
def store(tmp_path: Path, run: ReviewedRun) -> Iterator[ReviewStore]:
    with open_review(tmp_path, run.identity) as store:
        yield store


@pytest.fixture
def client(run: ReviewedRun, store: ReviewStore) -> TestClient:
    door = Door(TOKEN, frozenset({HOST, "localhost:8123"}))
    return TestClient(app_of(PAGE, run, store, door), base_url=f"http://{HOST}", raise_server_exceptions=True)


def put(client: TestClient, record: Any, revision: Any = 0, **headers: str) -> Any:
    return client.put("/items", json={"item": record, "revision": revision}, headers=WRITE | headers)


# ---------------------------------------------------------------------- what it is for


def test_the_page_is_given_to_who_has_the_key(client: TestClient) -> None:
    answer = client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.text) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert "set-cookie" not in answer.headers


def test_items_are_written_and_read(client: TestClient, run: ReviewedRun) -> None:
    assert client.get("/items", headers=KEY).json() == {"run": run.identity, "revision": 0, "items": []}
    assert put(client, item()).json() == {"revision": 1, "item": item()}
    assert put(client, item("image2", "accept", box=None)).json()["revision"] == 2
    assert put(client, item(note="more"), 1).json() == {"revision": 3, "item": item(note="more")}
    answer = client.get("/items?since=1", headers=KEY).json()
    assert answer["revision"] == 3
    assert [(each["revision"], each["item"]["image"]) for each in answer["items"]] == [(2, "image2"), (3, "image1")]
    assert client.get("/items?since=3", headers=KEY).json()["items"] == []


def test_who_writes_what_they_have_not_seen_is_told_what_is_there(client: TestClient) -> None:
    put(client, item(note="ada"))
    answer = put(client, item(note="ben"))
    assert (answer.status_code, answer.json()) == (409, {"revision": 1, "item": item(note="ada")})
    assert put(client, item("image3"), 5).json() == {"revision": 0, "item": None}
    assert put(client, item(note="ben"), 1).status_code == 200


def test_a_null_verdict_clears(client: TestClient) -> None:
    put(client, item(note="x"))
    assert put(client, item(verdict=None), 1).json() == {"revision": 2, "item": item(verdict=None)}


def test_the_names_stored_are_those_of_the_run(client: TestClient) -> None:
    sent = item(class_name="<script>") | {"image_index": None}
    assert put(client, sent).json()["item"] == item()


# ---------------------------------------------------------------------- who is let in


@pytest.mark.parametrize("query", ["", "?token=", "?token=A-key-for-tests", "?token=a-key-for-test", "?token=%C3%A9"])
def test_the_page_is_not_given_without_the_key(client: TestClient, query: str) -> None:
    answer = client.get(f"/{query}")
    assert answer.status_code == 403 and "the page" not in answer.text


@pytest.mark.parametrize("key", [None, "", "wrong", TOKEN + "x", "é"])
def test_items_are_not_given_or_taken_without_the_key(client: TestClient, store: ReviewStore, key: str | None) -> None:
    headers = {} if key is None else {"X-Review-Token": key.encode("utf-8")}
    origin = {"Origin": f"http://{HOST}"}
    assert client.get("/items", headers=headers).status_code == 403
    assert client.get(f"/items?token={TOKEN}", headers=headers).status_code == 403
    answer = client.put("/items", json={"item": item(), "revision": 0}, headers={**headers, **origin})
    assert answer.status_code == 403 and store.since(0) == (0, [])


@pytest.mark.parametrize(
    "host", ["evil.example:8123", "127.0.0.1", "127.0.0.1:80", "127.0.0.1:8124", "evil.example", "", "127.0.0.1:8123."]
)
def test_another_name_of_the_server_is_refused(client: TestClient, host: str) -> None:
    """A page that makes its own name point here (DNS rebinding) sends that name."""
    for path in (f"/?token={TOKEN}", "/items", "/nowhere"):
        assert client.get(path, headers={**KEY, "Host": host}).status_code == 403
    assert put(client, item(), Host=host).status_code == 403


def test_the_other_name_of_this_machine_is_good(client: TestClient) -> None:
    assert client.get("/items", headers={**KEY, "Host": "localhost:8123"}).status_code == 200
    assert put(client, item(), Host="localhost:8123", Origin="http://localhost:8123").status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "https://127.0.0.1:8123",
        "http://127.0.0.1",
        "http://127.0.0.1:8123.evil.example",
        "",
    ],
)
def test_a_change_from_another_page_is_refused(client: TestClient, store: ReviewStore, origin: str) -> None:
    assert put(client, item(), Origin=origin).status_code == 403
    assert client.put("/items", json={"item": item(), "revision": 0}, headers=KEY).status_code == 403
    assert store.since(0) == (0, [])


# ---------------------------------------------------------------------- what is let in


@pytest.mark.parametrize(
    "path",
    ["/report.html", "/inspection.json", "/items/", "/items/1", "/../inspection.json", "/..%2finspection.json",
     "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/static/../../etc/passwd", "/review.sqlite", "/docs"],
)  # fmt: skip
def test_there_is_nothing_but_the_page_and_its_items(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?token={TOKEN}", headers=KEY, follow_redirects=False)
    assert answer.status_code in (404, 307) and "root:" not in answer.text and "schema_version" not in answer.text
    if answer.status_code == 307:
        assert path == "/items/" and answer.headers["location"].startswith(f"http://{HOST}/items?")


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_do_nothing(client: TestClient, method: str) -> None:
    for path in ("/", "/items"):
        assert client.request(method, path, headers=WRITE).status_code == 405


def test_a_body_that_is_too_large_is_refused_and_one_that_is_not_is_taken(
    client: TestClient, store: ReviewStore
) -> None:
    body = json.dumps({"item": item(), "revision": 0}).encode()
    for size, status in ((MOST_BYTES, 200), (MOST_BYTES + 1, 413), (MOST_BYTES * 50, 413)):
        padded = body + b" " * (size - len(body))
        assert client.put("/items", content=padded, headers=WRITE).status_code == status
    assert store.since(0)[0] == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Expecting value"),
        (b"\xff", "decode"),
        (b"[" * 60_000, ""),
        (b"[]", "`item` and `revision`"),
        (b'{"item": 1}', "`item` and `revision`"),
        (b'{"item": 1, "revision": 0}', "expected an object"),
        (b'{"item": {}, "revision": "0"}', "`revision`"),
        (b'{"item": {}, "revision": true}', "`revision`"),
        (b'{"item": {}, "revision": -1}', "`revision`"),
        (b'{"item": {}, "revision": 99999999999999999999}', "`revision`"),
        (b'{"item": {"verdict": "accept"}, "revision": 0}', "`image`"),
        (b'{"item": {"verdict": null}, "revision": 0}', "`image`"),
        (json.dumps({"item": item(verdict="good"), "revision": 0}).encode(), "`verdict`"),
        (json.dumps({"item": item("image9"), "revision": 0}).encode(), "no such image"),
        (json.dumps({"item": item(box=[0, 0, 99, 99]), "revision": 0}).encode(), "reaches out"),
        (json.dumps({"item": item(**{"class": 9}), "revision": 0}).encode(), "no class with the id 9"),
        (b'{"item": {"image": "image1", "verdict": "accept", "class": 1' + b"0" * 9000 + b'}, "revision": 0}', ""),
    ],
)
def test_what_is_no_item_of_this_run_is_refused_with_the_reason(
    client: TestClient, store: ReviewStore, body: bytes, words: str
) -> None:
    answer = client.put("/items", content=body, headers=WRITE)
    assert answer.status_code == 422 and words in answer.text
    assert store.since(0) == (0, [])


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "9" * 30, "٣", ""])
def test_a_revision_that_is_no_number_is_refused(client: TestClient, since: str) -> None:
    assert client.get(f"/items?since={since}", headers=KEY).status_code == 400


def test_every_answer_has_the_headers_of_safety(client: TestClient) -> None:
    answers = [
        client.get(f"/?token={TOKEN}"), client.get("/"), client.get("/items", headers=KEY), client.get("/nowhere"),
        client.get("/items", headers={"Host": "evil.example"}), put(client, item()), put(client, 5),
        client.post("/", headers=WRITE),
    ]  # fmt: skip
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers
    assert [answer.status_code for answer in answers] == [200, 403, 200, 404, 403, 200, 422, 405]
