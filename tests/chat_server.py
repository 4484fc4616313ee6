"""A server on loopback that speaks the chat protocol of OpenAI as a test tells it to, and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ANSWER: dict[str, Any] = {
    "task": "instance",
    "sister_task": None,
    "confidence": 0.9,
    "evidence_quotes": [{"text": "one by one", "says": "objects"}],
    "ask_user": None,
    "architecture": [{"name": "maskrcnn", "library": "torchvision", "why": "A mask each."}],
    "loss": {"name": "detector", "why": "It comes with the model."},
    "metrics": [{"name": "mask-ap", "why": "Masks with a confidence."}],
    "resolution_tiling": {"input": "As it is.", "tiling": "None."},
    "why": "They are wanted one by one.",
    "not_chosen": [{"name": "semantic", "why": "Two would become one."}],
}


@dataclass
class Says:
    """One reply of the server."""

    body: bytes
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    pieces_s: float = 0.0  # a byte, a pause of this many seconds, the next byte


def says(content: Any = None, **message: Any) -> Says:
    """A chat completion; `content` as text, or as the JSON of it."""
    reason = message.pop("finish_reason", "stop")
    text = content if isinstance(content, str | None) else json.dumps(content)
    choice = {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": reason}
    return Says(json.dumps({"id": "x", "object": "chat.completion", "choices": [choice]}).encode())


def fails(status: int, message: str = "it is broken", **headers: str) -> Says:
    """An error as servers of this protocol tell it; it asks for the next try at once."""
    body = json.dumps({"error": {"message": message, "type": "error", "param": None, "code": None}}).encode()
    return Says(body, status, headers={"retry-after-ms": "1", **headers})


@dataclass
class Request:
    """What came: the path, the headers with small letters, and the body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ChatServer:
    """Replies in their order, the last one again and again; or what a function says to each request."""

    base_url: str
    replies: list[Says]
    requests: list[Request] = field(default_factory=list)
    decide: Callable[[Request], Says] | None = None
    closing: threading.Event = field(default_factory=threading.Event)

    def reply(self, request: Request) -> Says:
        self.requests.append(request)
        if self.decide:
            return self.decide(request)
        return self.replies[min(len(self.requests), len(self.replies)) - 1]


@contextmanager
def chat_server(*replies: Says, decide: Callable[[Request], Says] | None = None) -> Iterator[ChatServer]:
    """A server that runs as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(chat.reply(Request(self.path, headers, body)))

        def _send(self, said: Says) -> None:
            self.send_response(said.status)
            for name, value in {"content-type": said.kind, "content-length": len(said.body), **said.headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            for place in range(len(said.body)) if said.pieces_s else ():
                if chat.closing.wait(said.pieces_s):
                    return
                try:
                    self.wfile.write(said.body[place : place + 1])
                except OSError:  # the client has gone
                    return
            if not said.pieces_s:
                self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the screen of the tests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        chat = ChatServer(f"http://127.0.0.1:{server.server_address[1]}/v1", list(replies), decide=decide)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield chat
        finally:
            chat.closing.set()
            server.shutdown()
            thread.join()
