"""The file behind a served review: nothing is lost, the last change counts, and nobody overwrites what they did not
see."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from inspector.errors import EnvironmentFault, InputError, UsageError
from inspector.review import item_of
from inspector.review_store import Conflict, ReviewStore, has_review, open_review, stored_items
from tests.review_samples import item

RUN = "0123456789abcdef"


def test_what_is_stored_outlasts_the_process_that_stored_it(tmp_path: Path) -> None:
    assert not has_review(tmp_path)
    with open_review(tmp_path, RUN) as store:
        first = store.put(item_of(item()), 0)
        store.put(item_of(item("image2", "accept")), 0)
    assert has_review(tmp_path)
    with open_review(tmp_path, RUN) as store:
        revision, stored = store.since(0)
        assert (revision, [each.record for each in stored]) == (2, [item(), item("image2", "accept")])
        assert store.since(first.revision)[1] == stored[1:]
        assert store.since(2) == (2, [])
    assert [each.image for each in stored_items(tmp_path, RUN)] == ["image1", "image2"]


def test_a_change_of_what_was_not_seen_is_refused_with_what_is_there(tmp_path: Path) -> None:
    with open_review(tmp_path, RUN) as ada, open_review(tmp_path, RUN) as ben:
        first = ada.put(item_of(item()), 0)
        with pytest.raises(Conflict) as caught:
            ben.put(item_of(item(verdict="accept")), 0)
        assert caught.value.present == first
        second = ben.put(item_of(item(verdict="accept")), first.revision)
        with pytest.raises(Conflict) as caught:
            ada.put(item_of(item(note="late")), first.revision)
        assert caught.value.present == second
        with pytest.raises(Conflict) as caught:
            ada.put(item_of(item("image3")), 9)
        assert caught.value.present is None
        assert ada.since(0) == ben.since(0) == (2, [second])


def test_a_cleared_item_is_gone_from_the_review_and_told_to_those_who_look(tmp_path: Path) -> None:
    with open_review(tmp_path, RUN) as store:
        made = store.put(item_of(item(note="x")), 0)
        cleared = store.put(item_of(item(note="x")), made.revision, cleared=True)
        assert cleared.record == item(verdict=None)
        assert store.since(made.revision) == (2, [cleared])
    assert stored_items(tmp_path, RUN) == []


def test_every_change_stays_in_the_file(tmp_path: Path) -> None:
    with open_review(tmp_path, RUN) as store:
        for revision in range(5):
            store.put(item_of(item(note=f"{revision}")), revision)
    with sqlite3.connect(tmp_path / "review.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM changes").fetchone() == (5,)
    connection.close()


def test_of_writers_at_once_one_wins_each_round(tmp_path: Path) -> None:
    """Four threads over two connections add one to a number that the note holds: none may be lost."""
    rounds = 25

    def count(store: ReviewStore) -> None:
        for _ in range(rounds):
            while True:
                _, stored = store.since(0)
                known, number = (stored[0].revision, int(stored[0].record["note"])) if stored else (0, 0)
                try:
                    store.put(item_of(item(note=f"{number + 1}")), known)
                    break
                except Conflict:
                    continue

    with open_review(tmp_path, RUN) as one, open_review(tmp_path, RUN) as two:
        threads = [threading.Thread(target=count, args=(store,)) for store in (one, two, one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (last,) = one.since(0)[1]
    assert (last.revision, last.record["note"]) == (4 * rounds, str(4 * rounds))


def test_the_review_of_another_run_is_not_taken(tmp_path: Path) -> None:
    with open_review(tmp_path, RUN):
        pass
    with (
        pytest.raises(UsageError, match="review of another run \\(0123456789abcdef\\); keep it elsewhere"),
        open_review(tmp_path, "f" * 16),
    ):
        pass


def test_a_file_that_is_no_review_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.sqlite"
    path.write_bytes(b"years of work" * 100)
    with pytest.raises(InputError, match="is no review"), open_review(tmp_path, RUN):
        pass
    assert path.read_bytes() == b"years of work" * 100
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(InputError, match="but no review"), open_review(tmp_path, RUN):
        pass


def test_a_link_out_of_the_run_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/review.sqlite").symlink_to(tmp_path / "elsewhere.sqlite")
    with pytest.raises(UsageError, match="is a link"), open_review(tmp_path / "run", RUN):
        pass
    assert not (tmp_path / "elsewhere.sqlite").exists()


def test_a_folder_that_cannot_be_written_is_said_to_be_that(tmp_path: Path) -> None:
    (tmp_path / "review.sqlite").mkdir()
    with pytest.raises(EnvironmentFault, match=r"review\.sqlite: cannot be used"), open_review(tmp_path, RUN):
        pass


class AnyOrder(RuleBasedStateMachine):
    """Whatever two writers do, in whatever order: the state is that of a plain dictionary."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.open = [open_review(Path(self.folder.name), RUN) for _ in range(2)]
        self.stores = [each.__enter__() for each in self.open]
        self.truth: dict[int, tuple[int, str | None]] = {}
        self.changes = 0

    @rule(writer=st.integers(0, 1), image=st.integers(0, 2), known=st.integers(0, 6), clear=st.booleans())
    def put(self, writer: int, image: int, known: int, clear: bool) -> None:
        record = item_of(item(f"image{image}", "accept"))
        if known != self.truth.get(image, (0, None))[0]:
            with pytest.raises(Conflict):
                self.stores[writer].put(record, known, cleared=clear)
            return
        self.stores[writer].put(record, known, cleared=clear)
        self.changes += 1
        self.truth[image] = (self.changes, None if clear else "accept")

    @invariant()
    def both_see_the_truth(self) -> None:
        for store in self.stores:
            revision, stored = store.since(0)
            assert revision == self.changes
            assert {
                each.record["image_index"]: (each.revision, each.record["verdict"]) for each in stored
            } == self.truth

    def teardown(self) -> None:
        for each in self.open:
            each.__exit__(None, None, None)
        self.folder.cleanup()


TestAnyOrder = AnyOrder.TestCase
