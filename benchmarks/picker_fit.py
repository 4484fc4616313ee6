"""Fit the weights of the picker's cues to descriptions with answers, beginning from the weights that stand there.

    python -m benchmarks.picker_fit GOLD.jsonl… --unseen FILE.jsonl… [--write]

With --write the weights in `prompts/language` are replaced, fitted on all descriptions. A ridge holds every weight of
a cue near the one that a person gave, or the last fit: few words occur often enough to be trusted alone.

The vocabulary (`language/vocabulary.json`) is fitted anew each time, words that stand in one description only left out.
How far cues and vocabulary are trusted is fitted on --unseen FILE…: descriptions that nobody read while writing cues,
because cues look better than they are on those that were read.

Three logistic regressions: `output` on all descriptions, `separate` on those that segmentation can answer, `regions` on
those with single objects. A cue may weigh on every axis.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from prompts.cues import AXES, Axis, language
from prompts.reading import read
from prompts.tasks import belief_of
from prompts.text import read_text
from prompts.vocabulary import FILE, words_of

__all__ = ["main"]

LANGUAGE = Path(__file__).resolve().parents[1] / "prompts" / "language"
OWN, OTHER = 0.8, 2.0  # ridge that holds a weight of the cue's own axis where it was, and one of another axis at 0
FIXED = 1e6  # ridge on the weights of a cue that no fit may change
SMALLEST = 0.05  # a weight below is left out
FOLDS = 10
WORDS = 0.17  # ridge on a word
MOST = 3.0  # log-odds that the vocabulary adds at most, before it is trusted
RARE = 2  # descriptions that must have a word

Item = Mapping[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Descriptions as cues found (N, F), weights (F, axes), and answers (N, axes), NaN where an axis does not count."""

    names: list[tuple[str, bool]]
    hits: Floats
    given: Floats  # the weights as they stand
    start: Floats  # what the ridge holds them at
    ridge: Floats
    answers: Floats


def _prior() -> Floats:
    return np.array([language().prior[axis] for axis in AXES])


def problem_of(items: Sequence[Item]) -> Problem:
    cues = language().cues
    names = [(cue.id, asked) for cue in cues for asked in (True, False)]
    place = {name: index for index, name in enumerate(names)}
    start = np.array([[(cue.asked if asked else cue.denied).get(axis, 0.0) for axis in AXES]
                      for cue in cues for asked in (True, False)])  # fmt: skip
    hits = np.zeros((len(items), len(names)))
    for row, item in enumerate(items):
        for hit in read(item["description"]).hits:
            hits[row, place[hit.cue, hit.is_asked]] = 1.0
    answers = np.array([[_answer(item["task"], axis) for axis in AXES] for item in items])
    fixed = np.array([[cue.fixed] for cue in cues for _ in (True, False)])
    own = (np.abs(start) == np.abs(start).max(axis=1, keepdims=True)) | fixed
    ridge = np.where(fixed, FIXED, np.where(own & (start != 0), OWN, OTHER))
    return Problem(names, hits, start, np.where(own, start, 0.0), ridge, answers)


def _answer(task: str, axis: Axis) -> float:
    if axis == "output":
        return float(task != "none")
    if task == "none" or (axis == "regions" and task == "semantic"):
        return float("nan")
    return float(task == "panoptic") if axis == "regions" else float(task != "semantic")


