"""How much one caller may ask in a minute."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.process.current_request import CurrentRequest, begin_request
from shared.process.metrics import Metrics
from shared.rights.caller import LOCAL, Caller
from shared.web.problems import problem_response
from shared.web.quotas import FactQuota, MeteredCallers, Quota, QuotaExceededError, TooManyAtOnceError, name_of
from shared.web.serving import Suite
from tests.parts.asking import Asking
from tests.parts.postgres import fresh_database
from tests.shared.events import SOURCE
from tests.shared.intake.running import BATCH, LINES, Served, a_service, lines, new_event, new_subject, served

OTHER = "urn:test:other"


class Clock:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


def caller(sub: str, *sources: str) -> Caller:
    return Caller("structure", frozenset(sources or [SOURCE]), frozenset(["s-1"]), sub=sub)


class Bucket:
    """Judge: a bucket of exact numbers that fills by the second and may be overdrawn by the last who takes."""

    def __init__(self, per_minute: int) -> None:
        self.rate = Fraction(per_minute, 60)
        self.most = self.level = Fraction(per_minute)
        self.at = Fraction(1_000)

    def take(self, at: Fraction, count: int) -> bool:
        self.level = min(self.level + (at - self.at) * self.rate, self.most)
        self.at = at
        if self.level <= 0:
            return False
        self.level -= count
        return True


@given(st.sampled_from([1, 6, 60, 600]), st.lists(st.tuples(st.integers(0, 70), st.integers(1, 40)), max_size=60))
def test_it_allows_what_a_bucket_of_exact_numbers_allows(per_minute: int, asked: list[tuple[int, int]]) -> None:
    clock = Clock()
    quota, bucket = Quota(per_minute, clock), Bucket(per_minute)
    for seconds, count in asked:
        clock.at += seconds
        wait_s = quota.take({"a": count})
        assert (wait_s == 0) == bucket.take(Fraction(clock.at), count)
        # Whoever waits as long as it is told may, and not much earlier.
        if wait_s:
            clock.at += wait_s
            assert quota.take({"a": 1}) == 0
            bucket.take(Fraction(clock.at + 0.001), 1)


def test_one_who_asks_too_much_keeps_nobody_else_waiting_and_is_forgotten_when_there_are_too_many() -> None:
    quota = Quota(2, Clock(), most_names=3)
    assert [quota.take({"a": 1}) > 0 for _ in range(3)] == [False, False, True]
    assert quota.take({"b": 1}) == 0
    # Nothing is taken of one where another has to wait.
    assert quota.take({"a": 1, "b": 1}) > 0
    assert quota.take({"b": 1}) == 0
    for name in ("c", "d"):
        assert quota.take({name: 1}) == 0
    assert len(quota._paid_at) == 3
    assert quota.take({"a": 1}) == 0


def test_a_request_counts_once_and_the_local_caller_never() -> None:
    asking = Asking(caller("a"))
    metered = MeteredCallers(asking, 2, Clock())
    for _ in range(2):
        begin_request(CurrentRequest("r"))
        for _ in range(3):
            assert metered.caller(None) is asking.who
    begin_request(CurrentRequest("r"))
    with pytest.raises(QuotaExceededError) as refused:
        metered.caller(None)
    assert (refused.value.retry_after_s, refused.value.fields) == (1, {"most_requests": 2})
    for other in (caller("b"), LOCAL, LOCAL, LOCAL):
        asking.who = other
        begin_request(CurrentRequest("r"))
        assert metered.caller(None) is other


class Waiting:
    """An application whose requests wait until they may end, behind what every process has around its services."""

    def __init__(self, most_at_once: int) -> None:
        self.asking = Asking(caller("a"))
        self.may_end = asyncio.Event()
        self._begun: asyncio.Queue[None] = asyncio.Queue()
        self._callers = MeteredCallers(self.asking, 0, most_at_once=most_at_once)
        self._suite = Suite({"tests": self._app}, Metrics())

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            for _ in range(3):  # as often as parts of a service ask who it is
                self._callers.caller(None)
            self._begun.put_nowait(None)
            await self.may_end.wait()
            response = Response("done")
        except TooManyAtOnceError as error:
            response = problem_response(error)
        await response(scope, receive, send)

    def ask(self, who: Caller) -> asyncio.Task[tuple[int, bytes]]:
        return asyncio.ensure_future(self._ask(who))

    async def held(self, who: Caller) -> asyncio.Task[tuple[int, bytes]]:
        """A request that is under way."""
        asked = self.ask(who)
        await asyncio.wait_for(self._begun.get(), 60)
        return asked

    async def _ask(self, who: Caller) -> tuple[int, bytes]:
        self.asking.who = who
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            await asyncio.Event().wait()

        headers = [(b"host", b"localhost")]
        scope = {"type": "http", "method": "GET", "path": "/tests/v1/things", "query_string": b"", "headers": headers}
        await self._suite(scope, receive, send)
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_one_caller_holds_so_many_places_and_the_others_are_answered() -> None:
    async def ask() -> None:
        waiting = Waiting(most_at_once=3)
        held = [await waiting.held(caller("a")) for _ in range(3)]
        for _ in range(3):
            status, body = await waiting.ask(caller("a"))
            assert (status, json.loads(body)["code"], json.loads(body)["most_at_once"]) == (429, "too_many_at_once", 3)
        others = [await waiting.held(who) for who in (caller("b"), *[LOCAL] * 5)]
        # Who leaves gives its place back, as who is answered does.
        held[0].cancel()
        await asyncio.gather(held[0], return_exceptions=True)
        held[0] = await waiting.held(caller("a"))
        assert (await waiting.ask(caller("a")))[0] == 429
        waiting.may_end.set()
        assert await asyncio.gather(*held, *others) == [(200, b"done")] * 9
        assert await asyncio.gather(*(waiting.ask(caller("a")) for _ in range(2))) == [(200, b"done")] * 2

    asyncio.run(ask())


def test_tokens_without_a_subject_are_told_apart_by_whom_they_speak_for() -> None:
    def caller_of(role: str, *structures: str, sub: str = "", **more: Any) -> Caller:
        return Caller(role, structures=frozenset(structures), sub=sub, **more)

    told_apart = [
        caller_of("structure", "s-1"),
        caller_of("structure", "s-2"),
        caller_of("structure", "s-1", "s-2"),
        caller_of("prescriber", "s-1"),
        caller_of("group_coordinator", groups=frozenset(["g-1"])),
        caller_of("group_coordinator", groups=frozenset(["g-2"])),
        caller_of("ops"),
        caller_of("ops", sub="somebody"),
    ]
    assert len(set(map(name_of, told_apart))) == len(told_apart)
    assert name_of(caller_of("structure", "s-1", "s-2")) == name_of(caller_of("structure", "s-2", "s-1"))
    assert name_of(caller_of("staff", sub="somebody")) == name_of(caller_of("ops", sub="somebody"))


def test_any_number_at_once_where_none_is_set() -> None:
    async def ask() -> None:
        waiting = Waiting(most_at_once=0)
        asked = [waiting.ask(caller("a")) for _ in range(200)]
        waiting.may_end.set()
        assert await asyncio.gather(*asked) == [(200, b"done")] * 200

    asyncio.run(ask())


def test_facts_count_by_caller_and_by_its_own_sources() -> None:
    quota = FactQuota(10, Clock())
    quota.take(caller("a", SOURCE), [SOURCE] * 10)
    for blocked in (caller("a", OTHER), caller("b", SOURCE)):
        with pytest.raises(QuotaExceededError):
            quota.take(blocked, [SOURCE, OTHER])
    # Of a source that is not the caller's nothing is taken: nobody can use up another's.
    quota.take(caller("c", OTHER), [SOURCE] * 9)
    quota.take(caller("d", OTHER), [OTHER])
    quota.check(caller("d"))
    for _ in range(3):
        quota.take(LOCAL, [SOURCE] * 1_000)
    unlimited = FactQuota()
    unlimited.take(caller("a"), [SOURCE] * 1_000_000)
    unlimited.check(caller("a"))


def test_a_stream_waits_instead() -> None:
    clock = Clock()
    quota = FactQuota(60_000, clock)
    quota.take(caller("a"), [SOURCE] * 60_001)

    async def stream() -> None:
        waiting = asyncio.ensure_future(quota.wait_for(caller("a"), [SOURCE]))
        await asyncio.wait((waiting,), timeout=0)
        assert not waiting.done()
        clock.at += 60
        await waiting

    asyncio.run(stream())


@dataclass
class Metered:
    running: Served
    asking: Asking
    clock: Clock


@pytest.fixture
def metered(postgres_server: str) -> Iterator[Metered]:
    """A write service with quotas of 20 requests and 100 facts a minute."""
    asking, clock = Asking(caller("importer")), Clock()
    callers = MeteredCallers(asking, 20, clock)
    with (
        fresh_database(postgres_server) as url,
        served(a_service(url, callers=callers, quota=FactQuota(100, clock))) as running,
    ):
        yield Metered(running, asking, clock)


def test_too_many_requests_are_told_when_to_come_again_and_nothing_is_recorded(metered: Metered) -> None:
    running = metered.running
    for _ in range(19):
        assert running.post(new_event()).status_code == 201
    assert running.client.get("/tests/v1/codes").status_code == 200
    sent = new_event()
    for answer in (running.post(sent), running.post([sent], BATCH), running.client.get("/tests/v1/events")):
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        problem = answer.json()
        assert (problem["code"], problem["most_requests"]) == ("quota_exceeded", 20)
        assert problem["detail"] == "At most 20 requests a minute. Wait as long as `Retry-After` says."
    assert running.ids_of(sent["subject"]) == []
    metered.asking.who = caller("another", OTHER)
    assert running.post(new_event(source=OTHER)).status_code == 201
    metered.asking.who = caller("importer")
    metered.clock.at += 1
    assert running.post(sent).status_code == 201
    metrics = running.client.get("/metrics").text
    assert 'parcours_http_over_quota_total{service="tests"} 3.0' in metrics


def test_a_batch_counts_its_items_and_is_not_cut(metered: Metered) -> None:
    running, subject = metered.running, new_subject()
    sent = [new_event(subject=subject) for _ in range(150)]
    outcomes = running.post(sent, BATCH).json()["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["recorded"] * 150
    answers = [running.post(sent, BATCH), running.post(new_event()), running.post(lines(new_event()), LINES)]
    assert [answer.status_code for answer in answers] == [429] * 3
    assert {answer.headers["retry-after"] for answer in answers} == {"31"}
    assert answers[0].json()["most_facts"] == 100
    # Reading is no fact.
    assert running.client.get("/tests/v1/codes").status_code == 200
    # Another caller of the same source waits too; of another source it does not.
    metered.asking.who = caller("another", SOURCE, OTHER)
    assert running.post([new_event()], BATCH).status_code == 429
    assert running.post([new_event(source=OTHER)], BATCH).status_code == 200
    metered.asking.who = caller("importer")
    metered.clock.at += 31
    assert running.post(sent, BATCH).json()["outcomes"][0]["outcome"] == "duplicate"


def test_what_is_too_large_or_no_event_is_told_so(metered: Metered) -> None:
    running = metered.running
    assert running.post([0] * 10_001, BATCH).status_code == 413
    outcomes = running.post([0, None, {"source": 7}, {"source": ["a"]}], BATCH).json()["outcomes"]
    assert [one["outcome"] for one in outcomes] == ["malformed"] * 4
    assert running.post(b"nonsense").status_code == 422


def test_a_stream_beyond_the_quota_goes_on_as_fast_as_it_may(metered: Metered) -> None:
    """Its clock runs on whenever it is looked at, so that nothing waits for a minute."""
    running, subject = metered.running, new_subject()
    sent = [new_event(subject=subject) for _ in range(1_000)]

    def run_on() -> float:
        metered.clock.at += 100
        return metered.clock.at

    running.service.intake.quota._quota._now = run_on
    answer = running.post(lines(*sent), LINES)
    assert [json.loads(line)["outcome"] for line in answer.text.splitlines()] == ["recorded"] * 1_000
    assert running.ids_of(subject) == [one["id"] for one in sent]
