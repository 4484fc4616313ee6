"""`inspect pick`: words, masks and answers in, the task and what to do with it out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspector.cli_errors import print_text
from inspector.errors import InputError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from prompts.evidence import LabelEvidence
    from prompts.llm import Reply
    from prompts.picker import Pick

__all__ = ["BARS", "evaluate_file", "pick_task"]

LARGEST_TEXT = 10 << 20  # bytes of a description: more is no description but a wrong file
BARS = {"strict": 0.90, "lenient": 0.95, "balanced": 0.88}  # what --evaluate asks for
BELOW = 1  # exit code of an evaluation that misses a bar
PROMPT = "segmentation-task-picker"


@dataclass(frozen=True)
class Evidence:
    """What is known of the true masks, and the run folder and its document that it came from, if any."""

    labels: LabelEvidence | None = None
    run: Path | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


def pick_task(words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """The command: read what is given, ask where nothing is, answer. Returns the exit code.

    Raises UsageError for rules or knowledge that a person has edited, and that cannot be read.
    """
    from prompts.errors import PromptsError

    try:
        return _pick(words, options)
    except PromptsError as error:
        raise UsageError(str(error)) from None


def _pick(words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    description = _description(words, options["file"])
    evidence = _evidence(options)
    asked: dict[str, str] = {}
    if options["interview"] or (not description and evidence.labels is None and not options["print_prompt"]):
        asked = _interview(description, evidence)
    if options["print_prompt"]:
        return _print_prompt(description, evidence)
    from prompts.picker import pick

    picked = pick(description, evidence.labels, asked)
    reply, failure = _second_opinion(description, evidence, options)
    if evidence.run and evidence.labels:
        _draw_again(evidence.run, evidence.document, description, picked)
    if options["as_json"]:
        print_text(json.dumps(_json(picked, reply, failure), indent=1, ensure_ascii=False) + "\n")
    else:
        print_text(_by_line(_text(picked, evidence, reply, failure)))
    return 0


# ---------------------------------------------------------------------- what is given


def _description(words: tuple[str, ...], file: Path | None) -> str:
    """The text from the command line, standard input (`-`) or a file. Raises UsageError and InputError."""
    if words and file:
        raise UsageError("a description and --file were given: leave one of them out")
    if file:
        try:
            return _decoded(file.read_bytes(), str(file))
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}; give a text file", path=str(file)) from None
    if words == ("-",):
        return _decoded(sys.stdin.buffer.read(LARGEST_TEXT + 1), "standard input")
    return " ".join(words).strip()


def _decoded(data: bytes, name: str) -> str:
    if len(data) > LARGEST_TEXT:
        raise InputError("too_large", f"{name}: more than {LARGEST_TEXT >> 20} MiB; a description has a few sentences")
    if b"\0" in data:
        raise InputError("not_text", f"{name}: holds zero bytes, so it is no text; give the description as UTF-8")
    return data.decode("utf-8", errors="replace").strip()


def _evidence(options: Mapping[str, Any]) -> Evidence:
    if options["masks"] and options["run"]:
        raise UsageError("--masks and --run were given: the run has its own masks; leave one of them out")
    if options["run"]:
        return _of_run(options["run"])
    if not options["masks"]:
        return Evidence()
    from inspector.cli_options import categories_from
    from inspector.label_profile import profile_folder
    from prompts.evidence import read_labels

    profile = profile_folder(
        options["masks"],
        kind=options["labels"],
        categories=categories_from({"classes": options["classes"], "num_classes": None}),
        ignore=options["ignore"],
    )
    return Evidence(read_labels(profile.as_json()))


def _of_run(run: Path) -> Evidence:
    from prompts.evidence import read_labels

    place = run / "inspection.json"
    try:
        document = json.loads(place.read_text(encoding="utf-8"))
        labels = document["labels"]
    except OSError as error:
        raise UsageError(
            f"{place}: {error.strerror}; --run takes a folder that `inspect` wrote", path=str(run)
        ) from None
    except (ValueError, KeyError, TypeError):
        fix = "inspect the masks again with this version"
        raise InputError("no_labels", f"{place}: it says nothing about the true masks; {fix}", fix) from None
    return Evidence(read_labels(labels) if labels else None, run, document)


# ---------------------------------------------------------------------- questions


def _interview(description: str, evidence: Evidence) -> dict[str, str]:
    """Answers to the questions that are still open. Raises UsageError where nobody can be asked."""
    from prompts.picker import pick
    from prompts.questions import load_questions

    if not (sys.stdin and sys.stdin.isatty()):
        fix = (
            'say what the result is for: inspect pick "how much of each leaf is diseased"; or --masks DIR, --run RUN, -'
        )
        raise UsageError(f"nothing to pick from, and no terminal to ask at; {fix}", fix=fix)
    known = dict(pick(description, evidence.labels).reading.facts) if description else {}
    known |= evidence.labels.facts if evidence.labels else {}
    asked: dict[str, str] = {}
    for question in load_questions():
        if question.is_due({**known, **asked}):
            answer = _ask(question.text, question.why, question.options)
            if answer:
                asked[question.id] = answer
    return asked


def _ask(text: str, why: str, options: tuple[tuple[str, str], ...]) -> str | None:
    """The value that the user chose; None for "I do not know"."""
    click.echo(f"\n{text}\n  {why}", err=True)
    for number, (_, label) in enumerate(options, 1):
        click.echo(f"  {number}  {label}", err=True)
    click.echo("  0  I do not know", err=True)
    number = click.prompt("Your answer", type=click.IntRange(0, len(options)), default=0, err=True)
    return options[number - 1][0] if number else None


# ---------------------------------------------------------------------- what comes out


def _print_prompt(description: str, evidence: Evidence) -> int:
    from prompts.evidence import evidence_text
    from prompts.prompt_files import filled

    print_text(filled(PROMPT, description, evidence_text(evidence.labels) if evidence.labels else ""))
    return 0


def _by_line(text: str) -> str:
    """Safe for a terminal, line by line: words of unknown origin stand in it."""
    return "\n".join(map(visible, text.split("\n")))


def _second_opinion(
    description: str, evidence: Evidence, options: Mapping[str, Any]
) -> tuple[Reply | None, str | None]:
    """What a language model answers; or why there is no such answer, which leaves the offline one standing."""
    if options["llm"] is None:
        if options["model"]:
            raise UsageError("--model is for --llm BASE_URL: give that too, or leave it out")
        return None, None
    if not options["model"]:
        raise UsageError("--llm needs --model NAME: the model that the server is to use")
    from prompts.evidence import evidence_text
    from prompts.llm import LlmError, ask

    text = evidence_text(evidence.labels) if evidence.labels else ""
    key = os.environ.get(options["key_env"])
    try:
        return ask(options["llm"], options["model"], key, description, text, options["timeout"]), None
    except LlmError as error:
        return None, str(error)


def _draw_again(run: Path, document: Mapping[str, Any], description: str, picked: Pick) -> None:
    """Put the answer into the run's report."""
    from inspector.cli_task import write_task
    from reports import ReportError, write_report

    try:
        write_task(run, document, description, picked)
        write_report(run)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None


