"""Prompt files: Markdown with a head that says what it is for, parts that are generated, and places for the case.

A file reads the same pasted into a chat, installed as a skill, and sent by `prompts.llm`. In its text

    <!-- generated: schema -->          up to <!-- end --> is written by `render` from `prompts.prompt_blocks`
    {{description}}                     alone in a fence is where the person's text goes; {{evidence}} what was measured
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from prompts.errors import PromptsError
from prompts.prompt_blocks import BLOCKS

__all__ = [
    "CASE",
    "PICKER",
    "Frontmatter",
    "PromptFile",
    "filled",
    "load_prompt",
    "messages",
    "prompt_names",
    "read_prompt",
    "render",
]

CASE = "\n## The case\n"  # what stands before it is the same for everyone; what follows is data
NOTHING = "(nothing)"
PICKER = "segmentation-task-picker"  # the prompt that has a case to fill in
_PARTS = re.compile(r"---\n(?P<head>.*?)\n---\n+(?P<body>\S.*)", re.DOTALL)
_GENERATED = re.compile(r"<!-- generated: (?P<name>[a-z-]+) -->\n.*?<!-- end -->", re.DOTALL)
_PLACE = re.compile(r"^(?P<fence>`{3,})text\n\{\{(?P<name>description|evidence)\}\}\n(?P=fence)$", re.MULTILINE)


class Frontmatter(BaseModel):
    """The head of a prompt file; `name` and `description` are what assistants choose a skill by."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    description: str = Field(min_length=40, max_length=1024)
    version: str = Field(pattern=r"^\d+\.\d+\.\d+$")
    inputs: dict[str, str] = Field(min_length=1)  # name -> what it holds
    output_schema: str = Field(min_length=1)  # where in the file the form of the output is written


class PromptFile(BaseModel):
    """A prompt file: its head, and its text after it."""

    model_config = ConfigDict(frozen=True)

    frontmatter: Frontmatter
    body: str


def prompt_names() -> tuple[str, ...]:
    """The names of the prompt files that come with the package, sorted."""
    files = resources.files("prompts").joinpath("files").iterdir()
    return tuple(sorted(each.name.removesuffix(".md") for each in files if each.name.endswith(".md")))


def load_prompt(name: str) -> PromptFile:
    """A prompt file of the package. Raises PromptsError for a name that has none."""
    if name not in prompt_names():
        raise PromptsError(f"there is no prompt file {name!r}; there are {', '.join(prompt_names())}")
    return read_prompt(
        resources.files("prompts").joinpath("files").joinpath(f"{name}.md").read_text("utf-8"), f"{name}.md"
    )


def read_prompt(text: str, where: str) -> PromptFile:
    """A prompt file from its text. Raises PromptsError, naming `where` it stands, for a missing or wrong head."""
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise PromptsError(f"{where}: expected a head between two lines of ---, and a text after it")
    try:
        return PromptFile(frontmatter=Frontmatter.model_validate(_head(parts["head"], where)), body=parts["body"])
    except ValidationError as error:
        first = error.errors()[0]
        raise PromptsError(f"{where}: {'.'.join(map(str, first['loc']))}: {first['msg']}; correct the head") from error


def _head(text: str, where: str) -> dict[str, str | dict[str, str]]:
    """The head as a mapping. Of YAML it reads `key: value`, and one level of the same, indented by two."""
    found: dict[str, str | dict[str, str]] = {}
    inner: dict[str, str] | None = None
    for line in text.splitlines():
        match = re.fullmatch(r"(?P<indent>(?:  )?)(?P<key>[a-z_]+):(?: (?P<value>\S.*))?", line)
        if match is None or (match["indent"] and (inner is None or not match["value"])):
            raise PromptsError(f"{where}: the head: found {line!r}, expected `key: value`, or two blanks and the same")
        if match["indent"] and inner is not None:
            inner[match["key"]] = match["value"]
        else:
            inner = None if match["value"] else {}
            found[match["key"]] = match["value"] if inner is None else inner
    return found


def messages(name: str, description: str, evidence_text: str) -> tuple[dict[str, str], ...]:
    """The prompt as a conversation: what holds for everyone as the system's message, the case as the user's.

    The two texts stand in fences that nothing in them can close. Raises PromptsError for a file without a case.
    """
    before, found, case = load_prompt(name).body.partition(CASE)
    if not found:
        raise PromptsError(f"{name}.md: there is no {CASE.strip()!r} to fill in; give it to an assistant as it is")
    case = _filled(CASE.lstrip("\n") + case, {"description": description, "evidence": evidence_text})
    return {"role": "system", "content": before.rstrip("\n") + "\n"}, {"role": "user", "content": case}


def filled(name: str, description: str, evidence_text: str) -> str:
    """The prompt with the person's text and what was measured, ready to paste; "" stands as (nothing).

    Raises PromptsError for a file without a case.
    """
    return "\n".join(each["content"] for each in messages(name, description, evidence_text))


def _filled(case: str, texts: Mapping[str, str]) -> str:
    """Each place with its text, in a fence longer than any row of backticks in it."""

    def fenced(place: re.Match[str]) -> str:
        text = texts[place["name"]].strip("\n") if texts[place["name"]].strip() else NOTHING
        longest = max(map(len, re.findall(r"`+", text)), default=0)
        fence = "`" * max(len(place["fence"]), longest + 1)
        return f"{fence}text\n{text}\n{fence}"

    return _PLACE.sub(fenced, case)


def render(text: str) -> str:
    """The text of a prompt file with each generated part as it is now. Raises PromptsError for a part nobody makes."""

    def generated(part: re.Match[str]) -> str:
        name = part["name"]
        if name not in BLOCKS:
            raise PromptsError(f"<!-- generated: {name} -->: nothing makes this part; there are {', '.join(BLOCKS)}")
        return f"<!-- generated: {name} -->\n{BLOCKS[name]()}\n<!-- end -->"

    return _GENERATED.sub(generated, text)
