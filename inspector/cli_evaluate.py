"""`inspect pick --evaluate`: the picker's score on a gold file, as a gate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from inspector.cli_errors import print_text
from inspector.errors import InputError, UsageError
from inspector.problems import visible

__all__ = ["LEAST", "MOST", "evaluate_file"]

LEAST = {"strict": 0.90, "lenient": 0.95, "balanced": 0.88}  # what --evaluate asks for
MOST = {"asked": 0.15}
BELOW = 1  # exit code of an evaluation that misses a bar


def evaluate_file(path: Path, least: Mapping[str, float], most: Mapping[str, float], as_json: bool) -> int:
    """Score the picker on a gold file, print it, and return 1 where a bar is missed."""
    from prompts.errors import PromptsError
    from prompts.evaluate import Bar, Evaluation, evaluate, read_gold
    from prompts.picker import pick

    try:
        items = read_gold(path.read_text(encoding="utf-8-sig"), str(path))
        evaluation: Evaluation = evaluate(items, lambda description: pick(description).answer)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give a JSON Lines file", path=str(path)) from None
    except UnicodeDecodeError as error:
        raise InputError("bad_gold", f"{path}: byte {error.start} is no UTF-8; give a JSON Lines file") from None
    except PromptsError as error:
        raise InputError("bad_gold", str(error)) from None
    missed = Bar(least, most).missed(evaluation)
    if as_json:
        print_text(json.dumps({**evaluation.as_json(), "missed": list(missed)}, indent=1) + "\n")
        return BELOW if missed else 0
    lines = [f"{len(items)} descriptions"]
    for name, score in evaluation.scores.items():
        if score.items:
            low, high = score.as_json()["interval"]
            lines.append(f"  {name:<13}{score.share:>7.1%}  {score.hits} of {score.items}  ({low:.0%} to {high:.0%})")
    lines.append(f"  {'balanced':<13}{evaluation.balanced:>7.1%}  mean recall of the tasks")
    wrong = (result for result in evaluation.results if not result.strict)
    lines += [f"wrong: {each.item.id}: {each.answer.task}, expected {each.item.task}" for each in wrong]
    lines += [f"missed: {sentence}" for sentence in missed]
    print_text("\n".join(map(visible, lines)) + "\n")
    return BELOW if missed else 0
