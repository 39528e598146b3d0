"""What waits for a writer, and in which groups it is taken. Jobs are put and taken by one thread: nothing here waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from time import monotonic

import pytest

from shared.intake.incoming import Incoming
from shared.intake.queue import GROUP_LIMIT, IMPORT_SHARE, QUEUE_LIMIT, Job, Queue
from shared.process.pace import Pace
from shared.process.unavailable import UnavailableError
from tests.shared.events import opened

EVENT = Incoming(opened("a"), digest=b"", data=b"{}", expectedversion=None)

MakeJob = Callable[..., Job]

LONG_S = 30.0
"""Nobody waits so long: a test that takes it has failed."""


@pytest.fixture
def job() -> Iterator[MakeJob]:
    """A job of so many events, which somebody waits for."""
    loop = asyncio.new_event_loop()
    yield lambda events=1, *, atomic=False: Job([EVENT] * events, loop.create_future(), atomic)
    loop.close()


@pytest.fixture
def queue() -> Queue:
    return Queue(Pace(0.0))


def put(queue: Queue, *jobs: Job, is_import: bool = False) -> list[Job]:
    for each in jobs:
        queue.put(each, is_import=is_import)
    return list(jobs)


def taken(queue: Queue) -> list[Job]:
    """The next group; who put it in has its answer when this returns."""
    jobs = queue.take_group() or []
    for each in jobs:
        queue.leave(each)
    return jobs


class Meanwhile(Pace):
    """Notes how many groups wait for others, and lets somebody come who is in a group only if that waits."""

    def __init__(self, every_s: float) -> None:
        super().__init__(every_s)
        self.comes: Callable[[], object] = lambda: None
        self.waited = 0

    def left_s(self, now: float) -> float:
        self.waited += 1
        self.comes()
        return super().left_s(now)


# Groups


def test_whatever_waits_is_one_group_in_its_order(queue: Queue, job: MakeJob) -> None:
    waiting = put(queue, job(), job(), job())
    assert queue.take_group() == waiting


def test_one_caller_alone_never_waits_for_others(job: MakeJob) -> None:
    queue = Queue(Pace(LONG_S))
    began = monotonic()
    for _ in range(3):
        alone = put(queue, job())
        assert taken(queue) == alone
    assert monotonic() - began < LONG_S


def test_a_group_waits_for_almost_as_many_as_ask_at_once(job: MakeJob) -> None:
    queue = Queue(Pace(LONG_S))
    put(queue, *(job() for _ in range(10)))
    taken(queue)
    began = monotonic()
    returned = put(queue, *(job() for _ in range(9)))  # the tenth is not waited for
    assert taken(queue) == returned
    assert monotonic() - began < LONG_S


def test_where_one_asks_while_another_is_recorded_the_next_group_waits_for_two(job: MakeJob) -> None:
    third = job()
    queue = Queue(pace := Meanwhile(LONG_S))
    pace.comes = lambda: put(queue, third)
    (first,) = put(queue, job())
    assert queue.take_group() == [first]
    (second,) = put(queue, job())
    queue.leave(first)  # was not answered before
    began = monotonic()
    assert taken(queue) == [second, third]
    assert pace.waited == 1
    assert monotonic() - began < LONG_S  # for two, not for all that may come in that time


def test_who_is_alone_again_waits_once(job: MakeJob) -> None:
    queue = Queue(pace := Meanwhile(0.0))
    put(queue, job(), job())
    taken(queue)
    for _ in range(3):
        alone = put(queue, job())
        assert taken(queue) == alone
    assert pace.waited == 1


def test_a_group_goes_on_without_those_who_do_not_come_back(queue: Queue, job: MakeJob) -> None:
    put(queue, *(job() for _ in range(10)))
    taken(queue)
    returned = put(queue, job())
    assert taken(queue) == returned


def test_an_import_does_not_wait_for_callers_to_come_back(job: MakeJob) -> None:
    queue = Queue(Pace(LONG_S))
    put(queue, *(job() for _ in range(10)))
    taken(queue)
    began = monotonic()
    imported = put(queue, job(50), is_import=True)
    assert queue.take_group() == imported
    assert monotonic() - began < LONG_S


def test_a_group_is_bounded_in_events_and_the_rest_is_the_next_one(queue: Queue, job: MakeJob) -> None:
    first, second, third = put(queue, job(GROUP_LIMIT - 1), job(1), job(1))
    assert queue.take_group() == [first, second]
    assert queue.take_group() == [third]


def test_a_job_larger_than_a_group_is_taken_whole_and_alone(queue: Queue, job: MakeJob) -> None:
    large, small = put(queue, job(GROUP_LIMIT + 1), job())
    assert queue.take_group() == [large]
    assert queue.take_group() == [small]


# Imports


def test_imports_take_at_most_half_while_single_events_wait(queue: Queue, job: MakeJob) -> None:
    imports = put(queue, *(job(IMPORT_SHARE // 2) for _ in range(3)), is_import=True)
    singles = put(queue, job(), job())
    assert queue.take_group() == [*imports[:2], *singles]
    assert queue.take_group() == imports[2:]


def test_imports_alone_take_the_whole_group(queue: Queue, job: MakeJob) -> None:
    imports = put(queue, *(job(IMPORT_SHARE) for _ in range(3)), is_import=True)
    assert queue.take_group() == imports[:2]


def test_an_import_larger_than_its_share_lets_single_events_go_first(queue: Queue, job: MakeJob) -> None:
    large = put(queue, job(GROUP_LIMIT + 1), is_import=True)
    single = put(queue, job())
    assert queue.take_group() == single
    assert queue.take_group() == large


# Atomic batches


def test_an_atomic_batch_is_alone_after_one_group_of_the_others(queue: Queue, job: MakeJob) -> None:
    (atomic,) = put(queue, job(5, atomic=True))
    first = put(queue, job(), job())
    assert queue.take_group() == first
    second = put(queue, job())  # they came later, and do not pass it again
    assert queue.take_group() == [atomic]
    assert queue.take_group() == second


def test_an_atomic_batch_goes_at_once_where_nothing_else_waits(queue: Queue, job: MakeJob) -> None:
    first, second = put(queue, job(atomic=True), job(atomic=True))
    assert queue.take_group() == [first]
    assert queue.take_group() == [second]


def test_imports_behind_an_atomic_batch_keep_their_place(queue: Queue, job: MakeJob) -> None:
    before, atomic, after = put(queue, job(), job(atomic=True), job(), is_import=True)
    assert queue.take_group() == [before]
    assert queue.take_group() == [atomic]
    assert queue.take_group() == [after]


# Who is told what


def test_what_nobody_waits_for_any_more_is_dropped(queue: Queue, job: MakeJob) -> None:
    gone, waiting = put(queue, job(), job())
    gone.done.cancel()
    assert queue.take_group() == [waiting]


def test_a_group_that_nobody_waits_for_is_empty_and_no_end(queue: Queue, job: MakeJob) -> None:
    (gone,) = put(queue, job())
    gone.done.cancel()
    assert queue.take_group() == []


def test_a_full_queue_takes_no_more_until_something_is_taken(queue: Queue, job: MakeJob) -> None:
    put(queue, *(job() for _ in range(QUEUE_LIMIT - 1)))
    put(queue, job(), is_import=True)
    for is_import in (False, True):
        with pytest.raises(UnavailableError) as refused:
            queue.put(job(), is_import=is_import)
        assert refused.value.fields["reason"] == "overloaded"
    queue.take_group()
    queue.put(job(), is_import=False)


def test_a_stopped_queue_gives_what_waits_and_then_ends(queue: Queue, job: MakeJob) -> None:
    waiting = put(queue, job(), job())
    queue.stop()
    with pytest.raises(UnavailableError) as refused:
        queue.put(job(), is_import=False)
    assert refused.value.fields["reason"] == "stopping"
    assert queue.take_group() == waiting
    assert queue.take_group() is None


def test_all_that_waits_is_taken_at_once_while_the_database_is_away(queue: Queue, job: MakeJob) -> None:
    imported = put(queue, job(GROUP_LIMIT), job(atomic=True), is_import=True)
    singles = put(queue, job(), job())
    assert queue.take_all() == [*singles, *imported]
    queue.stop()
    assert queue.take_group() is None
