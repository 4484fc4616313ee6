"""TOML that comes with the package, or that a person adds: read, and checked against a pydantic model.

What is wrong is told as one `PromptsError` that names the file, the record by its id, the key, and what was expected.

To parse all TOML of this package takes longer than to answer. `compiled.json` therefore holds what the files of
`COMPILED` parse to, each under a digest of its text: a file that was edited since is parsed, so the copy can be old but
never wrong.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import resources
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from prompts.errors import PromptsError

__all__ = ["COMPILED", "COMPILED_FILE", "Line", "Values", "checked", "compiled", "packaged", "parsed", "unique"]

COMPILED = ("knowledge", "language", "tables")  # folders of this package
COMPILED_FILE = "compiled.json"

Model = TypeVar("Model", bound=BaseModel)
Line = Annotated[str, Field(min_length=1, pattern=r"^\S.*\S$|^\S$")]  # one line of text, no blanks around it
#: One string or a list of strings in the file; a tuple in Python.
Values = Annotated[
    tuple[Line, ...], BeforeValidator(lambda found: (found,) if isinstance(found, str) else found), Field(min_length=1)
]


def packaged(folder: str) -> dict[str, str]:
    """Name -> text of every TOML file in a folder of this package, in the order of their names."""
    found = resources.files("prompts").joinpath(folder).iterdir()
    files = sorted((each for each in found if each.name.endswith(".toml")), key=lambda each: each.name)
    return {each.name: each.read_text("utf-8") for each in files}


def parsed(name: str, text: str) -> dict[str, Any]:
    """What TOML says, from `compiled.json` if it holds this very text. Raises PromptsError where it is not TOML."""
    known = _compiled().get(_digest(text))
    if known is not None:
        return known
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PromptsError(f"{name}: not TOML: {error}; correct the file there") from error


def compiled() -> str:
    """The text that `compiled.json` is to have, one line for each file. For maintainers, after a change of TOML."""
    texts = [text for folder in COMPILED for text in packaged(folder).values()]
    lines = [f"{json.dumps(_digest(text))}: {_compact(tomllib.loads(text))}" for text in texts]
    return "{\n" + ",\n".join(lines) + "\n}\n"


@cache
def _compiled() -> dict[str, dict[str, Any]]:
    place = resources.files("prompts").joinpath(COMPILED_FILE)
    found: dict[str, dict[str, Any]] = json.loads(place.read_text("utf-8")) if place.is_file() else {}
    return found


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _compact(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def checked(model: type[Model], name: str, text: str) -> Model:
    """The content of a file as `model`. Raises PromptsError naming the file, the record and the key."""
    raw = parsed(name, text)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise PromptsError("; ".join(_sentence(name, raw, each) for each in error.errors())) from error


def unique(ids: Iterable[str], where: str) -> None:
    """Raises PromptsError where an id comes twice."""
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise PromptsError(f"{where}: the id {each!r} is there twice; give one of them another")
        seen.add(each)


def _sentence(name: str, raw: dict[str, Any], error: Any) -> str:
    found = "" if error["type"] == "missing" else f", found {error['input']!r}"
    return f"{name}: {_path(raw, error['loc'])}: {error['msg']}{found}"


def _path(raw: Any, location: Sequence[int | str]) -> str:
    """Where it stands, with the id of a record in place of its number: rule 'thin' choose."""
    words = []
    for step in location:
        raw = _within(raw, step)
        words.append(f"{raw.get('id', step)!r}" if isinstance(step, int) and isinstance(raw, dict) else str(step))
    return " ".join(words) or "the file"


def _within(raw: Any, step: int | str) -> Any:
    try:
        return raw[step]
    except (KeyError, IndexError, TypeError):
        return None
