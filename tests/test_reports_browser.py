"""The page in a real browser: it opens, says nothing to the console, asks for nothing, and names stay text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from reports import render
from tests import report_samples as samples

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


def opened(chromium: Path, html: str, folder: Path) -> tuple[str, list[str]]:
    """The page as the browser holds it, and what it said to the console: refused requests are said there."""
    page = folder / "report.html"
    page.write_text(html, encoding="utf-8")
    command = [chromium, *QUIET, f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def shown_title(dom: str) -> str:
    return re.findall(r"<title>(.*?)</title>", dom, re.S)[0]


@pytest.fixture(scope="module")
def hostile() -> str:
    return render(*samples.with_pictures(samples.hostile()))


def test_a_request_would_be_seen(chromium: Path, hostile: str, tmp_path: Path) -> None:
    asking = hostile.replace("</main>", '<img src="https://localhost/x.png"><script>document.title = 1</script></main>')
    dom, console = opened(chromium, asking, tmp_path)
    assert any("https://localhost/x.png" in line for line in console) and any("script" in line for line in console)
    assert shown_title(dom) == "Inspection of semantic masks"


def test_the_page_opens_without_a_request_or_a_word_to_the_console(
    chromium: Path, hostile: str, tmp_path: Path
) -> None:
    dom, console = opened(chromium, hostile, tmp_path)
    assert console == [] and shown_title(dom) == "Inspection of semantic masks"
    assert dom.count("<article") == hostile.count("<article") and dom.rstrip().endswith("</html>")


def test_without_its_policy_the_page_is_as_harmless(chromium: Path, hostile: str, tmp_path: Path) -> None:
    """Escaping holds alone: the policy is a second wall, not the only one."""
    bare, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", hostile)
    dom, console = opened(chromium, bare, tmp_path)
    assert removed == 1 and console == [] and shown_title(dom) == "Inspection of semantic masks"
    assert "<script" not in dom and set(re.findall(r'<img src="(.{5})', dom)) == {"data:"}
