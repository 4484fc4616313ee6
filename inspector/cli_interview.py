"""The interview of `inspect pick`: the questions that text and masks leave open, asked at a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from inspector.errors import UsageError

if TYPE_CHECKING:
    from inspector.cli_pick_given import Given
    from prompts.questions import Question

__all__ = ["interview"]

CLEAR = 0.9  # probability of a task from which on its questions are answered by the text


def interview(given: Given) -> dict[str, str]:
    """Answers to the questions that are open: fact -> value. Raises UsageError where nobody can be asked."""
    from prompts.questions import load_questions

    if not (sys.stdin and sys.stdin.isatty()):
        fix = (
            'say what the result is for: inspect pick "how much of the leaf is diseased"; or --masks DIR, or --run RUN'
        )
        raise UsageError(f"nothing to pick from, and no terminal to ask at; {fix}", fix=fix)
    known = _known(given)
    asked: dict[str, str] = {}
    for question in load_questions():
        if question.is_due({**known, **asked}):
            answer = _ask(question)
            if answer:
                asked[question.id] = answer
    return asked


def _known(given: Given) -> dict[str, str]:
    """What need not be asked: facts of text and masks, and the task where the text is clear about it."""
    from prompts.picker import pick
    from prompts.tasks import facts_for

    measured = dict(given.labels.facts) if given.labels else {}
    if not given.description:
        return measured
    picked = pick(given.description, given.labels)
    decided = facts_for(picked.belief.task) if picked.belief.confidence >= CLEAR else {}
    return {**picked.reading.facts, **measured, **decided}


def _ask(question: Question) -> str | None:
    """The value that the user chose; None for "I do not know"."""
    click.echo(f"\n{question.text}\n  {question.why}", err=True)
    for number, (_, label) in enumerate(question.options, 1):
        click.echo(f"  {number}  {label}", err=True)
    click.echo("  0  I do not know", err=True)
    number = click.prompt("Your answer", type=click.IntRange(0, len(question.options)), default=0, err=True)
    return question.options[number - 1][0] if number else None
