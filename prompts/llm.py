"""The second opinion of a language model: the same prompt file, the same schema, checked like data from anywhere."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from prompts.answer import Answer
from prompts.answer_schema import strict_schema
from prompts.llm_answers import read_answer, with_true_quotes
from prompts.llm_client import Connection, LlmError, Message, RejectedError, TooLate
from prompts.prompt_files import PICKER, messages
from prompts.text import LONGEST

__all__ = ["LlmError", "Reply", "ask"]

Result = TypeVar("Result")
Options = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What a model answered, and what the user should know of how it came."""

    answer: Answer
    notes: tuple[str, ...]


def ask(
    base_url: str,
    model: str,
    key: str | None,
    description: str,
    evidence_text: str,
    timeout_s: float = 60.0,
    retries: int = 2,
) -> Reply:
    """Ask the model `model` of the OpenAI-compatible server at `base_url` which task the description needs.

    timeout_s    for everything together: retries, weaker formats, a repair; in seconds
    retries      how often a request is sent again after a broken connection, HTTP 408, 409, 429 or 5xx

    Nothing is sent but the prompt file, the description and the evidence; without a key no Authorization header.
    An answer that does not keep the schema is sent back once with its faults. Notes tell every step down: a format
    that the server does not take, a repair, a quote that is not in the text, a text that was cut.
    Raises LlmError where no checked answer comes; its message names the cause and never the key.
    """
    deadline = time.monotonic() + timeout_s
    notes: list[str] = []
    if len(description) > LONGEST:
        notes.append(f"only the first {LONGEST:,} characters of the text were sent")
        description = description[:LONGEST]

    def converse() -> Answer:
        with Connection(base_url, model, key, deadline, retries) as connection:
            return _converse(connection, messages(PICKER, description, evidence_text), notes.append)

    answer, invented = with_true_quotes(_in_time(converse, timeout_s), description)
    notes.extend(f"the model quoted words that are not in the text, left out: {quote!r}" for quote in invented)
    return Reply(answer, tuple(notes))


def _in_time(work: Callable[[], Result], seconds: float) -> Result:
    """The result of `work`, or LlmError when it takes longer.

    A thread, since nothing else ends the wait for a name server, or for a server that sends a byte now and then. It is
    left to itself then, and sends nothing any more (see `Connection`).
    """
    done: queue.SimpleQueue[tuple[Result | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put((work(), None))
        except TooLate:
            pass  # the wait below has ended before
        except Exception as error:
            done.put((None, error))

    threading.Thread(target=run, daemon=True, name="language model").start()
    try:
        result, error = done.get(timeout=seconds)
    except queue.Empty:
        raise LlmError(f"no answer within {seconds:g} s", "timeout") from None
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # there is one where there is no error


def _converse(connection: Connection, start: tuple[Message, ...], note: Callable[[str], None]) -> Answer:
    """The first answer that keeps the schema: the model's first, or its second after it was told the faults."""
    text, options = _first_text(connection, start, note)
    try:
        return read_answer(text)
    except LlmError as error:
        note(f"the model's first answer did not keep the schema ({error}); it was asked to repair it")
        told = f"That cannot be used: {error}. Answer again: the whole JSON object, corrected, and nothing else."
        repair = ({"role": "assistant", "content": text}, {"role": "user", "content": told})
    return read_answer(connection.say((*start, *repair), options))


def _first_text(connection: Connection, start: tuple[Message, ...], note: Callable[[str], None]) -> tuple[str, Options]:
    """The model's text, and the options that the server took: the strictest ones of them."""
    strict = {"name": "answer", "strict": True, "schema": strict_schema()}
    options: Options = {"temperature": 0, "response_format": {"type": "json_schema", "json_schema": strict}}
    while True:
        try:
            return connection.say(start, options), options
        except RejectedError as error:
            options, what = _weaker(options, error)
            note(f"{what} ({error})")


def _weaker(options: Options, error: RejectedError) -> tuple[Options, str]:
    """The next options to try, and what that means for the user. Raises the error where there are none."""
    if "temperature" in options and "temperature" in str(error):
        what = "the server does not take temperature 0: the answer may differ from call to call"
        return _left_out(options, "temperature"), what
    form = options.get("response_format", {}).get("type")
    if form == "json_schema":
        what = "the server cannot hold the model to the schema: it was asked for any JSON object"
        return {**options, "response_format": {"type": "json_object"}}, what
    if form == "json_object":
        what = "the server cannot hold the model to JSON either: the answer was looked for in plain text"
        return _left_out(options, "response_format"), what
    raise error


def _left_out(options: Options, name: str) -> Options:
    return {key: value for key, value in options.items() if key != name}
