"""Work side by side: results in order, bounded in items and pixels, and over when it is interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from inspector.workers import AHEAD, Budget, default_jobs, mapper


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(jobs: int) -> None:
    def slow_when_even(n: int) -> int:
        time.sleep(0.004 if n % 2 == 0 else 0)
        return n * n

    with mapper(jobs) as threads:
        assert list(threads(slow_when_even, range(40))) == [n * n for n in range(40)]
        assert list(threads(str, [])) == []


def test_one_job_works_in_the_calling_thread() -> None:
    with mapper(1) as threads:
        assert set(threads(lambda _: threading.get_ident(), range(5))) == {threading.get_ident()}


def test_more_jobs_work_at_the_same_time() -> None:
    meeting = threading.Barrier(3, timeout=20)
    with mapper(3) as threads:
        assert sorted(threads(lambda _: meeting.wait(), range(3))) == [0, 1, 2]


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_items_are_taken_as_they_are_needed_so_that_memory_stays_bounded(jobs: int) -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    with mapper(jobs) as threads:
        for done, _ in enumerate(threads(str, items()), 1):
            assert len(taken) - done <= AHEAD * jobs


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_error_in_the_work_is_raised_to_the_caller(jobs: int) -> None:
    def fail(n: int) -> int:
        return 1 // (n - 5)

    with pytest.raises(ZeroDivisionError), mapper(jobs) as threads:
        list(threads(fail, range(100)))


def test_after_an_interruption_what_has_not_begun_does_not_begin() -> None:
    begun = []
    gate = threading.Event()

    def work(n: int) -> None:
        begun.append(n)
        if n:
            gate.wait(20)

    def interrupt(threads: object) -> None:
        next(iter(threads(work, range(100))))  # type: ignore[operator]
        threading.Timer(0.2, gate.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), mapper(2) as threads:
        interrupt(threads)
    assert len(begun) <= 3  # the first one, and one in each thread


def test_small_items_share_the_budget_and_large_ones_wait() -> None:
    budget, most, now = Budget(100), 0, 0
    lock = threading.Lock()

    def hold(pixels: int) -> None:
        nonlocal most, now
        with budget.hold(pixels):
            with lock:
                now += pixels
                most = max(most, now)
            time.sleep(0.002)
            with lock:
                now -= pixels

    with mapper(8) as threads:
        list(threads(hold, [30, 80, 10, 60, 50, 50, 100, 20] * 4))
    assert 50 < most <= 100 and now == 0


def test_an_item_larger_than_the_budget_gets_all_of_it_and_gives_it_back() -> None:
    budget = Budget(100)
    with budget.hold(10**9):
        pass
    with pytest.raises(ValueError, match="lost"), budget.hold(60):
        raise ValueError("lost")
    with budget.hold(100):
        pass


def test_there_is_at_least_one_job() -> None:
    assert default_jobs() >= 1
