"""Configuration files: where they are looked for, and what is in them as yet unchecked."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inspector.errors import UsageError
from inspector.gates.config import Config
from inspector.gates.config_errors import explained

__all__ = ["FILE", "PROJECT", "ConfigFile", "find_config", "read_config", "read_toml", "repository_of"]

FILE, PROJECT = "inspect.toml", "pyproject.toml"
TOOL = "mask-inspector"
MAX_BYTES = 1 << 20  # a configuration is written by hand


@dataclass(frozen=True)
class ConfigFile:
    """A file that was found, or none: then `path` is None and `data` is empty. `is_project` is true of a
    pyproject.toml, where our tables lie below [tool.mask-inspector]."""

    path: Path | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    is_project: bool = False

    @property
    def name(self) -> str:
        """For people: from the current folder, with the table where it is one of many."""
        if self.path is None:
            return ""
        name = Path(os.path.relpath(self.path)).as_posix()
        return f"{name} [tool.{TOOL}]" if self.is_project else name

    @property
    def prefix(self) -> str:
        """Of the names of tables."""
        return f"tool.{TOOL}." if self.is_project else ""

    @property
    def folder(self) -> Path:
        """What paths in the file are from."""
        return self.path.parent if self.path else Path()

    @cached_property
    def in_repository(self) -> str:
        """The file as the repository names it, with slashes; "" without a file."""
        if self.path is None:
            return ""
        root = repository_of(self.folder) or Path.cwd()
        return Path(os.path.relpath(os.path.realpath(self.path), os.path.realpath(root))).as_posix()

    def line_of(self, gate: str) -> int:
        """The line on which a gate gets its id; 0 where it is not in the file."""
        named = re.search(rf"""\bid["']?\s*=\s*(["']){re.escape(gate)}\1""", self.text)
        return self.text.count("\n", 0, named.start()) + 1 if named else 0

    def parsed(self, data: Mapping[str, Any] | None = None) -> Config:
        """The file, or `data` in its place, checked. Raises UsageError that names file, table and key."""
        data = self.data if data is None else data
        try:
            return Config.model_validate(data)
        except ValidationError as error:
            raise explained(error, self.name.partition(" [")[0], data, self.prefix) from None


def find_config(start: Path) -> Path | None:
    """inspect.toml, else a pyproject.toml that has our table, in `start` or above it, up to the root of its repository;
    outside a repository in `start` alone."""
    start = Path(os.path.realpath(start))
    root = repository_of(start) or start
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder / FILE
        if (folder / PROJECT).is_file() and read_config(folder / PROJECT).data:
            return folder / PROJECT
        if folder == root:
            break
    return None


def repository_of(folder: Path) -> Path | None:
    """The folder with .git that `folder` lies in; None outside a repository."""
    folder = Path(os.path.realpath(folder))
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def read_config(path: Path) -> ConfigFile:
    """What is in a file; of a pyproject.toml, what is in its table. Raises UsageError where it is no TOML."""
    text = _text(path, "a configuration in TOML", MAX_BYTES)
    document = _parsed(path, text)
    if path.name != PROJECT:
        return ConfigFile(path, document, text)
    tools = document.get("tool")
    held = tools.get(TOOL) if isinstance(tools, dict) else None
    if held is not None and not isinstance(held, dict):
        raise UsageError(f"{path}: expected a table [tool.{TOOL}]", kind="config", path=str(path))
    return ConfigFile(path, held or {}, text, is_project=True)


def read_toml(path: Path, expected: str, most: int) -> dict[str, Any]:
    """What is in a TOML file of at most `most` bytes, which should hold what is `expected`. Raises UsageError."""
    return _parsed(path, _text(path, expected, most))


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: this is no TOML ({error})", kind="config", path=str(path)) from None


def _text(path: Path, expected: str, most: int) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
    except OSError as error:
        what = f"{path}: cannot be read ({error.strerror}); expected {expected}"
        raise UsageError(what, kind="config", path=str(path)) from None
    if len(raw) > most:
        what = f"{path}: larger than {most >> 20} MiB; expected {expected}"
        raise UsageError(what, kind="config", path=str(path))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"{path}: byte {error.start} is no UTF-8; save it as UTF-8"
        raise UsageError(what, kind="config", path=str(path)) from None
