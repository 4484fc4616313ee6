"""Firefox, driven by WebDriver BiDi over its own port: for what a second browser engine must do as well."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from websockets.sync.client import ClientConnection, connect

__all__ = ["Firefox", "started"]

LIMIT_S = 60.0  # of any one wait
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


@dataclass
class Firefox:
    """A window, and what its page has said and asked for since it was opened.

    said   messages to the console and errors that nothing caught
    asked  requests other than for the page itself; Firefox does not tell of those for files
    """

    talk: ClientConnection
    context: str = ""
    address: str = ""
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def open(self, page: Path, place: str = "") -> None:
        """Show a file, at a `place` in it (#…), and wait until it is loaded. What an earlier one said is forgotten."""
        self.send("browsingContext.navigate", context=self.context, url="about:blank", wait="complete")
        self.address, self.said[:], self.asked[:] = page.as_uri(), [], []
        self.send("browsingContext.navigate", context=self.context, url=self.address + place, wait="complete")

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a place of the window, in px."""
        move = {"type": "pointerMove", "x": round(x), "y": round(y)}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [move]}
        self.send("input.performActions", context=self.context, actions=[mouse])

    def evaluate(self, script: str) -> Any:
        """What a function in the page answers, as JSON says it; a promise is awaited. Raises RuntimeError if it throws.
        The policy of the page does not bind it."""
        answer = self.send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({script})()))()",
            target={"context": self.context},
            awaitPromise=True,
        )
        if answer["type"] != "success":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def wait_for(self, script: str) -> None:
        """Until a function in the page answers truthfully. Raises TimeoutError."""
        until = time.monotonic() + LIMIT_S
        while not self.evaluate(f"async () => Boolean(await ({script})())"):
            if time.monotonic() > until:
                raise TimeoutError(f"after {LIMIT_S:g} s still not: {script}")
            time.sleep(0.05)

    def send(self, method: str, **params: Any) -> Any:
        """The result of one command. Raises RuntimeError where Firefox refuses it, TimeoutError without an answer."""
        number = next(self.numbers)
        self.talk.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            told = json.loads(self.talk.recv(timeout=LIMIT_S))
            if told.get("id") == number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]
            self._note(told)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "log.entryAdded":
            self.said.append(f"{params['level']}: {params['text']}")
        elif event.get("method") == "network.beforeRequestSent":
            url = params["request"]["url"]
            if urldefrag(url).url != self.address and not url.startswith("data:"):
                self.asked.append(url)


@contextmanager
def started(program: Path, profile: Path) -> Iterator[Firefox]:
    """Firefox without a window of its own, in a new profile."""
    profile.mkdir(parents=True)
    (profile / "user.js").write_text('user_pref("ui.prefersReducedMotion", 1);\n', encoding="utf-8")
    log = profile / "log.txt"
    with log.open("wb") as file:
        command = [program, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        try:
            with connect(f"{_address(process, log)}/session", max_size=None, proxy=None) as talk:
                yield _session(Firefox(talk))
        finally:
            process.terminate()
            process.wait(LIMIT_S)


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        found = LISTENING.search(log.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
        time.sleep(0.05)
    raise RuntimeError(f"Firefox does not answer; it said:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _session(firefox: Firefox) -> Firefox:
    firefox.send("session.new", capabilities={})
    firefox.send("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
    firefox.context = firefox.send("browsingContext.getTree")["contexts"][0]["context"]
    return firefox
