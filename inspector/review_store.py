"""`review.sqlite`: a review that several people write at once. Every change is kept, the last one counts."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.review import Item, item_of
from inspector.run_folder import REVIEW

__all__ = ["Conflict", "ReviewStore", "Stored", "has_review", "open_review", "stored_items"]

SCHEMA_VERSION = 1
BUSY_MS = 5000  # how long a writer waits for another one
TABLES = """
CREATE TABLE about (schema_version INTEGER NOT NULL, run TEXT NOT NULL);
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX changes_of_a_subject ON changes (subject, revision);
"""
LAST = "SELECT max(revision) FROM changes GROUP BY subject"


@dataclass(frozen=True)
class Stored:
    """The state of one subject: the revision that gave it, and the item as `review.json` holds it; one that was
    cleared has the verdict None."""

    revision: int
    record: dict[str, Any]


class Conflict(Exception):
    """Someone else was faster: `present` is what is there now, None where nothing is."""

    def __init__(self, present: Stored | None) -> None:
        super().__init__("another change came before")
        self.present = present


class ReviewStore:
    """The changes of one review. Safe for threads, and for other processes that have the same file open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def since(self, revision: int) -> tuple[int, list[Stored]]:
        """The revision of now, and the present state of each subject that changed after `revision`, oldest first."""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT revision, record FROM changes WHERE revision IN ({LAST}) AND revision > ? ORDER BY revision",  # noqa: S608
                (revision,),
            ).fetchall()
        stored = [Stored(number, json.loads(record)) for number, record in rows]
        return max([revision, *(each.revision for each in stored)]), stored

    def put(self, item: Item, known: int, *, cleared: bool = False) -> Stored:
        """Make `item` the state of its subject, or clear it; `known` is the revision that the writer saw, 0 for none.

        Raises Conflict unless that is the present one.
        """
        record = item.as_json() | ({"verdict": None, "note": ""} if cleared else {})
        subject = json.dumps([item.image_index, item.class_id, item.box])
        with self._lock, self._writing() as connection:
            present = self._present(subject)
            if known != (present.revision if present else 0):
                raise Conflict(present)
            made = connection.execute(
                "INSERT INTO changes (subject, record) VALUES (?, ?)", (subject, json.dumps(record))
            )
            assert made.lastrowid is not None  # noqa: S101 - of an INSERT it never is
            return Stored(made.lastrowid, record)

    def _present(self, subject: str) -> Stored | None:
        row = self._connection.execute(
            "SELECT revision, record FROM changes WHERE subject = ? ORDER BY revision DESC LIMIT 1", (subject,)
        ).fetchone()
        return Stored(row[0], json.loads(row[1])) if row else None

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that lets no other writer in between what it reads and what it writes."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def has_review(run_folder: Path) -> bool:
    return (run_folder / REVIEW).exists()


@contextmanager
def open_review(run_folder: Path, run: str) -> Iterator[ReviewStore]:
    """The review of a run, made where there is none; `run` is the identity of what lies in the folder.

    Raises UsageError for the review of another run, InputError for a file that is no review, and EnvironmentFault
    where it cannot be written.
    """
    path = run_folder / REVIEW
    if path.is_symlink():
        raise UsageError(f"{path}: is a link; a review lies in its run folder itself", path=str(path))
    try:
        with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
            _prepare(connection)
            _check(connection, path, run)
            yield ReviewStore(connection)
    except sqlite3.OperationalError as error:
        raise EnvironmentFault(f"{path}: cannot be used ({error}); is the folder read-only, or full?") from error
    except sqlite3.DatabaseError as error:
        raise InputError("no_review", f"is no review ({error})", "move it away", path=str(path)) from None


def stored_items(run_folder: Path, run: str) -> list[Item]:
    """The items of the review of a run, as they are now. Raises as `open_review` does."""
    with open_review(run_folder, run) as store:
        records = [stored.record for stored in store.since(0)[1]]
    try:
        return [item_of(record) for record in records if record["verdict"] is not None]
    except ValueError as error:
        where = str(run_folder / REVIEW)
        raise InputError("no_review", f"holds an item that is none ({error})", "was it edited?", path=where) from None


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
    connection.execute("PRAGMA synchronous = FULL")  # what was answered with "saved" outlasts a power cut


def _check(connection: sqlite3.Connection, path: Path, run: str) -> None:
    """Make the tables of a new file; see that those of an older one are of this run."""
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in filter(str.strip, TABLES.split(";")):
            connection.execute(statement)
        connection.execute("INSERT INTO about VALUES (?, ?)", (SCHEMA_VERSION, run))
    connection.execute("COMMIT")
    try:
        version, of = connection.execute("SELECT schema_version, run FROM about").fetchone()
    except (sqlite3.OperationalError, TypeError):
        raise InputError("no_review", "is a database, but no review", "move it away", path=str(path)) from None
    if version != SCHEMA_VERSION:
        raise InputError("no_review", f"has the version {version}, {SCHEMA_VERSION} expected", path=str(path))
    if of != run:
        fix = f"keep it elsewhere: the run here is {run}, made after that review began"
        raise UsageError(f"{path}: is the review of another run ({of}); {fix}", path=str(path), fix=fix)
