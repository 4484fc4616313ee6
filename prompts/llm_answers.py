"""From the text that a language model wrote to an answer that can be relied on, or a reason why not."""

from __future__ import annotations

import re

from pydantic import ValidationError

from prompts.answer import Answer, Quote
from prompts.llm_client import LlmError

__all__ = ["read_answer", "with_true_quotes"]

MOST_FAULTS = 6  # that are told to the model: it needs the first ones, not a page
LONGEST_KEY = 60  # characters of a key that the model made up
_ALIKE = str.maketrans("’‘“”–—\u00a0", "''\"\"-- ")  # one character for one, so that places stay the same


def read_answer(text: str) -> Answer:
    """The answer in a model's text: a JSON object, alone, in a fence, or after its thoughts.

    Raises LlmError of kind "invalid" where there is no JSON object, "schema" where it is no answer; the message says
    what is wrong in words that the model can act on.
    """
    spoken = text.rpartition("</think>")[2]
    start, end = spoken.find("{"), spoken.rfind("}")
    if start < 0 or end < start:
        raise LlmError("there is no JSON object in it", "invalid")
    try:
        answer = Answer.model_validate_json(spoken[start : end + 1])
    except ValidationError as error:
        raise LlmError(
            _faults(error), "invalid" if error.errors()[0]["type"] == "json_invalid" else "schema"
        ) from error
    _check_sister(answer)
    return answer


def _faults(error: ValidationError) -> str:
    lines = [
        f"{'.'.join(str(step)[:LONGEST_KEY] for step in each['loc']) or 'the object'}: {each['msg']}"
        for each in error.errors()
    ]
    more = f"; and {len(lines) - MOST_FAULTS} more" if len(lines) > MOST_FAULTS else ""
    return "; ".join(lines[:MOST_FAULTS]) + more


def _check_sister(answer: Answer) -> None:
    if (answer.task == "none") != (answer.sister_task is not None):
        found = f"task is {answer.task!r} and sister_task {answer.sister_task!r}"
        raise LlmError(f"sister_task: {found}; it is named where task is none, and null elsewhere", "schema")


def with_true_quotes(answer: Answer, description: str) -> tuple[Answer, tuple[str, ...]]:
    """The answer with those quotes that occur in the user's text, spelled as they stand there, and the ones left out.

    Case, blanks and kinds of quotation marks and dashes may differ; every word must be there, in this order.
    """
    kept: list[Quote] = []
    invented: list[str] = []
    for quote in answer.evidence_quotes:
        found = _found(quote.text, description)
        if found is None:
            invented.append(quote.text)
        else:
            kept.append(Quote(text=found, says=quote.says))
    return answer.model_copy(update={"evidence_quotes": tuple(kept)}), tuple(invented)


def _found(quote: str, description: str) -> str | None:
    """The words of the description that the quote repeats; None where they are not there."""
    words = quote.translate(_ALIKE).strip(" \"'.…\n\t").split()
    if not words:
        return None
    pattern = r"\s+".join(map(re.escape, words))
    match = re.search(rf"(?<!\w){pattern}(?!\w)", description.translate(_ALIKE), re.IGNORECASE)
    return description[match.start() : match.end()] if match else None
