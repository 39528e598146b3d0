"""The facts of every benchmark: invented lives of 24 facts each, the same to the byte in every run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from services.pathways.facts import CATALOGUE
from shared.facts.fact import Recorded
from shared.log.content import digest_of
from shared.log.entries import NewFact
from shared.log.store import FactStore

A_LIFE = 24
"""Facts."""
SOURCE = "https://software.example/benchmarks"
SAID_AT = datetime(2025, 1, 6, 9, tzinfo=UTC)
SERVICE = "pathways"

COMMIT = 2_000
"""Facts recorded at once where only their being there matters."""

ACI, EI, HOST = (f"00000000-0000-4000-9000-{number:012x}" for number in (1, 2, 3))


@dataclass(frozen=True, slots=True)
class Event:
    """The `number`th fact of a life, from 1."""

    person: int
    number: int
    type: str
    data: str

    @property
    def id(self) -> str:
        return f"{self.person}-{self.number}"

    @property
    def subject(self) -> str:
        return subject(self.person)

    def cloud_event(self) -> str:
        return cloud_event(self.id, self.type, self.subject, self.data)


def cloud_event(name: str, kind: str, about: str, data: str) -> str:
    """`data`: JSON."""
    return (
        f'{{"specversion":"1.0","id":"{name}","source":"{SOURCE}","type":"{kind}",'
        f'"subject":"{about}","time":"{SAID_AT.isoformat()}","data":{data}}}'
    )


def subject(person: int) -> str:
    return f"person/{person_id(person)}"


def person_id(person: int) -> UUID:
    return UUID(f"00000000-0000-4000-8000-{person:012x}")


def life(person: int, at: str = ACI, to: str = EI) -> list[Event]:
    """Two contracts in one structure, a training, an immersion, support, and a hand-over to another one at the end."""
    return [
        Event(person, number, f"{SERVICE}.{name}.v1", json.dumps(data, sort_keys=True, separators=(",", ":")))
        for number, (name, data) in enumerate(_told(person, at, to), start=1)
    ]


def _told(person: int, at: str, to: str) -> Iterator[tuple[str, dict[str, Any]]]:
    first = date(2023, 1, 2) + timedelta(days=person % 400)

    def day(after: int) -> str:
        return (first + timedelta(days=after)).isoformat()

    def name(kind: int, number: int) -> str:
        return f"{person:08x}-{kind:04x}-4000-8000-{number:012x}"

    def support(number: int, after: int, theme: str) -> tuple[str, dict[str, Any]]:
        ids = {"action_id": name(2, number), "structure_id": at}
        return "support_action", {
            **ids,
            "done_on": day(after),
            "kind": "interview",
            "outcome": "done",
            "theme": theme,
        }

    one, two, training, immersion, handover = name(1, 1), name(1, 2), name(3, 1), name(4, 1), name(5, 1)
    yield "person_registered", {"registered_on": day(-9), "sex": "F", "birth_year": 1987, "unemployed_months": 26}
    yield "received", {"structure_id": at, "received_on": day(-8), "sender_kind": "orienteur", "outcome": "hired"}
    yield "hired", _contract(one, at, day(0), day(120))
    yield support(1, 10, "project")
    yield support(2, 24, "housing")
    yield support(3, 38, "budget")
    yield "training_started", {"training_id": training, "kind": "adaptation", "started_on": day(40)}
    yield (
        "training_ended",
        {"training_id": training, "ended_on": day(47), "hours": 33.5, "result": "completed"},
    )
    yield "contract_changed", {"contract_id": one, "changed_on": day(60), "ends_on": day(150), "weekly_hours": 30}
    yield support(4, 66, "mobility")
    yield support(5, 80, "rights")
    yield "contract_ended", {"contract_id": one, "ended_on": day(150), "cause": "term"}
    yield "hired", {**_contract(two, at, day(151), day(330)), "renews_contract_id": one}
    yield support(6, 166, "job_search")
    yield support(7, 180, "training")
    yield (
        "immersion_agreed",
        {
            "immersion_id": immersion,
            "structure_id": at,
            "host_id": HOST,
            "object": "discover_trade",
            "starts_on": day(190),
            "ends_on": day(200),
        },
    )
    yield "immersion_ended", {"immersion_id": immersion, "ended_on": day(200), "days": 9}
    yield (
        "contract_suspended",
        {"contract_id": two, "starts_on": day(210), "ends_on": day(215), "cause": "leave"},
    )
    yield support(8, 230, "digital")
    yield (
        "skill_validated",
        {"structure_id": at, "skill_code": "A1203_hedge", "level": "autonomous", "validated_on": day(300)},
    )
    yield "contract_ended", {"contract_id": two, "ended_on": day(330), "cause": "term"}
    yield (
        "handover_proposed",
        {"handover_id": handover, "from_structure_id": at, "to_structure_id": to, "proposed_on": day(331)},
    )
    yield "handover_answered", {"handover_id": handover, "answer": "accepted", "answered_on": day(333)}
    yield (
        "exited",
        {"exit_id": name(6, 1), "structure_id": at, "contract_id": two, "exited_on": day(334), "reason": "2"},
    )


def _contract(contract_id: str, at: str, starts_on: str, ends_on: str) -> dict[str, Any]:
    return {
        "contract_id": contract_id,
        "structure_id": at,
        "contract_type": "CDDI",
        "starts_on": starts_on,
        "ends_on": ends_on,
        "weekly_hours": 26,
    }


def told(person: int, number: int, at: str = ACI) -> Event:
    """The fact of that number: of a life, or one of the acts of support that follow it, without end."""
    if number <= A_LIFE:
        return life(person, at)[number - 1]
    act = {
        "action_id": f"{person:08x}-000a-4000-8000-{number:012x}",
        "structure_id": at,
        "done_on": "2024-11-04",
        "kind": "interview",
        "outcome": "done",
        "theme": "project",
    }
    return Event(person, number, f"{SERVICE}.support_action.v1", json.dumps(act, sort_keys=True, separators=(",", ":")))


SPREAD = 7_919
"""A prime: steps of so many persons touch all of them, and never neighbours one after another."""


def one_more(first: int, persons: int, places: Iterable[int]) -> Iterator[Event]:
    """An act of support after the life of somebody, of so many persons from `first`: who has these places in an order in
    which neighbours are far apart."""
    return (told(first + place * SPREAD % persons, A_LIFE + 1) for place in places)


def unending(first: int, step: int, together: int = 16) -> Iterator[Event]:
    """Lives without end, some of them told at the same time: persons `first`, `first + step`, and so on."""
    numbers = count(first, step)
    lives = [iter(life(next(numbers))) for _ in range(together)]
    while True:
        for place, its in enumerate(lives):
            event = next(its, None)
            if event is None:
                lives[place] = iter(life(next(numbers)))
                event = next(lives[place])
            yield event


def person_order(persons: int) -> Iterator[Event]:
    """One whole life after another."""
    for person in range(persons):
        yield from life(person)


def random_order(persons: int) -> Iterator[Event]:
    """All persons mixed, each one's facts in their order."""
    turns = [person for person in range(persons) for _ in range(A_LIFE)]
    Random(20_260_101).shuffle(turns)
    lives = [iter(life(person)) for person in range(persons)]
    return (next(lives[person]) for person in turns)


