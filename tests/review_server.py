"""`inspect review serve` in a process of its own, and a client of few words."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.command import command_line

__all__ = ["Server"]


class Server:
    """The server of a run; `url` is the address that it printed, `token` the key in it."""

    def __init__(self, run: Path, *more: str) -> None:
        self.process = subprocess.Popen(
            command_line("review", "serve", run, "--no-open", *more),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert self.process.stdout
        first, second = (self.process.stdout.readline() for _ in range(2))
        assert first, self.process.communicate()[1]
        assert second == f"kept in {run / 'review.sqlite'}; Ctrl-C ends it\n"
        self.url = urlsplit(first.removeprefix("review: ").strip())
        self.token = self.url.query.removeprefix("token=")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
        assert self.url.hostname and self.url.port
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=30)
        own = {"X-Review-Token": self.token, "Origin": f"http://{self.url.netloc}"}
        connection.request(method, path, None if body is None else json.dumps(body), own | headers)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8")
        connection.close()
        return answer.status, text

    def stop(self, number: int) -> tuple[int, str, str]:
        os.killpg(self.process.pid, number)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err

    def end(self) -> None:
        """Whatever it does."""
        if self.process.poll() is None:
            self.stop(signal.SIGKILL)
