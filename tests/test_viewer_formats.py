"""One number has one face: the script of the report writes numbers as Python does, to the last digit."""

from __future__ import annotations

import json
import math
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from reports import formats
from reports.language import script_words

SOURCES = Path(__file__).resolve().parents[1] / "reports" / "viewer"
ASKING = """
import { readFileSync } from "node:fs";
import * as formats from "./src/formats";
import { speak } from "./src/strings";
const { words, asked } = JSON.parse(readFileSync(0, "utf8"));
speak(words);
const answers = asked.map(([name, ...values]) => formats[name](...values));
process.stdout.write(JSON.stringify(answers));
"""

Asked = Callable[[Sequence[Sequence[Any]]], list[str]]


@pytest.fixture(scope="module")
def script(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """Functions of formats.ts by name: [name, values...] for each call, what they answer."""
    folder = tmp_path_factory.mktemp("formats") / "viewer"
    shutil.copytree(SOURCES, folder, ignore=shutil.ignore_patterns("node_modules", ".tests"))
    if (SOURCES / "node_modules").is_dir():
        (folder / "node_modules").symlink_to(SOURCES / "node_modules")
    else:
        _run(folder, [str(npm), "ci", "--no-audit", "--no-fund"])
    (folder / "asking.ts").write_text(ASKING, encoding="utf-8")
    options = ["--bundle", "--platform=node", "--format=esm", "--outfile=asking.mjs", "--log-level=error"]
    _run(folder, ["node_modules/.bin/esbuild", "asking.ts", *options])
    return lambda asked: list(json.loads(_run(folder, ["node", "asking.mjs"], _told(asked))))


def _told(asked: Sequence[Sequence[Any]]) -> str:
    return json.dumps({"words": script_words(), "asked": asked})


def _run(folder: Path, command: list[str], said: str = "") -> str:
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _shares() -> Iterator[float]:
    """Fractions, many of them where a digit turns: halves that binary holds exactly, and their neighbours."""
    chance = random.Random(7)
    yield from (0.0, 1.0, 5e-324, 1e-9, 0.0005, 0.00049999, 0.9995, 0.99949, 0.99999, math.nextafter(1, 0), 0.005)
    for n in range(1, 64):
        yield from _around(n / 64)
    for _ in range(1500):
        yield chance.random()
        yield from _around(chance.randrange(2000) / 2000)
    yield from (chance.randrange(1, n + 1) / n for n in range(1, 1200))


def _around(value: float) -> Iterator[float]:
    yield from (math.nextafter(value, 0), value, min(math.nextafter(value, 2), 1.0))


def _sizes() -> Iterator[float]:
    """Amounts and lengths, of both signs, from nothing to what binary holds as a whole number."""
    chance = random.Random(8)
    yield from (0.0, 0.04, 0.05, 0.0499, 0.25, 0.35, 0.5, 1.5, 2.5, -0.3, -0.5, -2.5, 999.94, 999.95, 999.96, 1e3, 1e15)
    yield from (1 + x for x in (1e-9, 1e-5, 0.0001, 0.001, 0.004, 0.005, 0.01, -1e-9, -0.00001, -0.0004, -0.004))
    for _ in range(1500):
        yield chance.uniform(0, 3)
        yield chance.randrange(8000) / 8
        yield chance.choice((-1, 1)) * math.exp(chance.uniform(-8, 34))
        yield float(chance.randrange(2**53))
        yield chance.randrange(2**30) + 0.5


SHARES, SIZES = list(_shares()), list(_sizes())


@pytest.mark.parametrize(
    ("name", "python", "values"),
    [
        ("tenths", formats.tenths, SHARES),
        ("percent", formats.percent, SHARES),
        ("wholePercent", formats.whole_percent, SHARES),
        ("ratio", formats.ratio, [abs(size) for size in SIZES]),
        ("count", formats.count, SIZES),
        ("px", formats.px, SIZES),
        ("length", lambda value: formats.length(value, ""), SIZES),
    ],
)
def test_a_number_is_written_as_python_writes_it(
    script: Asked, name: str, python: Callable[[float], str], values: list[float]
) -> None:
    answers = script([[name, value] for value in values])
    expected = map(python, values)
    differing = [three for three in zip(values, answers, expected, strict=True) if three[1] != three[2]]
    assert differing == [] and len(values) > 3000


def test_an_interval_is_written_as_python_writes_it(script: Asked) -> None:
    ends: list[list[float | None]] = [[min(pair), max(pair)] for pair in zip(SHARES, reversed(SHARES), strict=True)]
    ends += [[min(pair) - 0.5, max(pair)] for pair in zip(SHARES, reversed(SHARES), strict=True)]
    expected = [formats.interval(pair) for pair in ends]
    assert script([["bounds", pair, "percent"] for pair in ends]) == expected


def test_what_is_undefined_says_so(script: Asked) -> None:
    names = ["tenths", "percent", "count", "px", "ratio", "length"]
    assert script([[name, None] for name in names]) == [formats.UNDEFINED] * len(names)


def test_an_interval_of_a_ratio_has_no_sign(script: Asked) -> None:
    assert script([["bounds", [0.75, 1.08], "ratio"], ["bounds", [1, 120.4], "ratio"]]) == ["0.75–1.08", "1–120"]
