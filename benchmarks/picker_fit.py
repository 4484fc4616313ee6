"""Fit the weights of the picker's cues to descriptions with answers, beginning from the weights that stand there.

    python -m benchmarks.picker_fit GOLD.jsonl… [--write]

Without --write it prints ten-fold cross-validated scores before and after. With --write the weights in
`prompts/language/*.toml` are replaced. A ridge holds every weight near the one that a person gave, or near the last fit:
few words occur often enough to be trusted alone.

Three logistic regressions: `output` on all descriptions, `separate` on those that segmentation can answer, `regions` on
those with single objects. A cue may weigh on every axis.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from prompts.cues import AXES, Axis, language
from prompts.reading import read

__all__ = ["main"]

LANGUAGE = Path(__file__).resolve().parents[1] / "prompts" / "language"
OWN, OTHER = 0.8, 2.0  # ridge that holds a weight of the cue's own axis where it was, and one of another axis at 0
SMALLEST = 0.05  # a weight below is left out
FOLDS = 10

Item = Mapping[str, Any]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """Descriptions as counts of cues: hits (N, F), start (F, axes), answers (N, axes) with NaN where an axis is not asked."""

    names: list[tuple[str, bool]]
    hits: Floats
    start: Floats
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
    own = np.abs(start) == np.abs(start).max(axis=1, keepdims=True)
    return Problem(names, hits, np.where(own, start, 0.0), np.where(own & (start != 0), OWN, OTHER), answers)


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

        def loss(w: Floats, x: Floats = hits, y: Floats = answers, s: Floats = start, r: Floats = ridge) -> Any:
            z = x @ w[:-1] + w[-1]
            p = 1 / (1 + np.exp(-z))
            value = np.sum(np.logaddexp(0, z) - y * z) + np.sum(r * (w - s) ** 2)
            gradient = np.append(x.T @ (p - y), np.sum(p - y)) + 2 * r * (w - s)
            return value, gradient

        best = minimize(loss, start, jac=True, method="L-BFGS-B").x
        weights[:, column], priors[column] = best[:-1], best[-1]
    return weights, priors


def tasks_of(problem: Problem, rows: NDArray[np.intp], weights: Floats, priors: Floats) -> list[str]:
    scores = problem.hits[rows] @ weights + priors
    return [task_of(dict(zip(AXES, row, strict=True))) for row in scores]


def task_of(scores: Mapping[Axis, float]) -> str:
    if scores["output"] < 0:
        return "none"
    if scores["separate"] < 0:
        return "semantic"
    return "panoptic" if scores["regions"] > 0 else "instance"


def report(items: Sequence[Item], tasks: Sequence[str]) -> str:
    strict = np.mean([item["task"] == task for item, task in zip(items, tasks, strict=True)])
    lenient = np.mean([task in item["acceptable"] for item, task in zip(items, tasks, strict=True)])
    classes = {
        name: np.mean([task == name for item, task in zip(items, tasks, strict=True) if item["task"] == name])
        for name in ("semantic", "instance", "panoptic", "none")
    }
    return f"strict {strict:.3f}  lenient {lenient:.3f}  " + "  ".join(f"{k} {v:.2f}" for k, v in classes.items())


def cross_validated(problem: Problem, items: Sequence[Item]) -> list[str]:
    order, tasks = np.random.default_rng(0).permutation(len(items)), [""] * len(items)
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        weights, priors = fitted(problem, np.setdiff1d(order, held))
        for row, task in zip(held, tasks_of(problem, held, weights, priors), strict=True):
            tasks[row] = task
    return tasks


def write(problem: Problem, weights: Floats, priors: Floats) -> None:
    """Put the weights into the files of the language, and nothing else."""
    table = {name: row for name, row in zip(problem.names, weights, strict=True)}
    for path in sorted(LANGUAGE.glob("*.toml")):
        blocks = re.split(r"(?=^\[\[cue\]\])", path.read_text("utf-8"), flags=re.M)
        text = "".join(_rewritten(block, table) for block in blocks)
        for axis, prior in zip(AXES, priors, strict=True):
            text = re.sub(rf"(?<=^\[prior\]\n)((?:\w+ = .*\n)*?{axis} = ).*", rf"\g<1>{prior:.2f}", text, flags=re.M)
        path.write_text(text, "utf-8")


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true", help="replace the weights in prompts/language")
    options = parser.parse_args()
    items = [json.loads(line) for path in options.gold for line in path.read_text("utf-8").splitlines() if line.strip()]
    problem, every = problem_of(items), np.arange(len(items))
    print("as they stand: ", report(items, tasks_of(problem, every, problem.start, _prior())))
    print("cross-validated:", report(items, cross_validated(problem, items)))
    weights, priors = fitted(problem, every)
    print("fitted:         ", report(items, tasks_of(problem, every, weights, priors)))
    if options.write:
        write(problem, weights, priors)


if __name__ == "__main__":
    main()
