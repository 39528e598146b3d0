"""What takes a writer long holds up nobody else, and is answered as if it did not."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.facts.fact import Recorded
from shared.intake import slow_lane, writer
from shared.intake.incoming import Incoming, read_event
from shared.intake.outcome import Outcome
from shared.intake.queue import Job
from shared.intake.recorder import Ahead
from shared.intake.slow_lane import SlowLane, takes_long
from shared.intake.writer import Writer
from shared.log import streams
from shared.log.entries import NewFact
from shared.log.merges import Joined
from shared.log.store import FactStore
from shared.log.streams import LONG_FACTS
from shared.process.metrics import Metrics
from tests.parts.postgres import fresh_database
from tests.parts.waiting import wait_until
from tests.shared.events import CATALOGUE, NOW, event, opened
from tests.shared.intake.running import (
    BATCH,
    SERVICE,
    a_service,
    decide,
    is_unavailable,
    new_event,
    new_subject,
    served,
)

_numbers = count(1)

RECORDED = {"recorded", "duplicate"}
"""The second, of what was sent again on a busy machine."""


# Others are served


@pytest.fixture
def long(postgres_server: str) -> Iterator[tuple[str, str]]:
    """A database, and a subject of which it has many facts."""
    subject = new_subject()
    with fresh_database(postgres_server) as url:
        store = FactStore(url, SERVICE)
        store.create()
        for first in range(1, LONG_FACTS + 1_000, 1_000):
            store.record([_fact(subject, number) for number in range(first, first + 1_000)])
        store.close()
        yield url, subject


def _fact(subject: str, version: int) -> NewFact:
    fact: Recorded = opened(f"old-{version}").model_copy(update={"subject": subject, "streamversion": version})
    return NewFact(fact, b'{"starts_on":"2024-01-01"}', b"d" * 16)


@pytest.mark.parametrize("atomic", ["false", "true"])
def test_others_are_answered_before_what_is_about_a_long_subject(long: tuple[str, str], atomic: str) -> None:
    """It is not kept, so that it is loaded first; then each of these has everything settled again."""
    url, subject = long
    heavy = [new_event(subject=subject, replaces=f"old-{number}") for number in range(1, 61)]
    answered: list[str] = []

    async def post(name: str, path: str, body: Any, headers: dict[str, str]) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=running.url, timeout=120) as client:
            while is_unavailable(answer := await client.post(path, content=json.dumps(body), headers=headers)):
                pass  # the machine is busy
        answered.append(name)
        return answer

    async def both() -> httpx2.Response:
        slow = asyncio.ensure_future(post("long", f"{running.path}?atomic={atomic}", heavy, BATCH))
        await asyncio.to_thread(wait_until, lambda: len(running.service.writer._lane) > 0, "it has been taken up")
        for _ in range(5):
            answer = await post("other", running.path, new_event(), {"Content-Type": "application/json"})
            assert answer.json()["outcome"] in RECORDED
            answer = await post("other", running.path, [new_event() for _ in range(20)], BATCH)
            assert {one["outcome"] for one in answer.json()["outcomes"]} <= RECORDED
        return await slow

    with served(a_service(url)) as running:
        outcomes = asyncio.run(both()).json()["outcomes"]
        assert {one["outcome"] for one in outcomes} <= RECORDED
        assert answered == ["other"] * 10 + ["long"]
        assert running.ids_of(subject)[-len(heavy) :] == [one["id"] for one in heavy]


def test_a_person_is_as_long_as_all_its_ids_together() -> None:
    async def takes(subjects: set[str], ahead: Ahead) -> bool:
        job = Job([], asyncio.get_running_loop().create_future())
        return takes_long(job, subjects, ahead)

    joined = Joined(frozenset("ab"))
    for one, other, is_long in ((LONG_FACTS, 0, False), (LONG_FACTS, 1, True), (LONG_FACTS - 1, 1, False)):
        kept = {"a": one, "b": other, "c": 1}
        assert asyncio.run(takes({"a", "b"}, Ahead({"a": joined, "b": joined}, kept, {}))) == is_long
        assert not asyncio.run(takes({"a", "b", "c"}, Ahead({}, kept, {})))
        assert asyncio.run(takes({"a"}, Ahead({}, kept, {"a": streams.PIECE + 1})))


# And the answers are the same


@dataclass(frozen=True, slots=True)
class Sent:
    """Events of one request: of which subject, under which of a few ids, and what."""

    events: tuple[tuple[int, int, str], ...]
    atomic: bool


WHAT: dict[str, dict[str, Any]] = {
    "plain": {"data": {"starts_on": "2024-01-01"}},
    "with effects": {"data": {"starts_on": "2024-01-01", "kind": "big"}},
    "refused": {"data": {"starts_on": "2024-01-01", "hours": 2000}},
    "correction": {"data": {"starts_on": "2024-03-03"}, "replaces": True},
}
sent = st.builds(
    Sent,
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 9), st.sampled_from(sorted(WHAT))), min_size=1, max_size=6
    ).map(tuple),
    st.booleans(),
)


@pytest.fixture(scope="module")
def writers(postgres_server: str) -> Iterator[list[Writer]]:
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            store = FactStore(stack.enter_context(fresh_database(postgres_server)), SERVICE)
            stack.callback(store.close)
            store.create()
            one = Writer(store, CATALOGUE, decide, Metrics())
            one.start()
            stack.callback(one.stop)
            found.append(one)
        yield found


@given(requests=st.lists(sent, min_size=1, max_size=8), long=st.integers(0, 4), piece=st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_in_pieces_and_between_others_all_are_answered_as_one_after_another(
    writers: list[Writer], requests: list[Sent], long: int, piece: int
) -> None:
    """Judged by a writer of ordinary sizes that is sent one request after another."""
    number, subjects = next(_numbers), [new_subject() for _ in range(4)]
    bodies = [[read(number, subjects, *one) for one in each.events] for each in requests]
    assert_same(writers, [(events, each.atomic) for each, events in zip(requests, bodies, strict=True)], long, piece)
    for subject in subjects:
        assert facts(writers[0], subject) == facts(writers[1], subject)


def assert_same(
    writers: Sequence[Writer], requests: Sequence[tuple[Sequence[Incoming], bool]], long: int, piece: int
) -> None:
    """The first writer, with sizes so small that all has to wait, answers as the second, which is sent one after another.
    `requests`: events, and whether they are atomic."""

    async def at_once() -> list[list[Outcome]]:
        asked = (writers[0].submit(events, atomic=atomic, is_import=True) for events, atomic in requests)
        return await asyncio.gather(*asked)

    async def in_turn() -> list[list[Outcome]]:
        return [await writers[1].submit(events, atomic=atomic, is_import=True) for events, atomic in requests]

    by_judge = asyncio.run(in_turn())
    with pytest.MonkeyPatch.context() as monkeypatch:
        for module in (streams, slow_lane):
            monkeypatch.setattr(module, "LONG_FACTS", long)
            monkeypatch.setattr(module, "PIECE", piece)
        for module, name, value in (
            (slow_lane, "TURN_S", 0),
            (slow_lane, "TRACK_S", 0),
            (slow_lane, "MOST_ATOMIC", 1),
            (writer, "GROUP_S", 0),
            (writer, "MOST_LOADED", piece),
        ):
            monkeypatch.setattr(module, name, value)
        outcomes = asyncio.run(at_once())
    assert [list(map(told, of_one)) for of_one in outcomes] == [list(map(told, of_one)) for of_one in by_judge]


def read(number: int, subjects: Sequence[str], subject: int, name: int, what: str) -> Incoming:
    body = event(id=f"{number}-{subject}-{name}", subject=subjects[subject], **WHAT[what])
    if "replaces" in body:
        body["replaces"] = f"{number}-{subject}-0"
    return read_event(body, False, CATALOGUE, NOW)


def told(outcome: Outcome) -> Any:
    return (
        outcome.outcome,
        outcome.id,
        outcome.streamversion,
        list(outcome.effects),
        outcome.error and outcome.error.code,
    )


def facts(one: Writer, subject: str) -> list[tuple[int, str, str]]:
    entries = one.store.log(0, 1_000, subject=subject)
    return [(entry.streamversion, entry.type, json.loads(entry.wire)["id"]) for entry in entries]


# Tracks


@given(st.lists(st.sets(st.integers(0, 7), min_size=1, max_size=3), max_size=30))
def test_what_shares_a_subject_is_on_one_track_in_its_order(jobs: list[set[int]]) -> None:
    loop = asyncio.new_event_loop()
    lane = SlowLane(None, None, None)  # type: ignore[arg-type]
    put: list[tuple[Job, set[str]]] = []
    for numbers in jobs:
        job, subjects = Job([], loop.create_future()), {str(number) for number in numbers}
        assert lane.holds(*subjects) == any(not subjects.isdisjoint(other) for _, other in put)
        lane.put(job, subjects)
        put.append((job, subjects))
    assert len(lane) == len(put)
    tracks = defaultdict(list)
    for place, track in enumerate(lane._tracks):
        for job in track.jobs:
            tracks[place].append(job)
    where = {id(job): place for place, of_track in tracks.items() for job in of_track}
    for number, (job, subjects) in enumerate(put):
        for later, others in put[number + 1 :]:
            if not subjects.isdisjoint(others):
                of_track = tracks[where[id(job)]]
                assert where[id(later)] == where[id(job)]
                assert of_track.index(job) < of_track.index(later)
    assert {id(job) for job in lane.take_all()} == {id(job) for job, _ in put}
    assert len(lane) == 0
    loop.close()
