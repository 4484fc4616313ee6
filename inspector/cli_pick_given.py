"""What `inspect pick` is given: a description, and true masks or a run that measured them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.errors import InputError, UsageError

if TYPE_CHECKING:
    from prompts.evidence import LabelEvidence

__all__ = ["Given", "given"]

LARGEST_TEXT = 10 << 20  # bytes of a description: more is no description but a wrong file


@dataclass(frozen=True)
class Given:
    """A description, "" where there is none; what is known of the true masks; the run that they are of."""

    description: str
    labels: LabelEvidence | None = None
    run: Path | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


def given(words: tuple[str, ...], options: Mapping[str, Any]) -> Given:
    """Read what the command line names. Raises UsageError and InputError."""
    description = _description(words, options["file"])
    if options["run"]:
        return _of_run(description, options["run"])
    return Given(description, _measured(options) if options["masks"] else None)


def _description(words: tuple[str, ...], file: Path | None) -> str:
    """The text from the command line, standard input (`-`) or a file."""
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
    return data.decode("utf-8-sig", errors="replace").strip()


def _measured(options: Mapping[str, Any]) -> LabelEvidence:
    from inspector.cli_options import categories_from
    from inspector.label_profile import profile_folder
    from prompts.evidence import read_labels

    profile = profile_folder(
        options["masks"],
        kind=options["labels"],
        categories=categories_from({"classes": options["classes"], "num_classes": None}),
        ignore=options["ignore"],
    )
    return read_labels(profile.as_json())


def _of_run(description: str, run: Path) -> Given:
    from prompts.errors import PromptsError
    from prompts.evidence import read_labels

    place = run / "inspection.json"
    try:
        document = json.loads(place.read_text(encoding="utf-8"))
        labels = document["labels"]
        evidence = read_labels(labels) if labels is not None else None
    except OSError as error:
        what = f"{place}: {error.strerror}; --run takes a folder that `inspect` wrote"
        raise UsageError(what, path=str(run)) from None
    except (ValueError, KeyError, TypeError, PromptsError):
        fix = "inspect the masks again with this version"
        raise InputError("no_labels", f"{place}: it says nothing about the true masks", fix) from None
    if evidence is None:
        fix = "give the masks themselves with --masks"
        raise InputError("no_labels", f"{place}: no true mask of this run could be measured", fix)
    return Given(description, evidence, run, document)