def fitted(problem: Problem, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Weights (F, axes) and priors (axes,) from the descriptions of `rows`."""
    weights, priors = problem.start.copy(), _prior()
    for column in range(len(AXES)):
        known = rows[~np.isnan(problem.answers[rows, column])]
        hits, answers = problem.hits[known], problem.answers[known, column]
        start = np.append(problem.start[:, column], priors[column])
        ridge = np.append(problem.ridge[:, column], 0.1)

        best = _regressed(hits, answers, start, ridge)
        weights[:, column], priors[column] = best[:-1], best[-1]
    return weights, priors


def tasks_of(scores: Floats) -> list[str]:
    """The likeliest task of each row of log-odds (N, axes)."""
    return [belief_of(dict(zip(AXES, row, strict=True)), {}).task for row in scores.tolist()]


def report(items: Sequence[Item], tasks: Sequence[str]) -> str:
    strict = np.mean([item["task"] == task for item, task in zip(items, tasks, strict=True)])
    lenient = np.mean([task in item["acceptable"] for item, task in zip(items, tasks, strict=True)])
    classes = {
        name: np.mean([task == name for item, task in zip(items, tasks, strict=True) if item["task"] == name])
        for name in ("semantic", "instance", "panoptic", "none")
    }
    return f"strict {strict:.3f}  lenient {lenient:.3f}  " + "  ".join(f"{k} {v:.2f}" for k, v in classes.items())


def cross_validated(problem: Problem) -> Floats:
    """Log-odds (N, axes) of each description by weights that never saw it."""
    order = np.random.default_rng(0).permutation(len(problem.hits))
    scores = np.empty_like(problem.answers)
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        weights, priors = fitted(problem, np.setdiff1d(order, held))
        scores[held] = problem.hits[held] @ weights + priors
    return scores


# ---------------------------------------------------------------------- vocabulary


def counted(items: Sequence[Item], known: Sequence[str]) -> Floats:
    """(N, words): 1 where a description has the word."""
    place = {word: index for index, word in enumerate(known)}
    rows = np.zeros((len(items), len(known)))
    for row, item in enumerate(items):
        rows[row, [place[word] for word in _words(item) if word in place]] = 1.0
    return rows


def _words(item: Item) -> frozenset[str]:
    return words_of(read_text(item["description"]).cleaned)


def common_words(items: Sequence[Item]) -> list[str]:
    seen = Counter(word for item in items for word in _words(item))
    return sorted(word for word, times in seen.items() if times >= RARE)


def fitted_words(rows: Floats, answers: Floats) -> Floats:
    """Weights (words + 1, axes), the last row the bias: logistic regressions with a ridge."""
    found = np.zeros((rows.shape[1] + 1, len(AXES)))
    for column in range(len(AXES)):
        known = ~np.isnan(answers[:, column])
        zero = np.zeros(rows.shape[1] + 1)
        ridge = np.append(zero[:-1] + WORDS, 0.0)
        found[:, column] = _regressed(rows[known], answers[known, column], zero, ridge)
    return found


def _regressed(x: Floats, y: Floats, start: Floats, ridge: Floats) -> Floats:
    """Weights of a logistic regression, the last one the bias, that a ridge holds at `start`."""

    def loss(w: Floats) -> Any:
        z = x @ w[:-1] + w[-1]
        p = 1 / (1 + np.exp(-z))
        value = np.sum(np.logaddexp(0, z) - y * z) + np.sum(ridge * (w - start) ** 2)
        return value, np.append(x.T @ (p - y), np.sum(p - y)) + 2 * ridge * (w - start)

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B").x)


def habits(rows: Floats, words: Floats) -> Floats:
    return np.clip(rows @ words[:-1] + words[-1], -MOST, MOST)


def trust(cues: Floats, habit: Floats, answers: Floats) -> tuple[float, float]:
    """How much of the cues' log-odds and of the vocabulary's makes the answers likeliest."""
    known = ~np.isnan(answers)
    steps = [(a, b) for a in np.arange(0.2, 1.3, 0.05) for b in np.arange(0.0, 1.6, 0.05)]

    def loss(a: float, b: float) -> float:
        z = (a * cues + b * habit)[known]
        return float(np.sum(np.logaddexp(0, z) - answers[known] * z))

    a, b = min(steps, key=lambda step: loss(*step))
    return float(a), float(b)


# ---------------------------------------------------------------------- what is written


def write(problem: Problem, weights: Floats, priors: Floats, scale: float) -> None:
    """Put the weights into the files of the language, and nothing else."""
    table = dict(zip(problem.names, weights, strict=True))
    for path in sorted(LANGUAGE.glob("*.toml")):
        blocks = re.split(r"(?=^\[\[cue\]\])", path.read_text("utf-8"), flags=re.M)
        text = "".join(_rewritten(block, table) for block in blocks)
        for axis, prior in zip(AXES, priors, strict=True):
            text = re.sub(rf"(?<=^\[prior\]\n)((?:\w+ = .*\n)*?{axis} = ).*", rf"\g<1>{prior:.2f}", text, flags=re.M)
        path.write_text(re.sub(r"^scale = .*", f"scale = {scale:.2f}", text, flags=re.M), "utf-8")


def _rewritten(block: str, table: Mapping[tuple[str, bool], Floats]) -> str:
    found = re.search(r'^id = "(.+)"$', block, flags=re.M)
    if not found:
        return block
    block = re.sub(r"^denied = \{.*\}\n", "", block, flags=re.M)
    lines = f"asked = {_inline(table[found[1], True])}\n"
    denied = _inline(table[found[1], False])
    return re.sub(r"^asked = \{.*\}\n", lines + (f"denied = {denied}\n" if denied != "{ }" else ""), block, flags=re.M)


def _inline(row: Floats) -> str:
    kept = [f"{axis} = {value:.2f}" for axis, value in zip(AXES, row, strict=True) if abs(value) >= SMALLEST]
    return "{ " + ", ".join(kept) + " }" if kept else "{ }"


def write_vocabulary(known: Sequence[str], words: Floats, b: float) -> None:
    """One word a line, weights to two places; a word that says nothing is left out."""
    rows = {word: [round(float(b * value), 2) for value in row] for word, row in zip(known, words, strict=False)}
    lines = [f"{json.dumps(word)}: {json.dumps(row)}" for word, row in rows.items() if max(map(abs, row)) >= SMALLEST]
    bias = json.dumps([round(float(b * value), 2) for value in words[-1]])
    text = f'{{"most": {MOST * b:.2f}, "bias": {bias}, "words": {{\n' + ",\n".join(lines) + "\n}}\n"
    (LANGUAGE / FILE).write_text(text, "utf-8")


def load(paths: Sequence[Path]) -> list[Item]:
    return [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--unseen", type=Path, nargs="+", required=True, help="descriptions that nobody read")
    parser.add_argument("--write", action="store_true", help="replace the weights in prompts/language")
    options = parser.parse_args()
    items, unseen = load(options.gold), load(options.unseen)
    problem, held = problem_of(items), problem_of(unseen)
    print("cues, cross-validated:", report(items, tasks_of(cross_validated(problem))))
    weights, priors = fitted(problem, np.arange(len(items)))
    known = common_words(items)
    words = fitted_words(counted(items, known), problem.answers)
    cues, habit = held.hits @ weights + priors, habits(counted(unseen, known), words)
    a, b = trust(cues, habit, held.answers)
    print("unseen, cues alone:   ", report(unseen, tasks_of(cues)))
    print("unseen, words alone:  ", report(unseen, tasks_of(habit)))
    print(f"unseen, {a:.2f} and {b:.2f}: ", report(unseen, tasks_of(a * cues + b * habit)))
    if options.write:
        everything = [*items, *unseen]
        problem = problem_of(everything)
        weights, priors = fitted(problem, np.arange(len(everything)))
        write(problem, weights, priors, a)
        known = common_words(everything)
        write_vocabulary(known, fitted_words(counted(everything, known), problem.answers), b)


if __name__ == "__main__":
    main()
