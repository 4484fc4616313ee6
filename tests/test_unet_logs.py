"""The log of a training: every row is on the disk at once, and a resumed training leaves one history."""

from __future__ import annotations

import csv
import io
import math
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector.errors import EnvironmentFault, InputError, UsageError
from tests.conftest import absent
from unet.training.logs import LOG, Logs, read_log

COLUMNS = ("step", "loss", "miou", "iou sky, blue")


def _written(folder: Path, rows: list[dict[str, float]], step: int = 0, columns: tuple[str, ...] = COLUMNS) -> str:
    with Logs(folder, columns, step=step) as log:
        for row in rows:
            log.write(row)
    return (folder / LOG).read_text(encoding="utf-8")


def test_rows_are_written_as_csv_with_one_header(tmp_path: Path) -> None:
    text = _written(tmp_path / "new/folder", [{"step": 10, "loss": 0.12345678, "miou": math.nan}, {"step": 20}])
    assert text == 'step,loss,miou,"iou sky, blue"\n10,0.1234568,,\n20,,,\n'


def test_a_row_is_there_when_write_returns(tmp_path: Path) -> None:
    with Logs(tmp_path, COLUMNS) as log:
        assert read_log(tmp_path / LOG) == []
        log.write({"step": 1, "loss": 2.0})
        assert [row["loss"] for row in read_log(tmp_path / LOG)] == [2.0]


NUMBERS = st.floats(width=32) | st.integers(-(10**6), 10**6).map(float)


@given(rows=st.lists(st.fixed_dictionaries({"loss": NUMBERS, "miou": NUMBERS}), max_size=5))
def test_what_is_written_is_read_to_seven_digits(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, float]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    _written(folder, [{"step": n, **row} for n, row in enumerate(rows)])
    found = read_log(folder / LOG)
    assert [row["step"] for row in found] == list(range(len(rows)))
    for row, expected in zip(found, rows, strict=True):
        assert row["loss"] == pytest.approx(expected["loss"], rel=5e-7, nan_ok=True)
        assert row["miou"] == pytest.approx(expected["miou"], rel=5e-7, nan_ok=True)


def test_a_resumed_training_leaves_the_log_of_one_that_ran_through(tmp_path: Path) -> None:
    rows = [{"step": step, "loss": 1 / step, "miou": step / 50} for step in range(1, 40)]
    _written(tmp_path / "through", rows)
    _written(tmp_path / "killed", rows[:33])
    with (tmp_path / "killed" / LOG).open("a", encoding="utf-8") as file:
        file.write("34,0.02")  # cut short by the kill
    _written(tmp_path / "killed", rows[20:], step=20)
    assert (tmp_path / "killed" / LOG).read_bytes() == (tmp_path / "through" / LOG).read_bytes()
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [LOG]


def test_a_new_training_begins_a_new_log(tmp_path: Path) -> None:
    _written(tmp_path, [{"step": 1, "loss": 5.0}])
    assert _written(tmp_path, [{"step": 1, "miou": 0.5}], columns=("step", "miou")) == "step,miou\n1,0.5\n"
    (tmp_path / LOG).write_text("no log at all\n", encoding="utf-8")
    assert _written(tmp_path, [], columns=("step", "miou")) == "step,miou\n"


def test_resuming_without_a_log_begins_one(tmp_path: Path) -> None:
    assert _written(tmp_path, [{"step": 8}], step=7, columns=("step", "loss")) == "step,loss\n8,\n"


def test_columns_of_the_older_rows_are_kept(tmp_path: Path) -> None:
    _written(tmp_path, [{"step": 1, "loss": 5.0}], columns=("step", "loss"))
    text = _written(tmp_path, [{"step": 2, "miou": 0.5}], step=1, columns=("step", "miou"))
    assert text == "step,loss,miou\n1,5,\n2,,0.5\n"


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    with Logs(tmp_path / "none", COLUMNS, enabled=False, tensorboard=True) as log:
        log.write({"step": 1, "loss": 2.0})
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("row", "message"), [({"step": 1, "lose": 2.0}, "no column lose; it has step, loss"), ({"loss": 1.0}, "a step")]
)
def test_a_row_of_other_columns_is_refused(tmp_path: Path, row: dict[str, float], message: str) -> None:
    with Logs(tmp_path, COLUMNS) as log, pytest.raises(ValueError, match=message):
        log.write(row)
    assert read_log(tmp_path / LOG) == []


@pytest.mark.parametrize("columns", [("loss",), ("step", "loss", "loss"), ()])
def test_columns_without_a_step_or_twice_are_refused(tmp_path: Path, columns: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="columns that differ"):
        Logs(tmp_path, columns)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "line 1 is 'a,b': expected names of columns"),
        ("step,loss\n1,2\n2\n", "line 3: expected 2 numbers, found '2'"),
        ("step,loss\n1,two\n", "line 2: expected 2 numbers, found '1,two'"),
        ("step,loss\n1," + "9" * 200_000 + "\n", "is not CSV"),
    ],
)
def test_a_file_that_is_no_log_is_named_and_left(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / LOG).write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        _written(tmp_path, [], step=5)
    assert caught.value.path == str(tmp_path / LOG)
    assert (tmp_path / LOG).read_text(encoding="utf-8") == text


def test_a_log_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / LOG).write_bytes(b"step\n\xff\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_log(tmp_path / LOG)


def test_no_file_is_no_rows(tmp_path: Path) -> None:
    assert read_log(tmp_path / LOG) == []


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with Logs(tmp_path, COLUMNS) as log:
        assert log.file
        log.file.close()
        log.file = Full()
        with pytest.raises(EnvironmentFault, match=f"{LOG}: cannot be written .No space left on device"):
            log.write({"step": 1})


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("x")
    with pytest.raises(EnvironmentFault, match="cannot be written"), Logs(tmp_path / "taken", COLUMNS):
        pass


# ---- TensorBoard ----------------------------------------------------------------------------------------------------


def _scalars(folder: Path, name: str) -> list[tuple[int, float]]:
    """What TensorBoard itself reads."""
    try:
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    except ModuleNotFoundError:
        absent("tensorboard")
    found = EventAccumulator(str(folder / "tensorboard"))
    found.Reload()
    return [(event.step, event.value) for event in found.Scalars(name)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:tensorboard")
def test_tensorboard_shows_one_history_of_a_resumed_training(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    for step, last in ((0, 6), (4, 8)):
        with Logs(tmp_path, COLUMNS, step=step, tensorboard=True) as log:
            for n in range(step + 1, last + 1):
                log.write({"step": n, "loss": 1 / n + step, "miou": n / 10 if n % 2 == 0 else math.nan})
    losses = _scalars(tmp_path, "loss")
    assert [step for step, _ in losses] == list(range(1, 9))
    assert [value for _, value in losses] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4, *(1 / n + 4 for n in range(5, 9))])
    assert [step for step, _ in _scalars(tmp_path, "miou")] == [2, 4, 6, 8]
    with (tmp_path / LOG).open(encoding="utf-8", newline="") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == list(range(1, 9))


def test_without_tensorboard_it_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(UsageError, match="a TensorBoard log needs"), Logs(tmp_path, COLUMNS, tensorboard=True):
        pass
    assert not list(tmp_path.iterdir())
