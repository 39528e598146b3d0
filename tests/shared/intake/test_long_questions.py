"""Questions about long subjects are asked one at a time, and hold up nobody else's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import httpx2
import pytest

from shared.deciding.rules import Context, Verdict
from shared.facts.fact import Recorded
from shared.intake import long_questions
from shared.intake.incoming import read_event
from shared.intake.long_questions import LongQuestions, check_short, in_company, most_at_once
from shared.intake.write_service import Surroundings, WriteService, write_service
from shared.intake.writer import Writer
from shared.log.entries import LogEntry, NewFact
from shared.log.store import FactStore
from shared.log.streams import LONG_FACTS
from shared.process.metrics import Metrics
from shared.process.unavailable import UnavailableError
from shared.web.callers import LocalCallers
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.events import CATALOGUE, NOW, opened
from tests.shared.intake.running import SERVICE, Served, answered, decide, new_event, new_subject, served

MANY = 12
"""More than there are threads for questions."""


class Gate:
    """A rule that waits: where it is asked about one subject, until the gate is opened."""

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.opened = threading.Event()
        self.waiting = 0
        self.most_waiting = 0

    def decide(self, settled: Sequence[Recorded], event: Recorded, context: Context) -> Verdict:
        if event.subject == self.subject:
            self.waiting += 1
            self.most_waiting = max(self.waiting, self.most_waiting)
            self.opened.wait(600)
            self.waiting -= 1
        return decide(settled, event, context)

    def service(self, url: str) -> WriteService:
        around = Surroundings(url, LocalCallers(), Metrics())
        return write_service(SERVICE, "A service of tests", CATALOGUE, self.decide, around)


@pytest.fixture(scope="module")
def long(postgres_server: str) -> Iterator[tuple[str, str]]:
    """A database, and a subject of which it has many facts."""
    subject = new_subject()
    with fresh_database(postgres_server) as url:
        store = FactStore(url, SERVICE)
        store.create()
        for first in range(1, LONG_FACTS + 1_000, 1_000):
            store.record([fact_of(subject, number) for number in range(first, first + 1_000)])
        store.close()
        yield url, subject


def fact_of(subject: str, version: int) -> NewFact:
    fact: Recorded = opened(f"old-{version}").model_copy(update={"subject": subject, "streamversion": version})
    return NewFact(fact, b'{"starts_on":"2024-01-01"}', b"d" * 16)


def check(running: Served, subject: str) -> httpx2.Response:
    with httpx2.Client(base_url=running.url, timeout=600) as client:
        return client.post(f"/{SERVICE}/v1/check", json=new_event(subject=subject))


def test_others_are_answered_while_many_ask_about_a_long_subject(
    long: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(long_questions, "PATIENCE_S", 600.0)  # of a busy machine
    url, subject = long
    gate = Gate(subject)
    with served(gate.service(url)) as running, ThreadPoolExecutor(MANY) as pool:
        asked = [pool.submit(check, running, subject) for _ in range(MANY)]
        wait_until(lambda: gate.waiting, "one of them is looked at")
        others = [
            lambda: check(running, new_subject()),
            lambda: running.client.get(running.path, params={"subject": new_subject()}),
        ]
        for other in others * 3:
            answered(other, 200)
        answered(lambda: running.post(new_event()), 201)
        assert not any(one.done() for one in asked)
        gate.opened.set()
        answers = [one.result() for one in asked]
    assert [(answer.status_code, answer.json()["allowed"]) for answer in answers] == [(200, True)] * MANY
    assert gate.most_waiting == 1


def test_who_waited_too_long_is_told_to_come_again(long: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_questions, "PATIENCE_S", 0.5)
    url, subject = long
    gate = Gate(subject)
    with served(gate.service(url)) as running:
        answer = check(running, subject)
        assert (answer.status_code, answer.json()["reason"]) == (503, "overloaded")
        assert "retry-after" in answer.headers
        gate.opened.set()
        monkeypatch.setattr(long_questions, "PATIENCE_S", 600.0)
        assert check(running, subject).status_code == 200


class Counting(FactStore):
    """Counts the facts that are read of it."""

    read = 0

    def tail(self, subject: str, version: int, limit: int) -> list[LogEntry]:
        return self._counted(super().tail(subject, version, limit))

    def tails(self, versions: Mapping[str, int], limit: int | None = None) -> list[LogEntry]:
        return self._counted(super().tails(versions, limit))

    def _counted(self, entries: list[LogEntry]) -> list[LogEntry]:
        self.read += len(entries)
        return entries


def test_what_was_read_for_a_question_is_not_read_again_for_the_next(long: tuple[str, str]) -> None:
    url, subject = long
    with closing(Counting(url, SERVICE)) as store:
        writer = Writer(store, CATALOGUE, decide, Metrics())
        asked = read_event(new_event(subject=subject), False, CATALOGUE, NOW)
        first = writer.foresee(asked)
        there, store.read = store.read, 0
        assert there > LONG_FACTS
        assert writer.foresee(asked) == first, "nothing is left of what was foreseen"
        assert store.read == 0
        # What others record meanwhile is seen.
        assert first.new is not None
        store.record([first.new])
        assert writer.foresee(asked).outcome == "duplicate"
        assert store.read == 1


def test_only_who_is_in_company_is_sent_away() -> None:
    check_short(LONG_FACTS + 1)
    assert most_at_once() is None
    assert in_company().run(most_at_once) == LONG_FACTS + 1
    in_company().run(check_short, LONG_FACTS)
    with pytest.raises(long_questions.TakesLongError):
        in_company().run(check_short, LONG_FACTS + 1)


def test_names_take_turns() -> None:
    async def told() -> list[str]:
        lane, order = LongQuestions(), list[str]()
        names = ["a", "a", "a", "b", "c"]
        await asyncio.gather(*(lane.ask(name, partial(order.append, name)) for name in names))
        lane.close()
        return order

    assert asyncio.run(told()) == ["a", "a", "b", "c", "a"]


def test_what_fails_is_told_and_the_next_is_asked() -> None:
    async def told() -> None:
        lane = LongQuestions()
        with pytest.raises(UnavailableError):
            await lane.ask("a", away)
        assert await lane.ask("a", lambda: 3) == 3
        lane.close()

    asyncio.run(told())


def away() -> None:
    raise UnavailableError(reason="database")
