"""Each view of today, on a day that is past, shows of everything known what it shows of what counted on that day alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from services.pathways.facts import ContractChanged, Exited, HandoverAnswered, HandoverProposed, Hired
from services.structures import facts as structures
from shared.facts.fact import Fact, Recorded
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import ACI, AI, CATALOGUE, CLIENT, EI, GROUP, recorded, rows_of
from tests.services.projections.facts import structure_registered as registered
from tests.services.projections.past import counted_on
from tests.services.projections.placing import client
from tests.services.projections.read_set import ReadSet, see
from tests.services.projections.test_alerts_by_day import DRAWN
from tests.services.projections.test_past_day import OF_TODAY
from tests.services.scenario import uid

KNOWN_SINCE = "2015-01-01"
"""Bodies are registered before anything else: the kind of one that is not yet is that of its first day."""

LEFT_OUT = {structures.StructureRegistered, structures.StructureClosed, structures.ClientRegistered}
OF_STRUCTURES, OF_GROUPS, OF_CLIENTS = (
    facts_about(kind, [fact for fact in CATALOGUE.facts.values() if kind in fact.subjects and fact not in LEFT_OUT])
    for kind in ("structure", "group", "client")
)
PERSONS = tuple(uid(f"one of {number}") for number in range(3))

World = dict[tuple[str, UUID], list[Recorded]]


ONCE: dict[type[Fact], str] = {
    Hired: "contract_id",
    Exited: "exit_id",
    HandoverProposed: "handover_id",
}


def as_recorded(facts: list[Recorded]) -> list[Recorded]:
    """Those that a service might have: an id names one thing, what is answered had been proposed, and nobody changes days
    of a contract that are over."""
    found: list[Recorded] = []
    told: set[tuple[type[Fact], UUID]] = set()
    proposed = {one.data.handover_id: one.data.proposed_on for one in facts if isinstance(one.data, HandoverProposed)}
    for fact in facts:
        data = fact.data
        if type(data) in ONCE and (name := (type(data), getattr(data, ONCE[type(data)]))) in told:
            continue
        if type(data) in ONCE:
            told.add(name)
        if isinstance(data, HandoverAnswered) and proposed.get(data.handover_id, date.max) > data.answered_on:
            continue
        if isinstance(data, ContractChanged) and (data.starts_on or (data.ends_on or date.max) < data.changed_on):
            continue
        found.append(fact)
    return found


def about(kind: str, subject_id: UUID, facts: list[Recorded]) -> list[Recorded]:
    return [fact.model_copy(update={"subject": f"{kind}/{subject_id}"}) for fact in facts]


def world(data: Any) -> World:
    def drawn(kind: str, subject_id: UUID, facts: Any, first: Fact | None = None) -> list[Recorded]:
        known = data.draw(histories(kind, facts))
        return about(kind, subject_id, [*([recorded(first, id="first")] if first else []), *known])

    kinds = {ACI: "ACI", AI: "AI", EI: "EI"}
    bodies = {
        ("structure", one): drawn("structure", one, OF_STRUCTURES, registered(kind, KNOWN_SINCE))
        for one, kind in kinds.items()
    }
    persons = {
        ("person", one): as_recorded(drawn("person", one, DRAWN[data.draw(st.sampled_from(sorted(DRAWN)))]))
        for one in PERSONS
    }
    group = {("group", GROUP): drawn("group", GROUP, OF_GROUPS)}
    return {
        **bodies,
        **persons,
        **group,
        ("client", CLIENT): drawn("client", CLIENT, OF_CLIENTS, client("company", KNOWN_SINCE)),
    }


@pytest.fixture(scope="module")
def both(engine: Engine) -> Iterator[tuple[ReadSet, ReadSet]]:
    """Of everything, in schema `bi`, and of what counted, in `counted`."""
    with engine.connect() as connection:
        sets = ReadSet(connection), ReadSet.made(connection, "read_2")
        sets[1].show("counted")
        yield sets
        connection.rollback()


def fill(read_set: ReadSet, kind: str, facts: list[Recorded]) -> None:
    read_set.insert(rows_of(facts, kind))


def shown(connection: Connection, schema: str, view: str) -> list[str]:
    found = connection.exec_driver_sql(f"SELECT v::text FROM {schema}.{view} v")
    return sorted(row[0] for row in found)


@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_view_shows_what_counted_on_the_day(both: tuple[ReadSet, ReadSet], data: Any) -> None:
    known = world(data)
    on = date(2024, 1, 1) + timedelta(days=data.draw(st.integers(0, 420)))
    connection = both[0].connection
    with connection.begin_nested() as fillings:
        for (kind, _), facts in known.items():
            fill(both[0], kind, facts)
            fill(both[1], kind, counted_on(on, facts))
        see(connection, on)
        for view in OF_TODAY:
            assert shown(connection, "bi", view) == shown(connection, "counted", view), (view, on)
        fillings.rollback()
