"""Relations beside the histories: as the facts give them after every delivery, also of what was there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from services.pathways.facts import HandoverProposed, LimitationLifted, ProcessingLimited, SharingInformed
from services.pathways.model.limitation import limitations_of
from services.pathways.model.sharing import informed_of, objections_of
from services.projections.folding.folder import Folder
from services.projections.folding.relations_kept import AT_ONCE, Row, is_filled, load_kept
from services.projections.folding.set_rows import Rows
from services.projections.tables.subject_facts import ProjectionSettings
from services.projections.verifying.subjects import Task, verify_everybody
from services.structures.facts import SuccessionConfirmed
from shared.facts.fact import Recorded
from shared.facts.relations import Relation, relations_of
from shared.facts.settle import settle
from tests.parts import postgres
from tests.services.projections.any_facts import KINDS, facts_about, histories
from tests.services.projections.facts import (
    ACI,
    AI,
    C1,
    CATALOGUE,
    EI,
    ORDER,
    PERSON,
    exited,
    hired,
    recorded,
    structure_closed,
    void_of,
)
from tests.services.projections.streams import RECIPE, SETTINGS, Kept, Streams, kept, person_id
from tests.services.scenario import day, like

LIMITS = facts_about("person", [ProcessingLimited, LimitationLifted])
LIVES = histories("person", KINDS["person"] | KINDS["person"] | LIMITS)


@pytest.fixture(scope="module")
def shared_projections(postgres_server: str) -> Iterator[Kept]:
    with postgres.fresh_database(postgres_server) as url, kept(url) as one:
        yield one


@pytest.fixture
def projections(shared_projections: Kept) -> Kept:
    shared_projections.empty()
    return shared_projections


def stored(projections: Kept, subject: str = f"person/{PERSON}") -> frozenset[Row]:
    with projections.database.connection() as connection:
        return load_kept(connection, [subject])[subject]


@given(life=LIVES)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_they_are_what_the_facts_give_after_every_delivery(shared_projections: Kept, life: list[Recorded]) -> None:
    shared_projections.empty()
    streams, feed = Streams(), shared_projections.feed()
    for fact in life:
        feed.add(streams.record(fact))
    projector = shared_projections.projector(feed)
    for place in range(len(life)):
        projector.step(0)
        settled = settle(life[: place + 1], ORDER)
        assert {row for row in stored(shared_projections) if isinstance(row, Relation)} == set(
            relations_of(settled, SETTINGS.handover_days)
        )
        assert {row for row in stored(shared_projections) if not isinstance(row, Relation)} == {
            *informed_of(settled, PERSON),
            *objections_of(settled, PERSON),
            *limitations_of(settled, PERSON),
        }


def fails(kind: str, settled: Sequence[Recorded], settings: ProjectionSettings, *more: Any) -> Rows:
    raise ValueError("a bug")


def test_they_hold_where_the_rows_of_the_person_cannot_be_made(projections: Kept) -> None:
    hire, streams = recorded(hired(C1, ACI, "2024-01-15")), Streams()
    projections.apply(streams.record(hire), folder=Folder(CATALOGUE, SETTINGS, fails))
    assert {row.structure_id for row in stored(projections) if isinstance(row, Relation)} == {ACI}
    projections.apply(streams.record(void_of(hire)), folder=Folder(CATALOGUE, SETTINGS, fails))
    assert stored(projections) == frozenset()


def many(people: int) -> list[Recorded]:
    return [
        recorded(hired(C1, ACI, "2024-01-15"), id=f"hire {number}", subject=person_id(number))
        for number in range(people)
    ]


def test_those_of_before_are_filled_in_at_the_start(projections: Kept) -> None:
    """As an installation from before there were relations has them: none at all."""
    streams = Streams()
    projections.apply(*map(streams.record, many(AT_ONCE + 3)))
    closed = recorded(structure_closed("2024-06-30", EI), subject=AI, id="closed")
    confirmed = recorded(SuccessionConfirmed(successor_id=EI, confirmed_on=day("2024-12-31")), subject=AI)
    projections.apply(*map(streams.record, (closed, confirmed)))
    projections.run("DROP SCHEMA access CASCADE")
    projections.database.create()
    with projections.database.connection() as connection:
        assert not is_filled(connection)
    task = Task(projections.url, RECIPE)
    assert not verify_everybody(projections.database, task, workers=1, patience_s=0).differences
    # Facts go on arriving before it comes to that.
    projections.apply(streams.record(recorded(exited(ACI, "2024-05-01"), subject=person_id(7))))
    projector = projections.projector(projections.feed())
    projector.catch_up()
    assert projections.one("SELECT count(DISTINCT person_id) FROM access.relations") == AT_ONCE + 3
    assert stored(projections, f"structure/{AI}") == {(AI, EI, day("2024-12-31"))}
    with projections.database.connection() as connection:
        assert is_filled(connection)
    assert not verify_everybody(projections.database, task, workers=1, patience_s=0).differences


def test_those_of_a_schema_from_before_are_reckoned_again_and_open_nothing_meanwhile(projections: Kept) -> None:
    """It kept neither who proposes, nor on which day a person was told."""
    proposal = like(HandoverProposed, from_structure_id=str(ACI), to_structure_id=str(AI))
    projections.apply(*map(Streams().record, [recorded(proposal), recorded(like(SharingInformed))]))
    now = stored(projections)
    projections.run("ALTER TABLE access.relations DROP COLUMN proposed_by")
    projections.run("ALTER TABLE access.relations ADD PRIMARY KEY (person_id, structure_id, kind, starts_on)")
    projections.run("DROP INDEX access.relations_person; DROP INDEX access.informed_person")
    projections.run("ALTER TABLE access.informed DROP COLUMN informed_on, ADD PRIMARY KEY (person_id, agreement_id)")
    projections.run("UPDATE access.filling SET law = '2 proposals 60 days, sharing 1'")
    projections.database.create()
    assert {row[-1] for row in stored(projections)} == {None}
    projections.projector(projections.feed()).catch_up()
    assert stored(projections) == now
    assert {row[-1] for row in now} == {ACI, like(SharingInformed).informed_on}


def test_a_limitation_that_no_fact_gives_is_found_and_one_that_is_missing_too(projections: Kept) -> None:
    limited = recorded(ProcessingLimited(limited_on=day("2024-09-02")), subject=person_id(1))
    projections.apply(*map(Streams().record, [*many(2), limited]))
    projections.run(f"UPDATE access.limitations SET person_id = '{person_id(0)}'")
    comparison = verify_everybody(projections.database, Task(projections.url, RECIPE), workers=1, patience_s=0)
    assert {(one.what, one.subject) for one in comparison.first} == {
        ("relation", f"person/{person_id(number)}") for number in (0, 1)
    }


def test_a_relation_that_no_fact_gives_is_found(projections: Kept) -> None:
    projections.apply(*map(Streams().record, many(2)))
    projections.run(f"UPDATE access.relations SET structure_id = '{EI}' WHERE person_id = '{person_id(1)}'")
    comparison = verify_everybody(projections.database, Task(projections.url, RECIPE), workers=1, patience_s=0)
    (difference,) = comparison.first
    assert (difference.what, difference.subject) == ("relation", f"person/{person_id(1)}")
