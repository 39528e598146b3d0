"""Many at once, twice, in two processes: recorded once, in one order, and answered the same for ever."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from shared.facts.fact import printed
from shared.intake.incoming import Incoming, read_event
from shared.intake.outcome import Outcome
from shared.intake.writer import Writer
from shared.log.store import FactStore
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError
from tests.parts.clocks import SetClock
from tests.shared.events import CATALOGUE, NOW, SOURCE
from tests.shared.intake.running import PATIENCE, SERVICE, Served, decide, new_event, new_subject

AT_ONCE = 50


def without_outcome(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.json().items() if name != "outcome"}


def test_the_same_event_fifty_times_at_once(intake: Served) -> None:
    sent = new_event(data={"starts_on": "2024-01-01", "kind": "big"})
    answers = intake.post_all([sent] * AT_ONCE)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: AT_ONCE - 1}
    assert Counter(answer.json()["outcome"] for answer in answers) == {"recorded": 1, "duplicate": AT_ONCE - 1}
    assert all(without_outcome(answer) == without_outcome(answers[0]) for answer in answers)
    assert {answer.headers["etag"] for answer in answers} == {'"3"'}
    assert len(intake.ids_of(sent["subject"])) == 3
    assert without_outcome(intake.post(sent)) == without_outcome(answers[0])


def test_one_id_with_fifty_contents_at_once(intake: Served) -> None:
    sent = new_event()
    answers = intake.post_all([{**sent, "data": {"starts_on": "2024-01-01", "hours": hours}} for hours in range(50)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: AT_ONCE - 1}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"id_reused"}
    assert intake.ids_of(sent["subject"]) == [sent["id"]]


def test_fifty_who_expect_the_same_version(intake: Served) -> None:
    subject = new_subject()
    intake.post(new_event(subject=subject))
    answers = intake.post_all([new_event(subject=subject, expectedversion=1) for _ in range(AT_ONCE)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 412: AT_ONCE - 1}
    assert len(intake.ids_of(subject)) == 2


def test_fifty_if_match(intake: Served) -> None:
    subject = new_subject()
    answers = intake.post_all([new_event(subject=subject) for _ in range(AT_ONCE)], {"If-Match": '"0"'})
    assert Counter(answer.status_code for answer in answers) == {201: 1, 412: AT_ONCE - 1}


class Ticking:
    """A clock that is told."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def incoming(**changes: Any) -> Incoming:
    return read_event(new_event(**changes), False, CATALOGUE, NOW)


@contextmanager
def writer(
    database_url: str, clock: Callable[[], datetime] | None = None, subject_limit: int = 1_000_000
) -> Iterator[Writer]:
    """One process of the service, as far as the database can tell."""
    store = FactStore(database_url, SERVICE, clock and SetClock(clock))
    store.create()
    one = Writer(store, CATALOGUE, decide, Metrics(), subject_limit=subject_limit)
    one.start()
    try:
        yield one
    finally:
        one.stop()
        store.close()


def submit(one: Writer, *events: Incoming) -> list[Outcome]:
    return asyncio.run(one.submit(events))


def test_recordedtime_never_goes_back(database_url: str) -> None:
    clock = Ticking()
    with writer(database_url, clock) as one:
        times = []
        for minutes in (0, 5, -60, 4, 6):
            clock.now = NOW + timedelta(minutes=minutes)
            times += [outcome.recordedtime for outcome in submit(one, incoming())]
    assert times == [printed(NOW + timedelta(minutes=minutes)) for minutes in (0, 5, 5, 5, 6)]
    with writer(database_url, lambda: NOW) as another:  # another process, whose clock is behind
        assert submit(another, incoming())[0].recordedtime == times[-1]


def test_a_subject_is_full_at_its_limit(database_url: str) -> None:
    subject = new_subject()
    with writer(database_url, subject_limit=3) as one:
        sent = [incoming(subject=subject) for _ in range(5)]
        codes = [outcome.error and outcome.error.code for outcome in submit(one, *sent)]
        assert codes == [None, None, None, "subject_full", "subject_full"]
        assert submit(one, sent[0])[0].outcome == "duplicate"
        (refused,) = submit(one, incoming(subject=subject))
        assert refused.json()["limit"] == 3
        assert submit(one, incoming())[0].outcome == "recorded"


