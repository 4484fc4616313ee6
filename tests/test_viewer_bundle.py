"""The script of the report: its own checks, and that what is committed is what its sources give."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "reports" / "viewer"
WORDS = ROOT / "reports" / "language" / "script.toml"
BUNDLE = ROOT / "reports" / "assets" / "viewer.js"
TYPES = SOURCES / "src" / "strings_types.ts"
MOST_BYTES = 93_000


@pytest.fixture(scope="module")
def project(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources with what they are built by, as the lock file says."""
    folder = tmp_path_factory.mktemp("script") / "viewer"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules", ".tests"))
    for name in ("assets", "language"):
        (folder.parent / name).mkdir()
    shutil.copy(WORDS, folder.parent / "language")
    _run(folder, npm, "ci", "--no-audit", "--no-fund")
    return folder


def _run(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_committed_bundle_is_what_the_sources_give(project: Path, npm: Path) -> None:
    _run(project, npm, "run", "build")
    built = (project.parent / "assets" / "viewer.js").read_bytes()
    assert built == BUNDLE.read_bytes(), "reports/assets/viewer.js is stale: run `make viewer`"
    types = (project / "src" / TYPES.name).read_bytes()
    assert types == TYPES.read_bytes(), f"{TYPES.name} is not what script.toml gives: run `make viewer`"


def test_types_hold(project: Path, npm: Path) -> None:
    _run(project, npm, "run", "check")


def test_the_units_of_the_script(project: Path, npm: Path) -> None:
    said = _run(project, npm, "test")
    assert int(re.findall(r"^# pass (\d+)", said, re.M)[0]) > 0 and re.search(r"^# fail 0$", said, re.M)


def test_the_bundle_is_small_and_can_stand_in_a_page() -> None:
    text = BUNDLE.read_text(encoding="utf-8")
    assert 0 < len(text.encode()) <= MOST_BYTES
    assert not re.search(r"</script|<!--", text, re.I)


def test_the_bundle_asks_for_nothing_and_runs_no_text() -> None:
    """No address of another machine, no eval, no markup made of text."""
    text = BUNDLE.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\s\"'`]+", text)) - {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML",
    }  # fmt: skip
    assert addresses == set() and not re.search(
        r"\beval\(|new Function\(|\.outerHTML|insertAdjacentHTML|document\.write", text
    )


def test_the_lock_file_names_no_address() -> None:
    assert "resolved" not in (SOURCES / "package-lock.json").read_text(encoding="utf-8")
