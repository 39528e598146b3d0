"""Lives drawn whole: a small world of structures and clients, and one person in it, with every service speaking.

Days and ids are few, so that facts meet: suspensions are lifted, starts move, hours pass the cap, and much of it is
voided or replaced since. `time` is part of a fact: the day it was said, whenever it arrives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.placements import facts as placements
from services.structures import facts as structures
from shared.facts.erasing import PersonErased
from shared.facts.fact import Fact, Recorded
from tests.services.projections.any_facts import LIMITING, facts_about
from tests.services.projections.facts import ACI, AI, C1, C2, C3, CLIENT, GROUP, PERSON, VOIDS, recorded
from tests.services.scenario import uid

OPENING = date(2015, 1, 1)
START = date(2024, 1, 1)
GRANT, OTHER_GRANT = uid("agrement"), uid("other agrement")
P1, P2 = uid("placement 1"), uid("placement 2")
OTHER_CLIENT = uid("other client")

Drawn = tuple[UUID, st.SearchStrategy[Fact]]
"""Whom a fact is about, and how it is drawn; a correction of it is drawn again the same way."""


def days(first: int, last: int) -> st.SearchStrategy[date]:
    return st.integers(first, last).map(lambda number: START + timedelta(days=number))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


# The world


def a_structure(structure_id: UUID, kinds: Sequence[str]) -> Drawn:
    kind = st.sampled_from(kinds)
    return structure_id, st.builds(structures.StructureRegistered, name=st.just("A"), kind=kind, registered_on=st.just(OPENING))  # fmt: skip


def a_client(client_id: UUID) -> Drawn:
    kind = st.sampled_from(["company", "company", "household"])
    return client_id, st.builds(structures.ClientRegistered, kind=kind, registered_on=st.just(OPENING))


WORLD: tuple[Drawn, ...] = (
    a_structure(ACI, ["ACI"] * 4 + ["EI", "GEIQ"]),
    a_structure(AI, ["AI", "AI", "AI", "ACI"]),
    a_client(CLIENT),
    a_client(OTHER_CLIENT),
    (ACI, st.builds(structures.StructureChanged, changed_on=days(0, 500), kind=st.sampled_from(["ACI", "GEIQ"]))),
    (CLIENT, st.builds(structures.ClientChanged, changed_on=days(0, 500), kind=st.sampled_from(["household"]))),
    (
        AI,
        st.builds(
            structures.DerogationGranted,
            derogation_id=st.just(uid("derogation")),
            rule=st.just("ai_hours_cap"),
            decided_on=days(0, 100),
            starts_on=days(0, 200),
            ends_on=days(200, 500),
        ),
    ),
    (GROUP, st.builds(structures.MembershipStarted, structure_id=st.sampled_from([ACI, AI]), started_on=days(0, 300))),
    (GROUP, st.builds(structures.MembershipEnded, structure_id=st.sampled_from([ACI, AI]), ended_on=days(300, 500))),
)


# The person


def a_hire(contract_id: UUID, structures: Sequence[UUID], *on: int) -> st.SearchStrategy[Fact]:
    return st.builds(
        pathways.Hired,
        contract_id=st.just(contract_id),
        structure_id=st.sampled_from(structures),
        contract_type=st.just("CDDI"),
        starts_on=st.sampled_from([START + timedelta(days=number) for number in on]),
        ends_on=maybe(days(400, 600)),
        in_pathway=st.sampled_from([True] * 7 + [False]),
    )


HIRES = (a_hire(C1, [ACI], 0, 5, 20), a_hire(C2, [AI, ACI], 100, 140), a_hire(C3, [AI, ACI], 100, 140, 250))

WORK: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        pathways.ContractChanged,
        contract_id=st.sampled_from([C1, C2]),
        changed_on=days(0, 200),
        starts_on=maybe(days(0, 200)),
    ),
    st.builds(pathways.ContractEnded, contract_id=st.sampled_from([C1, C2]), ended_on=days(50, 400)),
    facts_about(
        "person",
        [
            fact
            for fact in pathways.CATALOGUE.facts.values()
            if "voided" not in fact.type and not issubclass(fact, LIMITING | PersonErased)
        ],
    ),
)


def a_grant(agrement_id: UUID, number: str, first: int, last: int) -> st.SearchStrategy[Fact]:
    """Numbers are said: which one comes next depends on the order of decisions. They end early, to be prolonged."""
    granted_on = st.integers(first, last)

    def granted(day: int, wait: int, origin: Any) -> agrement.AgrementGranted:
        starts_on = START + timedelta(days=day + wait)
        return agrement.AgrementGranted(
            agrement_id=agrement_id,
            number=number,
            origin=origin,
            granted_on=START + timedelta(days=day),
            starts_on=starts_on,
            initial_ends_on=START + timedelta(days=450 + first),
            diagnosis_id=uid("diagnosis") if origin == "default" else None,
        )

    return st.builds(granted, granted_on, st.sampled_from([0, 0, 10, 60]), st.sampled_from(["default", "ai_stock"]))


DIAGNOSIS = st.builds(
    agrement.EligibilityDiagnosed,
    diagnosis_id=st.just(uid("diagnosis")),
    made_on=days(-30, -10),
    author_kind=st.just("authorised_prescriber"),
)


def a_suspension(name: str, first: int, last: int) -> st.SearchStrategy[Fact]:
    def suspended(structure_id: UUID, starts_on: date, length: int) -> agrement.Suspended:
        return agrement.Suspended(
            agrement_id=GRANT,
            suspension_id=uid(name),
            structure_id=structure_id,
            reason="CONTRACT_SUSPENDED",
            starts_on=starts_on,
            ends_on=starts_on + timedelta(days=length),
            declared_on=starts_on,
        )

    return st.builds(suspended, st.sampled_from([ACI, ACI, AI]), days(first, last), st.sampled_from([10, 60, 200]))


RIGHT: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        agrement.SuspensionChanged,
        agrement_id=st.just(GRANT),
        suspension_id=st.just(uid("suspension")),
        structure_id=st.just(ACI),
        changed_on=days(40, 150),
        ends_on=days(100, 300),
    ),
    st.builds(
        agrement.SuspensionRemoved,
        agrement_id=st.just(GRANT),
        suspension_id=st.just(uid("suspension")),
        structure_id=st.just(ACI),
        removed_on=days(40, 150),
    ),
    st.builds(
        agrement.StartMoved,
        agrement_id=st.just(GRANT),
        moved_on=days(0, 30),
        starts_on=days(0, 60),
        cause=st.just("asked"),
    ),
    st.builds(
        agrement.AgrementClosed,
        agrement_id=st.just(GRANT),
        closed_on=days(200, 400),
        reason=st.just("left"),
        author_kind=st.just("staff"),
    ),
)

REQUEST = st.builds(
    agrement.ProlongationRequested,
    agrement_id=st.just(GRANT),
    request_id=st.just(uid("request")),
    structure_id=st.just(ACI),
    reason=st.just("RQTH"),
    starts_on=st.just(START + timedelta(days=440)),
    ends_on=days(460, 600),
    requested_on=days(400, 430),
)
ANSWER = st.builds(
    agrement.ProlongationGranted,
    agrement_id=st.just(GRANT),
    request_id=st.just(uid("request")),
    prolongation_id=st.just(uid("prolongation")),
    decided_on=days(430, 440),
    prescriber_id=st.just(uid("FT")),
    authorised=st.just(True),
)


def a_placement(placement_id: UUID, first: int, last: int) -> st.SearchStrategy[Fact]:
    return st.builds(
        placements.PlacementAgreed,
        placement_id=st.just(placement_id),
        structure_id=st.just(AI),
        client_id=st.sampled_from([CLIENT, CLIENT, OTHER_CLIENT]),
        starts_on=days(first, last),
        planned_hours=maybe(st.sampled_from([50.0, 200.0])),
    )


HOURS: st.SearchStrategy[Fact] = st.builds(
    placements.HoursWorked,
    entry_id=st.integers(0, 5).map(lambda number: uid(f"entry {number}")),
    structure_id=st.just(AI),
    placement_id=st.sampled_from([P1, P1, P2]),
    month=st.sampled_from(["2024-08", "2024-09", "2024-10", "2025-01"]),
    hours=st.sampled_from([250.0, 400.0, 60.0]),
)

LENDING: st.SearchStrategy[Fact] = st.one_of(
    st.builds(placements.PlacementEnded, placement_id=st.just(P1), ended_on=days(250, 500)),
    st.builds(
        placements.PlacementChanged, placement_id=st.just(P1), changed_on=days(200, 300), planned_hours=st.just(100.0)
    ),
)


# What became of each

KEPT = ("stands",) * 12
FATES = (
    "voided", "voided twice", "restored", "restored", "reposted",
    "replaced", "replaced", "replaced twice", "replaced by two", "replaced, then voided", "replaced, that restored",
)  # fmt: skip


@st.composite
def with_fate(draw: st.DrawFn, name: str, drawn: Drawn) -> list[Recorded]:
    """A fact, and what was said of it later, each some days after the other."""
    subject, facts = drawn
    first = draw(facts)
    said_at = datetime.combine(min(first.occurred_on, date(2025, 12, 31)), time(11), UTC)
    posted: list[Recorded] = []

    def say(fact: Fact, replaces: Recorded | None = None) -> Recorded:
        posted.append(
            recorded(
                fact,
                id=f"{name} {len(posted)}",
                subject=subject,
                replaces=None if replaces is None else replaces.id,
                at=said_at + timedelta(days=11 * len(posted)),
            )
        )
        return posted[-1]

    def take_back(fact: Recorded) -> Recorded:
        void = VOIDS[fact.service](fact_id=fact.id, voided_on=fact.time.date(), reason="mistake")
        return say(void)

    original = say(first)
    fate = draw(st.sampled_from(KEPT + FATES))
    if fate in {"voided", "voided twice", "restored", "reposted"}:
        void = take_back(original)
        if fate == "voided twice":
            take_back(original)
        if fate == "restored":
            take_back(void)
        if fate == "reposted":
            say(first)
    if fate.startswith("replaced"):
        mended = say(draw(facts), original)
        if fate == "replaced twice":
            say(draw(facts), mended)
        if fate == "replaced by two":
            say(draw(facts), original)
        if fate.startswith("replaced, "):
            void = take_back(mended)
            if fate == "replaced, that restored":
                take_back(void)
    return posted


def _of_person(*facts: st.SearchStrategy[Fact]) -> Iterator[Drawn]:
    return ((PERSON, drawn) for drawn in facts)


@st.composite
def lives(draw: st.DrawFn) -> list[Recorded]:
    """Everything that will be posted, by the time it was said."""
    chosen = [*WORLD[:4], *draw(st.lists(st.sampled_from(WORLD[4:]), max_size=2))]
    chosen += _of_person(*HIRES, *draw(st.lists(st.just(WORK), max_size=4)))
    if draw(st.sampled_from([True, True, False])):
        chosen += _of_person(DIAGNOSIS, a_grant(GRANT, "XXXXX0000001", -10, 5), a_suspension("suspension", 30, 90))
        chosen += _of_person(*draw(st.lists(st.sampled_from([RIGHT, a_suspension("other suspension", 150, 300), a_grant(OTHER_GRANT, "XXXXX0000002", 300, 500)]), max_size=3)))  # fmt: skip
    if draw(st.booleans()):
        chosen += _of_person(REQUEST, ANSWER)
    if draw(st.sampled_from([True, True, False])):
        chosen += _of_person(a_placement(P1, 150, 220), a_placement(P2, 180, 300))
        chosen += _of_person(*draw(st.lists(st.sampled_from([HOURS, HOURS, HOURS, LENDING]), min_size=3, max_size=6)))
    posted = [fact for place, drawn in enumerate(chosen) for fact in draw(with_fate(str(place), drawn))]
    return sorted(posted, key=lambda fact: (fact.time, fact.id))