def _json(picked: Pick, reply: Reply | None, failure: str | None) -> dict[str, Any]:
    from prompts.advice import advice_json

    found = advice_json(picked)
    if reply:
        answer = reply.answer.model_dump(mode="json")
        found["llm"] = {"answer": answer, "notes": list(reply.notes), "agrees": reply.answer.task == picked.answer.task}
    if failure:
        found["llm"] = {"answer": None, "notes": [failure], "agrees": None}
    return found


def _text(picked: Pick, evidence: Evidence, reply: Reply | None, failure: str | None) -> str:
    from prompts.advice import advice_text
    from prompts.evidence import fit

    statements: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    if evidence.labels:
        statements = tuple(statement.text for statement in evidence.labels.statements)
        verdict, sentences = fit(picked.answer.task, evidence.labels)
        sentences = (f"{verdict}: {' '.join(sentences)}",)
    text = advice_text(picked, statements, sentences)
    if evidence.run and evidence.labels:
        text += f"\nreport: {evidence.run / 'report.html'}\n"
    return text + _opinion(picked, reply, failure)


def _opinion(picked: Pick, reply: Reply | None, failure: str | None) -> str:
    """The language model's answer below ours; where they differ, that stands first."""
    if failure:
        return f"\nthe language model gave no answer, so this is the offline one: {failure}\n"
    if reply is None:
        return ""
    answer = reply.answer
    agrees = "agrees" if answer.task == picked.answer.task else f"DISAGREES: {answer.task}"
    lines = [f"\nthe language model {agrees} ({answer.confidence:.0%} sure)", f"  {answer.why}"]
    lines += [f"  “{quote.text}”: {quote.says}" for quote in answer.evidence_quotes]
    lines += [
        f"  {number}. {each.name} ({each.library}): {each.why}" for number, each in enumerate(answer.architecture, 1)
    ]
    return "\n".join([*lines, *(f"  note: {note}" for note in reply.notes)]) + "\n"


# ---------------------------------------------------------------------- evaluation


def evaluate_file(path: Path, bars: Mapping[str, float], as_json: bool) -> int:
    """Score the picker on a gold file, print it, and return 1 where a bar is missed."""
    from prompts.errors import PromptsError
    from prompts.evaluate import Bar, evaluate, read_gold
    from prompts.picker import pick

    try:
        items = read_gold(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give a JSON Lines file", path=str(path)) from None
    except (PromptsError, UnicodeDecodeError) as error:
        raise InputError("bad_gold", str(error)) from None
    evaluation = evaluate(items, lambda description: pick(description).answer)
    missed = Bar(bars).missed(evaluation)
    if as_json:
        print_text(json.dumps({**evaluation.as_json(), "missed": list(missed)}, indent=1) + "\n")
        return BELOW if missed else 0
    lines = [f"{len(items)} descriptions"]
    for name, score in evaluation.scores.items():
        if score.items:
            low, high = score.as_json()["interval"]
            lines.append(f"  {name:<13}{score.share:>7.1%}  {score.hits} of {score.items}  ({low:.0%} to {high:.0%})")
    lines.append(f"  {'balanced':<13}{evaluation.balanced:>7.1%}  mean recall of the tasks")
    lines += [
        f"wrong: {r.item.id}: {r.answer.task}, expected {r.item.task}" for r in evaluation.results if not r.strict
    ]
    lines += [f"missed: {sentence}" for sentence in missed]
    print_text(_by_line("\n".join(lines) + "\n"))
    return BELOW if missed else 0
