"""Fixtures that tests share, and what they may expect of the machine."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

pytest_plugins = ("tests.browser",)

CI = os.environ.get("CI") == "true"

# Tests run side by side: a torch that takes every core in each of them waits for the others. Set before it is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# No deadlines: the first call of a kernel compiles it. In CI the same examples each time.
settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if CI else "developer")


def absent(what: str) -> NoReturn:
    """Skip the test where a developer lacks something; in CI that is a failure, or nobody would notice."""
    if CI:
        pytest.fail(f"{what} is needed in CI", pytrace=False)
    pytest.skip(f"{what} is not there")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference data beside the checkout: oracles, real sets, the corpus of bad files."""
    folder = Path(__file__).resolve().parents[2] / "shared"
    return folder if folder.is_dir() else absent("the folder of reference data beside the checkout")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A browser that can be run headless."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return Path(found) if found else absent("chromium")


@pytest.fixture(scope="session")
def npm() -> Path:
    """What the script of the report is built with."""
    found = shutil.which("npm")
    return Path(found) if found else absent("npm")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking the network is a failure of the test."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