def test_a_type_of_a_later_release_keeps_its_place(database_url: str) -> None:
    subject = new_subject()
    with writer(database_url) as one:
        submit(one, incoming(subject=subject))
        with one.store.connection() as connection:
            connection.execute("UPDATE tests.facts SET topic = 'tests.later.v1'")
        assert submit(one, incoming(subject=subject))[0].streamversion == 2
    with writer(database_url) as other:
        assert submit(other, incoming(subject=subject))[0].streamversion == 3


def test_a_large_atomic_batch_takes_its_turn_among_single_events(database_url: str) -> None:
    batch = [incoming() for _ in range(3_000)]

    async def posted_meanwhile(one: Writer) -> int:
        recorded = 0
        atomic = asyncio.create_task(one.submit(batch, atomic=True))

        async def client() -> None:
            nonlocal recorded
            while not atomic.done():
                (outcome,) = await one.submit([incoming()])
                assert outcome.outcome == "recorded"
                recorded += 1

        await asyncio.gather(*(client() for _ in range(8)))
        assert {outcome.outcome for outcome in await atomic} == {"recorded"}
        return recorded

    with writer(database_url) as one:
        assert asyncio.run(asyncio.wait_for(posted_meanwhile(one), 30)) > 0


def test_two_processes_of_one_service(database_url: str) -> None:
    """Both record the same events of the same few subjects at once, while a reader follows the log."""
    subjects = [new_subject() for _ in range(5)]
    big = {"starts_on": "2024-01-01", "kind": "big"}
    events = [
        incoming(subject=subjects[n % 5], data=big if n % 7 == 0 else {"starts_on": "2024-01-01"}) for n in range(400)
    ]
    with writer(database_url) as one, writer(database_url) as other, tailing(one.store) as followed:
        answers = asyncio.run(race([one, other], events))
    assert all(a.outcome in ("recorded", "duplicate") for pair in answers for a in pair)
    for pair in answers:
        # Neither, where the answer that said so was lost and the event was sent again.
        assert [answer.outcome for answer in pair].count("recorded") <= 1
        assert pair[0].position == pair[1].position
        assert pair[0].recordedtime == pair[1].recordedtime
        assert list(pair[0].effects) == list(pair[1].effects)
    store = FactStore(database_url, SERVICE)
    log = store.log(0, 10_000)
    store.close()
    assert followed == [entry.sequence for entry in log], "a reader that follows the log missed something"
    assert Counter((SOURCE, event.fact.id) for event in events) == Counter(
        (fact.source, fact.id)
        for fact in (CATALOGUE.decode(entry.type, entry.wire) for entry in log)
        if fact is not None and fact.source == SOURCE
    )
    for subject in subjects:
        versions = [entry.streamversion for entry in log if entry.subject == subject]
        assert versions == list(range(1, len(versions) + 1))
    times = [fact.recordedtime for entry in log if (fact := CATALOGUE.decode(entry.type, entry.wire))]
    assert times == sorted(times)


async def told(one: Writer, event: Incoming) -> Outcome:
    """What a busy machine could not record in time is sent again, as clients do."""
    for _ in range(PATIENCE):
        with suppress(UnavailableError):
            (outcome,) = await one.submit([event])
            return outcome
    raise UnavailableError(reason="database")


async def race(writers: Sequence[Writer], events: Sequence[Incoming]) -> list[tuple[Outcome, ...]]:
    """Each event to both, three at a time, the second writer from the other end of each ten."""
    orders = [list(range(len(events))), [start + 9 - n for start in range(0, len(events), 10) for n in range(10)]]

    async def record(one: Writer, order: Sequence[int]) -> dict[int, Outcome]:
        turns = iter(order)
        answers: dict[int, Outcome] = {}

        async def client() -> None:
            for number in turns:
                answers[number] = await told(one, events[number])

        await asyncio.gather(*(client() for _ in range(3)))
        return answers

    first, second = await asyncio.gather(*(record(*pair) for pair in zip(writers, orders, strict=True)))
    return [(first[number], second[number]) for number in range(len(events))]


@contextmanager
def tailing(store: FactStore) -> Iterator[list[int]]:
    """Follow the log by its sequence, as the relay does: what was passed is not looked at again."""
    found: list[int] = []
    stop = threading.Event()

    def follow() -> None:
        for _ in count():
            was_stopped = stop.is_set()
            entries = store.log(found[-1] if found else 0, 50)
            found.extend(entry.sequence for entry in entries)
            if was_stopped and not entries:
                return

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()