def nobody(event: Event) -> None:
    """For whom the local caller says something that names no structure."""


def said_for(event: Event) -> str:
    """For whom it is said by somebody with a token: hand-overs are answered where they are proposed to."""
    return f"structure/{EI if event.type.endswith('.handover_answered.v1') else ACI}"


def record(store: FactStore, events: Iterable[Event], sayer: Callable[[Event], str | None] = nobody) -> int:
    """Into the store's log, in this order. Return how many."""
    total = 0
    versions: Counter[int] = Counter()
    for part in _parts(events, COMMIT):
        store.record([_new(event, versions, sayer(event)) for event in part])
        total += len(part)
    return total


def recorded(event: Event, version: int, sayer: str | None = None) -> Recorded:
    return Recorded.model_construct(
        id=event.id,
        source=SOURCE,
        type=event.type,
        subject=event.subject,
        time=SAID_AT,
        recordedtime=SAID_AT,
        streamversion=version,
        replaces=None,
        correlationid=None,
        causationid=None,
        saidfor=sayer,
        data=CATALOGUE.facts[event.type].model_validate_json(event.data),
    )


def _new(event: Event, versions: Counter[int], sayer: str | None) -> NewFact:
    versions[event.person] += 1
    data = event.data.encode()
    return NewFact(
        recorded(event, versions[event.person], sayer),
        data,
        digest_of(event.type, event.subject, replaces=None, data=data),
    )


def _parts(events: Iterable[Event], size: int) -> Iterator[Sequence[Event]]:
    part: list[Event] = []
    for event in events:
        part.append(event)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
