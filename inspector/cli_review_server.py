"""The server of `inspect review serve`: one page and its items, on this machine alone, for those who have the key."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspector.review import item_of
from inspector.review_run import ReviewedRun
from inspector.review_store import Conflict, ReviewStore, Stored

__all__ = ["ITEMS_URL", "TOKEN_HEADER", "Door", "app_of"]

ITEMS_URL = "/items"
TOKEN_HEADER = "X-Review-Token"  # noqa: S105 - its name; a page of another origin cannot send it
MOST_BYTES = 1 << 16  # of a request: a note of the longest takes 24 kB at most
LARGEST_REVISION = 2**63 - 1  # that SQLite can count to
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
#: The page brings its own policy; what only a header can say is said here.
PAGE_POLICY, DATA_POLICY = "frame-ancestors 'none'", "default-src 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Door:
    """Who may come in: those who know `token`, under one of the names `hosts` ("127.0.0.1:8000")."""

    token: str
    hosts: frozenset[str]

    def opens(self, token: str) -> bool:
        """Whether this is the token, in a time that says nothing of it."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def refusal(self, method: str, path: str, headers: Headers) -> str:
        """Why a request is not let in; "" where it is. A name that is not ours is a page that rebinds its own."""
        if headers.getlist("host") not in [[host] for host in self.hosts]:
            return "this server answers under its own address alone"
        if method not in ("GET", "HEAD") and headers.getlist("origin") not in [[f"http://{h}"] for h in self.hosts]:
            return "changes come from the page of this server alone"
        if path == ITEMS_URL and not self.opens(headers.get(TOKEN_HEADER, "")):
            return "the key is missing or wrong: open the address that `inspect review serve` printed"
        return ""


class Guard:
    """Lets in what the door lets in, and puts the headers of safety on every answer."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Content-Security-Policy", DATA_POLICY)
            await send(message)

        refusal = self.door.refusal(scope["method"], scope["path"], Headers(scope=scope))
        answer = _wrong(403, refusal) if refusal else self.app
        await answer(scope, receive, with_headers)


@dataclass(frozen=True)
class Desk:
    """What the routes work with."""

    page: str
    run: ReviewedRun
    store: ReviewStore
    door: Door

    async def give_page(self, request: Request) -> Response:
        if not self.door.opens(request.query_params.get("token", "")):
            return _wrong(403, "open the address that `inspect review serve` printed, with its key")
        return HTMLResponse(self.page, headers={"Content-Security-Policy": PAGE_POLICY})

    async def give_items(self, request: Request) -> Response:
        text = request.query_params.get("since", "0")
        since = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
        if since < 0:
            return _wrong(400, f"since: expected the number of a revision, found {text[:40]!r}")
        revision, stored = await run_in_threadpool(self.store.since, since)
        return JSONResponse(
            {"run": self.run.identity, "revision": revision, "items": [_as_json(each) for each in stored]}
        )

    async def put_item(self, request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _wrong(413, f"a change has at most {MOST_BYTES:,} bytes")
        try:
            change = json.loads(body)
            if not isinstance(change, dict) or set(change) != {"item", "revision"}:
                raise ValueError("expected an object with `item` and `revision`")
            stored = await run_in_threadpool(self._store, change["item"], change["revision"])
        except Conflict as conflict:
            return JSONResponse(_as_json(conflict.present), 409)
        except (ValueError, RecursionError) as error:
            return _wrong(422, str(error))
        return JSONResponse(_as_json(stored))

    def _store(self, record: Any, known: Any) -> Stored:
        """Raises ValueError for what is no item of this run, and Conflict."""
        if type(known) is not int or not 0 <= known <= LARGEST_REVISION:
            raise ValueError("`revision`: expected the one that was seen, 0 for none")
        cleared = isinstance(record, Mapping) and record.get("verdict", "") is None
        item = self.run.check(item_of({**record, "verdict": "accept"} if cleared else record)).item
        return self.store.put(item, known, cleared=cleared)


def app_of(page: str, run: ReviewedRun, store: ReviewStore, door: Door) -> ASGIApp:
    """The application: the page at "/", and its items, of which each has the revision that gave it.

    GET /items?since=R  the state of each item that changed after the revision R
    PUT /items          {item, revision}: 200 and the item as it is now stored; 409 and the present one where
                        `revision` is not that of it; an item whose verdict is null is cleared
    """
    desk = Desk(page, run, store, door)
    routes = [
        Route("/", desk.give_page, methods=["GET"]),
        Route(ITEMS_URL, desk.give_items, methods=["GET"]),
        Route(ITEMS_URL, desk.put_item, methods=["PUT"]),
    ]
    return Guard(Starlette(routes=routes), door)


async def _body(request: Request) -> bytes | None:
    """The body; None where it is too large, which is seen before it has all come."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return body


def _as_json(stored: Stored | None) -> dict[str, Any]:
    return {"revision": stored.revision, "item": stored.record} if stored else {"revision": 0, "item": None}


def _wrong(status: int, why: str) -> PlainTextResponse:
    return PlainTextResponse(why + "\n", status)
