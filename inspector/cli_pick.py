"""`inspect pick`: words, masks and answers in, the task and what to do with it out."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from inspector.cli_errors import print_text
from inspector.cli_interview import interview
from inspector.cli_pick_given import Given, given
from inspector.errors import InputError, UsageError
from inspector.problems import visible

if TYPE_CHECKING:
    from prompts.llm import Reply
    from prompts.picker import Pick

__all__ = ["KEY", "pick_task"]

KEY = "OPENAI_API_KEY"  # sent to its owner only, unless the user names it
OWNER = "openai.com"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def pick_task(words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    """The command: read what is given, ask where nothing is, answer. Returns the exit code.

    Raises UsageError for wrong use, and for rules or knowledge that a person has edited and that cannot be read.
    """
    from prompts.errors import PromptsError

    try:
        return _pick(words, options)
    except PromptsError as error:
        raise UsageError(str(error)) from None


def _pick(words: tuple[str, ...], options: Mapping[str, Any]) -> int:
    from prompts.picker import pick

    case = given(words, options)
    nothing = not case.description and case.labels is None and not options["print_prompt"]
    asked = interview(case) if options["interview"] or nothing else {}
    if options["print_prompt"]:
        return _print_prompt(case, asked)
    picked = pick(case.description, case.labels, asked)
    reply, failure = _second_opinion(case, asked, options)
    if case.run:
        _draw_again(case, picked)
    if options["as_json"]:
        print_text(json.dumps(_json(case, picked, reply, failure), indent=1, ensure_ascii=False) + "\n")
    else:
        print_text(_by_line(_text(case, picked, reply, failure)))
    return 0


# ---------------------------------------------------------------------- what goes to a language model


def _known_text(case: Given, asked: Mapping[str, str]) -> str:
    """What was measured and what was answered, a line each."""
    from prompts.evidence import evidence_text

    lines = [evidence_text(case.labels)] if case.labels else []
    return "\n".join(
        lines + [f"- The person was asked, and answered: {name} = {value}." for name, value in asked.items()]
    )


def _print_prompt(case: Given, asked: Mapping[str, str]) -> int:
    from prompts.prompt_files import PICKER, filled

    text = filled(PICKER, case.description, _known_text(case, asked))
    is_terminal = bool(sys.stdout and sys.stdout.isatty())
    print_text(_by_line(text) if is_terminal else text)  # into a file or a pipe goes what the person wrote
    return 0


def _second_opinion(
    case: Given, asked: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[Reply | None, str | None]:
    """What a language model answers; or why there is no such answer, which leaves the offline one standing."""
    if options["llm"] is None:
        return None, None
    if not options["model"]:
        raise UsageError("--llm needs --model NAME: the model that the server is to use")
    from prompts.llm import LlmError, ask

    key = _key(options["llm"], options["key_env"])
    try:
        reply = ask(
            options["llm"], options["model"], key, case.description, _known_text(case, asked), options["timeout"]
        )
    except LlmError as error:
        return None, str(error)
    return reply, None


def _key(address: str, variable: str | None) -> str | None:
    """The key for a server: the one that the user names, or OpenAI's for OpenAI. Never in clear text over a network."""
    place = urlsplit(address)
    host = place.hostname or ""
    if variable is None:
        return os.environ.get(KEY) if host == OWNER or host.endswith(f".{OWNER}") else None
    key = os.environ.get(variable)
    if not key:
        raise UsageError(f"--key-env {variable}: the environment has no such variable, or it is empty; set it")
    if place.scheme == "http" and host not in LOOPBACK:
        raise UsageError(f"--llm {address}: the key would travel in clear text; use https, or leave --key-env out")
    return key


# ---------------------------------------------------------------------- what comes out


def _draw_again(case: Given, picked: Pick) -> None:
    """Put the answer into the run's report."""
    from inspector.cli_redraw import rewritten
    from inspector.cli_task import write_task
    from reports import ReportError

    try:
        if case.run:
            with rewritten(case.run, (), "task.json") as making:
                write_task(making, case.document, case.description, picked)
    except ReportError as error:
        raise InputError("no_run", str(error)) from None


def _by_line(text: str) -> str:
    """Safe for a terminal, line by line: words of unknown origin stand in it."""
    return "\n".join(map(visible, text.split("\n")))


def _json(case: Given, picked: Pick, reply: Reply | None, failure: str | None) -> dict[str, Any]:
    from prompts.advice import advice_json, masks_json

    found = advice_json(picked)
    found["masks"] = masks_json(picked.answer.task, case.labels) if case.labels else None
    if reply:
        answer = reply.answer.model_dump(mode="json")
        found["llm"] = {"answer": answer, "notes": list(reply.notes), "agrees": reply.answer.task == picked.answer.task}
    if failure:
        found["llm"] = {"answer": None, "notes": [failure], "agrees": None}
    return found


def _text(case: Given, picked: Pick, reply: Reply | None, failure: str | None) -> str:
    from prompts.advice import advice_text
    from prompts.evidence import fit

    statements: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    if case.labels:
        statements = tuple(statement.text for statement in case.labels.statements)
        verdict, sentences = fit(picked.answer.task, case.labels)
        sentences = (f"{verdict}: {' '.join(sentences)}",)
    text = advice_text(picked, statements, sentences)
    if case.run:
        text += f"\nreport: {case.run / 'report.html'}\n"
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
    lines += [f"  {each.name} ({each.library}): {each.why}" for each in answer.architecture]
    return "\n".join([*lines, *(f"  note: {note}" for note in reply.notes)]) + "\n"
