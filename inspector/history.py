"""The record of a project's runs: one SQLite file to which entries are added, and never changed."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inspector.errors import EnvironmentFault, InputError
from inspector.headlines import HEADLINES
from inspector.results import to_json
from inspector.run_identity import identity_of
from inspector.runs import read_document

__all__ = [
    "DEFAULT",
    "HISTORY_FILE",
    "Entry",
    "add",
    "check_history",
    "entries",
    "entry_of",
    "history_json",
    "with_entry",
]

DEFAULT = Path(".mask-inspector") / "history.sqlite"
HISTORY_FILE = "history.json"  # of a run folder: what its report shows
APPLICATION_ID = 0x6D736B68  # "mskh": tells our file from other databases
VERSION = 1
CONTRACT_VERSION = 1  # of history.json
SHOWN = 50  # runs in history.json
BUSY_S = 30.0  # how long a writer waits for others
NAMES = (*HEADLINES, "mean_image_iou")
#: Verdicts that stop a build; all others let it go on.
FAILED = ("fail", "not-measured")

TABLES = (
    """
    CREATE TABLE runs (
        number INTEGER PRIMARY KEY,
        identity TEXT NOT NULL UNIQUE,
        at TEXT NOT NULL,
        label TEXT NOT NULL,
        commit_id TEXT,
        images INTEGER NOT NULL,
        partial INTEGER NOT NULL,
        verdict TEXT NOT NULL,
        failed INTEGER NOT NULL,
        headlines TEXT NOT NULL
    )""",
    "CREATE TRIGGER no_update BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'a history is only added to'); END",
    "CREATE TRIGGER no_delete BEFORE DELETE ON runs BEGIN SELECT RAISE(ABORT, 'a history is only added to'); END",
    """
    CREATE TRIGGER no_replacement BEFORE INSERT ON runs
    WHEN EXISTS (SELECT 1 FROM runs WHERE identity = NEW.identity OR number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'a history is only added to'); END""",  # INSERT OR REPLACE deletes without a trigger
)
COLUMNS = ("identity", "at", "label", "commit_id", "images", "partial", "verdict", "failed", "headlines")


@dataclass(frozen=True)
class Entry:
    """One run.

    identity   sha256 of its document without gates: the same masks with the same settings are one run
    at         when it was made, ISO 8601 in UTC
    commit     of the code that made the model; None where nobody said
    images     how many were scored; partial: input was left out
    verdict    of its gates; failed: whether they stop a build
    headlines  name -> value in [0, 1], None where undefined
    """

    identity: str
    at: str
    label: str
    commit: str | None
    images: int
    partial: bool
    verdict: str
    failed: bool
    headlines: Mapping[str, float | None]

    def as_json(self) -> dict[str, Any]:
        """The record in history.json (reports/history.schema.json), with what a program may want beside it."""
        told = "none" if self.verdict == "none" else "failed" if self.failed else "passed"
        return {
            "at": self.at,
            "label": self.label,
            "commit": self.commit,
            "headlines": dict(self.headlines),
            "gates": {"verdict": told, "worst": self.verdict},
            "images": self.images,
            "partial": self.partial,
            "identity": self.identity,
        }


def entry_of(run_folder: Path, label: str = "", commit: str | None = None) -> Entry:
    """The entry of the run in a folder; its label is the folder's name where none is given.

    When it was made is what its run.json says, or now where there is none. Raises InputError `no_run`.
    """
    document = read_document(run_folder)
    gates, overall = document["gates"], document["overall"]
    return Entry(
        identity=identity_of(document),
        at=_started(run_folder),
        label=label or run_folder.name or str(run_folder),
        commit=commit or None,
        images=int(overall["images"]),
        partial=bool(document["partial"]),
        verdict=str(gates["verdict"]),
        failed=_failed(gates),
        headlines={name: _number(overall.get(name)) for name in NAMES},
    )


def _failed(gates: Mapping[str, Any]) -> bool:
    """As the exit code of `inspect gate` said: where it was strict, what was inconclusive failed too."""
    open_ones = (
        member["verdict"] == "inconclusive"
        for check in gates["checks"]
        if check["level"] == "error"
        for member in check["members"]
    )
    return gates["verdict"] in FAILED or (bool(gates.get("strict")) and any(open_ones))


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _started(run_folder: Path) -> str:
    path = run_folder / "run.json"
    try:
        started = datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["started"])
    except FileNotFoundError:
        started = datetime.now(UTC)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "no_run", f"{path}: does not say when the run was made ({error}); run `inspect` again"
        ) from None
    return started.astimezone(UTC).isoformat(timespec="seconds")


# ---------------------------------------------------------------------- the file


def check_history(path: Path) -> None:
    """Raise as `add` does, where nothing could be added to `path`: known before a long run rather than after it."""
    with _opened(path, make=True):
        pass


def add(path: Path, entry: Entry) -> Entry | None:
    """Add an entry; the file is made where there is none. None, or the entry that is there of the same run: it stays.

    Safe with other writers. Raises InputError `no_history` for a file that is none, EnvironmentFault where it cannot
    be written.
    """
    with _opened(path, make=True) as connection, _writing(connection):
        row = connection.execute(f"{SELECT} WHERE identity = ?", (entry.identity,)).fetchone()
        if row is None:
            connection.execute(INSERT, _row(entry))
    return _entry(row) if row else None


def entries(path: Path) -> list[Entry]:
    """All entries, the newest last. Raises InputError `no_history` where there is no such file, or another one."""
    with _opened(path, make=False) as connection:
        return [_entry(row) for row in connection.execute(f"{SELECT} ORDER BY at, number")]


def with_entry(found: Sequence[Entry], entry: Entry) -> list[Entry]:
    """`found` with one more in its place by time; as it was where it holds this run."""
    if any(each.identity == entry.identity for each in found):
        return list(found)
    return sorted([*found, entry], key=lambda each: each.at)


def history_json(found: Sequence[Entry], most: int | None = SHOWN) -> str:
    """history.json of a run folder: the last `most` of `found` (None: all), the newest last."""
    shown = found if most is None else found[-most:]
    return to_json({"schema_version": CONTRACT_VERSION, "runs": [entry.as_json() for entry in shown]})


SELECT = f"SELECT {', '.join(COLUMNS)} FROM runs"  # noqa: S608 - of constants
INSERT = f"INSERT INTO runs ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608


def _row(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.identity,
        entry.at,
        entry.label,
        entry.commit,
        entry.images,
        int(entry.partial),
        entry.verdict,
        int(entry.failed),
        json.dumps(dict(entry.headlines)),
    )


def _entry(row: Sequence[Any]) -> Entry:
    identity, at, label, commit, images, partial, verdict, failed, headlines = row
    return Entry(identity, at, label, commit, images, bool(partial), verdict, bool(failed), json.loads(headlines))


@contextmanager
def _opened(path: Path, *, make: bool) -> Iterator[sqlite3.Connection]:
    """The history in a file, made where there is none and that is asked for."""
    if not make and not path.exists():
        raise InputError("no_history", f"{path}: not found", "`inspect history add RUN` begins one")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_S)) as connection:
            _check(connection, path, make)
            yield connection
    except sqlite3.OperationalError as error:
        raise EnvironmentFault(
            f"{path}: cannot be used ({error}); is its folder read-only, or the disk full?"
        ) from error
    except sqlite3.DatabaseError as error:
        raise _no_history(path, str(error)) from None
    except OSError as error:
        raise EnvironmentFault(f"{path}: cannot be made ({error.strerror}); choose another --history") from error


def _check(connection: sqlite3.Connection, path: Path, make: bool) -> None:
    """Make the tables of a new file; see that those of an older one are ours."""
    if make:
        with _writing(connection):
            if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                for statement in TABLES:
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
    application, version = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
    )
    if application != APPLICATION_ID:
        raise _no_history(path, "a database of something else")
    if version != VERSION:
        raise _no_history(
            path, f"version {version} found, {VERSION} expected; use the version of the tool that wrote it"
        )


def _no_history(path: Path, why: str) -> InputError:
    return InputError("no_history", f"{path}: is no history ({why})", "choose another --history")


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that lets no other writer in between what it reads and what it writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
