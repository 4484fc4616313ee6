"""`Logs`: what a training says of itself, as rows of a CSV file and, where asked for, as curves of TensorBoard."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from inspector.errors import EnvironmentFault, InputError
from unet.optional import need

__all__ = ["EVENTS", "LOG", "Logs", "read_log"]

LOG = "training.csv"
EVENTS = "tensorboard"  # folder of the event files


class Logs:
    """A context manager whose `write` adds a row to `folder`/training.csv; each row is there when `write` returns.

    columns      names, "step" one of them
    step         where the training goes on: rows of later steps, which it will write again, are dropped; 0 begins anew.
                 Kept rows keep their columns; a new one is empty in them
    tensorboard  also write `folder`/tensorboard
    enabled      False writes nothing: only the first of several processes keeps a log

    Entering raises UsageError without TensorBoard, InputError for a log that is none, and, as writing does,
    EnvironmentFault where the disk takes no more.
    """

    def __init__(
        self, folder: Path, columns: Sequence[str], *, step: int = 0, tensorboard: bool = False, enabled: bool = True
    ) -> None:
        if "step" not in columns or len(set(columns)) < len(columns):
            raise ValueError(f"expected columns that differ, step one of them, got {', '.join(columns)}")
        self.path, self.columns, self.step = folder / LOG, list(columns), step
        self.enabled, self.tensorboard = enabled, tensorboard
        self.file: TextIO | None = None
        self.board: Any = None

    def __enter__(self) -> Self:
        if not self.enabled:
            return self
        events = need("torch.utils.tensorboard", "tensorboard", "a TensorBoard log") if self.tensorboard else None
        kept = [row for row in read_log(self.path) if row["step"] <= self.step] if self.step else []
        self.columns = list(dict.fromkeys([*(kept[0] if kept else ()), *self.columns]))
        try:
            self._begin(kept)
            if events:
                self.board = events.SummaryWriter(str(self.path.parent / EVENTS), purge_step=self.step + 1)
        except OSError as error:
            raise self._fault(error) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.file:
            self.file.close()
        if self.board:
            self.board.close()

    def write(self, row: Mapping[str, float]) -> None:
        """Add a row, a step at least; what is NaN or left out is an empty cell. Raises ValueError for other columns."""
        if "step" not in row:
            raise ValueError(f"expected a row with a step, got {', '.join(row)}")
        if unknown := sorted(set(row) - set(self.columns)):
            raise ValueError(f"the log has no column {', '.join(unknown)}; it has {', '.join(self.columns)}")
        if self.file is None:
            return
        try:
            csv.writer(self.file, lineterminator="\n").writerow(_cells(row, self.columns))
            self.file.flush()
            self._tell_board(row)
        except OSError as error:
            raise self._fault(error) from error

    def _tell_board(self, row: Mapping[str, float]) -> None:
        if self.board:
            for name, value in row.items():
                if name != "step" and math.isfinite(value):
                    self.board.add_scalar(name, value, int(row["step"]))
            self.board.flush()

    def _begin(self, kept: Iterable[Mapping[str, float]]) -> None:
        """The header and the rows that stay, whole before they take the place of the older file."""
        part = self.path.with_name(LOG + ".part")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [self.columns, *(_cells(row, self.columns) for row in kept)]
            )
        os.replace(part, self.path)
        self.file = self.path.open("a", encoding="utf-8", newline="")

    def _fault(self, error: OSError) -> EnvironmentFault:
        return EnvironmentFault(
            f"{self.path}: cannot be written ({error.strerror}); free some space or choose another --out"
        )


def read_log(path: Path) -> list[dict[str, float]]:
    """The rows of a training.csv, empty cells as NaN; none where there is no such file.

    A last line that a kill cut short is no row. Raises InputError for a file that is no such log.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise _no_log(path, f"cannot be read ({error})") from None
    whole = text[: text.rfind("\n") + 1]
    try:
        rows = list(csv.reader(io.StringIO(whole)))
    except csv.Error as error:
        raise _no_log(path, f"is not CSV ({error})") from None
    if rows and "step" not in rows[0]:
        raise _no_log(path, f"line 1 is {','.join(rows[0])[:80]!r}: expected names of columns, step one of them")
    return [_row(rows[0], cells, path, line) for line, cells in enumerate(rows[1:], start=2)]


def _row(columns: list[str], cells: list[str], path: Path, line: int) -> dict[str, float]:
    try:
        return {name: float(cell or "nan") for name, cell in zip(columns, cells, strict=True)}
    except ValueError:
        raise _no_log(path, f"line {line}: expected {len(columns)} numbers, found {','.join(cells)[:80]!r}") from None


def _no_log(path: Path, reason: str) -> InputError:
    return InputError("training_log", reason, "move the file away to begin a new log", path=str(path))


def _cells(row: Mapping[str, float], columns: Sequence[str]) -> list[str]:
    return [_number(row.get(name, math.nan)) for name in columns]


def _number(value: float) -> str:
    """Seven digits, which is what float32 holds; whole numbers as such; nothing for NaN."""
    if math.isnan(value):
        return ""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.7g}"
