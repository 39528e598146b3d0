"""Alerts on a day that is past are those reckoned from what had been decided or become true by it, and from nothing later.

Before, the alerts of a day were reckoned from everything known: what was said afterwards moved or removed them.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.agrement import facts as agrement
from services.pathways import facts as pathways
from services.placements import facts as placements
from services.projections.alerts.structure_alerts import structure_alerts
from services.projections.folding.project import project
from services.projections.tables.facts_by_day import MOST_DAYS, days_of_contracts, facts_by_day
from services.projections.tables.subject_facts import Remembered, SubjectFacts
from shared.facts.fact import PARIS, SUBJECT_KINDS, Fact, Recorded
from shared.facts.settle import not_theirs, settle
from tests.services.agrement.persons import grant, suspension
from tests.services.projections.any_facts import facts_about, histories
from tests.services.projections.facts import (
    ACI,
    C1,
    C2,
    EI,
    ORDER,
    PERSON,
    SETTINGS,
    contract_changed,
    contract_ended,
    exited,
    hired,
    recorded,
    rows_of,
)
from tests.services.projections.past import alerts_on, counted_on, shown_on
from tests.services.scenario import day

FEW: dict[str, list[type[Fact]]] = {
    "agréments": [
        pathways.Hired,
        pathways.ContractEnded,
        pathways.PathwayClosed,
        agrement.AgrementGranted,
        agrement.Suspended,
        agrement.SuspensionChanged,
        agrement.SuspensionLifted,
        agrement.SuspensionRemoved,
        agrement.Prolonged,
        agrement.AgrementClosed,
        placements.HoursWorked,
    ],
    "contracts": [
        pathways.Hired,
        pathways.Hired,
        pathways.ContractChanged,
        pathways.ContractEnded,
        pathways.Exited,
        pathways.PersonRegistered,
        pathways.WeeklyHoursDerogationGranted,
        pathways.TrainingStarted,
        pathways.TrainingEnded,
        pathways.ImmersionAgreed,
        pathways.ImmersionEnded,
    ],
    "exits": [
        pathways.Hired,
        pathways.Hired,
        pathways.ContractChanged,
        pathways.ContractEnded,
        pathways.ContractEnded,
        pathways.Exited,
        pathways.Exited,
        pathways.ImmersionAgreed,
        agrement.AgrementGranted,
    ],
    "afterwards": [
        pathways.Hired,
        pathways.Exited,
        pathways.FollowedUp,
        pathways.HandoverProposed,
        pathways.HandoverAnswered,
        pathways.EsfParticipationStarted,
        pathways.EsfParticipationEnded,
        pathways.PathwayClosed,
        placements.PlacementAgreed,
        placements.PlacementEnded,
    ],
}
"""Facts that speak of the same things: of all there are, few would meet."""

DRAWN = {"everything": None, **{name: facts_about("person", some) for name, some in FEW.items()}}


def said_at_some_time(data: Any, known: list[Recorded]) -> list[Recorded]:
    """Some are said before their day, or long after it."""
    days_off = data.draw(st.lists(st.sampled_from([0, 0, 0, -40, 90]), min_size=len(known), max_size=len(known)))
    return [
        fact.model_copy(
            update={"time": datetime.combine(fact.occurred_on + timedelta(days=off), time(9), PARIS)} if off else {}
        )
        for fact, off in zip(known, days_off, strict=True)
    ]


def days_around(known: list[Recorded], rows: list[Any]) -> set[date]:
    """Every day on which anything may become different, and those beside it."""
    days = {fact.occurred_on for fact in known} | {fact.decided_on for fact in known} | {row.since for row in rows}
    return {one + timedelta(days=off) for one in days for off in (-1, 0, 1)}


@pytest.mark.parametrize("drawn", DRAWN)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_alerts_of_a_day_are_those_of_what_counted_on_it(drawn: str, data: Any) -> None:
    known = said_at_some_time(data, data.draw(histories("person", DRAWN[drawn])))
    rows = rows_of(known)
    for on in days_around(known, rows["person_alerts_by_day"]):
        assert shown_on(on, rows["person_alerts_by_day"]) == alerts_on(on, known), on
    now = [row for row in rows["person_alerts_by_day"] if row.said_until is None]
    assert {row[:5] for row in now} == {row[:5] for row in rows["person_alerts"]}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_alerts_about_a_structure_too(data: Any) -> None:
    known = data.draw(histories("structure"))
    rows = rows_of(known, "structure")["structure_alerts_by_day"]
    for on in days_around(known, rows):
        counted = SubjectFacts(ACI, counted_on(on, known), SETTINGS)
        assert shown_on(on, rows) == {tuple(row) for row in structure_alerts(counted) if row.since <= on}, on


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_is_remembered_of_a_fold_changes_no_row(data: Any) -> None:
    """Facts come one after the other, in any order; each fold takes over what the one before reckoned."""
    kind = data.draw(st.sampled_from(["person", "person", "person", *SUBJECT_KINDS]))
    known = data.draw(st.permutations(data.draw(histories(kind))))
    remembered = Remembered()
    for place in range(len(known)):
        settled = settle(known[: place + 1], ORDER)
        dropped = not_theirs(known[: place + 1], ORDER)
        rows = project(kind, settled, SETTINGS, PERSON, remembered, dropped)
        assert rows == project(kind, settled, SETTINGS, PERSON, None, dropped)


GRANTED = grant("2024-01-01", "2025-12-31")


def kinds_on(on: str, *facts: Any) -> set[tuple[str, str | None]]:
    """Kind and last day."""
    rows = rows_of(facts)["person_alerts_by_day"]
    names = ("kind", "until")
    return {
        tuple(str(getattr(row, name)) for name in names)  # type: ignore[misc]
        for row in rows
        if row.said_from <= day(on) <= (row.said_until or date.max) and row.since <= day(on)
    }


def test_a_contract_shortened_later() -> None:
    told = hired(C1, ACI, "2024-01-15", "2024-12-31"), contract_ended(C1, "2024-03-10")
    assert kinds_on("2024-02-01", *told) == {("hired_without_agrement", "2024-12-31")}
    assert kinds_on("2024-03-10", *told) == {("hired_without_agrement", "2024-03-10")}


def test_a_contract_carried_on_later() -> None:
    """Too short until it was made longer, and nobody can know that before."""
    told = hired(C1, ACI, "2024-01-15", "2024-03-31"), contract_changed(C1, "2024-03-20", ends_on=day("2024-12-31"))
    short = ("contract_too_short", "2024-03-31")
    assert short in kinds_on("2024-03-19", GRANTED, *told)
    assert kinds_on("2024-03-20", GRANTED, *told) == set()


def test_a_ground_declared_later() -> None:
    long = hired(C1, ACI, "2022-01-10", "2024-03-31", contract_type="CDDI")
    ground = contract_changed(C1, "2024-02-20", extension_ground="rqth")
    told = grant("2022-01-10", "2024-12-31"), long, ground
    assert "contract_too_long" in {kind for kind, _ in kinds_on("2024-02-19", *told)}
    assert "contract_too_long" not in {kind for kind, _ in kinds_on("2024-02-20", *told)}


def test_a_suspension_declared_later() -> None:
    told = (
        GRANTED,
        hired(C1, ACI, "2024-01-15", "2024-05-31"),
        suspension("2024-06-01", "2024-08-31", declared_on="2024-07-10", structure_id=ACI),
    )
    assert kinds_on("2024-07-09", *told) == {("gap_without_suspension", "2025-12-31")}
    assert ("gap_without_suspension", "2025-12-31") not in kinds_on("2024-07-10", *told)


def test_an_exit_said_later_and_the_next_employer() -> None:
    told = (
        GRANTED,
        hired(C1, ACI, "2024-01-15", "2024-12-31"),
        exited(ACI, "2024-05-31", contract_id=C1),
        hired(C2, EI, "2024-08-01", "2025-12-31"),
    )
    assert kinds_on("2024-05-30", *told) == set()
    assert kinds_on("2024-07-31", *told) == {("gap_without_suspension", "2025-12-31")}
    assert kinds_on("2024-08-01", *told) == {("gap_without_suspension", "2024-07-31")}


@pytest.mark.parametrize(
    ("ended_on", "days"),
    [
        ("2024-05-30", ["2024-02-01"]),
        ("2024-06-15", ["2024-02-01", "2024-06-01", "2024-06-15"]),
        (None, ["2024-02-01", "2024-06-01"]),
    ],
)
def test_who_leaves_once_all_contracts_have_ended_changes_none(ended_on: str | None, days: list[str]) -> None:
    """Of the day of such an exit nothing is reckoned; of one before the end, or of a contract without one, everything."""
    facts = [hired(C1, ACI, "2024-02-01", ended_on or "2024-06-15"), exited(ACI, "2024-06-01")]
    if ended_on:
        facts.append(contract_ended(C1, ended_on))
    subject = SubjectFacts(PERSON, settle([recorded(fact) for fact in facts], ORDER), SETTINGS)
    shown = facts_by_day(subject).shown((pathways.Hired,), days_of_contracts(subject))
    assert [str(one.day) for one in shown] == days


def test_a_grant_that_came_later() -> None:
    late = grant("2024-02-01", "2025-12-31").model_copy(update={"granted_on": day("2024-03-01")})
    told = late, hired(C1, ACI, "2024-02-01", "2024-12-31")
    assert kinds_on("2024-02-29", *told) == {("hired_without_agrement", "2024-12-31")}
    assert kinds_on("2024-03-01", *told) == set()


def test_who_is_hired_day_by_day_has_rows_for_the_last_days_alone() -> None:
    first = date(2024, 1, 1)
    many = [
        hired(UUID(int=number), ACI, str(first + timedelta(days=number)), str(first + timedelta(days=number)))
        for number in range(MOST_DAYS + 60)
    ]
    rows = rows_of(many)["person_alerts_by_day"]
    days = {row.said_from for row in rows}
    assert min(days) == first
    assert len(days) <= MOST_DAYS
    now = {row[:5] for row in rows if row.said_until is None}
    assert now == {row[:5] for row in rows_of(many)["person_alerts"]}


def test_the_oracle_leaves_out_a_fact_of_a_later_day() -> None:
    later = recorded(hired(C1, ACI, "2024-02-01"))
    assert counted_on(day("2024-01-31"), [later]) == []
    assert counted_on(day("2024-02-01"), [later]) == [later]
