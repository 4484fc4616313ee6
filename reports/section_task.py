"""Which task: what the true masks show, whether the task fits them, what the picker answered, and a prompt to go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports.errors import ReportError
from reports.formats import count, plural, unbroken
from reports.language import WORDS
from reports.section_task_answer import TaskAnswer, answer_of
from reports.section_task_form import Form, form_of
from reports.text import block, cleaned
from reports.words import TASKS, title_of

__all__ = ["TASK_SCHEMA_VERSION", "Fit", "Statement", "TaskPanel", "task_of"]

TASK_SCHEMA_VERSION = 1  # of the task.json that this page can show
_MOST_DESCRIPTION = 800  # characters of the user's text that the panel repeats; the prompt holds all of it
_FITS = {"fits": "good", "fits with care": "warning", "does not fit": "error"}


@dataclass(frozen=True)
class Statement:
    """One thing that was measured; `severity` is "warning" or "note", `word` the same for people."""

    severity: str
    word: str
    kind: str
    text: str


@dataclass(frozen=True)
class Fit:
    """Whether the masks can train and judge the task; `severity` is "good", "warning", "error" or "note"."""

    task: str
    verdict: str
    severity: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class TaskPanel:
    """The section. `description` and `prompt` keep their lines; `prompt` and `form` need the script of the page."""

    measured: str
    statements: tuple[Statement, ...]
    fit: Fit | None
    disagreements: tuple[str, ...]
    description: str
    description_more: str
    answer: TaskAnswer | None
    form: Form | None
    prompt: str
    prompt_size: str

    @property
    def scripted(self) -> bool:
        """Whether there is something for the script to do."""
        return self.form is not None or bool(self.prompt)


def task_of(task: Mapping[str, Any] | None) -> TaskPanel | None:
    """The panel of task.json, as it was read; None without one. Raises ReportError for another schema version."""
    if task is None:
        return None
    if task.get("schema_version") != TASK_SCHEMA_VERSION:
        raise ReportError(
            f"task.json: schema_version {task.get('schema_version')!r} found, {TASK_SCHEMA_VERSION} expected; "
            "use the version of the tool that wrote it"
        )
    held = cleaned(task)
    description, prompt = block(str(task.get("description") or "")), block(str(task.get("prompt") or ""))
    names = held.get("names") or {}
    return TaskPanel(
        measured=_measured(held.get("measured") or {}),
        statements=_statements((held.get("measured") or {}).get("statements") or []),
        fit=_fit(held["fit"]) if held.get("fit") else None,
        disagreements=_sentences(held.get("disagreements")),
        description=description[:_MOST_DESCRIPTION],
        description_more=count(len(description) - _MOST_DESCRIPTION) if len(description) > _MOST_DESCRIPTION else "",
        answer=answer_of(held["answer"], names) if held.get("answer") else None,
        form=form_of(held.get("rules") or {}, held.get("preset") or {}, held.get("preset_sources") or {}, names),
        prompt=prompt,
        prompt_size=plural(len(prompt), WORDS.counted.characters),
    )


def _measured(measured: Mapping[str, Any]) -> str:
    """On how many masks the statements rest."""
    images, total, words = measured.get("images") or 0, measured.get("of") or 0, WORDS.task
    if not images:
        return str(words.measured_none)
    if images < total:
        return str(words.measured_some.format(n=count(images), of=count(total)))
    return str(words.measured_one if images == 1 else words.measured_all.format(n=count(images)))


def _statements(records: Iterable[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """Warnings first, else in the order of the file."""
    return tuple(sorted(map(_statement, records), key=lambda each: each.severity != "warning"))


def _statement(record: Mapping[str, Any]) -> Statement:
    severity = "warning" if record.get("severity") == "warning" else "note"
    kind = title_of(str(record.get("kind") or ""))
    word = WORDS.task.warning if severity == "warning" else WORDS.task.note
    return Statement(severity, word, kind, unbroken(str(record.get("text") or "")))


def _fit(fit: Mapping[str, Any]) -> Fit:
    verdict = str(fit.get("verdict") or WORDS.task.cannot_tell)
    task = str(fit.get("task"))
    return Fit(TASKS.get(task, task), verdict, _FITS.get(verdict, "note"), _sentences(fit.get("sentences")))


def _sentences(held: Iterable[Any] | None) -> tuple[str, ...]:
    return tuple(unbroken(str(sentence)) for sentence in held or ())
