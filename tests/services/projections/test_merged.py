"""Persons under several ids: their rows are those of one subject with all their facts, whatever came first, and live rows
are those of a rebuild; a split gives back what was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.pathways.facts import FactVoided, Hired, PersonRegistered, PersonsMerged, PersonsSplit
from services.projections.folding.backlog import Backlog
from services.projections.read_sets import building
from services.projections.verifying.subjects import Task, verify_everybody
from shared.facts.fact import Fact, Recorded
from shared.histories.history import History
from shared.histories.persons import roots_among
from shared.log.place import Arrived
from tests.parts.postgres import fresh_database
from tests.services.projections.any_facts import histories
from tests.services.projections.facts import ACI, EI, ORDER, recorded
from tests.services.projections.streams import RECIPE, Kept, Streams, expected, kept, moved_to
from tests.services.scenario import like, uid

IDS = [UUID(int=(7 << 100) + number) for number in range(3)]
A, B, C = PERSONS = [f"person/{one}" for one in IDS]


@pytest.fixture(scope="module")
def projections(postgres_server: str) -> Iterator[Kept]:
    with fresh_database(postgres_server) as url, kept(url) as one:
        yield one


def merge(number: int, subject: str, into: UUID, day: str = "2025-01-02") -> Recorded:
    fact = PersonsMerged(into=into, merged_on=date.fromisoformat(day))
    return moved_to(recorded(fact), subject).model_copy(update={"id": f"merging-{number}", "source": "urn:stewards"})


def other(number: int, subject: str, fact: Fact) -> Recorded:
    return moved_to(recorded(fact), subject).model_copy(update={"id": f"merging-{number}", "source": "urn:stewards"})


@st.composite
def mergings(draw: st.DrawFn) -> list[Recorded]:
    """Merges, splits and voids of them among a few persons, also those that no service would record."""
    facts = []
    for number in range(draw(st.integers(0, 6))):
        subject, named = draw(st.sampled_from(PERSONS)), f"merging-{draw(st.integers(0, 5))}"
        fact: Fact = draw(
            st.sampled_from(
                [
                    PersonsMerged(into=draw(st.sampled_from(IDS)), merged_on=date(2025, 1, 2)),
                    PersonsMerged(into=draw(st.sampled_from(IDS)), merged_on=date(2025, 1, 3)),
                    PersonsSplit(merge_id=named, split_on=date(2025, 1, 4)),
                    FactVoided(fact_id=named, voided_on=date(2025, 1, 5), reason="mistake"),
                ]
            )
        )
        facts.append(other(number, subject, fact))
    return facts


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """Of each of the persons a life, said by a source of its own."""
    return [
        moved_to(fact, subject).model_copy(update={"source": f"{fact.source}/{subject[-1]}"})
        for subject in PERSONS
        for fact in draw(histories("person"))
    ]


def roots(facts: Iterable[Recorded]) -> dict[str, str]:
    of_each = {subject: History() for subject in PERSONS}
    for fact in facts:
        of_each[fact.subject].facts.append(fact)
    return roots_among(of_each, ORDER)


def as_one_subject(facts: list[Recorded]) -> Mapping[str, Any]:
    """The slow, obvious way: all facts of a person said again of its root alone."""
    root_of = roots(facts)
    of_roots = [moved_to(fact, root_of[fact.subject]) for fact in facts]
    return {subject: expected(subject, of_roots) for subject in PERSONS}


def rows_in(projections: Kept, read_set: str | None = None) -> dict[str, Any]:
    return {subject: projections.rows(subject, read_set) for subject in PERSONS}


def deliver(projections: Kept, facts: list[Arrived], data: st.DataObject) -> None:
    """In any order, a few at a time, some twice, by several projectors that just started or go on."""
    came = data.draw(st.permutations([*facts, *facts[:2]]))
    feed = projections.feed()
    projector = projections.projector(feed)
    while came:
        some, came = came[: (size := data.draw(st.integers(1, 25)))], came[size:]
        if data.draw(st.booleans()):
            projections.apply(*some)
        else:
            feed.add(*some)
            projector.step(0)


def relations_in(projections: Kept) -> list[tuple[Any, ...]]:
    return sorted(
        projections.all("SELECT person_id, structure_id, kind, starts_on, ends_on FROM access.relations"), key=str
    )


def is_clean(projections: Kept) -> bool:
    found = verify_everybody(projections.database, Task(projections.url, RECIPE), workers=1, patience_s=0)
    assert found.first == []
    return found.subjects > 0


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(lives(), mergings(), st.data())
def test_rows_are_those_of_one_subject_with_all_facts_in_any_order(
    projections: Kept, lived: list[Recorded], said_of_merges: list[Recorded], data: st.DataObject
) -> None:
    projections.empty()
    facts = [*lived, *said_of_merges]
    streams = Streams()
    deliver(projections, [streams.record(fact) for fact in facts], data)
    live = rows_in(projections)
    wanted = as_one_subject(facts)
    assert live == {subject: wanted[subject] for subject in PERSONS}
    if facts:
        assert is_clean(projections)
        with_relations = relations_in(projections)
        root_of = roots(facts)
        assert {f"person/{row[0]}" for row in with_relations} <= set(root_of.values())


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(lives(), mergings(), st.data())
def test_who_is_far_behind_folds_merged_persons_the_same(
    projections: Kept, lived: list[Recorded], said_of_merges: list[Recorded], data: st.DataObject
) -> None:
    """Large deliveries are only kept, small ones between them folded; what waits of one id waits of all."""
    projections.empty()
    streams = Streams()
    facts = [*lived, *said_of_merges]
    came = data.draw(st.permutations([streams.record(fact) for fact in facts]))
    feed = projections.feed()
    projector = projections.projector(feed, backlog=Backlog(far_behind=4))
    while came:
        some, came = came[: (size := data.draw(st.sampled_from([1, 2, 4, 9, 30])))], came[size:]
        feed.add(*some)
        projector.step(0)
    while projector.step(0):
        pass
    assert rows_in(projections) == as_one_subject(facts)
    if facts:
        assert is_clean(projections)


def test_live_rows_are_those_of_a_rebuild(postgres_server: str) -> None:
    with fresh_database(postgres_server) as url, kept(url) as own:
        streams = Streams()
        facts = [
            *(registered(subject, number) for number, subject in enumerate(PERSONS)),
            *(hired(subject, number) for number, subject in enumerate(PERSONS)),
            merge(1, A, IDS[1]),
            merge(2, B, IDS[2]),
        ]
        for fact in facts:
            own.apply(streams.record(fact))
        live = rows_in(own)
        assert live[A] == live[B] == {table: [] for table in live[A]}
        assert len(live[C]["contracts"]) == 3
        building.rebuild(own.url, "night", RECIPE)
        assert rows_in(own, "night") == live


def registered(subject: str, number: int) -> Recorded:
    return moved_to(recorded(like(PersonRegistered)), subject).model_copy(update={"id": f"registered-{number}"})


def hired(subject: str, number: int) -> Recorded:
    fact = like(Hired, contract_id=uid(f"contract {number}"), structure_id=[ACI, EI][number % 2])
    return moved_to(recorded(fact), subject).model_copy(update={"id": f"hired-{number}"})
